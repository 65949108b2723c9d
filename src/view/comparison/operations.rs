//! The events of a history by the task that they belong to.

use std::collections::HashMap;

use super::{Unlike, likeness::likeness};
use crate::{
    engine::{Event, EventKind},
    view::event_words::{opener, title},
};

/// A task: the kind and title of the event that began it.
type Task = (&'static str, String);

/// The operations of a history by task, each in the order of their beginnings.
pub(super) struct Operations<'a> {
    events: &'a [Event],
    /// The tasks in the order of their first operations.
    tasks: Vec<Task>,
    of_task: HashMap<Task, Vec<Vec<usize>>>,
    /// Which events say nothing about what the workflow did.
    pub skipped: Vec<bool>,
}

impl<'a> Operations<'a> {
    pub fn of(events: &'a [Event]) -> Self {
        let mut operations = Self {
            events,
            tasks: Vec::new(),
            of_task: HashMap::new(),
            skipped: vec![false; events.len()],
        };
        // The task and the number of the operation that an event began.
        let mut begun: HashMap<u64, (Task, usize)> = HashMap::new();
        for (place, event) in events.iter().enumerate() {
            if !is_compared(&event.kind) {
                operations.skip(place);
                continue;
            }
            let opened = opener(&event.kind).and_then(|id| begun.get(&id.0));
            let all = &mut operations.of_task;
            if let Some((task, number)) = opened
                && let Some(operation) = all.get_mut(task).and_then(|all| all.get_mut(*number))
            {
                let last = operation.last().and_then(|last| events.get(*last));
                match last.is_some_and(|last| is_started_again(last, event)) {
                    true => operations.skip(place),
                    false => operation.push(place),
                }
                continue;
            }
            let task = task(&event.kind);
            if !all.contains_key(&task) {
                operations.tasks.push(task.clone());
            }
            let same = all.entry(task.clone()).or_default();
            begun.insert(event.id.0, (task, same.len()));
            same.push(vec![place]);
        }
        operations
    }

    /// Pairs the operations of two histories. Adds the places of events that are the same, and the first
    /// difference of each pair.
    pub fn pair(&self, other: &Self, alike: &mut Vec<(usize, usize)>, unlike: &mut Vec<Unlike>) {
        let none = Vec::new();
        for task in &self.tasks {
            let ours = self.of_task.get(task).unwrap_or(&none);
            let theirs = other.of_task.get(task).unwrap_or(&none);
            for number in 0..ours.len().max(theirs.len()) {
                let ours = ours.get(number).map_or(&[][..], Vec::as_slice);
                let theirs = theirs.get(number).map_or(&[][..], Vec::as_slice);
                self.compare(other, ours, theirs, alike, unlike);
            }
        }
        let new = other.tasks.iter();
        for task in new.filter(|task| !self.of_task.contains_key(*task)) {
            for theirs in other.of_task.get(task).into_iter().flatten() {
                self.compare(other, &[], theirs, alike, unlike);
            }
        }
    }

    fn compare(
        &self,
        other: &Self,
        ours: &[usize],
        theirs: &[usize],
        alike: &mut Vec<(usize, usize)>,
        unlike: &mut Vec<Unlike>,
    ) {
        for number in 0..ours.len().max(theirs.len()) {
            let (left, right) = (ours.get(number).copied(), theirs.get(number).copied());
            match (left, right) {
                (Some(left), Some(right)) if self.likeness(left) == other.likeness(right) => {
                    alike.push((left, right));
                }
                _ => {
                    unlike.push(Unlike { left, right });
                    return;
                }
            }
        }
    }

    fn skip(&mut self, place: usize) {
        if let Some(skipped) = self.skipped.get_mut(place) {
            *skipped = true;
        }
    }

    fn likeness(&self, place: usize) -> Option<String> {
        let event = self.events.get(place)?;
        Some(likeness(&event.kind, opened(self.events, event)))
    }
}

/// Whether an event says what the workflow did. Pauses and heartbeats do not.
pub(super) fn is_compared(kind: &EventKind) -> bool {
    !matches!(
        kind,
        EventKind::ExecutionSuspended { .. }
            | EventKind::ExecutionResumed { .. }
            | EventKind::TaskHeartbeat { .. }
    )
}

/// Whether an attempt was started again: the process was gone meanwhile, or a rerun took it over. The
/// workflow did nothing else for that.
fn is_started_again(last: &Event, event: &Event) -> bool {
    match (&last.kind, &event.kind) {
        (EventKind::TaskStarted { attempt: last, .. }, EventKind::TaskStarted { attempt, .. }) => {
            last == attempt
        }
        _ => false,
    }
}

/// The event that an event refers to.
pub(super) fn opened<'a>(events: &'a [Event], event: &Event) -> Option<&'a Event> {
    let id = opener(&event.kind)?;
    let place = events.binary_search_by_key(&id, |event| event.id).ok()?;
    events.get(place)
}

fn task(kind: &EventKind) -> Task {
    use EventKind as E;
    match kind {
        // An end is an end, however it comes.
        E::ExecutionCompleted { .. }
        | E::ExecutionFailed { .. }
        | E::ExecutionCanceled { .. }
        | E::ExecutionTerminated { .. }
        | E::ContinuedAsNew { .. } => ("end", String::new()),
        // Two runs may have different names.
        E::ExecutionStarted { .. } => ("start", String::new()),
        // Children of different parents have different ids.
        E::InstanceAwaited { .. } => (kind.name(), String::new()),
        kind => (kind.name(), title(kind)),
    }
}
