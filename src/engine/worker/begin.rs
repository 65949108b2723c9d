//! Instances begin, or go on where an earlier process left them.

use std::sync::Arc;

use super::Worker;
use crate::engine::{
    EngineError, EventKind, InstanceId, InstanceKey, OpenInstance, Parent, Payload, Status,
    StoreError, Tags, Timestamp,
    context::Identity,
    instance::Instance,
    message::{IdReuse, Message, NewInstance},
    registry::WorkflowFn,
    turn::Alarm,
};

/// An instance that begins.
pub(super) struct Beginning {
    pub id: InstanceId,
    pub run: u32,
    pub workflow: String,
    pub input: Payload,
    pub tags: Tags,
    pub parent: Option<Parent>,
}

impl Worker {
    /// Replays the open instances and starts again what was under way.
    pub(super) fn recover(&mut self) -> Result<(), EngineError> {
        let mut clock = self.clock;
        let store = Arc::clone(&self.store);
        let mut recovered = Vec::new();
        let mut unreadable = None;
        store.each_open(&mut |key, open| {
            let OpenInstance { summary, history } = match open {
                Ok(open) => open,
                Err(found) => {
                    unreadable.get_or_insert(found.error);
                    return;
                }
            };
            let version = summary.version.as_deref();
            let workflow = self.registry.find_workflow(&summary.workflow, version);
            let workflow = workflow.cloned();
            let identity = self.identity(summary.id, summary.run);
            let mut instance = self.make(key, identity, &summary.workflow, workflow);
            if let Some(last) = history.last() {
                clock = clock.not_before(last.at);
            }
            instance.recover(&history, clock.now());
            recovered.push(instance);
        })?;
        if let Some(error) = unreadable {
            return Err(error.into());
        }
        self.clock = clock;
        let now = clock.now();
        let keys: Vec<_> = recovered.iter().map(|instance| instance.key).collect();
        for instance in recovered {
            self.adopt(instance);
        }
        for key in keys {
            self.mend_family(now, key)?;
        }
        Ok(())
    }

    pub(super) fn identity(&self, instance: InstanceId, run: u32) -> Identity {
        Identity {
            instance,
            run,
            limits: self.limits,
        }
    }

    pub(super) fn make(
        &self,
        key: InstanceKey,
        identity: Identity,
        name: &str,
        workflow: Option<WorkflowFn>,
    ) -> Instance {
        let inbox = self.results.clone();
        let alarm: Alarm = Arc::new(move || {
            if let Some(inbox) = inbox.upgrade() {
                // Without an engine there is nobody to tell.
                let _ = inbox.send(Message::ForeignWake(key));
            }
        });
        Instance::new(key, identity, name, workflow, Some(alarm))
    }

    pub(super) fn adopt(&mut self, instance: Instance) {
        let key = instance.key;
        self.ids.insert(instance.summary.id.clone(), key);
        self.instances.insert(key, instance);
        self.touch(key);
    }

    pub(super) fn new_key(&mut self) -> InstanceKey {
        let key = self.next_key;
        self.next_key = InstanceKey(key.0 + 1);
        key
    }

    pub(super) fn start(
        &mut self,
        now: Timestamp,
        new: NewInstance,
    ) -> Result<InstanceId, EngineError> {
        if self.registry.newest_workflow(&new.workflow).is_none() {
            return Err(EngineError::UnknownWorkflow(new.workflow));
        }
        self.fits("workflow's input", &new.input)?;
        let (id, run) = match new.id {
            Some(id) => {
                let run = self.next_run(&id, new.reuse)?;
                (id, run)
            }
            None => (self.free_id(&new.workflow)?, 1),
        };
        self.begin(
            now,
            Beginning {
                id: id.clone(),
                run,
                workflow: new.workflow,
                input: new.input,
                tags: new.tags,
                parent: None,
            },
        )?;
        Ok(id)
    }

    pub(super) fn begin(
        &mut self,
        now: Timestamp,
        beginning: Beginning,
    ) -> Result<InstanceKey, EngineError> {
        let Beginning {
            id,
            run,
            workflow: name,
            input,
            tags,
            parent,
        } = beginning;
        let newest = self.registry.newest_workflow(&name);
        let newest = newest.map(|(version, workflow)| (version, Arc::clone(workflow)));
        let (version, workflow) =
            newest.ok_or_else(|| EngineError::UnknownWorkflow(name.clone()))?;
        let key = self.new_key();
        let seed = id.seed_of(run);
        let identity = self.identity(id, run);
        let mut instance = self.make(key, identity, &name, Some(workflow));
        instance.receive(
            now,
            EventKind::ExecutionStarted {
                name,
                input,
                run,
                version,
                seed,
                parent,
                fork: None,
                tags,
                start_at: None,
                limits: None,
                custom_status: None,
                deadline: None,
            },
        );
        self.adopt(instance);
        Ok(key)
    }

    /// The number of the next run under an id.
    pub(super) fn next_run(&self, id: &InstanceId, reuse: IdReuse) -> Result<u32, EngineError> {
        let taken = || EngineError::AlreadyExists(id.clone());
        let before = match self.ids.get(id).and_then(|key| self.instances.get(key)) {
            Some(instance) => Some((instance.summary.status, instance.summary.run)),
            None => self
                .stored(id)?
                .map(|summary| (summary.status, summary.run)),
        };
        match before {
            None => Ok(1),
            Some((status, run)) if status.is_closed() && reuse == IdReuse::OnceClosed => {
                Ok(run + 1)
            }
            Some(_) => Err(taken()),
        }
    }

    pub(super) fn fits(&self, what: &'static str, payload: &Payload) -> Result<(), EngineError> {
        let (bytes, most) = (payload.size(), self.limits.payload);
        if bytes > most {
            return Err(EngineError::TooLarge { what, bytes, most });
        }
        Ok(())
    }

    /// What the store has under an id.
    pub(super) fn stored(
        &self,
        id: &InstanceId,
    ) -> Result<Option<crate::engine::InstanceSummary>, StoreError> {
        match self.store.find(id)? {
            Some(key) => self.store.summary(key),
            None => Ok(None),
        }
    }

    pub(super) fn free_id(&self, name: &str) -> Result<InstanceId, EngineError> {
        let stem: String = name.chars().take(40).collect();
        let mut number = self.next_key.0;
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
        let now = self.clock.now();
        for key in &self.touched {
            if let Some(instance) = self.instances.get_mut(key)
                && instance.summary.status == Status::Running
            {
                instance.start_ready(now, &mut self.places);
            }
        }
    }
}
