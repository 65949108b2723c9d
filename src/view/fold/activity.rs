//! Activities: scheduled, started, failed, retried, completed.

use std::sync::Arc;

use crate::{
    engine::{Event, EventId, EventKind, Payload, RetryPolicy, Timestamp},
    score::calls::{Performed, Play, Rest},
    view::{
        event_words::task_of,
        format,
        lane::{LaneModel, PlayedNote},
        open_operation::{OpenActivity, OpenOperation, OperationStage},
        sub_rows::Slot,
        timeline_entry::{EntryKind, Outcome, Purpose, TimelineEntry},
    },
};

impl LaneModel {
    pub(super) fn fold_activity(&mut self, event: &Event, played: &mut Vec<PlayedNote>) {
        match &event.kind {
            EventKind::TaskScheduled {
                name, input, retry, ..
            } => self.activity_scheduled(event, name, input, retry.as_deref()),
            EventKind::TaskStarted { scheduled, attempt } => {
                self.attempt_started(event, *scheduled, *attempt);
            }
            EventKind::TaskCompleted { scheduled, result } => {
                self.activity_completed(event, *scheduled, result, played);
            }
            EventKind::TaskFailed {
                scheduled,
                attempt,
                failure,
                retry_at,
                ..
            } => {
                if let Some(activity) = self.activities.remove(scheduled)
                    && let Some(operation) =
                        self.fail(event, activity.operation, *attempt, failure, *retry_at)
                {
                    let activity = OpenActivity {
                        operation,
                        ..activity
                    };
                    self.activities.insert(*scheduled, activity);
                }
            }
            EventKind::TaskHeartbeat { scheduled, details } => {
                let Some(activity) = self.activities.get(scheduled) else {
                    return;
                };
                let task = activity.operation.label.clone();
                let slot = activity.operation.slot.unwrap_or_default();
                let details = format::payload(details, 60).into();
                self.mark_in(slot, event, EntryKind::Heartbeat { task, details });
            }
            EventKind::TaskCanceled { scheduled } => {
                if let Some(activity) = self.activities.remove(scheduled) {
                    self.cancel(&activity.operation, event.at);
                }
            }
            _ => {}
        }
    }

    fn activity_scheduled(
        &mut self,
        event: &Event,
        name: &str,
        input: &Payload,
        retry: Option<&RetryPolicy>,
    ) {
        // An instance that schedules work no longer stalls.
        self.end_stall(event.at);
        let play: Option<Play> = (name == "play").then(|| input.decode().ok()).flatten();
        let rest: Option<Rest> = (name == "rest").then(|| input.decode().ok()).flatten();
        // What the lane is folded from says whether a score calls: the events and nothing else.
        let task = task_of(name, input);
        let label: Arc<str> = task.map_or_else(|| Arc::from(name), Arc::from);
        let (task, slot) = (label.clone(), self.take_slot(event));
        let queued = self.begin_in(slot, event, EntryKind::Queued { task });
        let operation = OpenOperation {
            label,
            max_attempts: retry.map_or(1, |policy| policy.max_attempts),
            slot: Some(slot),
            stage: OperationStage::Queued(queued),
        };
        let purpose = match play.is_some() || rest.is_some() {
            true => Purpose::Music,
            false if self.is_undoing() => Purpose::Undo,
            false => Purpose::Work,
        };
        let activity = OpenActivity {
            operation,
            purpose,
            play,
            caption: rest.and_then(|rest| rest.caption).map(Arc::from),
        };
        self.activities.insert(event.id, activity);
    }

    fn attempt_started(&mut self, event: &Event, scheduled: EventId, attempt: u32) {
        let Some(mut activity) = self.activities.remove(&scheduled) else {
            return;
        };
        let operation = &mut activity.operation;
        match &operation.stage {
            OperationStage::Registered => {}
            OperationStage::Queued(entry) => self.timeline.close(*entry, event.at),
            OperationStage::Running(entry) => self.attempt_interrupted(*entry, event.at),
            OperationStage::Backoff(backoff) => self.end_backoff(backoff, event.at),
        }
        let kind = EntryKind::Attempt {
            task: operation.label.clone(),
            attempt,
            purpose: activity.purpose,
            outcome: Outcome::Running,
        };
        let slot = operation.slot.unwrap_or_default();
        if attempt > 1 {
            self.moves.retried = Some((event.at, slot));
        }
        operation.stage = OperationStage::Running(self.begin_in(slot, event, kind));
        self.activities.insert(scheduled, activity);
    }

    fn activity_completed(
        &mut self,
        event: &Event,
        scheduled: EventId,
        result: &Payload,
        played: &mut Vec<PlayedNote>,
    ) {
        let Some(OpenActivity {
            operation, play, ..
        }) = self.activities.remove(&scheduled)
        else {
            return;
        };
        self.complete(&operation, event.at);
        match (&play, result.decode::<Performed>()) {
            (Some(play), Ok(done)) => self.note_played(scheduled, play, done, played),
            (None, Err(_)) => {}
            _ => {}
        }
    }

    fn note_played(
        &mut self,
        scheduled: EventId,
        play: &Play,
        done: Performed,
        played: &mut Vec<PlayedNote>,
    ) {
        let instrument: Arc<str> = Arc::from(play.instrument.as_str());
        for key in &play.keys {
            self.voices.add(&play.instrument, *key);
            self.timeline.push(TimelineEntry {
                event: scheduled,
                from: done.onset,
                until: Some(done.until.max(done.onset)),
                slot: Slot::default(),
                kind: EntryKind::Note {
                    key: *key,
                    velocity: play.velocity,
                    instrument: instrument.clone(),
                },
            });
        }
        self.busy.add(done.onset, done.until.max(done.onset));
        self.last_note_end = self.last_note_end.max(done.until);
        played.push(PlayedNote {
            onset: done.onset,
            until: done.until,
            at: done.at,
            length: play.length,
        });
    }

    /// An attempt did not return, and another one starts: it was requeued when the instance was
    /// paused, or it was lost with the process.
    fn attempt_interrupted(&mut self, entry: usize, at: Timestamp) {
        let started = self.timeline.get(entry).map(|entry| entry.from);
        match self.paused_at {
            Some(paused) if started.is_some_and(|started| started <= paused) => {
                self.timeline.close_with(entry, paused, Outcome::Requeued);
            }
            _ => self.timeline.close_with(entry, at, Outcome::Interrupted),
        }
    }

    /// Whether attempts were requeued and have not started again.
    pub(in crate::view) fn has_requeued_attempts(&self) -> bool {
        let mut activities = self.activities.values();
        activities.any(|open| matches!(open.operation.stage, OperationStage::Registered))
    }

    /// The instance is paused and no activity is running: attempts that had started are requeued.
    pub(in crate::view) fn requeue_attempts(&mut self) {
        let Some(paused) = self.paused_at else {
            return;
        };
        for activity in self.activities.values_mut() {
            let operation = &mut activity.operation;
            if let OperationStage::Running(entry) = operation.stage {
                self.timeline.close_with(entry, paused, Outcome::Requeued);
                operation.stage = OperationStage::Registered;
            }
        }
    }
}
