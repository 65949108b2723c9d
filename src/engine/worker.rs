//! The engine's one thread and one writer.
//!
//! Take a message, drain the inbox, run the turns, **one** commit, and only then start activities,
//! answer callers and tell the subscribers. Nothing leaves before its cause is durable; load batches
//! by itself.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::{
    ActivityContext, Batch, Clock, Committed, EngineError, EventId, EventKind, InstanceId,
    InstanceKey, Payload, Recovery, Registry, Status, Store, StoreError, Timestamp, activity,
    instance::Instance,
    message::{Message, Reply, Subscription, Tell},
};

/// The most messages that one commit takes up.
const MOST_PER_COMMIT: usize = 4096;

/// What an engine works with.
pub(super) struct Premises {
    pub store: Arc<dyn Store>,
    pub registry: Arc<Registry>,
    pub clock: Clock,
    /// Where activities run.
    pub activities: Handle,
    pub inbox: mpsc::UnboundedReceiver<Message>,
    /// For activities, to bring their results. Weak: callers keep the engine alive, not its work.
    pub results: mpsc::WeakUnboundedSender<Message>,
    /// What the engine tells of itself.
    pub gauges: Arc<Gauges>,
}

/// What an engine tells of itself, to be read from any thread.
#[derive(Default)]
pub(super) struct Gauges {
    /// How long the last commit took, in nanoseconds.
    pub commit_nanos: AtomicU64,
    /// Why the engine had to stop.
    pub failed: OnceLock<StoreError>,
}

/// The state of the engine's thread.
pub(super) struct Worker {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    clock: Clock,
    activities: Handle,
    inbox: mpsc::UnboundedReceiver<Message>,
    results: mpsc::WeakUnboundedSender<Message>,
    instances: HashMap<InstanceKey, Instance>,
    ids: HashMap<InstanceId, InstanceKey>,
    next_key: InstanceKey,
    deadlines: BinaryHeap<Reverse<(Timestamp, InstanceKey, EventId)>>,
    /// Instances with something to commit or to publish.
    touched: BTreeSet<InstanceKey>,
    replies: Vec<(Reply, Result<InstanceId, EngineError>)>,
    gauges: Arc<Gauges>,
    subscriptions: Vec<Subscription>,
    subscribers: Vec<mpsc::UnboundedSender<Arc<Committed>>>,
}

impl Worker {
    pub fn open(premises: Premises, recovery: Recovery) -> Result<Self, EngineError> {
        let mut worker = Self {
            next_key: premises.store.next_key()?,
            store: premises.store,
            registry: premises.registry,
            clock: premises.clock,
            activities: premises.activities,
            inbox: premises.inbox,
            results: premises.results,
            gauges: premises.gauges,
            instances: HashMap::new(),
            ids: HashMap::new(),
            deadlines: BinaryHeap::new(),
            touched: BTreeSet::new(),
            replies: Vec::new(),
            subscriptions: Vec::new(),
            subscribers: Vec::new(),
        };
        match recovery {
            Recovery::OpenInstances => worker.recover()?,
            Recovery::Nothing => {}
        }
        Ok(worker)
    }

    /// Works until nobody holds the engine any more, it is told to stop, or the store fails.
    pub async fn run(mut self) {
        if self.commit().is_err() {
            return;
        }
        loop {
            let next = self.deadlines.peek().map(|Reverse((due, ..))| *due);
            let message = match next {
                None => self.inbox.recv().await,
                Some(due) => {
                    let sleep = tokio::time::sleep_until(self.clock.instant(due));
                    tokio::select! {
                        biased;
                        message = self.inbox.recv() => message,
                        () = sleep => {
                            self.fire_deadlines();
                            if self.commit().is_err() { return; }
                            continue;
                        }
                    }
                }
            };
            let Some(message) = message else { break };
            let mut stop = self.take(message);
            for _ in 1..MOST_PER_COMMIT {
                let Ok(message) = self.inbox.try_recv() else {
                    break;
                };
                stop = stop.or(self.take(message));
            }
            self.fire_deadlines();
            if self.commit().is_err() {
                break;
            }
            if let Some(stopped) = stop {
                self.abort_all();
                // The caller may be gone; the engine stops all the same.
                let _ = stopped.send(());
                return;
            }
        }
        self.abort_all();
    }

    fn abort_all(&mut self) {
        for instance in self.instances.values_mut() {
            instance.abort_activities();
        }
    }

    /// Replays the open instances and starts again what was under way.
    fn recover(&mut self) -> Result<(), EngineError> {
        let now = self.clock.now();
        for (key, summary) in self.store.open_instances()? {
            let history = self.store.history(key, EventId::default())?;
            let Some(workflow) = self.registry.find_workflow(&summary.workflow) else {
                continue;
            };
            let id = summary.id.clone();
            let mut instance =
                Instance::new(key, id.clone(), &summary.workflow, Arc::clone(workflow));
            instance.recover(&history, now);
            self.adopt(id, instance);
        }
        Ok(())
    }

    fn adopt(&mut self, id: InstanceId, instance: Instance) {
        let key = instance.key;
        self.ids.insert(id, key);
        self.instances.insert(key, instance);
        self.watch_deadlines(key);
        self.touched.insert(key);
    }

    fn take(&mut self, message: Message) -> Option<oneshot::Sender<()>> {
        let now = self.clock.now();
        match message {
            Message::Start {
                workflow,
                id,
                input,
                reply,
            } => {
                let started = self.start(now, &workflow, id, input);
                self.replies.push((reply, started));
            }
            Message::Tell { id, what, reply } => {
                let told = self.tell(now, &id, what).map(|()| id);
                self.replies.push((reply, told));
            }
            Message::ActivityEnded {
                key,
                scheduled,
                attempt,
                result,
            } => {
                if let Some(instance) = self.instances.get_mut(&key) {
                    instance.activity_ended(now, scheduled, attempt, result);
                    self.touched.insert(key);
                }
            }
            Message::Subscribe(subscription) => self.subscriptions.push(subscription),
            Message::Stop(stopped) => return Some(stopped),
        }
        None
    }

    fn start(
        &mut self,
        now: Timestamp,
        name: &str,
        id: Option<InstanceId>,
        input: Payload,
    ) -> Result<InstanceId, EngineError> {
        let workflow = self
            .registry
            .find_workflow(name)
            .ok_or_else(|| EngineError::UnknownWorkflow(name.to_owned()))?;
        let workflow = Arc::clone(workflow);
        let id = match id {
            Some(id) if self.exists(&id)? => return Err(EngineError::AlreadyExists(id)),
            Some(id) => id,
            None => self.free_id(name)?,
        };
        let key = self.next_key;
        self.next_key = InstanceKey(key.0 + 1);
        let mut instance = Instance::new(key, id.clone(), name, workflow);
        let name = name.to_owned();
        instance.receive(now, EventKind::ExecutionStarted { name, input });
        self.adopt(id.clone(), instance);
        Ok(id)
    }

    fn exists(&self, id: &InstanceId) -> Result<bool, StoreError> {
        Ok(self.ids.contains_key(id) || self.store.find(id)?.is_some())
    }

    fn free_id(&self, name: &str) -> Result<InstanceId, EngineError> {
        let stem: String = name.chars().take(40).collect();
        let mut number = self.next_key.0;
        loop {
            let id = InstanceId::new(format!("{stem}-{number}"))?;
            if !self.exists(&id)? {
                return Ok(id);
            }
            number += 1;
        }
    }

    fn tell(&mut self, now: Timestamp, id: &InstanceId, what: Tell) -> Result<(), EngineError> {
        let Some(key) = self.ids.get(id).copied() else {
            return Err(self.not_open(id, &what));
        };
        let Some(instance) = self.instances.get_mut(&key) else {
            return Err(EngineError::UnknownInstance(id.clone()));
        };
        let status = instance.summary.status;
        if status.is_closed() {
            return Err(EngineError::Closed {
                id: id.clone(),
                status,
                verb: what.participle(),
            });
        }
        match what {
            Tell::Raise { name, input } => {
                instance.receive(now, EventKind::EventRaised { name, input });
            }
            Tell::Suspend { reason } => {
                if status == Status::Running {
                    instance.receive(now, EventKind::ExecutionSuspended { reason });
                }
            }
            Tell::Resume { reason } => {
                if status == Status::Suspended {
                    instance.receive(now, EventKind::ExecutionResumed { reason });
                    self.watch_deadlines(key);
                }
            }
            Tell::Terminate { reason } => {
                instance.receive(now, EventKind::ExecutionTerminated { reason });
            }
        }
        self.touched.insert(key);
        Ok(())
    }

    fn not_open(&self, id: &InstanceId, what: &Tell) -> EngineError {
        let found = self.store.find(id).and_then(|key| match key {
            Some(key) => self.store.summary(key),
            None => Ok(None),
        });
        match found {
            Ok(Some(summary)) if summary.status.is_closed() => EngineError::Closed {
                id: id.clone(),
                status: summary.status,
                verb: what.participle(),
            },
            Ok(Some(_)) => EngineError::NotRecovered(id.clone()),
            Ok(None) => EngineError::UnknownInstance(id.clone()),
            Err(error) => error.into(),
        }
    }

    fn subscribe(&mut self, subscription: Subscription) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut open: Vec<_> = self.instances.iter().collect();
        open.sort_by_key(|(key, _)| **key);
        let summaries = open.into_iter().map(|(_, i)| i.summary.clone()).collect();
        if subscription.send((summaries, receiver)).is_ok() {
            self.subscribers.push(sender);
        }
    }

    fn watch_deadlines(&mut self, key: InstanceKey) {
        if let Some(instance) = self.instances.get(&key) {
            let deadlines = instance
                .deadlines()
                .map(|(due, id)| Reverse((due, key, id)));
            self.deadlines.extend(deadlines);
        }
    }

    fn fire_deadlines(&mut self) {
        let now = self.clock.now();
        while let Some(Reverse((due, key, id))) = self.deadlines.peek().copied() {
            if due > now {
                break;
            }
            self.deadlines.pop();
            if let Some(instance) = self.instances.get_mut(&key)
                && instance.deadline(now, id, due)
            {
                self.touched.insert(key);
            }
        }
    }

    /// Makes everything durable that the turns brought, then lets it out.
    fn commit(&mut self) -> Result<(), StoreError> {
        let touched = std::mem::take(&mut self.touched);
        let mut batch = Batch::default();
        let mut fresh: BTreeMap<InstanceKey, usize> = BTreeMap::new();
        for key in &touched {
            let Some(instance) = self.instances.get_mut(key) else {
                continue;
            };
            let events = instance.take_fresh();
            if events.iter().any(|event| changes_summary(&event.kind)) {
                batch.summaries.push((*key, instance.summary.clone()));
            }
            for event in &events {
                note_deadline(&mut self.deadlines, *key, event);
            }
            fresh.insert(*key, events.len());
            batch
                .events
                .extend(events.into_iter().map(|event| (*key, event)));
        }
        if let Err(error) = self.store_batch(&batch) {
            // What is in memory is ahead of the disk now: nothing of it may leave.
            self.abort_all();
            self.gauges.failed.get_or_init(|| error.clone());
            for (reply, _) in self.replies.drain(..) {
                // A caller that no longer waits needs no answer.
                let _ = reply.send(Err(error.clone().into()));
            }
            return Err(error);
        }
        for key in &touched {
            self.start_activities(*key);
        }
        for (reply, answer) in self.replies.drain(..) {
            // A caller that no longer waits needs no answer.
            let _ = reply.send(answer);
        }
        self.publish(batch, &fresh);
        for key in touched {
            self.forget_if_closed(key);
        }
        for subscription in std::mem::take(&mut self.subscriptions) {
            self.subscribe(subscription);
        }
        Ok(())
    }

    fn store_batch(&self, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let begun = Instant::now();
        self.store.commit(batch)?;
        let nanos = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.gauges.commit_nanos.store(nanos, Ordering::Relaxed);
        Ok(())
    }

    fn publish(&mut self, batch: Batch, fresh: &BTreeMap<InstanceKey, usize>) {
        let mut events = batch.events.into_iter().map(|(_, event)| event);
        for (key, count) in fresh {
            let of_instance = events.by_ref().take(*count).collect();
            let Some(instance) = self.instances.get_mut(key) else {
                continue;
            };
            let committed = Arc::new(Committed {
                instance: instance.summary.clone(),
                events: of_instance,
                annotations: instance.take_annotations(),
            });
            self.subscribers
                .retain(|subscriber| subscriber.send(Arc::clone(&committed)).is_ok());
        }
    }

    fn start_activities(&mut self, key: InstanceKey) {
        let Some(instance) = self.instances.get_mut(&key) else {
            return;
        };
        for start in instance.take_starts() {
            let Some(results) = self.results.upgrade() else {
                return;
            };
            let scheduled = start.scheduled;
            let attempt = start.attempt;
            let context = ActivityContext {
                instance: instance.summary.id.clone(),
                scheduled,
                attempt,
                recalled: start.recalled,
            };
            let function = self.registry.find_activity(&start.name).cloned();
            let work = activity::attempt(function, start.name, context, start.input);
            let handle = self.activities.spawn(async move {
                let result = work.await;
                // Without an engine there is nobody to bring the result to.
                let _ = results.send(Message::ActivityEnded {
                    key,
                    scheduled,
                    attempt,
                    result,
                });
            });
            instance.under_way(scheduled, handle.abort_handle());
        }
    }

    fn forget_if_closed(&mut self, key: InstanceKey) {
        let closed = |i: &Instance| i.summary.status.is_closed();
        if self.instances.get(&key).is_some_and(closed)
            && let Some(instance) = self.instances.remove(&key)
        {
            self.ids.remove(&instance.summary.id);
        }
    }
}

/// A summary in the store changes with these; the rest of it follows from the history.
fn changes_summary(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::ExecutionStarted { .. }
            | EventKind::ExecutionCompleted { .. }
            | EventKind::ExecutionFailed { .. }
            | EventKind::ExecutionTerminated { .. }
            | EventKind::ExecutionSuspended { .. }
            | EventKind::ExecutionResumed { .. }
            | EventKind::ExecutionStalled { .. }
            | EventKind::CustomStatusSet { .. }
    )
}

fn note_deadline(
    deadlines: &mut BinaryHeap<Reverse<(Timestamp, InstanceKey, EventId)>>,
    key: InstanceKey,
    event: &super::Event,
) {
    match &event.kind {
        EventKind::TimerCreated {
            fire_at: Some(due), ..
        } => {
            deadlines.push(Reverse((*due, key, event.id)));
        }
        EventKind::TaskFailed {
            scheduled,
            retry_at: Some(due),
            ..
        } => {
            deadlines.push(Reverse((*due, key, *scheduled)));
        }
        _ => {}
    }
}
