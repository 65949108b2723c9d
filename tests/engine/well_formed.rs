//! Invariants of every history.

use std::collections::BTreeMap;

use fermata::engine::*;

/// The operations that are open at some point of a history.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Open {
    Task { attempt: u32, stage: Stage },
    Timer,
    Child { attempt: u32, at_work: bool },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Waits,
    Started,
}

/// A history as far as it was read.
#[derive(Default)]
struct Reader {
    open: BTreeMap<EventId, Open>,
    undoing: Vec<EventId>,
    registered: Vec<EventId>,
    suspended: bool,
    ended: bool,
}

/// Checks a history; returns the first invalid event and its error.
pub fn check(history: &[Event]) -> Result<(), String> {
    let mut reader = Reader::default();
    let mut last = Timestamp::default();
    for (place, event) in history.iter().enumerate() {
        let begins = matches!(event.kind, EventKind::ExecutionStarted { .. });
        let read = if event.id.0 != place as u64 {
            Err("the ids do not follow on one another")
        } else if begins != (place == 0) {
            Err("a history begins once")
        } else if event.at < last {
            Err("time goes backwards")
        } else {
            reader.read(event)
        };
        last = event.at;
        read.map_err(|wrong| format!("{wrong}: {}", event.to_json()))?;
    }
    Ok(())
}

type Read = Result<(), &'static str>;

impl Reader {
    fn read(&mut self, event: &Event) -> Read {
        use EventKind as E;
        if self.ended {
            return Err("something happened after the end");
        }
        match &event.kind {
            E::ExecutionStarted {
                start_at: Some(_), ..
            } => self.opened(event.id, Open::Timer),
            E::ExecutionStarted { .. } | E::EventRaised { .. } => Ok(()),
            E::ExecutionCancelRequested { .. } | E::TaskHeartbeat { .. } => Ok(()),
            E::EventUndelivered { .. } | E::TaskAttemptsFolded { .. } => Ok(()),
            E::ExecutionStalled { .. } => Err("programs never stall"),
            E::ExecutionSuspended { .. } if self.suspended => Err("it is already suspended"),
            E::ExecutionSuspended { .. } => {
                self.suspended = true;
                Ok(())
            }
            E::ExecutionResumed { .. } if !self.suspended => Err("it is not held"),
            E::ExecutionResumed { .. } => {
                self.suspended = false;
                Ok(())
            }
            E::ExecutionTerminated { .. } => {
                self.ended = true;
                Ok(())
            }
            E::TaskCompleted { scheduled, .. } => self.completed(*scheduled),
            E::TaskFailed {
                scheduled,
                attempt,
                retry_at,
                failure,
                ..
            } => {
                let next = retry_at.map(|_| match failure.error_type.as_str() {
                    // The end of the process interrupted it: the same attempt is made again.
                    Failure::INTERRUPTED => *attempt,
                    _ => *attempt + 1,
                });
                self.failed(*scheduled, *attempt, next)
            }
            E::ChildWorkflowInstanceCompleted { created, .. } => self.child_over(*created),
            E::ChildWorkflowInstanceFailed {
                created,
                attempt,
                retry_at,
                ..
            } => self.child_failed(*created, *attempt, retry_at.is_some()),
            _ if self.suspended => Err("something new began while it was held"),
            kind => self.read_work(event.id, kind),
        }
    }

    fn read_work(&mut self, id: EventId, kind: &EventKind) -> Read {
        use EventKind as E;
        match kind {
            E::TaskScheduled { .. } => {
                let stage = Stage::Waits;
                self.opened(id, Open::Task { attempt: 1, stage })
            }
            E::TaskStarted { scheduled, attempt } => self.started(*scheduled, *attempt),
            E::TaskCanceled { scheduled } => {
                self.close(*scheduled, |open| matches!(open, Open::Task { .. }))
            }
            E::TimerCreated { .. } => self.opened(id, Open::Timer),
            E::TimerFired { timer } | E::TimerCanceled { timer } => {
                self.close(*timer, |open| open == Open::Timer)
            }
            E::ChildWorkflowInstanceCreated {
                detached: false, ..
            } => self.opened(
                id,
                Open::Child {
                    attempt: 1,
                    at_work: true,
                },
            ),
            E::ChildWorkflowInstanceRestarted {
                created, attempt, ..
            } => self.child_restarted(*created, *attempt),
            E::ChildWorkflowInstanceCanceled { created } => {
                self.close(*created, |open| matches!(open, Open::Child { .. }))
            }
            E::CompensationRegistered { .. } => {
                self.registered.push(id);
                Ok(())
            }
            E::CompensationStarted { registered } => {
                let known = self.registered.iter().position(|known| known == registered);
                let known = known.ok_or("this was not registered, or is being undone already")?;
                self.undoing.push(self.registered.remove(known));
                Ok(())
            }
            E::CompensationEnded { registered, .. } => {
                let begun = self.undoing.iter().position(|begun| begun == registered);
                self.undoing
                    .remove(begun.ok_or("this was not being undone")?);
                Ok(())
            }
            E::ExecutionCompleted { .. } | E::ContinuedAsNew { .. } => self.end(),
            E::ExecutionCanceled { .. } => self.end(),
            // A panic changes nothing.
            E::ExecutionFailed { failure } if failure.error_type == Failure::PANIC => {
                self.ended = true;
                Ok(())
            }
            E::ExecutionFailed { .. } => self.end(),
            _ => Ok(()),
        }
    }

    /// Programs wait for everything that they begin, or drop it.
    fn end(&mut self) -> Read {
        self.ended = true;
        // It may be canceled before its start is due.
        self.open.remove(&EventId(0));
        match self.open.is_empty() {
            true => Ok(()),
            false => Err("something was left open"),
        }
    }

    fn opened(&mut self, id: EventId, open: Open) -> Read {
        self.open.insert(id, open);
        Ok(())
    }

    fn close(&mut self, id: EventId, fits: impl FnOnce(Open) -> bool) -> Read {
        let open = self.open.remove(&id).ok_or("what it closes is not open")?;
        if fits(open) {
            Ok(())
        } else {
            Err("it closes something of another kind")
        }
    }

    fn started(&mut self, id: EventId, attempt: u32) -> Read {
        match self.open.get_mut(&id) {
            Some(Open::Task {
                attempt: expected,
                stage,
            }) if *expected == attempt => {
                *stage = Stage::Started;
                Ok(())
            }
            _ => Err("no task waits for this attempt"),
        }
    }

    fn completed(&mut self, id: EventId) -> Read {
        let started = |open| {
            matches!(
                open,
                Open::Task {
                    stage: Stage::Started,
                    ..
                }
            )
        };
        self.close(id, started)
    }

    fn failed(&mut self, id: EventId, attempt: u32, next: Option<u32>) -> Read {
        let stage = Stage::Started;
        self.close(id, |open| open == Open::Task { attempt, stage })?;
        if let Some(attempt) = next {
            let stage = Stage::Waits;
            self.open.insert(id, Open::Task { attempt, stage });
        }
        Ok(())
    }

    fn child_over(&mut self, id: EventId) -> Read {
        self.close(id, |open| matches!(open, Open::Child { at_work: true, .. }))
    }

    fn child_failed(&mut self, id: EventId, attempt: u32, again: bool) -> Read {
        let expected = Open::Child {
            attempt,
            at_work: true,
        };
        self.close(id, |open| open == expected)?;
        if again {
            let at_work = false;
            self.open.insert(id, Open::Child { attempt, at_work });
        }
        Ok(())
    }

    /// After a failure the next attempt; in a fork the same, with a child of its own.
    fn child_restarted(&mut self, id: EventId, attempt: u32) -> Read {
        match self.open.get_mut(&id) {
            Some(Open::Child {
                attempt: before,
                at_work,
            }) => {
                if attempt != *before + u32::from(!*at_work) {
                    return Err("this attempt of a child does not follow on the one before");
                }
                (*before, *at_work) = (attempt, true);
                Ok(())
            }
            _ => Err("no child waits for this attempt"),
        }
    }
}
