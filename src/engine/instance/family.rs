//! What an instance brings about in others: its children, its parent, those it sends events to.

use std::{collections::VecDeque, time::Duration};

use super::{Instance, Run};
use crate::engine::{
    Event, EventId, EventKind, Failure, InstanceId, Parent, ParentClosePolicy, Payload, Status,
    Timestamp,
    delivery::{Awaiting, ChildEnd, Delivery, InstanceCommand, NextRun, Pinned, Reach, Sent},
    turn::Story,
};

/// How long the next run is put off that follows on one which has waited for nothing: doubled each
/// time.
const MIN_PAUSE: Duration = Duration::from_millis(10);
const MAX_PAUSE: Duration = Duration::from_secs(1);

impl Instance {
    /// A command to each of the children that it waits for.
    pub fn tell_children(&self, what: &InstanceCommand) -> Vec<Delivery> {
        let children = self.children.iter();
        children
            .map(|(created, child)| {
                let parent = self.parenthood(*created, true);
                Delivery::tell_child(parent, &child.instance, what.clone())
            })
            .collect()
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
                let (failure, worth) = self.judged(created, failure);
                let seed = self.seed ^ created.0;
                let retry_at = child.retry_at(&failure, || worth, seed, now);
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

    /// The failure of what `opened` began, and whether the workflow's code wants it to be retried. A
    /// predicate that panics is the failure.
    pub(super) fn judged(&self, opened: EventId, failure: Failure) -> (Failure, bool) {
        let failure = failure.shortened(self.identity.limits.failure);
        if failure.non_retryable {
            return (failure, true);
        }
        match self.look(|run| run.worth_a_retry(opened, &failure)) {
            None => (failure, true),
            Some(Ok(worth)) => (failure, worth),
            Some(Err(panic)) => (panic, false),
        }
    }

    /// The end of an instance that it waits for.
    pub fn awaited_closed(
        &mut self,
        now: Timestamp,
        awaited: EventId,
        output: Option<Payload>,
        failure: Option<Failure>,
    ) {
        if !self.is_closed() && self.awaited.contains_key(&awaited) {
            let kind = EventKind::AwaitedInstanceClosed {
                awaited,
                output,
                failure,
            };
            self.receive(now, kind);
        }
    }

    /// An event that it has sent could not be delivered.
    pub fn undelivered(&mut self, now: Timestamp, sent: EventId, reason: String) {
        if !self.is_closed() {
            self.receive(now, EventKind::EventUndelivered { sent, reason });
        }
    }

    /// A child that it does not wait for could not start.
    pub fn child_not_started(&mut self, now: Timestamp, created: EventId, failure: Failure) {
        if !self.is_closed() {
            let kind = EventKind::ChildWorkflowInstanceFailed {
                created,
                attempt: 1,
                failure,
                retry_at: None,
            };
            self.receive(now, kind);
        }
    }

    /// Stalls: the code of a child is not there.
    pub fn child_has_no_code(&mut self, now: Timestamp, name: &str) {
        let name = name.to_owned();
        self.stall_without_code(now, Story::NoChild { name });
    }

    /// The children that a cancel request has reached are asked to end; they are waited for.
    pub(super) fn ask_children_to_end(&mut self, asked: Vec<EventId>) {
        for created in asked {
            self.ask_to_end(created);
        }
    }

    fn ask_to_end(&mut self, created: EventId) {
        let Some(child) = self.children.get(&created) else {
            return;
        };
        let mut reason = format!("its parent {:?} was asked to end", self.summary.id);
        // In the words of whoever asked.
        if let Some(why) = self.cancel_requested.as_ref().filter(|why| !why.is_empty()) {
            reason.push_str(": ");
            reason.push_str(why);
        }
        let parent = self.parenthood(created, true);
        let what = InstanceCommand::Cancel { reason };
        self.mail
            .push(Delivery::tell_child(parent, &child.instance, what));
    }

    /// A child is there that has not been asked to end, whatever its parent's history says.
    pub fn ask_again(&mut self, created: EventId) {
        if self.asked.contains(&created) {
            self.ask_to_end(created);
        }
    }

    /// Whether it was asked to end.
    pub fn cancel_requested(&self) -> bool {
        self.cancel_requested.is_some()
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
                let what = InstanceCommand::Raise {
                    name: name.clone(),
                    input: input.clone(),
                    from: Some(self.summary.id.clone()),
                    sent: Some(Sent {
                        run: self.summary.run,
                        event: event.id,
                    }),
                    request: None,
                };
                self.mail.push(Delivery::tell(target, what));
            }
            EventKind::CancelSent { target, reason } => {
                let reason = reason.clone();
                self.mail
                    .push(Delivery::tell(target, InstanceCommand::Cancel { reason }));
            }
            EventKind::InstanceAwaited { target } => {
                self.mail.push(Delivery::Await {
                    target: target.clone(),
                    waiting: self.awaiting(event.id),
                });
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
                        ParentClosePolicy::Terminate if self.cancel_requested() => {
                            ParentClosePolicy::RequestCancel
                        }
                        policy => policy,
                    };
                    let parent = self.parenthood(*created, true);
                    self.mail
                        .extend(parted(parent, &child.instance, policy, &reason));
                }
            }
            EventKind::ContinuedAsNew {
                input,
                keep_version,
            } => {
                let out_of_time = self.out_of_time;
                self.leave_children(event);
                self.next_run = Some(self.next_run(input, *keep_version, out_of_time));
            }
            _ if self.is_closed() => {
                self.leave_children(event);
                self.tell_parent(event);
            }
            _ => {}
        }
    }

    fn next_run(
        &mut self,
        input: &Payload,
        keep_version: bool,
        deadline: Option<Timestamp>,
    ) -> NextRun {
        let mail = self.run(Run::take_mail).unwrap_or_default();
        let version = keep_version.then(|| Pinned(self.summary.version.clone()));
        NextRun {
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
            version,
            custom_status: self.summary.custom_status.clone(),
            deadline,
            pause: self.pause(),
        }
    }

    /// How long the next run is put off. A workflow that continues as new without having waited for
    /// anything would otherwise keep the engine busy for ever.
    fn pause(&self) -> Duration {
        if self.progress.has_waited {
            return Duration::ZERO;
        }
        let own = self.start_at.map(|at| at.since(self.summary.started_at));
        own.map_or(MIN_PAUSE, |own| (own * 2).clamp(MIN_PAUSE, MAX_PAUSE))
    }

    fn awaiting(&self, awaited: EventId) -> Awaiting {
        Awaiting {
            instance: self.summary.id.clone(),
            run: self.summary.run,
            awaited,
        }
    }

    /// Its waits for the ends of other instances.
    pub fn waits(&self) -> Vec<Delivery> {
        let waits = self.awaited.iter();
        waits
            .map(|(awaited, target)| Delivery::Await {
                target: target.clone(),
                waiting: self.awaiting(*awaited),
            })
            .collect()
    }

    /// Events that came for this run before it had begun and that it has not taken go to the next.
    pub fn pass_on(&mut self, mail: VecDeque<(String, Payload, Option<InstanceId>)>) {
        if let Some(next) = &mut self.next_run {
            next.mail.extend(mail);
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
        for (created, child) in std::mem::take(&mut self.children) {
            let parent = self.parenthood(created, true);
            self.mail
                .extend(parted(parent, &child.instance, child.on_close, &reason));
        }
        self.awaited.clear();
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
fn parted(
    parent: Parent,
    child: &InstanceId,
    policy: ParentClosePolicy,
    reason: &str,
) -> Option<Delivery> {
    let reason = reason.to_owned();
    let what = match policy {
        ParentClosePolicy::Abandon => return None,
        ParentClosePolicy::Terminate => InstanceCommand::Terminate {
            reason,
            reach: Reach::Tree,
        },
        ParentClosePolicy::RequestCancel => InstanceCommand::Cancel { reason },
    };
    Some(Delivery::tell_child(parent, child, what))
}
