//! Reading a store, from any thread, without running anything of it.

use std::sync::Arc;

use super::{
    EngineError, Event, EventId, History, InstanceId, InstanceKey, InstanceSummary, Search, Store,
    StoreError, Verified,
};

/// A store, for reading. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    store: Arc<dyn Store>,
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
    /// or where the page before ended. Instances that start or are purged between two pages leave the
    /// others on the pages where they would be.
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
        if most == 0 {
            let next = from.unwrap_or(PageMark(InstanceKey(u64::MAX)));
            return Ok(Page {
                instances: Vec::new(),
                next: Some(next),
            });
        }
        let before = from.map(|PageMark(key)| key);
        // One more than asked for says whether there are more.
        let mut found = self.store.search(search, before, most.saturating_add(1))?;
        let next = match found.len() > most {
            true => found.get(most - 1).map(|(key, _)| PageMark(*key)),
            false => None,
        };
        found.truncate(most);
        let instances = found.into_iter().map(|(_, summary)| summary).collect();
        Ok(Page { instances, next })
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

    /// At most `most` events of the history of the latest run, from one on. The next page begins with
    /// the event after the last one; a page that is not full is the last.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # fn example(archive: Archive, id: InstanceId) -> Result<(), EngineError> {
    /// let mut from = EventId(0);
    /// loop {
    ///     let page = archive.history_page(&id, from, 1_000)?;
    ///     let Some(last) = page.last() else { break };
    ///     from = last.id.next();
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn history_page(
        &self,
        id: &InstanceId,
        from: EventId,
        most: usize,
    ) -> Result<Vec<Event>, EngineError> {
        Ok(self.store.history_page(self.key(id)?, from, most)?)
    }

    /// The same of a given run: 1, 2, ...
    pub fn history_of_run(
        &self,
        id: &InstanceId,
        run: u32,
        from: EventId,
        most: usize,
    ) -> Result<Vec<Event>, EngineError> {
        let runs = self.summaries(id)?.into_iter();
        let found = runs.rev().find(|(_, summary)| summary.run == run);
        let (key, _) = found.ok_or_else(|| EngineError::UnknownInstance(id.clone()))?;
        Ok(self.store.history_page(key, from, most)?)
    }

    /// All runs under an id in a few words, oldest first.
    pub fn run_summaries(&self, id: &InstanceId) -> Result<Vec<InstanceSummary>, EngineError> {
        let runs = self.summaries(id)?.into_iter();
        Ok(runs.map(|(_, summary)| summary).collect())
    }

    fn summaries(
        &self,
        id: &InstanceId,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        let mut runs = Vec::new();
        for key in self.store.runs(id)? {
            runs.extend(self.store.summary(key)?.map(|summary| (key, summary)));
        }
        Ok(runs)
    }

    /// Reads the whole store and says what is damaged, without stopping at the first.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        self.store.verify()
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
        for (key, summary) in self.summaries(id)? {
            runs.push((summary, self.store.history(key, EventId::default())?));
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
