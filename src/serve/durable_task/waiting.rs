//! Activities that wait for a worker.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    hub::Hub,
    work::{Kind, Work},
};
use crate::engine::{EventId, InstanceId};

/// How long an activity may wait before its worker counts as away.
const PATIENCE: Duration = Duration::from_secs(1);

/// The activities of an instance that no worker has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingActivities {
    /// The name of the one that has waited longest.
    pub longest: Arc<str>,
    /// Since when it waits.
    pub since: Instant,
    /// The events that scheduled them.
    pub scheduled: BTreeSet<EventId>,
}

impl Hub {
    /// Whether any activity waits for a worker, and every change.
    pub fn has_waiting_activities(&self) -> watch::Receiver<bool> {
        self.lock().waits.subscribe()
    }

    /// The activities of each instance that have waited for a second.
    pub fn waiting_activities(&self) -> BTreeMap<InstanceId, WaitingActivities> {
        let mut state = self.lock();
        let ready = std::mem::take(state.ready.of(Kind::Activity));
        let mut waiting = BTreeMap::<InstanceId, WaitingActivities>::new();
        for id in &ready {
            let Some(entry) = state.work.get(id) else {
                continue;
            };
            let Work::Activity { activity, .. } = &entry.work else {
                continue;
            };
            if entry.since.elapsed() < PATIENCE {
                continue;
            }
            let first = || WaitingActivities {
                longest: Arc::clone(&activity.name),
                since: entry.since,
                scheduled: BTreeSet::new(),
            };
            let of_instance = waiting.entry(activity.instance.clone());
            let of_instance = of_instance.or_insert_with(first);
            of_instance.scheduled.insert(activity.scheduled);
            if entry.since < of_instance.since {
                of_instance.longest = Arc::clone(&activity.name);
                of_instance.since = entry.since;
            }
        }
        *state.ready.of(Kind::Activity) = ready;
        waiting
    }
}
