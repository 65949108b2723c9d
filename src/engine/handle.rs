//! The engine as its callers hold it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::{
    Archive, Clock, Committed, EngineError, InstanceId, InstanceSummary, Payload, Registry, Store,
    message::{FeedReceiver, Message, Reply, Tell},
    worker::{Gauges, Premises, Worker},
};

/// What an engine does with the open instances of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Replays them and goes on with them.
    OpenInstances,
    /// Leaves them as they are, for another time.
    Nothing,
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
    gauges: Arc<Gauges>,
}

impl Engine {
    /// Starts an engine on a thread of its own. Activities run on the tokio runtime from within
    /// which this is called.
    ///
    /// ```
    /// use fermata::engine::*;
    ///
    /// async fn double(ctx: Context, n: u32) -> Result<u32, Failure> {
    ///     ctx.timer(std::time::Duration::from_millis(1)).await?;
    ///     Ok(2 * n)
    /// }
    ///
    /// # #[tokio::main(flavor = "multi_thread", worker_threads = 1)]
    /// # async fn main() -> Result<(), EngineError> {
    /// let registry = Registry::new().workflow("double", double);
    /// let store = std::sync::Arc::new(RedbStore::in_memory()?);
    /// let engine = Engine::start(store, registry, Recovery::OpenInstances, Clock::wall())?;
    /// let mut feed = engine.subscribe().await?;
    /// let id = engine.start_instance("double", None, &21).await?;
    /// let end = feed.until_closed(&id).await?;
    /// assert_eq!(end.output, Some(Payload::encode(&42).unwrap()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(
        store: Arc<dyn Store>,
        registry: Registry,
        recovery: Recovery,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let (engine, premises) = Self::new(store, registry, clock);
        let (opened, is_open) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("fermata-engine".into())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .map_err(EngineError::Thread);
                let worker =
                    runtime.and_then(|runtime| Ok((runtime, Worker::open(premises, recovery)?)));
                match worker {
                    Ok((runtime, worker)) => {
                        // The opener waits for this until it is sent.
                        let _ = opened.send(Ok(()));
                        runtime.block_on(worker.run());
                    }
                    Err(error) => {
                        // The same.
                        let _ = opened.send(Err(error));
                    }
                }
            })
            .map_err(EngineError::Thread)?;
        is_open.recv().map_err(|_| EngineError::Stopped)??;
        Ok(engine)
    }

    /// An engine as a future that the caller drives, with activities on the same runtime. On a
    /// current-thread runtime with paused time this is a simulation: deterministic, as fast as the
    /// machine can. The future must be spawned where non-`Send` futures may be.
    pub fn simulated(
        store: Arc<dyn Store>,
        registry: Registry,
        recovery: Recovery,
        clock: Clock,
    ) -> Result<(Self, impl Future<Output = ()>), EngineError> {
        let (engine, premises) = Self::new(store, registry, clock);
        let worker = Worker::open(premises, recovery)?;
        Ok((engine, worker.run()))
    }

    fn new(store: Arc<dyn Store>, registry: Registry, clock: Clock) -> (Self, Premises) {
        let (inbox, receiver) = mpsc::unbounded_channel();
        let gauges = Arc::new(Gauges::default());
        let premises = Premises {
            store: Arc::clone(&store),
            registry: Arc::new(registry),
            clock,
            activities: Handle::current(),
            inbox: receiver,
            results: inbox.downgrade(),
            gauges: Arc::clone(&gauges),
        };
        let engine = Self {
            inbox,
            archive: Archive::new(store),
            clock,
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

    /// How long the last commit took; zero before the first.
    pub fn last_commit(&self) -> Duration {
        Duration::from_nanos(self.gauges.commit_nanos.load(Ordering::Relaxed))
    }

    /// Why the engine no longer works: its store failed, or it was stopped.
    pub fn why_stopped(&self) -> EngineError {
        match self.gauges.failed.get() {
            Some(error) => error.clone().into(),
            None => EngineError::Stopped,
        }
    }

    /// Starts an instance of a workflow, under the given id or one made from the workflow's name.
    /// When this returns, the start is durable.
    pub async fn start_instance<T: serde::Serialize + ?Sized>(
        &self,
        workflow: &str,
        id: Option<InstanceId>,
        input: &T,
    ) -> Result<InstanceId, EngineError> {
        let input = Payload::encode(input).map_err(|source| EngineError::Encode {
            what: "workflow's input",
            source,
        })?;
        let workflow = workflow.to_owned();
        self.ask(|reply| Message::Start {
            workflow,
            id,
            input,
            reply,
        })
        .await
    }

    /// Raises an external event on an instance.
    pub async fn raise(
        &self,
        id: &InstanceId,
        name: &str,
        input: Payload,
    ) -> Result<(), EngineError> {
        let name = name.to_owned();
        self.tell(id, Tell::Raise { name, input }).await
    }

    /// Holds an instance; one that is held already stays so.
    pub async fn suspend(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        let reason = reason.to_owned();
        self.tell(id, Tell::Suspend { reason }).await
    }

    /// Lets an instance go on; one that is not held just does.
    pub async fn resume(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        let reason = reason.to_owned();
        self.tell(id, Tell::Resume { reason }).await
    }

    /// Ends an instance where it stands.
    pub async fn terminate(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        let reason = reason.to_owned();
        self.tell(id, Tell::Terminate { reason }).await
    }

    /// Everything that is committed from now on, with the open instances as they are.
    pub async fn subscribe(&self) -> Result<Feed, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Subscribe(reply))?;
        let (open, receiver) = answer.await.map_err(|_| self.why_stopped())?;
        Ok(Feed { open, receiver })
    }

    /// Stops the engine: nothing is committed or published after this returns.
    pub async fn stop(&self) {
        let (stopped, is_stopped) = oneshot::channel();
        if self.send(Message::Stop(stopped)).is_ok() {
            // An engine that has gone already is stopped too.
            let _ = is_stopped.await;
        }
    }

    async fn tell(&self, id: &InstanceId, what: Tell) -> Result<(), EngineError> {
        let id = id.clone();
        self.ask(|reply| Message::Tell { id, what, reply })
            .await
            .map(drop)
    }

    async fn ask(&self, message: impl FnOnce(Reply) -> Message) -> Result<InstanceId, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.send(message(reply))?;
        answer.await.map_err(|_| self.why_stopped())?
    }

    fn send(&self, message: Message) -> Result<(), EngineError> {
        self.inbox.send(message).map_err(|_| self.why_stopped())
    }
}

/// What an engine commits, as it commits it. A slow reader never slows the engine.
pub struct Feed {
    /// The open instances at the moment of subscription.
    pub open: Vec<InstanceSummary>,
    receiver: FeedReceiver,
}

impl Feed {
    /// The next commit of one instance; `None` once the engine has stopped.
    pub async fn next(&mut self) -> Option<Arc<Committed>> {
        self.receiver.recv().await
    }

    /// The next commit of one instance if there is one already.
    pub fn try_next(&mut self) -> Option<Arc<Committed>> {
        self.receiver.try_recv().ok()
    }

    /// Waits until an instance has ended, passing over what is told of others.
    pub async fn until_closed(&mut self, id: &InstanceId) -> Result<InstanceSummary, EngineError> {
        while let Some(committed) = self.next().await {
            if committed.instance.id == *id && committed.instance.status.is_closed() {
                return Ok(committed.instance.clone());
            }
        }
        Err(EngineError::Stopped)
    }
}
