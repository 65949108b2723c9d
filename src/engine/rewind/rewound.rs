//! The history with which a failed run goes on: without its failures, and without what the code did once the first
//! of them was recorded.

use std::collections::HashSet;

use crate::engine::{CodeLocation, Event, EventId, EventKind, remote::code_location};

/// What a failed run keeps, and the first event that it loses.
pub(in crate::engine) fn rewound(history: &[Event]) -> (Vec<Event>, EventId) {
    let failed: HashSet<EventId> = history.iter().filter_map(failed_operation).collect();
    let first_failure = history
        .iter()
        .find(|event| failed_operation(event).is_some());
    let first_failure = first_failure.map(|event| event.id);
    let (undone, ends_are_kept) = match code_location(history) {
        CodeLocation::Remote => (first_turn_after(history, first_failure), true),
        // Code that is here reacts to each event at once: nothing after a failure is independent of it.
        CodeLocation::Local => (first_failure, false),
    };
    let is_undone = |id: EventId| undone.is_some_and(|undone| id >= undone);
    let is_kept = |event: &Event| match &event.kind {
        kind if kind.is_end_of_code() => false,
        _ if failed_operation(event).is_some() => false,
        _ if !is_undone(event.id) => true,
        EventKind::EventRaised { .. } => ends_are_kept,
        kind => {
            let about = what_goes_on(kind);
            ends_are_kept && about.is_some_and(|id| !is_undone(id) && !failed.contains(&id))
        }
    };
    let end = || history.last().map_or(EventId(0), |last| last.id.next());
    let lost = history.iter().find(|event| !is_kept(event));
    let lost = lost.map_or_else(end, |event| event.id);
    let kept = history.iter().filter(|event| is_kept(event)).cloned();
    // Nothing refers to those that get another id: what opens operations comes before the first failure, or is lost.
    let kept = kept.zip(0..).map(|(mut event, id)| {
        event.id = EventId(id);
        event
    });
    (kept.collect(), lost)
}

/// The first turn after the first failure; the last turn, if the code failed by itself.
fn first_turn_after(history: &[Event], failure: Option<EventId>) -> Option<EventId> {
    let mut turns = history.iter().filter_map(|event| match event.kind {
        EventKind::TurnTaken { .. } => Some(event.id),
        _ => None,
    });
    let is_after = |turn: &EventId| failure.is_some_and(|failure| *turn > failure);
    turns.clone().find(is_after).or_else(|| turns.next_back())
}

/// The operation that failed for good with an event.
fn failed_operation(event: &Event) -> Option<EventId> {
    use EventKind as E;
    match event.kind {
        E::TaskFailed {
            scheduled: opened,
            retry_at: None,
            ..
        }
        | E::ChildWorkflowInstanceFailed {
            created: opened,
            retry_at: None,
            ..
        } => Some(opened),
        _ => None,
    }
}

/// The operation that goes on or ends with an event, whatever the code does.
fn what_goes_on(kind: &EventKind) -> Option<EventId> {
    use EventKind as E;
    match kind {
        E::TaskStarted { scheduled, .. }
        | E::TaskCompleted { scheduled, .. }
        | E::TaskFailed { scheduled, .. }
        | E::TaskAttemptsFolded { scheduled, .. }
        | E::TaskHeartbeat { scheduled, .. } => Some(*scheduled),
        E::TimerFired { timer } => Some(*timer),
        E::EventUndelivered { sent, .. } => Some(*sent),
        E::AwaitedInstanceClosed { awaited, .. } => Some(*awaited),
        E::ChildWorkflowInstanceRestarted { created, .. }
        | E::ChildWorkflowInstanceCompleted { created, .. }
        | E::ChildWorkflowInstanceFailed { created, .. } => Some(*created),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Failure, History, Payload, Timestamp};

    /// The recorded history of a chain of three.
    fn chain() -> Vec<Event> {
        let json = include_str!("../../../tests/engine/golden/remote-chain-1.json");
        History::from_json(json).unwrap().events
    }

    fn failed(scheduled: EventId) -> EventKind {
        EventKind::TaskFailed {
            scheduled,
            attempt: 1,
            failure: Failure::new("Refused", "no"),
            retry_at: None,
            heartbeat: None,
        }
    }

    #[test]
    fn what_ended_after_the_failure_stays_and_ids_count_up_without_gaps() {
        // The first of two activities fails. The worker schedules a third, and then the second one completes.
        let mut history = chain();
        history.truncate(3);
        let completed = |id| EventKind::TaskCompleted {
            scheduled: EventId(id),
            result: Payload::null(),
        };
        let ask = history[2].kind.clone();
        let failure = Failure::new("Refused", "no");
        let kinds = [
            ask.clone(),
            failed(EventId(2)),
            turn(4),
            ask,
            completed(6),
            completed(3),
            turn(8),
            EventKind::ExecutionFailed { failure },
        ];
        history.extend(kinds.into_iter().zip(3..).map(|(kind, id)| Event {
            id: EventId(id),
            at: Timestamp(id),
            kind,
        }));
        let (kept, from) = rewound(&history);
        assert_eq!(from, EventId(4));
        assert_eq!(kept[..4], history[..4]);
        assert_eq!(
            kept[4].kind, history[8].kind,
            "the second one has completed"
        );
        assert_eq!((kept.len(), kept[4].id), (5, EventId(4)));
    }

    #[test]
    fn code_that_failed_by_itself_takes_its_last_turn_again() {
        let mut history = chain();
        let last = history.last_mut().unwrap();
        last.kind = EventKind::ExecutionFailed {
            failure: Failure::new("ValueError", "a mistake"),
        };
        let turn = history
            .iter()
            .rposition(|event| matches!(event.kind, EventKind::TurnTaken { .. }))
            .unwrap();
        let (kept, from) = rewound(&history);
        assert_eq!(kept, history[..turn]);
        assert_eq!(from, history[turn].id);
    }

    fn turn(read: u64) -> EventKind {
        EventKind::TurnTaken {
            read: EventId(read),
            numbers: Vec::new(),
            patches: Vec::new(),
            versions: Vec::new(),
            version: None,
        }
    }
}
