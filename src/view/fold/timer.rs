//! Timers: waits for events and moments, and the backoff of retries that a workflow makes itself.

use std::sync::Arc;

use crate::{
    engine::{Event, EventId, EventKind, Status, TimerOrigin, Timestamp},
    view::{
        lane::LaneModel,
        open_operation::{OpenTimer, WorkflowRetry},
        timeline_entry::{EntryKind, WaitOn},
    },
};

/// How a timer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimerEnd {
    Fired,
    Canceled,
}

impl LaneModel {
    pub(super) fn fold_timer(&mut self, event: &Event) {
        match &event.kind {
            EventKind::TimerCreated { fire_at, origin } => {
                self.timer_created(event, *fire_at, origin);
            }
            // The delayed start of the instance.
            EventKind::TimerFired { timer: EventId(0) } => {
                self.starts_later = false;
                if self.status == Status::Pending {
                    self.status = Status::Running;
                }
            }
            EventKind::TimerFired { timer } => {
                let delay = self
                    .timers
                    .get(timer)
                    .filter(|timer| self.is_backoff(timer));
                let delay = delay.and_then(|timer| timer.slot);
                self.timer_closed(event.at, *timer, TimerEnd::Fired);
                self.forks.retried = delay.map(|slot| (event.id, slot));
            }
            EventKind::TimerCanceled { timer } => {
                self.timer_closed(event.at, *timer, TimerEnd::Canceled);
            }
            _ => {}
        }
    }

    fn timer_created(&mut self, event: &Event, fire_at: Option<Timestamp>, origin: &TimerOrigin) {
        let wait = |on| EntryKind::Wait {
            on,
            deadline: fire_at,
        };
        let kind = match origin {
            TimerOrigin::ExternalEvent { name } => wait(WaitOn::Event(name.as_str().into())),
            TimerOrigin::ExternalEvents { names } => wait(WaitOn::Event(any_of(names).into())),
            TimerOrigin::Wait { name } => wait(WaitOn::Moment(name.as_str().into())),
            TimerOrigin::Retry { name, attempt } => EntryKind::Backoff {
                task: name.as_str().into(),
                attempt: *attempt,
                due: fire_at.unwrap_or(event.at),
            },
        };
        // Waits have sub-rows as other operations have; a timeout belongs to what it limits.
        let slot = match &kind {
            EntryKind::Wait { on, .. } if on.is_timeout() => {
                self.forks.pass(event.id);
                None
            }
            _ => Some(self.take_slot(event)),
        };
        let timer = OpenTimer {
            entry: self.begin_in(slot.unwrap_or_default(), event, kind),
            slot,
            cues: cues(origin),
        };
        self.timers.insert(event.id, timer);
    }

    fn is_backoff(&self, timer: &OpenTimer) -> bool {
        let entry = self.timeline.get(timer.entry);
        entry.is_some_and(|entry| matches!(entry.kind, EntryKind::Backoff { .. }))
    }

    fn timer_closed(&mut self, at: Timestamp, timer: EventId, end: TimerEnd) {
        let Some(timer) = self.timers.remove(&timer) else {
            return;
        };
        self.timeline.close(timer.entry, at);
        self.free_slot(timer.slot, at);
        if let Some(EntryKind::Backoff { task, attempt, .. }) =
            self.timeline.get(timer.entry).map(|entry| &entry.kind)
            && end == TimerEnd::Fired
        {
            self.moves.retried = timer.slot.map(|slot| (at, slot));
            self.workflow_retry = Some(WorkflowRetry {
                label: task.clone(),
                attempt: *attempt,
                since: at,
            });
        }
    }
}

/// The names of several events in one line.
fn any_of(names: &[String]) -> String {
    match names {
        [] => "any event".to_owned(),
        names => names.join(" or "),
    }
}

/// The events that end a wait. A wait for any event gets one named `cue`.
fn cues(origin: &TimerOrigin) -> Vec<Arc<str>> {
    match origin {
        TimerOrigin::ExternalEvent { name } => vec![name.as_str().into()],
        TimerOrigin::ExternalEvents { names } if names.is_empty() => vec!["cue".into()],
        TimerOrigin::ExternalEvents { names } => {
            names.iter().map(|name| name.as_str().into()).collect()
        }
        TimerOrigin::Wait { .. } | TimerOrigin::Retry { .. } => Vec::new(),
    }
}
