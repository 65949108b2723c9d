//! The names of what lanes did, so that a search need not look at every event again.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{
    engine::{InstanceId, Timestamp},
    view::{
        lane::LaneModel,
        snapshot::Snapshot,
        timeline_entry::{EntryKind, WaitOn},
    },
};

/// The names of activities and events, with the lanes in which they occur. It reads the timelines of the
/// lanes bit by bit, each entry once.
#[derive(Debug, Clone, Default)]
pub struct NameIndex {
    pub(super) names: Vec<Named>,
    by_name: HashMap<(Happening, Arc<str>), usize>,
    pub(super) lanes: Vec<InstanceId>,
    by_lane: HashMap<InstanceId, LaneNumber>,
    read: Vec<Read>,
    occurrences: usize,
}

/// The number of a lane in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LaneNumber(pub usize);

/// How far the timeline of a lane was read.
#[derive(Debug, Clone, Default)]
struct Read {
    next: usize,
    /// When its first entry began: another one means that the timeline was begun again.
    first: Option<Timestamp>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Happening {
    Activity,
    Failure,
    Child,
    Compensation,
    Raised,
    Sent,
    Wait,
}

/// Something that happened in some lanes.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub what: Happening,
    /// In words: `charge-card failed`.
    pub words: String,
    pub places: BTreeMap<LaneNumber, Occurrence>,
}

/// The latest time that it happened in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Occurrence {
    pub at: Timestamp,
    /// The index of the timeline's entry.
    pub entry: usize,
    /// How often it happened.
    pub count: usize,
}

/// Whether everything is in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    /// There is more to read.
    Partly,
    /// All of it is.
    Whole,
}

impl NameIndex {
    /// Entries that are read at once: a frame is not late because of them.
    pub const AT_ONCE: usize = 20_000;
    /// The most names.
    pub const MOST_NAMES: usize = 5_000;
    /// The most pairs of a name and a lane.
    pub const MOST_OCCURRENCES: usize = 100_000;

    /// Reads some of what is new, at most so many entries. Returns how many were read, and whether that
    /// was all.
    pub fn read(&mut self, snapshot: &Snapshot, most: usize) -> (usize, Indexed) {
        let mut left = most;
        for lane in &snapshot.lanes {
            let number = self.number(&lane.id);
            let Some(read) = self.read.get_mut(number.0) else {
                continue;
            };
            let first = lane.timeline.get(0).map(|entry| entry.from);
            let is_another = read.first.is_some() && read.first != first;
            if is_another || lane.timeline.len() < read.next {
                read.next = 0;
            }
            read.first = first;
            let from = read.next;
            let until = lane.timeline.len().min(from + left);
            read.next = until;
            left -= until - from;
            for index in from..until {
                self.add(lane, number, index);
            }
            if until < lane.timeline.len() {
                return (most - left, Indexed::Partly);
            }
        }
        (most - left, Indexed::Whole)
    }

    /// The number of a lane in the index.
    pub(super) fn number_of(&self, lane: &InstanceId) -> Option<LaneNumber> {
        self.by_lane.get(lane).copied()
    }

    fn number(&mut self, lane: &InstanceId) -> LaneNumber {
        if let Some(number) = self.by_lane.get(lane) {
            return *number;
        }
        let number = LaneNumber(self.lanes.len());
        self.lanes.push(lane.clone());
        self.read.push(Read::default());
        self.by_lane.insert(lane.clone(), number);
        number
    }

    fn add(&mut self, lane: &LaneModel, number: LaneNumber, entry: usize) {
        let Some(found) = lane.timeline.get(entry) else {
            return;
        };
        let Some((what, name)) = Happening::of(&found.kind) else {
            return;
        };
        let key = (what, Arc::clone(name));
        let index = match self.by_name.get(&key) {
            Some(index) => *index,
            None if self.names.len() >= Self::MOST_NAMES => return,
            None => {
                let words = what.words(name);
                let places = BTreeMap::new();
                self.names.push(Named {
                    what,
                    words,
                    places,
                });
                self.by_name.insert(key, self.names.len() - 1);
                self.names.len() - 1
            }
        };
        let Some(named) = self.names.get_mut(index) else {
            return;
        };
        let at = found.from;
        match named.places.get_mut(&number) {
            Some(known) => {
                let count = known.count + 1;
                *known = Occurrence { at, entry, count };
            }
            None if self.occurrences < Self::MOST_OCCURRENCES => {
                self.occurrences += 1;
                let count = 1;
                named.places.insert(number, Occurrence { at, entry, count });
            }
            None => {}
        }
    }
}

impl Happening {
    fn of(kind: &EntryKind) -> Option<(Self, &Arc<str>)> {
        Some(match kind {
            EntryKind::Attempt { task, .. } => (Self::Activity, task),
            EntryKind::Failure { task, .. } => (Self::Failure, task),
            EntryKind::Child { name, .. } | EntryKind::Detached { name, .. } => (Self::Child, name),
            EntryKind::Compensation { step, .. } => (Self::Compensation, step),
            EntryKind::Raised { name, .. } => (Self::Raised, name),
            EntryKind::Sent { name, .. } => (Self::Sent, name),
            EntryKind::Wait {
                on: WaitOn::Event(name),
                ..
            } => (Self::Wait, name),
            _ => return None,
        })
    }

    fn words(self, name: &str) -> String {
        match self {
            Self::Activity => name.to_owned(),
            Self::Failure => format!("{name} failed"),
            Self::Child => format!("child {name}"),
            Self::Compensation => format!("compensation {name}"),
            Self::Raised => format!("{name} received"),
            Self::Sent => format!("{name} sent"),
            Self::Wait => format!("wait for {name}"),
        }
    }

    /// Whether it is an event of workflows, rather than something that they do.
    pub fn is_event(self) -> bool {
        matches!(self, Self::Raised | Self::Sent | Self::Wait)
    }
}
