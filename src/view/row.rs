//! The rows of the event table.

use std::sync::Arc;

use crate::engine::EventId;

/// One row of the event table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its event.
    pub event: EventId,
    /// Its title.
    pub title: Arc<str>,
    /// Its status.
    pub status: RowStatus,
    /// Its data, on one line.
    pub payload: Arc<str>,
}

/// The status in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowStatus {
    /// An instance or attempt started.
    Started,
    /// An activity is scheduled.
    Scheduled,
    /// It is running.
    Running,
    /// It completed.
    Completed,
    /// It failed.
    Failed,
    /// A timer is running.
    Pending,
    /// A timer fired.
    Fired,
    /// It was canceled.
    Canceled,
    /// An event was raised.
    Raised,
    /// The instance was paused.
    Suspended,
    /// The instance was resumed.
    Resumed,
    /// The instance was terminated.
    Terminated,
    /// The code does not match the history.
    Stalled,
    /// Something was recorded: a status, a tag, a version, a heartbeat.
    Recorded,
    /// An event was sent to another instance.
    Sent,
    /// A detached child was started.
    Detached,
    /// A compensation is registered.
    Registered,
    /// A cancel was requested.
    Requested,
    /// The instance continued as new.
    Continued,
}

impl RowStatus {
    /// Its name on screen.
    pub fn label(self) -> &'static str {
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
            Self::Recorded => "Recorded",
            Self::Sent => "Sent",
            Self::Detached => "Detached",
            Self::Registered => "Registered",
            Self::Requested => "Requested",
            Self::Continued => "Continued",
        }
    }
}
