//! A start of an instance.

use std::{future::IntoFuture, marker::PhantomData};

use futures_util::future::BoxFuture;

use super::{
    Engine, EngineError, IdReuse, InstanceId, Payload, Tags, Workflow,
    message::{Ask, NewInstance},
};

/// A start of an instance, not yet made: set its id and tags, then `.await` its id.
#[must_use = "an instance starts when this is awaited"]
pub struct StartCall<W> {
    engine: Engine,
    new: Result<NewInstance, EngineError>,
    types: PhantomData<fn() -> W>,
}

impl<W: Workflow> StartCall<W> {
    pub(super) fn new(engine: &Engine, workflow: &W, input: Result<Payload, EngineError>) -> Self {
        let new = input.map(|input| NewInstance {
            workflow: workflow.name().to_owned(),
            id: None,
            reuse: IdReuse::default(),
            input,
            tags: Tags::new(),
        });
        Self {
            engine: engine.clone(),
            new,
            types: PhantomData,
        }
    }

    /// Under this id; without it, under one made from the workflow's name.
    pub fn id(self, id: InstanceId) -> Self {
        self.with(|new| new.id = Some(id))
    }

    /// What if the id was used before.
    pub fn reuse(self, reuse: IdReuse) -> Self {
        self.with(|new| new.reuse = reuse)
    }

    /// With this tag.
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
            engine.ask(|reply| Ask::Start(new, reply)).await
        })
    }
}
