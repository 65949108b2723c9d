//! The engine's one thread and one writer.
//!
//! Take a message, drain the inbox, run the turns, **one** commit, and only then start activities,
//! answer callers and tell the subscribers. Nothing leaves before its cause is durable; load batches
//! by itself. While the store cannot be written, what was done is kept in memory and nothing new is
//! taken up.

mod activities;
mod ask;
mod begin;
mod commit;
mod family;
mod schedules;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::Instant,
};

use self::commit::Patience;
use super::{
    CleanClose, Clock, Committed, EngineError, EventId, InstanceId, InstanceKey, InstanceSummary,
    Limits, PostId, Registry, Schedule, ScheduleName, Setup, Store, StoreError, Timestamp,
    clock::JumpWatch,
    delivery::Delivery,
    handle::Recovery,
    instance::Instance,
    message::{Message, Reply, Subscription},
    metrics::Gauges,
    places::Places,
};

/// The most messages, and the most turns that one instance brings about in another, that one commit
/// takes up.
const MOST_PER_COMMIT: usize = 4096;

/// What an engine works with.
pub(super) struct Premises {
    pub store: Arc<dyn Store>,
    pub registry: Arc<Registry>,
    pub setup: Setup,
    /// Where activities run.
    pub activities: Handle,
    pub inbox: mpsc::UnboundedReceiver<Message>,
    /// For activities, to bring their results. Weak: callers keep the engine alive, not its work.
    pub results: mpsc::WeakUnboundedSender<Message>,
    /// What the engine tells of itself.
    pub gauges: Arc<Gauges>,
}

/// The state of the engine's thread.
pub(super) struct Worker {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    clock: Clock,
    jumps: JumpWatch,
    limits: Limits,
    activities: Handle,
    inbox: mpsc::UnboundedReceiver<Message>,
    results: mpsc::WeakUnboundedSender<Message>,
    gauges: Arc<Gauges>,
    instances: HashMap<InstanceKey, Instance>,
    ids: HashMap<InstanceId, InstanceKey>,
    next_key: InstanceKey,
    next_post: PostId,
    places: Places,
    deadlines: BinaryHeap<Reverse<(Timestamp, InstanceKey, EventId)>>,
    schedules: BTreeMap<ScheduleName, Schedule>,
    /// Instances with something to commit or to publish.
    touched: BTreeSet<InstanceKey>,
    /// What instances bring about in others, in order; with its number if it is in the store.
    mail: VecDeque<(Option<PostId>, Delivery)>,
    /// What else goes into the next commit.
    batch: super::Batch,
    /// Messages that came while the store could not be written.
    kept: VecDeque<Message>,
    answers: Vec<Answer>,
    waiters: HashMap<InstanceKey, Vec<Reply<InstanceSummary>>>,
    subscriptions: Vec<Subscription>,
    subscribers: Vec<mpsc::UnboundedSender<Arc<Committed>>>,
    /// Attempts of activities under way.
    under_way: u64,
    leaving: Option<Leaving>,
}

/// Sent once the commit is done; or why it is not done yet.
type Answer = Box<dyn FnOnce(Option<&StoreError>) + Send>;

/// The engine drains.
struct Leaving {
    until: Instant,
    done: oneshot::Sender<()>,
}

/// Whether the engine's thread goes on.
enum Next {
    GoOn,
    Stop(Option<oneshot::Sender<()>>),
}

impl Worker {
    pub fn open(premises: Premises) -> Result<Self, EngineError> {
        let opening = premises.store.opening()?;
        let registry = premises.registry;
        let limits = premises.setup.limits;
        let mut worker = Self {
            store: premises.store,
            clock: premises.setup.clock,
            jumps: JumpWatch::default(),
            limits,
            activities: premises.activities,
            inbox: premises.inbox,
            results: premises.results,
            gauges: premises.gauges,
            instances: HashMap::new(),
            ids: HashMap::new(),
            next_key: opening.next_key,
            next_post: opening
                .posted
                .last()
                .map_or(PostId(1), |(id, _)| PostId(id.0 + 1)),
            places: Places::new(limits.activities, registry.limited_activities()),
            registry,
            deadlines: BinaryHeap::new(),
            schedules: BTreeMap::new(),
            touched: BTreeSet::new(),
            mail: VecDeque::new(),
            batch: super::Batch::default(),
            kept: VecDeque::new(),
            answers: Vec::new(),
            waiters: HashMap::new(),
            subscriptions: Vec::new(),
            subscribers: Vec::new(),
            under_way: 0,
            leaving: None,
        };
        if opening.closed == CleanClose::Yes {
            worker.batch.clean = Some(CleanClose::No);
        }
        if premises.setup.recovery == Recovery::OpenInstances {
            worker.schedules.extend(opening.schedules);
            for (id, posted) in opening.posted {
                let delivery = posted.decode().map_err(|error| StoreError::Failed {
                    doing: "read what was posted",
                    reason: error.to_string(),
                })?;
                worker.mail.push_back((Some(id), delivery));
            }
            worker.recover()?;
            worker.open_schedules();
        }
        Ok(worker)
    }

    /// The engine's clock, which starts where the open instances left off.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Works until nobody holds the engine any more, it is told to stop, or it has drained.
    pub async fn run(mut self) {
        let stopped = loop {
            self.deliver();
            self.start_ready();
            if let Next::Stop(stopped) = self.commit(Patience::Endless).await {
                break stopped;
            }
            if self.has_drained() {
                self.leave_in_order();
                break self.leaving.take().map(|leaving| leaving.done);
            }
            if let Next::Stop(stopped) = self.take_up().await {
                break stopped;
            }
        };
        for instance in self.instances.values() {
            instance.abort_activities();
        }
        // Whoever hears that the engine has stopped may open its store again.
        drop(self);
        if let Some(stopped) = stopped {
            // The caller may be gone; the engine stops all the same.
            let _ = stopped.send(());
        }
    }

    /// Waits for something to do, then takes up all that there is.
    async fn take_up(&mut self) -> Next {
        let at_once = !self.mail.is_empty() || !self.kept.is_empty() || !self.touched.is_empty();
        if at_once {
            // Activities may live on the same thread.
            tokio::task::yield_now().await;
        } else {
            let message = match self.next_moment() {
                None => self.inbox.recv().await,
                Some(moment) => {
                    tokio::select! {
                        biased;
                        message = self.inbox.recv() => message,
                        () = tokio::time::sleep_until(moment) => {
                            self.fire_deadlines();
                            return Next::GoOn;
                        }
                    }
                }
            };
            let Some(message) = message else {
                return Next::Stop(None);
            };
            if let Next::Stop(stopped) = self.take(message) {
                return self.last_commit(stopped).await;
            }
        }
        for _ in 1..MOST_PER_COMMIT {
            let next = self.kept.pop_front();
            let Some(message) = next.or_else(|| self.inbox.try_recv().ok()) else {
                break;
            };
            if let Next::Stop(stopped) = self.take(message) {
                return self.last_commit(stopped).await;
            }
        }
        self.gauges.queue.store(self.inbox.len() as u64, Relaxed);
        self.fire_deadlines();
        Next::GoOn
    }

    /// What was taken up before a stop is still done, if the store takes it.
    async fn last_commit(&mut self, stopped: Option<oneshot::Sender<()>>) -> Next {
        self.deliver();
        self.commit(Patience::None).await;
        Next::Stop(stopped)
    }

    fn take(&mut self, message: Message) -> Next {
        let now = self.clock.now();
        self.gauges.turns.fetch_add(1, Relaxed);
        match message {
            Message::Ask(ask) => {
                // An instance that has just continued as new is there again when it is asked for.
                self.deliver();
                self.ask(now, ask);
            }
            Message::AttemptEnded {
                key,
                scheduled,
                attempt,
                name,
                result,
            } => {
                self.under_way = self.under_way.saturating_sub(1);
                self.places.leave(&name);
                if let (Some(instance), Some(result)) = (self.instances.get_mut(&key), result) {
                    instance.activity_ended(now, scheduled, attempt, result);
                    self.touch(key);
                }
                self.give_places(now);
            }
            Message::Heartbeat {
                key,
                scheduled,
                attempt,
                details,
            } => {
                if let Some(instance) = self.instances.get_mut(&key) {
                    instance.heartbeat(now, scheduled, attempt, details);
                    if !instance.fresh().is_empty() {
                        self.touch(key);
                    }
                }
            }
            Message::ForeignWake(key) => {
                if let Some(instance) = self.instances.get_mut(&key) {
                    instance.woken_from_outside(now);
                    self.touch(key);
                }
            }
            Message::Subscribe(subscription) => self.subscriptions.push(subscription),
            Message::UntilClosed(id, reply) => self.until_closed(&id, reply),
            Message::Shutdown(grace, done) => {
                self.places.shut();
                let until = Instant::now() + grace;
                self.leaving = Some(Leaving { until, done });
            }
            Message::Stop(stopped) => return Next::Stop(Some(stopped)),
        }
        Next::GoOn
    }

    /// Something happened to an instance: it is part of the next commit, and what it brings about in
    /// others is done.
    fn touch(&mut self, key: InstanceKey) {
        self.touched.insert(key);
        if let Some(instance) = self.instances.get_mut(&key) {
            let mail = instance.take_mail().into_iter();
            self.mail.extend(mail.map(|delivery| (None, delivery)));
        }
    }

    fn next_moment(&self) -> Option<Instant> {
        let deadline = self.deadlines.peek().map(|Reverse((due, ..))| *due);
        let deadline = deadline.map(|due| self.clock.instant(due));
        let schedule = self.next_schedule();
        let due = deadline.into_iter().chain(schedule).min();
        // Nothing due, nothing to wake up for: then nobody misses a jump of the clock.
        let due = due.map(|due| self.clock.read_again(due));
        let leaving = self.leaving.as_ref().map(|leaving| leaving.until);
        due.into_iter().chain(leaving).min()
    }

    fn fire_deadlines(&mut self) {
        self.watch_clock();
        let now = self.clock.now();
        while let Some(Reverse((due, key, id))) = self.deadlines.peek().copied() {
            if due > now {
                break;
            }
            self.deadlines.pop();
            let Some(instance) = self.instances.get_mut(&key) else {
                continue;
            };
            if instance.deadline(now, id, due) {
                self.gauges.turns.fetch_add(1, Relaxed);
                self.touch(key);
            } else {
                // It moved on.
                let armed = instance.take_armed().into_iter();
                self.deadlines
                    .extend(armed.map(|(due, id)| Reverse((due, key, id))));
            }
        }
        self.fire_schedules();
    }

    fn has_drained(&self) -> bool {
        let Some(leaving) = &self.leaving else {
            return false;
        };
        let drained = self.under_way == 0 && self.mail.is_empty();
        drained || Instant::now() >= leaving.until
    }

    /// Marks that everything that was under way has been finished.
    fn leave_in_order(&mut self) {
        if self.under_way > 0 {
            return;
        }
        let batch = super::Batch {
            clean: Some(CleanClose::Yes),
            ..super::Batch::default()
        };
        // Without the mark the next start only takes a little longer.
        if let Err(error) = self.store.commit(&batch) {
            self.gauges.set_trouble(Some(error));
        }
    }
}
