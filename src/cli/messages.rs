//! Messages of `fermata play` about what fails on the way, and what works again.

use std::time::Duration;

use tokio::sync::{broadcast::error::RecvError, watch};

use super::terminal::message;
use crate::{
    conductor::Conductor,
    engine::{StoreError, Trouble},
    music::{Sound, SoundState},
};

/// How often the state of the store is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Waits until the store cannot be written.
pub(super) async fn store_failure(conductor: &Conductor) -> StoreError {
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        if let Some(Trouble::Store(error)) = conductor.engine().trouble() {
            return error;
        }
    }
}

/// Reports when the store cannot be written, and when it can be again.
pub(super) async fn report_store(conductor: &Conductor) {
    loop {
        let error = store_failure(conductor).await;
        if error.is_final() {
            // The engine stops, and the program ends with this error.
            return std::future::pending().await;
        }
        message(&format!("{error}; the music waits"));
        while matches!(conductor.engine().trouble(), Some(Trouble::Store(_))) {
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
        message("the store can be written again");
    }
}

/// Reports when a recording cannot be written. The music goes on.
pub(super) async fn report_files(unwritable: &mut watch::Receiver<Option<String>>) {
    while unwritable.changed().await.is_ok() {
        let error = unwritable.borrow_and_update().clone();
        message(&format!("{}; the music goes on", error.unwrap_or_default()));
    }
    std::future::pending().await
}

/// Reports when the audio device is lost, and when there is one again.
pub(super) async fn report_sound(sound: &Sound) {
    let mut state = sound.watch();
    while state.changed().await.is_ok() {
        let now = state.borrow_and_update().clone();
        match now {
            SoundState::Device { name, sample_rate } => {
                message(&format!("playing on {name} at {sample_rate} Hz"));
            }
            SoundState::Silent(reason) => message(&reason),
        }
    }
    std::future::pending().await
}

/// Reports devices that are unplugged and plugged in.
pub(super) async fn report_ports(conductor: &Conductor) {
    let mut changes = conductor.port_changes();
    loop {
        match changes.recv().await {
            Ok(change) => message(&change.to_string()),
            Err(RecvError::Lagged(_)) => {}
            // As long as there is a conductor there may be changes.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
