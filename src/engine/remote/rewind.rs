//! The history with which a failed run goes on: without its failures, and without what the code did once it knew
//! of one.

use std::collections::{HashMap, HashSet};

use super::code_location;
use crate::engine::{CodeLocation, Event, EventId, EventKind};

/// What a failed run keeps, and the first event that it loses.
pub(in crate::engine) fn rewound(history: &[Event]) -> (Vec<Event>, EventId) {
    let failed: HashSet<EventId> = history.iter().filter_map(failed_operation).collect();
    let (undone, ends_are_kept) = match code_location(history) {
        CodeLocation::Remote => (first_turn_with_a_failure(history), true),
        // Code that is here reacts to each event at once: nothing after a failure is independent of it.
        CodeLocation::Local => (first_failure(history), false),
    };
    let undone = undone.unwrap_or(EventId(u64::MAX));
    let mut kept = Kept::default();
    for event in history {
        let is_kept = match &event.kind {
            kind if kind.is_end_of_code() => false,
            _ if failed_operation(event).is_some() => false,
            _ if event.id < undone => true,
            EventKind::EventRaised { .. } => ends_are_kept,
            kind => {
                let about = what_goes_on(kind);
                ends_are_kept && about.is_some_and(|id| id < undone && !failed.contains(&id))
            }
        };
        match is_kept {
            true => kept.keep(event),
            false => kept.lost = kept.lost.or(Some(event.id)),
        }
    }
    let end = || history.last().map_or(EventId(0), |last| last.id.next());
    (kept.events, kept.lost.unwrap_or_else(end))
}

#[derive(Default)]
struct Kept {
    events: Vec<Event>,
    /// The first event that is lost.
    lost: Option<EventId>,
    /// Events behind it have other ids now.
    ids: HashMap<EventId, EventId>,
}

impl Kept {
    fn keep(&mut self, event: &Event) {
        let mut event = event.clone();
        let id = EventId(self.events.len() as u64);
        if self.lost.is_some() {
            self.ids.insert(event.id, id);
            event.id = id;
            if let Some(about) = opened_by(&mut event.kind) {
                *about = self.ids.get(about).copied().unwrap_or(*about);
            }
        }
        self.events.push(event);
    }
}

fn first_failure(history: &[Event]) -> Option<EventId> {
    let failures = history.iter();
    let mut failures = failures.filter(|event| failed_operation(event).is_some());
    failures.next().map(|event| event.id)
}

/// The first turn whose code knew of a failure; the last turn, if the code failed by itself.
fn first_turn_with_a_failure(history: &[Event]) -> Option<EventId> {
    let mut turns = history.iter().filter_map(|event| match event.kind {
        EventKind::TurnTaken { read, .. } => Some((event.id, read)),
        _ => None,
    });
    let failure = first_failure(history);
    let knew = |(_, read): &(EventId, EventId)| failure.is_some_and(|failure| *read >= failure);
    let turn = turns.clone().find(knew).or_else(|| turns.next_back());
    turn.map(|(id, _)| id)
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

/// The event that opened what an event is about.
fn opened_by(kind: &mut EventKind) -> Option<&mut EventId> {
    use EventKind as E;
    match kind {
        E::TaskStarted { scheduled, .. }
        | E::TaskCompleted { scheduled, .. }
        | E::TaskFailed { scheduled, .. }
        | E::TaskAttemptsFolded { scheduled, .. }
        | E::TaskHeartbeat { scheduled, .. }
        | E::TaskCanceled { scheduled } => Some(scheduled),
        E::TimerFired { timer } | E::TimerCanceled { timer } => Some(timer),
        E::EventUndelivered { sent, .. } => Some(sent),
        E::AwaitedInstanceClosed { awaited, .. } | E::InstanceAwaitCanceled { awaited } => {
            Some(awaited)
        }
        E::ChildWorkflowInstanceRestarted { created, .. }
        | E::ChildWorkflowInstanceCompleted { created, .. }
        | E::ChildWorkflowInstanceFailed { created, .. }
        | E::ChildWorkflowInstanceCanceled { created } => Some(created),
        E::CompensationStarted { registered } | E::CompensationEnded { registered, .. } => {
            Some(registered)
        }
        E::Noted { about, .. } => about.as_mut(),
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

    fn failed(id: u64, scheduled: EventId) -> Event {
        Event {
            id: EventId(id),
            at: Timestamp(id),
            kind: EventKind::TaskFailed {
                scheduled,
                attempt: 1,
                failure: Failure::new("Refused", "no"),
                retry_at: None,
                heartbeat: None,
            },
        }
    }

    fn names(history: &[Event]) -> Vec<&'static str> {
        history.iter().map(|event| event.kind.name()).collect()
    }

    #[test]
    fn ids_count_up_without_gaps_and_refer_to_the_same_operations() {
        // The second activity fails while the code takes a turn, and asks for another one.
        let mut history = chain();
        let scheduled = history[6].id;
        assert!(matches!(history[6].kind, EventKind::TaskScheduled { .. }));
        let ask = history[6].kind.clone();
        history.truncate(8);
        history.push(failed(8, scheduled));
        let (scheduled, attempt, result) = (EventId(10), 1, Payload::null());
        let failure = Failure::new("Refused", "no");
        let kinds = [
            turn(7),
            ask,
            EventKind::TaskStarted { scheduled, attempt },
            turn(11),
            EventKind::TaskCompleted { scheduled, result },
            turn(13),
            EventKind::ExecutionFailed { failure },
        ];
        history.extend(kinds.into_iter().zip(9..).map(|(kind, id)| Event {
            id: EventId(id),
            at: Timestamp(id),
            kind,
        }));
        let (kept, from) = rewound(&history);
        assert_eq!(from, EventId(8));
        assert_eq!(kept[..8], history[..8]);
        let rest = ["TurnTaken", "TaskScheduled", "TaskStarted", "TaskCompleted"];
        assert_eq!(names(&kept[8..]), rest);
        assert!(
            kept.iter()
                .zip(0..)
                .all(|(event, id)| event.id == EventId(id))
        );
        let about = |event: &Event| what_goes_on(&event.kind);
        assert_eq!(about(&kept[10]), Some(EventId(9)));
        assert_eq!(about(&kept[11]), Some(EventId(9)));
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
