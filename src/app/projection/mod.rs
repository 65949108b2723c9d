//! The projection: folds the feeds of engine and player into snapshots for the window.
//!
//! It publishes a snapshot only if something changed, and sleeps while no instance is open.

mod player_state;
mod stored_lanes;

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{broadcast, mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{
    AppError,
    application::{App, AppEvent},
    audio_device::AudioDevice,
    earlier_runs,
    live_edits::Edits,
    originals,
    reopened_lanes::{self, Reopening},
};
use crate::{
    conductor::{
        ListeningActivity, Mixer, PortChange, ReplayActivity, rig::Controls, upcoming_notes,
    },
    engine::{Committed, EngineError, Feed, InstanceId, Timestamp, Trouble},
    music::{Sound, SoundState, Tempo, Transport},
    view::{Projector, StoreView, TroubleView},
};

/// The shortest time between two snapshots.
const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(12);
/// How long lanes are read before the window shows them.
const READ_SLICE: Duration = Duration::from_millis(15);
/// How often the meters are read while notes sound.
const METER_INTERVAL: Duration = Duration::from_millis(250);
/// How often the store's state is checked, while an instance is open.
const STORE_INTERVAL: Duration = Duration::from_secs(1);
/// The length of the lookahead in bars, and how little may be left of it before it is computed again.
const LOOKAHEAD_BARS: i64 = 6;
const MIN_LOOKAHEAD_BARS: i64 = 3;

/// Runs the projection on a thread of its own: what it keeps for long is best allocated by one thread, since
/// an allocator keeps memory that was freed for the thread that had asked for it.
///
/// # Errors
///
/// [`AppError::Threads`] if the system does not grant the thread.
pub(super) fn on_thread(
    runtime: Handle,
    projection: impl Future<Output = ()> + Send + 'static,
) -> Result<JoinHandle<()>, AppError> {
    let thread = thread::Builder::new().name("projection".to_owned());
    let spawned = thread.spawn(move || runtime.block_on(projection));
    spawned.map_err(AppError::Threads)
}

/// Runs the projection until the engine stops. `opened`: when the program started.
pub(super) async fn run(
    app: Arc<App>,
    events: mpsc::UnboundedReceiver<AppEvent>,
    sound: Sound,
    virtual_port: Option<String>,
    unwritable: watch::Receiver<Option<String>>,
    opened: Timestamp,
) {
    // If this fails, the engine has stopped before the window opened.
    let Ok(feed) = app.conductor.engine().subscribe().await else {
        return;
    };
    let archive = app.conductor.engine().archive().clone();
    let reopened = reopened_lanes::read(archive, &feed.open, opened);
    let mut projection = Projection {
        transport: app.conductor.player().watch_transport(),
        mixer: app.conductor.watch_mixer(),
        controls: app.conductor.watch_controls(),
        replay: app.conductor.watch_replay(),
        listening: app.conductor.watch_listening(),
        port_changes: app.conductor.port_changes(),
        device: sound.watch(),
        unwritable,
        projector: Projector::new(),
        shown: None,
        shown_tempo: None,
        app,
        audio_device: AudioDevice::new(sound),
        virtual_port,
        events,
        edits: Edits::default(),
        reopened: Some(reopened),
        earlier: None,
        originals: None,
        asked: HashSet::new(),
    };
    projection.begin();
    projection.run(feed).await;
}

struct Projection {
    app: Arc<App>,
    audio_device: AudioDevice,
    /// The state of the audio device.
    device: watch::Receiver<SoundState>,
    /// Why a recording cannot be written, if it cannot.
    unwritable: watch::Receiver<Option<String>>,
    /// The port that other programs can connect to.
    virtual_port: Option<String>,
    events: mpsc::UnboundedReceiver<AppEvent>,
    port_changes: broadcast::Receiver<PortChange>,
    edits: Edits,
    /// The lanes that existed before, while they are being read.
    reopened: Option<Reopening>,
    /// Their earlier runs, while they are being read.
    earlier: Option<earlier_runs::Loading>,
    /// Originals of reruns, while they are being read.
    originals: Option<originals::Loading>,
    /// The runs whose originals were asked for: what is not in the store is not asked for again.
    asked: HashSet<(InstanceId, u32)>,
    transport: watch::Receiver<Transport>,
    mixer: watch::Receiver<Mixer>,
    controls: watch::Receiver<Controls>,
    replay: watch::Receiver<ReplayActivity>,
    listening: watch::Receiver<ListeningActivity>,
    projector: Projector,
    /// The version of the snapshot that is shown.
    shown: Option<u64>,
    /// The tempo that is shown.
    shown_tempo: Option<Tempo>,
}

impl Projection {
    /// Shows what is known before lanes are read.
    fn begin(&mut self) {
        let cards = self
            .app
            .library
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .cards();
        self.projector.scores(cards);
        let listening = self.app.conductor.listening_score();
        self.projector
            .listening(listening.map(|score| Arc::clone(&score.name)));
        self.projector.show(self.app.markers.kept_show());
        self.projector.keep_numbers(self.app.markers.kept_numbers());
        self.transport();
        self.controls();
        self.meters();
        self.publish();
    }

    /// Publishes a snapshot if something has changed.
    fn publish(&mut self) {
        let snapshot = self.projector.snapshot();
        if self.shown != Some(snapshot.version) {
            self.shown = Some(snapshot.version);
            if self.reopened.is_none() {
                self.app.markers.keep_numbers(&snapshot.numbers);
            }
            self.app.publish(snapshot);
        }
    }

    async fn run(&mut self, mut feed: Feed) {
        loop {
            let rolling = self.transport.borrow().is_rolling();
            let meters = async {
                if rolling || self.audio_device.is_idle() {
                    sleep(METER_INTERVAL).await;
                } else {
                    std::future::pending::<()>().await;
                }
            };
            let store = async {
                if self.projector.has_open_lanes() {
                    sleep(STORE_INTERVAL).await;
                } else {
                    std::future::pending::<()>().await;
                }
            };
            let is_reading = self.reopened.is_some();
            let reopened = async {
                match &mut self.reopened {
                    Some(reopening) => reopening.recv().await,
                    None => std::future::pending().await,
                }
            };
            let earlier = async {
                match &mut self.earlier {
                    Some(loading) => loading.recv().await,
                    None => std::future::pending().await,
                }
            };
            let original = async {
                match &mut self.originals {
                    Some(loading) => loading.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                committed = feed.next() => match committed {
                    Some(committed) => self.committed(&committed),
                    None => return self.ended(),
                },
                changed = self.transport.changed() => {
                    if changed.is_err() { return; }
                    self.transport();
                }
                changed = self.mixer.changed() => {
                    if changed.is_err() { return; }
                    let mixer = self.mixer.borrow_and_update().clone();
                    self.projector.mixer(mixer);
                }
                Ok(()) = self.controls.changed() => self.controls(),
                // Fails once the bus was closed: nothing is replayed any more.
                Ok(()) = self.replay.changed() => {
                    let replay = *self.replay.borrow_and_update();
                    self.audio_device.replay(replay);
                }
                // Fails if nothing is listened to.
                Ok(()) = self.listening.changed() => {
                    let listening = *self.listening.borrow_and_update();
                    self.audio_device.listening(listening);
                }
                // Fails once the audio thread has ended: nothing changes any more.
                Ok(()) = self.device.changed() => self.meters(),
                // Fails only when the player ends, and then the engine has ended too.
                Ok(()) = self.unwritable.changed() => self.unwritable(),
                event = self.events.recv() => if let Some(event) = event {
                    self.event(event);
                },
                change = self.port_changes.recv() => {
                    // Changes that were missed show in the meters.
                    if let Ok(change) = change {
                        self.projector.notice(change.to_string());
                    }
                    self.meters();
                }
                () = meters => {
                    self.meters();
                    self.tempo();
                }
                () = store => {}
                part = reopened => self.take_reopened(part),
                earlier = earlier => match earlier {
                    Some(earlier) => self.projector.earlier_runs(earlier),
                    None => self.earlier = None,
                },
                original = original => match original {
                    Some(original) => self.projector.original(original),
                    None => self.originals = None,
                },
            }
            let trouble = self.app.conductor.engine().trouble();
            self.projector
                .trouble(trouble.map(|trouble| trouble_view(&trouble)));
            while let Some(committed) = feed.try_next() {
                self.committed(&committed);
            }
            self.look_ahead();
            self.read_originals();
            self.publish();
            match is_reading {
                true => tokio::task::yield_now().await,
                false => sleep_until(Instant::now() + SNAPSHOT_INTERVAL).await,
            }
        }
    }

    /// Shows why the engine has stopped.
    fn ended(&mut self) {
        self.projector.notice(EngineError::Stopped.to_string());
        self.app.publish(self.projector.snapshot());
    }

    fn unwritable(&mut self) {
        if let Some(trouble) = self.unwritable.borrow_and_update().clone() {
            let trouble = trouble.trim_end_matches('.');
            self.projector
                .notice(format!("{trouble}. The music continues."));
        }
    }

    fn event(&mut self, event: AppEvent) {
        match event {
            AppEvent::Notice(notice) => self.projector.notice(notice),
            AppEvent::InMemory => self.projector.store(StoreView::InMemory),
            AppEvent::Schedules(schedules) => self.projector.schedules(schedules),
            AppEvent::Endings(endings) => self.projector.endings(endings),
            AppEvent::CommandEnded(ended) => {
                let (command, ended) = *ended;
                self.projector.outcome(command, ended);
            }
            AppEvent::Scores(cards) => self.projector.scores(cards),
            AppEvent::ControlSurface(view) => self.projector.control_surface(*view),
            AppEvent::Reruns(found) => {
                for instance in &found {
                    self.projector.stored(instance);
                }
            }
            AppEvent::Histories(event) => event.apply(&mut self.projector),
            AppEvent::Backend(event) => event.apply(&mut self.projector),
            AppEvent::Serving(serving) => self.projector.serving(serving),
            AppEvent::WaitingActivities(waiting) => self.projector.waiting_activities(waiting),
            AppEvent::Setlist(view) => self.projector.setlist(*view),
            AppEvent::PutAway(instances) => self.projector.put_away(instances),
            AppEvent::Show(from) => self.projector.show(from),
            AppEvent::Recording(since) => self.projector.recording(since),
            AppEvent::Saved(saved) => {
                self.projector.notice(self.edits.saved(&saved));
                self.projector.edits(|document| self.edits.of(document));
            }
        }
    }

    fn committed(&mut self, committed: &Committed) {
        let score = self.projector.committed(committed);
        if let Some(edit) = score.map(|document| self.edits.of(document)) {
            self.projector.edited(&committed.instance.id, edit);
        }
    }

    fn controls(&mut self) {
        let controls = self.controls.borrow_and_update().clone();
        self.audio_device.controls(&controls);
    }

    /// Computes the upcoming notes of the lanes whose lookahead is about to end.
    fn look_ahead(&mut self) {
        let player = self.app.conductor.player();
        let transport = player.transport();
        if !transport.is_rolling() {
            return;
        }
        let here = transport.position(player.now());
        let bar = transport.bar_at(here);
        let until = here + bar * LOOKAHEAD_BARS;
        for id in self
            .projector
            .lookahead_due(here + bar * MIN_LOOKAHEAD_BARS)
        {
            let history = self.projector.playing_history(&id);
            let notes = match history.as_slice() {
                [] => Vec::new(),
                history => upcoming_notes(&id, history, until, |at| transport.in_phase(at, here)),
            };
            self.projector.upcoming(&id, notes, until);
        }
    }
}

fn trouble_view(trouble: &Trouble) -> TroubleView {
    let why = trouble.to_string().into();
    match trouble {
        Trouble::Store(_) => TroubleView::Store(why),
        Trouble::Blocked { .. } => TroubleView::Code(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{
            recovered::{standing_of, stored},
            test_app::{LOOP, TestApp, until},
        },
        engine::RedbStore,
        view::LineRange,
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn a_recovered_score_shows_its_position_before_the_next_task_begins() {
        let store = Arc::new(RedbStore::in_memory().unwrap());
        let before = TestApp::open_on(Arc::clone(&store)).await;
        let id = before.perform(LOOP).await;
        // Its only task goes on for minutes.
        until("it plays", || before.history(&id).len() > 6).await;
        before.app.conductor.engine().stop().await;
        drop(before);

        let after = TestApp::open_on(store).await;
        let archive = after.app.conductor.engine().archive();
        let summary = archive.summary(&id).unwrap();
        let mut projector = Projector::new();
        projector.committed(&stored(archive, &summary).unwrap());
        projector.committed(&standing_of(archive, &id).unwrap().reports);
        let snapshot = projector.snapshot();
        let line = LOOP
            .lines()
            .position(|line| line.contains("- on:"))
            .unwrap()
            + 1;
        let lines = LineRange {
            first: line,
            last: line,
        };
        assert_eq!(snapshot.lane(&id).unwrap().progress, Some(lines));
    }
}
