//! The engine's one thread and one writer.
//!
//! Take a request, drain the queue, run the turns, **one** commit, and only then start activities,
//! answer callers and publish to subscribers. Nothing leaves before its cause is durable; load batches
//! by itself. While the store cannot be written, what was done is kept in memory and nothing new
//! begins.
//!
//! | file | what it is for |
//! |---|---|
//! | this one | the loop: what happens next, and when |
//! | `start`, `recovery`, `absent` | instances begin, continue as new, or continue what an earlier process began; others are left as they are |
//! | `requests`, `commands`, `purge` | what callers ask for |
//! | `deliver`, `outbox` | what instances bring about in others |
//! | `blocked`, `watchdog` | turns; code that does not return holds up its own instance alone |
//! | `attempts` | attempts of activities |
//! | `timers`, `schedules` | what is due |
//! | `commit`, `subscribers` | one commit, and what leaves with it |

mod absent;
mod attempts;
mod blocked;
mod commands;
mod commit;
mod deliver;
mod outbox;
mod purge;
mod recovery;
mod requests;
mod schedules;
mod start;
mod subscribers;
mod timers;
mod watchdog;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::ThreadId,
};

use tokio::{
    runtime::{Handle, Runtime},
    sync::{mpsc, oneshot},
    time::Instant,
};

pub(super) use self::watchdog::{THREAD, Watchdog};
use self::{
    absent::Absent,
    blocked::{Blocked, Later},
    commit::{Answer, Early, Patience},
    outbox::{Outbox, Ticket},
    purge::Purges,
    recovery::Quarantined,
    subscribers::Subscribers,
    timers::Timers,
};
use super::{
    Batch, CleanClose, Clock, EngineError, InstanceId, InstanceKey, PostId, Registry, Schedule,
    ScheduleName, Setup, Store, Timestamp,
    activity_slots::ActivitySlots,
    clock::JumpWatch,
    delivery::Awaiting,
    instance::{Code, Instance},
    lease::Lease,
    metrics::Gauges,
    request::Request,
};

/// The most requests, deliveries and next runs that one commit includes.
const MAX_PER_COMMIT: usize = 4096;

/// What an engine works with.
pub(super) struct WorkerDeps {
    pub store: Arc<dyn Store>,
    /// The right to write to it.
    pub lease: Arc<Lease>,
    pub registry: Arc<Registry>,
    pub setup: Setup,
    /// Where activities run.
    pub activities: Handle,
    pub inbox: mpsc::UnboundedReceiver<Request>,
    /// For activities, to bring their results. Weak: callers keep the engine alive, not its work.
    pub results: mpsc::WeakUnboundedSender<Request>,
    /// What the engine says about itself.
    pub gauges: Arc<Gauges>,
}

/// The state of the engine's thread.
pub(super) struct Worker {
    store: Arc<dyn Store>,
    lease: Arc<Lease>,
    registry: Arc<Registry>,
    setup: Setup,
    clock: Clock,
    jumps: JumpWatch,
    activities: Handle,
    inbox: mpsc::UnboundedReceiver<Request>,
    results: mpsc::WeakUnboundedSender<Request>,
    gauges: Arc<Gauges>,
    instances: HashMap<InstanceKey, Box<Instance>>,
    ids: HashMap<InstanceId, InstanceKey>,
    /// Open instances that cannot be read or replayed.
    quarantined: HashMap<InstanceId, Quarantined>,
    /// The number of the next instance.
    keys: Arc<AtomicU64>,
    slots: ActivitySlots,
    timers: Timers,
    /// Instances that wait for the end of another one, by that one's id.
    awaiting: HashMap<InstanceId, Vec<Awaiting>>,
    schedules: BTreeMap<ScheduleName, Schedule>,
    outbox: Outbox,
    subscribers: Subscribers,
    purges: Purges,
    /// Instances with something to commit or to publish.
    dirty: BTreeSet<InstanceKey>,
    /// What else goes into the next commit.
    batch: Batch,
    /// Next runs that the next commit includes.
    next_runs: usize,
    /// Requests that came while the store could not be written.
    kept: VecDeque<Request>,
    answers: Vec<Answer>,
    /// Attempts of activities under way.
    under_way: u64,
    leaving: Option<Leaving>,
    /// Runs that have ended, for the schedules that wait for them.
    ended: VecDeque<InstanceId>,
    /// What of instances waits for the next commit since before their code ran once more.
    early: BTreeMap<InstanceKey, Early>,
    /// Open instances that this engine leaves as they are.
    absent: Absent,
    /// Instances whose code does not return.
    blocked: BTreeMap<InstanceKey, Blocked>,
    /// Replaced code of other threads, to be dropped there.
    stale: Vec<Code>,
    watchdog: Option<Watchdog>,
    /// Takes the place of the worker while it is parked.
    spare: Option<Box<Self>>,
    /// The worker is parked, or another thread has it.
    detached: Option<Watchdog>,
    /// Detached: deliveries that are done.
    done: Vec<Ticket>,
    /// Detached: what is done once the worker is there.
    later: VecDeque<Later>,
    /// Only of the worker itself.
    ending: Option<Ending>,
}

/// The engine drains.
struct Leaving {
    until: Instant,
    done: oneshot::Sender<()>,
}

/// Whether the engine's thread goes on.
enum Next {
    GoOn,
    /// Another thread gets the worker.
    GiveBack(ThreadId),
    Stop(Option<oneshot::Sender<()>>),
}

/// An engine whose worker is gone has no store any more, however its handles are kept.
struct Ending {
    lease: Arc<Lease>,
    watchdog: Option<Watchdog>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.lease.revoke();
        if let Some(watchdog) = &self.watchdog {
            watchdog.end();
        }
    }
}

/// What the threads of an engine run on.
pub(super) fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
}

impl Worker {
    fn new(deps: WorkerDeps, keys: Arc<AtomicU64>) -> Self {
        let limits = deps.setup.limits;
        let slots = ActivitySlots::new(limits.activities, deps.registry.limited_activities());
        Self {
            store: deps.store,
            lease: deps.lease,
            registry: deps.registry,
            clock: deps.setup.clock,
            jumps: JumpWatch::default(),
            setup: deps.setup,
            activities: deps.activities,
            inbox: deps.inbox,
            results: deps.results,
            gauges: deps.gauges,
            instances: HashMap::new(),
            ids: HashMap::new(),
            quarantined: HashMap::new(),
            keys,
            slots,
            timers: Timers::default(),
            awaiting: HashMap::new(),
            schedules: BTreeMap::new(),
            outbox: Outbox::new(Vec::new(), PostId(1)),
            subscribers: Subscribers::default(),
            purges: Purges::default(),
            dirty: BTreeSet::new(),
            batch: Batch::default(),
            next_runs: 0,
            kept: VecDeque::new(),
            answers: Vec::new(),
            under_way: 0,
            leaving: None,
            ended: VecDeque::new(),
            early: BTreeMap::new(),
            absent: Absent::default(),
            blocked: BTreeMap::new(),
            stale: Vec::new(),
            watchdog: None,
            spare: None,
            detached: None,
            done: Vec::new(),
            later: VecDeque::new(),
            ending: None,
        }
    }

    /// Works until the last handle is dropped, a caller stops it, it has drained, or its store is
    /// lost.
    pub async fn run(mut self) {
        let stopped = loop {
            if !self.rejoin() {
                return;
            }
            self.deliver();
            self.turn_waiting_schedules();
            self.start_ready();
            if self.is_detached() {
                continue;
            }
            self.purge_slice();
            if let Next::Stop(stopped) = self.commit(Patience::Endless).await {
                break stopped;
            }
            if self.has_drained() {
                self.leave_in_order();
                break self.leaving.take().map(|leaving| leaving.done);
            }
            match self.receive_requests().await {
                Next::GoOn => {}
                Next::GiveBack(thread) => return self.give_back(thread),
                Next::Stop(stopped) => break stopped,
            }
        };
        for instance in self.instances.values() {
            instance.abort_activities();
        }
        // Whoever learns that the engine has stopped may open its store again.
        drop(self);
        if let Some(stopped) = stopped {
            // The caller may be gone; the engine stops all the same.
            let _ = stopped.send(());
        }
    }

    /// The thread ends; another one goes on with the worker.
    fn give_back(self, to: ThreadId) {
        if let Some(watchdog) = self.watchdog.clone() {
            watchdog.give_back(to, Box::new(self));
        }
    }

    /// Waits for something to do, then handles all that there is.
    async fn receive_requests(&mut self) -> Next {
        let at_once = self.outbox.has_work(|delivery| self.has_to_wait(delivery))
            || !self.ended.is_empty()
            || !self.kept.is_empty()
            || !self.dirty.is_empty()
            || !self.purges.is_empty();
        if at_once {
            // Activities may live on the same thread.
            tokio::task::yield_now().await;
        } else {
            let request = match self.next_moment() {
                None => self.inbox.recv().await,
                Some(moment) => {
                    tokio::select! {
                        biased;
                        request = self.inbox.recv() => request,
                        () = tokio::time::sleep_until(moment) => {
                            self.fire_due();
                            return Next::GoOn;
                        }
                    }
                }
            };
            let Some(request) = request else {
                return Next::Stop(None);
            };
            match self.handle(request) {
                Next::GoOn => {}
                Next::Stop(stopped) => return self.last_commit(stopped).await,
                next => return next,
            }
        }
        for _ in 1..MAX_PER_COMMIT {
            if self.is_detached() {
                return Next::GoOn;
            }
            let next = self.kept.pop_front();
            let Some(request) = next.or_else(|| self.inbox.try_recv().ok()) else {
                break;
            };
            match self.handle(request) {
                Next::GoOn => {}
                Next::Stop(stopped) => return self.last_commit(stopped).await,
                next => return next,
            }
        }
        if !self.is_detached() {
            self.gauges.queue.store(self.inbox.len() as u64, Relaxed);
            self.fire_due();
        }
        Next::GoOn
    }

    /// What was handled before a stop is still committed, if the store takes it, and that the attempts
    /// under way were dropped on purpose.
    async fn last_commit(&mut self, stopped: Option<oneshot::Sender<()>>) -> Next {
        self.deliver();
        if self.is_detached() {
            // The engine stops once the code has returned.
            if let Some(stopped) = stopped {
                self.afterwards(|worker| worker.kept.push_front(Request::Stop(stopped)));
            }
            return Next::GoOn;
        }
        self.batch.clean = self.mark(CleanClose::Stopped);
        self.commit(Patience::None).await;
        Next::Stop(stopped)
    }

    fn handle(&mut self, request: Request) -> Next {
        let Some(request) = self.keep_if_blocked(request) else {
            return Next::GoOn;
        };
        let now = self.clock.now();
        self.gauges.turns.fetch_add(1, Relaxed);
        match request {
            Request::AttemptEnded {
                key,
                scheduled,
                attempt,
                name,
                result,
            } => {
                self.under_way = self.under_way.saturating_sub(1);
                self.slots.leave(&name);
                if let Some(result) = result {
                    self.turn(key, |instance| {
                        instance.activity_ended(now, scheduled, attempt, result);
                    });
                }
                self.give_slots(now);
            }
            Request::Heartbeat {
                key,
                scheduled,
                attempt,
                details,
            } => {
                self.turn(key, |instance| {
                    instance.heartbeat(now, scheduled, attempt, details);
                });
            }
            Request::ForeignWake(key) => {
                self.turn(key, |instance| instance.woken_from_outside(now));
            }
            Request::Subscribe(subscription) => self.subscribers.add(subscription),
            Request::Shutdown(grace, done) => {
                self.slots.shut();
                let until = Instant::now() + grace;
                self.leaving = Some(Leaving { until, done });
            }
            Request::Stop(stopped) => return Next::Stop(Some(stopped)),
            Request::GiveBack(thread) => return Next::GiveBack(thread),
            request => self.answer_request(now, request),
        }
        Next::GoOn
    }

    /// Something happened to an instance. If it has continued as new, its next run begins here: there
    /// is no moment at which the instance is not open.
    fn touch(&mut self, key: InstanceKey) {
        self.touch_not_before(Timestamp::default(), key);
    }

    /// The same, with a next run that begins at this moment at the earliest.
    fn touch_not_before(&mut self, earliest: Timestamp, key: InstanceKey) {
        let mut key = Some(key);
        while let Some(dirty) = key.filter(|_| !self.is_detached()) {
            self.dirty.insert(dirty);
            let Some(instance) = self.instances.get_mut(&dirty) else {
                return;
            };
            self.outbox.extend(instance.take_mail());
            let at = instance.summary.closed_at;
            let next = instance.take_next_run();
            key = next
                .zip(at)
                .map(|(next, at)| self.begin_next_run(at.max(earliest), next));
        }
    }

    fn next_moment(&self) -> Option<Instant> {
        let timer = self.timers.next().map(|due| self.clock.instant(due));
        let due = timer.into_iter().chain(self.next_schedule()).min();
        // Without anything due there is nothing to wake up for: nothing misses a jump of the clock.
        let due = due.map(|due| self.clock.read_again(due));
        let leaving = self.leaving.as_ref().map(|leaving| leaving.until);
        due.into_iter().chain(leaving).min()
    }

    fn fire_due(&mut self) {
        self.watch_clock();
        let now = self.clock.now();
        while let Some((due, key, id)) = self.timers.pop(now) {
            if self.keep_due(key, (due, id)) {
                continue;
            }
            self.bring_here(key);
            let Some(mut instance) = self.instances.remove(&key) else {
                continue;
            };
            let happened = self.run_code(&mut instance, |instance| instance.deadline(now, id, due));
            if !happened && !self.is_detached() {
                // It has moved on.
                self.timers.arm(key, instance.take_armed());
            }
            self.put_back(instance);
            if happened {
                self.gauges.turns.fetch_add(1, Relaxed);
                self.touch(key);
            }
        }
        self.fire_schedules();
    }

    fn has_drained(&self) -> bool {
        let Some(leaving) = &self.leaving else {
            return false;
        };
        let drained = self.under_way == 0
            && !self.outbox.has_work(|delivery| self.has_to_wait(delivery))
            && self.blocked.is_empty();
        drained || Instant::now() >= leaving.until
    }

    /// How the store is marked at the end, if it may be.
    fn mark(&self, clean: CleanClose) -> Option<CleanClose> {
        (!self.absent.were_interrupted()).then_some(clean)
    }

    /// Marks that everything that was under way has been finished.
    fn leave_in_order(&mut self) {
        let clean = match self.under_way {
            0 => CleanClose::Yes,
            _ => CleanClose::Stopped,
        };
        let batch = Batch {
            clean: self.mark(clean),
            ..Batch::default()
        };
        // Without the mark the next start only takes a little longer.
        if let Err(super::lease::NotCommitted::Store(error)) = self.lease.commit(&batch) {
            self.gauges.set_trouble(Some(error));
        }
    }

    fn identity(&self, instance: InstanceId, run: u32) -> super::context::Identity {
        super::context::Identity {
            instance,
            run,
            limits: self.setup.limits,
        }
    }

    /// What the store has under an id.
    fn stored(&self, id: &InstanceId) -> Result<Option<super::InstanceSummary>, EngineError> {
        Ok(match self.store.find(id)? {
            Some(key) => self.store.summary(key)?,
            None => None,
        })
    }

    /// The engine's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
