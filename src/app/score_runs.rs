//! Replays of the runs that the window shows: their tasks and their data.
//!
//! A run is replayed on a thread of its own from the events that the window has; no store is read, and the
//! window never waits for it. While an instance performs, its run is replayed again and again as it
//! grows, with pauses so long that this takes a small part of one core.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::application::App;
use crate::{
    conductor::ScoreRun,
    engine::{Event, InstanceId},
    stage::Wake,
    view::{EventPlace, LaneModel},
};

/// How many times as long as a replay took the pause after it is.
const PAUSE: u32 = 12;
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// How many runs are remembered.
const REMEMBERED: usize = 3;

/// The replays that were made last.
#[derive(Default)]
pub(super) struct ScoreRuns(Mutex<Made>);

#[derive(Default)]
struct Made {
    /// The latest first.
    runs: VecDeque<Replayed>,
    /// One is being made.
    is_working: bool,
}

/// What tells a run from all others.
#[derive(Clone, PartialEq)]
struct RunKey {
    instance: InstanceId,
    first: Arc<Event>,
}

impl RunKey {
    fn of(lane: &LaneModel, start: EventPlace) -> Option<Self> {
        Some(Self {
            instance: lane.id.clone(),
            first: lane.history.get(start.0)?.event,
        })
    }
}

/// A run that was replayed.
struct Replayed {
    /// The instance and the first event of the run, which has its time and its seed.
    key: RunKey,
    run: Arc<ScoreRun>,
    /// When it was made, and how long that took.
    ended: Instant,
    took: Duration,
}

impl ScoreRuns {
    fn made(&self) -> std::sync::MutexGuard<'_, Made> {
        // No code that holds the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Made {
    fn find(&self, key: &RunKey) -> Option<&Replayed> {
        self.runs.iter().find(|replayed| replayed.key == *key)
    }

    fn keep(&mut self, replayed: Replayed) {
        self.runs.retain(|known| known.key != replayed.key);
        self.runs.push_front(replayed);
        self.runs.truncate(REMEMBERED);
    }
}

/// The replay of the run that an event of a lane belongs to. It may be of fewer events than the lane has:
/// then it is being made again, and the window is woken when it is there.
pub(super) fn score_run(
    app: &Arc<App>,
    lane: &Arc<LaneModel>,
    place: EventPlace,
) -> Option<Arc<ScoreRun>> {
    let start = lane.history.run_start(place)?;
    let key = RunKey::of(lane, start)?;
    let asked = lane.history.number_of(place)?;
    let mut made = app.score_runs.made();
    let known = made.find(&key);
    let run = known.map(|known| Arc::clone(&known.run));
    if made.is_working || run.as_ref().is_some_and(|run| run.knows(asked)) {
        return run;
    }
    let pause = known.map_or(Duration::ZERO, |known| {
        let pause = (known.took * PAUSE).min(MAX_PAUSE);
        pause.saturating_sub(known.ended.elapsed())
    });
    made.is_working = true;
    drop(made);
    let work = Work {
        app: Arc::downgrade(app),
        lane: Arc::clone(lane),
        start,
        key,
    };
    let named = std::thread::Builder::new().name("fermata-score-run".into());
    if let Err(error) = named.spawn(move || work.make(pause)) {
        // The system is out of threads; asking again later may work.
        app.score_runs.made().is_working = false;
        tracing::warn!(%error, "a run cannot be replayed");
    }
    run
}

/// A replay to be made.
struct Work {
    app: std::sync::Weak<App>,
    lane: Arc<LaneModel>,
    start: EventPlace,
    key: RunKey,
}

impl Work {
    fn make(self, pause: Duration) {
        std::thread::sleep(pause);
        let Some(app) = self.app.upgrade() else {
            return;
        };
        let lane = latest(&app, &self.lane, self.start, &self.key);
        let began = Instant::now();
        let events = lane.run_around(self.start);
        let replay = || ScoreRun::of(&lane.id, &events);
        // A replay that panics would be asked for again in every frame; the run is then known to be empty.
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(replay));
        let run = run.unwrap_or_else(|_| ScoreRun::unknown(&events));
        let mut made = app.score_runs.made();
        made.is_working = false;
        made.keep(Replayed {
            key: self.key,
            run: Arc::new(run),
            ended: Instant::now(),
            took: began.elapsed(),
        });
        drop(made);
        app.wake(Wake::Repaint);
    }
}

/// The lane as it is after the pause, if it still has that run at that place.
fn latest(app: &App, asked: &Arc<LaneModel>, start: EventPlace, key: &RunKey) -> Arc<LaneModel> {
    let snapshot = app.snapshot();
    let opened = snapshot.histories.opened(&asked.id);
    let lanes = snapshot.lane(&asked.id).into_iter();
    let mut lanes = lanes.chain(opened.map(|opened| &opened.lane));
    let has_run = |lane: &&Arc<LaneModel>| RunKey::of(lane, start).as_ref() == Some(key);
    Arc::clone(lanes.find(has_run).unwrap_or(asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{
            recovered::stored,
            test_app::{LOOP, TestApp, until},
        },
        engine::Status,
        view::{EngineCommand, Projector},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn the_window_gets_the_data_of_a_run_once_it_is_replayed_and_again_as_it_grows() {
        let test = TestApp::open().await;
        let id = test.perform(LOOP).await;
        until("it plays", || test.history(&id).len() > 6).await;
        let lane = || {
            let archive = test.app.conductor.engine().archive();
            let summary = archive.summary(&id).unwrap();
            let mut projector = Projector::new();
            projector.committed(&stored(archive, &summary).unwrap());
            projector.snapshot().lane(&id).cloned().unwrap()
        };
        let ask = || {
            let lane = lane();
            let place = EventPlace(lane.history.len().0 - 1);
            let number = lane.history.number_of(place).unwrap();
            let run = score_run(&test.app, &lane, place);
            run.filter(|run| run.knows(number))
        };
        assert!(ask().is_none(), "it waits for no replay");
        // What is asked for stays the same while it is paused.
        let pause = async || {
            test.app.send(EngineCommand::Suspend(id.clone()));
            until("paused", || test.status(&id) == Status::Suspended).await;
        };
        pause().await;
        until("it is made", || ask().is_some()).await;
        let first = ask().map(|run| run.through);
        assert!(lane().facts.as_ref().unwrap().input.is_some());
        let length = test.history(&id).len();
        test.app.send(EngineCommand::Resume(id.clone()));
        until("it plays on", || test.history(&id).len() > length + 6).await;
        pause().await;
        until("it is made again", || {
            ask().is_some_and(|run| Some(run.through) > first)
        })
        .await;
    }
}
