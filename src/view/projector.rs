//! Folds everything that the stage is told into snapshots.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::{
    control_surface::ControlSurfaceView,
    lane::{Edit, LaneModel, LineRange, ScoreFacts},
    overview::{Failed, Overview},
    snapshot::{MetersView, Notice, ScoreCard, Snapshot},
    time_map::{TimeMap, TransportView},
};
use crate::{
    conductor::Mixer,
    engine::{Committed, EventKind, InstanceId, Timestamp},
    score::calls::Play,
};

/// Owns the lanes and publishes what they look like. Knows no clock and no thread: whoever owns
/// it calls it in the order in which things happen.
#[derive(Debug, Default)]
pub struct Projector {
    lanes: HashMap<InstanceId, Arc<LaneModel>>,
    started: usize,
    version: u64,
    transport: TransportView,
    time_map: Arc<TimeMap>,
    overview: Arc<Overview>,
    meters: Arc<MetersView>,
    control_surface: Arc<ControlSurfaceView>,
    mixer: Arc<Mixer>,
    scores: Arc<[ScoreCard]>,
    notices: VecDeque<Notice>,
    noticed: u64,
    trouble: Option<Arc<str>>,
    recording: Option<Timestamp>,
}

impl Projector {
    /// Most lanes of closed instances that are kept.
    pub const MAX_CLOSED: usize = 50;
    /// Most notices that are kept.
    const MAX_NOTICES: usize = 5;

    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The feed tells of a commit.
    pub fn committed(&mut self, commit: &Committed) {
        let lane = self.lane(&commit.instance.id);
        let events = commit.events.iter();
        let news: Vec<_> = events.filter(|event| lane.is_news(commit, event)).collect();
        let played = lane.committed(commit);
        let color = lane.color();
        let overview = Arc::make_mut(&mut self.overview);
        for event in news {
            let failed = match event.kind {
                EventKind::TaskFailed { .. }
                | EventKind::ExecutionFailed { .. }
                | EventKind::ChildWorkflowInstanceFailed { .. }
                | EventKind::CompensationEnded {
                    failure: Some(_), ..
                } => Failed::Yes,
                _ => Failed::No,
            };
            overview.add(event.at, color, failed);
        }
        if !played.is_empty() {
            let bar = self.transport.bar;
            let map = Arc::make_mut(&mut self.time_map);
            for note in played {
                map.learn(note.onset, note.until, note.at, note.length, bar);
            }
        }
        self.forget_old();
    }

    /// The notes that an instance will play if nothing comes in between; replaces those told before.
    pub fn foreseen(&mut self, id: &InstanceId, notes: Vec<Play>) {
        let lane = self.lane(id);
        lane.foreseen = notes.into();
        lane.version += 1;
    }

    /// What is known of the score that an instance performs.
    pub fn score_facts(&mut self, id: &InstanceId, facts: ScoreFacts) {
        let lane = self.lane(id);
        lane.facts = Some(Arc::new(facts));
        lane.version += 1;
    }

    /// What became of the file of an instance's score; `None`: it is as it was.
    pub fn edited(&mut self, id: &InstanceId, edit: Option<Edit>) {
        let lane = self.lane(id);
        lane.edit = edit.map(Arc::new);
        lane.version += 1;
    }

    /// The lines of the score that an instance performs now; `None`: not known.
    pub fn task_progress(&mut self, id: &InstanceId, lines: Option<LineRange>) {
        let lane = self.lane(id);
        lane.progress = lines;
        lane.version += 1;
    }

    /// How the transport stands.
    pub fn transport(&mut self, view: TransportView) {
        self.version += 1;
        Arc::make_mut(&mut self.time_map).transport(&view);
        self.transport = view;
    }

    /// Figures of the machine room.
    pub fn meters(&mut self, meters: MetersView) {
        if *self.meters == meters {
            return;
        }
        self.version += 1;
        self.meters = Arc::new(meters);
    }

    /// The control surface has changed.
    pub fn control_surface(&mut self, view: ControlSurfaceView) {
        if *self.control_surface == view {
            return;
        }
        self.version += 1;
        self.control_surface = Arc::new(view);
    }

    /// How the mixing mixer is set.
    pub fn mixer(&mut self, mixer: Mixer) {
        if *self.mixer == mixer {
            return;
        }
        self.version += 1;
        self.mixer = Arc::new(mixer);
    }

    /// The scores that can be started.
    pub fn scores(&mut self, scores: Vec<ScoreCard>) {
        self.version += 1;
        self.scores = scores.into();
    }

    /// A message to the performer.
    pub fn notice(&mut self, text: impl Into<Arc<str>>) {
        self.version += 1;
        self.noticed += 1;
        self.notices.push_back(Notice {
            number: self.noticed,
            text: text.into(),
        });
        while self.notices.len() > Self::MAX_NOTICES {
            self.notices.pop_front();
        }
    }

    /// Why the store cannot be written just now; `None`: it can.
    pub fn trouble(&mut self, trouble: Option<String>) {
        if self.trouble.as_deref() == trouble.as_deref() {
            return;
        }
        self.version += 1;
        self.trouble = trouble.map(Arc::from);
    }

    /// The performance is recorded since that moment; `None`: it is not.
    pub fn recording(&mut self, since: Option<Timestamp>) {
        self.version += 1;
        self.recording = since;
    }

    /// An instance is gone from the store.
    pub fn purged(&mut self, id: &InstanceId) {
        self.version += 1;
        self.lanes.remove(id);
    }

    /// What it all looks like now. Shares everything that did not change with earlier snapshots.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        let mut lanes: Vec<_> = self
            .lanes
            .values()
            .filter(|lane| !lane.rows.is_empty())
            .cloned()
            .collect();
        lanes.sort_by_cached_key(|lane| {
            let order = match lane.closed_at {
                Some(at) if lane.status.is_closed() => u64::MAX - at.0,
                _ => lane.started_at.0,
            };
            (lane.status.is_closed(), order, lane.ordinal)
        });
        Arc::new(Snapshot {
            version: self.version,
            lanes: families(lanes),
            trouble: self.trouble.clone(),
            transport: self.transport,
            time_map: self.time_map.clone(),
            overview: self.overview.clone(),
            meters: self.meters.clone(),
            control_surface: self.control_surface.clone(),
            mixer: self.mixer.clone(),
            scores: self.scores.clone(),
            notices: self.notices.iter().cloned().collect(),
            recording: self.recording,
        })
    }

    fn lane(&mut self, id: &InstanceId) -> &mut LaneModel {
        self.version += 1;
        let started = &mut self.started;
        let lane = self.lanes.entry(id.clone()).or_insert_with(|| {
            let ordinal = *started;
            *started += 1;
            Arc::new(LaneModel::new(id.clone(), ordinal))
        });
        Arc::make_mut(lane)
    }

    fn forget_old(&mut self) {
        let closed = |lane: &&Arc<LaneModel>| lane.status.is_closed();
        if self.lanes.values().filter(closed).count() > Self::MAX_CLOSED {
            let oldest = self
                .lanes
                .values()
                .filter(closed)
                .min_by_key(|lane| (lane.closed_at, lane.ordinal))
                .map(|lane| lane.id.clone());
            if let Some(id) = oldest {
                self.lanes.remove(&id);
            }
        }
    }
}

/// Puts the lanes of children below that of their parent: of those that run, and of those that
/// have ended. The order is kept otherwise.
fn families(lanes: Vec<Arc<LaneModel>>) -> Vec<Arc<LaneModel>> {
    let shown: HashMap<_, _> = lanes
        .iter()
        .map(|lane| (lane.id.clone(), lane.status.is_closed()))
        .collect();
    let mut roots = Vec::new();
    let mut children: HashMap<InstanceId, Vec<Arc<LaneModel>>> = HashMap::new();
    for lane in lanes {
        let parent = lane.parent.as_ref().map(|parent| &parent.instance);
        match parent.filter(|id| shown.get(*id) == Some(&lane.status.is_closed())) {
            Some(parent) => children.entry(parent.clone()).or_default().push(lane),
            None => roots.push(lane),
        }
    }
    let mut ordered = Vec::new();
    let mut next: Vec<_> = roots.into_iter().rev().collect();
    while let Some(lane) = next.pop() {
        next.extend(children.remove(&lane.id).into_iter().flatten().rev());
        ordered.push(lane);
    }
    // Whoever is its own ancestor, in a store that was tampered with, is shown all the same.
    ordered.extend(children.into_values().flatten());
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload, Status},
        view::{
            Pace, caption,
            sample::{Sample, s},
        },
    };

    fn running(id: &str) -> Sample {
        let mut sample = Sample::new(id);
        sample.note(1.0, 1.0, 40);
        sample
    }

    #[test]
    fn a_snapshot_does_not_change_when_more_happens() {
        let mut projector = Projector::new();
        let mut bass = running("bass");
        projector.committed(&bass.commit());
        projector.committed(&running("harp").commit());
        let before = projector.snapshot();
        let pieces = before.lanes[0].pieces.len();
        bass.note(3.0, 1.0, 42);
        projector.committed(&bass.commit());
        let after = projector.snapshot();
        let bass = |s: &Snapshot| {
            s.lanes
                .iter()
                .position(|l| l.id.as_str() == "bass")
                .unwrap()
        };
        assert_eq!(before.lanes[bass(&before)].pieces.len(), pieces);
        assert!(after.lanes[bass(&after)].pieces.len() > pieces);
        let harp = |s: &Snapshot| s.lanes.iter().find(|l| l.id.as_str() == "harp").cloned();
        assert!(Arc::ptr_eq(&harp(&before).unwrap(), &harp(&after).unwrap()));
        assert!(after.version > before.version);
    }

    #[test]
    fn running_lanes_come_first_and_old_closed_ones_are_forgotten() {
        let mut projector = Projector::new();
        for n in 0..60 {
            let mut old = running(&format!("old-{n}"));
            old.status = Status::Completed;
            let output = Payload::null();
            old.add(
                10.0 + f64::from(n),
                EventKind::ExecutionCompleted { output },
            );
            projector.committed(&old.commit());
        }
        projector.committed(&running("bass").commit());
        let lanes = projector.snapshot().lanes.clone();
        assert_eq!(lanes[0].id.as_str(), "bass");
        assert_eq!(lanes[1].id.as_str(), "old-59");
        assert_eq!(lanes.len(), 1 + Projector::MAX_CLOSED);
    }

    #[test]
    fn the_caption_tells_the_hall_what_matters() {
        let mut projector = Projector::new();
        assert_eq!(
            caption(&projector.snapshot(), s(0.0)),
            "Nothing is running. Choose a score to begin."
        );
        projector.committed(&running("Bass").commit());
        let mut drummer = Sample::new("Drummer");
        for n in 0..3 {
            let at = f64::from(n) * 2.0;
            let task = drummer.schedule(at, "strike", Payload::null());
            let retry = (n == 2).then_some(6.5);
            drummer.fail(at + 1.0, task, 1, retry);
        }
        projector.committed(&drummer.commit());
        assert_eq!(
            caption(&projector.snapshot(), s(5.0)),
            "Drummer failed 3 times; retrying in 1.5 s. The other lanes keep playing."
        );
    }

    #[test]
    fn children_stand_below_their_parent_and_ended_ones_with_the_ended() {
        let mut projector = Projector::new();
        let mut done = Sample::new("tour/0").child_of("tour");
        let output = Payload::null();
        done.add(9.0, EventKind::ExecutionCompleted { output });
        done.status = Status::Completed;
        for sample in [
            Sample::new("bass"),
            Sample::new("tour/2").child_of("tour"),
            Sample::new("tour"),
            Sample::new("harp"),
            Sample::new("tour/2/1").child_of("tour/2"),
            Sample::new("tour/1").child_of("tour"),
            Sample::new("orphan").child_of("gone"),
            Sample::new("itself").child_of("itself"),
            done,
        ] {
            projector.committed(&sample.commit());
        }
        let snapshot = projector.snapshot();
        let order: Vec<_> = snapshot.lanes.iter().map(|lane| lane.id.as_str()).collect();
        assert_eq!(
            order,
            [
                "bass", "tour", "tour/2", "tour/2/1", "tour/1", "harp", "orphan", "tour/0",
                "itself"
            ]
        );
    }

    #[test]
    fn the_next_run_counts_its_own_events() {
        let mut projector = Projector::new();
        let mut first = running("vamp");
        let input = Payload::null();
        first.add(
            3.0,
            EventKind::ContinuedAsNew {
                input,
                keep_version: false,
            },
        );
        first.status = Status::ContinuedAsNew;
        let second = first.next_run(3.0);
        for sample in [&first, &second, &first, &second] {
            projector.committed(&sample.commit());
        }
        let snapshot = projector.snapshot();
        assert_eq!(snapshot.lanes.len(), 1);
        let counted: u32 = snapshot.overview.slices().iter().map(|s| s.count).sum();
        assert_eq!(counted as usize, first.events.len() + second.events.len());
        assert_eq!(snapshot.running(), 1);
    }

    #[test]
    fn trouble_with_the_store_is_told_while_it_lasts() {
        let mut projector = Projector::new();
        projector.committed(&running("bass").commit());
        let calm = caption(&projector.snapshot(), s(9.0));
        projector.trouble(Some("the disk is full".to_owned()));
        let troubled = projector.snapshot();
        assert_eq!(troubled.trouble.as_deref(), Some("the disk is full"));
        assert_eq!(
            caption(&troubled, s(9.0)),
            "The store cannot be written right now. Everything waits."
        );
        projector.trouble(Some("the disk is full".to_owned()));
        assert_eq!(projector.snapshot().version, troubled.version);
        projector.trouble(None);
        let over = projector.snapshot();
        assert!(over.version > troubled.version);
        assert_eq!(over.trouble, None);
        assert_eq!(caption(&over, s(9.0)), calm);
    }

    #[test]
    fn the_caption_tells_of_children_compensation_and_the_end_that_was_asked_for() {
        let told = |sample: &Sample| {
            let mut projector = Projector::new();
            projector.committed(&sample.commit());
            caption(&projector.snapshot(), s(5.0))
        };
        let mut tour = Sample::new("Tour");
        tour.child(1.0, "concert", "Tour/1");
        assert_eq!(told(&tour), "Tour is waiting for its child “concert”.");
        tour.child(1.0, "concert", "Tour/2");
        assert_eq!(told(&tour), "Tour is waiting for its 2 children.");
        let reason = String::new();
        tour.add(
            2.0,
            EventKind::ExecutionCancelRequested {
                reason,
                waits_for_children: true,
            },
        );
        assert_eq!(told(&tour), "Tour is being canceled and is cleaning up.");
        let name = "cancel the hall".to_owned();
        let registered = tour.add(3.0, EventKind::CompensationRegistered { name });
        tour.add(3.0, EventKind::CompensationStarted { registered });
        assert_eq!(
            told(&tour),
            "Tour is undoing completed steps because a later one failed: “cancel the hall”."
        );
    }

    #[test]
    fn the_picture_rests_when_nothing_can_change() {
        let mut projector = Projector::new();
        assert_eq!(projector.snapshot().pace(), Pace::Still);
        let mut oboe = Sample::new("oboe");
        oboe.wait_for(1.0, "applause", None);
        projector.committed(&oboe.commit());
        assert_eq!(projector.snapshot().pace(), Pace::Still);
        projector.transport(TransportView {
            rolling: true,
            ..TransportView::default()
        });
        assert_eq!(projector.snapshot().pace(), Pace::Flowing);
    }

    #[test]
    fn a_finished_performance_stays_in_view() {
        let mut projector = Projector::new();
        let mut bass = running("bass");
        assert_eq!(projector.snapshot().live_edge(s(50.0)), s(50.0));
        bass.status = Status::Completed;
        let output = Payload::null();
        bass.add(5.0, EventKind::ExecutionCompleted { output });
        projector.committed(&bass.commit());
        assert_eq!(projector.snapshot().live_edge(s(50.0)), s(5.0));
    }
}
