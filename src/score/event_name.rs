//! The kinds of history events that can sound.

/// Defines the kinds by their names, which are those of the engine's events.
macro_rules! event_names {
    ($($name:ident,)*) => {
        /// A kind of history event that can sound: every kind of the engine.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventName {
            $(
                #[doc = concat!("See [`crate::engine::EventKind::", stringify!($name), "`].")]
                $name,
            )*
        }

        impl EventName {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in histories and scores.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

event_names! {
    ExecutionStarted,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionCanceled,
    ExecutionTerminated,
    ContinuedAsNew,
    ExecutionCancelRequested,
    ExecutionLimitReached,
    ExecutionSuspended,
    ExecutionResumed,
    ExecutionStalled,
    TaskScheduled,
    TaskStarted,
    TaskCompleted,
    TaskFailed,
    TaskAttemptsFolded,
    TaskHeartbeat,
    TaskCanceled,
    TimerCreated,
    TimerFired,
    TimerCanceled,
    EventRaised,
    EventSent,
    EventUndelivered,
    CancelSent,
    InstanceAwaited,
    AwaitedInstanceClosed,
    InstanceAwaitCanceled,
    ChildWorkflowInstanceCreated,
    ChildWorkflowInstanceRestarted,
    ChildWorkflowInstanceCompleted,
    ChildWorkflowInstanceFailed,
    ChildWorkflowInstanceCanceled,
    CustomStatusSet,
    TagSet,
    VersionMarked,
    CompensationRegistered,
    CompensationStarted,
    CompensationEnded,
    Noted,
    TurnTaken,
}
