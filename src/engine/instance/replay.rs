//! Replay of a stored history: at recovery, in a fork, or to check whether the code matches it.

use super::{Code, Instance, LocalRun};
use crate::engine::{
    CrashCause, Event, EventKind, FoldedAttempts, Status, Timestamp,
    context::Identity,
    registry::WorkflowFn,
    request::ForkStart,
    turn::{Divergence, OnForeignWake, Run, not_registered},
};

impl Instance {
    /// Replays a stored history and continues from there. Attempts that were in flight start again.
    /// LocalRun that does not match the history stalls the instance.
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

    /// Starts a fork with the beginning of another instance's history. It counts as suspended since
    /// then, so that no time has passed for open operations; `start` says whether it stays suspended.
    pub fn adopt_history(&mut self, history: Vec<Event>, now: Timestamp, start: ForkStart) {
        let diverged = self.replay(&history);
        let left = history.last().map_or(now, |event| event.at);
        self.summary_changed = true;
        self.fresh = history;
        match diverged {
            Some(divergence) => self.stall(now, &divergence),
            None => {
                self.restart(left);
                self.freeze(left, &start);
                if start == ForkStart::Running && self.summary.status == Status::Suspended {
                    let reason = "continued as a fork".into();
                    self.receive(now, EventKind::ExecutionResumed { reason });
                }
            }
        }
        self.arm_everything();
    }

    /// Freezes the fork's time from its last event until it is resumed.
    fn freeze(&mut self, left: Timestamp, start: &ForkStart) {
        if self.summary.status == Status::Suspended {
            let reason = "the source was suspended at this event".into();
            self.receive(left, EventKind::ExecutionResumed { reason });
        }
        if matches!(self.summary.status, Status::Running | Status::Pending) {
            let reason = match start {
                ForkStart::Running => "forked at this event",
                ForkStart::Suspended(reason) => reason,
            };
            let (reason, freeze_time) = (reason.to_owned(), true);
            self.append(
                left,
                EventKind::ExecutionSuspended {
                    reason,
                    freeze_time,
                },
            );
        }
    }

    /// Restores attempts that are not recorded one by one from the summary.
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
            self.update_folded(scheduled);
        }
    }

    /// Records that the process ended during the attempts in flight.
    pub fn interrupt(&mut self, now: Timestamp, cause: CrashCause) {
        for scheduled in std::mem::take(&mut self.interrupted) {
            if self.summary.status == Status::Running {
                self.record_interruption(now, scheduled, cause);
            }
        }
    }

    /// Replays a history; returns the divergence, if any. Nothing is in flight afterwards.
    pub fn replay(&mut self, history: &[Event]) -> Option<Divergence> {
        for event in history {
            self.fold(event);
            // In live execution it is kept until its command is in the outbox.
            if let EventKind::ChildWorkflowInstanceCanceled { created } = &event.kind {
                self.children.remove(created);
            }
        }
        if let Some(run) = self.code.remote_mut() {
            for event in history {
                run.apply(event);
            }
        }
        let replayed = self.with_run(|run| (run.replay(history), run.take_child_cancels()));
        let mut diverged = None;
        if let Some((divergence, asked)) = replayed {
            diverged = divergence;
            self.pending_cancels = asked;
        }
        self.effects.clear();
        self.armed.clear();
        self.to_start.clear();
        self.summary.in_flight = 0;
        for (scheduled, task) in &mut self.tasks {
            if task.is_started() {
                task.ready();
                self.ready.insert(*scheduled);
                self.interrupted.push(*scheduled);
            }
        }
        if matches!(self.code, Code::Missing) {
            let name = &self.summary.workflow;
            let version = self.summary.version.as_deref();
            diverged = Some(not_registered(&self.summary.id, name, version));
        }
        diverged
    }

    /// Replaces its run by a new one that has received the history. A run that does not match stalls the
    /// instance; one that matches again ends a stall. Returns the old run, which must be dropped on its
    /// thread.
    pub fn reload(
        &mut self,
        now: Timestamp,
        workflow: WorkflowFn,
        on_foreign_wake: OnForeignWake,
        history: &[Event],
    ) -> Option<LocalRun> {
        let identity = Identity::clone(&self.identity);
        let mut run = Run::new(workflow, identity, Some(on_foreign_wake));
        let diverged = run.replay(history);
        let asked = run.take_child_cancels();
        let before = self.code.replace(LocalRun::new(run));
        match diverged {
            Some(divergence) => self.stall(now, &divergence),
            None if self.summary.status == Status::Stalled => {
                self.progress.raised_while_stalled = 0;
                self.pending_cancels = asked;
                self.restart(now);
            }
            None => {}
        }
        before
    }

    fn restart(&mut self, now: Timestamp) {
        if self.summary.status == Status::Stalled {
            let reason = "the workflow's code matches its history again".into();
            self.append(now, EventKind::ExecutionResumed { reason });
        }
        self.advance(now);
    }

    /// Stalls the instance because its code does not match its history.
    pub fn stall(&mut self, now: Timestamp, divergence: &Divergence) {
        if !matches!(self.summary.status, Status::Stalled) && !self.is_closed() {
            let reason = divergence.to_string();
            self.append(now, EventKind::ExecutionStalled { reason });
        }
    }
}
