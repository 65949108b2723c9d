//! Which task of a score an event belongs to.
//!
//! What a task asks for carries the name of the task, and two tasks may have the same name. The replay
//! tells which tasks were running when it was asked for. If two of them have the same name, the one that
//! began last is taken.

use std::{collections::HashMap, sync::Arc};

use super::task_timeline::{TaskRef, TaskTimeline};
use crate::{
    engine::{EventId, EventKind, TimerOrigin, Walk},
    score::{Document, TaskKind, limited_task},
};

/// The tasks that the events of a run belong to: the events that schedule an activity, create a timer or a
/// child.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskLinks(HashMap<EventId, Arc<str>>);

/// What is known of the task that asked for something.
enum Sign {
    /// Its name.
    Name(String),
    /// Its pointer.
    Pointer(String),
    /// It waits for events.
    Listens,
    /// It runs another workflow.
    Runs,
}

/// The part of a call's input that names the task.
#[derive(serde::Deserialize)]
struct Call {
    task: String,
}

impl TaskLinks {
    pub(super) fn of_walk(walk: &Walk, tasks: &TaskTimeline, document: &Document) -> Self {
        let kinds = Kinds::of(document);
        let commands = walk.commands.iter();
        let links = commands.filter_map(|command| {
            let sign = sign(command.request.as_ref()?)?;
            let active = tasks.active_at(command.issued);
            let mut latest = active.into_iter().rev();
            let task = latest.find(|task| kinds.fits(&sign, task))?;
            Some((command.recorded?, Arc::clone(&task.pointer)))
        });
        Self(links.collect())
    }

    /// The task that an event belongs to, a JSON pointer into the document. `event` is the one that
    /// scheduled or created something.
    pub fn task_of(&self, event: EventId) -> Option<&Arc<str>> {
        self.0.get(&event)
    }
}

/// The name of the task that asked for an activity of a score, from the activity's input.
pub(crate) fn named_task(kind: &EventKind) -> Option<String> {
    match kind {
        EventKind::TaskScheduled { input, .. } => {
            let task = input.decode::<Call>().ok()?.task;
            (!task.is_empty()).then_some(task)
        }
        EventKind::TimerCreated {
            origin: TimerOrigin::Wait { name },
            ..
        } if !name.is_empty() => Some(name.clone()),
        _ => None,
    }
}

fn sign(request: &EventKind) -> Option<Sign> {
    match request {
        EventKind::TimerCreated { origin, .. } => match origin {
            TimerOrigin::ExternalEvent { .. } | TimerOrigin::ExternalEvents { .. } => {
                Some(Sign::Listens)
            }
            TimerOrigin::Wait { name } => match limited_task(name) {
                Some(pointer) => Some(Sign::Pointer(pointer.to_owned())),
                None => named_task(request).map(Sign::Name),
            },
            TimerOrigin::Retry { .. } => None,
        },
        EventKind::ChildWorkflowInstanceCreated { .. } => Some(Sign::Runs),
        request => named_task(request).map(Sign::Name),
    }
}

/// The tasks of a document that wait for events, and those that run another workflow.
struct Kinds {
    listens: Vec<String>,
    runs: Vec<String>,
}

impl Kinds {
    fn of(document: &Document) -> Self {
        let (mut listens, mut runs) = (Vec::new(), Vec::new());
        document.each_task(&mut |task| match &task.kind {
            TaskKind::Listen(_) => listens.push(task.pointer.clone()),
            TaskKind::Run(_) => runs.push(task.pointer.clone()),
            _ => {}
        });
        Self { listens, runs }
    }

    fn fits(&self, sign: &Sign, task: &TaskRef) -> bool {
        let is = |pointer: &String| **pointer == *task.pointer;
        match sign {
            Sign::Name(name) => **name == *task.name,
            Sign::Pointer(pointer) => is(pointer),
            Sign::Listens => self.listens.iter().any(is),
            Sign::Runs => self.runs.iter().any(is),
        }
    }
}
