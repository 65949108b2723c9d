//! `fermata` on a store that a running program uses: asks that program to show its window.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{CliError, terminal::print};
use crate::app::control_socket::{Client, ClientError, WindowRequest, WindowShown};

/// How the attempt ended.
pub(super) enum Joined {
    /// The running program shows its window.
    Shown,
    /// No program uses the store.
    Alone,
    /// A program without a window uses it; the sentence says what to do.
    NoWindow(String),
}

/// Asks the program that uses a store, if one does, to show its window with these files.
pub(super) fn join(
    store: Option<&Path>,
    scores: &[PathBuf],
    histories: &[PathBuf],
    attach: &[Arc<str>],
) -> Result<Joined, CliError> {
    let Some((store, client)) = store.and_then(|store| Some((store, Client::find(store)?))) else {
        return Ok(Joined::Alone);
    };
    let request = WindowRequest {
        scores: absolute(scores)?,
        histories: absolute(histories)?,
        attach: attach.to_vec(),
    };
    let shown = match client.show_window(request) {
        Ok(WindowShown::Raised) => "was brought to the front",
        Ok(WindowShown::Opened) => "opens again",
        Err(ClientError::Refused(why)) => return Ok(Joined::NoWindow(why)),
        // It has ended since.
        Err(ClientError::Gone) => return Ok(Joined::Alone),
        Err(error) => return Err(error.into()),
    };
    let store = store.display();
    print(&format!(
        "Fermata is already running on {store}; its window {shown}."
    ))?;
    Ok(Joined::Shown)
}

/// The paths for a process that runs in another folder. The files must exist.
fn absolute(files: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let each = files.iter().map(|file| {
        file.canonicalize().map_err(|source| CliError::Unreadable {
            path: file.clone(),
            source,
        })
    });
    each.collect()
}
