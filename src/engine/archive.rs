//! Reading a store, from any thread, without running anything of it.

use std::sync::Arc;

use super::{
    EngineError, Event, EventId, InstanceId, InstanceKey, InstanceSummary, Store, StoreError,
};

/// A store, for reading. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    store: Arc<dyn Store>,
}

impl Archive {
    /// Reads this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// All instances, oldest first.
    pub fn list(&self) -> Result<Vec<InstanceSummary>, StoreError> {
        let all = self.store.summaries()?;
        Ok(all.into_iter().map(|(_, summary)| summary).collect())
    }

    /// The instances that have not ended, oldest first.
    pub fn open_instances(&self) -> Result<Vec<InstanceSummary>, StoreError> {
        let open = self.store.open_instances()?;
        Ok(open.into_iter().map(|(_, summary)| summary).collect())
    }

    /// An instance in a few words.
    pub fn summary(&self, id: &InstanceId) -> Result<InstanceSummary, EngineError> {
        let found = self.store.summary(self.key(id)?)?;
        found.ok_or_else(|| EngineError::UnknownInstance(id.clone()))
    }

    /// The history of an instance.
    pub fn history(&self, id: &InstanceId) -> Result<Vec<Event>, EngineError> {
        Ok(self.store.history(self.key(id)?, EventId::default())?)
    }

    fn key(&self, id: &InstanceId) -> Result<InstanceKey, EngineError> {
        let found = self.store.find(id)?;
        found.ok_or_else(|| EngineError::UnknownInstance(id.clone()))
    }
}
