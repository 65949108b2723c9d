//! Operations on all instances that match a search.

use futures_util::future::join_all;

use super::{
    Engine, EngineError, InstanceId, Payload, Reach, Runs, Search, Status, Suspension,
    archive::PageToken,
};

/// How many instances are changed at a time.
const PAGE: usize = 64;

/// The maximum number of errors that are kept.
const MAX_ERRORS: usize = 100;

/// An operation on many instances. To delete instances, use [`Purge::Search`](super::Purge).
#[derive(Debug, Clone, PartialEq)]
pub enum BulkOperation {
    /// Suspends open instances, as [`Engine::suspend_with`].
    Suspend {
        /// Recorded in the histories.
        reason: String,
        /// Whether time is frozen, and whether children are suspended.
        suspension: Suspension,
    },
    /// Resumes open instances, as [`Engine::resume_with`].
    Resume {
        /// Recorded in the histories.
        reason: String,
        /// Whether children are resumed.
        reach: Reach,
    },
    /// Requests cancellation of open instances, as [`Engine::cancel`].
    Cancel {
        /// Recorded in the histories.
        reason: String,
    },
    /// Terminates open instances, as [`Engine::terminate_with`].
    Terminate {
        /// Recorded in the histories.
        reason: String,
        /// Whether children are terminated.
        reach: Reach,
    },
    /// Raises an event on open instances, as [`Engine::raise`].
    Raise {
        /// Name of the event.
        name: String,
        /// Its input.
        input: Payload,
    },
    /// Starts closed instances again under the same ids, as [`Engine::restart`].
    Restart,
}

impl BulkOperation {
    fn needs_open(&self) -> bool {
        !matches!(self, Self::Restart)
    }
}

/// What a bulk operation has done.
#[derive(Debug, Default)]
pub struct BulkOutcome {
    /// The number of instances that it was applied to.
    pub applied: u64,
    /// The number of instances for which it failed.
    pub failed: u64,
    /// The first 100 errors.
    pub errors: Vec<(InstanceId, EngineError)>,
}

impl Engine {
    /// Applies an operation to the latest run of each instance that matches a search and is open,
    /// or closed for [`BulkOperation::Restart`]. Instances that start meanwhile are not included,
    /// and one that fails does not affect the others. The operation is not a transaction: if the
    /// process ends meanwhile, it has been applied to some of the instances.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), EngineError> {
    /// let europe = Search {
    ///     workflow: Some("tour".into()),
    ///     tags: vec![("region".into(), "europe".into())],
    ///     ..Search::default()
    /// };
    /// let reason = "the venue is flooded".to_owned();
    /// let outcome = engine.bulk(&europe, BulkOperation::Cancel { reason }).await?;
    /// println!("{} canceled, {} failed", outcome.applied, outcome.failed);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the search fails or the engine has stopped.
    pub async fn bulk(
        &self,
        search: &Search,
        operation: BulkOperation,
    ) -> Result<BulkOutcome, EngineError> {
        let search = Search {
            statuses: wanted(search, &operation),
            status: None,
            runs: Runs::Latest,
            ..search.clone()
        };
        let mut outcome = BulkOutcome::default();
        if search.statuses.is_empty() {
            return Ok(outcome);
        }
        let mut next: Option<PageToken> = None;
        loop {
            let page = self.archive().search(&search, next, PAGE)?;
            let instances = page.instances.iter();
            let applied = join_all(instances.map(|one| self.apply(&one.id, &operation))).await;
            for (instance, result) in page.instances.into_iter().zip(applied) {
                outcome.add(instance.id, result, &operation)?;
            }
            next = page.next;
            if next.is_none() {
                return Ok(outcome);
            }
        }
    }

    async fn apply(&self, id: &InstanceId, operation: &BulkOperation) -> Result<(), EngineError> {
        match operation {
            BulkOperation::Suspend { reason, suspension } => {
                self.suspend_with(id, reason, *suspension).await
            }
            BulkOperation::Resume { reason, reach } => self.resume_with(id, reason, *reach).await,
            BulkOperation::Cancel { reason } => self.cancel(id, reason).await,
            BulkOperation::Terminate { reason, reach } => {
                self.terminate_with(id, reason, *reach).await
            }
            BulkOperation::Raise { name, input } => self.raise(id, name, input.clone()).await,
            BulkOperation::Restart => self.restart(id, None).await.map(drop),
        }
    }
}

/// The statuses that the search and the operation have in common.
fn wanted(search: &Search, operation: &BulkOperation) -> Vec<Status> {
    let all = Status::ALL.into_iter();
    all.filter(|status| status.is_closed() != operation.needs_open())
        .filter(|status| search.matches_status(*status))
        .collect()
}

impl BulkOutcome {
    fn add(
        &mut self,
        id: InstanceId,
        result: Result<(), EngineError>,
        operation: &BulkOperation,
    ) -> Result<(), EngineError> {
        match result {
            Ok(()) => self.applied += 1,
            Err(EngineError::Stopped) => return Err(EngineError::Stopped),
            // It closed, or started again, since it was found.
            Err(EngineError::Closed { .. }) if operation.needs_open() => {}
            Err(EngineError::AlreadyExists(_)) if !operation.needs_open() => {}
            Err(error) => {
                self.failed += 1;
                if self.errors.len() < MAX_ERRORS {
                    self.errors.push((id, error));
                }
            }
        }
        Ok(())
    }
}
