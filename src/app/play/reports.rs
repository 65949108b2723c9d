//! Reports to the user while scores play: what fails, and what works again.

use std::time::Duration;

use tokio::sync::{broadcast::error::RecvError, watch};

use super::PlayReporter;
use crate::{
    conductor::Conductor,
    engine::Trouble,
    music::{Sound, SoundState},
};

/// How often the state of the store is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How often progress is reported.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Reports progress. Never returns.
pub(super) async fn report_progress(conductor: &Conductor, reporter: &dyn PlayReporter) {
    if !reporter.shows_progress() {
        return std::future::pending().await;
    }
    let mut tick = tokio::time::interval(PROGRESS_INTERVAL);
    loop {
        tick.tick().await;
        reporter.progress(conductor);
    }
}

/// Reports when the store cannot be written, and when it can be again. Never returns.
pub(super) async fn report_store(conductor: &Conductor, reporter: &dyn PlayReporter) {
    loop {
        let error = conductor.engine().store_failure().await;
        if error.is_final() {
            // The engine stops, and the program ends with this error.
            return std::future::pending().await;
        }
        reporter.message(&format!("{error}; the music waits"));
        while matches!(conductor.engine().trouble(), Some(Trouble::Store(_))) {
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
        reporter.message("the store can be written again");
    }
}

/// Reports when a recording cannot be written. Never returns.
pub(super) async fn report_files(
    unwritable: &mut watch::Receiver<Option<String>>,
    reporter: &dyn PlayReporter,
) {
    while unwritable.changed().await.is_ok() {
        let error = unwritable.borrow_and_update().clone();
        let error = error.unwrap_or_default();
        let error = error.trim_end_matches('.');
        reporter.message(&format!("{error}; the music continues"));
    }
    std::future::pending().await
}

/// Reports when the audio device is lost, and when there is one again. Never returns.
pub(super) async fn report_sound(sound: &Sound, reporter: &dyn PlayReporter) {
    let mut state = sound.watch();
    while state.changed().await.is_ok() {
        let now = state.borrow_and_update().clone();
        match now {
            SoundState::Device { name, sample_rate } => {
                reporter.message(&format!("playing on {name} at {sample_rate} Hz"));
            }
            SoundState::Silent(reason) => reporter.message(&reason),
        }
    }
    std::future::pending().await
}

/// Reports devices that are unplugged and plugged in. Never returns.
pub(super) async fn report_ports(conductor: &Conductor, reporter: &dyn PlayReporter) {
    let mut changes = conductor.port_changes();
    loop {
        match changes.recv().await {
            Ok(change) => reporter.message(&change.to_string()),
            Err(RecvError::Lagged(_)) => {}
            // The sender lives as long as the conductor.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
