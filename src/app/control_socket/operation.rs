//! Commands to instances: of a running program, or in a store that no program has open.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    app::AppError,
    conductor::{Conductor, ConductorError, SCHEDULE_TAG, store_only_registry},
    engine::{
        Archive, Batch, Engine, EngineError, EventId, InstanceId, Limits, Payload, Purge, Recovery,
        ScheduleName, Search, Setup, Store,
    },
};

/// A command to an instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Operation {
    /// Suspends an instance and its children.
    Pause {
        /// The instance.
        id: InstanceId,
        /// Recorded in its history.
        reason: String,
    },
    /// Resumes an instance and its children.
    Resume {
        /// The instance.
        id: InstanceId,
        /// Recorded in its history.
        reason: String,
    },
    /// Asks an instance to end; its code may compensate first.
    Cancel {
        /// The instance.
        id: InstanceId,
        /// Recorded in its history.
        reason: String,
    },
    /// Ends an instance and its children at once, and the schedule that started it.
    Terminate {
        /// The instance.
        id: InstanceId,
        /// Recorded in its history.
        reason: String,
    },
    /// Retries at once what waits for its next attempt in an instance.
    Retry {
        /// The instance.
        id: InstanceId,
    },
    /// Raises an event on an instance.
    Raise {
        /// The instance.
        id: InstanceId,
        /// Name of the event.
        event: String,
        /// Its data.
        data: Payload,
    },
    /// Forks an instance from an event of its history.
    Rerun {
        /// The instance.
        id: InstanceId,
        /// The run to fork, from 1; `None`: the latest.
        run: Option<u32>,
        /// The first event that is not copied.
        from: EventId,
        /// Id of the fork; `None`: generated.
        new_id: Option<InstanceId>,
        /// Another input for the fork.
        input: Option<Payload>,
    },
    /// Starts a closed instance again with the same input.
    Restart {
        /// The instance.
        id: InstanceId,
        /// Another id for the new run.
        new_id: Option<InstanceId>,
    },
    /// Deletes a closed instance with all its runs.
    Purge {
        /// The instance.
        id: InstanceId,
    },
    /// Deletes all closed runs that match a search.
    PurgeMatching {
        /// The search.
        search: Search,
    },
}

/// The result of an operation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The instance that it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<InstanceId>,
    /// How many runs it deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged: Option<u64>,
}

/// Carries out a command in a running program.
///
/// # Errors
///
/// Those of the engine and the store.
pub async fn apply(conductor: &Conductor, operation: Operation) -> Result<Outcome, ConductorError> {
    let engine = conductor.engine();
    if let Operation::Terminate { id, .. } = &operation {
        // Otherwise the schedule would start the next run.
        let instance = engine.archive().summary(id)?;
        conductor.end_schedule_of(&instance).await?;
    }
    Ok(apply_to_engine(engine, operation).await?)
}

/// Carries out a command in a store that no program has open. No activity runs and nothing sounds: the
/// program that continues the instance does that.
///
/// # Errors
///
/// Those of the engine and the store, [`AppError::Threads`], and [`AppError::NotPlaying`] for a retry: no
/// attempt could start.
pub fn apply_offline(store: Arc<dyn Store>, operation: Operation) -> Result<Outcome, AppError> {
    if let Operation::Retry { id } = operation {
        return Err(AppError::NotPlaying(id));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(AppError::Threads)?;
    runtime.block_on(async {
        let setup = Setup {
            recovery: operation.recovery(),
            limits: Limits {
                activities: 0,
                ..Limits::default()
            },
            ..Setup::default()
        };
        let schedule = schedule_to_end(&store, &operation)?;
        let engine = Engine::start(Arc::clone(&store), store_only_registry(), setup)?;
        let outcome = apply_to_engine(&engine, operation).await;
        engine.stop().await;
        let outcome = outcome?;
        if let Some(name) = schedule {
            store.commit(&Batch {
                schedules: vec![(name, None)],
                ..Batch::default()
            })?;
        }
        Ok(outcome)
    })
}

/// The schedule that ends with an operation: otherwise it would start the next run.
fn schedule_to_end(
    store: &Arc<dyn Store>,
    operation: &Operation,
) -> Result<Option<ScheduleName>, EngineError> {
    let Operation::Terminate { id, .. } = operation else {
        return Ok(None);
    };
    let instance = Archive::new(Arc::clone(store)).summary(id)?;
    let name = instance.tags.get(SCHEDULE_TAG);
    Ok(name.and_then(|name| ScheduleName::new(name).ok()))
}

/// Carries out a command in an engine.
///
/// # Errors
///
/// Those of the engine and the store.
pub(super) async fn apply_to_engine(
    engine: &Engine,
    operation: Operation,
) -> Result<Outcome, EngineError> {
    let mut outcome = Outcome::default();
    match operation {
        Operation::Pause { id, reason } => engine.suspend(&id, &reason).await?,
        Operation::Resume { id, reason } => engine.resume(&id, &reason).await?,
        Operation::Cancel { id, reason } => engine.cancel(&id, &reason).await?,
        Operation::Terminate { id, reason } => engine.terminate(&id, &reason).await?,
        Operation::Retry { id } => engine.retry_now(&id).await?,
        Operation::Raise { id, event, data } => engine.raise(&id, &event, data).await?,
        Operation::Rerun {
            id,
            run,
            from,
            new_id,
            input,
        } => {
            let started = match run {
                None => engine.rerun(&id, from, new_id, input).await?,
                Some(run) => engine.rerun_run(&id, run, from, new_id, input).await?,
            };
            outcome.started = Some(started);
        }
        Operation::Restart { id, new_id } => {
            outcome.started = Some(engine.restart(&id, new_id).await?);
        }
        Operation::Purge { id } => {
            // Without this an unknown or open instance would be deleted zero times, silently.
            let instance = engine.archive().summary(&id)?;
            if !instance.status.is_closed() {
                return Err(EngineError::StillOpen(id));
            }
            outcome.purged = Some(engine.purge(Purge::Instance(id)).await?);
        }
        Operation::PurgeMatching { search } => {
            outcome.purged = Some(engine.purge(Purge::Search(search)).await?);
        }
    }
    Ok(outcome)
}

impl Operation {
    /// What an engine has to continue to carry it out.
    fn recovery(&self) -> Recovery {
        match self {
            Self::Pause { id, .. }
            | Self::Resume { id, .. }
            | Self::Cancel { id, .. }
            | Self::Terminate { id, .. }
            | Self::Retry { id }
            | Self::Raise { id, .. } => Recovery::Only(BTreeSet::from([id.clone()])),
            Self::Rerun { .. }
            | Self::Restart { .. }
            | Self::Purge { .. }
            | Self::PurgeMatching { .. } => Recovery::Nothing,
        }
    }
}
