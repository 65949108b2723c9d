//! Starts instances and next runs.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use super::{
    blocked::is_blocked,
    state::{MAX_PER_COMMIT, Worker},
};
use crate::engine::{
    CodeLocation, EngineError, EventKind, InstanceId, InstanceKey, Parent, Payload, Reach, Status,
    Tags, Timestamp,
    context::Identity,
    instance::Instance,
    outbox_message::{InstanceCommand, NextRun, OutboxMessage, PinnedVersion, UnreadEvents},
    registry::WorkflowCode,
    request::{IdReuse, NewInstance, OnConflict, Request, StartTime},
    turn::{OnForeignWake, not_registered},
};

/// A run to be started.
pub(super) struct NewRun {
    pub id: InstanceId,
    pub run: u32,
    pub workflow: String,
    /// `None`: the newest version.
    pub version: Option<PinnedVersion>,
    pub input: Payload,
    pub tags: Tags,
    pub parent: Option<Parent>,
    pub start_at: Option<Timestamp>,
    pub custom_status: Option<Payload>,
    pub deadline: Option<Timestamp>,
    pub code: CodeLocation,
}

impl NewRun {
    /// A run that starts now, with only an input.
    pub fn new(id: InstanceId, run: u32, workflow: String, input: Payload) -> Self {
        Self {
            id,
            run,
            workflow,
            version: None,
            input,
            tags: Tags::new(),
            parent: None,
            start_at: None,
            custom_status: None,
            deadline: None,
            code: CodeLocation::Local,
        }
    }
}

impl Worker {
    pub(super) fn make(
        &self,
        key: InstanceKey,
        identity: Identity,
        name: &str,
        workflow: WorkflowCode,
    ) -> Instance {
        Instance::new(
            key,
            identity,
            name,
            workflow,
            Some(self.on_foreign_wake(key)),
        )
    }

    /// Reports to the engine that a workflow was woken from outside its context.
    pub(super) fn on_foreign_wake(&self, key: InstanceKey) -> OnForeignWake {
        let inbox = self.results.clone();
        Arc::new(move || {
            if let Some(inbox) = inbox.upgrade() {
                // The engine may have stopped.
                let _ = inbox.send(Request::ForeignWake(key));
            }
        })
    }

    pub(super) fn new_key(&self) -> InstanceKey {
        InstanceKey(self.keys.fetch_add(1, Relaxed))
    }

    /// Starts an instance for a caller.
    pub(super) fn start(
        &mut self,
        now: Timestamp,
        new: NewInstance,
    ) -> Result<InstanceId, EngineError> {
        if !self.can_start(&new.workflow, new.code) {
            return Err(EngineError::UnknownWorkflow(new.workflow));
        }
        self.check_size("workflow's input", &new.input)?;
        let raise = new.raise.clone();
        let id = match self.existing(now, &new)? {
            Some(existing) => existing,
            None => self.start_new(now, new)?,
        };
        if let Some((name, input)) = raise {
            let raise = InstanceCommand::Raise {
                name,
                input,
                from: None,
                sent: None,
                request: None,
            };
            self.command(now, &id, raise, None)?;
        }
        Ok(id)
    }

    /// Whether there may be code for a new instance.
    pub(super) fn can_start(&self, workflow: &str, code: CodeLocation) -> bool {
        code == CodeLocation::Remote || self.registry.newest_workflow(workflow).is_some()
    }

    /// The open instance with the id of a start, if it is to be used instead.
    fn existing(
        &mut self,
        now: Timestamp,
        new: &NewInstance,
    ) -> Result<Option<InstanceId>, EngineError> {
        let Some(id) = new.id.as_ref().filter(|id| self.ids.contains_key(*id)) else {
            return Ok(None);
        };
        match new.conflict {
            OnConflict::Fail => Ok(None),
            OnConflict::UseExisting => Ok(Some(id.clone())),
            OnConflict::TerminateExisting => {
                let terminate = InstanceCommand::Terminate {
                    reason: "a new run of the same id was started".into(),
                    reach: Reach::Tree,
                    output: None,
                };
                self.command(now, id, terminate, None)?;
                Ok(None)
            }
        }
    }

    fn start_new(&mut self, now: Timestamp, new: NewInstance) -> Result<InstanceId, EngineError> {
        let (id, run) = match new.id {
            Some(id) => {
                let run = self.next_run(&id, new.reuse)?;
                (id, run)
            }
            None => (self.free_id(&new.workflow)?, 1),
        };
        let start_at = match new.start {
            StartTime::Now => None,
            StartTime::At(at) => Some(at).filter(|at| *at > now),
            StartTime::After(delay) => Some(now + delay).filter(|at| *at > now),
        };
        let deadline = new.timeout.map(|timeout| start_at.unwrap_or(now) + timeout);
        let key = self.new_key();
        self.begin_run(
            now,
            key,
            NewRun {
                tags: new.tags,
                start_at,
                deadline,
                code: new.code,
                version: new.version.map(|version| PinnedVersion(Some(version))),
                ..NewRun::new(id.clone(), run, new.workflow, new.input)
            },
        );
        self.mark_dirty(key);
        Ok(id)
    }

    /// Starts a run. If the workflow is not registered, it is stalled. The caller has to mark it
    /// dirty.
    pub(super) fn begin_run(&mut self, now: Timestamp, key: InstanceKey, new: NewRun) {
        let NewRun {
            id,
            run,
            workflow: name,
            version,
            input,
            tags,
            parent,
            start_at,
            custom_status,
            deadline,
            code,
        } = new;
        let version = match (version, code) {
            (Some(PinnedVersion(version)), _) => version,
            (None, CodeLocation::Remote) => None,
            (None, CodeLocation::Local) => {
                let newest = self.registry.newest_workflow(&name);
                newest.and_then(|(version, _)| version)
            }
        };
        let workflow = self.registry.code(&name, version.as_deref(), code);
        let has_code = !matches!(workflow, WorkflowCode::Missing);
        let seed = self.setup.randomness.seed(&id, run);
        let limits = Some(self.setup.limits.of_a_run());
        let identity = self.identity(id.clone(), run);
        let mut instance = Box::new(self.make(key, identity, &name, workflow));
        let stalled = not_registered(&id, &name, version.as_deref());
        let started = EventKind::ExecutionStarted {
            name,
            input,
            run,
            version,
            seed,
            parent,
            fork: None,
            tags,
            start_at,
            limits: limits.map(Box::new),
            custom_status,
            deadline,
            code,
        };
        self.ids.insert(id, key);
        self.run_code(&mut instance, |instance| {
            instance.receive(now, started);
            if !has_code {
                instance.stall(now, &stalled);
            }
        });
        self.put_back(instance);
    }

    /// Starts the run after one that has continued as new, in the same commit. Unread events carry
    /// over.
    pub(super) fn start_next_run(&mut self, now: Timestamp, next: NextRun) -> InstanceKey {
        let before = self.ids.get(&next.instance).copied();
        self.next_runs += 1;
        // An endless chain of runs must not delay the commit: the rest follows after it.
        let is_late = self.next_runs > MAX_PER_COMMIT;
        let start_at = (!next.start_delay.is_zero() || is_late).then(|| now + next.start_delay);
        let key = self.new_key();
        if let Some(before) = before {
            self.subscribers.move_waiters(before, key);
        }
        // If the code of the next run blocks, the commit contains its start.
        let next_run = self.watchdog.is_some().then(|| Box::new(next.clone()));
        let ticket = next_run.map(|next| self.outbox.push_taken(OutboxMessage::StartNextRun(next)));
        self.begin_run(
            now,
            key,
            NewRun {
                version: next.version,
                tags: next.tags,
                parent: next.parent,
                start_at,
                custom_status: next.custom_status,
                deadline: next.deadline,
                code: next.code,
                ..NewRun::new(next.instance, next.run, next.workflow, next.input)
            },
        );
        self.deliver_unread(now, key, next.unread_events);
        if let Some(ticket) = ticket {
            self.delivered(ticket);
        }
        key
    }

    /// Delivers the unread events of the previous run, until the new run has closed.
    fn deliver_unread(&mut self, now: Timestamp, key: InstanceKey, mut unread: UnreadEvents) {
        let Some(mut instance) = self.instances.remove(&key) else {
            return;
        };
        self.run_code(&mut instance, |instance| {
            while !instance.is_closed()
                && let Some((name, input, from)) = unread.pop_front()
            {
                let request = None;
                let raised = EventKind::EventRaised {
                    name,
                    input,
                    from,
                    request,
                };
                instance.receive(now, raised);
            }
            instance.carry_over(unread);
        });
        self.put_back(instance);
    }

    /// The number of the next run of an id.
    pub(super) fn next_run(&self, id: &InstanceId, reuse: IdReuse) -> Result<u32, EngineError> {
        let taken = || EngineError::AlreadyExists(id.clone());
        // The first run of a blocked instance may not be in the store.
        if self.quarantined.contains_key(id) || is_blocked(&self.blocked, id) {
            return Err(taken());
        }
        let before = match self.ids.get(id).and_then(|key| self.instances.get(key)) {
            Some(instance) => Some((instance.summary.status, instance.summary.run)),
            None => self
                .stored(id)?
                .map(|summary| (summary.status, summary.run)),
        };
        let Some((status, run)) = before else {
            return Ok(1);
        };
        let free = match reuse {
            IdReuse::OnceClosed => status.is_closed(),
            IdReuse::OnceFailed => matches!(
                status,
                Status::Failed | Status::Canceled | Status::Terminated
            ),
            IdReuse::Never => false,
        };
        if free { Ok(run + 1) } else { Err(taken()) }
    }

    pub(super) fn check_size(
        &self,
        what: &'static str,
        payload: &Payload,
    ) -> Result<(), EngineError> {
        let (bytes, most) = (payload.size(), self.setup.limits.payload);
        if bytes > most {
            return Err(EngineError::TooLarge { what, bytes, most });
        }
        Ok(())
    }

    pub(super) fn free_id(&self, name: &str) -> Result<InstanceId, EngineError> {
        let stem: String = name.chars().take(40).collect();
        let mut number = self.keys.load(Relaxed);
        loop {
            let id = InstanceId::new(format!("{stem}-{number}"))?;
            if !self.ids.contains_key(&id) && self.store.find(&id)?.is_none() {
                return Ok(id);
            }
            number += 1;
        }
    }

    /// Starts the ready activities of changed instances.
    pub(super) fn start_ready(&mut self) {
        let is_on_other_thread = |key: &&InstanceKey| {
            self.instances
                .get(key)
                .is_some_and(|i| i.is_on_other_thread())
        };
        let elsewhere: Vec<_> = self
            .dirty
            .iter()
            .filter(is_on_other_thread)
            .copied()
            .collect();
        for key in elsewhere {
            self.ensure_local(key);
        }
        let now = self.now();
        let registry = Arc::clone(&self.registry);
        for key in &self.dirty {
            if let Some(instance) = self.instances.get_mut(key) {
                instance.check_code(now, |name| registry.find_activity(name).is_some());
                let has_workers = !instance.is_remote() || registry.remote_workers().is_some();
                if instance.summary.status == Status::Running && has_workers {
                    instance.start_ready(now, &mut self.slots);
                }
            }
        }
    }
}
