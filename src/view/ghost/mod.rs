//! The ghost of a rerun: what its original did after the point at which the rerun left it, in the time of
//! the rerun.
//!
//! The fork points coincide. Where both play in bars, the bar in which the rerun begins lies on the bar
//! of the original that it repeats: a rerun comes in phase, so the same notes cover each other.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use super::{
    items::{Item, ItemKind, Upcoming, visible_items},
    lane::LaneModel,
    lane_history::RunEvent,
    snapshot::Snapshot,
    sub_rows::ShownRows,
    time_map::{TimeMap, shifted, signed_ns},
    transport_view::TransportView,
    viewport::Viewport,
};
use crate::{
    conductor::Conductor,
    engine::{EventId, EventKind, Fork, InstanceId, Timestamp},
    score::calls::Performed,
};

/// How far a bar line is searched for.
const BAR_SEARCH: f64 = 60e9;
/// A note this much before a bar line is on it: the times of both are measured.
const SAME_MOMENT: f64 = 30e6;
/// After the fork, this many events are searched for the first that played something.
const FIRST_EVENTS: usize = 64;
/// A rerun that waits for a bar line is resumed at least this long before it.
const BEFORE_BAR: Duration = Duration::from_millis(200);

/// The ghost of a rerun.
#[derive(Debug, Clone)]
pub struct Ghost {
    /// The original.
    pub original: Arc<LaneModel>,
    /// Where the rerun left it.
    pub from: EventId,
    /// The moment of the rerun at which it repeats the first thing.
    pub begins: Timestamp,
    /// The moment of the original that lies there.
    left: Timestamp,
    /// What the original worked on from this moment on is not shared.
    works_from: Timestamp,
    /// What it played from this moment on is not shared: notes are scheduled ahead.
    plays_from: Timestamp,
    /// The present, where what is open in the original ends.
    now: Timestamp,
}

impl Ghost {
    /// The ghost of a lane of a live snapshot; `None` if it is not a rerun, or if its original is not known:
    /// it is neither on the stage nor opened, and has not been read from the store.
    pub fn of(id: &InstanceId, live: &Snapshot, wall: Timestamp) -> Option<Self> {
        let rerun = live.lane(id)?;
        let (fork, run) = match live.reruns.source_of(id) {
            Some(known) => (&known.fork, known.run),
            None => (rerun.fork.as_ref()?, rerun.run),
        };
        let (original, bars) = original(fork, live)?;
        let own = || rerun.events_from(run, fork.from).take(FIRST_EVENTS);
        let theirs = original.events_from(fork.run, fork.from);
        let their_onset = first_onset(theirs.take(FIRST_EVENTS));
        // The rerun's time is frozen from the last event that both share until it continues.
        let shared = fork.from.0.checked_sub(1).map(EventId)?;
        let left = original.events_from(fork.run, shared).next()?.event.at;
        let now = live.live_edge(wall);
        let continued = Continued::of(own());
        let aligned = || {
            let theirs = bar_line_before(bars, their_onset?)?;
            let own = match continued.at {
                None => bar_line_after(&live.time_map, now + BEFORE_BAR)?,
                Some(at) if continued.on_bar => bar_line_after(&live.time_map, at)?,
                Some(_) => bar_line_before(&live.time_map, first_onset(own())?)?,
            };
            Some((theirs, own))
        };
        let works_from = left;
        let plays_from = their_onset.unwrap_or(left);
        let (left, begins) = aligned().unwrap_or((left, continued.at.unwrap_or(now)));
        Some(Self {
            original: Arc::clone(original),
            from: fork.from,
            begins,
            left,
            works_from,
            plays_from,
            now,
        })
    }

    /// What of it is in the window, in painting order: everything that began after the fork.
    pub fn items(&self, view: &Viewport, rows: ShownRows) -> Vec<Item> {
        let theirs = view.moved_by(signed_ns(self.begins, self.left));
        let stopped = TransportView::default();
        let upcoming = Upcoming::Predicted(&stopped);
        let mut items = visible_items(&self.original, &theirs, upcoming, self.now, rows);
        let edge = |from| theirs.x(from) - 0.5;
        let (played, worked) = (edge(self.plays_from), edge(self.works_from));
        items.retain(|item| match item.kind {
            ItemKind::Note { .. } | ItemKind::Notes { .. } => item.left >= played,
            _ => item.left >= worked && is_work(&item.kind),
        });
        items
    }

    /// Its name on screen.
    pub fn label(&self) -> String {
        format!("original, from event {}", self.from)
    }
}

/// Whether an item is work that the original did, other than waiting.
fn is_work(kind: &ItemKind) -> bool {
    matches!(
        kind,
        ItemKind::Attempt { .. }
            | ItemKind::Activities
            | ItemKind::Child { .. }
            | ItemKind::Crowd
            | ItemKind::Failure { .. }
    )
}

/// The original of a fork, and the bars in which it played.
fn original<'a>(fork: &Fork, live: &'a Snapshot) -> Option<(&'a Arc<LaneModel>, &'a TimeMap)> {
    let stage = live.performance();
    if let Some(lane) = stage.lane(&fork.instance) {
        return Some((lane, &stage.time_map));
    }
    let opened = live.histories.opened(&fork.instance);
    let opened = opened.or_else(|| live.histories.original(fork))?;
    Some((&opened.lane, &opened.time_map))
}

/// When a fork continued after it was made.
struct Continued {
    /// `None`: it waits.
    at: Option<Timestamp>,
    /// Whether it began on a bar line.
    on_bar: bool,
}

impl Continued {
    /// From the events of the fork that are its own.
    fn of(own: impl Iterator<Item = RunEvent>) -> Self {
        let mut events = own.map(|event| event.event);
        events.find(|event| matches!(event.kind, EventKind::ExecutionSuspended { .. }));
        let resumed = events.find_map(|event| match &event.kind {
            EventKind::ExecutionResumed { reason } => {
                Some((event.at, reason == Conductor::BAR_BEGINS))
            }
            _ => None,
        });
        Self {
            at: resumed.map(|(at, _)| at),
            on_bar: resumed.is_some_and(|(_, on_bar)| on_bar),
        }
    }
}

/// When the first thing that was played began.
fn first_onset(mut events: impl Iterator<Item = RunEvent>) -> Option<Timestamp> {
    events.find_map(|event| match &event.event.kind {
        EventKind::TaskCompleted { result, .. } => Some(result.decode::<Performed>().ok()?.onset),
        _ => None,
    })
}

fn bar_line_after(map: &TimeMap, at: Timestamp) -> Option<Timestamp> {
    let lines = map.lines(shifted(at, -SAME_MOMENT), shifted(at, BAR_SEARCH), 0.0);
    let mut bars = lines.into_iter().filter(|line| line.beat == 1);
    bars.next().map(|line| line.at)
}

fn bar_line_before(map: &TimeMap, at: Timestamp) -> Option<Timestamp> {
    let lines = map.lines(shifted(at, -BAR_SEARCH), shifted(at, SAME_MOMENT), 0.0);
    let mut bars = lines.into_iter().filter(|line| line.beat == 1);
    bars.next_back().map(|line| line.at)
}

impl LaneModel {
    /// The events of a run from one on.
    fn events_from(&self, run: u32, from: EventId) -> impl Iterator<Item = RunEvent> {
        let first = self.history.place_of(run, from).0;
        let rest = (first..).map_while(|place| self.history.get(place));
        rest.take_while(move |event| event.run == run)
    }
}
