//! The engine's handle.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{
    runtime::{Handle, Runtime},
    sync::{mpsc, oneshot},
};

use super::{
    Archive, Clock, EngineError, Feed, InstanceId, InstanceSummary, Metrics, Registry, Setup,
    Store, StoreError, Trouble,
    lease::Lease,
    metrics::Gauges,
    reply::Reply,
    request::Request,
    worker::{self, Worker, WorkerDeps},
};

/// A durable execution engine on one store. Cheap to clone; clones are the same engine.
///
/// It runs until the last clone is dropped or until [`stop`](Engine::stop). Open instances stay
/// open: the next engine on the same store continues them. When the last clone is dropped, the
/// engine releases its store: nothing more is committed, and another engine may use the store at
/// once.
#[derive(Clone)]
pub struct Engine {
    handle: Arc<Handles>,
}

/// The state shared by all clones.
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
    /// Starts an engine on its own thread. Activities run on the current tokio runtime.
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
                Ok((runtime, mut worker)) => {
                    worker.report_recovery_to(opened);
                    runtime.block_on(worker.run());
                }
                Err(error) => {
                    // The caller waits for this message.
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
        Ok((runtime, worker.watched().map_err(EngineError::Thread)?))
    }

    /// Creates an engine as a future that the caller polls, with activities on the same runtime. On
    /// a current-thread runtime with paused time this is a deterministic simulation. The future is
    /// not `Send`.
    pub fn simulated(
        store: Arc<dyn Store>,
        registry: Registry,
        setup: Setup,
    ) -> Result<(Self, impl Future<Output = ()> + use<>), EngineError> {
        let (engine, deps) = Self::prepare(store, registry, setup)?;
        let mut worker = Worker::open(deps)?;
        let (opened, is_open) = std::sync::mpsc::channel();
        worker.report_recovery_to(opened);
        worker.recover();
        let clock = is_open.recv().map_err(|_| EngineError::Stopped)??;
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

    /// Read access to the engine's store.
    pub fn archive(&self) -> &Archive {
        &self.handle.archive
    }

    /// The engine's clock.
    pub fn clock(&self) -> Clock {
        self.handle.clock
    }

    /// The metrics of this engine.
    pub fn metrics(&self) -> Metrics {
        self.handle.gauges.read()
    }

    /// The current problem, if any: the store cannot be written (because the disk is full, for
    /// example), or workflow code does not return. The engine recovers automatically when the cause
    /// is gone, unless the store's error is [final](super::StoreError::is_final).
    pub fn trouble(&self) -> Option<Trouble> {
        self.handle.gauges.trouble()
    }

    /// Waits until the store cannot be written, and returns why.
    pub async fn store_failure(&self) -> StoreError {
        self.handle.gauges.store_failure().await
    }

    /// Descriptions of the data that could not be read or replayed when the engine started.
    /// Everything else works.
    pub fn damage(&self) -> Vec<String> {
        self.handle.gauges.damage()
    }

    /// Waits until an instance has closed. Continuing as new does not close it.
    pub async fn until_closed(&self, id: &InstanceId) -> Result<InstanceSummary, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::UntilClosed(id.clone(), reply))?;
        answer.await.map_err(|_| self.stopped_because())?
    }

    /// Subscribes to all commits from now on, with the current open instances.
    pub async fn subscribe(&self) -> Result<Feed, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Subscribe(reply))?;
        answer.await.map_err(|_| self.stopped_because())
    }

    /// Waits up to `grace` for activities in flight, starts no others, then stops. Open instances
    /// stay open.
    pub async fn shutdown(&self, grace: Duration) {
        self.stopped(|done| Request::Shutdown(grace, done)).await;
    }

    /// Stops the engine: nothing is committed or published after this returns. Activities in flight
    /// are dropped; the next engine starts them again.
    pub async fn stop(&self) {
        self.stopped(Request::Stop).await;
    }

    async fn stopped(&self, request: impl FnOnce(oneshot::Sender<()>) -> Request) {
        let (stopped, is_stopped) = oneshot::channel();
        if self.send(request(stopped)).is_ok() {
            // The engine may have stopped already.
            let _ = is_stopped.await;
        }
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

    /// Why the engine has stopped.
    fn stopped_because(&self) -> EngineError {
        match self.handle.gauges.trouble() {
            Some(Trouble::Store(error)) if error.is_final() => error.into(),
            _ => EngineError::Stopped,
        }
    }
}

impl Handles {
    /// The engine with the clock that its store requires.
    fn with_clock(mut self, clock: Clock) -> Engine {
        self.clock = clock;
        let handle = Arc::new(self);
        Engine { handle }
    }
}
