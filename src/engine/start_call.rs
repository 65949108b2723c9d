//! Starting an instance.

use std::{future::IntoFuture, marker::PhantomData, time::Duration};

use futures_util::future::BoxFuture;

use super::{
    CodeLocation, Engine, EngineError, IdReuse, InstanceId, Payload, Tags, Timestamp, Workflow,
    request::{NewInstance, OnConflict, Request, StartTime},
};

/// A builder for the start of an instance: set its id and tags, then `.await` its id.
#[must_use = "an instance starts when this is awaited"]
pub struct StartCall<W> {
    engine: Engine,
    new: Result<NewInstance, EngineError>,
    types: PhantomData<fn() -> W>,
}

impl<W: Workflow> StartCall<W> {
    pub(super) fn new(engine: &Engine, workflow: &W, input: Result<Payload, EngineError>) -> Self {
        let workflow = workflow.name().to_owned();
        let new = input.map(|input| NewInstance::of(workflow, None, input, Tags::new()));
        Self::of(engine, new)
    }
}

impl<W> StartCall<W> {
    fn of(engine: &Engine, new: Result<NewInstance, EngineError>) -> Self {
        Self {
            engine: engine.clone(),
            new,
            types: PhantomData,
        }
    }

    /// Sets the id. The default is derived from the workflow's name.
    pub fn id(self, id: InstanceId) -> Self {
        self.with(|new| new.id = Some(id))
    }

    /// Sets whether the id of a closed instance may be reused.
    pub fn reuse(self, reuse: IdReuse) -> Self {
        self.with(|new| new.reuse = reuse)
    }

    /// Sets what happens if the id belongs to an open instance.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), EngineError> {
    /// let order = Named::<u32, ()>::new("order");
    /// let id = engine
    ///     .start_instance(order, &1250)
    ///     .id(InstanceId::new("order-7")?)
    ///     .on_conflict(OnConflict::UseExisting)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_conflict(self, conflict: OnConflict) -> Self {
        self.with(|new| new.conflict = conflict)
    }

    /// Delays the start until this time; until then the instance is
    /// [`Pending`](super::Status::Pending). A past time means now.
    pub fn at(self, moment: Timestamp) -> Self {
        self.with(|new| new.start = StartTime::At(moment))
    }

    /// Delays the start by this duration; until then the instance is
    /// [`Pending`](super::Status::Pending) and can receive events and be suspended, canceled and
    /// terminated.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # use std::time::Duration;
    /// # async fn example(engine: Engine) -> Result<(), EngineError> {
    /// let reminder = Named::<String, ()>::new("remind");
    /// let tomorrow = Duration::from_secs(86_400);
    /// engine.start_instance(reminder, &"rent".into()).after(tomorrow).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn after(self, delay: Duration) -> Self {
        self.with(|new| new.start = StartTime::After(delay))
    }

    /// Sets the execution timeout, across all its runs. When it expires, open operations fail with
    /// [`Failure::EXECUTION_TIMEOUT`](super::Failure::EXECUTION_TIMEOUT), so that the instance can
    /// compensate and close.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # use std::time::Duration;
    /// # async fn example(engine: Engine) -> Result<(), EngineError> {
    /// let order = Named::<u32, ()>::new("order");
    /// engine.start_instance(order, &1250).timeout(Duration::from_secs(3600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(self, limit: Duration) -> Self {
        self.with(|new| new.timeout = Some(limit))
    }

    /// Raises an event on the instance. If its id belongs to an open instance, the event goes to
    /// that one and nothing is started.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), EngineError> {
    /// let cart = Named::<(), u32>::new("cart");
    /// let id = InstanceId::new("cart-7")?;
    /// engine.start_instance(cart, &()).id(id).raise("add", Payload::null()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn raise(self, name: &str, input: Payload) -> Self {
        self.with(|new| {
            new.raise = Some((name.to_owned(), input));
            new.conflict = OnConflict::UseExisting;
        })
    }

    /// Adds a tag.
    pub fn tag(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(|new| {
            new.tags.insert(name.into(), value.into());
        })
    }

    fn with(mut self, set: impl FnOnce(&mut NewInstance)) -> Self {
        if let Ok(new) = &mut self.new {
            set(new);
        }
        self
    }
}

impl<W> IntoFuture for StartCall<W> {
    type Output = Result<InstanceId, EngineError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { engine, new, .. } = self;
        Box::pin(async move {
            let new = new?;
            engine
                .ask(|reply| Request::Start(Box::new(new), reply))
                .await
        })
    }
}

impl Engine {
    /// Starts an instance of a workflow whose code is in another process: see
    /// [`RemoteWorkers`](super::RemoteWorkers). Its name is not checked, and the input is kept as it is. It waits
    /// until a worker takes its first turn.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), EngineError> {
    /// let input = Payload::from_text(r#"{"tempo": 120}"#);
    /// let id = engine.start_remote("play_song", None, input).id(InstanceId::new("song-7")?).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_remote(
        &self,
        workflow: impl Into<String>,
        version: Option<&str>,
        input: Payload,
    ) -> StartCall<()> {
        let new = NewInstance {
            code: CodeLocation::Remote,
            version: version.map(str::to_owned),
            ..NewInstance::of(workflow.into(), None, input, Tags::new())
        };
        StartCall::of(self, Ok(new))
    }

    /// Starts an instance of a workflow: set its id and tags, then `.await` its id. The start is
    /// durable when the future completes.
    pub fn start_instance<W: Workflow>(&self, workflow: W, input: &W::Input) -> StartCall<W> {
        let input = Payload::encode(input).map_err(|source| EngineError::Encode {
            what: "workflow's input",
            source,
        });
        StartCall::new(self, &workflow, input)
    }
}
