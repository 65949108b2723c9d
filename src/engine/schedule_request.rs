//! Requests about schedules.

use super::{
    EngineError, InstanceId, Schedule, ScheduleDescription, ScheduleName, StoreError, Timestamp,
    reply::Reply,
};

/// A request about schedules.
pub(super) enum ScheduleRequest {
    Set(ScheduleName, Box<Schedule>, Reply<()>),
    Change(ScheduleName, ScheduleChange, Reply<()>),
    Trigger(ScheduleName, Reply<InstanceId>),
    Backfill(ScheduleName, Backfill, Reply<Vec<InstanceId>>),
    Describe(ScheduleName, Reply<ScheduleDescription>),
    List(Reply<Vec<ScheduleDescription>>),
}

/// A change of an existing schedule.
#[derive(Debug, Clone, Copy)]
pub(super) enum ScheduleChange {
    Pause,
    Unpause,
    Delete,
}

/// The range of due times of a backfill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backfill {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl ScheduleRequest {
    /// Rejects the request because the store cannot be written.
    pub fn reject(self, error: &StoreError) {
        let error = EngineError::Store(error.clone());
        // The caller may have stopped waiting.
        let _ = match self {
            Self::Set(_, _, reply) | Self::Change(_, _, reply) => reply.send(Err(error)).is_ok(),
            Self::Trigger(_, reply) => reply.send(Err(error)).is_ok(),
            Self::Backfill(_, _, reply) => reply.send(Err(error)).is_ok(),
            Self::Describe(_, reply) => reply.send(Err(error)).is_ok(),
            Self::List(reply) => reply.send(Err(error)).is_ok(),
        };
    }
}
