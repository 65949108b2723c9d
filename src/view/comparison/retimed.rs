//! A history with other moments: those of an axis of time that it shares with another.

use std::collections::HashMap;

use super::{likeness::is_music, operations::opened, shared_time::Course};
use crate::{
    engine::{Event, EventId, EventKind, Payload, Timestamp},
    score::calls::Performed,
};

/// When the music of some results began, by the event with the result.
pub(super) type Onsets = HashMap<EventId, Timestamp>;

/// The events with the moments of a course. Their music begins where `onsets` says, or else where the
/// course takes it; it lasts as long as it did.
pub(super) fn retimed(events: &[Event], course: &Course, onsets: &Onsets) -> Vec<Event> {
    let mut last = Timestamp(0);
    let retime = |(place, event): (usize, &Event)| {
        // Later events are never earlier, not even in a file.
        last = last.max(course.of_event(place, event.at));
        let mut kind = event.kind.clone();
        retime_kind(&mut kind, event.at, last, course);
        if let EventKind::TaskCompleted { result, .. } = &mut kind
            && let Some(performed) = performed(events, event)
        {
            let onset = onsets.get(&event.id).copied();
            let onset = onset.unwrap_or_else(|| course.at(performed.onset));
            let until = onset + performed.until.since(performed.onset);
            *result = moved(result, onset, until);
        }
        Event {
            id: event.id,
            at: last,
            kind,
        }
    };
    events.iter().enumerate().map(retime).collect()
}

/// When the music of a result was performed; `None`: the event is not the result of music.
pub(super) fn performed(events: &[Event], event: &Event) -> Option<Performed> {
    let EventKind::TaskCompleted { result, .. } = &event.kind else {
        return None;
    };
    let EventKind::TaskScheduled { name, .. } = &opened(events, event)?.kind else {
        return None;
    };
    result.decode().ok().filter(|_| is_music(name))
}

/// A result with other moments; its other members stay.
fn moved(result: &Payload, onset: Timestamp, until: Timestamp) -> Payload {
    let mut json = result.to_json();
    if let Some(members) = json.as_object_mut() {
        for (name, at) in [("onset", onset), ("until", until)] {
            if let Ok(at) = serde_json::to_value(at) {
                members.insert(name.to_owned(), at);
            }
        }
    }
    Payload::encode(&json).unwrap_or_else(|_| result.clone())
}

/// Moves what an event says about later moments. What is due after an event stays as far from it.
fn retime_kind(kind: &mut EventKind, at: Timestamp, to: Timestamp, course: &Course) {
    let due = |moment: &mut Option<Timestamp>| {
        if let Some(moment) = moment {
            *moment = to + moment.since(at);
        }
    };
    match kind {
        EventKind::TimerCreated { fire_at, .. } => due(fire_at),
        EventKind::TaskFailed { retry_at, .. }
        | EventKind::ChildWorkflowInstanceFailed { retry_at, .. } => due(retry_at),
        EventKind::ExecutionStarted {
            start_at, deadline, ..
        } => {
            for moment in [start_at, deadline].into_iter().flatten() {
                *moment = course.at(*moment);
            }
        }
        _ => {}
    }
}
