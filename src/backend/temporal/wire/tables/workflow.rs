//! Events of the workflow itself.

use super::{
    super::schema::{Kind::*, messages},
    common::*,
    enums::*,
};

messages! {
    WORKFLOW_EXECUTION_STARTED {
        1 workflowType: Message(&WORKFLOW_TYPE), 2 parentWorkflowNamespace: Text,
        3 parentWorkflowExecution: Message(&WORKFLOW_EXECUTION), 4 parentInitiatedEventId: Int64,
        5 taskQueue: Message(&TASK_QUEUE), 6 input: Message(&PAYLOADS),
        7 workflowExecutionTimeout: Duration, 8 workflowRunTimeout: Duration,
        9 workflowTaskTimeout: Duration, 10 continuedExecutionRunId: Text,
        11 initiator: Enum(&CONTINUE_AS_NEW_INITIATOR), 12 continuedFailure: Message(&FAILURE),
        13 lastCompletionResult: Message(&PAYLOADS), 14 originalExecutionRunId: Text,
        15 identity: Text, 16 firstExecutionRunId: Text, 17 retryPolicy: Message(&RETRY_POLICY),
        18 attempt: Int32, 19 workflowExecutionExpirationTime: Timestamp, 20 cronSchedule: Text,
        21 firstWorkflowTaskBackoff: Duration, 22 memo: Message(&MEMO),
        23 searchAttributes: Message(&SEARCH_ATTRIBUTES),
        24 prevAutoResetPoints: Message(&RESET_POINTS), 25 header: Message(&HEADER),
        26 parentInitiatedEventVersion: Int64, 27 parentWorkflowNamespaceId: Text,
        28 workflowId: Text, 29 sourceVersionStamp: Message(&WORKER_VERSION_STAMP),
        30 completionCallbacks: List(&Message(&CALLBACK)),
        31 rootWorkflowExecution: Message(&WORKFLOW_EXECUTION), 32 inheritedBuildId: Text,
        33 versioningOverride: Message(&VERSIONING_OVERRIDE),
        34 parentPinnedWorkerDeploymentVersion: Text, 35 priority: Message(&PRIORITY),
        37 inheritedPinnedVersion: Message(&WORKER_DEPLOYMENT_VERSION),
        38 eagerExecutionAccepted: Bool,
        39 inheritedAutoUpgradeInfo: Message(&INHERITED_AUTO_UPGRADE_INFO),
        40 declinedTargetVersionUpgrade: Message(&DECLINED_TARGET_VERSION_UPGRADE),
        41 timeSkippingConfig: Message(&TIME_SKIPPING_CONFIG),
        43 timeSkippingStatePropagation: Message(&TIME_SKIPPING_STATE_PROPAGATION),
    }
    WORKFLOW_EXECUTION_COMPLETED {
        1 result: Message(&PAYLOADS), 2 workflowTaskCompletedEventId: Int64,
        3 newExecutionRunId: Text,
    }
    WORKFLOW_EXECUTION_FAILED {
        1 failure: Message(&FAILURE), 2 retryState: Enum(&RETRY_STATE),
        3 workflowTaskCompletedEventId: Int64, 4 newExecutionRunId: Text,
    }
    WORKFLOW_EXECUTION_TIMED_OUT { 1 retryState: Enum(&RETRY_STATE), 2 newExecutionRunId: Text, }
    WORKFLOW_EXECUTION_SIGNALED {
        1 signalName: Text, 2 input: Message(&PAYLOADS), 3 identity: Text,
        4 header: Message(&HEADER), 5 skipGenerateWorkflowTask: Bool,
        6 externalWorkflowExecution: Message(&WORKFLOW_EXECUTION), 7 requestId: Text,
    }
    WORKFLOW_EXECUTION_TERMINATED {
        1 reason: Text, 2 details: Message(&PAYLOADS), 3 identity: Text,
    }
    WORKFLOW_EXECUTION_CANCEL_REQUESTED {
        1 cause: Text, 2 externalInitiatedEventId: Int64,
        3 externalWorkflowExecution: Message(&WORKFLOW_EXECUTION), 4 identity: Text,
    }
    WORKFLOW_EXECUTION_CANCELED {
        1 workflowTaskCompletedEventId: Int64, 2 details: Message(&PAYLOADS),
    }
    WORKFLOW_EXECUTION_CONTINUED_AS_NEW {
        1 newExecutionRunId: Text, 2 workflowType: Message(&WORKFLOW_TYPE),
        3 taskQueue: Message(&TASK_QUEUE), 4 input: Message(&PAYLOADS),
        5 workflowRunTimeout: Duration, 6 workflowTaskTimeout: Duration,
        7 workflowTaskCompletedEventId: Int64, 8 backoffStartInterval: Duration,
        9 initiator: Enum(&CONTINUE_AS_NEW_INITIATOR), 10 failure: Message(&FAILURE),
        11 lastCompletionResult: Message(&PAYLOADS), 12 header: Message(&HEADER),
        13 memo: Message(&MEMO), 14 searchAttributes: Message(&SEARCH_ATTRIBUTES),
        15 inheritBuildId: Bool,
        16 initialVersioningBehavior: Enum(&CONTINUE_AS_NEW_VERSIONING_BEHAVIOR),
    }
    UPSERT_WORKFLOW_SEARCH_ATTRIBUTES {
        1 workflowTaskCompletedEventId: Int64, 2 searchAttributes: Message(&SEARCH_ATTRIBUTES),
    }
    WORKFLOW_PROPERTIES_MODIFIED_EXTERNALLY {
        1 newTaskQueue: Text, 2 newWorkflowTaskTimeout: Duration, 3 newWorkflowRunTimeout: Duration,
        4 newWorkflowExecutionTimeout: Duration, 5 upsertedMemo: Message(&MEMO),
    }
    WORKFLOW_PROPERTIES_MODIFIED {
        1 workflowTaskCompletedEventId: Int64, 2 upsertedMemo: Message(&MEMO),
    }
    WORKFLOW_EXECUTION_OPTIONS_UPDATED {
        1 versioningOverride: Message(&VERSIONING_OVERRIDE), 2 unsetVersioningOverride: Bool,
        3 attachedRequestId: Text, 4 attachedCompletionCallbacks: List(&Message(&CALLBACK)),
        5 identity: Text, 6 priority: Message(&PRIORITY),
        7 timeSkippingConfig: Message(&TIME_SKIPPING_CONFIG),
        8 workflowUpdateOptions: List(&Message(&UPDATE_OPTIONS_UPDATE)),
        9 timeSkippingConfigUpdated: Bool,
    }
    WORKFLOW_EXECUTION_PAUSED { 1 identity: Text, 2 reason: Text, 3 requestId: Text, }
    WORKFLOW_EXECUTION_UNPAUSED { 1 identity: Text, 2 reason: Text, 3 requestId: Text, }
    WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED {
        1 targetTime: Timestamp, 2 disabledAfterFastForward: Bool, 3 wallClockTime: Timestamp,
    }
    DECLINED_TARGET_VERSION_UPGRADE {
        1 deploymentVersion: Message(&WORKER_DEPLOYMENT_VERSION), 2 revisionNumber: Int64,
    }
    UPDATE_OPTIONS_UPDATE {
        1 updateId: Text, 2 attachedRequestId: Text,
        3 attachedCompletionCallbacks: List(&Message(&CALLBACK)),
    }
}
