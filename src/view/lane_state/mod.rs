//! The state of a lane: what its instance is doing or waiting for, with its label, icon, color and detail
//! on screen.

mod current;
#[cfg(test)]
mod tests;

pub use current::WorkerWait;

use std::{sync::Arc, time::Duration};

use super::{format, palette::Rgb, stall::Stall};
use crate::engine::{Status, Timestamp};

/// What an instance is doing or waiting for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneState {
    /// Accepted, not started.
    Pending,
    /// A rerun that waits for the next bar line.
    PendingBar,
    /// Running.
    Running {
        /// The activity that is open.
        task: Option<Arc<str>>,
    },
    /// Waiting for an event.
    WaitingForEvent {
        /// The event's name.
        name: Arc<str>,
        /// When the wait times out.
        deadline: Option<Timestamp>,
    },
    /// Waiting for a timer.
    WaitingForTimer {
        /// The name of the wait; may be empty.
        name: Arc<str>,
        /// When the timer fires; `None`: never.
        until: Option<Timestamp>,
    },
    /// Retrying after a failure.
    Retrying {
        /// Name of the operation.
        task: Arc<str>,
        /// Failures in a row.
        failures: u32,
        /// The next attempt.
        attempt: u32,
        /// Attempts in all; 0: without limit.
        max_attempts: u32,
        /// When the next attempt starts.
        due: Timestamp,
    },
    /// Waiting for child workflows.
    WaitingForChildren {
        /// The workflow of the oldest.
        name: Arc<str>,
        /// Number of children.
        count: usize,
    },
    /// Undoing steps because a later one failed.
    Compensating {
        /// Name of the compensation.
        step: Arc<str>,
    },
    /// Asked to cancel, and cleaning up.
    Canceling {
        /// The reason given.
        reason: Arc<str>,
    },
    /// Paused.
    Paused {
        /// Activities that are still running.
        in_flight: u32,
        /// Whether its timers run during the pause.
        time_runs: bool,
    },
    /// Stalled: the code does not match the history.
    Stalled {
        /// What was expected, what came, and where.
        reason: Arc<str>,
    },
    /// Closed.
    Closed {
        /// Its final status.
        status: Status,
        /// The failure or reason.
        reason: Option<Arc<str>>,
        /// How long it ran.
        duration: Duration,
    },
}

/// The icon of a lane state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusIcon {
    /// A triangle: running.
    Play,
    /// Two bars: paused.
    Pause,
    /// A ring: waiting.
    Ring,
    /// A cross: failed.
    Cross,
    /// A tick: completed.
    Tick,
    /// A square: terminated or canceled.
    Square,
}

impl LaneState {
    /// Its name on screen.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Pending | Self::PendingBar => "Pending",
            Self::Running { .. } => "Running",
            Self::WaitingForEvent { .. }
            | Self::WaitingForTimer { .. }
            | Self::WaitingForChildren { .. } => "Waiting",
            Self::Compensating { .. } => "Compensating",
            Self::Canceling { .. } => "Canceling",
            Self::Retrying { .. } => "Retrying",
            Self::Paused { in_flight: 0, .. } => "Paused",
            Self::Paused { .. } => "Pausing",
            Self::Stalled { .. } => "Stalled",
            Self::Closed { status, .. } => match status {
                Status::Completed => "Completed",
                Status::Failed => "Failed",
                Status::Terminated => "Terminated",
                Status::ContinuedAsNew => "Continued as new",
                Status::Canceled => "Canceled",
                Status::Pending | Status::Running | Status::Suspended | Status::Stalled => "Open",
            },
        }
    }

    /// Its icon.
    pub fn icon(&self) -> StatusIcon {
        match self {
            Self::Running { .. } => StatusIcon::Play,
            Self::Pending
            | Self::PendingBar
            | Self::WaitingForEvent { .. }
            | Self::WaitingForTimer { .. }
            | Self::WaitingForChildren { .. } => StatusIcon::Ring,
            Self::Compensating { .. } | Self::Canceling { .. } => StatusIcon::Square,
            Self::Retrying { .. } | Self::Stalled { .. } => StatusIcon::Cross,
            Self::Paused { .. } => StatusIcon::Pause,
            Self::Closed { status, .. } => match status {
                Status::Failed => StatusIcon::Cross,
                Status::Terminated | Status::Canceled => StatusIcon::Square,
                _ => StatusIcon::Tick,
            },
        }
    }

    /// The color of label and icon.
    pub fn color(&self) -> Rgb {
        match self {
            Self::Running { .. } => Rgb::GOOD,
            Self::Retrying { .. } | Self::Stalled { .. } => Rgb::ALARM,
            Self::Pending
            | Self::PendingBar
            | Self::WaitingForEvent { .. }
            | Self::WaitingForTimer { .. }
            | Self::WaitingForChildren { .. }
            | Self::Compensating { .. }
            | Self::Canceling { .. } => Rgb::PENDING,
            Self::Closed { status, .. } => match status {
                Status::Failed => Rgb::ALARM,
                Status::Completed | Status::ContinuedAsNew => Rgb::GOOD,
                _ => Rgb::HELD,
            },
            Self::Paused { .. } => Rgb::HELD,
        }
    }

    /// A few words below the label: task, event, time left, reason.
    pub fn detail(&self, now: Timestamp) -> String {
        let left = |at: Timestamp| format::seconds(at.since(now));
        match self {
            Self::Pending => "waiting to start".to_owned(),
            Self::PendingBar => "begins at the next bar".to_owned(),
            Self::Running { task: Some(task) } => format!("“{task}”"),
            Self::Running { task: None } => "between steps".to_owned(),
            Self::WaitingForEvent { name, .. } if name.is_empty() => "for an event".to_owned(),
            Self::WaitingForEvent { name, deadline } => match deadline {
                Some(at) => format!("for “{name}”, {} left", left(*at)),
                None => format!("for “{name}”"),
            },
            Self::WaitingForTimer { name, until } => match (name.is_empty(), until) {
                (true, Some(at)) => format!("{} left", left(*at)),
                (true, None) => "without a time limit".to_owned(),
                (false, Some(at)) => format!("“{name}”, {} left", left(*at)),
                (false, None) => format!("“{name}”"),
            },
            Self::Retrying {
                attempt,
                max_attempts,
                due,
                ..
            } => match max_attempts {
                0 => format!("attempt {attempt} {}", format::when(*due, now)),
                max => format!("attempt {attempt} of {max} {}", format::when(*due, now)),
            },
            Self::WaitingForChildren { name, count } => match count {
                1 => format!("for child “{name}”"),
                n => format!("for {n} children"),
            },
            Self::Compensating { step } => format!("“{step}”, because a later step failed"),
            Self::Canceling { reason } if reason.is_empty() => "cancel requested".to_owned(),
            Self::Canceling { reason } => reason.to_string(),
            Self::Paused {
                in_flight,
                time_runs,
            } => match (in_flight, time_runs) {
                (0, false) => "clock frozen".to_owned(),
                (0, true) => "clock running".to_owned(),
                (1, _) => "1 activity still running".to_owned(),
                (n, _) => format!("{n} activities still running"),
            },
            Self::Stalled { reason } => match Stall::of(reason) {
                Some(stall) => format!("{} ≠ {}", stall.expected, stall.found),
                None => format::cut(reason, 70),
            },
            Self::Closed {
                status,
                reason,
                duration,
            } => {
                let after = format!("after {}", format::seconds(*duration));
                match (status, reason) {
                    (Status::Failed, Some(reason)) => reason.to_string(),
                    (_, Some(reason)) => format!("{reason}, {after}"),
                    (_, None) => after,
                }
            }
        }
    }
}
