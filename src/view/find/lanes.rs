//! Lanes that match what is typed.

use std::cmp::Reverse;

use super::{
    Candidate, Match, Work,
    name_index::{LaneNumber, NameIndex},
    query::{Query, rank},
};
use crate::{
    engine::Timestamp,
    view::{arrangement::status_word, lane::LaneModel, snapshot::Snapshot},
};

/// The lanes of a snapshot, with how well they match each word.
pub(super) struct FoundLanes<'a> {
    snapshot: &'a Snapshot,
    words: usize,
    /// For each lane, by its place: the rank of each word.
    ranks: Vec<Option<u32>>,
    /// The places of the lanes in the snapshot, by their numbers in the index.
    places: Vec<Option<usize>>,
}

/// Added to the rank of what is not a name.
const NO_NAME: u32 = 3;

impl<'a> FoundLanes<'a> {
    pub fn of(query: &Query, index: &NameIndex, snapshot: &'a Snapshot, work: &mut Work) -> Self {
        let mut lanes = Self {
            snapshot,
            words: query.words.len(),
            ranks: Vec::with_capacity(snapshot.lanes.len() * query.words.len()),
            places: vec![None; index.lanes.len()],
        };
        let numbers = snapshot.numbers.iter();
        let numbers: std::collections::HashMap<_, _> = match query.only_lanes {
            true => numbers.map(|(number, id)| (id, number)).collect(),
            false => std::collections::HashMap::new(),
        };
        for (place, lane) in snapshot.lanes.iter().enumerate() {
            if let Some(number) = index.number_of(&lane.id)
                && let Some(known) = lanes.places.get_mut(number.0)
            {
                *known = Some(place);
            }
            let number = numbers.get(&lane.id).map(u8::to_string);
            for word in &query.words {
                let by_number = number
                    .as_ref()
                    .and_then(|number| rank_of_number(number, word));
                let rank = by_number.or_else(|| rank_in(lane, word, work));
                lanes.ranks.push(rank);
            }
        }
        lanes
    }

    /// Adds the lanes that match all words.
    pub fn add(&self, found: &mut Vec<Candidate>) {
        for place in 0..self.snapshot.lanes.len() {
            let own = self.ranks.get(place * self.words..(place + 1) * self.words);
            if let Some(rank) = own.and_then(|ranks| ranks.iter().copied().sum()) {
                found.push(Candidate {
                    rank,
                    order: 2,
                    // In their own order.
                    at: Reverse(Timestamp(u64::MAX - place as u64)),
                    what: Match::Lane(place),
                });
            }
        }
    }

    /// How well a lane matches a word; `None`: not at all.
    pub fn rank(&self, lane: LaneNumber, word: usize) -> Option<u32> {
        let place = self.places.get(lane.0).copied().flatten()?;
        self.ranks.get(place * self.words + word).copied().flatten()
    }

    /// Whether a lane of the index still exists.
    pub fn is_on_stage(&self, lane: LaneNumber) -> bool {
        self.places.get(lane.0).copied().flatten().is_some()
    }
}

/// The number itself comes first, then those that begin with it.
fn rank_of_number(number: &str, word: &str) -> Option<u32> {
    match number == word {
        true => Some(0),
        false => number.starts_with(word).then_some(1),
    }
}

/// How well the title, the id, the status or a tag of a lane matches a word.
fn rank_in(lane: &LaneModel, word: &str, work: &mut Work) -> Option<u32> {
    work.texts += 3;
    let names = [lane.title(), lane.id.as_str()];
    let names = names.iter().filter_map(|name| rank(name, word));
    if let Some(best) = names.min() {
        return Some(best);
    }
    if rank(status_word(lane.status), word) == Some(0) {
        return Some(NO_NAME);
    }
    let tags = lane.tags.iter().map(|(name, value)| {
        work.texts += 1;
        rank(&format!("{name}={value}"), word)
    });
    tags.flatten().min().map(|rank| rank + NO_NAME)
}
