//! Handles requests from callers.

use super::{blocked::is_blocked, state::Worker};
use crate::engine::{
    CodeLocation, EngineError, Event, EventId, EventKind, Fork, InstanceId, InstanceKey,
    InstanceOperation, InstanceSummary, Parent, Payload, Status, Tags, Timestamp,
    registry::WorkflowCode,
    remote::replace_input,
    reply::Reply,
    request::{ForkPoint, IdReuse, NewInstance, OnConflict, Request, Rerun, StartTime},
    rewind::rewound,
};

impl Worker {
    pub(super) fn answer_request(&mut self, now: Timestamp, request: Request) {
        match request {
            Request::Start(new, reply) => {
                let started = self.start(now, *new);
                self.answer(reply, started);
            }
            Request::Command(id, what, reply) => {
                let done = self.command(now, &id, what, None);
                self.answer(reply, done);
            }
            Request::Rerun(rerun, reply) => {
                let forked = self.rerun(now, *rerun);
                self.answer(reply, forked);
            }
            Request::Restart(id, new_id, reply) => {
                let restarted = self.restart(now, &id, new_id);
                self.answer(reply, restarted);
            }
            Request::Reload(id, reply) => {
                let reloaded = self.reload(now, &id);
                self.answer(reply, reloaded);
            }
            Request::Purge(purge, reply) => self.purge(purge, Some(reply)),
            Request::Schedule(request) => self.schedule_request(now, request),
            Request::Query(id, name, reply) => {
                if let Some(key) = self.ids.get(&id) {
                    self.ensure_local(*key);
                }
                let published = self.published(&id, &name);
                self.answer(reply, published);
            }
            Request::UntilClosed(id, reply) => self.until_closed(&id, reply),
            // Handled by the loop.
            Request::Subscribe(_)
            | Request::AttemptEnded { .. }
            | Request::Heartbeat { .. }
            | Request::TurnEnded { .. }
            | Request::ForeignWake(_)
            | Request::Shutdown(..)
            | Request::Stop(_)
            | Request::ReturnWorker(_) => {}
        }
    }

    /// Answers once an instance has closed.
    fn until_closed(&mut self, id: &InstanceId, reply: Reply<InstanceSummary>) {
        if let Some(key) = self.ids.get(id) {
            self.subscribers.wait(*key, reply);
            return;
        }
        if self.quarantined.contains_key(id) {
            let error = self.quarantine_error(id);
            return self.answer(reply, Err(error));
        }
        let ended = match self.stored(id) {
            Ok(Some(summary)) if summary.status.is_closed() => Ok(summary),
            Ok(Some(_)) => Err(EngineError::NotRecovered(id.clone())),
            Ok(None) => Err(EngineError::UnknownInstance(id.clone())),
            Err(error) => Err(error),
        };
        self.answer(reply, ended);
    }

    /// The value that an open instance has published under a name.
    fn published(&self, id: &InstanceId, name: &str) -> Result<Option<Payload>, EngineError> {
        if let Some(instance) = self.ids.get(id).and_then(|key| self.instances.get(key)) {
            return Ok(instance.published(name));
        }
        match self.stored(id)? {
            Some(summary) if summary.status.is_closed() => Err(EngineError::Closed {
                id: id.clone(),
                status: summary.status,
                operation: InstanceOperation::Query,
            }),
            Some(_) => Err(EngineError::NotRecovered(id.clone())),
            None => Err(EngineError::UnknownInstance(id.clone())),
        }
    }

    /// The key of a run, or of the latest run.
    fn key_of_run(&self, id: &InstanceId, run: Option<u32>) -> Result<InstanceKey, EngineError> {
        let unknown = || EngineError::UnknownInstance(id.clone());
        let Some(run) = run else {
            return match self.ids.get(id) {
                Some(key) => Ok(*key),
                None => self.store.find(id)?.ok_or_else(unknown),
            };
        };
        for key in self.store.runs(id)? {
            if self.store.summary(key)?.is_some_and(|s| s.run == run) {
                return Ok(key);
            }
        }
        Err(unknown())
    }

    /// Forks an instance at an event of its history.
    fn rerun(&mut self, now: Timestamp, rerun: Rerun) -> Result<InstanceId, EngineError> {
        let source = rerun.source;
        let source_key = self.key_of_run(&source, rerun.run)?;
        let mut history = self.whole_history(source_key)?;
        let (from, new_input) = fork_history(&source, &mut history, rerun.point)?;
        let Some(EventKind::ExecutionStarted {
            name,
            version,
            code,
            input,
            run: source_run,
            fork,
            parent,
            ..
        }) = history.first_mut().map(|event| &mut event.kind)
        else {
            return Err(EngineError::UnknownInstance(source));
        };
        if let Some(new_input) = new_input {
            *input = new_input;
        }
        // A fork of a child has no parent: the parent receives the outcome of the source. One that takes the place
        // of its source is still the child, for whichever run of the parent waits for it again.
        match parent {
            Some(parent) if rerun.id.as_ref() == Some(&source) => parent.run = Parent::ANY_RUN,
            _ => *parent = None,
        }
        let name = name.clone();
        let workflow = self.registry.code(&name, version.as_deref(), *code);
        if matches!(workflow, WorkflowCode::Missing) {
            return Err(EngineError::UnknownWorkflow(name));
        }
        let (id, run) = match rerun.id {
            Some(id) => {
                let run = self.next_run(&id, IdReuse::OnceClosed)?;
                (id, run)
            }
            None => (self.free_id(&name)?, 1),
        };
        *fork = Some(Box::new(Fork {
            instance: source,
            run: std::mem::replace(source_run, run),
            from,
            source: fork.take(),
            seed: Some(self.setup.randomness.seed(&id, run)),
        }));
        let key = self.new_key();
        let identity = self.identity(id.clone(), run);
        let mut instance = Box::new(self.make(key, identity, &name, workflow));
        self.ids.insert(id.clone(), key);
        self.batch.relations.push((source_key, key));
        self.run_code(&mut instance, |instance| {
            instance.adopt_history(history, now, rerun.start)
        });
        self.put_back(instance);
        // Events of the fork have the time at which it left its source, but a next run starts now.
        self.mark_dirty_not_before(now, key);
        let fork = id.clone();
        self.defer(move |worker| {
            if let Err(error) = worker.restore_relations(now, key) {
                let what = format!("children of the fork {fork:?} cannot be found: {error}");
                worker.gauges.record_damage(what);
            }
        });
        Ok(id)
    }

    /// Starts the workflow of an instance again, under the same id or another.
    fn restart(
        &mut self,
        now: Timestamp,
        id: &InstanceId,
        new_id: Option<InstanceId>,
    ) -> Result<InstanceId, EngineError> {
        let key = self.key_of_run(id, None)?;
        let Some(EventKind::ExecutionStarted {
            name,
            input,
            tags,
            code,
            version,
            ..
        }) = self.whole_history(key)?.into_iter().next().map(|e| e.kind)
        else {
            return Err(EngineError::UnknownInstance(id.clone()));
        };
        let id = new_id.unwrap_or_else(|| id.clone());
        let new = NewInstance {
            code,
            version,
            ..NewInstance::of(name, Some(id), input, tags)
        };
        self.start(now, new)
    }

    /// Whether an instance has closed or does not exist. One that continues as new is open, also
    /// between two runs.
    pub(super) fn has_ended(&self, id: &InstanceId) -> bool {
        if self.quarantined.contains_key(id) || is_blocked(&self.blocked, id) {
            return false;
        }
        match self.ids.get(id).and_then(|key| self.instances.get(key)) {
            Some(instance) => {
                instance.is_closed() && instance.summary.status != Status::ContinuedAsNew
            }
            None => !matches!(
                self.stored(id),
                Ok(Some(InstanceSummary {
                    status: Status::Running
                        | Status::Suspended
                        | Status::Stalled
                        | Status::Pending
                        | Status::ContinuedAsNew,
                    ..
                }))
            ),
        }
    }
}

/// Cuts the history of a source down to what its fork begins with. Returns the first event that they do not share,
/// and the workflow's new input.
fn fork_history(
    source: &InstanceId,
    history: &mut Vec<Event>,
    point: ForkPoint,
) -> Result<(EventId, Option<Payload>), EngineError> {
    let (from, new_input) = match point {
        ForkPoint::Failure => {
            let (kept, from) = rewound(history);
            *history = kept;
            return Ok((from, None));
        }
        ForkPoint::Activity { scheduled, input } => {
            let turn_ends = replace_input(history, scheduled, input);
            let from = turn_ends.ok_or_else(|| EngineError::NoSuchActivity {
                id: source.clone(),
                event: scheduled,
            })?;
            (from, None)
        }
        ForkPoint::Event { from, input } => (from, input),
    };
    let length = usize::try_from(from.0).unwrap_or(usize::MAX);
    if length == 0 || length >= history.len() {
        return Err(EngineError::NoSuchEvent {
            id: source.clone(),
            event: from,
            last: history.last().map(|event| event.id).unwrap_or_default(),
        });
    }
    history.truncate(length);
    Ok((from, new_input))
}

impl NewInstance {
    /// An instance that starts now.
    pub fn of(workflow: String, id: Option<InstanceId>, input: Payload, tags: Tags) -> Self {
        Self {
            workflow,
            id,
            reuse: IdReuse::default(),
            conflict: OnConflict::default(),
            input,
            tags,
            start: StartTime::default(),
            timeout: None,
            raise: None,
            code: CodeLocation::Local,
            version: None,
        }
    }
}
