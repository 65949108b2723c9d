//! The types of Temporal's events.

use super::super::proto_json::capitalized;

/// Defines the types by their numbers and names in Temporal's protocol.
macro_rules! event_types {
    ($($number:literal $name:ident,)*) => {
        /// The type of an event.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(in crate::backend) enum EventType {
            $($name,)*
            /// One that a later server has invented.
            Other(String),
        }

        impl EventType {
            /// The type with a number.
            pub fn of_number(number: i64) -> Self {
                match number {
                    $($number => Self::$name,)*
                    other => Self::Other(format!("EventType{other}")),
                }
            }

            /// The type with a name in camel case.
            fn of_camel_case(name: &str) -> Self {
                match name {
                    $(stringify!($name) => Self::$name,)*
                    other => Self::Other(other.to_owned()),
                }
            }

            /// Its name.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Other(name) => name,
                }
            }
        }
    };
}

event_types! {
    1 WorkflowExecutionStarted,
    2 WorkflowExecutionCompleted,
    3 WorkflowExecutionFailed,
    4 WorkflowExecutionTimedOut,
    5 WorkflowTaskScheduled,
    6 WorkflowTaskStarted,
    7 WorkflowTaskCompleted,
    8 WorkflowTaskTimedOut,
    9 WorkflowTaskFailed,
    10 ActivityTaskScheduled,
    11 ActivityTaskStarted,
    12 ActivityTaskCompleted,
    13 ActivityTaskFailed,
    14 ActivityTaskTimedOut,
    15 ActivityTaskCancelRequested,
    16 ActivityTaskCanceled,
    17 TimerStarted,
    18 TimerFired,
    19 TimerCanceled,
    20 WorkflowExecutionCancelRequested,
    21 WorkflowExecutionCanceled,
    22 RequestCancelExternalWorkflowExecutionInitiated,
    23 RequestCancelExternalWorkflowExecutionFailed,
    24 ExternalWorkflowExecutionCancelRequested,
    25 MarkerRecorded,
    26 WorkflowExecutionSignaled,
    27 WorkflowExecutionTerminated,
    28 WorkflowExecutionContinuedAsNew,
    29 StartChildWorkflowExecutionInitiated,
    30 StartChildWorkflowExecutionFailed,
    31 ChildWorkflowExecutionStarted,
    32 ChildWorkflowExecutionCompleted,
    33 ChildWorkflowExecutionFailed,
    34 ChildWorkflowExecutionCanceled,
    35 ChildWorkflowExecutionTimedOut,
    36 ChildWorkflowExecutionTerminated,
    37 SignalExternalWorkflowExecutionInitiated,
    38 SignalExternalWorkflowExecutionFailed,
    39 ExternalWorkflowExecutionSignaled,
    40 UpsertWorkflowSearchAttributes,
    41 WorkflowExecutionUpdateAccepted,
    42 WorkflowExecutionUpdateRejected,
    43 WorkflowExecutionUpdateCompleted,
    44 WorkflowPropertiesModifiedExternally,
    45 ActivityPropertiesModifiedExternally,
    46 WorkflowPropertiesModified,
    47 WorkflowExecutionUpdateAdmitted,
    48 NexusOperationScheduled,
    49 NexusOperationStarted,
    50 NexusOperationCompleted,
    51 NexusOperationFailed,
    52 NexusOperationCanceled,
    53 NexusOperationTimedOut,
    54 NexusOperationCancelRequested,
    55 WorkflowExecutionOptionsUpdated,
    56 NexusOperationCancelRequestCompleted,
    57 NexusOperationCancelRequestFailed,
    58 WorkflowExecutionPaused,
    59 WorkflowExecutionUnpaused,
    60 WorkflowExecutionTimeSkippingTransitioned,
}

impl EventType {
    /// Whether a run ends with it.
    pub fn closes(&self) -> bool {
        matches!(
            self,
            Self::WorkflowExecutionCompleted
                | Self::WorkflowExecutionFailed
                | Self::WorkflowExecutionTimedOut
                | Self::WorkflowExecutionCanceled
                | Self::WorkflowExecutionTerminated
                | Self::WorkflowExecutionContinuedAsNew
        )
    }

    /// The type with a name, as servers of today write it (`EVENT_TYPE_TIMER_FIRED`) or as earlier ones
    /// did (`TimerFired`).
    pub fn of_name(name: &str) -> Self {
        match name.strip_prefix("EVENT_TYPE_") {
            Some(words) => {
                let words = words
                    .split('_')
                    .map(|word| capitalized(&word.to_lowercase()));
                Self::of_camel_case(&words.collect::<String>())
            }
            None => Self::of_camel_case(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_a_number_and_two_spellings() {
        for (number, new, old) in [
            (
                1,
                "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
                "WorkflowExecutionStarted",
            ),
            (18, "EVENT_TYPE_TIMER_FIRED", "TimerFired"),
            (
                59,
                "EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED",
                "WorkflowExecutionUnpaused",
            ),
        ] {
            let expected = EventType::of_number(number);
            assert_eq!(expected.name(), old);
            assert_eq!(EventType::of_name(new), expected);
            assert_eq!(EventType::of_name(old), expected);
        }
        assert_eq!(
            EventType::of_name("EVENT_TYPE_BAND_TUNED").name(),
            "BandTuned"
        );
        assert_eq!(EventType::of_number(99).name(), "EventType99");
    }
}
