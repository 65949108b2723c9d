//! The state of the engine's thread.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, atomic::AtomicU64},
    thread::ThreadId,
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{
    blocked::BlockedInstance,
    outbox::{Outbox, Ticket},
    outcome::Answer,
    purge_queue::Purges,
    recovery_queue::RecoveryQueue,
    subscribers::Subscribers,
    timers::Timers,
    uncommitted::Uncommitted,
    unrecovered::Unrecovered,
    watchdog,
};
use crate::engine::{
    Batch, Clock, EngineError, InstanceId, InstanceKey, InstanceSummary, OutboxId, Registry,
    Schedule, ScheduleName, Setup, Store, Timestamp,
    activity_slots::ActivitySlots,
    clock::JumpWatch,
    context::Identity,
    instance::{Instance, LocalRun},
    lease::Lease,
    metrics::Gauges,
    outbox_message::Waiter,
    request::Request,
};

/// The maximum number of requests, messages and next runs in one commit.
pub(super) const MAX_PER_COMMIT: usize = 4096;

/// The dependencies of a worker.
pub(in crate::engine) struct WorkerDeps {
    pub store: Arc<dyn Store>,
    /// The exclusive right to write to the store.
    pub lease: Arc<Lease>,
    pub registry: Arc<Registry>,
    pub setup: Setup,
    /// The runtime of the activities.
    pub activities: Handle,
    pub inbox: mpsc::UnboundedReceiver<Request>,
    /// Sends results of activities. Weak: handles keep the engine alive, activities do not.
    pub results: mpsc::WeakUnboundedSender<Request>,
    /// The engine's metrics.
    pub gauges: Arc<Gauges>,
}

/// The state of the engine's thread.
pub(in crate::engine) struct Worker {
    pub(super) store: Arc<dyn Store>,
    pub(super) lease: Arc<Lease>,
    pub(super) registry: Arc<Registry>,
    pub(super) setup: Setup,
    pub(super) clock: Clock,
    pub(super) jumps: JumpWatch,
    pub(super) activities: Handle,
    pub(super) inbox: mpsc::UnboundedReceiver<Request>,
    pub(super) results: mpsc::WeakUnboundedSender<Request>,
    pub(super) gauges: Arc<Gauges>,
    pub(super) instances: HashMap<InstanceKey, Box<Instance>>,
    pub(super) ids: HashMap<InstanceId, InstanceKey>,
    /// Open instances that cannot be read or replayed.
    pub(super) quarantined: HashMap<InstanceId, Quarantined>,
    /// The key of the next instance.
    pub(super) keys: Arc<AtomicU64>,
    pub(super) slots: ActivitySlots,
    pub(super) timers: Timers,
    /// Instances that wait for another instance, by its id.
    pub(super) waiters: HashMap<InstanceId, Vec<Waiter>>,
    pub(super) schedules: BTreeMap<ScheduleName, Schedule>,
    pub(super) outbox: Outbox,
    pub(super) subscribers: Subscribers,
    pub(super) purges: Purges,
    /// Instances with changes to commit or publish.
    pub(super) dirty: BTreeSet<InstanceKey>,
    /// Other changes of the next commit.
    pub(super) batch: Batch,
    /// The number of next runs in the next commit.
    pub(super) next_runs: usize,
    /// Requests that arrived while the store was not writable.
    pub(super) backlog: VecDeque<Request>,
    pub(super) answers: Vec<Answer>,
    /// The number of attempts in flight.
    pub(super) in_flight: u64,
    pub(super) drain: Option<Drain>,
    /// Closed runs, for the schedules that wait for them.
    pub(super) ended: VecDeque<InstanceId>,
    /// Changes of instances from before their code ran again, for the next commit.
    pub(super) uncommitted: BTreeMap<InstanceKey, Uncommitted>,
    /// Open instances that this engine does not recover.
    pub(super) unrecovered: Unrecovered,
    /// Instances whose code does not return.
    pub(super) blocked: BTreeMap<InstanceKey, BlockedInstance>,
    /// Replaced runs of other threads, to be dropped there.
    pub(super) stale: Vec<LocalRun>,
    /// Set until the instances are recovered.
    pub(super) recovery: Option<RecoveryQueue>,
    pub(super) watchdog: Option<Watchdog>,
    /// Replaces the worker while it is parked.
    pub(super) spare: Option<Box<Self>>,
    /// Set while the worker is parked or another thread has it.
    pub(super) detached: Option<Watchdog>,
    /// While detached: delivered messages.
    pub(super) done: Vec<Ticket>,
    /// While detached: deferred work.
    pub(super) deferred: VecDeque<Deferred>,
    /// Only in the worker itself, not in detached ones.
    pub(super) lease_guard: Option<LeaseGuard>,
}

/// The watchdog of workflow code.
pub(super) type Watchdog = watchdog::Watchdog<Worker>;

/// Work that is deferred until the thread has the worker.
pub(super) type Deferred = Box<dyn FnOnce(&mut Worker) + Send>;

/// An open instance that cannot be read or replayed. It does not affect others.
pub(super) struct Quarantined {
    pub key: InstanceKey,
    pub summary: InstanceSummary,
    pub reason: String,
}

/// A shutdown that waits for attempts in flight.
pub(super) struct Drain {
    pub until: Instant,
    pub done: oneshot::Sender<()>,
}

/// What the engine's thread does next.
pub(super) enum Next {
    Continue,
    /// Give the worker to another thread.
    HandOver(ThreadId),
    Stop(Option<oneshot::Sender<()>>),
}

/// Releases the store when the worker is dropped, even if handles remain.
pub(super) struct LeaseGuard {
    pub lease: Arc<Lease>,
    pub watchdog: Option<Watchdog>,
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        self.lease.revoke();
        if let Some(watchdog) = &self.watchdog {
            watchdog.end();
        }
    }
}

impl Worker {
    pub(super) fn new(deps: WorkerDeps, keys: Arc<AtomicU64>) -> Self {
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
            waiters: HashMap::new(),
            schedules: BTreeMap::new(),
            outbox: Outbox::new(Vec::new(), OutboxId(1)),
            subscribers: Subscribers::default(),
            purges: Purges::default(),
            dirty: BTreeSet::new(),
            batch: Batch::default(),
            next_runs: 0,
            backlog: VecDeque::new(),
            answers: Vec::new(),
            in_flight: 0,
            drain: None,
            ended: VecDeque::new(),
            uncommitted: BTreeMap::new(),
            unrecovered: Unrecovered::default(),
            blocked: BTreeMap::new(),
            stale: Vec::new(),
            recovery: None,
            watchdog: None,
            spare: None,
            detached: None,
            done: Vec::new(),
            deferred: VecDeque::new(),
            lease_guard: None,
        }
    }

    pub(super) fn identity(&self, instance: InstanceId, run: u32) -> Identity {
        Identity {
            instance,
            run,
            limits: self.setup.limits,
        }
    }

    /// The summary of an instance in the store.
    pub(super) fn stored(&self, id: &InstanceId) -> Result<Option<InstanceSummary>, EngineError> {
        Ok(match self.store.find(id)? {
            Some(key) => self.store.summary(key)?,
            None => None,
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An empty worker.
    pub(super) fn empty(&self) -> Self {
        let (_, inbox) = mpsc::unbounded_channel();
        let deps = WorkerDeps {
            store: self.store.clone(),
            lease: self.lease.clone(),
            registry: self.registry.clone(),
            setup: self.setup.clone(),
            activities: self.activities.clone(),
            inbox,
            results: self.results.clone(),
            gauges: self.gauges.clone(),
        };
        let mut empty = Self::new(deps, self.keys.clone());
        empty.clock = self.clock;
        empty.unrecovered = self.unrecovered.clone();
        empty
    }
}
