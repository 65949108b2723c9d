//! Read access to a store from any thread, without an engine.

use std::sync::Arc;

use super::{
    EngineError, Event, EventId, History, InstanceId, InstanceKey, InstanceSummary, Search, Store,
    StoreError, Verified,
};

/// Read access to a store. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    store: Arc<dyn Store>,
}

/// A page of search results.
#[derive(Debug, Clone)]
pub struct Page {
    /// The instances, newest first.
    pub instances: Vec<InstanceSummary>,
    /// The token of the next page; `None`: this is the last page.
    pub next: Option<PageToken>,
}

/// Where a page of search results starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageToken(InstanceKey);

impl Archive {
    /// Creates an archive that reads this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Lists all runs of all instances, oldest first.
    pub fn list(&self) -> Result<Vec<InstanceSummary>, StoreError> {
        let mut all: Vec<_> = self.store.page(None, usize::MAX)?;
        all.reverse();
        Ok(all.into_iter().map(|(_, summary)| summary).collect())
    }

    /// Returns at most `most` runs that match a search, newest first, starting with the newest or
    /// at the token of the previous page. Instances that are started or purged between two pages do
    /// not move others to another page.
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
        from: Option<PageToken>,
        most: usize,
    ) -> Result<Page, StoreError> {
        if most == 0 {
            let next = from.unwrap_or(PageToken(InstanceKey(u64::MAX)));
            return Ok(Page {
                instances: Vec::new(),
                next: Some(next),
            });
        }
        let before = from.map(|PageToken(key)| key);
        // One more result tells whether there is another page.
        let mut found = self.store.search(search, before, most.saturating_add(1))?;
        let next = match found.len() > most {
            true => found.get(most - 1).map(|(key, _)| PageToken(*key)),
            false => None,
        };
        found.truncate(most);
        let instances = found.into_iter().map(|(_, summary)| summary).collect();
        Ok(Page { instances, next })
    }

    /// Lists the open instances, oldest first.
    pub fn open_instances(&self) -> Result<Vec<InstanceSummary>, StoreError> {
        let open = self.store.open_instances()?;
        Ok(open.into_iter().map(|(_, summary)| summary).collect())
    }

    /// The summary of the latest run of an instance.
    pub fn summary(&self, id: &InstanceId) -> Result<InstanceSummary, EngineError> {
        let found = self.store.summary(self.key(id)?)?;
        found.ok_or_else(|| EngineError::UnknownInstance(id.clone()))
    }

    /// The history of the latest run of an instance.
    pub fn history(&self, id: &InstanceId) -> Result<Vec<Event>, EngineError> {
        self.history_from(id, EventId::default())
    }

    /// The history of the latest run from an event on.
    pub fn history_from(&self, id: &InstanceId, from: EventId) -> Result<Vec<Event>, EngineError> {
        Ok(self.store.history(self.key(id)?, from)?)
    }

    /// At most `most` events of the history of the latest run, starting with `from`. The next page
    /// starts after the last event; a page with fewer events is the last one.
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

    /// As [`history_page`](Self::history_page), of a given run: 1, 2, ...
    pub fn history_of_run(
        &self,
        id: &InstanceId,
        run: u32,
        from: EventId,
        most: usize,
    ) -> Result<Vec<Event>, EngineError> {
        let key = self.key_of_run(id, run)?;
        Ok(self.store.history_page(key, from, most)?)
    }

    /// The latest runs are asked for most: an instance that continues as new has thousands before them.
    fn key_of_run(&self, id: &InstanceId, run: u32) -> Result<InstanceKey, EngineError> {
        for key in self.store.runs(id)?.into_iter().rev() {
            let summary = self.store.summary(key)?;
            if summary.is_some_and(|summary| summary.run == run) {
                return Ok(key);
            }
        }
        Err(EngineError::UnknownInstance(id.clone()))
    }

    /// The summaries of all runs of an instance, oldest first.
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

    /// Verifies the whole store and reports all damage.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        self.store.verify()
    }

    /// Exports the history of the latest run.
    pub fn export(&self, id: &InstanceId) -> Result<History, EngineError> {
        Ok(History {
            instance: id.clone(),
            events: self.history(id)?,
        })
    }

    /// All runs of an instance with their histories, oldest first.
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

    /// What is known of an instance as a fork and as a source: its own runs that are forks, and the forks of
    /// its runs. Only its first run and the `latest` last ones are looked at.
    pub fn forks(
        &self,
        id: &InstanceId,
        latest: usize,
    ) -> Result<Vec<InstanceSummary>, EngineError> {
        let mut runs = self.store.runs(id)?;
        let rest = runs.split_off(runs.len().min(1));
        let skipped = rest.len().saturating_sub(latest);
        runs.extend(rest.into_iter().skip(skipped));
        let mut found = Vec::new();
        for run in runs {
            found.extend(self.store.summary(run)?);
            for related in self.store.relations(run)? {
                found.extend(self.store.summary(related)?);
            }
        }
        found.retain(|instance| instance.fork.is_some());
        Ok(found)
    }

    fn key(&self, id: &InstanceId) -> Result<InstanceKey, EngineError> {
        let found = self.store.find(id)?;
        found.ok_or_else(|| EngineError::UnknownInstance(id.clone()))
    }
}
