//! The search over everything: actions, lanes, what lanes did, scores, markers and groups. The best matches
//! come first.
//!
//! A search looks at every lane and at every name once, never at every event: what it costs is counted in
//! [`Work`].

mod lanes;
mod name_index;
mod query;
#[cfg(test)]
mod tests;

use std::{cmp::Reverse, sync::Arc};

use lanes::FoundLanes;
pub use name_index::{Indexed, NameIndex};
use query::Query;

use super::{
    action::Action,
    command::ScoreId,
    family::Fold,
    setlist::PieceNumber,
    snapshot::{ScoreCard, Snapshot},
    stage_lanes::StageLanes,
    ui_state::UiState,
};
use crate::engine::{InstanceId, Timestamp};

/// What was found, the best first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FoundList {
    /// At most [`Self::MOST`] lines.
    pub lines: Vec<Found>,
    /// How many more there are.
    pub more: usize,
    /// What the search cost.
    pub work: Work,
}

/// A line of what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What it is or does.
    pub words: String,
    /// Its key, or its state.
    pub detail: String,
    /// What kind of thing it is, in a small word.
    pub kind: &'static str,
    /// What choosing it does.
    pub choice: Choice,
}

/// What choosing something that was found does.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// Perform an action.
    Act(Action),
    /// Start a score.
    Start(ScoreId),
    /// Start a score with an input that is asked for.
    Ask(ScoreCard),
    /// Go to a piece of the set list.
    GoTo(PieceNumber),
    /// Go to a moment.
    Go(Timestamp),
    /// Select a lane.
    Lane(InstanceId),
    /// Go to something that a lane did.
    Event {
        /// The lane.
        lane: InstanceId,
        /// When it was.
        at: Timestamp,
        /// The entry of its timeline.
        entry: usize,
    },
    /// Fold or unfold a group.
    Group(Arc<str>),
    /// Search the store for histories with this text.
    Histories(String),
}

/// What a search cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Texts that were compared with what is typed.
    pub texts: usize,
    /// Pairs of a name and a lane that were looked at.
    pub pairs: usize,
}

/// Something that matches, before it is put into words.
struct Candidate {
    rank: u32,
    /// The order of kinds among equals.
    order: u8,
    /// The latest first among those.
    at: Reverse<Timestamp>,
    what: Match,
}

enum Match {
    Line(Found),
    Lane(usize),
    Name {
        name: usize,
        lane: name_index::LaneNumber,
    },
}

impl FoundList {
    /// The most lines.
    pub const MOST: usize = 100;

    /// Searches for what is typed.
    pub fn of(typed: &str, state: &UiState, snapshot: &Snapshot, now: Timestamp) -> Self {
        let query = Query::parse(typed);
        let mut work = Work::default();
        let mut found = Vec::new();
        if !query.only_lanes {
            short_lists(&query, state, snapshot, now, &mut found, &mut work);
        }
        if !query.is_empty() {
            let lanes = FoundLanes::of(&query, &state.names, snapshot, &mut work);
            lanes.add(&mut found);
            if !query.only_lanes {
                names(&query, &state.names, &lanes, &mut found, &mut work);
            }
        }
        let all = found.len();
        let key = |found: &Candidate| (found.rank, found.order, found.at);
        if all > Self::MOST {
            found.select_nth_unstable_by_key(Self::MOST, key);
            found.truncate(Self::MOST);
        }
        found.sort_by_key(key);
        let lines = found.into_iter();
        let lines = lines.filter_map(|found| line(found.what, state, snapshot));
        let mut lines: Vec<_> = lines.collect();
        let histories = typed.trim();
        if !histories.is_empty() && !query.only_lanes {
            lines.push(Found {
                words: format!("Search the store for histories: {histories}"),
                detail: String::new(),
                kind: "histories",
                choice: Choice::Histories(histories.to_owned()),
            });
        }
        Self {
            lines,
            more: all.saturating_sub(Self::MOST),
            work,
        }
    }
}

/// Adds what is in short lists: actions, scores, markers and groups.
fn short_lists(
    query: &Query,
    state: &UiState,
    snapshot: &Snapshot,
    now: Timestamp,
    found: &mut Vec<Candidate>,
    work: &mut Work,
) {
    let line = |kind, words, detail, choice| Found {
        words,
        detail,
        kind,
        choice,
    };
    let scores = snapshot.scores.iter();
    let scores = scores.filter(|card| card.problem.is_none()).map(|card| {
        let words = format!("Start {}", card.title);
        (
            1,
            line(
                "score",
                words,
                String::new(),
                Choice::Start(card.id.clone()),
            ),
        )
    });
    let is_shown =
        |action: &Action| !matches!(action, Action::Palette | Action::FindLane | Action::Escape);
    let actions = Action::all().filter(is_shown).map(|action| {
        let (words, keys) = (action.text(), action.keys());
        (0, line("action", words, keys, Choice::Act(action)))
    });
    let cards = snapshot.scores.iter();
    let asked = cards.filter(|card| card.problem.is_none()).map(|card| {
        let words = format!("Start {} with an input …", card.title);
        (
            1,
            line("score", words, String::new(), Choice::Ask(card.clone())),
        )
    });
    let performance = snapshot.performance();
    let pieces = performance.setlist.iter().flat_map(|list| {
        list.numbers().map(|number| {
            let words = format!("Go to piece {}", list.name_of(number, performance));
            (3, line("piece", words, String::new(), Choice::GoTo(number)))
        })
    });
    let markers = state.markers.iter().map(|marker| {
        let words = format!("Go to marker {}", marker.name);
        (
            3,
            line("marker", words, String::new(), Choice::Go(marker.at)),
        )
    });
    let groups = StageLanes::of(snapshot, state, now).groups;
    let groups = groups.into_iter().map(|group| {
        let verb = match group.fold {
            Fold::Unfolded => "Fold",
            Fold::Folded => "Unfold",
        };
        let words = format!("{verb} the group {}", group.name);
        (
            4,
            line("group", words, group.words(), Choice::Group(group.name)),
        )
    });
    let all = actions
        .chain(scores)
        .chain(asked)
        .chain(markers)
        .chain(pieces);
    for (order, line) in all.chain(groups) {
        work.texts += 1;
        // The verb before a name does not count.
        let mut name = ["Start ", "Go to marker ", "Go to piece "].iter();
        let name = name.find_map(|verb| line.words.strip_prefix(verb));
        let by_name = name.and_then(|name| query.rank(name));
        if let Some(rank) = by_name.or_else(|| query.loose_rank(&line.words)) {
            found.push(Candidate {
                rank,
                order,
                at: Reverse(Timestamp(0)),
                what: Match::Line(line),
            });
        }
    }
}

/// Adds what lanes did. Words that are not in its name must be in those of the lane.
fn names(
    query: &Query,
    index: &NameIndex,
    lanes: &FoundLanes<'_>,
    found: &mut Vec<Candidate>,
    work: &mut Work,
) {
    for (name, named) in index.names.iter().enumerate() {
        work.texts += 1;
        let ranks: Vec<_> = query
            .words
            .iter()
            .map(|word| query::rank(&named.words, word))
            .collect();
        if ranks.iter().all(Option::is_none) {
            continue;
        }
        for (lane, occurrence) in &named.places {
            work.pairs += 1;
            let ranks = ranks.iter().enumerate();
            let rank = ranks.map(|(word, rank)| rank.or_else(|| lanes.rank(*lane, word)));
            if let Some(rank) = rank.sum()
                && lanes.is_on_stage(*lane)
            {
                found.push(Candidate {
                    rank,
                    order: 5,
                    at: Reverse(occurrence.at),
                    what: Match::Name { name, lane: *lane },
                });
            }
        }
    }
}

/// A match in words.
fn line(found: Match, state: &UiState, snapshot: &Snapshot) -> Option<Found> {
    match found {
        Match::Line(line) => Some(line),
        Match::Lane(place) => {
            let lane = snapshot.lanes.get(place)?;
            let number = snapshot.numbers.of(&lane.id);
            let number = number.map_or(String::new(), |number| format!("#{number} "));
            Some(Found {
                words: format!("{number}{} · {}", lane.title(), lane.id),
                detail: lane.state().label().to_owned(),
                kind: "lane",
                choice: Choice::Lane(lane.id.clone()),
            })
        }
        Match::Name { name, lane } => {
            let named = state.names.names.get(name)?;
            let id = state.names.lanes.get(lane.0)?;
            let occurrence = named.places.get(&lane)?;
            Some(Found {
                words: format!("Go to {}, {id}", named.words),
                detail: match occurrence.count {
                    1 => String::new(),
                    count => format!("×{count}, the latest"),
                },
                kind: match named.what.is_event() {
                    true => "event",
                    false => "activity",
                },
                choice: Choice::Event {
                    lane: id.clone(),
                    at: occurrence.at,
                    entry: occurrence.entry,
                },
            })
        }
    }
}
