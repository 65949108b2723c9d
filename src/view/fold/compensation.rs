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
