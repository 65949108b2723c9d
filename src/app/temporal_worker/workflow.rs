//! The workflow: it performs the score that it is started with.

use std::{any::Any, cell::RefCell, rc::Rc};

use futures_util::future::{FutureExt, LocalBoxFuture, ready};
use serde_json::Value;
use temporalio_common::{
    HasWorkflowDefinition, SignalDefinition, WorkflowDefinition,
    data_converters::{PayloadConverter, RawValue},
    protos::temporal::api::common::v1::Payloads,
};
use temporalio_sdk::{
    ContinueAsNewOptions, WorkflowContext as ServerContext, WorkflowContextView,
    WorkflowTermination,
    workflows::{WorkflowDefinitionDescriptor, WorkflowError, WorkflowImplementation},
};
use temporalio_workflow::workflow_interceptors::WorkflowOutputValue;

use super::{
    TASK_TIMEOUT, context::ClusterContext, failure::server_failure, mailbox::Mailbox,
    run_input::RunInput,
};
use crate::{
    app::WORKFLOW,
    engine::{Failure, InstanceId},
    score::perform,
};

/// A run of a score.
pub(super) struct ScoreWorkflow {
    /// Its signals.
    pub mailbox: Rc<RefCell<Mailbox>>,
}

/// The name of the workflow, with the types of its input and output.
pub(super) struct ScoreRun;

impl WorkflowDefinition for ScoreRun {
    type Input = RawValue;
    type Output = Value;

    fn name(&self) -> &str {
        WORKFLOW
    }
}

impl HasWorkflowDefinition for ScoreRun {
    type Run = Self;
}

/// A signal by its name: an event of a score.
pub(super) struct EventSignal(pub String);

impl SignalDefinition for EventSignal {
    type Workflow = ScoreRun;
    type Input = Value;

    fn name(&self) -> &str {
        &self.0
    }
}

impl WorkflowImplementation for ScoreWorkflow {
    type Run = ScoreRun;

    const HAS_INIT: bool = false;
    const INIT_TAKES_INPUT: bool = false;

    fn name() -> &'static str {
        WORKFLOW
    }

    fn definition() -> WorkflowDefinitionDescriptor {
        WorkflowDefinitionDescriptor {
            workflow_type: WORKFLOW.to_owned(),
            has_init: false,
            init_takes_input: false,
            signals: Vec::new(),
            queries: Vec::new(),
            updates: Vec::new(),
        }
    }

    fn init(_: WorkflowContextView, _: Option<RawValue>) -> Self {
        Self {
            mailbox: Rc::default(),
        }
    }

    fn run(
        context: ServerContext<Self>,
        input: Option<RawValue>,
    ) -> LocalBoxFuture<'static, Result<Box<dyn WorkflowOutputValue>, WorkflowTermination>> {
        run(context, input).boxed_local()
    }

    /// Every signal is an event, whatever its name.
    fn decode_signal_input(
        _: &str,
        payloads: Payloads,
        _: &PayloadConverter,
    ) -> Result<Option<Box<dyn Any>>, WorkflowError> {
        let data = payloads
            .payloads
            .first()
            .map(|payload| payload.data.as_slice());
        // A signal with other data than JSON is an event without data.
        let data = data.and_then(|data| serde_json::from_slice::<Value>(data).ok());
        Ok(Some(Box::new(data.unwrap_or_default())))
    }

    fn dispatch_signal(
        context: ServerContext<Self>,
        name: &str,
        input: Box<dyn Any>,
    ) -> LocalBoxFuture<'static, Result<(), WorkflowError>> {
        let data = input
            .downcast::<Value>()
            .map(|data| *data)
            .unwrap_or_default();
        context.state_mut(|workflow| {
            let mut mailbox = workflow.mailbox.borrow_mut();
            mailbox.receive_signal(name, data);
        });
        ready(Ok(())).boxed_local()
    }

    fn dispatch_query(
        &self,
        _: WorkflowContextView,
        name: &str,
        _: Box<dyn Any>,
    ) -> Result<Box<dyn WorkflowOutputValue>, WorkflowError> {
        Err(unknown("query", name))
    }

    fn dispatch_update(
        _: ServerContext<Self>,
        name: &str,
        _: Box<dyn Any>,
    ) -> LocalBoxFuture<'static, Result<Box<dyn WorkflowOutputValue>, WorkflowError>> {
        ready(Err(unknown("update", name))).boxed_local()
    }

    fn validate_update(
        &self,
        _: WorkflowContextView,
        name: &str,
        _: Box<dyn Any>,
    ) -> Result<(), WorkflowError> {
        Err(unknown("update", name))
    }
}

async fn run(
    server: ServerContext<ScoreWorkflow>,
    input: Option<RawValue>,
) -> Result<Box<dyn WorkflowOutputValue>, WorkflowTermination> {
    let instance = InstanceId::new(server.workflow_id());
    let instance =
        instance.map_err(|error| server_failure(Failure::new("Score", error.to_string())))?;
    let RunInput {
        start,
        player,
        unread,
    } = RunInput::read(input).map_err(server_failure)?;
    // Before the signals of this run: none is read before this line.
    server.state_mut(|workflow| {
        let mut mailbox = workflow.mailbox.borrow_mut();
        mailbox.begin_with(unread);
    });
    let context = ClusterContext::new(server.clone(), instance, player);
    let done = perform(context.clone(), start).await;
    if let Some(next) = context.take_next() {
        let mut options = ContinueAsNewOptions::default();
        options.task_timeout = Some(TASK_TIMEOUT);
        let next = next.write().map_err(server_failure)?;
        match server.continue_as_new(next, options)? {}
    }
    match done {
        Ok(output) => Ok(Box::new(output)),
        Err(failure) if failure.is_canceled() => Err(WorkflowTermination::cancelled()),
        Err(failure) => Err(server_failure(failure).into()),
    }
}

fn unknown(what: &str, name: &str) -> WorkflowError {
    WorkflowError::Execution(format!("a score has no {what} {name:?}").into())
}
