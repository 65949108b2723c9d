//! What an instance brings about in others: its children, its parent, those it sends events to.

use super::{Instance, Run};
use crate::engine::{
    Event, EventId, EventKind, Failure, InstanceId, Parent, ParentClosePolicy, Status, Timestamp,
    delivery::{ChildEnd, Delivery, NextRun, Reach, Tell},
};

impl Instance {
    /// The children that it waits for.
    pub fn children(&self) -> impl Iterator<Item = &InstanceId> {
        self.children.values().map(|child| &child.instance)
    }

    /// The children that should be at work, with the event that created them.
    pub fn children_at_work(&self) -> Vec<(EventId, InstanceId)> {
        let children = self.children.iter();
        let at_work = children.filter(|(_, child)| child.backoff.is_none());
        at_work
            .map(|(id, child)| (*id, child.instance.clone()))
            .collect()
    }

    /// Takes the end of a child. One that it does not wait for is nothing to it.
    pub fn child_ended(
        &mut self,
        now: Timestamp,
        created: EventId,
        id: &InstanceId,
        end: ChildEnd,
    ) {
        if self.is_closed() {
            return;
        }
        let Some(child) = self.children.get(&created) else {
            return;
        };
        if child.instance != *id || child.backoff.is_some() {
            return;
        }
        let kind = match end {
            ChildEnd::Completed(result) => {
                EventKind::ChildWorkflowInstanceCompleted { created, result }
            }
            ChildEnd::Failed(failure) => {
                let worth = || {
                    let run = self.run.as_ref();
                    run.is_none_or(|run| run.worth_a_retry(created, &failure))
                };
                let retry_at = child.retry_at(&failure, worth, self.seed ^ created.0, now);
                EventKind::ChildWorkflowInstanceFailed {
                    created,
                    attempt: child.attempt,
                    failure,
                    retry_at,
                }
            }
        };
        self.receive(now, kind);
    }

    /// Somebody has asked it to end.
    pub fn cancel_requested(&self) -> bool {
        self.cancel_requested
    }

    /// It has ended; its children go on all the same.
    pub fn leave_children_be(&mut self) {
        self.mail
            .retain(|delivery| matches!(delivery, Delivery::ChildEnded { .. }));
    }

    /// Tries a child again as a new instance.
    pub(super) fn restart_child(&mut self, now: Timestamp, created: EventId) {
        if let Some(child) = self.children.get(&created) {
            let attempt = child.attempt + 1;
            self.new_child(now, created, attempt);
        }
    }

    /// The child that the history speaks of belongs to the instance that this was forked from: it
    /// gets one of its own.
    pub fn replace_child(&mut self, now: Timestamp, created: EventId) {
        if let Some(child) = self.children.get(&created) {
            let attempt = child.attempt;
            self.new_child(now, created, attempt);
        }
    }

    fn new_child(&mut self, now: Timestamp, created: EventId, attempt: u32) {
        // The numbers keep apart what different runs and forks restart.
        let suffix = match self.summary.run {
            1 => format!("/{created}#{attempt}"),
            run => format!("/{run}.{created}#{attempt}"),
        };
        let instance = self.summary.id.with_suffix(&suffix);
        let kind = EventKind::ChildWorkflowInstanceRestarted {
            created,
            attempt,
            instance,
        };
        self.receive(now, kind);
    }

    /// Notes what an event brings about in other instances.
    pub(super) fn note_mail(&mut self, event: &Event) {
        match &event.kind {
            EventKind::EventSent {
                target,
                name,
                input,
            } => {
                let what = Tell::Raise {
                    name: name.clone(),
                    input: input.clone(),
                    from: Some(self.summary.id.clone()),
                };
                self.mail.push(Delivery::tell(target, what));
            }
            EventKind::ChildWorkflowInstanceCreated {
                instance,
                name,
                input,
                detached,
                ..
            } => {
                let parent = self.parenthood(event.id, !*detached);
                self.mail.push(Delivery::StartChild {
                    parent,
                    instance: instance.clone(),
                    name: name.clone(),
                    input: input.clone(),
                });
            }
            EventKind::ChildWorkflowInstanceRestarted {
                created, instance, ..
            } => self.start_again(*created, instance),
            EventKind::ChildWorkflowInstanceCanceled { created } => {
                if let Some(child) = self.children.remove(created) {
                    let reason = format!("{:?} no longer waits for it", self.summary.id);
                    let policy = match child.on_close {
                        ParentClosePolicy::Terminate if self.cancel_requested => {
                            ParentClosePolicy::RequestCancel
                        }
                        policy => policy,
                    };
                    self.mail.extend(parted(&child.instance, policy, &reason));
                }
            }
            EventKind::ContinuedAsNew { input, .. } => {
                self.leave_children(event);
                let mail = self.run.as_mut().map(Run::take_mail).unwrap_or_default();
                self.mail.push(Delivery::Continue(Box::new(NextRun {
                    instance: self.summary.id.clone(),
                    run: self.summary.run + 1,
                    workflow: self.summary.workflow.clone(),
                    input: input.clone(),
                    parent: self.summary.parent.clone(),
                    tags: self.summary.tags.clone(),
                    mail: mail
                        .into_iter()
                        .map(|m| (m.name, m.input, m.from))
                        .collect(),
                })));
            }
            _ if self.is_closed() => {
                self.leave_children(event);
                self.tell_parent(event);
            }
            _ => {}
        }
    }

    fn start_again(&mut self, created: EventId, instance: &InstanceId) {
        let parent = self.parenthood(created, true);
        if let Some(child) = self.children.get(&created) {
            self.mail.push(Delivery::StartChild {
                parent,
                instance: instance.clone(),
                name: child.name.clone(),
                input: child.input.clone(),
            });
        }
    }

    /// A child that the store does not know begins; the history says that it did.
    pub fn start_missing_child(&mut self, created: EventId) {
        if let Some(child) = self.children.get(&created) {
            let instance = child.instance.clone();
            self.start_again(created, &instance);
        }
    }

    fn parenthood(&self, created: EventId, attached: bool) -> Parent {
        Parent {
            instance: self.summary.id.clone(),
            created,
            attached,
            run: self.summary.run,
        }
    }

    fn leave_children(&mut self, event: &Event) {
        let reason = format!(
            "its parent {:?} has ended: {}",
            self.summary.id,
            event.kind.name()
        );
        for child in std::mem::take(&mut self.children).into_values() {
            self.mail
                .extend(parted(&child.instance, child.on_close, &reason));
        }
    }

    fn tell_parent(&mut self, event: &Event) {
        let Some(parent) = self.summary.parent.as_ref().filter(|p| p.attached) else {
            return;
        };
        let end = match (&event.kind, self.summary.status) {
            (EventKind::ExecutionTerminated { reason }, _) => {
                let message = format!("{:?} was terminated: {reason}", self.summary.id);
                ChildEnd::Failed(Failure::new(Failure::TERMINATED, message).non_retryable())
            }
            _ => match self.end() {
                Some(end) => end,
                None => return,
            },
        };
        let delivery = Delivery::to_parent(parent, &self.summary.id, end);
        self.mail.push(delivery);
    }

    fn end(&self) -> Option<ChildEnd> {
        end_of(&self.summary)
    }
}

/// How an instance ended, as its parent hears it.
pub(in crate::engine) fn end_of(summary: &crate::engine::InstanceSummary) -> Option<ChildEnd> {
    match summary.status {
        Status::Completed => summary.output.clone().map(ChildEnd::Completed),
        Status::Failed | Status::Canceled => summary.failure.clone().map(ChildEnd::Failed),
        Status::Terminated => {
            let message = format!("{:?} was terminated", summary.id);
            let failure = Failure::new(Failure::TERMINATED, message).non_retryable();
            Some(ChildEnd::Failed(failure))
        }
        _ => None,
    }
}

/// What a child is told when its parent leaves it.
fn parted(child: &InstanceId, policy: ParentClosePolicy, reason: &str) -> Option<Delivery> {
    let reason = reason.to_owned();
    let what = match policy {
        ParentClosePolicy::Abandon => return None,
        ParentClosePolicy::Terminate => Tell::Terminate {
            reason,
            reach: Reach::Tree,
        },
        ParentClosePolicy::RequestCancel => Tell::Cancel { reason },
    };
    Some(Delivery::tell(child, what))
}
