//! Makes replay audible: hands the music of the lanes that are shown, and what the playhead does, to the
//! replay bus.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::application::App;
use crate::{
    conductor::{ConductorError, RecordedLane, RecordedMusic},
    engine::{Event, History},
    music::Bank,
    view::{LaneModel, ReplayCommand},
};

/// Executes commands of replay until the application ends.
pub(super) async fn run(app: Arc<App>, mut commands: mpsc::UnboundedReceiver<ReplayCommand>) {
    let Some(bus) = app.conductor.replay_bus() else {
        return;
    };
    let mut has_music = false;
    while let Some(mut command) = commands.recv().await {
        if command == ReplayCommand::Stop {
            has_music = false;
            bus.clear();
            continue;
        }
        if !has_music {
            bus.set_music(&music(&app).await);
            has_music = true;
            // The playhead may have moved meanwhile.
            while let Ok(later) = commands.try_recv() {
                command = later;
            }
        }
        match command {
            ReplayCommand::Seek(moment) => bus.seek(moment),
            ReplayCommand::Drag { from, to } => bus.drag(from, to),
            ReplayCommand::Play { from, rate } => bus.play(from, rate),
            ReplayCommand::Stop => {
                has_music = false;
                bus.clear();
            }
        }
    }
}

/// The music of all lanes that are shown. Lanes without any are left out.
async fn music(app: &Arc<App>) -> Vec<RecordedLane> {
    let app = Arc::clone(app);
    let read = tokio::task::spawn_blocking(move || {
        let bank = app.conductor.bank();
        let lanes = app.shown_lanes();
        lanes
            .iter()
            .filter_map(|lane| music_of(lane, bank))
            .collect()
    });
    // A history that makes the reader panic is not heard.
    read.await.unwrap_or_default()
}

fn music_of(lane: &LaneModel, bank: &Bank) -> Option<RecordedLane> {
    let mut runs: Vec<(u32, History)> = Vec::new();
    for event in lane.history.iter() {
        if runs.last().is_none_or(|(run, _)| *run != event.run) {
            let history = History {
                instance: lane.id.clone(),
                events: Vec::new(),
            };
            runs.push((event.run, history));
        }
        if let Some((_, history)) = runs.last_mut() {
            history.events.push(Event::clone(&event.event));
        }
    }
    let runs: Vec<_> = runs.into_iter().map(|(_, history)| history).collect();
    match RecordedMusic::of(&runs, bank) {
        Ok(music) => Some(RecordedLane {
            instance: lane.id.clone(),
            music: Arc::new(music),
        }),
        Err(ConductorError::NoMusic(_)) => None,
        Err(error) => {
            tracing::warn!(%error, instance = %lane.id, "music of a history");
            None
        }
    }
}
