//! Compensation: steps that succeeded and are undone because a later one failed.

use std::sync::Arc;

use crate::{
    engine::{Event, EventKind, Timestamp},
    score::ScoreInput,
    view::{
        event_table::EventPlace,
        lane::LaneModel,
        open_operation::{OpenCompensation, OpenOperation, OperationStage},
        timeline_entry::{EntryKind, Outcome, Undone},
    },
};

/// What a compensation undoes is one of so many latest entries.
const SEARCHED: usize = 256;

impl LaneModel {
    pub(super) fn fold_compensation(&mut self, event: &Event) {
        match &event.kind {
            EventKind::CompensationRegistered { name } => {
                let label: Arc<str> = name.as_str().into();
                let undoes = self.undone_by(&label, event.at);
                let operation = OpenOperation {
                    label,
                    max_attempts: 1,
                    slot: None,
                    stage: OperationStage::Registered,
                };
                let compensation = OpenCompensation { operation, undoes };
                self.compensations.insert(event.id, compensation);
            }
            EventKind::CompensationStarted { registered } => {
                let Some(mut compensation) = self.compensations.remove(registered) else {
                    return;
                };
                let kind = EntryKind::Compensation {
                    step: compensation.operation.label.clone(),
                    undoes: compensation.undoes.clone(),
                    order: self.undone,
                    outcome: Outcome::Running,
                };
                self.undone += 1;
                compensation.operation.stage = OperationStage::Running(self.begin(event, kind));
                self.compensations.insert(*registered, compensation);
            }
            EventKind::CompensationEnded {
                registered,
                failure,
            } => {
                let Some(compensation) = self.compensations.remove(registered) else {
                    return;
                };
                let outcome = match failure {
                    None => Outcome::Completed,
                    Some(_) => Outcome::Failed,
                };
                let operation = compensation.operation;
                self.close_entry(&operation, event.at, outcome);
                if let Some(failure) = failure {
                    let reason: Arc<str> = failure.message.as_str().into();
                    let kind = EntryKind::Failure {
                        task: operation.label,
                        in_a_row: 1,
                        reason,
                        injected: failure.injected,
                    };
                    self.mark(event, kind);
                }
            }
            _ => {}
        }
    }

    /// What a compensation undoes that is registered now: the operation of its name that completed last.
    /// In a score that is a task; code may give the two different names, and then registers a
    /// compensation when its operation has completed.
    fn undone_by(&self, label: &Arc<str>, now: Timestamp) -> Undone {
        let latest = self.timeline.iter().rev().take(SEARCHED);
        let completed = latest.filter_map(|entry| match &entry.kind {
            EntryKind::Attempt {
                task: name,
                outcome: Outcome::Completed,
                ..
            }
            | EntryKind::Child {
                name,
                outcome: Outcome::Completed,
                ..
            } => Some((name, entry)),
            _ => None,
        });
        let completed: Vec<_> = completed.collect();
        let by_name = completed.iter().find(|(name, _)| *name == label);
        let last = || completed.iter().max_by_key(|(_, entry)| entry.until);
        let found = by_name.or_else(|| last().filter(|_| !self.performs_score()));
        match found {
            Some((name, entry)) => Undone {
                name: Some(Arc::clone(name)),
                from: entry.from,
                until: entry.end(now),
                slot: Some(entry.slot),
            },
            None => Undone {
                name: self.performs_score().then(|| Arc::clone(label)),
                from: now,
                until: now,
                slot: None,
            },
        }
    }

    /// Whether the run that is open performs a score, which names compensations after their tasks.
    fn performs_score(&self) -> bool {
        let last = self.history.len().0.checked_sub(1).map(EventPlace);
        let start = last.and_then(|last| self.history.run_start(last));
        let start = start.and_then(|start| self.history.get(start.0));
        start.is_some_and(|start| match &start.event.kind {
            EventKind::ExecutionStarted { input, .. } => input.decode::<ScoreInput>().is_ok(),
            _ => false,
        })
    }

    /// Whether a compensation is running: what is scheduled now undoes something.
    pub(super) fn is_undoing(&self) -> bool {
        let mut compensations = self.compensations.values();
        compensations.any(|open| open.operation.is_running())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventId, Payload},
        view::test_history::{TestHistory, s},
    };

    /// Completes an operation.
    fn done(history: &mut TestHistory, name: &str, from: f64, until: f64) {
        let scheduled = history.schedule(from, name, Payload::null());
        let result = Payload::null();
        history.add(until, EventKind::TaskCompleted { scheduled, result });
    }

    fn register(history: &mut TestHistory, at: f64, name: &str) -> EventId {
        let name = name.to_owned();
        history.add(at, EventKind::CompensationRegistered { name })
    }

    fn undo(history: &mut TestHistory, registered: EventId, from: f64, until: f64) {
        history.add(from, EventKind::CompensationStarted { registered });
        let failure = None;
        let ended = EventKind::CompensationEnded {
            registered,
            failure,
        };
        history.add(until, ended);
    }

    /// What each compensation undoes: its place, and name, start and end of the other.
    fn undone(history: &TestHistory) -> Vec<(u32, Option<String>, Timestamp, Timestamp)> {
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        let entries = lane.timeline.iter().filter_map(|entry| match &entry.kind {
            EntryKind::Compensation { undoes, order, .. } => {
                let name = undoes.name.as_deref().map(str::to_owned);
                Some((*order, name, undoes.from, undoes.until))
            }
            _ => None,
        });
        entries.collect()
    }

    #[test]
    fn each_compensation_points_back_to_the_step_that_it_undoes() {
        let mut trip = TestHistory::new("trip");
        // Two rounds of a loop, each with its own compensation, then a step of another name.
        done(&mut trip, "book", 1.0, 2.0);
        let first = register(&mut trip, 2.0, "book");
        done(&mut trip, "book", 3.0, 4.0);
        let second = register(&mut trip, 4.0, "book");
        done(&mut trip, "pay", 5.0, 6.0);
        undo(&mut trip, second, 7.0, 8.0);
        undo(&mut trip, first, 9.0, 10.0);
        let name = || Some("book".to_owned());
        // An attempt starts a hundredth of a second after its activity was scheduled.
        let expected = [(0, name(), s(3.01), s(4.0)), (1, name(), s(1.01), s(2.0))];
        assert_eq!(undone(&trip), expected);
    }

    #[test]
    fn in_code_a_compensation_of_another_name_undoes_what_completed_last() {
        let mut trip = TestHistory::new("trip");
        done(&mut trip, "pay", 1.0, 2.0);
        done(&mut trip, "reserve", 3.0, 4.0);
        let registered = register(&mut trip, 4.0, "cancel the room");
        undo(&mut trip, registered, 7.0, 8.0);
        let name = Some("reserve".to_owned());
        assert_eq!(undone(&trip), [(0, name, s(3.01), s(4.0))]);
    }

    #[test]
    fn in_a_score_a_step_without_an_activity_is_never_taken_for_another_one() {
        let mut trip = TestHistory::new("trip");
        if let Some(EventKind::ExecutionStarted { input, .. }) =
            trip.events.first_mut().map(|event| &mut event.kind)
        {
            *input = Payload::encode(&serde_json::json!({ "score": "", "input": null })).unwrap();
        }
        done(&mut trip, "pay", 1.0, 2.0);
        let registered = register(&mut trip, 2.5, "note-it-down");
        undo(&mut trip, registered, 7.0, 8.0);
        let name = Some("note-it-down".to_owned());
        assert_eq!(undone(&trip), [(0, name, s(2.5), s(2.5))]);
    }
}
