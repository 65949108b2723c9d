//! Subscribers to commits, and callers that wait for an instance to close.

use std::{collections::HashMap, sync::Arc};

use crate::engine::{
    Committed, InstanceKey, InstanceSummary,
    feed::{Subscriber, Subscription, feed},
    reply::Reply,
};

/// Receivers of committed changes.
#[derive(Default)]
pub(super) struct Subscribers {
    /// Served with the next commit.
    new: Vec<Subscription>,
    feeds: Vec<Subscriber>,
    waiting: HashMap<InstanceKey, Vec<Reply<InstanceSummary>>>,
}

impl Subscribers {
    pub fn add(&mut self, subscription: Subscription) {
        self.new.push(subscription);
    }

    /// Whether there are new subscribers.
    pub fn has_new(&self) -> bool {
        !self.new.is_empty()
    }

    /// Sends the open instances to new subscribers.
    pub fn serve(&mut self, open: &[InstanceSummary]) {
        for subscription in self.new.drain(..) {
            let (subscriber, feed) = feed(open.to_vec());
            if subscription.send(feed).is_ok() {
                self.feeds.push(subscriber);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    pub fn publish(&mut self, committed: Committed) {
        let committed = Arc::new(committed);
        self.feeds.retain(|feed| feed.send(&committed));
    }

    /// Adds a caller that waits for an instance to close.
    pub fn wait(&mut self, key: InstanceKey, reply: Reply<InstanceSummary>) {
        self.waiting.entry(key).or_default().push(reply);
    }

    /// Moves the waiting callers to the next run.
    pub fn move_waiters(&mut self, from: InstanceKey, to: InstanceKey) {
        if let Some(waiting) = self.waiting.remove(&from) {
            self.waiting.entry(to).or_default().extend(waiting);
        }
    }

    /// Answers the callers that wait for an instance.
    pub fn closed(&mut self, key: InstanceKey, summary: &InstanceSummary) {
        for reply in self.waiting.remove(&key).into_iter().flatten() {
            // The caller may have stopped waiting.
            let _ = reply.send(Ok(summary.clone()));
        }
    }
}
