//! The methods of Temporal's workflow service that are used.

use serde_json::Value;

use super::{
    super::StartInstance,
    client::{CallError, Client, Wait},
    wire::{
        answers::{
            Counted, HistoryPage, Nothing, QueryAnswer, StartedRun, SystemInfo,
            WorkflowDescription, Workflows,
        },
        requests::{
            CountWorkflows, DescribeNamespace, DescribeWorkflow, GetHistory, GetSystemInfo,
            ListWorkflows, PauseWorkflow, QueryWorkflow, RequestCancel, ResetWorkflow,
            SignalWorkflow, Span, StartWorkflow, TerminateWorkflow,
        },
        shared::{Execution, Named, Payload, Payloads},
    },
};

/// Who asks, as histories name it.
const IDENTITY: &str = "fermata";

/// The most runs that a server sends at once.
pub(super) const MAX_PAGE: usize = 1_000;

impl Execution {
    /// The latest run of a workflow.
    pub fn latest(workflow: &str) -> Self {
        Self::run(workflow, "")
    }

    /// A run of a workflow.
    pub fn run(workflow: &str, run: &str) -> Self {
        Self {
            workflow_id: workflow.to_owned(),
            run_id: run.to_owned(),
        }
    }
}

/// Where a page of a history starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HistoryMark {
    /// What the server gave; empty: at the first event.
    pub token: Vec<u8>,
}

impl Client {
    /// The version of the server.
    pub async fn version(&self) -> Result<String, CallError> {
        let answer: SystemInfo = self
            .call("GetSystemInfo", GetSystemInfo {}, Wait::Answer)
            .await?;
        Ok(answer.server_version)
    }

    /// Whether the namespace is there.
    pub async fn describe_namespace(&self) -> Result<Nothing, CallError> {
        let namespace = self.namespace();
        let question = DescribeNamespace { namespace };
        self.call("DescribeNamespace", question, Wait::Answer).await
    }

    /// A page of the runs that match a query.
    pub async fn list(
        &self,
        query: &str,
        token: Vec<u8>,
        most: usize,
    ) -> Result<Workflows, CallError> {
        let question = ListWorkflows {
            namespace: self.namespace(),
            page_size: i32::try_from(most.clamp(1, MAX_PAGE)).unwrap_or(1),
            next_page_token: token,
            query: query.to_owned(),
        };
        self.call("ListWorkflowExecutions", question, Wait::Answer)
            .await
    }

    /// How many runs match a query.
    pub async fn count(&self, query: &str) -> Result<Counted, CallError> {
        let question = CountWorkflows {
            namespace: self.namespace(),
            query: query.to_owned(),
        };
        self.call("CountWorkflowExecutions", question, Wait::Answer)
            .await
    }

    /// A page of the history of a run.
    pub async fn history_page(
        &self,
        execution: Execution,
        from: HistoryMark,
        wait: Wait,
    ) -> Result<HistoryPage, CallError> {
        let question = GetHistory {
            namespace: self.namespace(),
            execution: Some(execution),
            page_size: 0,
            next_page_token: from.token,
            wait_new_event: wait == Wait::NextEvent,
            skip_archival: false,
        };
        self.call("GetWorkflowExecutionHistory", question, wait)
            .await
    }

    /// The state of a run.
    pub async fn describe(&self, execution: Execution) -> Result<WorkflowDescription, CallError> {
        let question = DescribeWorkflow {
            namespace: self.namespace(),
            execution: Some(execution),
        };
        self.call("DescribeWorkflowExecution", question, Wait::Answer)
            .await
    }

    /// Sends a signal. With `null` it has no input.
    pub async fn signal(
        &self,
        execution: Execution,
        name: &str,
        data: &Value,
    ) -> Result<Nothing, CallError> {
        let payloads = || Payloads {
            payloads: vec![Payload::json(data)],
        };
        let question = SignalWorkflow {
            namespace: self.namespace(),
            execution: Some(execution),
            signal_name: name.to_owned(),
            input: (!data.is_null()).then(payloads),
            identity: IDENTITY.to_owned(),
            request_id: request_id(),
        };
        self.call("SignalWorkflowExecution", question, Wait::Answer)
            .await
    }

    /// Asks a workflow to end.
    pub async fn request_cancel(
        &self,
        execution: Execution,
        reason: &str,
    ) -> Result<Nothing, CallError> {
        let question = RequestCancel {
            namespace: self.namespace(),
            execution: Some(execution),
            identity: IDENTITY.to_owned(),
            request_id: request_id(),
            reason: reason.to_owned(),
        };
        self.call("RequestCancelWorkflowExecution", question, Wait::Answer)
            .await
    }

    /// Ends a workflow at once.
    pub async fn terminate(
        &self,
        execution: Execution,
        reason: &str,
    ) -> Result<Nothing, CallError> {
        let question = TerminateWorkflow {
            namespace: self.namespace(),
            execution: Some(execution),
            reason: reason.to_owned(),
            identity: IDENTITY.to_owned(),
        };
        self.call("TerminateWorkflowExecution", question, Wait::Answer)
            .await
    }

    /// Starts a new run that shares the history before the end of a workflow task.
    pub async fn reset(
        &self,
        execution: Execution,
        workflow_task_end: u64,
        reason: &str,
    ) -> Result<StartedRun, CallError> {
        let question = ResetWorkflow {
            namespace: self.namespace(),
            execution: Some(execution),
            reason: reason.to_owned(),
            workflow_task_finish_event_id: i64::try_from(workflow_task_end).unwrap_or(i64::MAX),
            request_id: request_id(),
            identity: IDENTITY.to_owned(),
        };
        self.call("ResetWorkflowExecution", question, Wait::Answer)
            .await
    }

    /// Pauses a workflow.
    pub async fn pause(&self, execution: Execution, reason: &str) -> Result<Nothing, CallError> {
        let question = self.pause_question(execution, reason);
        self.call("PauseWorkflowExecution", question, Wait::Answer)
            .await
    }

    /// Ends the pause of a workflow.
    pub async fn unpause(&self, execution: Execution, reason: &str) -> Result<Nothing, CallError> {
        let question = self.pause_question(execution, reason);
        self.call("UnpauseWorkflowExecution", question, Wait::Answer)
            .await
    }

    fn pause_question(&self, execution: Execution, reason: &str) -> PauseWorkflow {
        PauseWorkflow {
            namespace: self.namespace(),
            workflow_id: execution.workflow_id,
            run_id: execution.run_id,
            identity: IDENTITY.to_owned(),
            reason: reason.to_owned(),
            request_id: request_id(),
        }
    }

    /// Starts a workflow. With `null` it has no input.
    pub async fn start(&self, start: &StartInstance) -> Result<StartedRun, CallError> {
        let named = |name: &str| Named {
            name: name.to_owned(),
        };
        let payloads = || Payloads {
            payloads: vec![Payload::json(&start.input)],
        };
        let question = StartWorkflow {
            namespace: self.namespace(),
            workflow_id: start.id.clone(),
            workflow_type: Some(named(&start.workflow)),
            task_queue: Some(named(&start.queue)),
            input: (!start.input.is_null()).then(payloads),
            task_timeout: start.task_timeout.map(Span::of),
            identity: IDENTITY.to_owned(),
            request_id: request_id(),
        };
        self.call("StartWorkflowExecution", question, Wait::Answer)
            .await
    }

    /// Asks the code of a workflow, if a worker runs it.
    pub async fn query(&self, execution: Execution, name: &str) -> Result<QueryAnswer, CallError> {
        let name = name.to_owned();
        let question = QueryWorkflow {
            namespace: self.namespace(),
            execution: Some(execution),
            query: Some(Named { name }),
        };
        self.call("QueryWorkflow", question, Wait::Answer).await
    }
}

/// What tells two requests apart.
fn request_id() -> String {
    use std::hash::{BuildHasher, RandomState};
    // Random enough: the keys of each state differ.
    let half = || RandomState::new().hash_one(std::process::id());
    let number = u128::from(half()) << 64 | u128::from(half());
    uuid::Builder::from_random_bytes(number.to_be_bytes())
        .into_uuid()
        .to_string()
}
