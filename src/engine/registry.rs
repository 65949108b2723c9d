//! Which functions stand behind the names of workflows and activities.

use std::{collections::HashMap, future::Future, sync::Arc};

use futures_util::future::LocalBoxFuture;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Activity, ActivityContext, ActivityError, Context, Failure, Payload, activity::ActivityFn,
};

/// A workflow function without its types.
pub(super) type WorkflowFn = Arc<
    dyn Fn(Context, Payload) -> LocalBoxFuture<'static, Result<Payload, Failure>> + Send + Sync,
>;

/// The functions behind the names of workflows and activities.
#[derive(Clone, Default)]
pub struct Registry {
    workflows: HashMap<String, WorkflowFn>,
    any_workflow: Option<WorkflowFn>,
    activities: HashMap<String, ActivityFn>,
}

impl Registry {
    /// Without any function.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a workflow: an ordinary `async fn` that does everything it does to the world
    /// through its [`Context`].
    pub fn workflow<I, O, F, Fut>(mut self, name: impl Into<String>, function: F) -> Self
    where
        I: DeserializeOwned,
        O: Serialize,
        F: Fn(Context, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, Failure>> + 'static,
    {
        self.workflows.insert(name.into(), erase(function));
        self
    }

    /// Registers the function that runs every workflow whose name has none of its own.
    pub fn any_workflow<I, O, F, Fut>(mut self, function: F) -> Self
    where
        I: DeserializeOwned,
        O: Serialize,
        F: Fn(Context, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, Failure>> + 'static,
    {
        self.any_workflow = Some(erase(function));
        self
    }

    /// Registers what stands behind an activity.
    pub fn activity<A, F, Fut>(mut self, _marker: A, function: F) -> Self
    where
        A: Activity,
        F: Fn(ActivityContext, A::Input) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<A::Output, ActivityError>> + Send + 'static,
    {
        let function = Arc::new(function);
        let erased: ActivityFn = Arc::new(move |context, input| {
            let function = Arc::clone(&function);
            Box::pin(async move {
                let input = input.decode().map_err(|e| unreadable("input", &e))?;
                let output = function(context, input).await?;
                Ok(Payload::encode(&output).map_err(|e| unreadable("output", &e))?)
            })
        });
        self.activities.insert(A::NAME.into(), erased);
        self
    }

    pub(super) fn find_workflow(&self, name: &str) -> Option<&WorkflowFn> {
        self.workflows.get(name).or(self.any_workflow.as_ref())
    }

    pub(super) fn find_activity(&self, name: &str) -> Option<&ActivityFn> {
        self.activities.get(name)
    }
}

fn erase<I, O, F, Fut>(function: F) -> WorkflowFn
where
    I: DeserializeOwned,
    O: Serialize,
    F: Fn(Context, I) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Failure>> + 'static,
{
    let function = Arc::new(function);
    Arc::new(move |context, input| {
        let function = Arc::clone(&function);
        Box::pin(async move {
            let input = input.decode().map_err(|e| unreadable("input", &e))?;
            let output = function(context, input).await?;
            Payload::encode(&output).map_err(|e| unreadable("output", &e))
        })
    })
}

/// A payload that does not have the shape that the function's types ask for.
pub(super) fn unreadable(what: &str, error: &serde_json::Error) -> Failure {
    Failure::new(
        "Payload",
        format!("the {what} does not fit its type: {error}"),
    )
    .non_retryable()
}
