//! The entries of a lane's timeline: notes, attempts, waits, failures, each with its time.

use std::sync::Arc;

use super::{format, sub_rows::Slot};
use crate::{
    backend::BackendName,
    engine::{EventId, InstanceId, Status, Timestamp},
    music::{Key, Velocity},
    score::limited_task,
};

/// One entry of a lane's timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEntry {
    /// The event that opened it.
    pub event: EventId,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; `None`: it is still open.
    pub until: Option<Timestamp>,
    /// The sub-row of its operation. The first, if it belongs to none.
    pub slot: Slot,
    /// Its kind.
    pub kind: EntryKind,
}

impl TimelineEntry {
    /// Its end, for drawing. An open entry ends now.
    pub fn end(&self, now: Timestamp) -> Timestamp {
        self.until.unwrap_or(now).max(self.from)
    }
}

/// The kind of a [`TimelineEntry`].
#[derive(Debug, Clone, PartialEq)]
pub enum EntryKind {
    /// A note that was played.
    Note {
        /// Its key.
        key: Key,
        /// Its velocity.
        velocity: Velocity,
        /// Its instrument, by name in the score.
        instrument: Arc<str>,
    },
    /// An activity that is scheduled and has not started.
    Queued {
        /// Name of the activity or of its task.
        task: Arc<str>,
    },
    /// One attempt of an activity.
    Attempt {
        /// Name of the activity or of its task.
        task: Arc<str>,
        /// 1, 2, ...
        attempt: u32,
        /// What it does.
        purpose: Purpose,
        /// Its outcome.
        outcome: Outcome,
    },
    /// Several operations at once, from the fork to the end of the last of them.
    Branches {
        /// The sub-rows that they need.
        rows: u32,
    },
    /// The wait before a retry.
    Backoff {
        /// Name of the operation that is retried.
        task: Arc<str>,
        /// The attempt that follows.
        attempt: u32,
        /// When that attempt starts.
        due: Timestamp,
    },
    /// The workflow waits.
    Wait {
        /// The event or moment.
        on: WaitOn,
        /// When the wait times out or ends.
        deadline: Option<Timestamp>,
    },
    /// The instance is paused.
    Paused,
    /// The code no longer matches the history.
    Stalled {
        /// What was expected, what came, and where.
        reason: Arc<str>,
    },
    /// An attempt failed. Has no length.
    Failure {
        /// Name of the operation.
        task: Arc<str>,
        /// Failures in a row, including this one.
        in_a_row: u32,
        /// The message.
        reason: Arc<str>,
        /// It was injected: nothing was wrong.
        injected: bool,
    },
    /// An event was raised on the instance. Has no length.
    Raised {
        /// Its name.
        name: Arc<str>,
        /// The instance that sent it; `None`: it came from outside the engine.
        from: Option<InstanceId>,
    },
    /// One attempt of a child workflow that the instance waits for.
    Child {
        /// Name of its workflow.
        name: Arc<str>,
        /// The child.
        instance: InstanceId,
        /// 1, 2, ...
        attempt: u32,
        /// Its outcome.
        outcome: Outcome,
    },
    /// A detached child was started. Has no length.
    Detached {
        /// Name of its workflow.
        name: Arc<str>,
        /// The child.
        instance: InstanceId,
    },
    /// A compensation: a step that had succeeded is undone.
    Compensation {
        /// Name of the compensation.
        step: Arc<str>,
        /// What it undoes.
        undoes: Undone,
        /// Its place among those of its run, counted from 0: the last operation is undone first.
        order: u32,
        /// Its outcome.
        outcome: Outcome,
    },
    /// An event was sent to another instance. Has no length.
    Sent {
        /// Its name.
        name: Arc<str>,
        /// The receiver.
        target: InstanceId,
    },
    /// A heartbeat of an activity. Has no length.
    Heartbeat {
        /// Name of the activity or of its task.
        task: Arc<str>,
        /// Its details.
        details: Arc<str>,
    },
    /// The instance was asked to cancel. Has no length.
    CancelRequested {
        /// The reason given.
        reason: Arc<str>,
    },
    /// The first event of a fork that is not shared with its source. Has no length.
    Forked {
        /// The instance that it was forked from.
        source: InstanceId,
        /// That event.
        from: EventId,
    },
    /// The instance closed. Has no length.
    Closed {
        /// Its status.
        status: Status,
        /// The run that ended.
        run: u32,
    },
}

/// What a compensation undoes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// Its name; `None`: it is known only under the name of the compensation.
    pub name: Option<Arc<str>>,
    /// When it began. If it has no entry, the moment from which on it could be undone.
    pub from: Timestamp,
    /// When it ended.
    pub until: Timestamp,
    /// Its sub-row, if it has an entry.
    pub slot: Option<Slot>,
}

/// What an activity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It plays notes or a rest; the notes show what it does.
    Music,
    /// It undoes something.
    Undo,
    /// Anything else.
    Work,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is running.
    Running,
    /// It completed.
    Completed,
    /// It failed.
    Failed,
    /// It starts again: the instance was paused before the attempt took effect, or its next run resumes it.
    Requeued,
    /// The process or the instance ended before it returned.
    Interrupted,
}

impl Outcome {
    /// Its name on screen.
    fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Requeued => "requeued",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The event or moment that a workflow waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitOn {
    /// An event of that name.
    Event(Arc<str>),
    /// A moment. The name of the wait may be empty.
    Moment(Arc<str>),
}

impl WaitOn {
    /// Whether it limits other operations: it is no branch of its own.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Event(_) => false,
            Self::Moment(name) => limited_task(name).is_some(),
        }
    }
}

impl std::fmt::Display for EntryKind {
    /// A short description, for tooltips.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Note {
                key,
                velocity,
                instrument,
            } => {
                let key = format::key(*key);
                write!(f, "{key} · {instrument} · velocity {}", velocity.number())
            }
            Self::Queued { task } => write!(f, "{task}, queued"),
            Self::Attempt {
                task,
                attempt,
                outcome,
                ..
            } => {
                write!(f, "{task}, attempt {attempt}, {}", outcome.word())
            }
            Self::Branches { rows } => write!(f, "{rows} branches"),
            Self::Backoff { task, attempt, .. } => {
                write!(f, "backoff before attempt {attempt} of {task}")
            }
            Self::Wait {
                on: WaitOn::Event(name),
                ..
            } => write!(f, "waiting for “{name}”"),
            Self::Wait {
                on: WaitOn::Moment(name),
                ..
            } if name.is_empty() => f.write_str("waiting"),
            Self::Wait {
                on: WaitOn::Moment(name),
                ..
            } => write!(f, "waiting: {name}"),
            Self::Paused => f.write_str("paused"),
            Self::Stalled { reason } => write!(f, "stalled: {reason}"),
            Self::Failure {
                task,
                in_a_row,
                reason,
                injected,
            } => {
                let reason = match injected {
                    true => format!("injected: {reason}"),
                    false => reason.to_string(),
                };
                match in_a_row {
                    0 | 1 => write!(f, "{task} failed: {reason}"),
                    _ => write!(f, "{task} failed {in_a_row} times in a row: {reason}"),
                }
            }
            Self::Raised { name, from: None } => write!(f, "event “{name}” received"),
            Self::Raised {
                name,
                from: Some(from),
            } => write!(
                f,
                "event “{name}” received from {}",
                BackendName::shown(from)
            ),
            Self::Child {
                name,
                instance,
                attempt,
                outcome,
            } => {
                let (how, instance) = (outcome.word(), BackendName::shown(instance));
                write!(f, "child {name} ({instance}), attempt {attempt}, {how}")
            }
            Self::Detached { name, instance } => {
                let instance = BackendName::shown(instance);
                write!(f, "detached child {name} ({instance}) started")
            }
            Self::Compensation {
                step,
                undoes: Undone {
                    name: Some(name), ..
                },
                outcome,
                ..
            } if name != step => {
                write!(
                    f,
                    "compensation “{step}”, undoes {name}, {}",
                    outcome.word()
                )
            }
            Self::Compensation { step, outcome, .. } => {
                write!(f, "compensation “{step}”, {}", outcome.word())
            }
            Self::Sent { name, target } => {
                write!(f, "event “{name}” sent to {}", BackendName::shown(target))
            }
            Self::Heartbeat { task, details } if details.is_empty() => {
                write!(f, "heartbeat of {task}")
            }
            Self::Heartbeat { task, details } => write!(f, "heartbeat of {task}: {details}"),
            Self::CancelRequested { reason } if reason.is_empty() => {
                f.write_str("cancel requested")
            }
            Self::CancelRequested { reason } => write!(f, "cancel requested: {reason}"),
            Self::Forked { source, from } => {
                let source = BackendName::shown(source);
                write!(f, "forked from {source} at event {from}")
            }
            Self::Closed {
                status: Status::ContinuedAsNew,
                ..
            } => f.write_str("continued as new"),
            Self::Closed { status, .. } => f.write_str(&format!("{status:?}").to_lowercase()),
        }
    }
}
