//! Rewinding: a failed instance goes on, as if nothing in it had failed.

mod rewound;

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::{
    Archive, Engine, EngineError, Event, EventId, EventKind, InstanceId, Status,
    request::{ForkPoint, ForkStart, Rerun},
};

pub(super) use rewound::rewound;

impl Engine {
    /// Lets a failed instance go on under its id, in its next run. Activities that failed are tried again, and
    /// children that failed are rewound as well; what they failed with, and what the code did because of it, is not in
    /// the history of the next run. In an instance whose code is [remote](super::CodeLocation::Remote), whatever has
    /// completed stays so, even after the first failure, except what the code asked for since then.
    ///
    /// # Errors
    ///
    /// [`EngineError::NotFailed`], [`EngineError::UnknownInstance`], [`EngineError::UnknownWorkflow`] if its
    /// workflow is not registered, or the error of the store.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, order: InstanceId) -> Result<(), EngineError> {
    /// // The service that refused the payment is back.
    /// engine.rewind(&order).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rewind(&self, id: &InstanceId) -> Result<(), EngineError> {
        if self.archive().summary(id)?.status != Status::Failed {
            return Err(EngineError::NotFailed(id.clone()));
        }
        self.rewind_with_children(id.clone()).await
    }

    fn rewind_with_children(&self, id: InstanceId) -> BoxFuture<'_, Result<(), EngineError>> {
        Box::pin(async move {
            let history = self.archive().history(&id)?;
            for child in failed_children(&history) {
                if has_failed_as_child(self.archive(), &child, &id)? {
                    self.rewind_with_children(child).await?;
                }
            }
            let rewind = self.fork(Rerun {
                source: id.clone(),
                run: None,
                point: ForkPoint::Failure,
                id: Some(id),
                start: ForkStart::Running,
            });
            rewind.await?;
            Ok(())
        })
    }
}

/// The last attempts of children that failed for good.
fn failed_children(history: &[Event]) -> Vec<InstanceId> {
    use EventKind as E;
    let mut children = BTreeMap::<EventId, &InstanceId>::new();
    let mut failed = Vec::new();
    for event in history {
        match &event.kind {
            E::ChildWorkflowInstanceCreated { instance, .. } => {
                children.insert(event.id, instance);
            }
            E::ChildWorkflowInstanceRestarted {
                created, instance, ..
            } => {
                children.insert(*created, instance);
            }
            E::ChildWorkflowInstanceFailed {
                created,
                retry_at: None,
                ..
            } => failed.extend(children.get(created).copied().cloned()),
            _ => {}
        }
    }
    failed
}

/// Whether an instance has failed, as a child of this parent.
fn has_failed_as_child(
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
