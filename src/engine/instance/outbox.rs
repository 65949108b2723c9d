//! Messages that follow from events.

use super::{Instance, relations::close_command};
use crate::engine::{
    Event, EventId, EventKind, ParentClosePolicy,
    outbox_message::{InstanceCommand, OutboxMessage, SentEvent, Waiter},
};

impl Instance {
    /// Adds the outbox messages that follow from an event.
    pub(super) fn collect_outbox(&mut self, event: &Event) {
        match &event.kind {
            EventKind::EventSent {
                target,
                name,
                input,
            } => {
                let command = InstanceCommand::Raise {
                    name: name.clone(),
                    input: input.clone(),
                    from: Some(self.summary.id.clone()),
                    sent: Some(SentEvent {
                        run: self.summary.run,
                        event: event.id,
                    }),
                    request: None,
                };
                self.outbox.push(OutboxMessage::command(target, command));
            }
            EventKind::CancelSent { target, reason } => {
                let reason = reason.clone();
                self.outbox.push(OutboxMessage::command(
                    target,
                    InstanceCommand::Cancel { reason },
                ));
            }
            EventKind::InstanceAwaited { target } => {
                self.outbox.push(OutboxMessage::AwaitInstance {
                    target: target.clone(),
                    waiter: self.waiter(event.id),
                });
            }
            EventKind::ChildWorkflowInstanceCreated {
                instance,
                name,
                input,
                detached,
                ..
            } => {
                let parent = self.parent_of(event.id, !*detached);
                self.outbox.push(OutboxMessage::StartChild {
                    parent,
                    instance: instance.clone(),
                    name: name.clone(),
                    input: input.clone(),
                    code: self.code_location(),
                    version: self.code.remote().and_then(|run| run.version_of(event.id)),
                });
            }
            EventKind::ChildWorkflowInstanceRestarted {
                created, instance, ..
            } => self.restart_message(*created, instance),
            EventKind::ChildWorkflowInstanceCanceled { created } => {
                if let Some(child) = self.children.remove(created) {
                    let reason = format!("{:?} no longer waits for it", self.summary.id);
                    let policy = match child.on_close {
                        ParentClosePolicy::Terminate if self.cancel_requested() => {
                            ParentClosePolicy::RequestCancel
                        }
                        policy => policy,
                    };
                    let parent = self.parent_of(*created, true);
                    self.outbox
                        .extend(close_command(parent, &child.instance, policy, &reason));
                }
            }
            EventKind::ContinuedAsNew {
                input,
                keep_version,
            } => {
                let next_deadline = self.next_deadline;
                self.close_children(event);
                self.next_run = Some(self.next_run(event.id, input, *keep_version, next_deadline));
            }
            _ if self.is_closed() => {
                self.close_children(event);
                self.notify_parent(event);
            }
            _ => {}
        }
    }

    fn waiter(&self, awaited: EventId) -> Waiter {
        Waiter {
            instance: self.summary.id.clone(),
            run: self.summary.run,
            awaited,
        }
    }

    /// The messages that register its waits for other instances.
    pub fn wait_messages(&self) -> Vec<OutboxMessage> {
        let waits = self.awaited.iter();
        waits
            .map(|(awaited, target)| OutboxMessage::AwaitInstance {
                target: target.clone(),
                waiter: self.waiter(*awaited),
            })
            .collect()
    }
}
