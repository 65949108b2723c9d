//! Read transactions. Everything that is read is checked.

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata};

use super::{
    counts,
    errors::failed,
    index,
    instance::{Events, Instances, Known, checked, damaged_history, known, row_before},
    tables::*,
};
use crate::engine::{
    Event, EventId, HistoryHead, InstanceKey, InstanceSummary, ScheduleName, StoreError,
    catch_panic::caught,
    store::{
        CleanClose, Opening, OutboxId,
        row::{self, BadRow},
        seal::unseal,
    },
};

/// Reads what an engine needs when it starts.
pub(super) fn opening(read: &ReadTransaction) -> Result<Opening, redb::Error> {
    let mut damaged = Vec::new();
    let next_key = next_key(read, &mut damaged)?;
    let schedules = schedules(read, &mut damaged)?;
    let outbox = outbox(read, &mut damaged)?;
    let closed = closed(read).unwrap_or_else(|error| {
        damaged.push(failed("read how it was left", error));
        CleanClose::No
    });
    Ok(Opening {
        next_key,
        closed,
        schedules,
        outbox,
        damaged,
    })
}

/// The key of the next run. The last run has the last history, unless it has none: comparing both
/// tables prevents reuse of a key if one of them is damaged.
fn next_key(
    read: &ReadTransaction,
    damaged: &mut Vec<StoreError>,
) -> Result<InstanceKey, redb::Error> {
    let (instances, events) = (read.open_table(INSTANCES)?, read.open_table(EVENTS)?);
    let mut last = None;
    let mut has_history = false;
    if let Some((key, value)) = instances.last()? {
        let key = key.value();
        last = Some(key);
        let known = Known::from_value(key, value.value());
        has_history = known.map_or(true, |known| known.head.events > 0);
    }
    let last_event = events.last()?.map(|(place, _)| place.value().0);
    if last < last_event || last > last_event && has_history {
        let error = self::damaged("the last instance", "it does not have the last history");
        damaged.push(failed("read its last instance", error));
    }
    let last = last.max(last_event);
    Ok(InstanceKey(last.map_or(1, |key| key.saturating_add(1))))
}

/// How the previous engine left the store.
pub(super) fn closed(read: &ReadTransaction) -> Result<CleanClose, redb::Error> {
    let what = "how the store was left";
    let state = read.open_table(STATE)?;
    let Some(value) = state.get(STATE_CLEAN)? else {
        return Err(self::damaged(what, "it is missing"));
    };
    match unseal(of_state(STATE_CLEAN), value.value()) {
        Ok([1]) => Ok(CleanClose::Yes),
        Ok([2]) => Ok(CleanClose::Stopped),
        Ok(_) => Ok(CleanClose::No),
        Err(bad) => Err(self::damaged(what, bad)),
    }
}

/// Reports damage if fewer entries than the table has could be read.
fn check_count<T: ReadableTableMetadata>(
    table: &T,
    found: u64,
    what: &str,
    damaged: &mut Vec<StoreError>,
) -> Result<(), redb::Error> {
    let count = table.len()?;
    if count != found {
        let error = self::damaged(what, format!("{found} of {count} were found"));
        damaged.push(failed("read all of them", error));
    }
    Ok(())
}

/// The number of bytes of events purged since the last compaction.
pub(super) fn purged(
    state: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<u64, redb::Error> {
    let value = state.get(STATE_PURGED)?;
    let place = of_state(STATE_PURGED);
    // An unreadable value counts as zero: it is only used to decide about compaction.
    let purged = value.and_then(|value| unpack_number(place, value.value(), "").ok());
    Ok(purged.unwrap_or(0))
}

fn schedules(
    read: &ReadTransaction,
    damaged: &mut Vec<StoreError>,
) -> Result<Vec<(ScheduleName, crate::engine::Schedule)>, redb::Error> {
    let mut schedules = Vec::new();
    let table = read.open_table(SCHEDULES)?;
    let mut found = 0;
    for entry in table.iter()? {
        found += 1;
        let (name, value) = entry?;
        let name = name.value();
        let what = format!("the schedule {name:?}");
        let schedule = unpack(of_schedule(name), value.value(), &what);
        let known = ScheduleName::new(name).map_err(|bad| self::damaged(&what, bad));
        match known.and_then(|name| Ok((name, schedule?))) {
            Ok(schedule) => schedules.push(schedule),
            Err(error) => damaged.push(failed("read a schedule", error)),
        }
    }
    check_count(&table, found, "the schedules", damaged)?;
    schedules.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(schedules)
}

fn outbox(
    read: &ReadTransaction,
    damaged: &mut Vec<StoreError>,
) -> Result<Vec<(OutboxId, crate::engine::Payload)>, redb::Error> {
    let mut outbox = Vec::new();
    let table = read.open_table(OUTBOX)?;
    let mut found = 0;
    for entry in table.iter()? {
        found += 1;
        let (id, value) = entry?;
        let id = id.value();
        match unpack(of_outbox(id), value.value(), format!("outbox entry {id}")) {
            Ok(message) => outbox.push((OutboxId(id), message)),
            Err(error) => damaged.push(failed("read an outbox entry", error)),
        }
    }
    check_count(&table, found, "the outbox", damaged)?;
    Ok(outbox)
}

/// The key of the latest run, from the table of ids.
pub(super) fn latest(
    ids: &impl ReadableTable<&'static str, &'static [u8]>,
    id: &str,
) -> Result<Option<u64>, redb::Error> {
    let value = ids.get(id)?;
    let what = format!("the instance id {id:?}");
    value
        .map(|value| unpack_number(of_id(id), value.value(), what))
        .transpose()
}

/// The key of the latest run; must match the table of runs.
pub(super) fn find(read: &ReadTransaction, id: &str) -> Result<Option<InstanceKey>, redb::Error> {
    let runs = read.open_table(RUNS)?;
    let last = runs.range((id, 0)..=(id, u64::MAX))?.next_back();
    let last = last.transpose()?.map(|(place, _)| place.value().1);
    let latest = latest(&read.open_table(IDS)?, id)?;
    match last == latest {
        true => Ok(latest.map(InstanceKey)),
        false => Err(of_runs(id)),
    }
}

/// The keys of all runs of an id, oldest first.
pub(super) fn all_runs(read: &ReadTransaction, id: &str) -> Result<Vec<InstanceKey>, redb::Error> {
    let runs = runs(&read.open_table(RUNS)?, id)?;
    let latest = latest(&read.open_table(IDS)?, id)?;
    match runs.last().map(|key| key.0) == latest {
        true => Ok(runs),
        false => Err(of_runs(id)),
    }
}

fn of_runs(id: &str) -> redb::Error {
    let what = format!("the instance id {id:?}");
    damaged(what, "its latest run is not the last of its runs")
}

/// The keys of all runs, from the table of runs.
pub(super) fn runs(
    runs: &impl ReadableTable<(&'static str, u64), ()>,
    id: &str,
) -> Result<Vec<InstanceKey>, redb::Error> {
    let runs = runs.range((id, 0)..=(id, u64::MAX))?;
    runs.map(|run| Ok(InstanceKey(run?.0.value().1))).collect()
}

/// At most `most` runs before a key, newest first.
pub(super) fn page(
    read: &ReadTransaction,
    before: Option<InstanceKey>,
    most: usize,
) -> Result<Vec<(InstanceKey, InstanceSummary)>, redb::Error> {
    let instances = read.open_table(INSTANCES)?;
    let events = read.open_table(EVENTS)?;
    let older = match before {
        Some(before) => instances.range(..before.0)?,
        None => instances.range::<u64>(..)?,
    };
    let mut page = Vec::new();
    for entry in older.rev() {
        if page.len() == most {
            break;
        }
        let (key, value) = entry?;
        let key = key.value();
        let known = Known::from_value(key, value.value())?;
        if let Some(summary) = checked(&events, key, &known)? {
            page.push((InstanceKey(key), summary));
        }
    }
    Ok(page)
}

/// The keys of the open instances, oldest first. If the index of statuses cannot be read or its
/// size differs from the stored count, the summaries are read instead.
pub(super) fn open_keys(read: &ReadTransaction) -> Result<Vec<InstanceKey>, redb::Error> {
    let keys = caught("the database", || {
        index::open_keys(&read.open_table(STATUSES)?)
    });
    let is_whole = |keys: &Vec<u64>| match counts::stored_open(read) {
        Ok(Some(stored)) => stored == keys.len() as u64,
        // A store from before the count was stored.
        Ok(None) => closed(read).is_ok(),
        Err(_) => false,
    };
    let keys = match keys {
        Ok(Ok(keys)) if is_whole(&keys) => keys,
        _ => open_by_summaries(read)?,
    };
    Ok(keys.into_iter().map(InstanceKey).collect())
}

/// The keys of the open instances, from the summaries. An unreadable summary may belong to an open
/// instance.
fn open_by_summaries(read: &ReadTransaction) -> Result<Vec<u64>, redb::Error> {
    let instances = read.open_table(INSTANCES)?;
    let (mut keys, mut found) = (Vec::new(), 0);
    for entry in instances.iter()? {
        found += 1;
        let (key, value) = entry?;
        let key = key.value();
        let summary = Known::from_value(key, value.value()).and_then(|known| known.summary(key));
        match summary {
            Ok(Some(summary)) if summary.status.is_closed() => {}
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => keys.push(key),
        }
    }
    match instances.len()? {
        count if count == found => Ok(keys),
        count => {
            let reason = format!("{found} of {count} were found");
            Err(damaged("the instances", reason))
        }
    }
}

/// At most `most` events of a history, from an event on. `head` is the head of the history; `None`
/// if the run has no value.
pub(super) fn history(
    events: &impl Events,
    head: Option<HistoryHead>,
    key: InstanceKey,
    from: EventId,
    most: usize,
) -> Result<Vec<Event>, redb::Error> {
    let damaged = |bad: BadRow| damaged_history(key.0, bad);
    let known = head.unwrap_or_default();
    let last = super::instance::last_row(events, key.0).map_err(|bad| bad.of(key))?;
    super::instance::check_head(known, last).map_err(damaged)?;
    let mut at = start(events, key, from)?;
    // A damaged head must not cause a huge allocation.
    const MAX_RESERVED: u64 = 1 << 17;
    let expected = known.events.saturating_sub(at.events).min(MAX_RESERVED);
    let expected = usize::try_from(expected).unwrap_or(0).min(most);
    let mut history: Vec<Event> = Vec::with_capacity(expected);
    let wanted = from
        .0
        .saturating_add(u64::try_from(most).unwrap_or(u64::MAX));
    for entry in events.range((key.0, at.events)..=(key.0, u64::MAX))? {
        if at.events >= wanted {
            break;
        }
        let (place, row) = entry?;
        let first = EventId(place.value().1);
        at = row::append(key, at, first, row.value(), &mut history).map_err(damaged)?;
    }
    if at.events < wanted.min(known.events) || at.events == known.events && at != known {
        let found = at.events;
        let known = known.events;
        return Err(damaged(BadRow::End { found, known }));
    }
    // The first row may start before the range, the last one end after it.
    let before = history.partition_point(|event| event.id < from);
    history.drain(..before);
    history.truncate(most);
    Ok(history)
}

/// The head of the history before the row that contains an event.
fn start(
    events: &impl Events,
    key: InstanceKey,
    event: EventId,
) -> Result<HistoryHead, redb::Error> {
    let row = row_before(events, key.0, event.0).map_err(|bad| bad.of(key))?;
    let Some((EventId(first), _)) = row else {
        return Ok(HistoryHead::default());
    };
    let checksum = match first.checked_sub(1) {
        None => 0,
        Some(before) => {
            let before = row_before(events, key.0, before).map_err(|bad| bad.of(key))?;
            before.map_or(0, |(_, checksum)| checksum)
        }
    };
    Ok(HistoryHead {
        events: first,
        checksum,
    })
}

/// The summary of an open instance; it is checked against the history when that is read.
pub(super) fn summary_of_open(
    instances: &impl Instances,
    key: InstanceKey,
) -> Result<InstanceSummary, redb::Error> {
    let summary = known(instances, key.0)?.map(|known| known.summary(key.0));
    let missing = || {
        damaged(
            format!("instance number {}", key.0),
            "its summary is missing",
        )
    };
    summary.transpose()?.flatten().ok_or_else(missing)
}

/// The history of a run, by its key.
pub(super) fn history_of(
    read: &ReadTransaction,
    key: InstanceKey,
    from: EventId,
    most: usize,
) -> Result<Vec<Event>, redb::Error> {
    let head = head(&read.open_table(INSTANCES)?, key)?;
    history(&read.open_table(EVENTS)?, head, key, from, most)
}

/// The head of a history.
pub(super) fn head(
    instances: &impl Instances,
    key: InstanceKey,
) -> Result<Option<HistoryHead>, redb::Error> {
    Ok(known(instances, key.0)?.map(|known| known.head))
}

/// The children and forks of a run.
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
