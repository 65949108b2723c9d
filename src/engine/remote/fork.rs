//! Forks of remote runs from an activity.

use super::{code_location, walk::records};
use crate::engine::{CodeLocation, Event, EventId, EventKind, Payload};

/// Replaces the input of an activity that a worker asked for. Returns the event after everything that it asked for
/// in that turn. Returns `None` if the event schedules no activity of a worker, or if its turn closed the run.
pub(in crate::engine) fn replace_input(
    history: &mut [Event],
    scheduled: EventId,
    new_input: Payload,
) -> Option<EventId> {
    if code_location(history) != CodeLocation::Remote {
        return None;
    }
    let at = usize::try_from(scheduled.0).ok()?;
    let later = history.get(at + 1..)?.iter();
    let mut commands = later.take_while(|event| records(&event.kind));
    let last = commands.clone().last().map_or(scheduled, |event| event.id);
    if commands.any(|event| event.kind.is_end_of_code()) {
        return None;
    }
    match &mut history.get_mut(at)?.kind {
        EventKind::TaskScheduled { input, .. } => *input = new_input,
        _ => return None,
    }
    Some(last.next())
}
