//! Whether a history can be what happened, whatever code it is of. A history that was recorded always
//! can; one that was changed afterwards, or put together by hand, may not.

use std::collections::HashMap;

use super::{Event, EventKind, Failure};
use crate::engine::EventId;

/// The first event that cannot have happened after those before it, and why.
pub(in crate::engine) fn impossible(history: &[Event]) -> Option<(&Event, String)> {
    let mut before = Before::default();
    history
        .iter()
        .find_map(|event| Some((event, before.read(event).err()?)))
}

/// What is open after the events that were read.
#[derive(Default)]
struct Before {
    tasks: HashMap<EventId, Attempts>,
    timers: HashMap<EventId, bool>,
    children: HashMap<EventId, Attempts>,
    end: Option<(EventId, &'static str)>,
}

/// The attempts of an activity or a child.
#[derive(Clone, Copy)]
struct Attempts {
    /// The one that is under way, or comes next.
    current: u32,
    /// Some were counted and not recorded: later numbers may follow as well.
    folded: bool,
    is_open: bool,
}

impl Attempts {
    const FIRST: Self = Self {
        current: 1,
        folded: false,
        is_open: true,
    };

    fn is(&self, attempt: u32) -> Result<(), String> {
        match attempt == self.current || self.folded && attempt > self.current {
            true => Ok(()),
            false => Err(format!(
                "attempt {} is the one that may follow",
                self.current
            )),
        }
    }
}

type Read = Result<(), String>;

impl Before {
    fn read(&mut self, event: &Event) -> Read {
        use EventKind as E;
        if let Some((id, name)) = self.end {
            return Err(format!("the history ended with event {id}, {name}"));
        }
        match &event.kind {
            E::ExecutionCompleted { .. }
            | E::ExecutionFailed { .. }
            | E::ExecutionCanceled { .. }
            | E::ExecutionTerminated { .. }
            | E::ContinuedAsNew { .. } => {
                self.end = Some((event.id, event.kind.name()));
                Ok(())
            }
            E::TaskScheduled { .. } => {
                self.tasks.insert(event.id, Attempts::FIRST);
                Ok(())
            }
            E::TimerCreated { .. } => {
                self.timers.insert(event.id, true);
                Ok(())
            }
            E::TimerFired { timer } => self.timer_fired(*timer),
            E::ChildWorkflowInstanceCreated { .. } => {
                self.children.insert(event.id, Attempts::FIRST);
                Ok(())
            }
            E::ChildWorkflowInstanceCompleted { created, .. } => {
                open(&mut self.children, *created, "child")?.is_open = false;
                Ok(())
            }
            E::ChildWorkflowInstanceFailed {
                created,
                attempt,
                retry_at,
                ..
            } => failed(
                open(&mut self.children, *created, "child")?,
                *attempt,
                retry_at.is_some(),
            ),
            kind => self.read_task(kind),
        }
    }

    fn read_task(&mut self, kind: &EventKind) -> Read {
        use EventKind as E;
        let tasks = &mut self.tasks;
        match kind {
            E::TaskStarted { scheduled, attempt } => {
                let task = open(tasks, *scheduled, "activity")?;
                task.is(*attempt)?;
                task.current = *attempt;
                Ok(())
            }
            E::TaskCompleted { scheduled, .. } => {
                open(tasks, *scheduled, "activity")?.is_open = false;
                Ok(())
            }
            // What the end of the process has interrupted is made again under the same number.
            E::TaskFailed {
                scheduled,
                attempt,
                retry_at: Some(_),
                failure,
                ..
            } if failure.error_type == Failure::INTERRUPTED => {
                open(tasks, *scheduled, "activity")?.is(*attempt)
            }
            E::TaskFailed {
                scheduled,
                attempt,
                retry_at,
                ..
            } => failed(
                open(tasks, *scheduled, "activity")?,
                *attempt,
                retry_at.is_some(),
            ),
            E::TaskAttemptsFolded {
                scheduled,
                first,
                last,
                ..
            } => {
                let task = open(tasks, *scheduled, "activity")?;
                task.is(*first)?;
                (task.current, task.folded) = (*last, true);
                Ok(())
            }
            E::TaskHeartbeat { scheduled, .. } => open(tasks, *scheduled, "activity").map(drop),
            _ => Ok(()),
        }
    }

    fn timer_fired(&mut self, timer: EventId) -> Read {
        match self.timers.get_mut(&timer) {
            Some(open) if *open => {
                *open = false;
                Ok(())
            }
            // The start of an instance may lie ahead as that of a timer does.
            None if timer == EventId(0) => Ok(()),
            _ => Err(format!("no timer of event {timer} is open")),
        }
    }
}

fn open<'a>(
    of: &'a mut HashMap<EventId, Attempts>,
    opened: EventId,
    what: &str,
) -> Result<&'a mut Attempts, String> {
    let known = of.get_mut(&opened).filter(|attempts| attempts.is_open);
    known.ok_or_else(|| format!("no {what} of event {opened} is open"))
}

fn failed(attempts: &mut Attempts, attempt: u32, is_retried: bool) -> Read {
    attempts.is(attempt)?;
    attempts.current = attempt.saturating_add(1);
    attempts.is_open = is_retried;
    Ok(())
}
