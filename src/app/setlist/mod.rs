//! The set list: follows its file, carries out its commands, and starts pieces at their bars.

mod entry;
mod position_file;
mod setlist_file;
mod task;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use tokio::sync::mpsc;

use super::application::App;
use crate::view::SetlistCommand;
use position_file::PositionFile;
pub use setlist_file::SetlistFile;
use task::SetlistTask;

/// Runs the set list until the program ends. `store` is the file of the store: the position in the set list
/// is kept next to it.
pub(super) async fn run(
    app: Arc<App>,
    file: SetlistFile,
    store: Option<&Path>,
    mut commands: mpsc::UnboundedReceiver<SetlistCommand>,
) {
    let positions = store.map_or_else(PositionFile::none, PositionFile::of_store);
    let mut saved = setlist_file::follow(&app, &file);
    tokio::spawn(position_file::run(Arc::clone(&app), positions.clone()));
    let mut published = app.published.subscribe();
    let mut transport = app.conductor.player().watch_transport();
    let mut task = SetlistTask::new(app, file, positions);
    loop {
        task.tend().await;
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => task.execute(command).await,
                None => return,
            },
            Some(read) = saved.recv() => task.saved(read),
            changed = published.changed() => if changed.is_err() { return },
            changed = transport.changed() => if changed.is_err() { return },
            () = task.due() => {}
        }
    }
}
