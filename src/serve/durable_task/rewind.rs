//! Rewinding: a failed instance goes on where it failed.

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use tonic::Status as Refusal;

use super::{
    clients::{Answer, Clients, known_id, refusal},
    messages::{Nothing, WithReason},
};
use crate::engine::{Archive, EngineError, Event, EventId, EventKind, InstanceId, Status};

impl Clients {
    /// A failed instance goes on from its first failure, under its id: what failed is tried again, in its children
    /// as well.
    pub async fn rewind(self, asked: WithReason) -> Answer<Nothing> {
        let id = known_id(&asked.instance_id)?;
        let summary = self.engine().archive().summary(&id).map_err(refusal)?;
        if summary.status != Status::Failed {
            let sentence =
                format!("instance {id:?} has not failed: only a failed one goes on again");
            return Err(Refusal::failed_precondition(sentence));
        }
        self.rewind_failed(id).await?;
        Ok(Nothing {})
    }

    fn rewind_failed(&self, id: InstanceId) -> BoxFuture<'_, Answer<()>> {
        Box::pin(async move {
            let archive = self.engine().archive();
            let history = archive.history(&id).map_err(refusal)?;
            let failures = failures(&history);
            for (_, child) in &failures {
                if let Some(child) = child
                    && is_failed_child(archive, child, &id).map_err(refusal)?
                {
                    self.rewind_failed(child.clone()).await?;
                }
            }
            // Without a failure, the code itself failed: its last turn is taken again.
            let last_turn = || {
                let mut events = history.iter().rev();
                let turn = events.find(|event| matches!(event.kind, EventKind::TurnTaken { .. }));
                turn.map(|event| event.id)
            };
            let first = failures.first().map(|(event, _)| *event);
            let from = first.or_else(last_turn).unwrap_or(EventId(1));
            let rerun = self.engine().rerun(&id, from, Some(id.clone()), None);
            rerun.await.map_err(refusal)?;
            Ok(())
        })
    }
}

/// What failed for good, with the child that it was, if it was one.
fn failures(history: &[Event]) -> Vec<(EventId, Option<InstanceId>)> {
    use EventKind as E;
    let mut children = HashMap::new();
    let mut failures = Vec::new();
    for event in history {
        match &event.kind {
            E::ChildWorkflowInstanceCreated { instance, .. } => {
                children.insert(event.id, instance.clone());
            }
            E::TaskFailed { retry_at: None, .. } => failures.push((event.id, None)),
            E::ChildWorkflowInstanceFailed {
                created,
                retry_at: None,
                ..
            } => failures.push((event.id, children.get(created).cloned())),
            _ => {}
        }
    }
    failures
}

/// Whether an instance has failed, as a child of this parent.
fn is_failed_child(
    archive: &Archive,
    child: &InstanceId,
    of: &InstanceId,
) -> Result<bool, EngineError> {
    match archive.summary(child) {
        Ok(child) => Ok(child.status == Status::Failed
            && child.parent.is_some_and(|parent| parent.instance == *of)),
        Err(EngineError::UnknownInstance(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
