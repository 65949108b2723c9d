//! Two histories compared: a run and its rerun, two runs of a score, before and after a change.
//!
//! Histories are aligned by task, not by time: the nth note of a task belongs to the nth note of that task
//! in the other history, whatever happened in between. Moments, beats and ids are not compared; what was
//! asked for and how it ended is.
//!
//! | file | contents |
//! |---|---|
//! | this one | the comparison: alignment, differences, sections |
//! | `operations` | the events of a history by the task that they belong to |
//! | `likeness` | what two events must have in common to be the same |
//! | `sentences` | the comparison in words |
//! | `pair` | which two runs are compared |
//! | `shared_time` | one axis of time for both histories |
//! | `retimed` | a history on that axis |
//! | `compared` | both runs as they are drawn and heard |

mod compared;
#[cfg(test)]
mod compared_tests;
mod likeness;
mod operations;
mod pair;
mod retimed;
mod sentences;
mod shared_time;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use compared::{ComparedRuns, ComparedSide, MadeComparison, RunHistory};
pub use pair::{ComparedPair, RunOf};

use operations::Operations;

use super::{event_words::event_row, row::Row};
use crate::engine::{Event, EventKind, History};

/// Two histories compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Where they differ, in order: the first difference of each operation.
    pub differences: Vec<Difference>,
    /// How many events of both histories come before the first: each of them is in the other as well.
    pub shared: usize,
    /// Parts of the histories that are the same, and parts that differ, in turn.
    pub sections: Vec<Section>,
    /// The comparison in one sentence, for the audience.
    pub sentence: String,
    /// Events that are the same, in the order of both histories: places in the first and the second.
    aligned: Vec<(usize, usize)>,
}

/// A difference between two histories.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// What it is about: `Ankara, attempt 2`.
    pub label: String,
    /// The row of the first history; `None`: it has nothing there.
    pub left: Option<Row>,
    /// The row of the second history; `None`: it has nothing there.
    pub right: Option<Row>,
    /// What differs, as a clause: `Ankara failed (no capacity) in the first and completed in the second`.
    pub words: String,
    /// The places of both events in their histories.
    pub places: [Option<usize>; 2],
}

/// A part of both histories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Whether it is the same in both.
    pub kind: SectionKind,
    /// The places of its events in the first history.
    pub left: Range<usize>,
    /// The places of its events in the second history.
    pub right: Range<usize>,
}

/// Whether a part of two histories is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionKind {
    /// The same tasks with the same ends, perhaps in another order.
    Same,
    /// Something is different, or is in one of them only.
    Different,
}

/// Two events that belong together and differ; one of them may be missing.
#[derive(Debug, Clone, Copy)]
struct Unlike {
    left: Option<usize>,
    right: Option<usize>,
}

impl Comparison {
    /// Compares two histories.
    pub fn of(left: &History, right: &History) -> Self {
        let (left, right) = (&left.events, &right.events);
        let (ours, theirs) = (Operations::of(left), Operations::of(right));
        let (mut alike, mut unlike) = (Vec::new(), Vec::new());
        ours.pair(&theirs, &mut alike, &mut unlike);
        alike.sort_unstable();
        unlike.sort_by_key(Unlike::place);
        let sections = sections(&ours, &theirs, &alike);
        let first = unlike.first();
        let shared = first.map_or(alike.len(), |unlike| unlike.place().0);
        let differences = unlike.into_iter();
        let differences: Vec<_> = differences
            .map(|unlike| difference(left, right, unlike))
            .collect();
        let sentence = sentences::summary(shared, differences.first());
        Self {
            differences,
            shared,
            sections,
            sentence,
            aligned: rising(&alike),
        }
    }

    /// Where they differ first; `None`: they are the same.
    pub fn first_difference(&self) -> Option<&Difference> {
        self.differences.first()
    }

    /// The place in the second history that belongs to a place in the first: that of the same event, or of
    /// the last one before it. It never moves back, so both can be played side by side.
    pub fn counterpart(&self, left: usize) -> usize {
        let after = self.aligned.partition_point(|(ours, _)| *ours <= left);
        let before = after.checked_sub(1).and_then(|at| self.aligned.get(at));
        before.map_or(0, |(_, theirs)| *theirs)
    }
}

impl Unlike {
    /// Where it is: the smaller of both places.
    fn place(&self) -> (usize, usize) {
        let places = [self.left, self.right].map(|place| place.unwrap_or(usize::MAX));
        let [left, right] = places;
        (left.min(right), left.max(right))
    }
}

/// The longest part of the pairs, sorted by their first places, whose second places rise as well.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length: the pair with the smallest second place that ends a rising part of it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let second = |index: &usize| pairs.get(*index).map(|(_, second)| *second);
    for (index, (_, theirs)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| second(end) < Some(*theirs));
        before.push(
            length
                .checked_sub(1)
                .and_then(|last| ends.get(last).copied()),
        );
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut chain = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        chain.extend(pairs.get(index).copied());
        next = before.get(index).copied().flatten();
    }
    chain.reverse();
    chain
}

fn sections(
    left: &Operations<'_>,
    right: &Operations<'_>,
    alike: &[(usize, usize)],
) -> Vec<Section> {
    let anchors = rising(alike);
    // What says nothing differs in nothing.
    let mut same = (left.skipped.clone(), right.skipped.clone());
    let end = (same.0.len(), same.1.len());
    for (ours, theirs) in alike {
        if let (Some(ours), Some(theirs)) = (same.0.get_mut(*ours), same.1.get_mut(*theirs)) {
            (*ours, *theirs) = (true, true);
        }
    }
    let is_same = |same: &[bool], part: &Range<usize>| {
        same.get(part.clone())
            .is_some_and(|part| part.iter().all(|same| *same))
    };
    let mut sections: Vec<Section> = Vec::new();
    let mut add = |kind, left: Range<usize>, right: Range<usize>| match sections.last_mut() {
        _ if left.is_empty() && right.is_empty() => {}
        Some(last) if last.kind == kind => (last.left.end, last.right.end) = (left.end, right.end),
        _ => sections.push(Section { kind, left, right }),
    };
    let (mut ours, mut theirs) = (0, 0);
    for (left_anchor, right_anchor) in anchors.into_iter().chain([end]) {
        let gap = (ours..left_anchor, theirs..right_anchor);
        let kind = match is_same(&same.0, &gap.0) && is_same(&same.1, &gap.1) {
            true => SectionKind::Same,
            false => SectionKind::Different,
        };
        add(kind, gap.0, gap.1);
        if (left_anchor, right_anchor) != end {
            let anchor = (left_anchor..left_anchor + 1, right_anchor..right_anchor + 1);
            add(SectionKind::Same, anchor.0, anchor.1);
        }
        (ours, theirs) = (left_anchor + 1, right_anchor + 1);
    }
    sections
}

fn row(events: &[Event], place: usize) -> Option<Row> {
    let event = events.get(place)?;
    Some(event_row(event, operations::opened(events, event)))
}

fn difference(left: &[Event], right: &[Event], unlike: Unlike) -> Difference {
    let ours = unlike.left.and_then(|place| row(left, place));
    let theirs = unlike.right.and_then(|place| row(right, place));
    let ended = [sentences::has_ended(left), sentences::has_ended(right)];
    Difference {
        label: label(left, right, unlike),
        words: sentences::clause(ours.as_ref(), theirs.as_ref(), ended),
        left: ours,
        right: theirs,
        places: [unlike.left, unlike.right],
    }
}

/// `Ankara, attempt 2`.
fn label(left: &[Event], right: &[Event], unlike: Unlike) -> String {
    let ours = unlike.left.and_then(|place| Some((left, left.get(place)?)));
    let theirs = unlike
        .right
        .and_then(|place| Some((right, right.get(place)?)));
    let Some((events, event)) = ours.or(theirs) else {
        return String::new();
    };
    let title = event_row(event, operations::opened(events, event)).title;
    match attempt(events, event) {
        Some(attempt) if attempt > 1 => format!("{title}, attempt {attempt}"),
        _ => title.to_string(),
    }
}

/// The attempt that an event is about.
fn attempt(events: &[Event], event: &Event) -> Option<u32> {
    match &event.kind {
        EventKind::TaskStarted { attempt, .. } | EventKind::TaskFailed { attempt, .. } => {
            Some(*attempt)
        }
        EventKind::TaskCompleted { scheduled, .. } => {
            let before = events.iter().rev().skip_while(|other| other.id >= event.id);
            let mut before = before.take_while(|other| other.id > *scheduled);
            before.find_map(|other| match &other.kind {
                EventKind::TaskStarted {
                    scheduled: of,
                    attempt,
                } if of == scheduled => Some(*attempt),
                _ => None,
            })
        }
        _ => None,
    }
}
