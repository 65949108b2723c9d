//! Rows of the event table, bars of the timeline and lines of the score that belong together.
//!
//! The link between them is the task of the score. The events say its name; the replay of a run says
//! exactly which task an event belongs to. Without a replay, or in other runs, a name that only one task
//! has is enough.

use std::sync::Arc;

use super::{
    event_table::EventPlace,
    items::drawn_until,
    lane::LaneModel,
    lane_history::EventCount,
    playhead::TimeRange,
    score_facts::{LineRange, ScoreFacts, TaskFacts},
    viewport::Viewport,
};
use crate::{
    conductor::{ScoreRun, named_task},
    engine::{InstanceId, Timestamp},
};

/// What is highlighted in a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlight {
    /// The lane.
    pub lane: InstanceId,
    /// What is highlighted.
    pub target: HighlightTarget,
}

/// What is highlighted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HighlightTarget {
    /// An event, and what belongs to the same operation.
    Event(EventPlace),
    /// A task of the score, and those that it contains: a JSON pointer into the document.
    Task(Arc<str>),
}

impl Highlight {
    /// An event of a lane.
    pub fn event(lane: &InstanceId, place: EventPlace) -> Self {
        Self {
            lane: lane.clone(),
            target: HighlightTarget::Event(place),
        }
    }

    /// A task of the score that a lane performs.
    pub fn task(lane: &InstanceId, pointer: &Arc<str>) -> Self {
        Self {
            lane: lane.clone(),
            target: HighlightTarget::Task(Arc::clone(pointer)),
        }
    }
}

/// What belongs together in a lane, as it is shown at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Links<'a> {
    /// The lane with its history.
    pub(super) live: &'a LaneModel,
    /// The number of events that are shown.
    pub(super) count: EventCount,
    /// The score that is shown.
    pub(super) facts: Option<&'a Arc<ScoreFacts>>,
    /// The first event of the run that is shown.
    pub(super) start: EventPlace,
    /// The replay of that run, as far as it is known.
    pub(super) replayed: Option<&'a ScoreRun>,
}

impl<'a> Links<'a> {
    /// The links of the first `count` events of a lane. `live` has the history; `facts` is the score at
    /// that moment.
    pub fn new(
        live: &'a LaneModel,
        count: EventCount,
        facts: Option<&'a Arc<ScoreFacts>>,
        replayed: Option<&'a ScoreRun>,
    ) -> Self {
        let last = EventPlace(count.0.saturating_sub(1));
        Self {
            live,
            count,
            facts,
            start: live.history.run_start(last).unwrap_or(EventPlace(0)),
            replayed,
        }
    }

    /// The task of the score that an event belongs to.
    pub fn task_of(&self, place: EventPlace) -> Option<&'a TaskFacts> {
        let facts = self.facts?;
        let opener = self.live.opener_of(place);
        if opener >= self.start && opener.0 < self.count.0 {
            let links = self.replayed.map(|replayed| &replayed.links);
            let number = self.live.history.number_of(opener)?;
            let task = links.and_then(|links| links.task_of(number));
            if let Some(task) = task {
                return facts.task(task);
            }
        } else {
            // Another run may have had another text.
            let text = self.live.history.facts_after(EventCount(opener.0 + 1))?;
            if text.source != facts.source {
                return None;
            }
        }
        let event = self.live.history.get(opener.0)?.event;
        facts.task_named(&named_task(&event.kind)?)
    }

    /// Whether an event is highlighted.
    pub fn lights(&self, target: &HighlightTarget, place: EventPlace) -> bool {
        match target {
            HighlightTarget::Event(lit) => self.live.opener_of(*lit) == self.live.opener_of(place),
            HighlightTarget::Task(pointer) => {
                self.task_of(place).is_some_and(|task| task.is_in(pointer))
            }
        }
    }

    /// The lines of the score that are highlighted.
    pub fn lines(&self, target: &HighlightTarget) -> Option<LineRange> {
        let task = match target {
            HighlightTarget::Event(place) => self.task_of(*place),
            HighlightTarget::Task(pointer) => self.facts?.task(pointer),
        };
        task.map(|task| task.lines)
    }

    /// The times that are highlighted in the timeline, as far as they are in view. Those that would touch
    /// on screen are joined.
    pub fn spans(
        &self,
        target: &HighlightTarget,
        view: &Viewport,
        now: Timestamp,
    ) -> Vec<TimeRange> {
        let spans = self.entries(target, view, now);
        match target {
            // An event without a bar of its own.
            HighlightTarget::Event(place) if spans.is_empty() => {
                let span = self.live.span_of(*place, now);
                let span = span.map(|(from, until)| TimeRange { from, until });
                span.into_iter().collect()
            }
            _ => spans,
        }
    }

    /// The times of the timeline entries that are highlighted.
    fn entries(&self, target: &HighlightTarget, view: &Viewport, now: Timestamp) -> Vec<TimeRange> {
        /// The least distance between two spans, in points.
        const APART: f32 = 3.0;
        let (first, last) = (view.from, view.until());
        let mut found = Vec::new();
        for (_, entries) in self.live.timeline.chunks_in(first, last) {
            for entry in entries {
                let until = drawn_until(entry, now);
                if entry.from > last.min(now) || until < first {
                    continue;
                }
                let place = self.live.place_of(entry);
                if place.is_some_and(|place| self.lights(target, place)) {
                    found.push(TimeRange::between(entry.from, until));
                }
            }
        }
        found.sort_unstable_by_key(|span| span.from);
        let mut joined: Vec<TimeRange> = Vec::new();
        for span in found {
            match joined.last_mut() {
                Some(last) if view.x(span.from) - view.x(last.until) < APART => {
                    last.until = last.until.max(span.until);
                }
                _ => joined.push(span),
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::test_history::{TestHistory, s};

    fn facts(names: &[&str]) -> Arc<ScoreFacts> {
        let tasks = names.iter().enumerate().map(|(n, name)| TaskFacts {
            pointer: format!("/do/{n}/{name}").into(),
            name: Arc::from(*name),
            lines: LineRange {
                first: n + 2,
                last: n + 2,
            },
            calls: None,
            listens: Arc::default(),
            caption: None,
        });
        Arc::new(ScoreFacts {
            tasks: tasks.collect(),
            ..ScoreFacts::default()
        })
    }

    /// Notes of the task `walk`, and an activity of another one.
    fn bass() -> LaneModel {
        let mut history = TestHistory::new("bass");
        history.note(1.0, 0.5, 40);
        history.note(2.0, 0.5, 41);
        let input = crate::engine::Payload::encode(&serde_json::json!({ "task": "pay" }));
        history.schedule(4.0, "http", input.unwrap());
        history.note(6.0, 0.5, 42);
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        lane
    }

    fn view() -> Viewport {
        Viewport::new(s(0.0), 10.0, 1000.0)
    }

    #[test]
    fn a_row_its_bar_and_its_line_are_lit_together() {
        let lane = bass();
        let facts = facts(&["walk", "pay"]);
        let links = Links::new(&lane, lane.history.len(), Some(&facts), None);
        let scheduled = (0..lane.history.len().0)
            .map(EventPlace)
            .find(|place| links.task_of(*place).is_some_and(|t| &*t.name == "pay"))
            .unwrap();
        let target = HighlightTarget::Event(scheduled);
        let line = links.lines(&target).unwrap();
        assert_eq!((line.first, line.last), (3, 3));
        let spans = links.spans(&target, &view(), s(9.0));
        assert_eq!(spans, [TimeRange::between(s(4.0), s(9.0))], "all of it");
        assert!(links.lights(&target, scheduled));
        assert!(!links.lights(&target, EventPlace(1)));
    }

    #[test]
    fn a_line_lights_all_rows_and_bars_of_its_task() {
        let lane = bass();
        let facts = facts(&["walk", "pay"]);
        let links = Links::new(&lane, lane.history.len(), Some(&facts), None);
        let walk = HighlightTarget::Task("/do/0/walk".into());
        let spans = links.spans(&walk, &view(), s(9.0));
        assert_eq!(spans.len(), 3, "{spans:?}");
        let rows = (0..lane.history.len().0).filter(|n| links.lights(&walk, EventPlace(*n)));
        assert_eq!(rows.count(), 9, "three events for each note");
        let far = Viewport::new(s(0.0), 5000.0, 1000.0);
        assert_eq!(links.spans(&walk, &far, s(9.0)).len(), 1, "joined");
    }

    #[test]
    fn without_a_replay_a_name_that_two_tasks_have_is_no_link() {
        let lane = bass();
        let facts = facts(&["walk", "pay", "walk"]);
        let links = Links::new(&lane, lane.history.len(), Some(&facts), None);
        assert_eq!(links.task_of(EventPlace(1)), None);
    }

    #[test]
    fn a_bar_of_an_earlier_run_leads_to_its_own_row() {
        let mut first = TestHistory::new("vamp");
        first.note(1.0, 0.5, 40);
        let input = crate::engine::Payload::null();
        let keep_version = false;
        let next = crate::engine::EventKind::ContinuedAsNew {
            input,
            keep_version,
        };
        first.add(3.0, next);
        let mut second = first.next_run(3.0);
        second.note(4.0, 0.5, 41);
        let mut lane = LaneModel::new(first.id.clone(), 0);
        lane.committed(&first.commit());
        lane.committed(&second.commit());
        let runs: Vec<_> = lane
            .timeline
            .iter()
            .filter_map(|entry| lane.place_of(entry))
            .filter_map(|place| lane.history.get(place.0))
            .map(|event| event.run)
            .collect();
        assert!(runs.contains(&1) && runs.contains(&2), "{runs:?}");
        for entry in lane.timeline.iter() {
            let place = lane.place_of(entry).unwrap();
            let event = &lane.history.get(place.0).unwrap().event;
            assert!(event.at <= entry.from, "{entry:?} is not of {event:?}");
        }
    }
}
