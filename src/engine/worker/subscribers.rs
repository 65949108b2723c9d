//! Those who wait for what is committed: subscribers to everything, callers that wait for an end.

use std::{collections::HashMap, sync::Arc};

use crate::engine::{
    Committed, InstanceKey, InstanceSummary,
    feed::{Subscriber, Subscription, feed},
    request::Reply,
};

/// Those who wait for what is committed.
#[derive(Default)]
pub(super) struct Subscribers {
    /// They begin with the next commit.
    new: Vec<Subscription>,
    feeds: Vec<Subscriber>,
    waiting: HashMap<InstanceKey, Vec<Reply<InstanceSummary>>>,
}

impl Subscribers {
    pub fn add(&mut self, subscription: Subscription) {
        self.new.push(subscription);
    }

    /// Whether new ones are to be given the open instances.
    pub fn has_new(&self) -> bool {
        !self.new.is_empty()
    }

    /// Gives the open instances to those that are new.
    pub fn begin(&mut self, open: &[InstanceSummary]) {
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

    /// A caller waits for the end of an instance.
    pub fn wait(&mut self, key: InstanceKey, reply: Reply<InstanceSummary>) {
        self.waiting.entry(key).or_default().push(reply);
    }

    /// The instance goes on as another run.
    pub fn move_on(&mut self, from: InstanceKey, to: InstanceKey) {
        if let Some(waiting) = self.waiting.remove(&from) {
            self.waiting.entry(to).or_default().extend(waiting);
        }
    }

    /// An instance has ended.
    pub fn closed(&mut self, key: InstanceKey, summary: &InstanceSummary) {
        for reply in self.waiting.remove(&key).into_iter().flatten() {
            // A caller that no longer waits needs no answer.
            let _ = reply.send(Ok(summary.clone()));
        }
    }
}
