//! What callers ask of schedules.

use super::{
    EngineError, InstanceId, Schedule, ScheduleDescription, ScheduleName, StoreError, Timestamp,
    request::Reply,
};

/// What callers ask of schedules.
pub(super) enum ScheduleRequest {
    Set(ScheduleName, Box<Schedule>, Reply<()>),
    Change(ScheduleName, ScheduleChange, Reply<()>),
    Trigger(ScheduleName, Reply<InstanceId>),
    Backfill(ScheduleName, Backfill, Reply<Vec<InstanceId>>),
    Describe(ScheduleName, Reply<ScheduleDescription>),
    List(Reply<Vec<ScheduleDescription>>),
}

/// What is done to a schedule that is there.
#[derive(Debug, Clone, Copy)]
pub(super) enum ScheduleChange {
    Pause,
    Unpause,
    Delete,
}

/// Which due times are made up for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backfill {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl ScheduleRequest {
    /// Answers that the store cannot take it just now.
    pub fn refuse(self, error: &StoreError) {
        let error = EngineError::Store(error.clone());
        // A caller that no longer waits needs no answer.
        let _ = match self {
            Self::Set(_, _, reply) | Self::Change(_, _, reply) => reply.send(Err(error)).is_ok(),
            Self::Trigger(_, reply) => reply.send(Err(error)).is_ok(),
            Self::Backfill(_, _, reply) => reply.send(Err(error)).is_ok(),
            Self::Describe(_, reply) => reply.send(Err(error)).is_ok(),
            Self::List(reply) => reply.send(Err(error)).is_ok(),
        };
    }
}
