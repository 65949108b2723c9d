//! Reading a store, from any thread, without running anything of it.

use std::sync::Arc;

use super::{
    EngineError, Event, EventId, History, InstanceId, InstanceKey, InstanceSummary, Status, Store,
    StoreError, Timestamp,
};

/// How many instances are read in one go.
const PAGE: usize = 256;

/// A store, for reading. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    store: Arc<dyn Store>,
}

/// Which instances are looked for. The default finds all of them.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Of this workflow.
    pub workflow: Option<String>,
    /// In this status.
    pub status: Option<Status>,
    /// With these tags and values.
    pub tags: Vec<(String, String)>,
    /// Begun at this moment or later.
    pub since: Option<Timestamp>,
    /// Begun before this moment.
    pub before: Option<Timestamp>,
}

impl Search {
    fn finds(&self, summary: &InstanceSummary) -> bool {
        let tagged = |(name, value): &(String, String)| summary.tags.get(name) == Some(value);
        self.workflow
            .as_ref()
            .is_none_or(|w| summary.workflow == *w)
            && self.status.is_none_or(|status| summary.status == status)
            && self.tags.iter().all(tagged)
            && self.since.is_none_or(|since| summary.started_at >= since)
            && self.before.is_none_or(|before| summary.started_at < before)
    }
}

/// A part of what was found.
#[derive(Debug, Clone)]
pub struct Page {
    /// Newest first.
    pub instances: Vec<InstanceSummary>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<PageMark>,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageMark(InstanceKey);

impl Archive {
    /// Reads this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// All runs of all instances, oldest first.
    pub fn list(&self) -> Result<Vec<InstanceSummary>, StoreError> {
        let mut all: Vec<_> = self.store.page(None, usize::MAX)?;
        all.reverse();
        Ok(all.into_iter().map(|(_, summary)| summary).collect())
    }

    /// At most `most` runs of instances that a search finds, newest first, beginning with the newest
    /// or where the page before ended.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # fn example(archive: Archive) -> Result<(), StoreError> {
    /// let failed = Search { status: Some(Status::Failed), ..Search::default() };
    /// let mut page = archive.search(&failed, None, 50)?;
    /// while let Some(mark) = page.next {
    ///     page = archive.search(&failed, Some(mark), 50)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn search(
        &self,
        search: &Search,
        from: Option<PageMark>,
        most: usize,
    ) -> Result<Page, StoreError> {
        let mut instances = Vec::new();
        let mut before = from.map(|PageMark(key)| key);
        loop {
            let page = self.store.page(before, PAGE)?;
            let full = page.len() == PAGE;
            for (key, summary) in page {
                if instances.len() == most {
                    let next = before.map(PageMark);
                    return Ok(Page { instances, next });
                }
                before = Some(key);
                if search.finds(&summary) {
                    instances.push(summary);
                }
            }
            if !full {
                let next = None;
                return Ok(Page { instances, next });
            }
        }
    }

    /// The instances that have not ended, oldest first.
    pub fn open_instances(&self) -> Result<Vec<InstanceSummary>, StoreError> {
        let open = self.store.open_instances()?;
        Ok(open.into_iter().map(|(_, summary)| summary).collect())
    }

    /// The latest run of an instance in a few words.
    pub fn summary(&self, id: &InstanceId) -> Result<InstanceSummary, EngineError> {
        let found = self.store.summary(self.key(id)?)?;
        found.ok_or_else(|| EngineError::UnknownInstance(id.clone()))
    }

    /// The history of the latest run of an instance.
    pub fn history(&self, id: &InstanceId) -> Result<Vec<Event>, EngineError> {
        self.history_from(id, EventId::default())
    }

    /// The same, from an event on.
    pub fn history_from(&self, id: &InstanceId, from: EventId) -> Result<Vec<Event>, EngineError> {
        Ok(self.store.history(self.key(id)?, from)?)
    }

    /// The same whole, to be taken elsewhere.
    pub fn export(&self, id: &InstanceId) -> Result<History, EngineError> {
        Ok(History {
            instance: id.clone(),
            events: self.history(id)?,
        })
    }

    /// All runs under an id with their histories, oldest first.
    pub fn runs(&self, id: &InstanceId) -> Result<Vec<(InstanceSummary, Vec<Event>)>, EngineError> {
        let mut runs = Vec::new();
        for key in self.store.runs(id)? {
            if let Some(summary) = self.store.summary(key)? {
                runs.push((summary, self.store.history(key, EventId::default())?));
            }
        }
        Ok(runs)
    }

    /// The children and the forks of the latest run of an instance, oldest first.
    pub fn descendants(&self, id: &InstanceId) -> Result<Vec<InstanceSummary>, EngineError> {
        let mut descendants = Vec::new();
        for key in self.store.relations(self.key(id)?)? {
            descendants.extend(self.store.summary(key)?);
        }
        Ok(descendants)
    }

    fn key(&self, id: &InstanceId) -> Result<InstanceKey, EngineError> {
        let found = self.store.find(id)?;
        found.ok_or_else(|| EngineError::UnknownInstance(id.clone()))
    }
}
