//! Searches with the index tables.
//!
//! Each indexed condition yields keys in order. Their intersection is found by asking each in turn
//! for its greatest key that does not exceed the current one, so the most selective condition
//! determines the cost.

use redb::{ReadOnlyTable, ReadTransaction};

use super::{
    instance::{Instances, known, summary_of},
    read,
    statuses::status_number,
    tables::*,
    times,
};
use crate::engine::{
    InstanceKey, InstanceSummary, Runs, Search, Status, Timestamp, store::Purgeable,
};

/// The maximum number of keys that are read and sorted for a condition whose index has another
/// order. If more match, the condition is checked on each summary instead.
const MAX_SORTED: usize = 20_000;

/// The keys that meet a condition, in order.
enum Keys<'a> {
    Statuses(ReadOnlyTable<(u8, u64), ()>, Vec<u8>),
    Workflow(ReadOnlyTable<(&'static str, u64), ()>, String),
    Tag(
        ReadOnlyTable<(&'static str, &'static str, u64), ()>,
        String,
        String,
    ),
    Sorted(Vec<u64>),
    Times(ReadOnlyTable<u64, &'static [u8]>, &'a Search),
    All(ReadOnlyTable<u64, &'static [u8]>),
}

impl Keys<'_> {
    /// The greatest key that does not exceed `key`.
    fn at_most(&self, key: u64) -> Result<Option<u64>, redb::Error> {
        match self {
            Self::Statuses(table, statuses) => {
                let mut greatest = None;
                for status in statuses {
                    let last = table.range((*status, 0)..=(*status, key))?.next_back();
                    let last = last.transpose()?.map(|(place, _)| place.value().1);
                    greatest = greatest.max(last);
                }
                Ok(greatest)
            }
            Self::Workflow(table, name) => {
                let name = name.as_str();
                let last = table.range((name, 0)..=(name, key))?.next_back();
                Ok(last.transpose()?.map(|(place, _)| place.value().1))
            }
            Self::Tag(table, name, value) => {
                let (name, value) = (name.as_str(), value.as_str());
                let last = table
                    .range((name, value, 0)..=(name, value, key))?
                    .next_back();
                Ok(last.transpose()?.map(|(place, _)| place.value().2))
            }
            Self::Sorted(keys) => {
                let above = keys.partition_point(|one| *one <= key);
                Ok(above.checked_sub(1).map(|place| keys[place]))
            }
            Self::Times(table, search) => times::at_most(table, search, key),
            Self::All(table) => {
                let last = table.range(..=key)?.next_back().transpose()?;
                Ok(last.map(|(key, _)| key.value()))
            }
        }
    }
}

/// The indexed conditions of a search.
fn conditions<'a>(
    read: &ReadTransaction,
    search: &'a Search,
) -> Result<Vec<Keys<'a>>, redb::Error> {
    let mut conditions = Vec::new();
    for (name, value) in &search.tags {
        conditions.push(Keys::Tag(
            read.open_table(TAGS)?,
            name.clone(),
            value.clone(),
        ));
    }
    if let Some(prefix) = &search.id_prefix {
        conditions.extend(with_prefix(read, prefix)?.map(Keys::Sorted));
    }
    if search.closed_since.is_some() || search.closed_before.is_some() {
        let since = search.closed_since.unwrap_or_default();
        let before = search.closed_before;
        conditions.extend(closed_between(read, since, before)?.map(Keys::Sorted));
    }
    if search.status.is_some() || !search.statuses.is_empty() {
        let wanted = Status::ALL
            .into_iter()
            .filter(|s| search.matches_status(*s));
        let wanted = wanted.map(status_number).collect();
        conditions.push(Keys::Statuses(read.open_table(STATUSES)?, wanted));
    }
    if let Some(workflow) = &search.workflow {
        conditions.push(Keys::Workflow(
            read.open_table(WORKFLOWS)?,
            workflow.clone(),
        ));
    }
    if conditions.is_empty() {
        conditions.push(Keys::All(read.open_table(INSTANCES)?));
    }
    let bounds = [
        search.since,
        search.before,
        search.closed_since,
        search.closed_before,
    ];
    if bounds.iter().any(Option::is_some)
        && let Some(table) = times::table(read)?
    {
        conditions.push(Keys::Times(table, search));
    }
    Ok(conditions)
}

/// The keys of all runs whose ids have a prefix, if they are not too many.
fn with_prefix(read: &ReadTransaction, prefix: &str) -> Result<Option<Vec<u64>>, redb::Error> {
    let mut keys = Vec::new();
    for entry in read.open_table(RUNS)?.range((prefix, 0)..)? {
        let (place, _) = entry?;
        let (id, key) = place.value();
        if !id.starts_with(prefix) {
            break;
        }
        if keys.len() == MAX_SORTED {
            return Ok(None);
        }
        keys.push(key);
    }
    keys.sort_unstable();
    Ok(Some(keys))
}

/// The keys of runs that closed in a range, if they are not too many.
fn closed_between(
    read: &ReadTransaction,
    since: Timestamp,
    before: Option<Timestamp>,
) -> Result<Option<Vec<u64>>, redb::Error> {
    let mut keys = Vec::new();
    for entry in read.open_table(CLOSED)?.range((since.0, 0)..)? {
        let (at, key) = entry?.0.value();
        if before.is_some_and(|before| at >= before.0) {
            break;
        }
        if keys.len() == MAX_SORTED {
            return Ok(None);
        }
        keys.push(key);
    }
    keys.sort_unstable();
    Ok(Some(keys))
}

/// At most `most` runs that match a search, before a key, newest first.
pub(super) fn search(
    read: &ReadTransaction,
    search: &Search,
    before: Option<InstanceKey>,
    most: usize,
) -> Result<Vec<(InstanceKey, InstanceSummary)>, redb::Error> {
    let conditions = conditions(read, search)?;
    let instances = read.open_table(INSTANCES)?;
    let events = read.open_table(EVENTS)?;
    let ids = read.open_table(IDS)?;
    let mut found = Vec::new();
    let mut next = match before {
        None => Some(u64::MAX),
        Some(InstanceKey(key)) => key.checked_sub(1),
    };
    while let Some(from) = next
        && found.len() < most
    {
        let Some(key) = common(&conditions, from)? else {
            break;
        };
        next = key.checked_sub(1);
        if matches!(conditions[0], Keys::All(_))
            && known(&instances, key)?.is_some_and(|known| known.summary.is_empty())
        {
            continue;
        }
        let summary = summary_of(&instances, &events, key)?;
        let is_wanted = match search.runs {
            Runs::All => true,
            Runs::Latest => read::latest(&ids, summary.id.as_str())? == Some(key),
        };
        if is_wanted && search.matches(&summary) {
            found.push((InstanceKey(key), summary));
        }
    }
    Ok(found)
}

/// The greatest key that does not exceed `from` and meets all conditions.
fn common(conditions: &[Keys<'_>], from: u64) -> Result<Option<u64>, redb::Error> {
    let mut key = from;
    let mut agreed = 0;
    for condition in conditions.iter().cycle() {
        let Some(lower) = condition.at_most(key)? else {
            return Ok(None);
        };
        agreed = if lower == key { agreed + 1 } else { 1 };
        key = lower;
        if agreed == conditions.len() {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// At most `most` runs that closed before a time, with this status if given, in the order of
/// closing. Runs with unreadable summaries are skipped.
pub(super) fn closed_before(
    read: &ReadTransaction,
    before: Timestamp,
    status: Option<Status>,
    after: Option<Purgeable>,
    most: usize,
) -> Result<Vec<Purgeable>, redb::Error> {
    let closed = read.open_table(CLOSED)?;
    let instances = read.open_table(INSTANCES)?;
    let from = after.map_or((0, 0), |after| (after.closed_at.0, after.key.0));
    let mut found = Vec::new();
    for entry in closed.range(from..(before.0, 0))? {
        if found.len() == most {
            break;
        }
        let (at, key) = entry?.0.value();
        let one = Purgeable {
            key: InstanceKey(key),
            closed_at: Timestamp(at),
        };
        if after != Some(one) && ended_so(&instances, one, status) {
            found.push(one);
        }
    }
    Ok(found)
}

/// Whether the summary confirms the time of closing and the status.
fn ended_so(instances: &impl Instances, one: Purgeable, status: Option<Status>) -> bool {
    let summary =
        known(instances, one.key.0).and_then(|known| known.unwrap_or_default().summary(one.key.0));
    matches!(summary, Ok(Some(summary)) if summary.closed_at == Some(one.closed_at)
        && status.is_none_or(|status| status == summary.status))
}

/// At most `most` closed runs with one of these statuses (empty: any), oldest first. Runs with
/// unreadable summaries are skipped.
pub(super) fn oldest(
    read: &ReadTransaction,
    statuses: &[Status],
    after: Option<Purgeable>,
    most: usize,
) -> Result<Vec<Purgeable>, redb::Error> {
    let index = read.open_table(STATUSES)?;
    let instances = read.open_table(INSTANCES)?;
    let closed = Status::ALL.into_iter().filter(|status| status.is_closed());
    let wanted = closed.filter(|status| statuses.is_empty() || statuses.contains(status));
    let wanted: Vec<_> = wanted.collect();
    let mut found = Vec::new();
    let mut next = Some(after.map_or(0, |after| after.key.0.saturating_add(1)));
    while let Some(from) = next
        && found.len() < most
    {
        let mut candidates = Vec::new();
        for status in &wanted {
            let number = status_number(*status);
            for entry in index.range((number, from)..=(number, u64::MAX))?.take(most) {
                candidates.push((entry?.0.value().1, *status));
            }
        }
        candidates.sort_unstable_by_key(|(key, _)| *key);
        candidates.truncate(most);
        next = candidates.last().and_then(|(last, _)| last.checked_add(1));
        candidates.retain(|(key, status)| has_status(&instances, *key, *status));
        found.extend(candidates);
    }
    let keys = found.into_iter().take(most).map(|(key, _)| key);
    Ok(keys
        .map(|key| Purgeable::in_order(InstanceKey(key)))
        .collect())
}

/// Whether the summary confirms the status.
fn has_status(instances: &impl Instances, key: u64, status: Status) -> bool {
    let summary = known(instances, key).and_then(|known| known.unwrap_or_default().summary(key));
    matches!(summary, Ok(Some(summary)) if summary.status == status)
}
