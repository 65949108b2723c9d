//! Default implementations that scan all runs of a store.

use super::{Damage, InstanceKey, Purgeable, Store, Verified};
use crate::engine::{EventId, InstanceSummary, Purge, Runs, Search, Status, StoreError, Timestamp};

/// The number of runs read at a time.
const PAGE: usize = 256;

/// See [`Store::search`].
pub(super) fn search<S: Store + ?Sized>(
    store: &S,
    search: &Search,
    before: Option<InstanceKey>,
    most: usize,
) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
    let mut found = Vec::new();
    let mut before = before;
    while found.len() < most {
        let page = store.page(before, PAGE)?;
        let is_last = page.len() < PAGE;
        for (key, summary) in page {
            before = Some(key);
            if found.len() < most
                && search.matches(&summary)
                && is_wanted(store, search.runs, key, &summary)?
            {
                found.push((key, summary));
            }
        }
        if is_last {
            break;
        }
    }
    Ok(found)
}

fn is_wanted<S: Store + ?Sized>(
    store: &S,
    runs: Runs,
    key: InstanceKey,
    summary: &InstanceSummary,
) -> Result<bool, StoreError> {
    match runs {
        Runs::All => Ok(true),
        Runs::Latest => Ok(store.find(&summary.id)? == Some(key)),
    }
}

/// See [`Store::purgeable`].
pub(super) fn purgeable<S: Store + ?Sized>(
    store: &S,
    purge: &Purge,
    after: Option<Purgeable>,
    most: usize,
) -> Result<Vec<Purgeable>, StoreError> {
    let is_next = |one: &Purgeable| after.is_none_or(|after| *one > after);
    let mut found = match purge {
        Purge::Instance(id) => {
            let mut runs = Vec::new();
            for key in store.runs(id)? {
                match store.summary(key) {
                    // A damaged run can be purged by its id.
                    Err(StoreError::Corrupt { .. }) => runs.push(Purgeable {
                        closed_at: Timestamp::default(),
                        key,
                    }),
                    summary => {
                        runs.extend(summary?.and_then(|summary| one(purge, key, &summary)));
                    }
                }
            }
            runs
        }
        Purge::ClosedBefore(..) => all(store, purge)?,
        Purge::Oldest { .. } => {
            let all = all(store, purge)?.into_iter();
            all.map(|one| Purgeable::in_order(one.key)).collect()
        }
        Purge::Search(search) => return by_search(store, purge, search, after, most),
    };
    found.retain(is_next);
    found.sort_unstable();
    found.truncate(most);
    Ok(found)
}

/// See [`Store::count`].
pub(super) fn count<S: Store + ?Sized>(store: &S, statuses: &[Status]) -> Result<u64, StoreError> {
    let search = Search {
        statuses: statuses.to_vec(),
        ..Search::default()
    };
    match statuses.is_empty() {
        true => Ok(0),
        false => Ok(self::search(store, &search, None, usize::MAX)?.len() as u64),
    }
}

/// The run, if the purge selects it.
fn one(purge: &Purge, key: InstanceKey, summary: &InstanceSummary) -> Option<Purgeable> {
    let closed_at = summary.closed_at.filter(|_| purge.selects(summary))?;
    Some(Purgeable { closed_at, key })
}

fn all<S: Store + ?Sized>(store: &S, purge: &Purge) -> Result<Vec<Purgeable>, StoreError> {
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = store.page(before, PAGE)?;
        let taken = page.iter().filter_map(|(key, s)| one(purge, *key, s));
        found.extend(taken);
        match page.last() {
            Some((key, _)) if page.len() == PAGE => before = Some(*key),
            _ => return Ok(found),
        }
    }
}

/// In search order: newest first.
fn by_search<S: Store + ?Sized>(
    store: &S,
    purge: &Purge,
    search: &Search,
    after: Option<Purgeable>,
    most: usize,
) -> Result<Vec<Purgeable>, StoreError> {
    let mut found = Vec::new();
    let mut before = after.map(|after| after.key);
    while found.len() < most {
        let page = store.search(search, before, PAGE)?;
        let taken = page.iter().filter_map(|(key, s)| one(purge, *key, s));
        found.extend(taken);
        match page.last() {
            Some((key, _)) if page.len() == PAGE => before = Some(*key),
            _ => break,
        }
    }
    found.truncate(most);
    Ok(found)
}

/// See [`Store::verify`].
pub(super) fn verify<S: Store + ?Sized>(store: &S) -> Result<Verified, StoreError> {
    let mut verified = Verified::default();
    let mut before = None;
    loop {
        let page = store.page(before, PAGE)?;
        for (key, summary) in &page {
            verified.instances += 1;
            match store.history(*key, EventId::default()) {
                Ok(history) => verified.events += history.len() as u64,
                Err(error) => verified.damage.push(Damage {
                    instance: Some(summary.id.clone()),
                    key: Some(*key),
                    event: None,
                    what: error.to_string(),
                }),
            }
        }
        match page.last() {
            Some((key, _)) if page.len() == PAGE => before = Some(*key),
            _ => break,
        }
    }
    let damaged = store.opening()?.damaged.into_iter();
    verified.damage.extend(damaged.map(|error| Damage {
        instance: None,
        key: None,
        event: None,
        what: error.to_string(),
    }));
    Ok(verified)
}
