//! What `fermata play` tells on the way: that something goes wrong, and that it is well again.

use std::time::Duration;

use tokio::sync::{broadcast::error::RecvError, watch};

use super::report::clear_progress_line;
use crate::{
    conductor::Conductor,
    engine::{StoreError, Trouble},
    music::{Sound, SoundState},
};

/// How often it is asked whether the store can be written.
const ASK: Duration = Duration::from_secs(1);

/// Waits until the store cannot be written.
pub(super) async fn trouble(conductor: &Conductor) -> StoreError {
    loop {
        tokio::time::sleep(ASK).await;
        if let Some(Trouble::Store(error)) = conductor.engine().trouble() {
            return error;
        }
    }
}

/// Says when the store cannot be written, and when it can again.
pub(super) async fn tell_of_trouble(conductor: &Conductor) {
    loop {
        let error = trouble(conductor).await;
        if error.is_final() {
            // The engine stops, and the program ends with that.
            return std::future::pending().await;
        }
        say(&format!("{error}; everything waits"));
        while matches!(conductor.engine().trouble(), Some(Trouble::Store(_))) {
            tokio::time::sleep(ASK).await;
        }
        say("the store can be written again");
    }
}

/// Says when a recording cannot be written; the music goes on.
pub(super) async fn tell_of_files(unwritable: &mut watch::Receiver<Option<String>>) {
    while unwritable.changed().await.is_ok() {
        let trouble = unwritable.borrow_and_update().clone();
        say(&format!(
            "{}; the music goes on",
            trouble.unwrap_or_default()
        ));
    }
    std::future::pending().await
}

/// Says when the audio device goes, and when one comes.
pub(super) async fn tell_of_sound(sound: &Sound) {
    let mut state = sound.watch();
    while state.changed().await.is_ok() {
        let now = state.borrow_and_update().clone();
        match now {
            SoundState::Device { name, sample_rate } => {
                say(&format!("sound goes to {name} at {sample_rate} Hz"));
            }
            SoundState::Silent(reason) => say(&reason),
        }
    }
    std::future::pending().await
}

/// Says which devices go and come back.
pub(super) async fn tell_of_ports(conductor: &Conductor) {
    let mut news = conductor.port_news();
    loop {
        match news.recv().await {
            Ok(news) => say(&news.to_string()),
            Err(RecvError::Lagged(_)) => {}
            // As long as there is a conductor there may be news.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// A line on the standard error output, in the place of the line of progress.
pub(super) fn say(what: &str) {
    clear_progress_line();
    eprintln!("fermata: {what}");
}
