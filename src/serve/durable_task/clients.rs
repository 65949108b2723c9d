//! What clients ask for: start, observe, control.

use std::sync::Arc;

use tonic::Status as Refusal;

use super::{
    hub::Hub,
    messages::{
        CreateInstance, GetInstance, InstanceAnswer, InstanceRef, Nothing, RaiseEvent, Restart,
        Terminate, WithReason,
    },
    starts::Starts,
    state::{answer, visible_status},
    values::{payload, status, string, timestamp},
};
use crate::engine::{
    Engine, EngineError, IdReuse, InstanceId, OnConflict, Reach, Status, SuspendedTime, Suspension,
};

/// The methods for clients. Cheap to clone.
#[derive(Clone)]
pub(in crate::serve) struct Clients(Arc<Shared>);

struct Shared {
    engine: Engine,
    hub: Hub,
    starts: Starts,
}

/// The result of a method.
pub(in crate::serve) type Answer<T> = Result<T, Refusal>;

impl Clients {
    pub(super) fn new(engine: Engine, hub: Hub, starts: Starts) -> Self {
        Self(Arc::new(Shared {
            engine,
            hub,
            starts,
        }))
    }

    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    pub async fn start(self, new: CreateInstance) -> Answer<InstanceRef> {
        let id = match new.instance_id.is_empty() {
            true => fresh_id()?,
            false => instance_id(&new.instance_id)?,
        };
        let version = new.version.map(|text| text.value);
        let version = version.as_deref().filter(|version| !version.is_empty());
        let engine = self.engine();
        let mut start = engine
            .start_remote(new.name, version, payload(new.input))
            .id(id.clone());
        if let Some(at) = new.start_at.and_then(timestamp)
            && at > engine.clock().now()
        {
            start = start.at(at);
        }
        for (name, value) in new.tags {
            start = start.tag(name, value);
        }
        if let Some(reuse) = new.reuse.filter(|reuse| !reuse.replaceable.is_empty()) {
            match self.current_status(&id)? {
                None => {}
                Some(now)
                    if reuse
                        .replaceable
                        .iter()
                        .any(|one| status(*one) == Some(now)) =>
                {
                    start = start.on_conflict(OnConflict::TerminateExisting);
                }
                Some(_) => start = start.reuse(IdReuse::Never),
            }
        }
        let id = start.await.map_err(refusal)?;
        let instance_id = id.to_string();
        Ok(InstanceRef { instance_id })
    }

    fn current_status(&self, id: &InstanceId) -> Answer<Option<Status>> {
        let archive = self.engine().archive();
        match archive.summary(id) {
            Ok(summary) => Ok(Some(visible_status(archive, &summary).map_err(refusal)?)),
            Err(EngineError::UnknownInstance(_)) => Ok(None),
            Err(error) => Err(refusal(error)),
        }
    }

    pub async fn get(self, asked: GetInstance) -> Answer<InstanceAnswer> {
        let Ok(id) = InstanceId::new(&asked.instance_id) else {
            return Ok(InstanceAnswer::default());
        };
        let archive = self.engine().archive();
        answer(archive, &id, asked.with_payloads.into()).map_err(refusal)
    }

    pub async fn wait_for_start(self, asked: GetInstance) -> Answer<InstanceAnswer> {
        let Ok(id) = InstanceId::new(&asked.instance_id) else {
            return Ok(InstanceAnswer::default());
        };
        loop {
            let begins = self.0.starts.wait(&id);
            match self.current_status(&id)? {
                Some(Status::Pending) => {}
                Some(_) | None => return self.get(asked).await,
            }
            // An error means to look again, as a message does.
            let _ = begins.await;
        }
    }

    pub async fn wait_for_completion(self, asked: GetInstance) -> Answer<InstanceAnswer> {
        let Ok(id) = InstanceId::new(&asked.instance_id) else {
            return Ok(InstanceAnswer::default());
        };
        match self.engine().until_closed(&id).await {
            Ok(_) | Err(EngineError::UnknownInstance(_)) => self.get(asked).await,
            Err(error) => Err(refusal(error)),
        }
    }

    pub async fn raise(self, event: RaiseEvent) -> Answer<Nothing> {
        let id = known_id(&event.instance_id)?;
        let input = payload(event.input);
        let raised = self.engine().raise(&id, &event.name, input).await;
        once_closed_nothing(raised)
    }

    pub async fn terminate(self, asked: Terminate) -> Answer<Nothing> {
        let id = known_id(&asked.instance_id)?;
        let reach = match asked.recursive {
            true => Reach::Tree,
            false => Reach::Alone,
        };
        let reason = "a client terminated it";
        let output = payload(asked.output);
        let engine = self.engine();
        let ended = engine.terminate_with_output(&id, reason, reach, output);
        once_closed_nothing(ended.await)
    }

    pub async fn suspend(self, asked: WithReason) -> Answer<Nothing> {
        let id = known_id(&asked.instance_id)?;
        // Timers run on, and children as well.
        let suspension = Suspension {
            reach: Reach::Alone,
            time: SuspendedTime::RunsOn,
        };
        let reason = string(asked.reason);
        let suspended = self.engine().suspend_with(&id, &reason, suspension).await;
        once_closed_nothing(suspended)
    }

    pub async fn resume(self, asked: WithReason) -> Answer<Nothing> {
        let id = known_id(&asked.instance_id)?;
        let reason = string(asked.reason);
        let resumed = self.engine().resume_with(&id, &reason, Reach::Alone).await;
        once_closed_nothing(resumed)
    }

    pub async fn rewind(self, asked: WithReason) -> Answer<Nothing> {
        let id = known_id(&asked.instance_id)?;
        self.engine().rewind(&id).await.map_err(refusal)?;
        Ok(Nothing {})
    }

    pub async fn restart(self, asked: Restart) -> Answer<InstanceRef> {
        let id = known_id(&asked.instance_id)?;
        let status = self
            .engine()
            .archive()
            .summary(&id)
            .map_err(refusal)?
            .status;
        if !status.is_closed() {
            return Err(refusal(EngineError::StillOpen(id)));
        }
        let new_id = match asked.with_new_id {
            true => Some(fresh_id()?),
            false => None,
        };
        let id = self.engine().restart(&id, new_id).await.map_err(refusal)?;
        let instance_id = id.to_string();
        Ok(InstanceRef { instance_id })
    }
}

/// The id of an instance that a client may have.
pub(super) fn instance_id(text: &str) -> Answer<InstanceId> {
    InstanceId::new(text).map_err(|error| Refusal::invalid_argument(error.to_string()))
}

/// The id of an instance that there should be.
pub(super) fn known_id(text: &str) -> Answer<InstanceId> {
    InstanceId::new(text).map_err(|_| not_found(text))
}

fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("no such instance exists: {id:?}"))
}

/// An id that nobody has.
pub(super) fn fresh_id() -> Answer<InstanceId> {
    use std::hash::{BuildHasher, RandomState};
    // Random enough: the keys of each state differ.
    let half = || RandomState::new().hash_one(std::process::id());
    instance_id(&format!("{:016x}{:016x}", half(), half()))
}

/// A command to an instance that has closed changes nothing.
fn once_closed_nothing(done: Result<(), EngineError>) -> Answer<Nothing> {
    match done {
        Ok(()) | Err(EngineError::Closed { .. }) => Ok(Nothing {}),
        Err(error) => Err(refusal(error)),
    }
}

/// An error of the engine for a client.
pub(in crate::serve) fn refusal(error: EngineError) -> Refusal {
    match &error {
        EngineError::UnknownInstance(id) => not_found(id.as_str()),
        EngineError::AlreadyExists(_) => Refusal::already_exists(error.to_string()),
        EngineError::InvalidId(_)
        | EngineError::TooLarge { .. }
        | EngineError::NoSuchEvent { .. }
        | EngineError::NoSuchActivity { .. } => Refusal::invalid_argument(error.to_string()),
        EngineError::StillOpen(_)
        | EngineError::Closed { .. }
        | EngineError::NotFailed(_)
        | EngineError::NotRecovered(_)
        | EngineError::Quarantined { .. } => Refusal::failed_precondition(error.to_string()),
        EngineError::TooManyEvents { .. } => Refusal::resource_exhausted(error.to_string()),
        EngineError::Stopped => Refusal::unavailable(error.to_string()),
        _ => Refusal::internal(error.to_string()),
    }
}
