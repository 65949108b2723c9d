//! The summary of a run, from its events.

use std::collections::HashSet;

use crate::engine::{Event, EventId, EventKind, InstanceId, InstanceSummary, Status, Timestamp};

/// Folds the events of a run into its summary.
#[derive(Debug, Clone)]
pub(super) struct Fold {
    summary: InstanceSummary,
    in_flight: HashSet<EventId>,
    is_suspended: bool,
    is_stalled: bool,
}

impl Fold {
    /// A run without events.
    pub fn new(id: InstanceId, run: u32) -> Self {
        Self {
            summary: InstanceSummary {
                run,
                ..InstanceSummary::new(id, "")
            },
            in_flight: HashSet::new(),
            is_suspended: false,
            is_stalled: false,
        }
    }

    /// The summary after all events.
    pub fn summary(&self) -> InstanceSummary {
        let mut summary = self.summary.clone();
        summary.in_flight = u32::try_from(self.in_flight.len()).unwrap_or(u32::MAX);
        if summary.status == Status::Running {
            summary.status = match (self.is_suspended, self.is_stalled) {
                (true, _) => Status::Suspended,
                (false, true) => Status::Stalled,
                (false, false) => Status::Running,
            };
        }
        summary
    }

    /// The next event.
    pub fn apply(&mut self, event: &Event) {
        let summary = &mut self.summary;
        match &event.kind {
            EventKind::ExecutionStarted {
                name,
                parent,
                fork,
                tags,
                start_at,
                ..
            } => {
                summary.workflow.clone_from(name);
                summary.parent.clone_from(parent);
                summary.fork = fork.as_deref().cloned();
                summary.tags.clone_from(tags);
                summary.started_at = event.at;
                summary.status = match start_at {
                    Some(_) => Status::Pending,
                    None => Status::Running,
                };
            }
            EventKind::TimerFired { timer: EventId(0) } if summary.status == Status::Pending => {
                summary.status = Status::Running;
            }
            EventKind::TagSet { name, value } => {
                summary.tags.insert(name.clone(), value.clone());
            }
            EventKind::ExecutionSuspended { .. } => self.is_suspended = true,
            EventKind::ExecutionStalled { .. } => self.is_stalled = true,
            // A pause of Temporal ends by its own event; a worker that goes on says so by another.
            EventKind::ExecutionResumed { .. } if self.is_stalled => self.is_stalled = false,
            EventKind::ExecutionResumed { .. } => self.is_suspended = false,
            EventKind::TaskStarted { scheduled, .. } => {
                self.in_flight.insert(*scheduled);
            }
            EventKind::TaskCompleted { scheduled, .. }
            | EventKind::TaskFailed { scheduled, .. }
            | EventKind::TaskCanceled { scheduled } => {
                self.in_flight.remove(scheduled);
            }
            _ => self.end(event),
        }
    }

    fn end(&mut self, event: &Event) {
        let status = match &event.kind {
            EventKind::ExecutionCompleted { output } => {
                self.summary.output = Some(output.clone());
                Status::Completed
            }
            EventKind::ExecutionFailed { failure } => {
                self.summary.failure = Some(failure.clone());
                Status::Failed
            }
            EventKind::ExecutionCanceled { failure } => {
                self.summary.failure = Some(failure.clone());
                Status::Canceled
            }
            EventKind::ExecutionTerminated { .. } => Status::Terminated,
            EventKind::ContinuedAsNew { .. } => Status::ContinuedAsNew,
            _ => return,
        };
        self.close(status, event.at);
    }

    fn close(&mut self, status: Status, at: Timestamp) {
        self.summary.status = status;
        self.summary.closed_at = Some(at);
        self.in_flight.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Failure, Payload};

    fn fold(kinds: Vec<EventKind>) -> InstanceSummary {
        let mut fold = Fold::new(InstanceId::new("temporal:default/a").unwrap(), 2);
        for (number, kind) in (0..).zip(kinds) {
            let (id, at) = (EventId(number), Timestamp(number));
            fold.apply(&Event { id, at, kind });
        }
        fold.summary()
    }

    fn suspended() -> EventKind {
        EventKind::ExecutionSuspended {
            reason: String::new(),
            freeze_time: false,
        }
    }

    fn resumed() -> EventKind {
        EventKind::ExecutionResumed {
            reason: String::new(),
        }
    }

    fn stalled() -> EventKind {
        EventKind::ExecutionStalled {
            reason: String::new(),
        }
    }

    fn started(name: &str) -> EventKind {
        EventKind::ExecutionStarted {
            name: name.to_owned(),
            input: Payload::null(),
            run: 2,
            version: None,
            seed: 0,
            parent: None,
            fork: None,
            tags: [("hall".to_owned(), "large".to_owned())].into(),
            start_at: None,
            limits: None,
            custom_status: None,
            deadline: None,
            code: Default::default(),
        }
    }

    #[test]
    fn a_lane_says_what_its_history_says() {
        let running = fold(vec![started("order")]);
        assert_eq!(running.status, Status::Running);
        assert_eq!((running.run, running.workflow.as_str()), (2, "order"));
        assert_eq!(running.tags["hall"], "large");
        let paused = fold(vec![started("order"), suspended()]);
        assert_eq!(paused.status, Status::Suspended);
        let both = fold(vec![started("order"), suspended(), stalled(), resumed()]);
        assert_eq!(both.status, Status::Suspended);
        let resumed = fold(vec![started("order"), suspended(), resumed()]);
        assert_eq!(resumed.status, Status::Running);
    }

    #[test]
    fn activities_in_flight_end_with_their_workflow() {
        let scheduled = EventId(1);
        let task = EventKind::TaskStarted {
            scheduled,
            attempt: 1,
        };
        let one = fold(vec![started("order"), task.clone()]);
        assert_eq!(one.in_flight, 1);
        let failure = Failure::new("Broken", "no");
        let ended = fold(vec![
            started("order"),
            task,
            EventKind::ExecutionFailed {
                failure: failure.clone(),
            },
        ]);
        assert_eq!((ended.in_flight, ended.status), (0, Status::Failed));
        assert_eq!(ended.closed_at, Some(Timestamp(2)));
        assert_eq!(ended.failure, Some(failure));
    }
}
