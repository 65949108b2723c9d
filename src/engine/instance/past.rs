//! Taking up a history that is there already: at recovery, in a fork, or only to see whether the code
//! agrees with it.

use super::Instance;
use crate::engine::{
    Event, EventKind, FoldedAttempts, Status, Timestamp,
    turn::{Divergence, not_registered},
};

impl Instance {
    /// Takes the history that the store already has, then goes on from there: what was under way
    /// begins again. Code that does not agree with the history stalls the instance.
    pub fn recover(&mut self, history: &[Event], folded: &[FoldedAttempts], now: Timestamp) {
        let diverged = self.replay(history);
        self.unfold(folded, now);
        self.summary_changed = false;
        match diverged {
            Some(divergence) => self.stall(now, &divergence),
            None => self.restart(now),
        }
        self.arm_everything();
    }

    /// Takes the beginning of another instance's history as its own, then goes on from there: as if it
    /// had been held since, so that no time has passed for what was open.
    pub fn take_over(&mut self, history: Vec<Event>, now: Timestamp) {
        let diverged = self.replay(&history);
        let left = history.last().map_or(now, |event| event.at);
        self.summary_changed = true;
        self.fresh = history;
        match diverged {
            Some(divergence) => self.stall(now, &divergence),
            None => {
                self.restart(left);
                self.hold(left, now);
            }
        }
        self.arm_everything();
    }

    /// Time stands still for a fork from where it left its source until it is made.
    fn hold(&mut self, left: Timestamp, made: Timestamp) {
        if self.summary.status == Status::Suspended {
            let reason = "what it was forked from was held here".into();
            self.receive(left, EventKind::ExecutionResumed { reason });
        }
        if matches!(self.summary.status, Status::Running | Status::Pending) {
            let reason = "it was forked here".into();
            let freeze_time = true;
            self.append(
                left,
                EventKind::ExecutionSuspended {
                    reason,
                    freeze_time,
                },
            );
            let reason = "it goes on as a fork".into();
            self.receive(made, EventKind::ExecutionResumed { reason });
        }
    }

    /// Attempts that are not recorded one by one are where the summary says.
    fn unfold(&mut self, folded: &[FoldedAttempts], now: Timestamp) {
        for folded in folded {
            let scheduled = folded.scheduled;
            let Some(task) = self.tasks.get_mut(&scheduled) else {
                continue;
            };
            task.unfold(folded, now);
            if folded.retry_at.is_some() {
                self.ready.remove(&scheduled);
            } else {
                self.ready.insert(scheduled);
            }
            self.note_folded(scheduled);
        }
    }

    /// The process ended while these attempts were under way.
    pub fn interrupt(&mut self, now: Timestamp) {
        for scheduled in std::mem::take(&mut self.cut_off) {
            if self.summary.status == Status::Running {
                self.interrupted(now, scheduled);
            }
        }
    }

    /// Takes a history; returns where the code does not agree with it. Nothing of it is under way.
    pub fn replay(&mut self, history: &[Event]) -> Option<Divergence> {
        for event in history {
            self.fold(event);
            // Live it is kept until it was told; that has been done.
            if let EventKind::ChildWorkflowInstanceCanceled { created } = &event.kind {
                self.children.remove(created);
            }
        }
        let replayed = self.run(|run| (run.replay(history), run.take_asked_children()));
        let mut diverged = None;
        if let Some((divergence, asked)) = replayed {
            diverged = divergence;
            self.asked = asked;
        }
        self.effects.clear();
        self.armed.clear();
        self.to_start.clear();
        self.summary.in_flight = 0;
        for (scheduled, task) in &mut self.tasks {
            if task.is_started() {
                task.ready();
                self.ready.insert(*scheduled);
                self.cut_off.push(*scheduled);
            }
        }
        if self.code.is_none() {
            let name = &self.summary.workflow;
            let version = self.summary.version.as_deref();
            diverged = Some(not_registered(&self.summary.id, name, version));
        }
        diverged
    }

    fn restart(&mut self, now: Timestamp) {
        if self.summary.status == Status::Stalled {
            let reason = "the workflow's code agrees with its history again".into();
            self.append(now, EventKind::ExecutionResumed { reason });
        }
        self.advance(now);
    }

    /// Parks the instance because its code does not agree with its history.
    pub fn stall(&mut self, now: Timestamp, divergence: &Divergence) {
        if !matches!(self.summary.status, Status::Stalled) && !self.is_closed() {
            let reason = divergence.to_string();
            self.append(now, EventKind::ExecutionStalled { reason });
        }
    }
}
