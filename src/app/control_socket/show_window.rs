//! Showing the window of a running program.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

/// A request to show the window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WindowRequest {
    /// Files of scores to start.
    pub scores: Vec<PathBuf>,
    /// Files of exported histories to open.
    pub histories: Vec<PathBuf>,
    /// Addresses of other engines to attach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attach: Vec<Arc<str>>,
}

/// How the window was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WindowShown {
    /// It was open, and came to the front.
    Raised,
    /// It was opened.
    Opened,
}

/// The part of a running program that has a window, or not.
pub trait ShowWindow: Send + Sync {
    /// Shows the window with what was asked for.
    ///
    /// # Errors
    ///
    /// Why no window can be opened, and what to do about it, in a sentence.
    fn show(&self, request: &WindowRequest) -> Result<WindowShown, String>;
}

/// A program without a window.
#[derive(Debug, Clone, Copy)]
pub struct NoWindow;

impl ShowWindow for NoWindow {
    fn show(&self, _: &WindowRequest) -> Result<WindowShown, String> {
        Err(
            "`fermata play` uses the store and has no window: control it with `fermata list`, `pause` \
             and the like, or stop it and open the window with `fermata`, which continues the pieces"
                .to_owned(),
        )
    }
}
