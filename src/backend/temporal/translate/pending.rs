//! Pending activities, as the server describes them. It records the start of an activity only when the
//! activity ends, so starts and failures of attempts are reported from here first, each of them once.

use super::super::{
    super::imported::Origin,
    event::TemporalEvent,
    failure::RawFailure,
    translator::{Opened, Translator},
};
use crate::engine::{EventKind, Timestamp};

/// An activity that has not ended.
#[derive(Debug, Clone)]
pub(in super::super) struct Pending {
    /// The event that scheduled it.
    pub scheduled: u64,
    /// The attempt that runs or comes next, from 1.
    pub attempt: u32,
    /// When the attempt started, if it runs.
    pub running_since: Option<Timestamp>,
    /// How and when the attempt before it failed.
    pub last_failure: Option<(RawFailure, Timestamp)>,
    /// When the next attempt starts.
    pub next_at: Option<Timestamp>,
}

/// The attempts of an activity that were reported before they were in its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Told {
    /// The last attempt that started.
    started: u32,
    /// The last attempt that failed.
    failed: u32,
}

impl Translator {
    /// Tells what is new about an activity that has not ended.
    pub(in super::super) fn pending(&mut self, pending: &Pending) {
        let number = pending.scheduled;
        let Some(Opened::Task { id, attempt }) = self.opened.get(&number).copied() else {
            return;
        };
        let mut told = self.told.get(&number).copied().unwrap_or_default();
        let origin = || Origin {
            number,
            name: "PendingActivity".into(),
            fields: serde_json::Value::Null,
        };
        let before = pending.attempt.saturating_sub(1);
        if let Some((failure, at)) = &pending.last_failure
            && before > told.failed
            && before > 0
        {
            self.appender.begin(origin(), *at);
            let now = self.appender.now();
            self.push(EventKind::TaskFailed {
                scheduled: id,
                attempt: before,
                heartbeat: failure.heartbeat(),
                failure: failure.failure(),
                retry_at: Some(pending.next_at.unwrap_or(now).max(now)),
            });
            told.failed = before;
        }
        if let Some(at) = pending.running_since
            && pending.attempt > attempt.max(told.started)
        {
            self.appender.begin(origin(), at);
            self.push(EventKind::TaskStarted {
                scheduled: id,
                attempt: pending.attempt,
            });
            told.started = pending.attempt;
            let attempt = pending.attempt;
            self.opened.insert(number, Opened::Task { id, attempt });
        }
        self.told.insert(number, told);
    }

    /// Whether the failure of an attempt has already been reported.
    pub(super) fn has_told_failure(&self, scheduled: u64, attempt: u32) -> bool {
        let told = self.told.get(&scheduled);
        told.is_some_and(|told| told.failed >= attempt)
    }

    /// Notes the start of an attempt that has already been reported, since its event is in the history.
    /// Returns whether it was reported.
    pub(super) fn note_if_told(
        &mut self,
        event: &TemporalEvent,
        scheduled: u64,
        attempt: u32,
    ) -> bool {
        let told = self.told.get(&scheduled);
        let was_told = told.is_some_and(|told| told.started >= attempt);
        if was_told {
            self.note(event);
        }
        was_told
    }
}
