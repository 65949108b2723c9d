//! The rows of the event table beside a lane.

use std::sync::Arc;

use crate::engine::EventId;

/// One row of the event table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The event that it stands for.
    pub event: EventId,
    /// Whether it is part of the row above.
    pub rank: Rank,
    /// What it is about.
    pub title: Arc<str>,
    /// How that is.
    pub status: RowStatus,
    /// Its data, on one line.
    pub payload: Arc<str>,
}

/// Whether a row stands by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// It stands by itself.
    Main,
    /// It belongs to a row above: an attempt, a pause.
    Part,
}

/// How the thing that a row tells of is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowStatus {
    /// The instance began.
    Started,
    /// Asked for.
    Scheduled,
    /// Under way.
    Running,
    /// Done.
    Completed,
    /// Failed.
    Failed,
    /// A timer runs.
    Pending,
    /// A timer fired.
    Fired,
    /// No longer needed.
    Canceled,
    /// It came from outside.
    Raised,
    /// Held from outside.
    Suspended,
    /// Goes on.
    Resumed,
    /// Ended from outside.
    Terminated,
    /// Code and history disagree.
    Stalled,
    /// Said by the workflow.
    Noted,
    /// An event, sent to another instance.
    Sent,
    /// A child that goes on alone.
    Detached,
    /// A step can be undone.
    Ready,
    /// Somebody asked for the end.
    Asked,
    /// The next run begins.
    Continued,
}

impl RowStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::Scheduled => "Scheduled",
            Self::Running => "Running",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Pending => "Pending",
            Self::Fired => "Fired",
            Self::Canceled => "Canceled",
            Self::Raised => "Raised",
            Self::Suspended => "Paused",
            Self::Resumed => "Resumed",
            Self::Terminated => "Terminated",
            Self::Stalled => "Stalled",
            Self::Noted => "Recorded",
            Self::Sent => "Sent",
            Self::Detached => "Detached",
            Self::Ready => "Registered",
            Self::Asked => "Requested",
            Self::Continued => "Continued",
        }
    }
}
