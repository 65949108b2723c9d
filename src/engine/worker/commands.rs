//! Commands to open instances: raise, suspend, resume, cancel, terminate.

use super::Worker;
use crate::engine::{
    EngineError, EventKind, InstanceId, InstanceKey, InstanceSummary, Parent, Status, Timestamp,
    delivery::{InstanceCommand, Reach},
};

impl Worker {
    /// Gives a command to an open instance, and to its children where it reaches them. One that comes
    /// from a parent is for its own child alone.
    pub(super) fn command(
        &mut self,
        now: Timestamp,
        id: &InstanceId,
        what: InstanceCommand,
        parent: Option<&Parent>,
    ) -> Result<(), EngineError> {
        if let InstanceCommand::Raise { input, .. } = &what {
            self.fits("event's data", input)?;
        }
        if self.quarantined.contains_key(id) {
            return self.command_quarantined(now, id, &what);
        }
        let key = self.ids.get(id).copied();
        let Some((key, instance)) = key.and_then(|key| Some((key, self.instances.get(&key)?)))
        else {
            return Err(self.not_open(id, &what));
        };
        if parent.is_some_and(|parent| !is_child_of(&instance.summary, parent)) {
            return Ok(());
        }
        let status = instance.summary.status;
        if status.is_closed() {
            return Err(EngineError::Closed {
                id: id.clone(),
                status,
                verb: what.participle(),
            });
        }
        let reached = match &what {
            InstanceCommand::Suspend { reach, .. } | InstanceCommand::Resume { reach, .. }
                if *reach == Reach::Tree =>
            {
                instance.tell_children(&what)
            }
            _ => Vec::new(),
        };
        self.carry_out(now, key, what)?;
        self.outbox.extend(reached);
        Ok(())
    }

    fn carry_out(
        &mut self,
        now: Timestamp,
        key: InstanceKey,
        what: InstanceCommand,
    ) -> Result<(), EngineError> {
        match what {
            InstanceCommand::Raise {
                name,
                input,
                from,
                request,
                ..
            } => {
                self.bring_here(key);
                if !self.accepts(key, request.as_deref())? {
                    return Ok(());
                }
                let kind = EventKind::EventRaised {
                    name,
                    input,
                    from,
                    request,
                };
                self.turn(key, |instance| instance.receive(now, kind));
            }
            InstanceCommand::Suspend {
                reason,
                freeze_time,
                ..
            } => {
                let kind = EventKind::ExecutionSuspended {
                    reason,
                    freeze_time,
                };
                self.receive_in(now, key, &[Status::Running, Status::Pending], kind);
            }
            InstanceCommand::Resume { reason, .. } => {
                let kind = EventKind::ExecutionResumed { reason };
                self.receive_in(now, key, &[Status::Suspended], kind);
            }
            InstanceCommand::Cancel { reason } => {
                let kind = EventKind::ExecutionCancelRequested {
                    reason,
                    waits_for_children: true,
                };
                self.turn(key, |instance| instance.receive(now, kind));
            }
            InstanceCommand::Terminate { reason, reach } => {
                self.turn(key, |instance| {
                    instance.receive(now, EventKind::ExecutionTerminated { reason });
                    if reach == Reach::Alone {
                        instance.leave_children_be();
                    }
                });
            }
        }
        Ok(())
    }

    /// Whether an event may be raised: false if its request was taken before.
    fn accepts(&self, key: InstanceKey, request: Option<&str>) -> Result<bool, EngineError> {
        let Some(instance) = self.instances.get(&key) else {
            return Ok(true);
        };
        if request.is_some_and(|request| instance.has_taken(request)) {
            return Ok(false);
        }
        let most = self.setup.limits.unread_events;
        if instance.unread() >= most {
            return Err(EngineError::TooManyEvents {
                id: instance.summary.id.clone(),
                most,
            });
        }
        Ok(true)
    }

    /// An event for an instance in one of these statuses; in another it changes nothing.
    fn receive_in(
        &mut self,
        now: Timestamp,
        key: InstanceKey,
        statuses: &[Status],
        kind: EventKind,
    ) {
        self.turn(key, |instance| {
            if statuses.contains(&instance.summary.status) {
                instance.receive(now, kind);
            }
        });
    }

    /// An instance that cannot be read can only be terminated; its history stays as it is.
    fn command_quarantined(
        &mut self,
        now: Timestamp,
        id: &InstanceId,
        what: &InstanceCommand,
    ) -> Result<(), EngineError> {
        if !matches!(what, InstanceCommand::Terminate { .. }) {
            return Err(self.quarantine_error(id));
        }
        if let Some(mut damaged) = self.quarantined.remove(id) {
            damaged.summary.status = Status::Terminated;
            damaged.summary.closed_at = Some(now);
            self.subscribers.closed(damaged.key, &damaged.summary);
            self.batch.summaries.push((damaged.key, damaged.summary));
        }
        Ok(())
    }

    pub(super) fn quarantine_error(&self, id: &InstanceId) -> EngineError {
        let damaged = self.quarantined.get(id);
        EngineError::Quarantined {
            id: id.clone(),
            reason: damaged.map_or_else(String::new, |damaged| damaged.reason.clone()),
        }
    }

    fn not_open(&self, id: &InstanceId, what: &InstanceCommand) -> EngineError {
        match self.stored(id) {
            Ok(Some(summary)) if summary.status.is_closed() => EngineError::Closed {
                id: id.clone(),
                status: summary.status,
                verb: what.participle(),
            },
            Ok(Some(_)) => EngineError::NotRecovered(id.clone()),
            Ok(None) => EngineError::UnknownInstance(id.clone()),
            Err(error) => error,
        }
    }
}

fn is_child_of(summary: &InstanceSummary, parent: &Parent) -> bool {
    summary.parent.as_ref().is_some_and(|of| {
        let same_run = of.run == 0 || parent.run == 0 || of.run == parent.run;
        of.instance == parent.instance && of.created == parent.created && same_run
    })
}
