//! The engine as its callers hold it.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{
    runtime::{Handle, Runtime},
    sync::{mpsc, oneshot},
};

use super::{
    Archive, Clock, EngineError, EventId, Feed, InstanceId, InstanceSummary, Metrics, Payload,
    Purge, Reach, Registry, Setup, StartCall, Store, Trouble, Workflow,
    delivery::InstanceCommand,
    lease::Lease,
    metrics::Gauges,
    request::{Reply, Request, Rerun},
    worker::{self, Watchdog, Worker, WorkerDeps},
};

/// A durable execution engine on one store. Cheap to clone; clones are the same engine.
///
/// It works while a clone is held, or until [`stop`](Engine::stop). Open instances stay open then:
/// the next engine on the same store continues them. When the last clone is dropped the engine has lost
/// its store: nothing is committed any more, and another engine may take the store at once.
#[derive(Clone)]
pub struct Engine {
    handle: Arc<Handles>,
}

/// What all clones of an engine share.
struct Handles {
    inbox: mpsc::UnboundedSender<Request>,
    archive: Archive,
    clock: Clock,
    gauges: Arc<Gauges>,
    lease: Arc<Lease>,
}

impl Drop for Handles {
    fn drop(&mut self) {
        self.lease.revoke();
    }
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
        let (engine, deps) = Self::prepare(store, registry, setup)?;
        let (opened, is_open) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name(worker::THREAD.into())
            .spawn(move || match Self::open(deps) {
                Ok((runtime, worker)) => {
                    // The opener waits for this until it is sent.
                    let _ = opened.send(Ok(worker.clock()));
                    runtime.block_on(worker.run());
                }
                Err(error) => {
                    // The same.
                    let _ = opened.send(Err(error));
                }
            })
            .map_err(EngineError::Thread)?;
        let clock = is_open.recv().map_err(|_| EngineError::Stopped)??;
        Ok(engine.with_clock(clock))
    }

    fn open(deps: WorkerDeps) -> Result<(Runtime, Worker), EngineError> {
        let runtime = worker::runtime().map_err(EngineError::Thread)?;
        let worker = Worker::open(deps)?;
        let watchdog = Watchdog::start().map_err(EngineError::Thread)?;
        Ok((runtime, worker.watched_by(watchdog)))
    }

    /// An engine as a future that the caller drives, with activities on the same runtime. On a
    /// current-thread runtime with paused time this is a simulation: deterministic, as fast as the
    /// machine can. The future must be spawned where non-`Send` futures may be.
    pub fn simulated(
        store: Arc<dyn Store>,
        registry: Registry,
        setup: Setup,
    ) -> Result<(Self, impl Future<Output = ()> + use<>), EngineError> {
        let (engine, deps) = Self::prepare(store, registry, setup)?;
        let worker = Worker::open(deps)?;
        let clock = worker.clock();
        Ok((engine.with_clock(clock), worker.run()))
    }

    fn prepare(
        store: Arc<dyn Store>,
        registry: Registry,
        setup: Setup,
    ) -> Result<(Handles, WorkerDeps), EngineError> {
        let (inbox, receiver) = mpsc::unbounded_channel();
        let gauges = Arc::new(Gauges::default());
        let lease = Arc::new(Lease::acquire(Arc::clone(&store))?);
        let clock = setup.clock;
        let deps = WorkerDeps {
            store: Arc::clone(&store),
            lease: Arc::clone(&lease),
            registry: Arc::new(registry),
            setup,
            activities: Handle::current(),
            inbox: receiver,
            results: inbox.downgrade(),
            gauges: Arc::clone(&gauges),
        };
        let handles = Handles {
            inbox,
            archive: Archive::new(store),
            clock,
            gauges,
            lease,
        };
        Ok((handles, deps))
    }

    /// The engine's store, for reading.
    pub fn archive(&self) -> &Archive {
        &self.handle.archive
    }

    /// The engine's clock.
    pub fn clock(&self) -> Clock {
        self.handle.clock
    }

    /// Figures of this engine.
    pub fn metrics(&self) -> Metrics {
        self.handle.gauges.read()
    }

    /// What is wrong at this moment: the store cannot be written (a full disk, say), or the code of a
    /// workflow does not return. Once it is over everything goes on by itself, unless the error of the
    /// store is [final](super::StoreError::is_final).
    pub fn trouble(&self) -> Option<Trouble> {
        self.handle.gauges.trouble()
    }

    /// What could not be read or replayed when the engine was started, in words. Everything else goes
    /// on.
    pub fn damage(&self) -> Vec<String> {
        self.handle.gauges.damage()
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
        self.send(Request::UntilClosed(id.clone(), reply))?;
        answer.await.map_err(|_| self.stopped_because())?
    }

    /// Raises an external event on an instance.
    pub async fn raise(
        &self,
        id: &InstanceId,
        name: &str,
        input: Payload,
    ) -> Result<(), EngineError> {
        self.raise_as(id, name, input, None).await
    }

    /// Raises an external event once, however often this is called with the same request: a caller that
    /// does not know whether it was heard may ask again. Requests are remembered as long as the run
    /// lasts.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, id: InstanceId) -> Result<(), EngineError> {
    /// for _ in 0..2 {
    ///     engine.raise_once(&id, "paid", Payload::null(), "payment 4711").await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn raise_once(
        &self,
        id: &InstanceId,
        name: &str,
        input: Payload,
        request: &str,
    ) -> Result<(), EngineError> {
        self.raise_as(id, name, input, Some(request.to_owned()))
            .await
    }

    async fn raise_as(
        &self,
        id: &InstanceId,
        name: &str,
        input: Payload,
        request: Option<String>,
    ) -> Result<(), EngineError> {
        let what = InstanceCommand::Raise {
            name: name.to_owned(),
            input,
            from: None,
            sent: None,
            request,
        };
        self.command(id, what).await
    }

    /// What the code of an open instance has [published](super::Context::publish) under a name.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, tour: InstanceId) -> Result<(), EngineError> {
    /// if let Some(city) = engine.query(&tour, "where").await? {
    ///     println!("the tour is in {}", city.as_str());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn query(&self, id: &InstanceId, name: &str) -> Result<Option<Payload>, EngineError> {
        let (id, name) = (id.clone(), name.to_owned());
        self.ask(|reply| Request::Query(id, name, reply)).await
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
        let what = InstanceCommand::Suspend {
            reason: reason.to_owned(),
            freeze_time: suspension.time == SuspendedTime::Frozen,
            reach: suspension.reach,
        };
        self.command(id, what).await
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
        self.command(id, InstanceCommand::Resume { reason, reach })
            .await
    }

    /// Asks an instance to end. What it waits for fails with [`Failure::CANCELED`](super::Failure);
    /// its code tidies up and decides how it ends. One that was asked before just goes on.
    pub async fn cancel(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        let reason = reason.to_owned();
        self.command(id, InstanceCommand::Cancel { reason }).await
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
        self.command(id, InstanceCommand::Terminate { reason, reach })
            .await
    }

    /// Forks an instance: a new one takes the history of its latest run up to the event before `from`
    /// as its own and continues from there, if wished with another input. What it was forked from is
    /// not touched. A fork of a child is an instance of its own, without a parent.
    pub async fn rerun(
        &self,
        source: &InstanceId,
        from: EventId,
        id: Option<InstanceId>,
        input: Option<Payload>,
    ) -> Result<InstanceId, EngineError> {
        self.fork(source, None, from, id, input).await
    }

    /// The same from an earlier run of an instance that has continued as new, or whose id was used
    /// again.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, tour: InstanceId) -> Result<(), EngineError> {
    /// let again = engine.rerun_run(&tour, 2, EventId(1), None, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rerun_run(
        &self,
        source: &InstanceId,
        run: u32,
        from: EventId,
        id: Option<InstanceId>,
        input: Option<Payload>,
    ) -> Result<InstanceId, EngineError> {
        self.fork(source, Some(run), from, id, input).await
    }

    async fn fork(
        &self,
        source: &InstanceId,
        run: Option<u32>,
        from: EventId,
        id: Option<InstanceId>,
        input: Option<Payload>,
    ) -> Result<InstanceId, EngineError> {
        let rerun = Box::new(Rerun {
            source: source.clone(),
            run,
            from,
            id,
            input,
        });
        self.ask(|reply| Request::Rerun(rerun, reply)).await
    }

    /// Starts the workflow of an instance again with the same input and tags: under the same id,
    /// which must have ended, or (`Some`) under another.
    pub async fn restart(
        &self,
        id: &InstanceId,
        new_id: Option<InstanceId>,
    ) -> Result<InstanceId, EngineError> {
        let id = id.clone();
        self.ask(|reply| Request::Restart(id, new_id, reply)).await
    }

    /// Forgets instances that have ended. Returns how many runs.
    pub async fn purge(&self, purge: Purge) -> Result<u64, EngineError> {
        self.ask(|reply| Request::Purge(purge, reply)).await
    }

    /// Everything that is committed from now on, with the open instances as they are.
    pub async fn subscribe(&self) -> Result<Feed, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Subscribe(reply))?;
        answer.await.map_err(|_| self.stopped_because())
    }

    /// Lets the activities that are under way finish, for as long as `grace`, starts no others, and
    /// stops. Open instances stay open.
    pub async fn shutdown(&self, grace: Duration) {
        self.stopped(|done| Request::Shutdown(grace, done)).await;
    }

    /// Stops the engine: nothing is committed or published after this returns. Activities that are
    /// under way are dropped; the next engine starts them again.
    pub async fn stop(&self) {
        self.stopped(Request::Stop).await;
    }

    async fn stopped(&self, request: impl FnOnce(oneshot::Sender<()>) -> Request) {
        let (stopped, is_stopped) = oneshot::channel();
        if self.send(request(stopped)).is_ok() {
            // An engine that has gone already is stopped too.
            let _ = is_stopped.await;
        }
    }

    async fn command(&self, id: &InstanceId, what: InstanceCommand) -> Result<(), EngineError> {
        let id = id.clone();
        self.ask(|reply| Request::Command(id, what, reply)).await
    }

    pub(super) async fn ask<T>(
        &self,
        request: impl FnOnce(Reply<T>) -> Request,
    ) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(request(reply))?;
        answer.await.map_err(|_| self.stopped_because())?
    }

    pub(super) fn gauges(&self) -> &Gauges {
        &self.handle.gauges
    }

    fn send(&self, request: Request) -> Result<(), EngineError> {
        let sent = self.handle.inbox.send(request);
        sent.map_err(|_| self.stopped_because())
    }

    /// Why the engine has stopped, if it did so by itself.
    fn stopped_because(&self) -> EngineError {
        match self.handle.gauges.trouble() {
            Some(Trouble::Store(error)) if error.is_final() => error.into(),
            _ => EngineError::Stopped,
        }
    }
}

impl Handles {
    /// The engine with the clock that it has found its store to need.
    fn with_clock(mut self, clock: Clock) -> Engine {
        self.clock = clock;
        let handle = Arc::new(self);
        Engine { handle }
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
