//! Scenes: what the stage shows in place of the running performance, while an opened history is replayed or two
//! runs are compared.
//!
//! The scene of an opened history contains the opened history and every other one that overlaps it in time; if it is from the store, also
//! the lanes of the performance that do.
//! Its extent, overview and beats are those of the opened history alone: last week does not stretch
//! tonight, and tonight does not stretch last week.

use std::sync::Arc;

use super::{
    comparison::ComparedRuns,
    histories::{HistorySource, OpenedHistory, OpeningNumber},
    lane::LaneModel,
    lane_numbers::LaneNumbers,
    lane_order,
    playhead::TimeRange,
    snapshot::Snapshot,
};
use crate::engine::InstanceId;

/// What the stage shows in place of the performance.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The opened history, or the first of two compared runs.
    pub focus: InstanceId,
    /// Its extent.
    pub range: TimeRange,
    /// The runs that are compared; `None`: it shows an opened history.
    pub(super) compared: Option<Arc<ComparedRuns>>,
    /// The running performance.
    performance: Arc<Snapshot>,
}

impl Snapshot {
    /// The running performance: this snapshot, or that of which it shows an opened history. Commands act
    /// on it.
    pub fn performance(&self) -> &Snapshot {
        match &self.scene {
            Some(scene) => &scene.performance,
            None => self,
        }
    }
}

impl Snapshot {
    /// The opened history behind a lane of a scene; `None`: the lane performs.
    pub fn opened_lane(&self, id: &InstanceId) -> Option<&Arc<OpenedHistory>> {
        self.scene.as_ref()?;
        self.histories.opened(id)
    }
}

/// Makes scenes. It remembers the last one.
#[derive(Debug, Default)]
pub struct Scenes {
    last: Option<(u64, OpeningNumber, Arc<Snapshot>)>,
    compared: Option<(u64, Arc<ComparedRuns>, Arc<Snapshot>)>,
}

impl Scenes {
    /// The scene of an opened history; the performance itself if `focus` is not open.
    pub fn of(&mut self, live: &Arc<Snapshot>, focus: Option<&InstanceId>) -> Arc<Snapshot> {
        let Some(opened) = focus.and_then(|id| live.histories.opened(id)) else {
            self.last = None;
            return Arc::clone(live);
        };
        if let Some((version, number, scene)) = &self.last
            && (*version, *number) == (live.version, opened.number)
        {
            return Arc::clone(scene);
        }
        let scene = Arc::new(scene(live, opened));
        self.last = Some((live.version, opened.number, Arc::clone(&scene)));
        scene
    }

    /// The scene of two compared runs: nothing but them.
    pub fn comparison(&mut self, live: &Arc<Snapshot>, runs: &Arc<ComparedRuns>) -> Arc<Snapshot> {
        if let Some((version, shown, scene)) = &self.compared
            && *version == live.version
            && Arc::ptr_eq(shown, runs)
        {
            return Arc::clone(scene);
        }
        let [first, second] = runs.sides.each_ref().map(|side| Arc::clone(&side.lane));
        let scene = Arc::new(Snapshot {
            time_map: Arc::clone(&runs.time_map),
            overview: Arc::clone(&runs.overview),
            scene: Some(Scene {
                focus: first.id.clone(),
                range: runs.range,
                compared: Some(Arc::clone(runs)),
                performance: Arc::clone(live),
            }),
            outages: Arc::from([]),
            numbers: {
                let mut numbers = LaneNumbers::default();
                numbers.started(&first.id, first.first_started_at);
                numbers.started(&second.id, first.first_started_at);
                Arc::new(numbers)
            },
            lanes: vec![first, second],
            ..Snapshot::clone(live)
        });
        self.compared = Some((live.version, Arc::clone(runs), Arc::clone(&scene)));
        scene
    }
}

fn scene(live: &Arc<Snapshot>, opened: &OpenedHistory) -> Snapshot {
    let range = opened.range();
    // What was opened is known up to its last event, even if the instance was open then.
    let overlaps = |other: &&Arc<OpenedHistory>| {
        let other = other.range();
        other.from <= range.until && other.until >= range.from
    };
    let others = live.histories.opened.iter().filter(overlaps);
    // A file may come from another machine, or repeat what is in the store.
    let performing = match opened.source {
        HistorySource::Store => live.lanes.as_slice(),
        HistorySource::File(_) | HistorySource::Backend(_) => &[],
    };
    let performing = performing.iter().filter(|lane: &&Arc<LaneModel>| {
        let begin = lane.history.first_at();
        let ends_after = !lane.status.is_closed() || lane.over_at() >= range.from;
        let is_opened = live.histories.opened(&lane.id).is_some();
        !is_opened && ends_after && begin.is_some_and(|begin| begin <= range.until)
    });
    let others = others.map(|other| &other.lane);
    let mut lanes: Vec<_> = others.chain(performing).cloned().collect();
    let mut numbers = LaneNumbers::clone(&live.numbers);
    for lane in &lanes {
        numbers.started(&lane.id, lane.first_started_at);
    }
    lane_order::sort(&mut lanes, &numbers);
    Snapshot {
        lanes,
        numbers: Arc::new(numbers),
        time_map: Arc::clone(&opened.time_map),
        overview: Arc::clone(&opened.overview),
        scene: Some(Scene {
            focus: opened.lane.id.clone(),
            range,
            compared: None,
            performance: Arc::clone(live),
        }),
        ..Snapshot::clone(live)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{Payload, Status, Timestamp},
        view::{
            EngineCommand, Projector, TransportView,
            test_history::{TestHistory, s},
            time_map::shifted,
        },
    };

    const DAY: f64 = 86_400.0;

    /// Seconds after the start of tonight, or before it.
    fn time(seconds: f64) -> Timestamp {
        shifted(s(0.0), seconds * 1e9)
    }

    /// Tonight `bass` plays for 20 s. Last week, `order` ran for 5 s, and `other` an hour later.
    fn evening() -> Projector {
        let mut projector = Projector::new();
        let mut bass = TestHistory::new("bass");
        bass.note(20.0, 1.0, 36);
        projector.committed(&bass.commit());
        for (number, (id, at)) in [("order", -7.0 * DAY), ("other", -7.0 * DAY + 3600.0)]
            .into_iter()
            .enumerate()
        {
            projector.open_history(opened(id, at, number as u64 + 1));
        }
        projector
    }

    fn opened(id: &str, at: f64, number: u64) -> OpenedHistory {
        let mut history = TestHistory::new(id);
        history.events[0].at = time(at);
        history.schedule(0.0, "pack", Payload::null());
        for event in &mut history.events[1..] {
            event.at = time(at + 5.0);
        }
        let id = history.id.clone();
        let runs = [history.commit()];
        let (source, transport) = (HistorySource::Store, TransportView::default());
        let number = OpeningNumber(number);
        OpenedHistory::fold(number, &id, &runs, source, transport).unwrap()
    }

    fn shown(scene: &Snapshot) -> Vec<&str> {
        let mut shown: Vec<_> = scene.lanes.iter().map(|lane| lane.id.as_str()).collect();
        shown.sort_unstable();
        shown
    }

    #[test]
    fn an_opened_history_stretches_nothing_and_has_an_extent_of_its_own() {
        let mut projector = evening();
        let live = projector.snapshot();
        let wall = s(30.0);
        assert_eq!(live.extent(wall).from, s(0.0));
        assert!(live.overview.extent().unwrap().0 >= time(-1.0));
        assert_eq!(live.lanes.len(), 1);

        let mut scenes = Scenes::default();
        let order = InstanceId::new("order").unwrap();
        let scene = scenes.of(&live, Some(&order));
        assert_eq!(scene.extent(wall).length().as_secs(), 5);
        assert!(scene.extent(wall).until < time(-6.0 * DAY));
        assert_eq!(shown(&scene), ["order"], "the others do not overlap it");
        assert_eq!(scene.performance().lanes.len(), 1);
        assert!(scene.overview.extent().unwrap().1 < time(-6.0 * DAY));

        projector.dismiss_history(&order);
        let live = projector.snapshot();
        let after = scenes.of(&live, Some(&order));
        assert!(after.scene.is_none(), "a dismissed history is gone");
    }

    #[test]
    fn a_lane_that_overlaps_an_opened_history_is_shown_with_it() {
        let mut projector = evening();
        projector.open_history(opened("child", -7.0 * DAY + 3.0, 9));
        let live = projector.snapshot();
        let order = InstanceId::new("order").unwrap();
        let scene = Scenes::default().of(&live, Some(&order));
        assert_eq!(shown(&scene), ["child", "order"]);

        // It began before tonight ended, which goes on in its scene; a file is shown alone.
        let tonight = opened("tonight", 5.0, 10);
        let file = OpenedHistory {
            source: HistorySource::File("tonight.json".into()),
            ..tonight.clone()
        };
        let id = tonight.lane.id.clone();
        projector.open_history(tonight);
        let scene = Scenes::default().of(&projector.snapshot(), Some(&id));
        assert_eq!(shown(&scene), ["bass", "tonight"]);
        assert_eq!(scene.extent(s(30.0)).from, s(5.0), "not that of the bass");
        projector.open_history(file);
        let scene = Scenes::default().of(&projector.snapshot(), Some(&id));
        assert_eq!(shown(&scene), ["tonight"]);
    }

    #[test]
    fn keys_for_the_selected_lane_never_act_on_an_instance_behind_an_opened_history() {
        use crate::{
            conductor::control_surface::{ControlAction, ControlIntent, Gesture, LaneTarget},
            view::{Action, UiState, commands},
        };
        let live = evening().snapshot();
        assert_eq!(live.lanes[0].status, Status::Running);
        let mut state = UiState::default();
        state.show_latest_opened(&live);
        let shown = Scenes::default().of(&live, state.opened.as_ref());
        assert_eq!(state.selected.as_ref().unwrap().as_str(), "other");
        let mut act = |action| state.act(Action::Control(action), &shown, s(30.0));
        assert_eq!(act(ControlAction::Cue(LaneTarget::Selected)), []);
        assert_eq!(act(ControlAction::Terminate(LaneTarget::Selected)), []);
        let all = act(ControlAction::Pause(LaneTarget::All));
        assert_eq!(all, [EngineCommand::SuspendAll.into()], "tonight goes on");
        assert_eq!(state.holding(s(31.0)), None);
        // A pad for the selected lane.
        let pad = ControlIntent {
            action: ControlAction::Terminate(LaneTarget::Selected),
            gesture: Gesture::Toggle,
        };
        let selected = state.selected.as_ref();
        assert_eq!(commands(&pad, s(31.0), &live, selected), []);
        assert_eq!(state.act(Action::Rerun, &shown, s(31.0)).len(), 1);
    }
}
