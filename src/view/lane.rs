//! One instance as the stage knows it: its history folded into a timeline, a table and a status.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    chunked::Chunked,
    palette::Rgb,
    piece::{Piece, PieceKind, Pieces},
    row::{Rank, Row, RowStatus},
    voices::Voices,
    words,
};
use crate::{
    engine::{Committed, Event, EventId, Fork, InstanceId, Parent, Payload, Status, Timestamp},
    music::{Beat, Beats},
    score::calls::Play,
};

/// What is known of the score that an instance performs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScoreFacts {
    /// Its title.
    pub title: String,
    /// Its text, as written.
    pub source: Arc<str>,
    /// Its instruments, the lane's own first.
    pub instruments: Vec<InstrumentFacts>,
    /// It begins again when it has ended.
    pub loops: bool,
}

/// What became of the file of a score since an instance of it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// It was changed, and can be played.
    Saved,
    /// It was changed, and cannot be played.
    Wrong {
        /// Its text.
        source: Arc<str>,
        /// The first line that is wrong, counted from 1.
        line: usize,
        /// What is wrong with it, in a sentence.
        message: Arc<str>,
    },
}

/// What is known of an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentFacts {
    /// Its name in the score.
    pub name: String,
    /// Its colour.
    pub color: [u8; 3],
}

/// Lines of a score's text, counted from 1, both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRange {
    /// The first line.
    pub first: usize,
    /// The last line.
    pub last: usize,
}

/// A note that was played: where it lies in beats and on the clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Played {
    /// When it began.
    pub onset: Timestamp,
    /// When it ended.
    pub until: Timestamp,
    /// The beat at which it began.
    pub at: Beat,
    /// Its length.
    pub length: Beats,
}

/// An activity that has not returned.
#[derive(Debug, Clone)]
pub(super) struct OpenTask {
    pub(super) label: Arc<str>,
    pub(super) max_attempts: u32,
    pub(super) row: usize,
    pub(super) play: Option<Play>,
    pub(super) queued: Option<usize>,
    pub(super) attempt: Option<usize>,
    pub(super) attempt_no: u32,
    pub(super) pause: Option<OpenPause>,
}

/// The pause before a retry.
#[derive(Debug, Clone)]
pub(super) struct OpenPause {
    pub(super) piece: usize,
    pub(super) row: usize,
    pub(super) due: Timestamp,
    pub(super) attempt: u32,
}

/// A child that it waits for.
#[derive(Debug, Clone)]
pub(super) struct OpenChild {
    pub(super) label: Arc<str>,
    pub(super) max_attempts: u32,
    pub(super) row: usize,
    pub(super) piece: Option<usize>,
    pub(super) pause: Option<OpenPause>,
}

/// A step that can be undone, or is being undone.
#[derive(Debug, Clone)]
pub(super) struct OpenUndo {
    pub(super) step: Arc<str>,
    pub(super) row: usize,
    pub(super) piece: Option<usize>,
}

/// A timer that has not fired.
#[derive(Debug, Clone)]
pub(super) struct OpenTimer {
    pub(super) piece: usize,
    pub(super) row: usize,
    /// The event that ends the wait, if it waits for one.
    pub(super) cue: Option<Arc<str>>,
}

/// A workflow tries again what failed; known until that succeeds or fails anew.
#[derive(Debug, Clone)]
pub(super) struct Retried {
    pub(super) task: Arc<str>,
    pub(super) attempt: u32,
    pub(super) since: Timestamp,
}

/// One instance, folded from its history. A copy is cheap and shares the history.
///
/// When it continues as new, or its id is used again, the next run goes on in the same lane.
#[derive(Debug, Clone)]
pub struct LaneModel {
    /// The instance.
    pub id: InstanceId,
    /// Which run of it: 1, 2, ...
    pub run: u32,
    /// Whose child it is.
    pub parent: Option<Parent>,
    /// What its history was taken from.
    pub fork: Option<Fork>,
    /// Name of its workflow.
    pub workflow: Arc<str>,
    /// How it is.
    pub status: Status,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Activities under way.
    pub in_flight: u32,
    /// Its timeline.
    pub pieces: Pieces,
    /// Its event table, oldest first.
    pub rows: Chunked<Row>,
    /// Its score, if it performs one.
    pub facts: Option<Arc<ScoreFacts>>,
    /// The score's file is another by now.
    pub edit: Option<Arc<Edit>>,
    /// The lines of the score that are performed now.
    pub progress: Option<LineRange>,
    /// Notes to come.
    pub foreseen: Arc<[Play]>,
    /// Its place in the order of starts; gives its colour if the score names none.
    pub ordinal: usize,
    /// How often it changed; two copies with the same number are the same.
    pub version: u64,

    pub(super) next: EventId,
    pub(super) early: BTreeMap<EventId, Event>,
    pub(super) tasks: BTreeMap<EventId, OpenTask>,
    pub(super) timers: BTreeMap<EventId, OpenTimer>,
    pub(super) children: BTreeMap<EventId, OpenChild>,
    pub(super) undos: BTreeMap<EventId, OpenUndo>,
    pub(super) held: Option<usize>,
    /// When it was held last.
    pub(super) held_at: Option<Timestamp>,
    /// Its time stands still while it is held.
    pub(super) freezes: bool,
    /// Somebody asked it to end, with these words.
    pub(super) asked: Option<Arc<str>>,
    pub(super) stalled: Option<usize>,
    pub(super) voices: Voices,
    pub(super) in_a_row: HashMap<Arc<str>, u32>,
    pub(super) last_failure: Option<(Arc<str>, u32, Timestamp, Arc<str>)>,
    pub(super) retried: Option<Retried>,
    pub(super) note: Option<Arc<str>>,
    pub(super) ending: Option<Arc<str>>,
    pub(super) last_event_at: Timestamp,
}

impl LaneModel {
    /// So many pieces of earlier runs are kept; a lane with more begins anew with its next run.
    const REMEMBERED: usize = 20_000;

    /// An instance of which nothing is known yet.
    pub fn new(id: InstanceId, ordinal: usize) -> Self {
        Self {
            workflow: Arc::from(id.as_str()),
            id,
            run: 1,
            parent: None,
            fork: None,
            status: Status::Pending,
            started_at: Timestamp(0),
            closed_at: None,
            in_flight: 0,
            pieces: Pieces::default(),
            rows: Chunked::default(),
            facts: None,
            edit: None,
            progress: None,
            foreseen: Arc::from([]),
            ordinal,
            version: 0,
            next: EventId(0),
            early: BTreeMap::new(),
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            children: BTreeMap::new(),
            undos: BTreeMap::new(),
            held: None,
            held_at: None,
            freezes: true,
            asked: None,
            stalled: None,
            voices: Voices::default(),
            in_a_row: HashMap::new(),
            last_failure: None,
            retried: None,
            note: None,
            ending: None,
            last_event_at: Timestamp(0),
        }
    }

    /// Takes in a commit. Events that are known or of an earlier run are passed over; events that
    /// come too early wait for those before them. Returns the notes that it told of.
    pub fn committed(&mut self, commit: &Committed) -> Vec<Played> {
        self.version += 1;
        match commit.instance.run.cmp(&self.run) {
            Ordering::Less => return Vec::new(),
            Ordering::Equal => {}
            Ordering::Greater => self.begin_run(commit.instance.run),
        }
        let newest = commit.events.iter().map(|e| e.id).max();
        if newest.is_none_or(|id| id >= self.next) {
            let summary = &commit.instance;
            self.workflow = Arc::from(summary.workflow.as_str());
            self.status = summary.status;
            self.started_at = summary.started_at;
            self.closed_at = summary.closed_at;
            self.in_flight = summary.in_flight;
            self.parent.clone_from(&summary.parent);
            self.fork.clone_from(&summary.fork);
            if let Some(note) = &summary.custom_status {
                self.set_note(note);
            }
        }
        for event in &commit.events {
            if event.id >= self.next {
                self.early.insert(event.id, event.clone());
            }
        }
        let mut played = Vec::new();
        while let Some(event) = self.early.remove(&self.next) {
            self.next = self.next.next();
            self.last_event_at = self.last_event_at.max(event.at);
            self.fold(&event, &mut played);
        }
        if self.status == Status::Suspended && self.in_flight == 0 {
            self.given_back();
        }
        played
    }

    /// The lane does not know this event of a commit yet.
    pub(super) fn is_news(&self, commit: &Committed, event: &Event) -> bool {
        match commit.instance.run.cmp(&self.run) {
            Ordering::Less => false,
            Ordering::Equal => event.id >= self.next,
            Ordering::Greater => true,
        }
    }

    /// The next run of the same instance: its events are counted from 0 again, and none of them
    /// belongs to one of an earlier run.
    fn begin_run(&mut self, run: u32) {
        self.close_everything(self.last_event_at);
        if self.pieces.len() > Self::REMEMBERED {
            self.pieces = Pieces::default();
            self.rows = Chunked::default();
        }
        self.run = run;
        self.next = EventId(0);
        self.early.clear();
        self.held_at = None;
        self.asked = None;
        self.in_a_row.clear();
        self.last_failure = None;
        self.retried = None;
        self.note = None;
        self.ending = None;
        self.foreseen = Arc::from([]);
        self.progress = None;
    }

    /// When the lane's time stopped; `None` while it runs.
    pub fn frozen_at(&self) -> Option<Timestamp> {
        let frozen = self.status == Status::Suspended && self.freezes;
        self.held_at.filter(|_| frozen)
    }

    /// Its id, and where it comes from: `order-7 · run 2 · child of tour-1`.
    pub fn descent(&self) -> String {
        let mut words = self.id.to_string();
        if self.run > 1 {
            words += &format!(" · run {}", self.run);
        }
        if let Some(parent) = &self.parent {
            words += &format!(" · child of {}", parent.instance);
        }
        if let Some(fork) = &self.fork {
            words += &format!(" · fork of {}", fork.instance);
        }
        words
    }

    /// The name that the hall reads.
    pub fn title(&self) -> &str {
        match &self.facts {
            Some(facts) if !facts.title.is_empty() => &facts.title,
            _ => &self.workflow,
        }
    }

    /// The lane's colour.
    pub fn color(&self) -> Rgb {
        let named = self.facts.as_ref().and_then(|f| f.instruments.first());
        named.map_or(Rgb::of_lane(self.ordinal), |i| Rgb(i.color).readable())
    }

    /// The colour of one of its instruments.
    pub fn color_of(&self, instrument: &str) -> Rgb {
        let facts = self.facts.iter().flat_map(|f| &f.instruments);
        facts
            .into_iter()
            .find(|i| i.name == instrument)
            .map_or_else(|| self.color(), |i| Rgb(i.color).readable())
    }

    /// The last moment of which the lane tells.
    pub fn last_moment(&self) -> Timestamp {
        self.closed_at.unwrap_or(self.last_event_at)
    }

    /// Names of the events that it waits for, the oldest wait first; of a wait for several, the
    /// likeliest.
    pub fn cues(&self) -> impl Iterator<Item = &Arc<str>> {
        let timers = self.timers.values();
        timers.filter_map(|timer| timer.cue.as_ref())
    }

    pub(super) fn set_note(&mut self, note: &Payload) {
        let text = words::payload(note, 60);
        self.note = (!text.is_empty()).then(|| text.into());
    }

    pub(super) fn begin(&mut self, event: &Event, kind: PieceKind) -> usize {
        self.begin_at(event, event.at, kind)
    }

    pub(super) fn begin_at(&mut self, event: &Event, from: Timestamp, kind: PieceKind) -> usize {
        self.pieces.push(Piece {
            event: event.id,
            from,
            until: None,
            kind,
        })
    }

    pub(super) fn mark(&mut self, event: &Event, kind: PieceKind) {
        self.pieces.push(Piece {
            event: event.id,
            from: event.at,
            until: Some(event.at),
            kind,
        });
    }

    /// A row of the table.
    pub(super) fn row(
        &mut self,
        event: &Event,
        title: impl Into<Arc<str>>,
        status: RowStatus,
        payload: impl Into<Arc<str>>,
    ) -> usize {
        self.ranked(Rank::Main, event, title.into(), status, payload.into())
    }

    /// A row that belongs to the one before: an attempt, a pause.
    pub(super) fn part(
        &mut self,
        event: &Event,
        title: impl Into<Arc<str>>,
        status: RowStatus,
        payload: impl Into<Arc<str>>,
    ) -> usize {
        self.ranked(Rank::Part, event, title.into(), status, payload.into())
    }

    fn ranked(
        &mut self,
        rank: Rank,
        event: &Event,
        title: Arc<str>,
        status: RowStatus,
        payload: Arc<str>,
    ) -> usize {
        self.rows.push(Row {
            event: event.id,
            rank,
            title,
            status,
            payload,
        })
    }

    pub(super) fn set_row(&mut self, place: usize, status: RowStatus) {
        if let Some(row) = self.rows.get_mut(place) {
            row.status = status;
        }
    }
}
