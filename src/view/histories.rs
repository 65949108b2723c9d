//! Histories beyond the running performance: what a search of the store found, and the histories that
//! were opened from the store or from a file.
//!
//! An opened history is shown only while it is replayed, in a [scene](super::Scene) of its own: the
//! running performance keeps its lanes, its overview and its extent.

use std::sync::Arc;

use super::{
    history_query::HistoryQuery, lane::LaneModel, lane_state::LaneState, overview::Overview,
    palette::Rgb, playhead::TimeRange, time_map::TimeMap,
};
use crate::{
    backend::BackendName,
    engine::{Fork, InstanceId, InstanceSummary, Status, Timestamp},
};

/// Histories beyond the running performance.
#[derive(Debug, Clone, Default)]
pub struct Histories {
    /// What the last search of the store found.
    pub found: FoundHistories,
    /// The opened histories, in the order in which they were opened.
    pub opened: Vec<Arc<OpenedHistory>>,
    /// The histories that are being read.
    pub opening: Vec<Opening>,
    /// Originals of reruns on the stage, read from the store because they are neither on the stage nor
    /// opened. Each begins with a run that was rerun.
    pub originals: Vec<Arc<OpenedHistory>>,
}

impl Histories {
    /// An opened history.
    pub fn opened(&self, id: &InstanceId) -> Option<&Arc<OpenedHistory>> {
        self.opened.iter().find(|opened| opened.lane.id == *id)
    }

    /// The original of a fork, if it was read.
    pub fn original(&self, fork: &Fork) -> Option<&Arc<OpenedHistory>> {
        let begins = |original: &OpenedHistory| original.lane.history.get(0).map(|first| first.run);
        let is_it = |original: &&Arc<OpenedHistory>| {
            original.lane.id == fork.instance
                && begins(original).is_some_and(|first| first <= fork.run)
        };
        self.originals.iter().find(is_it)
    }
}

/// What a search of the store and of attached engines found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FoundHistories {
    /// The search.
    pub query: HistoryQuery,
    /// What was found so far, newest first: those of the store, then those of other engines.
    pub cards: Arc<[HistoryCard]>,
    /// Whether there may be more.
    pub more: MoreHistories,
}

/// Whether a search may find more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MoreHistories {
    /// It is still searching.
    #[default]
    Searching,
    /// There may be more: ask for the next page.
    NextPage,
    /// That is all.
    None,
}

/// An instance of the store or of another engine.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryCard {
    /// Its id.
    pub id: InstanceId,
    /// The name of its workflow: that of its score.
    pub workflow: String,
    /// Its latest run: 1, 2, ...
    pub run: u32,
    /// The status of its latest run.
    pub status: Status,
    /// When its latest run started.
    pub started_at: Timestamp,
    /// When its latest run closed.
    pub closed_at: Option<Timestamp>,
    /// Its tags, `name=value`.
    pub tags: Vec<String>,
}

impl From<&InstanceSummary> for HistoryCard {
    fn from(summary: &InstanceSummary) -> Self {
        let tags = summary.tags.iter();
        Self {
            id: summary.id.clone(),
            workflow: summary.workflow.clone(),
            run: summary.run,
            status: summary.status,
            started_at: summary.started_at,
            closed_at: summary.closed_at,
            tags: tags
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        }
    }
}

impl HistoryCard {
    /// Its id, and the engine that it is an instance of unless that is the own one.
    pub fn place(&self) -> String {
        match BackendName::split(&self.id) {
            Some((name, id)) => format!("{id} · {name}"),
            None => self.id.to_string(),
        }
    }

    /// The color of its status.
    pub fn color(&self) -> Rgb {
        match self.status {
            Status::Running => Rgb::GOOD,
            Status::Failed | Status::Stalled => Rgb::ALARM,
            _ => Rgb::MUTED,
        }
    }
}

/// Where an opened history came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistorySource {
    /// The store.
    Store,
    /// An exported file of this name.
    File(Arc<str>),
    /// Another engine.
    Backend(BackendName),
}

/// A history that was opened, folded into a lane.
#[derive(Debug, Clone)]
pub struct OpenedHistory {
    /// Counts up with every request to open one: the largest is the one to show.
    pub number: OpeningNumber,
    /// Where it came from.
    pub source: HistorySource,
    /// Its lane. The id of a history from a file is made up, so that no command for it reaches an
    /// instance of the store.
    pub lane: Arc<LaneModel>,
    /// Its events over time.
    pub overview: Arc<Overview>,
    /// Its beats over time.
    pub time_map: Arc<TimeMap>,
}

impl OpenedHistory {
    /// From its first event to the end of its last event and note.
    pub fn range(&self) -> TimeRange {
        let last = self.lane.over_at();
        let first = self.lane.history.first_at().unwrap_or(last);
        TimeRange::between(first, last.max(first))
    }

    /// Where it came from, in a few words.
    pub fn origin(&self) -> String {
        match &self.source {
            HistorySource::Store => "from the store".to_owned(),
            HistorySource::File(name) => format!("from {name}"),
            HistorySource::Backend(name) => format!("from {name}"),
        }
    }

    /// The word for its state at the end: a history of an open instance ends while it runs.
    pub fn ends(&self) -> &'static str {
        match self.lane.state() {
            LaneState::Closed { .. } => self.lane.state().label(),
            _ => "Open",
        }
    }
}

/// The number of a request to open a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OpeningNumber(pub u64);

/// A history that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The request.
    pub number: OpeningNumber,
    /// The id of the instance, or the name of the file.
    pub name: Arc<str>,
    /// Events that were read.
    pub read: u64,
    /// Events in all; 0: not known.
    pub events: u64,
}

impl Opening {
    /// The progress, as a sentence.
    pub fn label(&self) -> String {
        match self.events {
            0 => format!("Reading {} …", self.name),
            all => format!("Reading {}: {} of {all} events", self.name, self.read),
        }
    }

    /// The part that was read, 0 to 1.
    pub fn part(&self) -> f32 {
        match self.events {
            0 => 0.0,
            all => (self.read as f32 / all as f32).clamp(0.0, 1.0),
        }
    }
}
