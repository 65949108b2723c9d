//! The event table: one row for each event of a lane's history, as a virtual list. Rows are made when they
//! are shown; nothing is kept for them.

use std::sync::Arc;

use super::{
    event_words::{event_row, opener},
    json_text::json_text,
    lane::LaneModel,
    lane_history::{EventCount, RunEvent},
    row::Row,
    timeline_entry::{EntryKind, TimelineEntry},
};
use crate::engine::{Event, EventKind, InstanceId, Timestamp};

/// The place of an event in the history of a lane, over all runs, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventPlace(pub usize);

/// The events that the table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventFilter {
    /// All of them.
    #[default]
    All,
    /// All but the turns of a worker.
    Steps,
    /// Failures, and ends that are no success.
    Failed,
    /// Waits: timers, events, children, pauses.
    Waits,
    /// Notes and rests.
    Notes,
}

impl EventFilter {
    /// The filters for a lane, in the order of their buttons. What another engine ran has no notes.
    pub fn of(lane: &LaneModel) -> [Self; 4] {
        match lane.has_turns {
            true => [Self::All, Self::Steps, Self::Failed, Self::Waits],
            false => [Self::All, Self::Failed, Self::Waits, Self::Notes],
        }
    }

    /// The filter for a lane until another is chosen.
    fn usual(lane: &LaneModel) -> Self {
        match lane.has_turns {
            true => Self::Steps,
            false => Self::All,
        }
    }

    /// Its name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Steps => "steps",
            Self::Failed => "failed",
            Self::Waits => "waits",
            Self::Notes => "notes",
        }
    }

    /// Whether it shows an event. `opened`: the event that it refers to, if any.
    fn shows(self, event: &Event, opened: Option<&Event>) -> bool {
        use EventKind as E;
        match self {
            Self::All => true,
            Self::Steps => !is_turn(&event.kind),
            Self::Failed => matches!(
                event.kind,
                E::ExecutionFailed { .. }
                    | E::ExecutionStalled { .. }
                    | E::ExecutionTerminated { .. }
                    | E::ExecutionLimitReached { .. }
                    | E::TaskFailed { .. }
                    | E::TaskAttemptsFolded { .. }
                    | E::ChildWorkflowInstanceFailed { .. }
                    | E::EventUndelivered { .. }
                    | E::CompensationEnded {
                        failure: Some(_),
                        ..
                    }
            ),
            Self::Waits => matches!(
                event.kind,
                E::TimerCreated { .. }
                    | E::TimerFired { .. }
                    | E::TimerCanceled { .. }
                    | E::EventRaised { .. }
                    | E::ExecutionSuspended { .. }
                    | E::ExecutionResumed { .. }
                    | E::InstanceAwaited { .. }
                    | E::AwaitedInstanceClosed { .. }
                    | E::ChildWorkflowInstanceCreated { .. }
                    | E::ChildWorkflowInstanceCompleted { .. }
            ),
            Self::Notes => {
                let about = opened.unwrap_or(event);
                matches!(&about.kind, E::TaskScheduled { name, .. } if name == "play" || name == "rest")
            }
        }
    }
}

/// Whether an event says that a worker in another process was asked what comes next, asked itself, or answered:
/// what makes its work durable, and nothing that the work is about.
pub(super) fn is_turn(kind: &EventKind) -> bool {
    let what = match kind {
        EventKind::TurnTaken { .. } => return true,
        EventKind::Noted { what, .. } => what.as_str(),
        _ => return false,
    };
    match what {
        // Durable Task.
        "OrchestratorStarted" | "OrchestratorCompleted" => true,
        // Dapr.
        "WorkflowStarted" | "WorkflowCompleted" => true,
        // Temporal.
        what => what.starts_with("WorkflowTask"),
    }
}

/// The state of the table: what it shows of which lane.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventTable {
    /// The filter that was chosen; `None`: none yet.
    pub chosen: Option<EventFilter>,
    /// The first row on screen; `None`: the table follows the playhead.
    pub top: Option<usize>,
    /// The event whose data is shown.
    pub open: Option<(InstanceId, EventPlace)>,
    /// The event to whose row the table scrolls, unless it is on screen.
    pub reveal: Option<EventPlace>,
    selection: Selection,
}

/// The events that a filter selects. They are kept from frame to frame: a long history is not searched
/// again for each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Selection {
    /// The lane, the filter, and when the first event of the lane was: earlier runs may come before it.
    of: Option<(InstanceId, EventFilter, Option<Timestamp>)>,
    /// The number of events that were searched.
    searched: usize,
    places: Vec<EventPlace>,
}

impl EventTable {
    /// The filter for a lane: the one that was chosen, if the lane has it.
    pub fn filter(&self, lane: &LaneModel) -> EventFilter {
        let chosen = self
            .chosen
            .filter(|chosen| EventFilter::of(lane).contains(chosen));
        chosen.unwrap_or_else(|| EventFilter::usual(lane))
    }

    /// The rows for the first `count` events of a lane.
    pub fn rows(&mut self, lane: &LaneModel, count: EventCount) -> TableRows {
        let filter = self.filter(lane);
        if filter == EventFilter::All {
            return TableRows::First(count);
        }
        self.selection.follow(lane, filter);
        let places = &self.selection.places;
        let shown = places.partition_point(|place| place.0 < count.0);
        TableRows::Selected(places.iter().take(shown).copied().collect())
    }
}

impl Selection {
    fn follow(&mut self, lane: &LaneModel, filter: EventFilter) {
        let of = Some((lane.id.clone(), filter, lane.history.first_at()));
        let length = lane.history.len().0;
        if self.of != of || length < self.searched {
            (self.of, self.searched) = (of, 0);
            self.places.clear();
        }
        let new = (self.searched..length).map(EventPlace);
        self.places
            .extend(new.filter(|place| lane.is_shown(*place, filter)));
        self.searched = length;
    }
}

/// The events that the table shows, in order.
#[derive(Debug, Clone)]
pub enum TableRows {
    /// The first ones of the history.
    First(EventCount),
    /// A selection.
    Selected(Vec<EventPlace>),
}

impl TableRows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::First(count) => count.0,
            Self::Selected(places) => places.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The event in a row.
    pub fn get(&self, row: usize) -> Option<EventPlace> {
        match self {
            Self::First(count) => (row < count.0).then_some(EventPlace(row)),
            Self::Selected(places) => places.get(row).copied(),
        }
    }

    /// The row of an event, if it is shown.
    pub fn row_of(&self, place: EventPlace) -> Option<usize> {
        match self {
            Self::First(count) => (place.0 < count.0).then_some(place.0),
            Self::Selected(places) => places.binary_search(&place).ok(),
        }
    }
}

/// The event that an event refers to. The events of a run have consecutive numbers.
fn opened(lane: &LaneModel, place: EventPlace, event: &RunEvent) -> Option<Arc<Event>> {
    let opener = opener(&event.event.kind)?;
    let back = event.event.id.0.checked_sub(opener.0)?;
    let index = place.0.checked_sub(usize::try_from(back).ok()?)?;
    let found = lane.history.get(index)?;
    (found.run == event.run && found.event.id == opener).then_some(found.event)
}

impl LaneModel {
    /// Whether a filter shows an event of its history.
    pub fn is_shown(&self, place: EventPlace, filter: EventFilter) -> bool {
        self.history.get(place.0).is_some_and(|event| {
            let opened = opened(self, place, &event);
            filter.shows(&event.event, opened.as_deref())
        })
    }

    /// The row of an event of its history.
    pub fn event_row(&self, place: EventPlace) -> Option<Row> {
        let event = self.history.get(place.0)?;
        let row = event_row(&event.event, opened(self, place, &event).as_deref());
        Some(self.early_retries.mark(event.run, row))
    }

    /// The whole data of an event, and of the event that it refers to, as JSON with lines of about
    /// `columns` characters.
    pub fn event_data(&self, place: EventPlace, columns: usize) -> Option<String> {
        let event = self.history.get(place.0)?;
        let mut text = json_text(&event.event.to_json(), columns);
        if let Some(opened) = opened(self, place, &event) {
            let opened = json_text(&opened.to_json(), columns);
            text += &format!("\n\nrefers to\n{opened}");
        }
        Some(text)
    }

    /// The event that opened a timeline entry. Entries of other runs have the same numbers and other
    /// times.
    pub fn place_of(&self, entry: &TimelineEntry) -> Option<EventPlace> {
        let last = self.history.count_at(entry.from).0.checked_sub(1)?;
        let run = self.history.run_start(EventPlace(last))?;
        // A note may begin after its run has ended.
        let before = run.0.checked_sub(1).map(EventPlace);
        let before = before.and_then(|place| self.history.run_start(place));
        let number = usize::try_from(entry.event.0).ok()?;
        // A fork begins with its first operation and shows with its second.
        let is_fork = matches!(entry.kind, EntryKind::Branches { .. });
        [Some(run), before].into_iter().flatten().find_map(|run| {
            let place = EventPlace(run.0.checked_add(number)?);
            let at = self.history.time_of(place)?;
            let opens = self.history.run_start(place)? == run && (at <= entry.from || is_fork);
            opens.then_some(place)
        })
    }

    /// The event that scheduled, created or registered what an event is about; the event itself if it
    /// refers to none.
    pub fn opener_of(&self, place: EventPlace) -> EventPlace {
        let found = self.history.get(place.0);
        let opener = found.and_then(|found| opener(&found.event.kind));
        let run = self.history.run_start(place);
        let number = opener.and_then(|opener| usize::try_from(opener.0).ok());
        match (run, number) {
            (Some(run), Some(number)) => EventPlace((run.0 + number).min(place.0)),
            _ => place,
        }
    }

    /// The time of the timeline entries that an event opened or closed; open ones end at `now`.
    pub fn span_of(&self, place: EventPlace, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let event = self.history.get(place.0)?;
        let id = opener(&event.event.kind).unwrap_or(event.event.id);
        let at = event.event.at;
        let from = opened(self, place, &event).map_or(at, |opened| opened.at);
        let mut span = (from, at);
        // Entries of other runs have the same numbers and other times.
        let entries = self.timeline.chunks_in(from, at.max(from));
        for entry in entries.flat_map(|(_, entries)| entries) {
            if entry.event == id && entry.from >= from {
                span.1 = span.1.max(entry.end(now));
            }
        }
        Some(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::Payload,
        view::{
            row::RowStatus,
            test_history::{TestHistory, s},
        },
    };

    fn drummer() -> LaneModel {
        let mut history = TestHistory::new("drummer");
        history.note(1.0, 0.5, 40);
        let strike = history.schedule(2.0, "strike", Payload::encode("hard").unwrap());
        history.fail(3.0, strike, 1, Some(4.0));
        history.wait_for(5.0, "applause", Some(9.0));
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        lane
    }

    fn rows(lane: &LaneModel, count: EventCount, filter: EventFilter) -> TableRows {
        let mut table = EventTable {
            chosen: Some(filter),
            ..EventTable::default()
        };
        table.rows(lane, count)
    }

    fn titles(lane: &LaneModel, filter: EventFilter) -> Vec<(String, RowStatus)> {
        let rows = rows(lane, lane.history.len(), filter);
        let places = (0..rows.len()).filter_map(|row| rows.get(row));
        let rows = places.filter_map(|place| lane.event_row(place));
        rows.map(|row| (row.title.to_string(), row.status))
            .collect()
    }

    #[test]
    fn the_table_has_a_row_for_every_event_and_filters_them() {
        let lane = drummer();
        let all = titles(&lane, EventFilter::All);
        assert_eq!(all.len(), lane.history.len().0);
        let failed = titles(&lane, EventFilter::Failed);
        assert_eq!(failed, [("strike".to_owned(), RowStatus::Failed)]);
        let waits = titles(&lane, EventFilter::Waits);
        assert_eq!(
            waits,
            [("wait for “applause”".to_owned(), RowStatus::Pending)]
        );
        let notes = titles(&lane, EventFilter::Notes);
        assert_eq!(notes.len(), 3);
        assert!(notes.iter().all(|(title, _)| title == "walk"));
    }

    #[test]
    fn the_table_of_another_engine_begins_with_the_steps_and_can_show_the_turns_of_its_workers() {
        let mut history = TestHistory::new("order");
        for (at, what) in [
            (1.0, "WorkflowTaskScheduled"),
            (2.0, "WorkflowTaskCompleted"),
            (3.0, "WorkflowExecutionUpdateCompleted"),
            (4.0, "OrchestratorStarted"),
        ] {
            let noted = EventKind::Noted {
                what: what.to_owned(),
                details: Payload::null(),
                about: None,
            };
            history.add(at, noted);
        }
        history.schedule(5.0, "strike", Payload::null());
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        let mut table = EventTable::default();
        assert_eq!(table.filter(&lane), EventFilter::Steps);
        let steps = titles(&lane, EventFilter::Steps);
        let steps: Vec<_> = steps.iter().map(|(title, _)| title.as_str()).collect();
        assert!(steps.contains(&"WorkflowExecutionUpdateCompleted") && steps.contains(&"strike"));
        assert_eq!(lane.history.len().0 - steps.len(), 3, "{steps:?}");
        table.chosen = Some(EventFilter::All);
        assert_eq!(
            table.rows(&lane, lane.history.len()).len(),
            lane.history.len().0
        );
        // A filter that a lane does not have is not used for it.
        table.chosen = Some(EventFilter::Notes);
        assert_eq!(table.filter(&lane), EventFilter::Steps);
        table.chosen = Some(EventFilter::Steps);
        assert_eq!(table.filter(&drummer()), EventFilter::All);
    }

    #[test]
    fn at_a_moment_the_table_ends_with_the_last_event_before_it() {
        let lane = drummer();
        let count = lane.history.count_at(s(2.5));
        let rows = rows(&lane, count, EventFilter::All);
        let last = rows
            .get(rows.len() - 1)
            .and_then(|place| lane.event_row(place));
        assert_eq!(last.unwrap().title.as_ref(), "strike");
        assert_eq!(self::rows(&lane, count, EventFilter::Failed).len(), 0);
    }

    #[test]
    fn a_filter_is_kept_while_the_history_grows_and_made_again_for_another() {
        let whole = drummer();
        let mut table = EventTable {
            chosen: Some(EventFilter::Notes),
            ..EventTable::default()
        };
        for length in 0..=whole.history.len().0 {
            let lane = whole.after(EventCount(length), None);
            let lane = LaneModel {
                history: whole.history.first(EventCount(length)),
                ..LaneModel::clone(&lane)
            };
            let places = |rows: TableRows| (0..rows.len()).map(|row| rows.get(row)).collect();
            let kept: Vec<_> = places(table.rows(&lane, lane.history.len()));
            let made: Vec<_> = places(rows(&lane, lane.history.len(), EventFilter::Notes));
            assert_eq!(kept, made, "{length}");
        }
        table.chosen = Some(EventFilter::Failed);
        let all = whole.history.len();
        let failed = rows(&whole, all, EventFilter::Failed).len();
        assert_eq!(table.rows(&whole, all).len(), failed);
    }

    #[test]
    fn the_data_of_an_event_is_whole_and_names_what_it_refers_to() {
        let lane = drummer();
        let rows = rows(&lane, lane.history.len(), EventFilter::Failed);
        let data = lane.event_data(rows.get(0).unwrap(), 40).unwrap();
        assert!(data.contains("the service is down"), "{data}");
        assert!(data.contains("\"hard\""), "{data}");
    }
}
