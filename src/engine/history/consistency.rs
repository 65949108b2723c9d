//! Whether a history can be what happened, whatever code it is of. A history that was recorded always
//! can; one that was changed afterwards, or put together by hand, may not.

use std::collections::{BTreeMap, BTreeSet};

use super::{Event, EventKind};
use crate::engine::{EventId, Failure};

/// The first event that cannot have happened after those before it, and why.
pub(in crate::engine) fn first_invalid_event(history: &[Event]) -> Option<(&Event, String)> {
    let mut before = Before::new();
    history
        .iter()
        .find_map(|event| Some((event, before.read(event).err()?)))
}

/// What is open after the events that were read.
struct Before {
    tasks: Open,
    timers: BTreeSet<EventId>,
    children: Open,
    end: Option<(EventId, &'static str)>,
}

/// The activities or children that are open.
struct Open {
    what: &'static str,
    attempts: BTreeMap<EventId, Attempts>,
}

/// The attempts of an activity or a child.
#[derive(Clone, Copy)]
struct Attempts {
    /// The one that is under way, or comes next.
    current: u32,
    /// Some were counted and not recorded: later numbers may follow as well.
    folded: bool,
}

impl Attempts {
    const FIRST: Self = Self {
        current: 1,
        folded: false,
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

impl Open {
    fn new(what: &'static str) -> Self {
        let attempts = BTreeMap::new();
        Self { what, attempts }
    }

    fn begin(&mut self, id: EventId) {
        self.attempts.insert(id, Attempts::FIRST);
    }

    fn get(&mut self, id: EventId) -> Result<&mut Attempts, String> {
        let what = self.what;
        let open = self.attempts.get_mut(&id);
        open.ok_or_else(|| format!("no {what} of event {id} is open"))
    }

    fn close(&mut self, id: EventId) -> Read {
        self.get(id)?;
        self.attempts.remove(&id);
        Ok(())
    }

    fn fail(&mut self, id: EventId, attempt: u32, is_last: bool) -> Read {
        let attempts = self.get(id)?;
        attempts.is(attempt)?;
        attempts.current = attempt.saturating_add(1);
        match is_last {
            true => self.close(id),
            false => Ok(()),
        }
    }
}

impl Before {
    fn new() -> Self {
        Self {
            tasks: Open::new("activity"),
            timers: BTreeSet::new(),
            children: Open::new("child"),
            end: None,
        }
    }

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
                self.tasks.begin(event.id);
                Ok(())
            }
            E::TimerCreated { .. } => {
                self.timers.insert(event.id);
                Ok(())
            }
            E::TimerFired { timer } => self.timer_fired(*timer),
            E::ChildWorkflowInstanceCreated { .. } => {
                self.children.begin(event.id);
                Ok(())
            }
            E::ChildWorkflowInstanceCompleted { created, .. } => self.children.close(*created),
            E::ChildWorkflowInstanceFailed {
                created,
                attempt,
                retry_at,
                ..
            } => self.children.fail(*created, *attempt, retry_at.is_none()),
            kind => self.read_task(kind),
        }
    }

    fn read_task(&mut self, kind: &EventKind) -> Read {
        use EventKind as E;
        let tasks = &mut self.tasks;
        match kind {
            E::TaskStarted { scheduled, attempt } => {
                let task = tasks.get(*scheduled)?;
                task.is(*attempt)?;
                task.current = *attempt;
                Ok(())
            }
            E::TaskCompleted { scheduled, .. } => tasks.close(*scheduled),
            // What the end of the process has interrupted is made again under the same number.
            E::TaskFailed {
                scheduled,
                attempt,
                retry_at: Some(_),
                failure,
                ..
            } if failure.error_type == Failure::INTERRUPTED => tasks.get(*scheduled)?.is(*attempt),
            E::TaskFailed {
                scheduled,
                attempt,
                retry_at,
                ..
            } => tasks.fail(*scheduled, *attempt, retry_at.is_none()),
            E::TaskAttemptsFolded {
                scheduled,
                first,
                last,
                ..
            } => {
                let task = tasks.get(*scheduled)?;
                task.is(*first)?;
                (task.current, task.folded) = (*last, true);
                Ok(())
            }
            E::TaskHeartbeat { scheduled, .. } => tasks.get(*scheduled).map(drop),
            _ => Ok(()),
        }
    }

    fn timer_fired(&mut self, timer: EventId) -> Read {
        // The start of an instance may lie ahead as that of a timer does.
        match self.timers.remove(&timer) || timer == EventId(0) {
            true => Ok(()),
            false => Err(format!("no timer of event {timer} is open")),
        }
    }
}
