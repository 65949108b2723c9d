//! The state of a lane, derived from its open operations.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::LaneState;
use crate::{
    conductor::Conductor,
    engine::{EventId, Status, Timestamp},
    view::{
        command::EngineCommand,
        format,
        lane::LaneModel,
        open_operation::{OpenOperation, OpenTimer, OperationStage},
        stall::Stall,
        timeline_entry::{EntryKind, TimelineEntry, WaitOn},
    },
};

/// Something of an instance that a worker in another process has to do, and none does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerWait {
    /// An activity; `None`: a turn of its code.
    pub activity: Option<Arc<str>>,
    /// Since when.
    pub since: Timestamp,
}

impl LaneModel {
    /// What the instance is doing or waiting for.
    pub fn state(&self) -> LaneState {
        match self.status {
            Status::Pending => LaneState::Pending,
            Status::Suspended if self.waits_for_bar() => LaneState::PendingBar,
            Status::Suspended => LaneState::Paused {
                in_flight: self.in_flight(),
                time_runs: !self.freezes_time,
            },
            Status::Stalled => LaneState::Stalled {
                reason: match self.stall.and_then(|entry| self.timeline.get(entry)) {
                    Some(entry) => match &entry.kind {
                        EntryKind::Stalled { reason } => reason.clone(),
                        _ => Arc::from(""),
                    },
                    None => Arc::from(""),
                },
            },
            Status::Running => self.running_state(),
            status => LaneState::Closed {
                status,
                reason: self.close_reason.clone(),
                duration: self.last_moment().since(self.started_at),
            },
        }
    }

    /// Whether it has ended for good: no run continues it.
    pub fn has_ended(&self) -> bool {
        self.status.is_closed() && self.status != Status::ContinuedAsNew
    }

    /// Whether it is paused because the transport was stopped.
    pub fn is_stopped(&self) -> bool {
        self.status == Status::Suspended && *self.pause_reason == *EngineCommand::STOPPED
    }

    /// Whether it is a rerun that waits for the next bar line.
    pub fn waits_for_bar(&self) -> bool {
        self.status == Status::Suspended && *self.pause_reason == *Conductor::UNTIL_NEXT_BAR
    }

    /// Whether an activity, a child or the code itself waits for a next attempt.
    pub fn waits_to_retry(&self) -> bool {
        let activities = self.activities.values();
        let mut operations = activities
            .map(|activity| &activity.operation)
            .chain(self.children.values());
        let mut timers = self.timers.values();
        let is_delay = |timer: &OpenTimer| {
            let entry = self.timeline.get(timer.entry);
            entry.is_some_and(|entry| matches!(entry.kind, EntryKind::Backoff { .. }))
        };
        self.status == Status::Running
            && (operations.any(|operation| operation.backoff().is_some()) || timers.any(is_delay))
    }

    /// A retry comes first, then work in progress, then waits.
    fn running_state(&self) -> LaneState {
        if let Some(retry) = self.retry() {
            return retry;
        }
        let mut compensations = self.compensations.values().map(|open| &open.operation);
        if let Some(compensation) = compensations.rfind(|open| open.is_running()) {
            let step = compensation.label.clone();
            return LaneState::Compensating { step };
        }
        if let Some(reason) = &self.cancel_reason {
            let reason = reason.clone();
            return LaneState::Canceling { reason };
        }
        let mut activities = self.activities.values();
        let running = activities.rfind(|activity| activity.operation.is_running());
        if let Some(activity) = running.or(self.activities.values().next_back()) {
            return LaneState::Running {
                task: Some(activity.operation.label.clone()),
            };
        }
        if let Some(child) = self.children.values().next() {
            return LaneState::WaitingForChildren {
                name: child.label.clone(),
                count: self.children.len(),
            };
        }
        self.wait().unwrap_or_else(|| match &self.remote {
            // It can be nothing else, and only its worker knows the name.
            Some(remote) if remote.is_read() => LaneState::WaitingForEvent {
                name: Arc::from(""),
                deadline: None,
            },
            _ => LaneState::Running { task: None },
        })
    }

    /// The oldest wait for an event, or else the oldest timer.
    fn wait(&self) -> Option<LaneState> {
        let waits = self.timers.values().filter_map(|timer| {
            let entry = self.timeline.get(timer.entry)?;
            match &entry.kind {
                EntryKind::Wait { on, deadline } => Some((on, *deadline)),
                _ => None,
            }
        });
        let mut moment = None;
        for (on, deadline) in waits {
            match on {
                WaitOn::Event(name) => {
                    return Some(LaneState::WaitingForEvent {
                        name: name.clone(),
                        deadline,
                    });
                }
                WaitOn::Moment(name) => moment = moment.or(Some((name, deadline))),
            }
        }
        moment.map(|(name, until)| LaneState::WaitingForTimer {
            name: name.clone(),
            until,
        })
    }

    /// A retry by the engine, by a timer of the workflow, or one that such a timer started.
    fn retry(&self) -> Option<LaneState> {
        let activities = self.activities.values();
        let activities = activities.map(|activity| &activity.operation);
        let by_engine = |operation: &OpenOperation| {
            let backoff = operation.backoff()?;
            let label = operation.label.clone();
            Some((label, backoff.attempt, operation.max_attempts, backoff.due))
        };
        let by_engine = activities.chain(self.children.values()).find_map(by_engine);
        let by_workflow = || {
            self.timers
                .values()
                .find_map(|timer| match &self.timeline.get(timer.entry)?.kind {
                    EntryKind::Backoff { task, attempt, due } => {
                        Some((task.clone(), *attempt, 0, *due))
                    }
                    _ => None,
                })
        };
        let in_progress = || {
            let retry = self.workflow_retry.as_ref()?;
            Some((retry.label.clone(), retry.attempt, 0, retry.since))
        };
        let (task, attempt, max_attempts, due) =
            by_engine.or_else(by_workflow).or_else(in_progress)?;
        let failures = self.failures_in_a_row.get(&task).copied();
        Some(LaneState::Retrying {
            task,
            failures: failures.unwrap_or_else(|| attempt.saturating_sub(1)),
            attempt,
            max_attempts,
            due,
        })
    }

    /// What waits for a worker that is away.
    pub fn worker_wait(&self, now: Timestamp) -> Option<WorkerWait> {
        let remote = self.remote.as_ref()?;
        if self.status != Status::Running {
            return None;
        }
        let code = remote.away_since(now).map(|since| WorkerWait {
            activity: None,
            since,
        });
        code.or_else(|| {
            let waiting = self.waiting_activities.as_ref()?;
            Some(WorkerWait {
                activity: Some(waiting.longest.clone()),
                since: waiting.since,
            })
        })
    }

    /// Attempts that no worker has taken, by the events that opened their entries: they are drawn as queued.
    pub(in crate::view) fn waiting_attempts(&self) -> BTreeSet<EventId> {
        let waiting = self.waiting_activities.iter();
        let waiting = waiting.flat_map(|waiting| &waiting.scheduled);
        let entries = waiting.filter_map(|scheduled| {
            let OperationStage::Running(entry) = self.activities.get(scheduled)?.operation.stage
            else {
                return None;
            };
            self.timeline.get(entry)
        });
        entries.map(|entry| entry.event).collect()
    }

    /// Whether an entry is an attempt that no worker has taken.
    pub(in crate::view) fn waits_for_worker(&self, entry: &TimelineEntry) -> bool {
        entry.until.is_none() && self.waiting_attempts().contains(&entry.event)
    }

    /// When what is said of its worker changes.
    pub fn worker_changes_in(&self, now: Timestamp) -> Option<Duration> {
        let remote = self.remote.as_ref()?;
        if self.status != Status::Running {
            return None;
        }
        let activities = self.waiting_activities.as_ref();
        let activities = activities.map(|_| Duration::from_secs(1));
        remote.next_change(now).or(activities)
    }

    /// The whole state in one line, for the inspector.
    pub fn status_line(&self, now: Timestamp) -> String {
        let state = self.state();
        let (label, detail) = (state.label(), self.detail(now));
        if let Some(wait) = self.worker_wait(now) {
            let away = format::seconds(now.since(wait.since));
            return match wait.activity {
                Some(name) => format!("{label}: “{name}” waits for a worker, {away}"),
                None => format!("{label}: waits for its worker, {away}"),
            };
        }
        match &state {
            LaneState::Retrying { task, .. } => format!("{label} “{task}”: {detail}"),
            LaneState::Paused { .. } => format!("{label}: {detail}; new events are queued"),
            LaneState::Stalled { reason } => match Stall::of(reason) {
                Some(stall) => {
                    format!(
                        "{label}: expected {}, found {}",
                        stall.expected, stall.found
                    )
                }
                None => format!("{label}: code does not match history: {reason}"),
            },
            LaneState::Compensating { .. }
            | LaneState::Canceling { .. }
            | LaneState::Pending
            | LaneState::PendingBar
            | LaneState::Running { .. }
            | LaneState::Closed {
                reason: Some(_), ..
            } => format!("{label}: {detail}"),
            LaneState::WaitingForEvent { .. }
            | LaneState::WaitingForTimer { .. }
            | LaneState::WaitingForChildren { .. }
            | LaneState::Closed { reason: None, .. } => format!("{label} {detail}"),
        }
    }

    /// The detail of the state. A custom status of the workflow comes first while it runs.
    pub fn detail(&self, now: Timestamp) -> String {
        let state = self.state();
        if let Some(wait) = self.worker_wait(now) {
            // A lane's head has room for a few words.
            return format!("no worker, {}", format::seconds(now.since(wait.since)));
        }
        match (&state, &self.custom_status) {
            (LaneState::Running { .. }, Some(status)) => status.to_string(),
            _ => state.detail(now),
        }
    }
}
