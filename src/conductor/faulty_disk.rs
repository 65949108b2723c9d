//! Injected faults of the store's disk: commits that take longer, or fail as on a full disk.
//!
//! The machine's disk is never touched: the faults are between the engine and its store. The engine meets them
//! as it would meet those of a disk: it keeps what it could not commit, and commits it later.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread::sleep,
};

use tokio::sync::watch;

use super::{FaultTarget, Mixer};
use crate::engine::{
    Batch, EachOpen, Event, EventId, InstanceId, InstanceKey, InstanceSummary, Opening, Purge,
    Purgeable, Search, Status, Store, StoreError, Verified,
};

/// A store on a disk into which faults are injected.
pub(super) struct FaultyDisk {
    store: Arc<dyn Store>,
    /// The mixer that sets the faults, once there is one.
    mixer: OnceLock<watch::Sender<Mixer>>,
    commits: AtomicU64,
}

impl FaultyDisk {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            mixer: OnceLock::new(),
            commits: AtomicU64::new(0),
        }
    }

    /// Follows the faults that a mixer sets.
    pub fn follow(&self, mixer: watch::Sender<Mixer>) {
        // It is called once.
        let _ = self.mixer.set(mixer);
    }

    /// Waits and fails as the faults say.
    fn strike(&self) -> Result<(), StoreError> {
        let Some(mixer) = self.mixer.get() else {
            return Ok(());
        };
        let fault = mixer.borrow().fault(&FaultTarget::Disk);
        if !fault.is_active() {
            return Ok(());
        }
        // The thread of the engine waits, as it does for a slow disk.
        sleep(fault.latency);
        let number = self.commits.fetch_add(1, Ordering::Relaxed);
        let fails = fault.outage
            || mixer.send_if_modified(|mixer| mixer.take_failure(&FaultTarget::Disk))
            || fault.rate.is_some_and(|rate| draw(number) < rate);
        match fails {
            true => Err(StoreError::Full {
                doing: "commit",
                reason: "injected fault: the disk is full".to_owned(),
            }),
            false => Ok(()),
        }
    }
}

/// A number from 0 to 1 for each commit.
fn draw(number: u64) -> f64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

impl Store for FaultyDisk {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        self.strike()?;
        self.store.commit(batch)
    }
    fn opening(&self) -> Result<Opening, StoreError> {
        self.store.opening()
    }
    fn find(&self, id: &InstanceId) -> Result<Option<InstanceKey>, StoreError> {
        self.store.find(id)
    }
    fn runs(&self, id: &InstanceId) -> Result<Vec<InstanceKey>, StoreError> {
        self.store.runs(id)
    }
    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError> {
        self.store.summary(key)
    }
    fn page(
        &self,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.store.page(before, most)
    }
    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.store.open_instances()
    }
    fn each_open(&self, each: EachOpen<'_>) -> Result<(), StoreError> {
        self.store.each_open(each)
    }
    fn history(&self, key: InstanceKey, from: EventId) -> Result<Vec<Event>, StoreError> {
        self.store.history(key, from)
    }
    fn relations(&self, key: InstanceKey) -> Result<Vec<InstanceKey>, StoreError> {
        self.store.relations(key)
    }
    fn history_page(
        &self,
        key: InstanceKey,
        from: EventId,
        most: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.store.history_page(key, from, most)
    }
    fn search(
        &self,
        search: &Search,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.store.search(search, before, most)
    }
    fn purgeable(
        &self,
        purge: &Purge,
        after: Option<Purgeable>,
        most: usize,
    ) -> Result<Vec<Purgeable>, StoreError> {
        self.store.purgeable(purge, after, most)
    }
    fn count(&self, statuses: &[Status]) -> Result<u64, StoreError> {
        self.store.count(statuses)
    }
    fn verify(&self) -> Result<Verified, StoreError> {
        self.store.verify()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conductor::FaultChange, engine::RedbStore};

    #[test]
    fn a_full_disk_takes_nothing_until_the_fault_is_ended() {
        let disk = FaultyDisk::new(Arc::new(RedbStore::in_memory().unwrap()));
        let mixer = watch::Sender::new(Mixer::default());
        disk.follow(mixer.clone());
        assert!(disk.commit(&Batch::default()).is_ok());
        let change = |change| mixer.send_modify(|m| m.change_fault(&FaultTarget::Disk, change));
        change(FaultChange {
            fail_next: Some(1),
            ..FaultChange::default()
        });
        let full = disk.commit(&Batch::default());
        assert!(matches!(full, Err(StoreError::Full { .. })), "{full:?}");
        assert!(disk.commit(&Batch::default()).is_ok(), "it failed once");
        change(FaultChange {
            outage: Some(true),
            ..FaultChange::default()
        });
        assert!(disk.commit(&Batch::default()).is_err());
        assert!(disk.commit(&Batch::default()).is_err());
        mixer.send_modify(Mixer::end_faults);
        assert!(disk.commit(&Batch::default()).is_ok());
    }
}
