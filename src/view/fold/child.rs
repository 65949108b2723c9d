//! Child workflows, and events sent to other instances.

use std::sync::Arc;

use crate::{
    engine::{Event, EventId, EventKind, InstanceId},
    view::{
        lane::LaneModel,
        open_operation::{OpenOperation, OperationStage},
        sub_rows::Slot,
        timeline_entry::{EntryKind, Outcome},
    },
};

impl LaneModel {
    pub(super) fn fold_child(&mut self, event: &Event) {
        match &event.kind {
            EventKind::EventSent { target, name, .. } => {
                let (name, target) = (Arc::from(name.as_str()), target.clone());
                self.mark(event, EntryKind::Sent { name, target });
            }
            EventKind::ChildWorkflowInstanceCreated { .. } => self.child_created(event),
            EventKind::ChildWorkflowInstanceRestarted {
                created,
                attempt,
                instance,
            } => self.child_restarted(event, *created, *attempt, instance),
            EventKind::ChildWorkflowInstanceCompleted { created, .. } => {
                if let Some(child) = self.children.remove(created) {
                    self.complete(&child, event.at);
                }
            }
            EventKind::ChildWorkflowInstanceFailed {
                created,
                attempt,
                failure,
                retry_at,
            } => {
                if let Some(child) = self.children.remove(created)
                    && let Some(child) = self.fail(event, child, *attempt, failure, *retry_at)
                {
                    self.children.insert(*created, child);
                }
            }
            EventKind::ChildWorkflowInstanceCanceled { created } => {
                if let Some(child) = self.children.remove(created) {
                    self.cancel(&child, event.at);
                }
            }
            _ => {}
        }
    }

    fn child_created(&mut self, event: &Event) {
        let EventKind::ChildWorkflowInstanceCreated {
            instance,
            name,
            retry,
            detached,
            ..
        } = &event.kind
        else {
            return;
        };
        self.end_stall(event.at);
        let label: Arc<str> = name.as_str().into();
        if *detached {
            let (name, instance) = (label, instance.clone());
            return self.mark(event, EntryKind::Detached { name, instance });
        }
        let slot = self.take_slot(event);
        let entry = self.begin_child(event, slot, &label, instance, 1);
        let child = OpenOperation {
            max_attempts: retry.as_ref().map_or(1, |policy| policy.max_attempts),
            slot: Some(slot),
            stage: OperationStage::Running(entry),
            label,
        };
        self.children.insert(event.id, child);
    }

    fn begin_child(
        &mut self,
        event: &Event,
        slot: Slot,
        name: &Arc<str>,
        instance: &InstanceId,
        attempt: u32,
    ) -> usize {
        let kind = EntryKind::Child {
            name: name.clone(),
            instance: instance.clone(),
            attempt,
            outcome: Outcome::Running,
        };
        self.begin_in(slot, event, kind)
    }

    fn child_restarted(
        &mut self,
        event: &Event,
        created: EventId,
        attempt: u32,
        instance: &InstanceId,
    ) {
        let Some(mut child) = self.children.remove(&created) else {
            return;
        };
        match &child.stage {
            OperationStage::Backoff(backoff) => self.end_backoff(backoff, event.at),
            // A fork starts a child of its own in place of the child of its source.
            _ => self.close_entry(&child, event.at, Outcome::Interrupted),
        }
        let slot = child.slot.unwrap_or_default();
        let entry = self.begin_child(event, slot, &child.label, instance, attempt);
        child.stage = OperationStage::Running(entry);
        self.children.insert(created, child);
    }
}
