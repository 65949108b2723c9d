//! What can be read in one transaction.

use redb::{ReadTransaction, ReadableTable};

use super::tables::*;
use crate::engine::{
    Event, EventId, InstanceKey, InstanceSummary, ScheduleName,
    store::{
        CleanClose, Opening, PostId,
        row::{self, BadRow},
    },
};

/// What an engine has to know before it begins.
pub(super) fn opening(read: &ReadTransaction) -> Result<Opening, redb::Error> {
    let instances = read.open_table(INSTANCES)?;
    let last = instances.last()?.map(|(key, _)| key.value());
    let clean = read.open_table(META)?.get(META_CLEAN)?;
    let mut schedules = Vec::new();
    for entry in read.open_table(SCHEDULES)?.iter()? {
        let (name, schedule) = entry?;
        let name: ScheduleName = unpack(name.value(), || "the name of a schedule".into())?;
        let schedule = unpack(schedule.value(), || format!("the schedule {name:?}"))?;
        schedules.push((name, schedule));
    }
    schedules.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut posted = Vec::new();
    for entry in read.open_table(POSTS)?.iter()? {
        let (id, post) = entry?;
        let id = id.value();
        let post = unpack(post.value(), || format!("post number {id}"))?;
        posted.push((PostId(id), post));
    }
    Ok(Opening {
        next_key: InstanceKey(last.map_or(1, |key| key.saturating_add(1))),
        closed: match clean.map(|clean| clean.value()) {
            Some(1) => CleanClose::Yes,
            Some(2) => CleanClose::Stopped,
            _ => CleanClose::No,
        },
        schedules,
        posted,
    })
}

/// The keys of all runs of an id.
pub(super) fn runs(read: &ReadTransaction, id: &str) -> Result<Vec<InstanceKey>, redb::Error> {
    let runs = read.open_table(RUNS)?;
    let runs = runs.range((id, 0)..=(id, u64::MAX))?;
    runs.map(|run| Ok(InstanceKey(run?.0.value().1))).collect()
}

/// At most `most` instances before a key, the newest first.
pub(super) fn page(
    read: &ReadTransaction,
    before: Option<InstanceKey>,
    most: usize,
) -> Result<Vec<(InstanceKey, InstanceSummary)>, redb::Error> {
    let instances = read.open_table(INSTANCES)?;
    let older = match before {
        Some(before) => instances.range(..before.0)?,
        None => instances.range::<u64>(..)?,
    };
    let newest = older.rev().take(most);
    newest
        .map(|entry| {
            let (key, bytes) = entry?;
            let key = key.value();
            Ok((InstanceKey(key), unpack_summary(key, bytes.value())?))
        })
        .collect()
}

/// The keys of the instances that have not ended.
pub(super) fn open_keys(read: &ReadTransaction) -> Result<Vec<InstanceKey>, redb::Error> {
    let open = read.open_table(OPEN)?;
    let open = open.iter()?;
    open.map(|entry| Ok(InstanceKey(entry?.0.value())))
        .collect()
}

/// The summary of an instance that has one.
pub(super) fn summary_of(
    instances: &impl ReadableTable<u64, &'static [u8]>,
    key: InstanceKey,
) -> Result<InstanceSummary, redb::Error> {
    let missing = || format!("instance number {} is open and has no summary", key.0);
    summary(instances, key.0)?.ok_or_else(|| redb::Error::Corrupted(missing()))
}

/// The history of an instance from an event on.
pub(super) fn history(
    events: &impl ReadableTable<(u64, u64), &'static [u8]>,
    key: InstanceKey,
    from: EventId,
) -> Result<Vec<Event>, redb::Error> {
    let start = match from.0 {
        0 => 0,
        from => row_of(events, key, from)?,
    };
    let mut history: Vec<Event> = Vec::new();
    for entry in events.range((key.0, start)..=(key.0, u64::MAX))? {
        let (place, bytes) = entry?;
        let first = EventId(place.value().1);
        let damaged = |reason: &dyn std::fmt::Display| {
            let of = format!("the history of instance number {}", key.0);
            redb::Error::Corrupted(format!("{of}: {reason}"))
        };
        if history.is_empty() && first.0 != start {
            return Err(damaged(&BadRow::Gap(EventId(start), first)));
        }
        row::append(first, bytes.value(), &mut history).map_err(|bad| damaged(&bad))?;
    }
    // The first row may begin before what was asked for.
    let before = history.partition_point(|event| event.id < from);
    history.drain(..before);
    Ok(history)
}

/// The first event of the row in which an event is, or would be.
fn row_of(
    events: &impl ReadableTable<(u64, u64), &'static [u8]>,
    key: InstanceKey,
    event: u64,
) -> Result<u64, redb::Error> {
    let row = events.range((key.0, 0)..=(key.0, event))?.next_back();
    Ok(row.transpose()?.map_or(0, |(place, _)| place.value().1))
}

/// The children and forks of an instance.
pub(super) fn relations(
    read: &ReadTransaction,
    InstanceKey(key): InstanceKey,
) -> Result<Vec<InstanceKey>, redb::Error> {
    let relations = read.open_table(RELATIONS)?;
    let relations = relations.range((key, FORTH, 0)..=(key, FORTH, u64::MAX))?;
    relations
        .map(|entry| Ok(InstanceKey(entry?.0.value().2)))
        .collect()
}
