//! Activities that wait for a worker.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    hub::Hub,
    work::{Kind, Work},
};
use crate::engine::InstanceId;

/// How long an activity may wait before its worker counts as away.
const PATIENCE: Duration = Duration::from_secs(1);

/// An activity that no worker has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingActivity {
    /// Its name.
    pub name: Arc<str>,
    /// Since when it waits.
    pub since: Instant,
}

impl Hub {
    /// Whether any activity waits for a worker, and every change.
    pub fn has_waiting_activities(&self) -> watch::Receiver<bool> {
        self.lock().waits.subscribe()
    }

    /// The activity of each instance that has waited longest, if it has waited for a second.
    pub fn waiting_activities(&self) -> BTreeMap<InstanceId, WaitingActivity> {
        let mut state = self.lock();
        let ready = std::mem::take(state.ready.of(Kind::Activity));
        let mut longest = BTreeMap::<InstanceId, WaitingActivity>::new();
        for id in &ready {
            let Some(entry) = state.work.get(id) else {
                continue;
            };
            let Work::Activity { activity, .. } = &entry.work else {
                continue;
            };
            let is_late = entry.since.elapsed() >= PATIENCE;
            let known = longest.get(&activity.instance);
            if is_late && known.is_none_or(|known| entry.since < known.since) {
                let waiting = WaitingActivity {
                    name: Arc::clone(&activity.name),
                    since: entry.since,
                };
                longest.insert(activity.instance.clone(), waiting);
            }
        }
        *state.ready.of(Kind::Activity) = ready;
        longest
    }
}
