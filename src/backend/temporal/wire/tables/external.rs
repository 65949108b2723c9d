//! Events of children, other workflows, signals to them, and updates.

use super::{
    super::schema::{Kind::*, messages},
    common::*,
    enums::*,
};

messages! {
    REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED {
        1 workflowTaskCompletedEventId: Int64, 2 namespace: Text,
        3 workflowExecution: Message(&WORKFLOW_EXECUTION), 4 control: Text,
        5 childWorkflowOnly: Bool, 6 reason: Text, 7 namespaceId: Text,
    }
    REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED {
        1 cause: Enum(&CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE),
        2 workflowTaskCompletedEventId: Int64, 3 namespace: Text,
        4 workflowExecution: Message(&WORKFLOW_EXECUTION), 5 initiatedEventId: Int64,
        6 control: Text, 7 namespaceId: Text,
    }
    EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED {
        1 initiatedEventId: Int64, 2 namespace: Text,
        3 workflowExecution: Message(&WORKFLOW_EXECUTION), 4 namespaceId: Text,
    }
    START_CHILD_WORKFLOW_EXECUTION_INITIATED {
        1 namespace: Text, 2 workflowId: Text, 3 workflowType: Message(&WORKFLOW_TYPE),
        4 taskQueue: Message(&TASK_QUEUE), 5 input: Message(&PAYLOADS),
        6 workflowExecutionTimeout: Duration, 7 workflowRunTimeout: Duration,
        8 workflowTaskTimeout: Duration, 9 parentClosePolicy: Enum(&PARENT_CLOSE_POLICY),
        10 control: Text, 11 workflowTaskCompletedEventId: Int64,
        12 workflowIdReusePolicy: Enum(&WORKFLOW_ID_REUSE_POLICY),
        13 retryPolicy: Message(&RETRY_POLICY), 14 cronSchedule: Text, 15 header: Message(&HEADER),
        16 memo: Message(&MEMO), 17 searchAttributes: Message(&SEARCH_ATTRIBUTES),
        18 namespaceId: Text, 19 inheritBuildId: Bool, 20 priority: Message(&PRIORITY),
        21 timeSkippingConfig: Message(&TIME_SKIPPING_CONFIG),
        23 timeSkippingStatePropagation: Message(&TIME_SKIPPING_STATE_PROPAGATION),
        24 versioningOverride: Message(&VERSIONING_OVERRIDE),
    }
    START_CHILD_WORKFLOW_EXECUTION_FAILED {
        1 namespace: Text, 2 workflowId: Text, 3 workflowType: Message(&WORKFLOW_TYPE),
        4 cause: Enum(&START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE), 5 control: Text,
        6 initiatedEventId: Int64, 7 workflowTaskCompletedEventId: Int64, 8 namespaceId: Text,
    }
    CHILD_WORKFLOW_EXECUTION_STARTED {
        1 namespace: Text, 2 initiatedEventId: Int64,
        3 workflowExecution: Message(&WORKFLOW_EXECUTION), 4 workflowType: Message(&WORKFLOW_TYPE),
        5 header: Message(&HEADER), 6 namespaceId: Text,
    }
    CHILD_WORKFLOW_EXECUTION_COMPLETED {
        1 result: Message(&PAYLOADS), 2 namespace: Text,
        3 workflowExecution: Message(&WORKFLOW_EXECUTION), 4 workflowType: Message(&WORKFLOW_TYPE),
        5 initiatedEventId: Int64, 6 startedEventId: Int64, 7 namespaceId: Text,
    }
    CHILD_WORKFLOW_EXECUTION_FAILED {
        1 failure: Message(&FAILURE), 2 namespace: Text,
        3 workflowExecution: Message(&WORKFLOW_EXECUTION), 4 workflowType: Message(&WORKFLOW_TYPE),
        5 initiatedEventId: Int64, 6 startedEventId: Int64, 7 retryState: Enum(&RETRY_STATE),
        8 namespaceId: Text,
    }
    CHILD_WORKFLOW_EXECUTION_CANCELED {
        1 details: Message(&PAYLOADS), 2 namespace: Text,
        3 workflowExecution: Message(&WORKFLOW_EXECUTION), 4 workflowType: Message(&WORKFLOW_TYPE),
        5 initiatedEventId: Int64, 6 startedEventId: Int64, 7 namespaceId: Text,
    }
    CHILD_WORKFLOW_EXECUTION_TIMED_OUT {
        1 namespace: Text, 2 workflowExecution: Message(&WORKFLOW_EXECUTION),
        3 workflowType: Message(&WORKFLOW_TYPE), 4 initiatedEventId: Int64, 5 startedEventId: Int64,
        6 retryState: Enum(&RETRY_STATE), 7 namespaceId: Text,
    }
    CHILD_WORKFLOW_EXECUTION_TERMINATED {
        1 namespace: Text, 2 workflowExecution: Message(&WORKFLOW_EXECUTION),
        3 workflowType: Message(&WORKFLOW_TYPE), 4 initiatedEventId: Int64, 5 startedEventId: Int64,
        6 namespaceId: Text,
    }
    SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED {
        1 workflowTaskCompletedEventId: Int64, 2 namespace: Text,
        3 workflowExecution: Message(&WORKFLOW_EXECUTION), 4 signalName: Text,
        5 input: Message(&PAYLOADS), 6 control: Text, 7 childWorkflowOnly: Bool,
        8 header: Message(&HEADER), 9 namespaceId: Text,
    }
    SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED {
        1 cause: Enum(&SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE),
        2 workflowTaskCompletedEventId: Int64, 3 namespace: Text,
        4 workflowExecution: Message(&WORKFLOW_EXECUTION), 5 initiatedEventId: Int64,
        6 control: Text, 7 namespaceId: Text,
    }
    EXTERNAL_WORKFLOW_EXECUTION_SIGNALED {
        1 initiatedEventId: Int64, 2 namespace: Text,
        3 workflowExecution: Message(&WORKFLOW_EXECUTION), 4 control: Text, 5 namespaceId: Text,
    }
    WORKFLOW_EXECUTION_UPDATE_ACCEPTED {
        1 protocolInstanceId: Text, 2 acceptedRequestMessageId: Text,
        3 acceptedRequestSequencingEventId: Int64, 4 acceptedRequest: Message(&REQUEST),
    }
    WORKFLOW_EXECUTION_UPDATE_REJECTED {
        1 protocolInstanceId: Text, 2 rejectedRequestMessageId: Text,
        3 rejectedRequestSequencingEventId: Int64, 4 rejectedRequest: Message(&REQUEST),
        5 failure: Message(&FAILURE),
    }
    WORKFLOW_EXECUTION_UPDATE_COMPLETED {
        1 meta: Message(&META), 2 outcome: Message(&OUTCOME), 3 acceptedEventId: Int64,
    }
    WORKFLOW_EXECUTION_UPDATE_ADMITTED {
        1 request: Message(&REQUEST), 2 origin: Enum(&UPDATE_ADMITTED_EVENT_ORIGIN),
    }
}
