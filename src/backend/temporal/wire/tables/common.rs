//! Messages within events.

use super::{
    super::schema::{Kind::*, messages},
    enums::*,
};

messages! {
    USER_METADATA { 1 summary: Message(&PAYLOAD), 2 details: Message(&PAYLOAD), }
    LINK {
        1 workflowEvent: Message(&LINK_WORKFLOW_EVENT), 2 batchJob: Message(&LINK_BATCH_JOB),
        3 activity: Message(&LINK_ACTIVITY), 4 nexusOperation: Message(&LINK_NEXUS_OPERATION),
        5 workflow: Message(&LINK_WORKFLOW),
    }
    PRINCIPAL { 1 type: Text, 2 name: Text, }
    EVENT_GROUP_MARKER {
        1 label: Message(&EVENT_GROUP_MARKER_LABEL),
        2 inboundEvent: Message(&EVENT_GROUP_MARKER_INBOUND_EVENT),
        3 inboundUpdate: Message(&EVENT_GROUP_MARKER_INBOUND_UPDATE),
    }
    WORKFLOW_TYPE { 1 name: Text, }
    WORKFLOW_EXECUTION { 1 workflowId: Text, 2 runId: Text, }
    TASK_QUEUE { 1 name: Text, 2 kind: Enum(&TASK_QUEUE_KIND), 3 normalName: Text, }
    PAYLOADS { 1 payloads: List(&Message(&PAYLOAD)), }
    FAILURE {
        1 message: Text, 2 source: Text, 3 stackTrace: Text, 4 cause: Message(&FAILURE),
        5 applicationFailureInfo: Message(&APPLICATION_FAILURE_INFO),
        6 timeoutFailureInfo: Message(&TIMEOUT_FAILURE_INFO),
        7 canceledFailureInfo: Message(&CANCELED_FAILURE_INFO),
        8 terminatedFailureInfo: Message(&TERMINATED_FAILURE_INFO),
        9 serverFailureInfo: Message(&SERVER_FAILURE_INFO),
        10 resetWorkflowFailureInfo: Message(&RESET_WORKFLOW_FAILURE_INFO),
        11 activityFailureInfo: Message(&ACTIVITY_FAILURE_INFO),
        12 childWorkflowExecutionFailureInfo: Message(&CHILD_WORKFLOW_EXECUTION_FAILURE_INFO),
        13 nexusOperationExecutionFailureInfo: Message(&NEXUS_OPERATION_FAILURE_INFO),
        14 nexusHandlerFailureInfo: Message(&NEXUS_HANDLER_FAILURE_INFO),
        20 encodedAttributes: Message(&PAYLOAD),
    }
    RETRY_POLICY {
        1 initialInterval: Duration, 2 backoffCoefficient: Double, 3 maximumInterval: Duration,
        4 maximumAttempts: Int32, 5 nonRetryableErrorTypes: List(&Text),
    }
    MEMO { 1 fields: Map(&Message(&PAYLOAD)), }
    SEARCH_ATTRIBUTES { 1 indexedFields: Map(&Message(&PAYLOAD)), }
    RESET_POINTS { 1 points: List(&Message(&RESET_POINT_INFO)), }
    HEADER { 1 fields: Map(&Message(&PAYLOAD)), }
    WORKER_VERSION_STAMP { 1 buildId: Text, 3 useVersioning: Bool, }
    CALLBACK {
        2 nexus: Message(&CALLBACK_NEXUS), 3 internal: Message(&CALLBACK_INTERNAL),
        100 links: List(&Message(&LINK)),
    }
    VERSIONING_OVERRIDE {
        1 behavior: Enum(&VERSIONING_BEHAVIOR), 2 deployment: Message(&DEPLOYMENT),
        3 pinned: Message(&VERSIONING_OVERRIDE_PINNED_OVERRIDE), 4 autoUpgrade: Bool,
        5 oneTime: Message(&VERSIONING_OVERRIDE_ONE_TIME_OVERRIDE), 9 pinnedVersion: Text,
    }
    PRIORITY { 1 priorityKey: Int32, 2 fairnessKey: Text, 3 fairnessWeight: Float, }
    WORKER_DEPLOYMENT_VERSION { 1 buildId: Text, 2 deploymentName: Text, }
    INHERITED_AUTO_UPGRADE_INFO {
        1 sourceDeploymentVersion: Message(&WORKER_DEPLOYMENT_VERSION),
        2 sourceDeploymentRevisionNumber: Int64,
        3 continueAsNewInitialVersioningBehavior: Enum(&CONTINUE_AS_NEW_VERSIONING_BEHAVIOR),
    }
    TIME_SKIPPING_CONFIG { 1 enabled: Bool, 2 fastForward: Duration, 3 disablePropagation: Bool, }
    TIME_SKIPPING_STATE_PROPAGATION {
        1 initialSkippedDuration: Duration, 2 fastForwardTargetTime: Timestamp,
    }
    WORKFLOW_TASK_COMPLETED_METADATA {
        1 coreUsedFlags: List(&Uint32), 2 langUsedFlags: List(&Uint32), 3 sdkName: Text,
        4 sdkVersion: Text,
    }
    DEPLOYMENT { 1 seriesName: Text, 2 buildId: Text, }
    METERING_METADATA { 13 nonfirstLocalActivityExecutionAttempts: Uint32, }
    ACTIVITY_TYPE { 1 name: Text, }
    REQUEST {
        1 meta: Message(&META), 2 input: Message(&INPUT), 3 requestId: Text,
        4 completionCallbacks: List(&Message(&CALLBACK)), 5 links: List(&Message(&LINK)),
    }
    META { 1 updateId: Text, 2 identity: Text, }
    OUTCOME { 1 success: Message(&PAYLOADS), 2 failure: Message(&FAILURE), }
    PAYLOAD {
        1 metadata: Map(&Bytes), 2 data: Bytes,
        3 externalPayloads: List(&Message(&PAYLOAD_EXTERNAL_PAYLOAD_DETAILS)),
    }
    LINK_WORKFLOW_EVENT {
        1 namespace: Text, 2 workflowId: Text, 3 runId: Text,
        100 eventRef: Message(&LINK_EVENT_REFERENCE),
        101 requestIdRef: Message(&LINK_REQUEST_REFERENCE),
    }
    LINK_BATCH_JOB { 1 jobId: Text, }
    LINK_ACTIVITY { 1 namespace: Text, 2 activityId: Text, 3 runId: Text, }
    LINK_NEXUS_OPERATION { 1 namespace: Text, 2 operationId: Text, 3 runId: Text, }
    LINK_WORKFLOW { 1 namespace: Text, 2 workflowId: Text, 3 runId: Text, 4 reason: Text, }
    EVENT_GROUP_MARKER_LABEL { 1 id: Text, 2 label: Message(&PAYLOAD), }
    EVENT_GROUP_MARKER_INBOUND_EVENT { 1 inboundEventId: Int64, }
    EVENT_GROUP_MARKER_INBOUND_UPDATE { 1 inboundUpdateId: Text, }
    APPLICATION_FAILURE_INFO {
        1 type: Text, 2 nonRetryable: Bool, 3 details: Message(&PAYLOADS),
        4 nextRetryDelay: Duration, 5 category: Enum(&APPLICATION_ERROR_CATEGORY),
    }
    TIMEOUT_FAILURE_INFO {
        1 timeoutType: Enum(&TIMEOUT_TYPE), 2 lastHeartbeatDetails: Message(&PAYLOADS),
    }
    CANCELED_FAILURE_INFO { 1 details: Message(&PAYLOADS), 2 identity: Text, }
    TERMINATED_FAILURE_INFO { 1 identity: Text, }
    SERVER_FAILURE_INFO { 1 nonRetryable: Bool, }
    RESET_WORKFLOW_FAILURE_INFO { 1 lastHeartbeatDetails: Message(&PAYLOADS), }
    ACTIVITY_FAILURE_INFO {
        1 scheduledEventId: Int64, 2 startedEventId: Int64, 3 identity: Text,
        4 activityType: Message(&ACTIVITY_TYPE), 5 activityId: Text,
        6 retryState: Enum(&RETRY_STATE),
    }
    CHILD_WORKFLOW_EXECUTION_FAILURE_INFO {
        1 namespace: Text, 2 workflowExecution: Message(&WORKFLOW_EXECUTION),
        3 workflowType: Message(&WORKFLOW_TYPE), 4 initiatedEventId: Int64, 5 startedEventId: Int64,
        6 retryState: Enum(&RETRY_STATE),
    }
    NEXUS_OPERATION_FAILURE_INFO {
        1 scheduledEventId: Int64, 2 endpoint: Text, 3 service: Text, 4 operation: Text,
        5 operationId: Text, 6 operationToken: Text,
    }
    NEXUS_HANDLER_FAILURE_INFO {
        1 type: Text, 2 retryBehavior: Enum(&NEXUS_HANDLER_ERROR_RETRY_BEHAVIOR),
    }
    RESET_POINT_INFO {
        1 binaryChecksum: Text, 2 runId: Text, 3 firstWorkflowTaskCompletedId: Int64,
        4 createTime: Timestamp, 5 expireTime: Timestamp, 6 resettable: Bool, 7 buildId: Text,
    }
    CALLBACK_NEXUS { 1 url: Text, 2 header: Map(&Text), }
    CALLBACK_INTERNAL { 1 data: Bytes, }
    VERSIONING_OVERRIDE_PINNED_OVERRIDE {
        1 behavior: Enum(&PINNED_OVERRIDE_BEHAVIOR), 2 version: Message(&WORKER_DEPLOYMENT_VERSION),
    }
    VERSIONING_OVERRIDE_ONE_TIME_OVERRIDE {
        1 targetDeploymentVersion: Message(&WORKER_DEPLOYMENT_VERSION),
    }
    INPUT { 1 header: Message(&HEADER), 2 name: Text, 3 args: Message(&PAYLOADS), }
    PAYLOAD_EXTERNAL_PAYLOAD_DETAILS { 1 sizeBytes: Int64, }
    LINK_EVENT_REFERENCE { 1 eventId: Int64, 2 eventType: EventType, }
    LINK_REQUEST_REFERENCE { 1 requestId: Text, 2 eventType: EventType, }
}
