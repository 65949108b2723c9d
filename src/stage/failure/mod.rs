//! Failures of the window: panics while it is painted. They are reported, and the window is shown again;
//! the program behind it goes on.

mod caught;
mod provoked;
mod recent;
mod trail;

use std::path::PathBuf;

pub(super) use caught::{Caught, Details, watch};
pub(super) use provoked::{FailurePlace, ProvokedFailure};
pub(super) use recent::RecentFailures;
pub(super) use trail::Trail;

/// What is known of a failure. It contains kinds of actions and commands, and nothing of scores and
/// histories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowFailure {
    /// What the panic said, without quoted text: that may be from a score.
    pub message: String,
    /// Where it was: file, line and column.
    pub location: String,
    /// The calls that led there.
    pub backtrace: String,
    /// The graphics backend and its driver.
    pub graphics: String,
    /// The kinds of the last actions and commands, the latest last.
    pub trail: Vec<String>,
}

/// Keeps the report of a failure. Returns where it is, or why it could not be kept, as the end of a
/// sentence.
pub type FailureReporter = Box<dyn Fn(&WindowFailure) -> Result<PathBuf, String>>;

/// The sentence that tells the user of a failure.
pub(super) fn notice(reported: &Result<PathBuf, String>) -> String {
    match reported {
        Ok(path) => format!(
            "The window had an error and was restarted; the music went on. Report: {}",
            path.display()
        ),
        Err(why) => format!(
            "The window had an error and was restarted; the music went on. There is no report: {why}"
        ),
    }
}
