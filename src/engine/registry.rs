//! The registry of workflow and activity functions.

use std::{collections::HashMap, future::Future, sync::Arc};

use futures_util::future::LocalBoxFuture;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Activity, ActivityContext, ActivityError, ActivityOptions, CodeLocation, Context, Failure,
    NamedActivity, Payload, RemoteWorkers, Workflow,
    activity::{self, Registered},
};

/// A type-erased workflow function.
pub(super) type WorkflowFn = Arc<
    dyn Fn(Context, Payload) -> LocalBoxFuture<'static, Result<Payload, Failure>> + Send + Sync,
>;

/// The code of a workflow.
pub(super) enum WorkflowCode {
    /// A function of this process.
    Local(WorkflowFn),
    /// A worker in another process.
    Remote,
    /// No function is registered.
    Missing,
}

/// The functions of workflows and activities, by name.
#[derive(Clone, Default)]
pub struct Registry {
    workflows: HashMap<String, Vec<Version>>,
    any_workflow: Option<WorkflowFn>,
    activities: HashMap<String, Arc<Registered>>,
    remote: Option<Arc<dyn RemoteWorkers>>,
}

#[derive(Clone)]
struct Version {
    name: Option<String>,
    function: WorkflowFn,
}

impl Registry {
    /// Creates an empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a workflow: an `async fn` whose interaction with the outside goes through its
    /// [`Context`].
    pub fn workflow<W, F, Fut>(self, workflow: W, function: F) -> Self
    where
        W: Workflow,
        F: Fn(Context, W::Input) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<W::Output, Failure>> + 'static,
    {
        self.register(workflow.name(), None, erase(function))
    }

    /// Registers a named version of a workflow. New instances use the version that was registered
    /// last; open ones keep the version they started with, and are
    /// [`Stalled`](super::Status::Stalled) while it is not registered.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn old(_: Context, n: u32) -> Result<u32, Failure> { Ok(n) }
    /// # async fn new(_: Context, n: u32) -> Result<u32, Failure> { Ok(n + 1) }
    /// let order = || Named::<u32, u32>::new("order");
    /// let registry = Registry::new()
    ///     .workflow_version(order(), "2025", old)
    ///     .workflow_version(order(), "2026", new);
    /// ```
    pub fn workflow_version<W, F, Fut>(self, workflow: W, version: &str, function: F) -> Self
    where
        W: Workflow,
        F: Fn(Context, W::Input) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<W::Output, Failure>> + 'static,
    {
        self.register(workflow.name(), Some(version), erase(function))
    }

    /// Registers a function for every workflow name that has no function of its own.
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

    /// Registers an activity.
    pub fn activity<A, F, Fut>(self, marker: A, function: F) -> Self
    where
        A: Activity,
        F: Fn(ActivityContext, A::Input) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<A::Output, ActivityError>> + Send + 'static,
    {
        self.activity_with(marker, ActivityOptions::default(), function)
    }

    /// Registers an activity with options.
    pub fn activity_with<A, F, Fut>(
        mut self,
        marker: A,
        options: ActivityOptions,
        function: F,
    ) -> Self
    where
        A: Activity,
        F: Fn(ActivityContext, A::Input) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<A::Output, ActivityError>> + Send + 'static,
    {
        let function = activity::erase(function);
        let registered = Registered { function, options };
        self.activities
            .insert(marker.name().to_owned(), Arc::new(registered));
        self
    }

    /// Registers an activity whose types follow from its function, called by
    /// [`NamedActivity`](super::NamedActivity).
    ///
    /// ```
    /// # use fermata::engine::Registry;
    /// let registry = Registry::new()
    ///     .activity_fn("charge", |_ctx, cents: u32| async move { Ok(format!("{cents} cents")) });
    /// ```
    pub fn activity_fn<I, O, F, Fut>(self, name: &str, function: F) -> Self
    where
        I: Serialize + DeserializeOwned + Send + 'static,
        O: Serialize + DeserializeOwned + Send + 'static,
        F: Fn(ActivityContext, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ActivityError>> + Send + 'static,
    {
        self.activity(NamedActivity::<I, O>::new(name), function)
    }

    /// Sets who runs the [remote](super::CodeLocation::Remote) workflows and their activities. Without it, they wait.
    pub fn remote(mut self, workers: Arc<dyn RemoteWorkers>) -> Self {
        self.remote = Some(workers);
        self
    }

    pub(super) fn remote_workers(&self) -> Option<&Arc<dyn RemoteWorkers>> {
        self.remote.as_ref()
    }

    /// Makes an attempt of an activity for another engine. Its retry policy and its timeouts are that engine's
    /// affair.
    ///
    /// # Errors
    ///
    /// What the activity fails with, or that there is none of this name.
    pub async fn attempt(
        &self,
        name: &str,
        context: ActivityContext,
        input: Payload,
    ) -> Result<Payload, ActivityError> {
        let Some(registered) = self.find_activity(name) else {
            let message = format!("there is no activity {name:?}");
            return Err(Failure::new("UnknownActivity", message)
                .non_retryable()
                .into());
        };
        let function = Arc::clone(&registered.function);
        activity::attempt(function, name, context, input).await
    }

    fn register(mut self, name: &str, version: Option<&str>, function: WorkflowFn) -> Self {
        let version = version.map(str::to_owned);
        let versions = self.workflows.entry(name.to_owned()).or_default();
        versions.retain(|known| known.name != version);
        versions.push(Version {
            name: version,
            function,
        });
        self
    }

    /// The version for new instances.
    pub(super) fn newest_workflow(&self, name: &str) -> Option<(Option<String>, &WorkflowFn)> {
        let newest = self.workflows.get(name).and_then(|v| v.last());
        let newest = newest.map(|version| (version.name.clone(), &version.function));
        newest.or(self.any_workflow.as_ref().map(|function| (None, function)))
    }

    pub(super) fn find_workflow(&self, name: &str, version: Option<&str>) -> Option<&WorkflowFn> {
        let Some(versions) = self.workflows.get(name) else {
            return self.any_workflow.as_ref().filter(|_| version.is_none());
        };
        let mut versions = versions.iter();
        let found = versions.find(|known| known.name.as_deref() == version);
        found.map(|version| &version.function)
    }

    /// The code of a run.
    pub(super) fn code(
        &self,
        name: &str,
        version: Option<&str>,
        location: CodeLocation,
    ) -> WorkflowCode {
        match location {
            CodeLocation::Remote => WorkflowCode::Remote,
            CodeLocation::Local => self
                .find_workflow(name, version)
                .cloned()
                .map_or(WorkflowCode::Missing, WorkflowCode::Local),
        }
    }

    pub(super) fn find_activity(&self, name: &str) -> Option<&Arc<Registered>> {
        self.activities.get(name)
    }

    /// The activities with a concurrency limit.
    pub(super) fn limited_activities(&self) -> impl Iterator<Item = (&str, u32)> {
        let activities = self.activities.iter();
        activities.filter_map(|(name, known)| Some((name.as_str(), known.options.max_concurrent?)))
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
            let input = input.decode();
            let input = input.map_err(|e| Failure::unreadable("input", &e))?;
            let output = function(context, input).await?;
            Payload::encode(&output).map_err(|e| Failure::unwritable("output", &e))
        })
    })
}
