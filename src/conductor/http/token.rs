//! Tokens from an authority: `oauth2` and `oidc`. They are kept in memory only.

use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    authority::{Granted, granted},
    client::HttpClient,
    error::HttpError,
    redaction::Redactor,
};
use crate::score::http::TokenRequest;

/// The most tokens that are kept.
const MAX_TOKENS: usize = 256;

/// A token is replaced this long before it expires, but not before half its time.
const MARGIN: Duration = Duration::from_secs(30);

/// The tokens that authorities have given, by what they were asked with.
#[derive(Default)]
pub(super) struct Tokens(Mutex<HashMap<TokenRequest, Arc<Slot>>>);

/// The place of one token: calls that need it at the same time ask once.
#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Empty,
    /// A call is asking for it.
    Asked,
    Held {
        token: String,
        /// From when on it is not used.
        ends: Instant,
    },
}

impl Tokens {
    /// A token: the one that is kept, or a new one.
    pub fn token(
        &self,
        client: &HttpClient,
        request: &TokenRequest,
        redactor: &mut Redactor,
        deadline: Instant,
    ) -> Result<String, HttpError> {
        let slot = self.slot(request);
        if let Some(token) = slot.wait(deadline)? {
            redactor.hide(&token);
            return Ok(token);
        }
        let asking = Asking(&slot);
        let asked = Instant::now();
        let Granted { token, lasts } = granted(client, request, redactor, deadline)?;
        let ends = asked + lasts.saturating_sub(MARGIN).max(lasts / 2);
        redactor.hide(&token);
        asking.done(token.clone(), ends);
        Ok(token)
    }

    /// Hides all tokens that are kept.
    pub fn hide(&self, redactor: &mut Redactor) {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in tokens.values() {
            if let State::Held { token, .. } = &*slot.state() {
                redactor.hide(token);
            }
        }
    }

    /// Forgets a token that a service refused.
    pub fn forget(&self, request: &TokenRequest, refused: &str) {
        let slot = self.slot(request);
        let mut state = slot.state();
        if matches!(&*state, State::Held { token, .. } if token == refused) {
            *state = State::Empty;
        }
    }

    fn slot(&self, request: &TokenRequest) -> Arc<Slot> {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MAX_TOKENS && !tokens.contains_key(request) {
            tokens.clear();
        }
        Arc::clone(tokens.entry(request.clone()).or_default())
    }
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while another call requests the token. `None`: the caller must request it; other calls wait.
    fn wait(&self, deadline: Instant) -> Result<Option<String>, HttpError> {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            match &*state {
                State::Held { token, ends } if now < *ends => {
                    return Ok(Some(token.clone()));
                }
                State::Asked if now >= deadline => {
                    let detail =
                        "another call waits for the same token, which did not come in time";
                    return Err(HttpError::timeout(detail.into()));
                }
                State::Asked => {
                    let waited = self.changed.wait_timeout(state, deadline - now);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                State::Held { .. } | State::Empty => {
                    *state = State::Asked;
                    return Ok(None);
                }
            }
        }
    }
}

/// A call that asks for a token. If it fails, the next call asks.
struct Asking<'s>(&'s Slot);

impl Asking<'_> {
    fn done(self, token: String, ends: Instant) {
        *self.0.state() = State::Held { token, ends };
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if matches!(&*state, State::Asked) {
            *state = State::Empty;
        }
        drop(state);
        self.0.changed.notify_all();
    }
}
