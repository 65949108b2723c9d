//! Events of workflow tasks, activities, timers, markers and Nexus operations.

use super::{
    super::schema::{Kind::*, messages},
    common::*,
    enums::*,
};

messages! {
    WORKFLOW_TASK_SCHEDULED {
        1 taskQueue: Message(&TASK_QUEUE), 2 startToCloseTimeout: Duration, 3 attempt: Int32,
    }
    WORKFLOW_TASK_STARTED {
        1 scheduledEventId: Int64, 2 identity: Text, 3 requestId: Text,
        4 suggestContinueAsNew: Bool, 5 historySizeBytes: Int64,
        6 workerVersion: Message(&WORKER_VERSION_STAMP), 7 buildIdRedirectCounter: Int64,
        8 suggestContinueAsNewReasons: List(&Enum(&SUGGEST_CONTINUE_AS_NEW_REASON)),
        9 targetWorkerDeploymentVersionChanged: Bool,
    }
    WORKFLOW_TASK_COMPLETED {
        1 scheduledEventId: Int64, 2 startedEventId: Int64, 3 identity: Text,
        4 binaryChecksum: Text, 5 workerVersion: Message(&WORKER_VERSION_STAMP),
        6 sdkMetadata: Message(&WORKFLOW_TASK_COMPLETED_METADATA),
        7 deployment: Message(&DEPLOYMENT), 8 versioningBehavior: Enum(&VERSIONING_BEHAVIOR),
        9 workerDeploymentVersion: Text, 10 workerDeploymentName: Text,
        11 deploymentVersion: Message(&WORKER_DEPLOYMENT_VERSION),
        13 meteringMetadata: Message(&METERING_METADATA),
    }
    WORKFLOW_TASK_TIMED_OUT {
        1 scheduledEventId: Int64, 2 startedEventId: Int64, 3 timeoutType: Enum(&TIMEOUT_TYPE),
    }
    WORKFLOW_TASK_FAILED {
        1 scheduledEventId: Int64, 2 startedEventId: Int64,
        3 cause: Enum(&WORKFLOW_TASK_FAILED_CAUSE), 4 failure: Message(&FAILURE), 5 identity: Text,
        6 baseRunId: Text, 7 newRunId: Text, 8 forkEventVersion: Int64, 9 binaryChecksum: Text,
        10 workerVersion: Message(&WORKER_VERSION_STAMP),
    }
    ACTIVITY_TASK_SCHEDULED {
        1 activityId: Text, 2 activityType: Message(&ACTIVITY_TYPE),
        4 taskQueue: Message(&TASK_QUEUE), 5 header: Message(&HEADER), 6 input: Message(&PAYLOADS),
        7 scheduleToCloseTimeout: Duration, 8 scheduleToStartTimeout: Duration,
        9 startToCloseTimeout: Duration, 10 heartbeatTimeout: Duration,
        11 workflowTaskCompletedEventId: Int64, 12 retryPolicy: Message(&RETRY_POLICY),
        13 useWorkflowBuildId: Bool, 14 priority: Message(&PRIORITY),
    }
    ACTIVITY_TASK_STARTED {
        1 scheduledEventId: Int64, 2 identity: Text, 3 requestId: Text, 4 attempt: Int32,
        5 lastFailure: Message(&FAILURE), 6 workerVersion: Message(&WORKER_VERSION_STAMP),
        7 buildIdRedirectCounter: Int64,
    }
    ACTIVITY_TASK_COMPLETED {
        1 result: Message(&PAYLOADS), 2 scheduledEventId: Int64, 3 startedEventId: Int64,
        4 identity: Text, 5 workerVersion: Message(&WORKER_VERSION_STAMP),
    }
    ACTIVITY_TASK_FAILED {
        1 failure: Message(&FAILURE), 2 scheduledEventId: Int64, 3 startedEventId: Int64,
        4 identity: Text, 5 retryState: Enum(&RETRY_STATE),
        6 workerVersion: Message(&WORKER_VERSION_STAMP),
    }
    ACTIVITY_TASK_TIMED_OUT {
        1 failure: Message(&FAILURE), 2 scheduledEventId: Int64, 3 startedEventId: Int64,
        4 retryState: Enum(&RETRY_STATE),
    }
    TIMER_STARTED {
        1 timerId: Text, 2 startToFireTimeout: Duration, 3 workflowTaskCompletedEventId: Int64,
    }
    TIMER_FIRED { 1 timerId: Text, 2 startedEventId: Int64, }
    ACTIVITY_TASK_CANCEL_REQUESTED {
        1 scheduledEventId: Int64, 2 workflowTaskCompletedEventId: Int64,
    }
    ACTIVITY_TASK_CANCELED {
        1 details: Message(&PAYLOADS), 2 latestCancelRequestedEventId: Int64,
        3 scheduledEventId: Int64, 4 startedEventId: Int64, 5 identity: Text,
        6 workerVersion: Message(&WORKER_VERSION_STAMP),
    }
    TIMER_CANCELED {
        1 timerId: Text, 2 startedEventId: Int64, 3 workflowTaskCompletedEventId: Int64,
        4 identity: Text,
    }
    MARKER_RECORDED {
        1 markerName: Text, 2 details: Map(&Message(&PAYLOADS)),
        3 workflowTaskCompletedEventId: Int64, 4 header: Message(&HEADER),
        5 failure: Message(&FAILURE),
    }
    ACTIVITY_PROPERTIES_MODIFIED_EXTERNALLY {
        1 scheduledEventId: Int64, 2 newRetryPolicy: Message(&RETRY_POLICY),
    }
    NEXUS_OPERATION_SCHEDULED {
        1 endpoint: Text, 2 service: Text, 3 operation: Text, 4 input: Message(&PAYLOAD),
        5 scheduleToCloseTimeout: Duration, 6 nexusHeader: Map(&Text),
        7 workflowTaskCompletedEventId: Int64, 8 requestId: Text, 9 endpointId: Text,
        10 scheduleToStartTimeout: Duration, 11 startToCloseTimeout: Duration,
    }
    NEXUS_OPERATION_STARTED {
        1 scheduledEventId: Int64, 3 operationId: Text, 4 requestId: Text, 5 operationToken: Text,
    }
    NEXUS_OPERATION_COMPLETED {
        1 scheduledEventId: Int64, 2 result: Message(&PAYLOAD), 3 requestId: Text,
    }
    NEXUS_OPERATION_FAILED {
        1 scheduledEventId: Int64, 2 failure: Message(&FAILURE), 3 requestId: Text,
    }
    NEXUS_OPERATION_CANCELED {
        1 scheduledEventId: Int64, 2 failure: Message(&FAILURE), 3 requestId: Text,
    }
    NEXUS_OPERATION_TIMED_OUT {
        1 scheduledEventId: Int64, 2 failure: Message(&FAILURE), 3 requestId: Text,
    }
    NEXUS_OPERATION_CANCEL_REQUESTED {
        1 scheduledEventId: Int64, 2 workflowTaskCompletedEventId: Int64,
    }
    NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED {
        1 requestedEventId: Int64, 2 workflowTaskCompletedEventId: Int64, 3 scheduledEventId: Int64,
    }
    NEXUS_OPERATION_CANCEL_REQUEST_FAILED {
        1 requestedEventId: Int64, 2 workflowTaskCompletedEventId: Int64,
        3 failure: Message(&FAILURE), 4 scheduledEventId: Int64,
    }
}
