//! Makes replay audible: hands the music of the lanes that are shown, and what the playhead does, to the
//! replay bus.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::application::App;
use crate::{
    conductor::{ConductorError, RecordedLane, RecordedMusic, Side},
    engine::{Event, History},
    music::Bank,
    score::listening::ListeningScore,
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
        let usual = app.conductor.listening_score();
        let lanes = heard(&app);
        lanes
            .iter()
            .filter_map(|(lane, side)| music_of(lane, *side, bank, usual))
            .collect()
    });
    // A history that makes the reader panic is not heard.
    read.await.unwrap_or_default()
}

/// The lanes that are heard, and where: those that are shown, or two compared runs, one in each ear.
fn heard(app: &App) -> Vec<(Arc<LaneModel>, Side)> {
    match app.compared_runs() {
        Some(runs) => {
            let lanes = runs.sides.iter().map(|side| Arc::clone(&side.lane));
            lanes.zip([Side::Left, Side::Right]).collect()
        }
        None => {
            let shown = app.shown_lanes().into_iter();
            shown.map(|lane| (lane, Side::AsRecorded)).collect()
        }
    }
}

fn music_of(
    lane: &LaneModel,
    side: Side,
    bank: &Bank,
    usual: Option<&Arc<ListeningScore>>,
) -> Option<RecordedLane> {
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
    match RecordedMusic::listened(&runs, bank, usual) {
        Ok(music) => Some(RecordedLane {
            instance: lane.id.clone(),
            music: Arc::new(music),
            side,
        }),
        Err(ConductorError::NoMusic(_)) => None,
        Err(error) => {
            tracing::warn!(%error, instance = %lane.id, "music of a history");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::Arc, time::Duration};

    use tokio::time::sleep;

    use super::*;
    use crate::{
        app::test_app::{LOOP, SentMessages, TestApp, until},
        conductor::Rate,
        engine::{Committed, RedbStore, Status},
        music::{Journal, Message, Player},
        view::{EngineCommand, Projector},
    };

    /// Notes that have begun and not ended, by channel and key.
    fn sounding(messages: &[Message]) -> usize {
        let mut open = HashSet::new();
        for message in messages {
            match message {
                Message::NoteOn(channel, key, _) => {
                    open.insert((*channel, *key));
                }
                Message::NoteOff(channel, key) => {
                    open.remove(&(*channel, *key));
                }
                _ => {}
            }
        }
        open.len()
    }

    fn strikes(messages: &[Message]) -> usize {
        let is_strike = |message: &&Message| matches!(message, Message::NoteOn(..));
        messages.iter().filter(is_strike).count()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn replay_at_every_rate_is_heard_writes_nothing_and_touches_no_live_port() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let store = Arc::new(RedbStore::create(&path).unwrap());
        let test = TestApp::open_on(store).await;
        let heard = SentMessages::default();
        let player = Player::start(Journal::new()).unwrap();
        let conductor = &test.app.conductor;
        let _bus = conductor
            .open_replay_bus(player, Box::new(heard.clone()))
            .unwrap();
        let id = test.perform(LOOP).await;
        until("it has played", || strikes(&test.sent.all()) > 12).await;
        test.app.send(EngineCommand::Suspend(id.clone()));
        until("paused", || test.status(&id) == Status::Suspended).await;
        until("silent", || sounding(&test.sent.all()) == 0).await;
        // What was under way is recorded until nothing more comes.
        let mut before = (Vec::new(), Vec::new());
        let events = loop {
            let now = (test.history(&id), std::fs::read(&path).unwrap());
            if now == before {
                break now.0;
            }
            before = now;
            sleep(Duration::from_millis(300)).await;
        };
        let mut projector = Projector::new();
        projector.committed(&Committed {
            instance: conductor.engine().archive().summary(&id).unwrap(),
            events: events.clone(),
            annotations: Vec::new(),
            log: Vec::new(),
        });
        test.app.publish(projector.snapshot());
        let (live, written) = (test.sent.all(), std::fs::read(&path).unwrap());

        let (commands, receiver) = mpsc::unbounded_channel();
        let task = tokio::spawn(run(Arc::clone(&test.app), receiver));
        let middle = events[events.len() / 2].at;
        for rate in Rate::all() {
            let before = strikes(&heard.all());
            commands.send(ReplayCommand::Seek(middle)).unwrap();
            commands
                .send(ReplayCommand::Play { from: middle, rate })
                .unwrap();
            until("it is heard", || strikes(&heard.all()) > before).await;
        }
        commands.send(ReplayCommand::Stop).unwrap();
        until("replay is silent", || sounding(&heard.all()) == 0).await;
        drop(commands);
        task.await.unwrap();
        assert_eq!(sounding(&heard.all()), 0, "no note hangs");
        assert_eq!(test.sent.all(), live, "the live port heard nothing");
        assert_eq!(test.history(&id), events);
        assert!(
            std::fs::read(&path).unwrap() == written,
            "the store was written"
        );
    }

    /// Keys that have begun, sorted.
    fn keys(messages: &[Message]) -> Vec<u8> {
        let keys = messages.iter().filter_map(|message| match message {
            Message::NoteOn(_, key, _) => Some(key.number()),
            _ => None,
        });
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        keys
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_history_without_a_note_is_replayed_with_the_sounds_of_its_events() {
        let test = TestApp::open_listening().await;
        let heard = SentMessages::default();
        let player = Player::start(Journal::new()).unwrap();
        let conductor = &test.app.conductor;
        let _bus = conductor
            .open_replay_bus(player, Box::new(heard.clone()))
            .unwrap();
        let steps = "document: { dsl: 1.0.3, namespace: t, name: order, version: 1.0.0 }\ndo:\n  - charge: { emit: { \
                     event: { with: { type: charged } } } }\n  - pack: { wait: { milliseconds: 400 } }\n  - ship: { \
                     emit: { event: { with: { type: shipped } } } }\n";
        let id = test.perform(steps).await;
        until("it has ended", || test.status(&id) == Status::Completed).await;
        let mut live = Vec::new();
        loop {
            conductor.until_silent().await;
            let sent = test.sent.all();
            if sent == live {
                break;
            }
            live = sent;
            // Between two chords of the ending, it is silent too.
            sleep(Duration::from_millis(1_500)).await;
        }
        // On a busy machine, what is more than a second late is left out.
        assert!(strikes(&live) > 0, "{live:?}");
        let events = test.history(&id);
        let mut projector = Projector::new();
        projector.committed(&Committed {
            instance: conductor.engine().archive().summary(&id).unwrap(),
            events: events.clone(),
            annotations: Vec::new(),
            log: Vec::new(),
        });
        test.app.publish(projector.snapshot());

        let (commands, receiver) = mpsc::unbounded_channel();
        let task = tokio::spawn(run(Arc::clone(&test.app), receiver));
        let (from, rate) = (events[0].at, Rate::default());
        commands.send(ReplayCommand::Play { from, rate }).unwrap();
        let run = History {
            instance: id.clone(),
            events: events.clone(),
        };
        let usual = conductor.listening_score();
        let music = RecordedMusic::listened(&[run], conductor.bank(), usual).unwrap();
        let mut expected: Vec<_> = music.notes().iter().map(|note| note.key.number()).collect();
        expected.sort_unstable();
        assert!(expected.len() > 10, "{expected:?}");
        until("all is heard", || strikes(&heard.all()) >= expected.len()).await;
        until("replay is silent", || sounding(&heard.all()) == 0).await;
        drop(commands);
        task.await.unwrap();
        assert_eq!(keys(&heard.all()), expected);
        assert_eq!(test.sent.all(), live, "the live port heard nothing");
    }
}
