//! What callers ask for.

use std::sync::Arc;

use super::Worker;
use crate::engine::{
    EngineError, Event, EventId, EventKind, Fork, InstanceId, InstanceKey, InstanceSummary, Purge,
    Status, StoreError, Timestamp,
    message::{Ask, IdReuse, NewInstance, Reply, Rerun},
};

/// How many instances a purge looks at in one go.
const PAGE: usize = 1_000;

impl Worker {
    pub(super) fn ask(&mut self, now: Timestamp, ask: Ask) {
        match ask {
            Ask::Start(new, reply) => {
                let started = self.start(now, new);
                self.answer(reply, started);
            }
            Ask::Tell(id, what, reply) => {
                let told = self.tell(now, &id, what);
                self.answer(reply, told);
            }
            Ask::Rerun(rerun, reply) => {
                let forked = self.rerun(now, rerun);
                self.answer(reply, forked);
            }
            Ask::Restart(id, new_id, reply) => {
                let restarted = self.restart(now, &id, new_id);
                self.answer(reply, restarted);
            }
            Ask::Purge(purge, reply) => {
                let purged = self.purge(&purge);
                self.answer(reply, purged);
            }
            Ask::SetSchedule(name, schedule, reply) => {
                let set = self.set_schedule(now, name, schedule);
                self.answer(reply, set);
            }
            Ask::Reschedule(name, what, reply) => {
                let done = self.reschedule(now, &name, what);
                self.answer(reply, done);
            }
        }
    }

    /// Answers once an instance has ended.
    pub(super) fn until_closed(&mut self, id: &InstanceId, reply: Reply<InstanceSummary>) {
        if let Some(key) = self.ids.get(id) {
            self.waiters.entry(*key).or_default().push(reply);
            return;
        }
        let ended = match self.stored(id) {
            Ok(Some(summary)) if summary.status.is_closed() => Ok(summary),
            Ok(Some(_)) => Err(EngineError::NotRecovered(id.clone())),
            Ok(None) => Err(EngineError::UnknownInstance(id.clone())),
            Err(error) => Err(error.into()),
        };
        self.answer(reply, ended);
    }

    /// The key and the whole history of the latest run of an id.
    fn whole_history(&self, id: &InstanceId) -> Result<(InstanceKey, Vec<Event>), EngineError> {
        let unknown = || EngineError::UnknownInstance(id.clone());
        let key = match self.ids.get(id) {
            Some(key) => *key,
            None => self.store.find(id)?.ok_or_else(unknown)?,
        };
        let mut history = self.store.history(key, EventId::default())?;
        let fresh = self.instances.get(&key).map(|instance| instance.fresh());
        history.extend_from_slice(fresh.unwrap_or_default());
        Ok((key, history))
    }

    /// Forks an instance: its history up to an event becomes the beginning of another one.
    fn rerun(&mut self, now: Timestamp, rerun: Rerun) -> Result<InstanceId, EngineError> {
        let source = rerun.source;
        let (source_key, mut history) = self.whole_history(&source)?;
        let from = usize::try_from(rerun.from.0).unwrap_or(usize::MAX);
        if from == 0 || from >= history.len() {
            return Err(EngineError::NoSuchEvent {
                id: source,
                event: rerun.from,
                last: history.last().map(|event| event.id).unwrap_or_default(),
            });
        }
        history.truncate(from);
        let Some(EventKind::ExecutionStarted {
            name,
            version,
            input,
            run: source_run,
            fork,
            parent,
            ..
        }) = history.first_mut().map(|event| &mut event.kind)
        else {
            return Err(EngineError::UnknownInstance(source));
        };
        if parent.is_some() {
            return Err(EngineError::NotRoot(source));
        }
        if let Some(new_input) = rerun.input {
            *input = new_input;
        }
        let name = name.clone();
        let workflow = self.registry.find_workflow(&name, version.as_deref());
        let unregistered = || EngineError::UnknownWorkflow(name.clone());
        let workflow = Arc::clone(workflow.ok_or_else(unregistered)?);
        let (id, run) = match rerun.id {
            Some(id) => {
                let run = self.next_run(&id, IdReuse::OnceClosed)?;
                (id, run)
            }
            None => (self.free_id(&name)?, 1),
        };
        *fork = Some(Fork {
            instance: source,
            run: std::mem::replace(source_run, run),
            from: rerun.from,
            source: fork.take().map(Box::new),
            seed: None,
        });
        let key = self.new_key();
        let identity = self.identity(id.clone(), run);
        let mut instance = self.make(key, identity, &name, Some(workflow));
        instance.take_over(history, now);
        self.adopt(instance);
        self.batch.relations.push((source_key, key));
        self.mend_family(now, key)?;
        Ok(id)
    }

    /// Starts an instance again from its beginning, under the same id or another.
    fn restart(
        &mut self,
        now: Timestamp,
        id: &InstanceId,
        new_id: Option<InstanceId>,
    ) -> Result<InstanceId, EngineError> {
        let (_, history) = self.whole_history(id)?;
        let Some(EventKind::ExecutionStarted {
            name, input, tags, ..
        }) = history.into_iter().next().map(|event| event.kind)
        else {
            return Err(EngineError::UnknownInstance(id.clone()));
        };
        let new = NewInstance {
            workflow: name,
            id: Some(new_id.unwrap_or_else(|| id.clone())),
            reuse: IdReuse::OnceClosed,
            input,
            tags,
        };
        self.start(now, new)
    }

    fn purge(&mut self, purge: &Purge) -> Result<u64, EngineError> {
        let mut doomed = Vec::new();
        match purge {
            Purge::Instance(id) => {
                if self.ids.contains_key(id) {
                    return Err(EngineError::StillOpen(id.clone()));
                }
                let runs = self.store.runs(id)?;
                if runs.is_empty() {
                    return Err(EngineError::UnknownInstance(id.clone()));
                }
                doomed.extend(runs);
            }
            Purge::ClosedBefore(..) | Purge::Search(..) => {
                let mut before = None;
                loop {
                    let page = self.store.page(before, PAGE)?;
                    before = page.last().map(|(key, _)| *key);
                    let takes = |(key, summary): (InstanceKey, InstanceSummary)| {
                        purge.takes(&summary).then_some(key)
                    };
                    let full = page.len() == PAGE;
                    doomed.extend(page.into_iter().filter_map(takes));
                    if !full {
                        break;
                    }
                }
            }
        }
        self.with_children(&mut doomed)?;
        let count = doomed.len() as u64;
        self.batch.purged.extend(doomed);
        Ok(count)
    }

    /// Adds the children, their children and so on, as far as they have ended. Forks stay.
    fn with_children(&self, doomed: &mut Vec<InstanceKey>) -> Result<(), StoreError> {
        doomed.retain(|key| !self.instances.contains_key(key));
        let mut known: std::collections::BTreeSet<_> = doomed.iter().copied().collect();
        let mut place = 0;
        while let Some(key) = doomed.get(place).copied() {
            place += 1;
            for relation in self.store.relations(key)? {
                let summary = self.store.summary(relation)?;
                let ended_child = summary
                    .is_some_and(|summary| summary.parent.is_some() && summary.status.is_closed());
                if ended_child && !self.instances.contains_key(&relation) && known.insert(relation)
                {
                    doomed.push(relation);
                }
            }
        }
        Ok(())
    }

    /// Whether an instance has ended, or never was.
    pub(super) fn has_ended(&self, id: &InstanceId) -> bool {
        match self.ids.get(id).and_then(|key| self.instances.get(key)) {
            Some(instance) => instance.is_closed(),
            None => !matches!(
                self.stored(id),
                Ok(Some(InstanceSummary {
                    status: Status::Running | Status::Suspended | Status::Stalled | Status::Pending,
                    ..
                }))
            ),
        }
    }
}
