//! Whether the server answers.

use std::{sync::Arc, time::Instant};

use tokio::sync::{Mutex, mpsc};

use super::super::super::{BackendNews, Link};
use crate::engine::Timestamp;

/// Tells when the server stops and begins to answer: once each, whoever notices it first.
#[derive(Debug)]
pub(super) struct Health {
    state: Mutex<State>,
    news: mpsc::Sender<BackendNews>,
}

#[derive(Debug)]
struct State {
    is_up: bool,
    since: Instant,
}

impl Health {
    /// A server that has answered.
    pub fn new(news: mpsc::Sender<BackendNews>) -> Self {
        let state = Mutex::new(State {
            is_up: true,
            since: Instant::now(),
        });
        Self { state, news }
    }

    /// A call that was made then was answered.
    pub async fn answered(&self, called: Instant) {
        self.change(true, called, || Link::Up).await;
    }

    /// A call that was made then was not answered.
    pub async fn unanswered(&self, called: Instant, reason: &str) {
        let down = || Link::Down {
            since: now(),
            reason: Arc::from(reason),
        };
        self.change(false, called, down).await;
    }

    async fn change(&self, is_up: bool, called: Instant, link: impl FnOnce() -> Link) {
        let mut state = self.state.lock().await;
        // What was called before the last change says nothing about the time after it.
        if state.is_up == is_up || called < state.since {
            return;
        }
        *state = State {
            is_up,
            since: Instant::now(),
        };
        // An error means that nobody follows any more, which each task notices by itself.
        let _ = self.news.send(BackendNews::Link(link())).await;
    }
}

/// The time of this machine.
pub(super) fn now() -> Timestamp {
    let now = jiff::Timestamp::now().as_nanosecond();
    Timestamp(u64::try_from(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_outage_is_told_once_whoever_notices_it() {
        let (news, mut told) = mpsc::channel(8);
        let health = Health::new(news);
        let early = Instant::now();
        health.answered(Instant::now()).await;
        health.unanswered(Instant::now(), "gone").await;
        health.unanswered(Instant::now(), "gone").await;
        // It was asked before the outage, and its answer came late.
        health.answered(early).await;
        let meanwhile = Instant::now();
        health.answered(Instant::now()).await;
        health.answered(Instant::now()).await;
        health.unanswered(meanwhile, "was gone").await;
        drop(health);
        let mut links = Vec::new();
        while let Some(BackendNews::Link(link)) = told.recv().await {
            links.push(link);
        }
        let [Link::Down { reason, .. }, Link::Up] = links.as_slice() else {
            panic!("{links:?}");
        };
        assert_eq!(&**reason, "gone");
    }
}
