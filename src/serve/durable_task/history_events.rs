//! Events for workers, made of parts of the engine's events.

use super::{
    history::FROM_OUTSIDE,
    messages::{EventTimerOrigin, EventType, HistoryEvent, Named, Nothing, TurnStarted, Version},
    values::moment,
};
use crate::engine::{TimerOrigin, Timestamp};

pub(super) fn wire(number: i32, at: Timestamp, kind: EventType) -> HistoryEvent {
    HistoryEvent {
        event_id: number,
        timestamp: Some(moment(at)),
        event_type: Some(kind),
    }
}

/// The start of a turn. It carries the time that the code sees, which is that of the last event that it reads.
pub(super) fn turn_started(
    at: Timestamp,
    patches: &[String],
    version: Option<&str>,
) -> HistoryEvent {
    let is_told = !patches.is_empty() || version.is_some();
    let version = is_told.then(|| Version {
        patches: patches.to_vec(),
        name: version.unwrap_or_default().to_owned(),
    });
    wire(
        FROM_OUTSIDE,
        at,
        EventType::TurnStarted(TurnStarted { version }),
    )
}

pub(super) fn timer_name(origin: &TimerOrigin) -> String {
    match origin {
        TimerOrigin::Wait { name } => name.clone(),
        TimerOrigin::ExternalEvent { name } => name.clone(),
        TimerOrigin::Retry { .. } | TimerOrigin::ExternalEvents { .. } => String::new(),
    }
}

pub(super) fn timer_origin(origin: &TimerOrigin) -> EventTimerOrigin {
    match origin {
        TimerOrigin::Wait { .. } | TimerOrigin::ExternalEvents { .. } => {
            EventTimerOrigin::CreateTimer(Nothing {})
        }
        TimerOrigin::ExternalEvent { name } => {
            EventTimerOrigin::ExternalEvent(Named { name: name.clone() })
        }
        TimerOrigin::Retry { name, .. } => {
            EventTimerOrigin::ActivityRetry(Named { name: name.clone() })
        }
    }
}
