//! The exclusive right to write to a store. One engine has it at a time; an engine that has lost it
//! cannot commit.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use super::{Batch, Store, StoreError};

/// The state of one store's lease.
#[derive(Default)]
struct Holder {
    /// The number of leases granted so far.
    engines: u64,
    /// The current lease.
    current: Option<u64>,
}

type Shared = Arc<Mutex<Holder>>;

/// The leased stores of this process, by their addresses.
static STORES: Mutex<Option<HashMap<usize, Weak<Mutex<Holder>>>>> = Mutex::new(None);

/// The exclusive right to write to a store. Dropping it releases the store.
pub(super) struct Lease {
    store: Arc<dyn Store>,
    holder: Shared,
    number: u64,
}

/// Why a batch was not committed.
pub(super) enum NotCommitted {
    /// The lease was released or revoked: the engine must stop.
    Revoked,
    /// The store failed.
    Store(StoreError),
}

impl Lease {
    /// Acquires a store; an error if another engine has it.
    pub fn acquire(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let holder = holder_of(&store);
        let mut state = lock(&holder);
        if state.current.is_some() {
            return Err(StoreError::InUse(PathBuf::from("of this engine")));
        }
        state.engines += 1;
        let number = state.engines;
        state.current = Some(number);
        drop(state);
        Ok(Self {
            store,
            holder,
            number,
        })
    }

    /// Writes a batch. The store cannot be acquired meanwhile.
    pub fn commit(&self, batch: &Batch) -> Result<(), NotCommitted> {
        let state = lock(&self.holder);
        if state.current != Some(self.number) {
            return Err(NotCommitted::Revoked);
        }
        self.store.commit(batch).map_err(NotCommitted::Store)
    }

    /// Releases the store: this engine cannot commit any more.
    pub fn revoke(&self) {
        let mut state = lock(&self.holder);
        if state.current == Some(self.number) {
            state.current = None;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.revoke();
    }
}

fn holder_of(store: &Arc<dyn Store>) -> Shared {
    let address = Arc::as_ptr(store).cast::<()>() as usize;
    let mut stores = lock(&STORES);
    let stores = stores.get_or_insert_default();
    stores.retain(|_, holder| holder.strong_count() > 0);
    if let Some(holder) = stores.get(&address).and_then(Weak::upgrade) {
        return holder;
    }
    let holder = Shared::default();
    stores.insert(address, Arc::downgrade(&holder));
    holder
}

/// No operation under these locks can leave the state inconsistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::RedbStore;

    fn store() -> Arc<dyn Store> {
        Arc::new(RedbStore::in_memory().unwrap())
    }

    #[test]
    fn a_store_has_one_engine_at_a_time() {
        let store = store();
        let first = Lease::acquire(store.clone()).unwrap();
        assert!(matches!(
            Lease::acquire(store.clone()),
            Err(StoreError::InUse(_))
        ));
        assert!(Lease::acquire(self::store()).is_ok(), "another store");
        drop(first);
        Lease::acquire(store).unwrap();
    }

    #[test]
    fn an_engine_that_has_lost_its_store_writes_nothing_more() {
        let store = store();
        let first = Lease::acquire(store.clone()).unwrap();
        assert!(first.commit(&Batch::default()).is_ok());
        first.revoke();
        let second = Lease::acquire(store).unwrap();
        let refused = first.commit(&Batch::default());
        assert!(matches!(refused, Err(NotCommitted::Revoked)));
        drop(first);
        assert!(second.commit(&Batch::default()).is_ok());
    }
}
