//! Purging closed instances, in slices that keep commits short.

use std::{
    collections::{BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use super::{
    purge_queue::{Cursor, Job},
    state::Worker,
};
use crate::engine::{
    EngineError, InstanceKey, Purge, Search, Status, Store, StoreError, Timestamp, reply::Reply,
};

/// How many instances a purge looks up at a time.
const PAGE: usize = 64;

/// The interval of retention checks.
const RETENTION: Duration = Duration::from_secs(60);

impl Worker {
    /// Starts a purge.
    pub(super) fn purge(&mut self, purge: Purge, reply: Option<Reply<u64>>) {
        let (found, next) = match &purge {
            Purge::Instance(id) => {
                if self.ids.contains_key(id) || self.quarantined.contains_key(id) {
                    let open = EngineError::StillOpen(id.clone());
                    return self.reject(reply, open);
                }
                match self.store.runs(id) {
                    Ok(runs) if runs.is_empty() => {
                        let unknown = EngineError::UnknownInstance(id.clone());
                        return self.reject(reply, unknown);
                    }
                    Ok(runs) => (runs.into(), Cursor::End),
                    Err(error) => return self.reject(reply, error.into()),
                }
            }
            Purge::ClosedBefore(..) | Purge::Search(_) | Purge::Oldest { .. } => {
                (VecDeque::new(), Cursor::First)
            }
        };
        self.purges.jobs.push_back(Job {
            purge,
            found,
            next,
            count: 0,
            reply,
        });
    }

    fn reject(&mut self, reply: Option<Reply<u64>>, error: EngineError) {
        if let Some(reply) = reply {
            self.answer(reply, Err(error));
        }
    }

    /// Adds the next slice to the batch.
    pub(super) fn purge_slice(&mut self) {
        self.check_retention();
        let Some(mut job) = self.purges.jobs.pop_front() else {
            return;
        };
        self.purges.started_at = Some(Instant::now());
        let slice = self.purges.slice;
        match self.next_slice(&mut job, slice) {
            Ok(selected) => {
                job.count += selected.len() as u64;
                self.batch.purged.extend(selected);
                if !job.found.is_empty() || job.next != Cursor::End {
                    self.purges.jobs.push_front(job);
                } else if let Some(reply) = job.reply {
                    self.answer(reply, Ok(job.count));
                }
            }
            Err(error) => self.reject(job.reply, error.into()),
        }
    }

    /// Starts a purge of instances beyond the retention time, at intervals.
    fn check_retention(&mut self) {
        if self.setup.retention.is_unlimited() {
            return;
        }
        let now = self.now();
        let checked = self.purges.retention_checked;
        let due = checked.is_none_or(|at| now.since(at) >= RETENTION);
        if due && self.purges.is_empty() {
            self.purges.retention_checked = Some(now);
            self.purge_excess(now);
        }
    }

    /// When retention is checked next.
    pub(super) fn next_retention_check(&self) -> Option<tokio::time::Instant> {
        let checked = self.purges.retention_checked?;
        Some(self.clock.instant(checked + RETENTION))
    }

    fn purge_excess(&mut self, now: Timestamp) {
        let retention = self.setup.retention.clone();
        let statuses: Vec<_> = retention.closed_statuses().collect();
        if statuses.is_empty() {
            return;
        }
        if let Some(kept) = retention.closed_for {
            let kept = u64::try_from(kept.as_nanos()).unwrap_or(u64::MAX);
            let before = Timestamp(now.0.saturating_sub(kept));
            let search = Search {
                statuses: statuses.clone(),
                closed_before: Some(before),
                ..Search::default()
            };
            match retention.statuses.is_empty() {
                true => self.purge(Purge::ClosedBefore(before, None), None),
                false => self.purge(Purge::Search(search), None),
            }
        }
        if let Some(kept) = retention.closed_count {
            self.purge(Purge::Oldest { kept, statuses }, None);
        }
    }

    fn next_slice(&self, job: &mut Job, slice: usize) -> Result<Vec<InstanceKey>, StoreError> {
        let slice = slice.min(self.excess(&job.purge)?);
        if slice == 0 {
            job.found.clear();
            job.next = Cursor::End;
        }
        while job.found.len() < slice && job.next != Cursor::End {
            let after = match job.next {
                Cursor::After(last) => Some(last),
                _ => None,
            };
            let page = self.store.purgeable(&job.purge, after, PAGE)?;
            job.next = match page.last() {
                Some(last) if page.len() == PAGE => Cursor::After(*last),
                _ => Cursor::End,
            };
            job.found.extend(page.iter().map(|found| found.key));
        }
        let count = job.found.len().min(slice);
        let mut selected = Vec::new();
        for key in job.found.drain(..count) {
            // A child may already have been purged with its parent.
            if self.store.summary(key)?.is_some() {
                selected.push(key);
            }
        }
        self.with_children(&mut selected)?;
        Ok(selected)
    }

    /// How many runs a purge may remove now. Earlier slices and purges are committed.
    fn excess(&self, purge: &Purge) -> Result<usize, StoreError> {
        let Purge::Oldest { kept, statuses } = purge else {
            return Ok(usize::MAX);
        };
        let closed = match statuses.is_empty() {
            true => self.store.count(&closed_statuses())?,
            false => self.store.count(statuses)?,
        };
        Ok(usize::try_from(closed.saturating_sub(*kept)).unwrap_or(usize::MAX))
    }

    /// Adds closed descendants. Forks are kept.
    fn with_children(&self, selected: &mut Vec<InstanceKey>) -> Result<(), StoreError> {
        selected.retain(|key| !self.instances.contains_key(key));
        let mut known: BTreeSet<_> = selected.iter().copied().collect();
        known.extend(self.batch.purged.iter().copied());
        let mut place = 0;
        while let Some(key) = selected.get(place).copied() {
            place += 1;
            for relation in self.store.relations(key)? {
                if !self.instances.contains_key(&relation)
                    && is_closed_child(&*self.store, relation)?
                    && known.insert(relation)
                {
                    selected.push(relation);
                }
            }
        }
        Ok(())
    }
}

fn closed_statuses() -> Vec<Status> {
    let all = Status::ALL.into_iter();
    all.filter(|status| status.is_closed()).collect()
}

fn is_closed_child(store: &dyn Store, key: InstanceKey) -> Result<bool, StoreError> {
    let summary = store.summary(key)?;
    Ok(summary.is_some_and(|summary| summary.parent.is_some() && summary.status.is_closed()))
}
