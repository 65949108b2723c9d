//! The activity behind `call: http` and `call: openapi`: one call of a service.
//!
//! Requests block, so each has a thread of its own that nobody has to wait for: a call that is no
//! longer wanted is left alone, and ends with its time limit or with the process. While a call is
//! wanted it holds simulated time still.

mod answer;
mod exchange;
mod openapi;
mod trouble;
mod wire;

use std::{
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::Semaphore;

use crate::{
    engine::{ActivityContext, ActivityError, Archive, EventKind},
    score::{
        Document, ScoreInput,
        http::{Credentials, HttpCall, Wanted},
    },
};
use exchange::exchange;
use trouble::Trouble;
use wire::Wire;

/// How long a call may take if the score does not say.
const USUAL: Duration = Duration::from_secs(30);
/// How long a call may take, whatever the score says.
const MAX_CALL_TIME: Duration = Duration::from_secs(600);
/// The most calls at once; the others wait.
const AT_ONCE: usize = 64;

/// Calls services.
pub(super) struct Web {
    wire: Wire,
    archive: Archive,
    places: Arc<Semaphore>,
}

impl Web {
    pub fn new(archive: Archive) -> Self {
        Self {
            wire: Wire::new(),
            archive,
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Calls a service and gives what the score wants of the answer.
    pub async fn call(
        &self,
        context: ActivityContext,
        call: HttpCall,
    ) -> Result<Value, ActivityError> {
        // The places are never closed; if they were, the call could do without one.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let wire = self.wire.clone();
        let archive = self.archive.clone();
        let done = apart(move || {
            let result = answer_of(&wire, &archive, &context, call);
            drop(place);
            result
        });
        let result = done.await.unwrap_or_else(|| Err(Trouble::nobody()));
        result.map_err(|trouble| ActivityError::Failed(trouble.into()))
    }
}

fn answer_of(
    wire: &Wire,
    archive: &Archive,
    context: &ActivityContext,
    call: HttpCall,
) -> Result<Value, Trouble> {
    let limit = call.timeout().unwrap_or(USUAL).min(MAX_CALL_TIME);
    let deadline = Instant::now() + limit;
    let known = |credentials: Option<Credentials>| match credentials {
        Some(Credentials::Use(name)) => policy(archive, context, &name).map(Some),
        credentials => Ok(credentials),
    };
    let credentials = known(call.authentication)?;
    let request = match call.wanted {
        Wanted::Request(request) => request,
        Wanted::Operation(operation) => {
            let who = known(operation.document_authentication.clone())?;
            let api = openapi::fetched(wire, &operation, who.as_ref(), deadline)?;
            api.request(&operation)?
        }
    };
    let who = credentials.as_ref();
    let answer = exchange(wire, &request, who, call.redirect, deadline)?;
    answer::output(&request, &answer, call.output, call.redirect)
}

/// The values of a policy, from the score that the instance was started with: they are nowhere else.
fn policy(
    archive: &Archive,
    context: &ActivityContext,
    name: &str,
) -> Result<Credentials, Trouble> {
    let history = archive.history(context.instance());
    let start = history
        .ok()
        .and_then(|history| match &history.first()?.kind {
            EventKind::ExecutionStarted { input, .. } => input.decode::<ScoreInput>().ok(),
            _ => None,
        });
    let document = start.and_then(|start| Document::kept(&start.score).ok());
    let policy = document.and_then(|document| document.authentications.get(name)?.fixed());
    policy.ok_or_else(|| {
        Trouble::configuration(format!(
            "the score has no authentication policy `{name}` with fixed values"
        ))
    })
}

/// Works on a thread that nobody waits for once the result is no longer wanted. `None`: the work
/// came to no end.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, results) = mpsc::channel();
    let at_work = Last(sender.clone());
    let _wanted = Last(sender);
    let worker = move || {
        let result = work();
        // Nobody may want it any more.
        let _ = at_work.0.send(Some(result));
    };
    let name = "fermata-http".to_owned();
    thread::Builder::new().name(name).spawn(worker).ok()?;
    // A blocking task is what holds simulated time.
    let waited = tokio::task::spawn_blocking(move || results.recv().ok().flatten());
    waited.await.ok().flatten()
}

/// Says that nothing more comes, when it is dropped.
struct Last<T>(mpsc::Sender<Option<T>>);

impl<T> Drop for Last<T> {
    fn drop(&mut self) {
        // Nobody may be waiting.
        let _ = self.0.send(None);
    }
}
