//! What instances bring about in others.

use std::collections::HashSet;

use super::{MOST_PER_COMMIT, Worker, begin::Beginning};
use crate::engine::{
    EngineError, EventId, EventKind, Failure, InstanceId, InstanceKey, Parent, Status, Timestamp,
    delivery::{ChildEnd, Delivery, NextRun, Reach, Tell},
    instance::end_of,
    message::IdReuse,
};

impl Worker {
    /// Does what instances bring about in others. What is too much for one commit waits in the
    /// store for the next.
    pub(super) fn deliver(&mut self) {
        let now = self.clock.now();
        for _ in 0..MOST_PER_COMMIT {
            let Some((posted, delivery)) = self.mail.pop_front() else {
                return;
            };
            self.batch.delivered.extend(posted);
            match delivery {
                Delivery::StartChild {
                    parent,
                    instance,
                    name,
                    input,
                } => {
                    let beginning = Beginning {
                        id: instance.clone(),
                        run: 1,
                        workflow: name,
                        input,
                        tags: Default::default(),
                        parent: Some(parent.clone()),
                    };
                    if let Err(error) = self.start_child(now, beginning) {
                        let failure = Failure::new("ChildNotStarted", error.to_string());
                        let end = ChildEnd::Failed(failure.non_retryable());
                        self.child_ended(now, &parent, &instance, end);
                    }
                }
                Delivery::ChildEnded { parent, child, end } => {
                    self.child_ended(now, &parent, &child, end);
                }
                Delivery::Tell { target, what } => {
                    // One that is unknown or has ended does not hear it.
                    let _ = self.tell(now, &target, what);
                }
                Delivery::Continue(next) => self.continue_as_new(now, *next),
            }
        }
    }

    fn start_child(&mut self, now: Timestamp, beginning: Beginning) -> Result<(), EngineError> {
        let run = self.next_run(&beginning.id, IdReuse::OnceClosed)?;
        let parent = beginning.parent.as_ref();
        let parent = parent
            .and_then(|parent| self.ids.get(&parent.instance))
            .copied();
        let key = self.begin(now, Beginning { run, ..beginning })?;
        self.batch
            .relations
            .extend(parent.map(|parent| (parent, key)));
        Ok(())
    }

    fn child_ended(&mut self, now: Timestamp, parent: &Parent, child: &InstanceId, end: ChildEnd) {
        let Some(key) = self.ids.get(&parent.instance).copied() else {
            return;
        };
        if let Some(instance) = self.instances.get_mut(&key) {
            instance.child_ended(now, parent.created, child, end);
            self.touch(key);
        }
    }

    fn continue_as_new(&mut self, now: Timestamp, next: NextRun) {
        let before = self.ids.get(&next.instance).copied();
        let begun = self.begin(
            now,
            Beginning {
                id: next.instance.clone(),
                run: next.run,
                workflow: next.workflow,
                input: next.input,
                tags: next.tags,
                parent: next.parent,
            },
        );
        // The name was registered when the run before began.
        let Ok(key) = begun else { return };
        let mut mail = next.mail.into_iter();
        if let Some(instance) = self.instances.get_mut(&key) {
            while !instance.is_closed()
                && let Some((name, input, from)) = mail.next()
            {
                instance.receive(
                    now,
                    EventKind::EventRaised {
                        name,
                        input,
                        from,
                        request: None,
                    },
                );
            }
        }
        self.touch(key);
        // The run may have ended with the first of them: the others are for the run after it.
        for (name, input, from) in mail {
            let what = Tell::Raise { name, input, from };
            self.mail
                .push_back((None, Delivery::tell(&next.instance, what)));
        }
        if let Some(waiters) = before.and_then(|before| self.waiters.remove(&before)) {
            self.waiters.entry(key).or_default().extend(waiters);
        }
    }

    /// Tells an open instance something, and its children where that reaches them.
    pub(super) fn tell(
        &mut self,
        now: Timestamp,
        id: &InstanceId,
        what: Tell,
    ) -> Result<(), EngineError> {
        if let Tell::Raise { input, .. } = &what {
            self.fits("event's data", input)?;
        }
        let key = self.ids.get(id).copied();
        let Some((key, instance)) = key.and_then(|key| Some((key, self.instances.get_mut(&key)?)))
        else {
            return Err(self.not_open(id, &what));
        };
        let status = instance.summary.status;
        if status.is_closed() {
            return Err(EngineError::Closed {
                id: id.clone(),
                status,
                verb: what.participle(),
            });
        }
        let children: Vec<_> = instance.children().cloned().collect();
        match &what {
            Tell::Raise { name, input, from } => instance.receive(
                now,
                EventKind::EventRaised {
                    name: name.clone(),
                    input: input.clone(),
                    from: from.clone(),
                    request: None,
                },
            ),
            Tell::Suspend {
                reason,
                freeze_time,
                ..
            } => {
                if status == Status::Running {
                    let (reason, freeze_time) = (reason.clone(), *freeze_time);
                    instance.receive(
                        now,
                        EventKind::ExecutionSuspended {
                            reason,
                            freeze_time,
                        },
                    );
                }
            }
            Tell::Resume { reason, .. } => {
                if status == Status::Suspended {
                    let reason = reason.clone();
                    instance.receive(now, EventKind::ExecutionResumed { reason });
                }
            }
            Tell::Cancel { reason } => {
                if !instance.cancel_requested() {
                    let reason = reason.clone();
                    instance.receive(
                        now,
                        EventKind::ExecutionCancelRequested {
                            reason,
                            waits_for_children: false,
                        },
                    );
                }
            }
            Tell::Terminate { reason, reach } => {
                let reason = reason.clone();
                instance.receive(now, EventKind::ExecutionTerminated { reason });
                if *reach == Reach::Alone {
                    instance.leave_children_be();
                }
            }
        }
        self.touch(key);
        if let Tell::Suspend { reach, .. } | Tell::Resume { reach, .. } = what
            && reach == Reach::Tree
        {
            let tell = |child| (None, Delivery::tell(child, what.clone()));
            self.mail.extend(children.iter().map(tell));
        }
        Ok(())
    }

    fn not_open(&self, id: &InstanceId, what: &Tell) -> EngineError {
        match self.stored(id) {
            Ok(Some(summary)) if summary.status.is_closed() => EngineError::Closed {
                id: id.clone(),
                status: summary.status,
                verb: what.participle(),
            },
            Ok(Some(_)) => EngineError::NotRecovered(id.clone()),
            Ok(None) => EngineError::UnknownInstance(id.clone()),
            Err(error) => error.into(),
        }
    }

    /// Children that a history speaks of and that are not there, or are another's, begin; the ends
    /// of those that have ended are told.
    pub(super) fn mend_family(
        &mut self,
        now: Timestamp,
        key: InstanceKey,
    ) -> Result<(), EngineError> {
        let Some(instance) = self.instances.get(&key) else {
            return Ok(());
        };
        let id = instance.summary.id.clone();
        let children = instance.children_at_work();
        if children.is_empty() {
            return Ok(());
        }
        let begins = self.mail.iter().filter_map(|(_, delivery)| match delivery {
            Delivery::StartChild {
                parent, instance, ..
            } if parent.instance == id => Some((parent.created, instance.clone())),
            _ => None,
        });
        let begins: HashSet<_> = begins.collect();
        for child in children {
            let begins_soon = begins.contains(&child);
            self.mend_child(now, key, &id, child, begins_soon)?;
        }
        self.touch(key);
        Ok(())
    }

    fn mend_child(
        &mut self,
        now: Timestamp,
        key: InstanceKey,
        id: &InstanceId,
        (created, child): (EventId, InstanceId),
        begins_soon: bool,
    ) -> Result<(), EngineError> {
        let child = &child;
        let open = self.ids.get(child).and_then(|key| self.instances.get(key));
        let there = match open {
            Some(open) => Some(open.summary.clone()),
            None => self.stored(child)?,
        };
        let is_ours = |parent: &Parent| parent.instance == *id && parent.created == created;
        let Some(instance) = self.instances.get_mut(&key) else {
            return Ok(());
        };
        let begins = |(_, delivery): &(_, Delivery)| match delivery {
            Delivery::StartChild {
                parent, instance, ..
            } => instance == child && is_ours(parent),
            _ => false,
        };
        match there {
            None if begins_soon => {}
            None => instance.start_missing_child(created),
            Some(summary) if !summary.parent.as_ref().is_some_and(is_ours) => {
                self.mail.retain(|delivery| !begins(delivery));
                instance.replace_child(now, created);
            }
            Some(summary) => {
                if let Some(end) = end_of(&summary) {
                    instance.child_ended(now, created, child, end);
                }
            }
        }
        Ok(())
    }
}
