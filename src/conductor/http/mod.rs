//! The activity behind `call: http` and `call: openapi`: one call of a service.
//!
//! Requests block, so each has a thread of its own. A call whose result is no longer needed is abandoned
//! and ends with its time limit or with the process. Simulated time does not advance during a call.
//!
//! Secrets are read when a request is sent, and are hidden in everything that comes back: output, error and
//! response. Tokens of authorities are kept in memory.

mod authority;
mod authorization;
mod caller;
mod client;
mod digest;
mod encoding;
mod error;
mod exchange;
mod openapi;
mod output;
mod redaction;
mod service_name;
mod token;
mod unseal;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::Semaphore;

use super::secrets::Secrets;
use crate::{
    engine::{ActivityContext, ActivityError, Archive, EventId, EventKind, Failure, InstanceId},
    score::{
        Document, ScoreInput, Seals,
        http::{CallTarget, Credentials, HttpCall, escaped},
        parse_stored,
    },
};
use caller::Caller;
use client::HttpClient;
pub use client::SERVICES_PORT;
use error::HttpError;
use exchange::{Sending, exchange};
use redaction::Redactor;
pub(super) use service_name::service_of;
use token::Tokens;
use unseal::SecretParts;

/// The default timeout of a call.
const DEFAULT_CALL_TIME: Duration = Duration::from_secs(30);
/// The longest timeout of a call.
const MAX_CALL_TIME: Duration = Duration::from_secs(600);
/// The most calls at once; the others wait.
const MAX_CALLS: usize = 64;

/// The failure of a call of a service that is out of order on purpose: what a score gets from a real one.
pub(super) fn out_of_order(service: &str) -> Failure {
    let detail = format!("the service {service:?} is out of order on purpose");
    Failure::from(HttpError::unavailable(detail)).injected()
}

/// Calls services. Cheap to clone.
#[derive(Clone)]
pub(super) struct HttpCaller {
    client: HttpClient,
    archive: Archive,
    /// Of instances that are in no history here.
    scores_elsewhere: Arc<Mutex<HashMap<InstanceId, Document>>>,
    secrets: Secrets,
    tokens: Arc<Tokens>,
    permits: Arc<Semaphore>,
}

impl HttpCaller {
    pub fn new(archive: Archive, secrets: Secrets) -> Self {
        Self {
            client: HttpClient::new(),
            archive,
            scores_elsewhere: Arc::default(),
            secrets,
            tokens: Arc::default(),
            permits: Arc::new(Semaphore::new(MAX_CALLS)),
        }
    }

    /// The score of an instance that is in no history here.
    pub fn know(&self, instance: &InstanceId, score: Document) {
        self.elsewhere().insert(instance.clone(), score);
    }

    /// The instance has ended.
    pub fn forget(&self, instance: &InstanceId) {
        self.elsewhere().remove(instance);
    }

    fn elsewhere(&self) -> MutexGuard<'_, HashMap<InstanceId, Document>> {
        // Nothing that is done under the lock can panic halfway.
        self.scores_elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a service and returns the task's output.
    pub async fn call(
        &self,
        context: ActivityContext,
        call: HttpCall,
    ) -> Result<Value, ActivityError> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        let caller = self.clone();
        let done = on_own_thread(move || {
            let mut redactor = Redactor::default();
            let output = caller.output_of(&context, call, &mut redactor);
            drop(permit);
            output.map_err(|error| error.redacted(&redactor))
        });
        let result = done.await.unwrap_or_else(|| Err(HttpError::no_thread()));
        result.map_err(|error| ActivityError::Failed(error.into()))
    }

    /// The output of a task. The redactor learns all secrets that are used.
    fn output_of(
        &self,
        context: &ActivityContext,
        mut call: HttpCall,
        redactor: &mut Redactor,
    ) -> Result<Value, HttpError> {
        let limit = call
            .timeout()
            .unwrap_or(DEFAULT_CALL_TIME)
            .min(MAX_CALL_TIME);
        let deadline = Instant::now() + limit;
        // An earlier call may have left a secret with the service.
        for name in &call.hidden {
            for secret in self.secrets.texts(name) {
                redactor.hide(&secret);
            }
        }
        self.tokens.hide(redactor);
        self.put_policies(context, &mut call)?;
        let (call, secrets) = unseal::unsealed(call, &self.secrets, redactor)?;
        let mut sending = Sending {
            client: &self.client,
            tokens: &self.tokens,
            redactor,
            deadline,
        };
        let caller = Caller {
            credentials: call.authentication,
            origins: call.origins,
            secrets,
            idempotency_key: Some(escaped(&context.idempotency_key())),
        };
        let request = match call.target {
            CallTarget::Request(request) => request,
            CallTarget::Operation(operation) => {
                let fetching = Caller {
                    credentials: operation.document_authentication.clone(),
                    origins: call.document_origins,
                    secrets: SecretParts::default(),
                    idempotency_key: None,
                };
                let api = openapi::fetched(&mut sending, &operation, &fetching)?;
                let request = api.request(&operation)?;
                caller.trusts_document(&operation.document, &request.uri)?;
                request
            }
        };
        let caller = caller.with_headers_of(&request);
        let response = exchange(&mut sending, &request, &caller, call.redirect)?;
        output::output(&request, &response, call.output, call.redirect, redactor)
    }

    /// Puts the values of policies in the place of their names.
    fn put_policies(
        &self,
        context: &ActivityContext,
        call: &mut HttpCall,
    ) -> Result<(), HttpError> {
        if let Some(Credentials::Use(name)) = &call.authentication {
            let (credentials, seals) = self.policy(context, name)?;
            call.authentication = Some(credentials);
            call.secrets.extend("/authentication", seals);
        }
        if let CallTarget::Operation(operation) = &mut call.target
            && let Some(Credentials::Use(name)) = &operation.document_authentication
        {
            let (credentials, seals) = self.policy(context, name)?;
            operation.document_authentication = Some(credentials);
            call.secrets
                .extend("/operation/documentAuthentication", seals);
        }
        Ok(())
    }

    /// The values of a policy, from the score that the instance was started with; they are stored only
    /// there.
    fn policy(
        &self,
        context: &ActivityContext,
        name: &str,
    ) -> Result<(Credentials, Seals), HttpError> {
        let elsewhere = self.elsewhere();
        let policy = match elsewhere.get(context.instance()) {
            Some(score) => policy_of(score, name),
            None => self
                .recorded_score(context)
                .and_then(|score| policy_of(&score, name)),
        };
        policy.ok_or_else(|| {
            HttpError::configuration(format!(
                "the score has no authentication policy `{name}` with fixed values"
            ))
        })
    }

    /// The score with which an instance was started, by its history.
    fn recorded_score(&self, context: &ActivityContext) -> Option<Document> {
        let (instance, run) = (context.instance(), context.run());
        let first = self
            .archive
            .history_of_run(instance, run, EventId::default(), 1);
        let start = first.ok().and_then(|first| match &first.first()?.kind {
            EventKind::ExecutionStarted { input, .. } => input.decode::<ScoreInput>().ok(),
            _ => None,
        });
        parse_stored(&start?.score).ok()
    }
}

fn policy_of(score: &Document, name: &str) -> Option<(Credentials, Seals)> {
    score.authentications.get(name)?.fixed()
}

/// Runs blocking work on a thread that is abandoned once the result is no longer needed. `None`: there
/// was no thread, or the work panicked.
async fn on_own_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, results) = mpsc::channel();
    let at_work = Closing(sender.clone());
    let _needed = Closing(sender);
    let worker = move || {
        let result = work();
        // The receiver may be gone.
        let _ = at_work.0.send(Some(result));
    };
    let name = "fermata-http".to_owned();
    thread::Builder::new().name(name).spawn(worker).ok()?;
    // A blocking task keeps simulated time from advancing.
    let waited = tokio::task::spawn_blocking(move || results.recv().ok().flatten());
    waited.await.ok().flatten()
}

/// Ends the wait for a result when it is dropped.
struct Closing<T>(mpsc::Sender<Option<T>>);

impl<T> Drop for Closing<T> {
    fn drop(&mut self) {
        // The receiver may be gone.
        let _ = self.0.send(None);
    }
}
