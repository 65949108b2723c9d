//! Retries that began before their time, because someone asked to retry now.
//!
//! A history records when a retry is due and when it begins, and nothing about who asked for it. Only "retry
//! now" starts one before it is due.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{format, row::Row};
use crate::engine::{Event, EventId, EventKind, TimerOrigin, Timestamp};

/// The retries of a history that began before their time.
#[derive(Debug, Clone, Default)]
pub struct EarlyRetries {
    run: u32,
    /// When retries are due, by the event that opened what is retried.
    due: BTreeMap<EventId, Timestamp>,
    /// When a pause began that freezes time.
    frozen: Option<Timestamp>,
    found: BTreeMap<(u32, EventId), Duration>,
}

impl EarlyRetries {
    /// Those of one run.
    pub fn of_run(events: &[Event]) -> Self {
        let mut retries = Self::default();
        events.iter().for_each(|event| retries.add(event));
        retries
    }

    /// The latest run.
    pub fn run(&self) -> u32 {
        self.run
    }

    /// Takes the next event.
    pub(super) fn add(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ExecutionStarted { run, .. } => {
                self.run = *run;
                self.due.clear();
                self.frozen = None;
            }
            EventKind::TaskFailed {
                scheduled: opener,
                retry_at: Some(due),
                ..
            }
            | EventKind::ChildWorkflowInstanceFailed {
                created: opener,
                retry_at: Some(due),
                ..
            } => {
                self.due.insert(*opener, *due);
            }
            EventKind::TimerCreated {
                fire_at: Some(due),
                origin: TimerOrigin::Retry { .. },
            } => {
                self.due.insert(event.id, *due);
            }
            EventKind::TaskStarted { scheduled, .. } => self.begin(event, *scheduled),
            EventKind::ChildWorkflowInstanceRestarted { created, .. } => {
                self.begin(event, *created);
            }
            EventKind::TimerFired { timer } => self.begin(event, *timer),
            EventKind::ExecutionSuspended { freeze_time, .. } => {
                self.frozen = freeze_time.then_some(event.at);
            }
            EventKind::ExecutionResumed { .. } => self.postpone(event.at),
            _ => {}
        }
    }

    /// What is retried begins.
    fn begin(&mut self, event: &Event, opener: EventId) {
        let due = self.due.remove(&opener);
        if let Some(due) = due.filter(|due| *due > event.at) {
            let early = due.since(event.at);
            self.found.insert((self.run, event.id), early);
        }
    }

    /// A pause is over: what waited is due later by its length, if it froze time.
    fn postpone(&mut self, resumed: Timestamp) {
        if let Some(since) = self.frozen.take() {
            let by = resumed.since(since);
            self.due.values_mut().for_each(|due| *due = *due + by);
        }
    }

    /// What is said of an event that began a retry before its time.
    pub fn words(&self, run: u32, event: EventId) -> Option<String> {
        let early = self.found.get(&(run, event))?;
        Some(format!("retried by hand {} early", format::seconds(*early)))
    }

    /// The row of an event, with what is said of it.
    pub(super) fn mark(&self, run: u32, row: Row) -> Row {
        let Some(words) = self.words(run, row.event) else {
            return row;
        };
        let payload = match row.payload.is_empty() {
            true => words,
            false => format!("{}, {words}", row.payload),
        };
        let payload = Arc::from(payload);
        Row { payload, ..row }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::Payload,
        view::{
            event_table::EventPlace,
            lane::LaneModel,
            test_history::{TestHistory, s},
        },
    };

    /// The texts of the rows of a history that begin attempts.
    fn starts(history: &TestHistory) -> Vec<String> {
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        let rows = (0..lane.history.len().0).filter_map(|place| lane.event_row(EventPlace(place)));
        let texts = rows.map(|row| row.payload.to_string());
        texts.filter(|text| text.starts_with("attempt")).collect()
    }

    fn start(history: &mut TestHistory, at: f64, scheduled: EventId, attempt: u32) {
        let kind = EventKind::TaskStarted { scheduled, attempt };
        history.add(at, kind);
    }

    #[test]
    fn only_an_attempt_that_begins_before_its_time_was_retried_by_hand() {
        let mut history = TestHistory::new("drummer");
        let strike = history.schedule(1.0, "strike", Payload::null());
        history.fail(2.0, strike, 1, Some(5.0));
        start(&mut history, 3.5, strike, 2);
        history.fail(4.0, strike, 2, Some(7.0));
        start(&mut history, 7.0, strike, 3);
        let rows = starts(&history);
        let second = "attempt 2, retried by hand 1.5 s early";
        assert!(rows.iter().any(|row| row == second), "{rows:?}");
        assert!(rows.iter().any(|row| row == "attempt 3"), "{rows:?}");
    }

    #[test]
    fn a_pause_that_freezes_time_moves_the_time_of_a_retry() {
        let mut history = TestHistory::new("drummer");
        let strike = history.schedule(1.0, "strike", Payload::null());
        history.fail(2.0, strike, 1, Some(5.0));
        history.pause(3.0);
        let reason = String::new();
        history.add(13.0, EventKind::ExecutionResumed { reason });
        // It is due at 15.
        start(&mut history, 14.0, strike, 2);
        let rows = starts(&history);
        let second = "attempt 2, retried by hand 1.0 s early";
        assert!(rows.iter().any(|row| row == second), "{rows:?}");
    }

    #[test]
    fn a_delay_of_the_workflow_that_ends_early_is_marked_too() {
        let mut history = TestHistory::new("drummer");
        let timer = history.add(
            1.0,
            EventKind::TimerCreated {
                fire_at: Some(s(4.0)),
                origin: TimerOrigin::Retry {
                    name: "strike".to_owned(),
                    attempt: 2,
                },
            },
        );
        let fired = history.add(2.0, EventKind::TimerFired { timer });
        let retries = EarlyRetries::of_run(&history.commit().events);
        let words = retries.words(1, fired);
        assert_eq!(words.as_deref(), Some("retried by hand 2.0 s early"));
    }
}
