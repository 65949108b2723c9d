//! Instances begin, and continue as new.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use super::{MAX_PER_COMMIT, Worker, blocked::is_blocked};
use crate::engine::{
    EngineError, EventKind, InstanceId, InstanceKey, Parent, Payload, Status, Tags, Timestamp,
    context::Identity,
    delivery::{Delivery, InstanceCommand, NextRun, Pinned, Reach},
    instance::Instance,
    registry::WorkflowFn,
    request::{IdReuse, NewInstance, OnConflict, Request, StartTime},
    turn::{Alarm, not_registered},
};

/// An instance that begins.
pub(super) struct Beginning {
    pub id: InstanceId,
    pub run: u32,
    pub workflow: String,
    /// `None`: the newest.
    pub version: Option<Pinned>,
    pub input: Payload,
    pub tags: Tags,
    pub parent: Option<Parent>,
    pub start_at: Option<Timestamp>,
    pub custom_status: Option<Payload>,
    pub deadline: Option<Timestamp>,
}

impl Beginning {
    /// One that begins now, with nothing but an input.
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
        }
    }
}

impl Worker {
    pub(super) fn make(
        &self,
        key: InstanceKey,
        identity: Identity,
        name: &str,
        workflow: Option<WorkflowFn>,
    ) -> Instance {
        Instance::new(key, identity, name, workflow, Some(self.alarm(key)))
    }

    /// Tells the engine that a workflow was woken from outside its context.
    pub(super) fn alarm(&self, key: InstanceKey) -> Alarm {
        let inbox = self.results.clone();
        Arc::new(move || {
            if let Some(inbox) = inbox.upgrade() {
                // An engine that is gone needs to know nothing.
                let _ = inbox.send(Request::ForeignWake(key));
            }
        })
    }

    pub(super) fn new_key(&self) -> InstanceKey {
        InstanceKey(self.keys.fetch_add(1, Relaxed))
    }

    /// A caller starts an instance.
    pub(super) fn start(
        &mut self,
        now: Timestamp,
        new: NewInstance,
    ) -> Result<InstanceId, EngineError> {
        if self.registry.newest_workflow(&new.workflow).is_none() {
            return Err(EngineError::UnknownWorkflow(new.workflow));
        }
        self.fits("workflow's input", &new.input)?;
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

    /// The open instance that a start finds under its id, if it is to be used.
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
        self.begin(
            now,
            key,
            Beginning {
                tags: new.tags,
                start_at,
                deadline,
                ..Beginning::new(id.clone(), run, new.workflow, new.input)
            },
        );
        self.touch(key);
        Ok(id)
    }

    /// Begins an instance. Without code it is stalled until it has some. The caller has to touch it.
    pub(super) fn begin(&mut self, now: Timestamp, key: InstanceKey, beginning: Beginning) {
        let Beginning {
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
        } = beginning;
        let (version, workflow) = match version {
            Some(Pinned(version)) => {
                let found = self.registry.find_workflow(&name, version.as_deref());
                (version, found.cloned())
            }
            None => match self.registry.newest_workflow(&name) {
                Some((version, workflow)) => (version, Some(Arc::clone(workflow))),
                None => (None, None),
            },
        };
        let has_code = workflow.is_some();
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
            limits,
            custom_status,
            deadline,
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

    /// Begins the run that follows on one which has continued as new, in the same commit. Events that
    /// were not waited for go along.
    pub(super) fn begin_next_run(&mut self, now: Timestamp, next: NextRun) -> InstanceKey {
        let before = self.ids.get(&next.instance).copied();
        self.next_runs += 1;
        // A chain of runs without end must not keep the commit waiting: the rest follows after it.
        let is_late = self.next_runs > MAX_PER_COMMIT;
        let start_at = (!next.pause.is_zero() || is_late).then(|| now + next.pause);
        let key = self.new_key();
        if let Some(before) = before {
            self.subscribers.move_on(before, key);
        }
        // If the code of the next run does not return, the commit has how it is to begin.
        let next_run = self.watchdog.is_some().then(|| Box::new(next.clone()));
        let ticket = next_run.map(|next| self.outbox.hold(Delivery::Continue(next)));
        self.begin(
            now,
            key,
            Beginning {
                version: next.version,
                tags: next.tags,
                parent: next.parent,
                start_at,
                custom_status: next.custom_status,
                deadline: next.deadline,
                ..Beginning::new(next.instance, next.run, next.workflow, next.input)
            },
        );
        self.carry_over(now, key, next.mail);
        if let Some(ticket) = ticket {
            self.delivered(ticket);
        }
        key
    }

    /// Events that came before go on to the next run, until it has ended as well.
    fn carry_over(
        &mut self,
        now: Timestamp,
        key: InstanceKey,
        mut mail: VecDeque<(String, Payload, Option<InstanceId>)>,
    ) {
        let Some(mut instance) = self.instances.remove(&key) else {
            return;
        };
        self.run_code(&mut instance, |instance| {
            while !instance.is_closed()
                && let Some((name, input, from)) = mail.pop_front()
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
            instance.pass_on(mail);
        });
        self.put_back(instance);
    }

    /// The number of the next run under an id.
    pub(super) fn next_run(&self, id: &InstanceId, reuse: IdReuse) -> Result<u32, EngineError> {
        let taken = || EngineError::AlreadyExists(id.clone());
        // The first run of a blocked instance may not be in the store yet.
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

    pub(super) fn fits(&self, what: &'static str, payload: &Payload) -> Result<(), EngineError> {
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

    /// Starts what is ready, everywhere that something happened.
    pub(super) fn start_ready(&mut self) {
        let is_elsewhere =
            |key: &&InstanceKey| self.instances.get(key).is_some_and(|i| i.is_elsewhere());
        let elsewhere: Vec<_> = self.dirty.iter().filter(is_elsewhere).copied().collect();
        for key in elsewhere {
            self.bring_here(key);
        }
        let now = self.now();
        let registry = Arc::clone(&self.registry);
        for key in &self.dirty {
            if let Some(instance) = self.instances.get_mut(key) {
                instance.check_code(now, |name| registry.find_activity(name).is_some());
                if instance.summary.status == Status::Running {
                    instance.start_ready(now, &mut self.slots);
                }
            }
        }
    }
}
