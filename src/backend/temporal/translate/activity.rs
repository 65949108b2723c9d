//! Activities. Temporal records the start of an activity when it ends, with the number of the last attempt
//! and how the one before it failed: when earlier attempts were is not in the history.

use serde::Deserialize;

use super::{
    super::{
        super::proto_json::{Integer, Seconds},
        event::TemporalEvent,
        event_type::EventType as T,
        failure::RawFailure,
        payload::Payloads,
        translator::{Opened, Translator},
    },
    Named, Retry,
};
use crate::engine::{EventId, EventKind, Timeouts};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Scheduled {
    activity_type: Named,
    input: Payloads,
    retry_policy: Option<Retry>,
    schedule_to_close_timeout: Seconds,
    schedule_to_start_timeout: Seconds,
    start_to_close_timeout: Seconds,
    heartbeat_timeout: Seconds,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Started {
    scheduled_event_id: Integer,
    attempt: Integer,
    last_failure: Option<RawFailure>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Ended {
    scheduled_event_id: Integer,
    result: Payloads,
    failure: RawFailure,
}

impl Translator {
    pub(in super::super) fn activity(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        match event.event_type {
            T::ActivityTaskScheduled => {
                let scheduled: Scheduled = event.attributes()?;
                let id = self.push(EventKind::TaskScheduled {
                    name: scheduled.activity_type.name,
                    input: scheduled.input.payload(),
                    retry: scheduled.retry_policy.map(|retry| Box::new(retry.policy())),
                    timeouts: Timeouts {
                        schedule_to_start: scheduled.schedule_to_start_timeout.limit(),
                        start_to_close: scheduled.start_to_close_timeout.limit(),
                        schedule_to_close: scheduled.schedule_to_close_timeout.limit(),
                        heartbeat: scheduled.heartbeat_timeout.limit(),
                    },
                });
                let attempt = 0;
                self.opened.insert(event.id, Opened::Task { id, attempt });
                Ok(true)
            }
            T::ActivityTaskStarted => self.activity_started(event),
            T::ActivityTaskCompleted
            | T::ActivityTaskFailed
            | T::ActivityTaskTimedOut
            | T::ActivityTaskCanceled => self.activity_ended(event),
            _ => Ok(false),
        }
    }

    fn activity_started(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        let started: Started = event.attributes()?;
        let attempt = u32::try_from(started.attempt.0.max(1)).unwrap_or(u32::MAX);
        let Some(scheduled) = self.attempt(started.scheduled_event_id, attempt) else {
            return Ok(false);
        };
        let number = u64::try_from(started.scheduled_event_id.0).unwrap_or(0);
        if let (Some(failure), 2..) = (started.last_failure, attempt)
            && !self.has_told_failure(number, attempt - 1)
        {
            self.push(EventKind::TaskFailed {
                scheduled,
                attempt: attempt - 1,
                heartbeat: failure.heartbeat(),
                failure: failure.failure(),
                retry_at: Some(self.appender.now()),
            });
        }
        if !self.note_if_told(event, number, attempt) {
            self.push(EventKind::TaskStarted { scheduled, attempt });
        }
        Ok(true)
    }

    fn activity_ended(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        let ended: Ended = event.attributes()?;
        let Some((scheduled, attempt)) = self.end_task(ended.scheduled_event_id) else {
            return Ok(false);
        };
        self.push(match event.event_type {
            T::ActivityTaskCompleted => EventKind::TaskCompleted {
                scheduled,
                result: ended.result.payload(),
            },
            T::ActivityTaskCanceled => EventKind::TaskCanceled { scheduled },
            _ => EventKind::TaskFailed {
                scheduled,
                attempt: attempt.max(1),
                heartbeat: ended.failure.heartbeat(),
                failure: ended.failure.failure(),
                retry_at: None,
            },
        });
        Ok(true)
    }

    /// An attempt of an open task begins.
    pub(super) fn attempt(&mut self, scheduled: Integer, now: u32) -> Option<EventId> {
        let number = u64::try_from(scheduled.0).ok()?;
        match self.opened.get_mut(&number)? {
            Opened::Task { id, attempt } => {
                *attempt = now;
                Some(*id)
            }
            _ => None,
        }
    }

    /// Ends an open task. Returns it with its last attempt.
    pub(super) fn end_task(&mut self, scheduled: Integer) -> Option<(EventId, u32)> {
        let number = u64::try_from(scheduled.0).ok()?;
        let Some(Opened::Task { id, attempt }) = self.opened.get(&number).copied() else {
            return None;
        };
        // What is noted later about it still finds it.
        self.opened.insert(number, Opened::Other(id));
        Some((id, attempt))
    }
}
