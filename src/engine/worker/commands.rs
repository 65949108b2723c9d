//! Commands to open instances: raise, suspend, resume, cancel, terminate, retry now.

use super::state::Worker;
use crate::engine::{
    EngineError, EventKind, InstanceId, InstanceKey, InstanceOperation, InstanceSummary, Parent,
    Reach, Status, Timestamp, outbox_message::InstanceCommand,
};

impl Worker {
    /// Executes a command on an open instance and, for commands on the whole tree, on its children.
    /// A command from a parent is ignored unless the instance is its child.
    pub(super) fn command(
        &mut self,
        now: Timestamp,
        id: &InstanceId,
        command: InstanceCommand,
        parent: Option<&Parent>,
    ) -> Result<(), EngineError> {
        if let InstanceCommand::Raise { input, .. } = &command {
            self.check_size("event's data", input)?;
        }
        if self.quarantined.contains_key(id) {
            return self.command_quarantined(now, id, &command);
        }
        let key = self.ids.get(id).copied();
        let Some((key, instance)) = key.and_then(|key| Some((key, self.instances.get(&key)?)))
        else {
            return Err(self.not_open(id, command.operation()));
        };
        if parent.is_some_and(|parent| !is_child_of(&instance.summary, parent)) {
            return Ok(());
        }
        let status = instance.summary.status;
        if status.is_closed() {
            return Err(EngineError::Closed {
                id: id.clone(),
                status,
                operation: command.operation(),
            });
        }
        let reached = match &command {
            InstanceCommand::Suspend { reach, .. } | InstanceCommand::Resume { reach, .. }
                if *reach == Reach::Tree =>
            {
                instance.commands_to_children(&command)
            }
            _ => Vec::new(),
        };
        self.apply_command(now, key, command)?;
        self.outbox.extend(reached);
        Ok(())
    }

    fn apply_command(
        &mut self,
        now: Timestamp,
        key: InstanceKey,
        command: InstanceCommand,
    ) -> Result<(), EngineError> {
        match command {
            InstanceCommand::Raise {
                name,
                input,
                from,
                request,
                ..
            } => {
                self.ensure_local(key);
                if !self.accepts_event(key, request.as_deref())? {
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
                self.receive_if(now, key, &[Status::Running, Status::Pending], kind);
            }
            InstanceCommand::Resume { reason, .. } => {
                let kind = EventKind::ExecutionResumed { reason };
                self.receive_if(now, key, &[Status::Suspended], kind);
            }
            InstanceCommand::Cancel { reason } => {
                let kind = EventKind::ExecutionCancelRequested {
                    reason,
                    waits_for_children: true,
                };
                self.turn(key, |instance| instance.receive(now, kind));
            }
            InstanceCommand::Terminate {
                reason,
                reach,
                output,
            } => {
                self.turn(key, |instance| {
                    instance.receive(now, EventKind::ExecutionTerminated { reason, output });
                    if reach == Reach::Alone {
                        instance.abandon_children();
                    }
                });
            }
            InstanceCommand::RetryNow => return self.retry_now(now, key),
        }
        Ok(())
    }

    fn retry_now(&mut self, now: Timestamp, key: InstanceKey) -> Result<(), EngineError> {
        if let Some(instance) = self.instances.get(&key)
            && !instance.has_backoff()
        {
            return Err(EngineError::NothingToRetry(instance.summary.id.clone()));
        }
        self.ensure_local(key);
        self.turn(key, |instance| instance.retry_now(now));
        Ok(())
    }

    /// Whether an event may be raised; false if its request was accepted before.
    fn accepts_event(&self, key: InstanceKey, request: Option<&str>) -> Result<bool, EngineError> {
        let Some(instance) = self.instances.get(&key) else {
            return Ok(true);
        };
        if request.is_some_and(|request| instance.has_accepted(request)) {
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

    /// Appends an event if the instance has one of these statuses.
    fn receive_if(
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

    /// A quarantined instance can only be terminated; its history is not changed.
    fn command_quarantined(
        &mut self,
        now: Timestamp,
        id: &InstanceId,
        command: &InstanceCommand,
    ) -> Result<(), EngineError> {
        if !matches!(command, InstanceCommand::Terminate { .. }) {
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

    /// Why an instance that is not open cannot do this.
    pub(super) fn not_open(&self, id: &InstanceId, operation: InstanceOperation) -> EngineError {
        match self.stored(id) {
            Ok(Some(summary)) if summary.status.is_closed() => EngineError::Closed {
                id: id.clone(),
                status: summary.status,
                operation,
            },
            Ok(Some(_)) => EngineError::NotRecovered(id.clone()),
            Ok(None) => EngineError::UnknownInstance(id.clone()),
            Err(error) => error,
        }
    }
}

fn is_child_of(summary: &InstanceSummary, parent: &Parent) -> bool {
    summary.parent.as_ref().is_some_and(|of| {
        let is_any = [of.run, parent.run].contains(&Parent::ANY_RUN);
        let same_run = is_any || of.run == parent.run;
        of.instance == parent.instance && of.created == parent.created && same_run
    })
}
