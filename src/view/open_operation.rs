//! Operations of a workflow that have not closed: activities, children, compensations, timers.

use std::sync::Arc;

use super::{
    sub_rows::Slot,
    timeline_entry::{Outcome, Purpose, Undone},
};
use crate::{engine::Timestamp, score::calls::Play};

/// An activity, child or compensation that has not closed.
#[derive(Debug, Clone)]
pub(super) struct OpenOperation {
    /// Its name on screen.
    pub(super) label: Arc<str>,
    /// Attempts in all; 0: without limit.
    pub(super) max_attempts: u32,
    /// Its sub-row; a compensation has none.
    pub(super) slot: Option<Slot>,
    /// Its progress.
    pub(super) stage: OperationStage,
}

/// A compensation that has not ended.
#[derive(Debug, Clone)]
pub(super) struct OpenCompensation {
    pub(super) operation: OpenOperation,
    pub(super) undoes: Undone,
}

/// The progress of an open operation, with the timeline entry that is open for it.
#[derive(Debug, Clone)]
pub(super) enum OperationStage {
    /// Registered, without an entry.
    Registered,
    /// Scheduled, not started.
    Queued(usize),
    /// An attempt is running.
    Running(usize),
    /// Between a failed attempt and the next.
    Backoff(OpenBackoff),
}

/// The wait before a retry.
#[derive(Debug, Clone)]
pub(super) struct OpenBackoff {
    pub(super) entry: usize,
    pub(super) due: Timestamp,
    /// The attempt that follows.
    pub(super) attempt: u32,
}

/// An activity that has not closed.
#[derive(Debug, Clone)]
pub(super) struct OpenActivity {
    pub(super) operation: OpenOperation,
    /// What it does.
    pub(super) purpose: Purpose,
    /// Its input, if it plays notes.
    pub(super) play: Option<Play>,
    /// What the audience reads meanwhile, if it is a rest with a caption.
    pub(super) caption: Option<Arc<str>>,
}

/// A timer that has not fired.
#[derive(Debug, Clone)]
pub(super) struct OpenTimer {
    pub(super) entry: usize,
    /// Its sub-row; a timeout has none.
    pub(super) slot: Option<Slot>,
    /// The events of which one ends the wait, if it waits for one.
    pub(super) cues: Vec<Arc<str>>,
}

/// A retry that the workflow made itself; kept until it succeeds or fails again.
#[derive(Debug, Clone)]
pub(super) struct WorkflowRetry {
    pub(super) label: Arc<str>,
    pub(super) attempt: u32,
    pub(super) since: Timestamp,
}

impl OpenOperation {
    /// The wait before its next attempt, if it is in one.
    pub(super) fn backoff(&self) -> Option<&OpenBackoff> {
        match &self.stage {
            OperationStage::Backoff(backoff) => Some(backoff),
            _ => None,
        }
    }

    /// The same, to change it.
    pub(super) fn backoff_mut(&mut self) -> Option<&mut OpenBackoff> {
        match &mut self.stage {
            OperationStage::Backoff(backoff) => Some(backoff),
            _ => None,
        }
    }

    /// Whether an attempt is running.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.stage, OperationStage::Running(_))
    }
}

/// What happens to the operations that are open when a run ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unfinished {
    /// They are canceled.
    Canceled,
    /// The next run resumes them.
    Resumed,
}

impl Unfinished {
    /// The outcome of their attempts.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Canceled => Outcome::Interrupted,
            Self::Resumed => Outcome::Requeued,
        }
    }
}
