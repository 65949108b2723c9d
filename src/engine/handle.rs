//! The engine as its callers hold it.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::{
    Archive, Clock, EngineError, EventId, Feed, InstanceId, InstanceSummary, Limits, Metrics,
    Payload, Purge, Reach, Registry, StartCall, Store, StoreError, Workflow,
    delivery::Tell,
    message::{Ask, Message, Reply, Rerun},
    metrics::Gauges,
    worker::{Premises, Worker},
};

/// What an engine does with the open instances of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recovery {
    /// Replays them and goes on with them.
    #[default]
    OpenInstances,
    /// Leaves them as they are, for another time.
    Nothing,
}

/// How an engine works.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// What becomes of the instances that are open in the store.
    pub recovery: Recovery,
    /// What time it is.
    pub clock: Clock,
    /// How much it takes upon itself.
    pub limits: Limits,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            recovery: Recovery::default(),
            clock: Clock::wall(),
            limits: Limits::default(),
        }
    }
}

/// A durable execution engine on one store. Cheap to clone; clones are the same engine.
///
/// It works while a clone is held, or until [`stop`](Engine::stop). Open instances stay open then:
/// the next engine on the same store goes on with them.
#[derive(Clone)]
pub struct Engine {
    inbox: mpsc::UnboundedSender<Message>,
    archive: Archive,
    clock: Clock,
    pub(super) gauges: Arc<Gauges>,
}

impl Engine {
    /// Starts an engine on a thread of its own. Activities run on the tokio runtime from within
    /// which this is called.
    ///
    /// ```
    /// use fermata::engine::*;
    ///
    /// struct Double;
    /// impl Workflow for Double {
    ///     type Input = u32;
    ///     type Output = u32;
    ///     fn name(&self) -> &str {
    ///         "double"
    ///     }
    /// }
    ///
    /// async fn double(ctx: Context, n: u32) -> Result<u32, Failure> {
    ///     ctx.timer(std::time::Duration::from_millis(1)).await?;
    ///     Ok(2 * n)
    /// }
    ///
    /// # #[tokio::main(flavor = "multi_thread", worker_threads = 1)]
    /// # async fn main() -> Result<(), EngineError> {
    /// let registry = Registry::new().workflow(Double, double);
    /// let store = std::sync::Arc::new(RedbStore::in_memory()?);
    /// let engine = Engine::start(store, registry, Setup::default())?;
    /// let id = engine.start_instance(Double, &21).await?;
    /// let end = engine.until_closed(&id).await?;
    /// assert_eq!(end.output, Some(Payload::encode(&42).unwrap()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(
        store: Arc<dyn Store>,
        registry: Registry,
        setup: Setup,
    ) -> Result<Self, EngineError> {
        let (mut engine, premises) = Self::new(store, registry, setup);
        let (opened, is_open) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("fermata-engine".into())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .map_err(EngineError::Thread);
                let worker = runtime.and_then(|runtime| Ok((runtime, Worker::open(premises)?)));
                match worker {
                    Ok((runtime, worker)) => {
                        // The opener waits for this until it is sent.
                        let _ = opened.send(Ok(worker.clock()));
                        runtime.block_on(worker.run());
                    }
                    Err(error) => {
                        // The same.
                        let _ = opened.send(Err(error));
                    }
                }
            })
            .map_err(EngineError::Thread)?;
        engine.clock = is_open.recv().map_err(|_| EngineError::Stopped)??;
        Ok(engine)
    }

    /// An engine as a future that the caller drives, with activities on the same runtime. On a
    /// current-thread runtime with paused time this is a simulation: deterministic, as fast as the
    /// machine can. The future must be spawned where non-`Send` futures may be.
    pub fn simulated(
        store: Arc<dyn Store>,
        registry: Registry,
        setup: Setup,
    ) -> Result<(Self, impl Future<Output = ()> + use<>), EngineError> {
        let (mut engine, premises) = Self::new(store, registry, setup);
        let worker = Worker::open(premises)?;
        engine.clock = worker.clock();
        Ok((engine, worker.run()))
    }

    fn new(store: Arc<dyn Store>, registry: Registry, setup: Setup) -> (Self, Premises) {
        let (inbox, receiver) = mpsc::unbounded_channel();
        let gauges = Arc::new(Gauges::default());
        let premises = Premises {
            store: Arc::clone(&store),
            registry: Arc::new(registry),
            setup,
            activities: Handle::current(),
            inbox: receiver,
            results: inbox.downgrade(),
            gauges: Arc::clone(&gauges),
        };
        let engine = Self {
            inbox,
            archive: Archive::new(store),
            clock: setup.clock,
            gauges,
        };
        (engine, premises)
    }

    /// The engine's store, for reading.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The engine's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Figures of this engine.
    pub fn metrics(&self) -> Metrics {
        self.gauges.read()
    }

    /// Why the store cannot be written just now: a full disk, say. Until it can, nothing leaves the
    /// engine and nothing new is taken up; then everything goes on by itself.
    pub fn trouble(&self) -> Option<StoreError> {
        self.gauges.trouble()
    }

    /// Starts an instance of a workflow: set its id and tags, then `.await` its id. Then the start is
    /// durable.
    pub fn start_instance<W: Workflow>(&self, workflow: W, input: &W::Input) -> StartCall<W> {
        let input = Payload::encode(input).map_err(|source| EngineError::Encode {
            what: "workflow's input",
            source,
        });
        StartCall::new(self, &workflow, input)
    }

    /// Waits until an instance has ended; one that continues as new has not.
    pub async fn until_closed(&self, id: &InstanceId) -> Result<InstanceSummary, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::UntilClosed(id.clone(), reply))?;
        answer.await.map_err(|_| EngineError::Stopped)?
    }

    /// Raises an external event on an instance.
    pub async fn raise(
        &self,
        id: &InstanceId,
        name: &str,
        input: Payload,
    ) -> Result<(), EngineError> {
        let (name, from) = (name.to_owned(), None);
        self.tell(id, Tell::Raise { name, input, from }).await
    }

    /// Holds an instance and the children that it waits for; one that is held already stays so. What
    /// is under way finishes, nothing new begins; events are kept in order. Time stands still for it:
    /// see [`suspend_with`](Self::suspend_with).
    pub async fn suspend(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        self.suspend_with(id, reason, Suspension::default()).await
    }

    /// Holds an instance in a way of the caller's choice.
    pub async fn suspend_with(
        &self,
        id: &InstanceId,
        reason: &str,
        suspension: Suspension,
    ) -> Result<(), EngineError> {
        let what = Tell::Suspend {
            reason: reason.to_owned(),
            freeze_time: suspension.time == SuspendedTime::Frozen,
            reach: suspension.reach,
        };
        self.tell(id, what).await
    }

    /// Lets an instance and its children go on; one that is not held just does.
    pub async fn resume(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        self.resume_with(id, reason, Reach::Tree).await
    }

    /// Lets an instance go on, alone or with its children.
    pub async fn resume_with(
        &self,
        id: &InstanceId,
        reason: &str,
        reach: Reach,
    ) -> Result<(), EngineError> {
        let reason = reason.to_owned();
        self.tell(id, Tell::Resume { reason, reach }).await
    }

    /// Asks an instance to end. What it waits for fails with [`Failure::CANCELED`](super::Failure);
    /// its code tidies up and decides how it ends. One that was asked before just goes on.
    pub async fn cancel(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        let reason = reason.to_owned();
        self.tell(id, Tell::Cancel { reason }).await
    }

    /// Ends an instance where it stands, and its children as their
    /// [`ParentClosePolicy`](super::ParentClosePolicy) says. No code of it runs any more.
    pub async fn terminate(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        self.terminate_with(id, reason, Reach::Tree).await
    }

    /// Ends an instance where it stands, alone or with its children.
    pub async fn terminate_with(
        &self,
        id: &InstanceId,
        reason: &str,
        reach: Reach,
    ) -> Result<(), EngineError> {
        let reason = reason.to_owned();
        self.tell(id, Tell::Terminate { reason, reach }).await
    }

    /// Forks an instance that is no child: a new one takes its history up to the event before `from`
    /// as its own and goes on from there, `from` happening anew; if wished with another input. What
    /// it was forked from is not touched.
    pub async fn rerun(
        &self,
        source: &InstanceId,
        from: EventId,
        id: Option<InstanceId>,
        input: Option<Payload>,
    ) -> Result<InstanceId, EngineError> {
        let rerun = Rerun {
            source: source.clone(),
            from,
            id,
            input,
        };
        self.ask(|reply| Ask::Rerun(rerun, reply)).await
    }

    /// Starts the workflow of an instance again with the same input and tags: under the same id,
    /// which must have ended, or (`Some`) under another.
    pub async fn restart(
        &self,
        id: &InstanceId,
        new_id: Option<InstanceId>,
    ) -> Result<InstanceId, EngineError> {
        let id = id.clone();
        self.ask(|reply| Ask::Restart(id, new_id, reply)).await
    }

    /// Forgets instances that have ended. Returns how many runs.
    pub async fn purge(&self, purge: Purge) -> Result<u64, EngineError> {
        self.ask(|reply| Ask::Purge(purge, reply)).await
    }

    /// Everything that is committed from now on, with the open instances as they are.
    pub async fn subscribe(&self) -> Result<Feed, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Subscribe(reply))?;
        let (open, receiver) = answer.await.map_err(|_| EngineError::Stopped)?;
        Ok(Feed::new(open, receiver))
    }

    /// Lets the activities that are under way finish, for as long as `grace`, starts no others, and
    /// stops. Open instances stay open.
    pub async fn shutdown(&self, grace: Duration) {
        self.stopped(|done| Message::Shutdown(grace, done)).await;
    }

    /// Stops the engine: nothing is committed or published after this returns. Activities that are
    /// under way are dropped; the next engine starts them again.
    pub async fn stop(&self) {
        self.stopped(Message::Stop).await;
    }

    async fn stopped(&self, message: impl FnOnce(oneshot::Sender<()>) -> Message) {
        let (stopped, is_stopped) = oneshot::channel();
        if self.send(message(stopped)).is_ok() {
            // An engine that has gone already is stopped too.
            let _ = is_stopped.await;
        }
    }

    async fn tell(&self, id: &InstanceId, what: Tell) -> Result<(), EngineError> {
        let id = id.clone();
        self.ask(|reply| Ask::Tell(id, what, reply)).await
    }

    pub(super) async fn ask<T>(&self, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Ask(ask(reply)))?;
        answer.await.map_err(|_| EngineError::Stopped)?
    }

    fn send(&self, message: Message) -> Result<(), EngineError> {
        self.inbox.send(message).map_err(|_| EngineError::Stopped)
    }
}

/// How an instance is held. The default reaches its children and freezes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suspension {
    /// Who is held.
    pub reach: Reach,
    /// What becomes of timers.
    pub time: SuspendedTime,
}

/// What becomes of the time of an instance while it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SuspendedTime {
    /// Timers, timeouts and pauses before retries move on by the time that it is held.
    #[default]
    Frozen,
    /// They run on; what was due meanwhile happens when it is resumed.
    RunsOn,
}
