//! A lane: one instance, with its history folded into a timeline and a status.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use super::{
    early_retry::EarlyRetries,
    format,
    idle_time::BusyTime,
    lane_history::{LaneHistory, RunEvent},
    motion::Moves,
    open_operation::{
        OpenActivity, OpenCompensation, OpenOperation, OpenTimer, Unfinished, WorkflowRetry,
    },
    palette::Rgb,
    remote_turns::RemoteTurns,
    score_facts::{Edit, LineRange, ScoreFacts},
    serving::WaitingActivitiesView,
    sub_rows::{Forks, Slot, Slots},
    timeline::Timeline,
    timeline_entry::{EntryKind, TimelineEntry},
    voices::Voices,
};
use crate::{
    backend::{Abilities, BackendName},
    engine::{Committed, Event, EventId, Fork, InstanceId, Parent, Payload, Status, Timestamp},
    music::{Beat, Beats},
    score::calls::Play,
};

/// A note that was played: its place in beats and on the clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlayedNote {
    /// When it began.
    pub onset: Timestamp,
    /// When it ended.
    pub until: Timestamp,
    /// The beat at which it began.
    pub at: Beat,
    /// Its length.
    pub length: Beats,
}

/// One instance, folded from its history. A copy is cheap and shares the history.
///
/// When it continues as new, or its id is used again, the next run continues in the same lane.
#[derive(Debug, Clone)]
pub struct LaneModel {
    /// The instance.
    pub id: InstanceId,
    /// Its run: 1, 2, ...
    pub run: u32,
    /// The instance that started it as a child.
    pub parent: Option<Parent>,
    /// The history that it was forked from.
    pub fork: Option<Fork>,
    /// Name of its workflow.
    pub workflow: Arc<str>,
    /// Its status.
    pub status: Status,
    /// When its first run started.
    pub first_started_at: Timestamp,
    /// When this run started.
    pub started_at: Timestamp,
    /// When it closed.
    pub closed_at: Option<Timestamp>,
    /// Its timeline.
    pub timeline: Timeline,
    /// Its score, if it performs one.
    pub facts: Option<Arc<ScoreFacts>>,
    /// The change of its score's file since it started.
    pub edit: Option<Arc<Edit>>,
    /// The lines of the score that are playing now.
    pub progress: Option<LineRange>,
    /// Notes that will play if nothing intervenes.
    pub upcoming: Arc<[Play]>,
    /// Its events, for replay.
    pub history: LaneHistory,
    /// The engine that it is an instance of; `None`: the own one.
    pub backend: Option<BackendName>,
    /// What can be done with it.
    pub abilities: Abilities,
    /// Whether it has turns of a worker: another engine ran it.
    pub has_turns: bool,
    /// Its turns, if its code is in another process.
    pub(super) remote: Option<RemoteTurns>,
    /// Its activities that wait for a worker.
    pub(super) waiting_activities: Option<WaitingActivitiesView>,
    /// Its place in the order of starts; gives its color if the score names none.
    pub ordinal: usize,
    /// Counts up with every change: two copies with the same number are equal.
    pub version: u64,

    /// The next event to fold.
    pub(super) next: EventId,
    /// Events that came before those that precede them.
    pub(super) out_of_order: BTreeMap<EventId, Arc<Event>>,
    pub(super) activities: BTreeMap<EventId, OpenActivity>,
    pub(super) timers: BTreeMap<EventId, OpenTimer>,
    pub(super) children: BTreeMap<EventId, OpenOperation>,
    pub(super) compensations: BTreeMap<EventId, OpenCompensation>,
    /// Compensations that this run has started.
    pub(super) undone: u32,
    /// Its start is delayed and has not come.
    pub(super) starts_later: bool,
    pub(super) early_retries: EarlyRetries,
    /// The sub-rows of what is open.
    pub(super) slots: Slots,
    pub(super) forks: Forks,
    /// The open entry of a pause.
    pub(super) pause: Option<usize>,
    /// When it was last paused.
    pub(super) paused_at: Option<Timestamp>,
    /// The reason given with the last pause.
    pub(super) pause_reason: Arc<str>,
    /// Whether a pause stops its timers.
    pub(super) freezes_time: bool,
    /// The reason given with a request to cancel it.
    pub(super) cancel_reason: Option<Arc<str>>,
    /// The open entry of a stall.
    pub(super) stall: Option<usize>,
    pub(super) voices: Voices,
    /// Failures in a row, by operation.
    pub(super) failures_in_a_row: BTreeMap<Arc<str>, u32>,
    pub(super) workflow_retry: Option<WorkflowRetry>,
    pub(super) custom_status: Option<Arc<str>>,
    /// The custom status as a whole.
    pub(super) status_data: Option<Payload>,
    /// When something happens.
    pub(super) busy: BusyTime,
    /// Its tags.
    pub(super) tags: Arc<BTreeMap<String, String>>,
    pub(super) close_reason: Option<Arc<str>>,
    pub(super) last_event_at: Timestamp,
    /// When its last note ends.
    pub(super) last_note_end: Timestamp,
    /// Its latest changes that are shown with motion.
    pub(super) moves: Moves,
}

impl LaneModel {
    /// With more entries than this, a lane forgets its earlier runs when the next one starts.
    const MAX_KEPT_ENTRIES: usize = 60_000;

    /// A lane for an instance without any events yet.
    pub fn new(id: InstanceId, ordinal: usize) -> Self {
        Self {
            workflow: Arc::from(BackendName::shown(&id)),
            backend: BackendName::split(&id).map(|(backend, _)| backend),
            abilities: Abilities::ALL,
            id,
            run: 1,
            parent: None,
            fork: None,
            status: Status::Pending,
            first_started_at: Timestamp(0),
            started_at: Timestamp(0),
            closed_at: None,
            timeline: Timeline::default(),
            facts: None,
            edit: None,
            progress: None,
            upcoming: Arc::from([]),
            history: LaneHistory::default(),
            has_turns: false,
            remote: None,
            waiting_activities: None,
            ordinal,
            version: 0,
            next: EventId(0),
            out_of_order: BTreeMap::new(),
            activities: BTreeMap::new(),
            timers: BTreeMap::new(),
            children: BTreeMap::new(),
            compensations: BTreeMap::new(),
            undone: 0,
            moves: Moves::default(),
            starts_later: false,
            early_retries: EarlyRetries::default(),
            slots: Slots::default(),
            forks: Forks::default(),
            pause: None,
            paused_at: None,
            pause_reason: Arc::from(""),
            freezes_time: true,
            cancel_reason: None,
            stall: None,
            voices: Voices::default(),
            failures_in_a_row: BTreeMap::new(),
            workflow_retry: None,
            custom_status: None,
            status_data: None,
            busy: BusyTime::default(),
            tags: Arc::default(),
            close_reason: None,
            last_event_at: Timestamp(0),
            last_note_end: Timestamp(0),
        }
    }

    /// Folds a commit. Events that are known or belong to an earlier run are skipped; events that come
    /// too early wait for those before them. Returns the notes that were played.
    pub fn committed(&mut self, commit: &Committed) -> Vec<PlayedNote> {
        self.version += 1;
        let run = commit.instance.run;
        match run.cmp(&self.run) {
            Ordering::Less => return Vec::new(),
            Ordering::Equal => {}
            Ordering::Greater => self.begin_run(run),
        }
        let newest = commit.events.iter().map(|e| e.id).max();
        let is_newest = newest.is_none_or(|id| id >= self.next);
        let mut played = Vec::new();
        for event in &commit.events {
            if event.id < self.next {
                continue;
            }
            let event = Arc::new(event.clone());
            if event.id > self.next {
                self.out_of_order.insert(event.id, event);
                continue;
            }
            self.record(RunEvent { run, event }, &mut played);
            while let Some(event) = self.out_of_order.remove(&self.next) {
                self.record(RunEvent { run, event }, &mut played);
            }
        }
        // Results that arrive during a pause are queued in the engine and not in the history yet.
        let is_drained = commit.instance.in_flight == 0;
        if is_newest && is_drained && self.status == Status::Suspended {
            self.requeue_attempts();
        }
        played
    }

    /// Folds the next event of a run and keeps it for replay.
    pub(super) fn record(&mut self, event: RunEvent, played: &mut Vec<PlayedNote>) {
        self.history.push(event.clone());
        self.apply(&event, played);
        if self.history.is_checkpoint_due() && !self.has_requeued_attempts() {
            let history = LaneHistory::default();
            let model = Self {
                history,
                upcoming: Arc::from([]),
                edit: None,
                out_of_order: BTreeMap::new(),
                ..self.clone()
            };
            self.history.keep(Arc::new(model));
        }
    }

    /// Folds the next event of a run. The result depends on nothing but the events so far.
    pub(super) fn apply(&mut self, event: &RunEvent, played: &mut Vec<PlayedNote>) {
        if event.run > self.run {
            self.begin_run(event.run);
        }
        let event = &event.event;
        self.next = event.id.next();
        self.last_event_at = self.last_event_at.max(event.at);
        self.busy.add(event.at, event.at);
        self.early_retries.add(event);
        self.fold(event, played);
    }

    /// Whether the lane has not seen this event of a commit yet.
    pub(super) fn is_new(&self, commit: &Committed, event: &Event) -> bool {
        match commit.instance.run.cmp(&self.run) {
            Ordering::Less => false,
            Ordering::Equal => event.id >= self.next,
            Ordering::Greater => true,
        }
    }

    /// Starts the next run of the same instance. Its events are numbered from 0 again, and none of them
    /// refers to one of an earlier run.
    fn begin_run(&mut self, run: u32) {
        self.close_everything(self.last_event_at, Unfinished::Canceled);
        if self.timeline.len() > Self::MAX_KEPT_ENTRIES {
            self.timeline = Timeline::default();
        }
        self.run = run;
        self.next = EventId(0);
        self.out_of_order.clear();
        self.status = Status::Pending;
        self.closed_at = None;
        self.forks = Forks::default();
        self.paused_at = None;
        self.undone = 0;
        self.cancel_reason = None;
        self.failures_in_a_row.clear();
        self.workflow_retry = None;
        self.custom_status = None;
        self.status_data = None;
        self.tags = Arc::default();
        self.close_reason = None;
        self.upcoming = Arc::from([]);
        self.progress = None;
    }

    /// Activities that are running.
    pub fn in_flight(&self) -> u32 {
        let activities = self.activities.values();
        let running = activities.filter(|activity| activity.operation.is_running());
        u32::try_from(running.count()).unwrap_or(u32::MAX)
    }

    /// When the lane's clock was frozen; `None` while it runs.
    pub fn frozen_at(&self) -> Option<Timestamp> {
        let frozen = self.status == Status::Suspended && self.freezes_time;
        self.paused_at.filter(|_| frozen)
    }

    /// Its id, run and parent: `order-7 · run 2 · child of tour-1`. Of an instance of another engine, whose
    /// title is its id, the name of its workflow.
    pub fn lineage(&self) -> String {
        let id = BackendName::shown(&self.id);
        let mut text = match self.title() == id {
            true => self.workflow.to_string(),
            false => id.to_owned(),
        };
        if self.run > 1 {
            text += &format!(" · run {}", self.run);
        }
        if let Some(parent) = &self.parent {
            text += &format!(" · child of {}", BackendName::shown(&parent.instance));
        }
        text
    }

    /// The listening score by which its events sound, in words; `None`: they are silent. `in_use` is the
    /// name of the one in use.
    pub fn heard_by(&self, in_use: Option<&str>) -> Option<String> {
        let facts = self.facts.as_ref();
        let heard_by = facts.map_or_else(Default::default, |facts| facts.heard_by);
        let words = heard_by.words(in_use)?;
        Some(format!("Listening score: {words}"))
    }

    /// Its title on screen: that of its score, or the name of its workflow. An instance of another engine
    /// is one of many of its workflow: its id tells them apart.
    pub fn title(&self) -> &str {
        match &self.facts {
            Some(facts) if !facts.title.is_empty() => &facts.title,
            _ if self.backend.is_some() => BackendName::shown(&self.id),
            _ => &self.workflow,
        }
    }

    /// The lane's color.
    pub fn color(&self) -> Rgb {
        let named = self.facts.as_ref().and_then(|f| f.colored().first());
        named.map_or(Rgb::of_lane(self.ordinal), |i| Rgb(i.color).readable())
    }

    /// The color of one of its instruments.
    pub fn color_of(&self, instrument: &str) -> Rgb {
        let facts = self.facts.iter().flat_map(|f| f.colored());
        facts
            .into_iter()
            .find(|i| i.name == instrument)
            .map_or_else(|| self.color(), |i| Rgb(i.color).readable())
    }

    /// The time of its end, or else of its last event.
    pub fn last_moment(&self) -> Timestamp {
        self.closed_at.unwrap_or(self.last_event_at)
    }

    /// When everything it did is over: its last event, and the end of its last note.
    pub fn over_at(&self) -> Timestamp {
        self.last_moment().max(self.last_note_end)
    }

    /// Names of the events that it waits for, the oldest wait first. A wait for several events gives the
    /// first of them.
    pub fn cues(&self) -> impl Iterator<Item = &Arc<str>> {
        let timers = self.timers.values();
        timers.filter_map(|timer| timer.cues.first())
    }

    /// The types of all events that it waits for, each once, the oldest wait first.
    pub fn awaited(&self) -> Vec<Arc<str>> {
        let mut awaited: Vec<Arc<str>> = Vec::new();
        for cue in self.timers.values().flat_map(|timer| &timer.cues) {
            if !awaited.contains(cue) {
                awaited.push(Arc::clone(cue));
            }
        }
        awaited
    }

    pub(super) fn set_custom_status(&mut self, status: &Payload) {
        let text = format::payload(status, 60);
        self.custom_status = (!text.is_empty()).then(|| text.into());
        self.status_data = self.custom_status.as_ref().map(|_| status.clone());
    }

    /// Opens a timeline entry and returns its index.
    pub(super) fn begin(&mut self, event: &Event, kind: EntryKind) -> usize {
        self.begin_in(Slot::default(), event, kind)
    }

    /// Opens a timeline entry in a sub-row and returns its index.
    pub(super) fn begin_in(&mut self, slot: Slot, event: &Event, kind: EntryKind) -> usize {
        self.timeline.push(TimelineEntry {
            event: event.id,
            from: event.at,
            until: None,
            slot,
            kind,
        })
    }

    /// Adds a timeline entry without length.
    pub(super) fn mark(&mut self, event: &Event, kind: EntryKind) {
        self.mark_in(Slot::default(), event, kind);
    }

    /// Adds a timeline entry without length in a sub-row.
    pub(super) fn mark_in(&mut self, slot: Slot, event: &Event, kind: EntryKind) {
        self.timeline.push(TimelineEntry {
            event: event.id,
            from: event.at,
            until: Some(event.at),
            slot,
            kind,
        });
    }

    /// Its instruments with the keys that they play, including the notes that will play, the highest
    /// first.
    pub fn voices(&self) -> Voices {
        let mut voices = self.voices.clone();
        for play in self.upcoming.iter() {
            for key in &play.keys {
                voices.add(&play.instrument, *key);
            }
        }
        voices.highest_first();
        voices
    }
}
