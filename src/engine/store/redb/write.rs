//! Writes a batch in one transaction. Each part opens only the tables that it changes: a batch of
//! events changes two. Writing is idempotent.

use std::collections::BTreeMap;

use redb::{Database, Durability, Table, WriteTransaction};

use super::{
    index::Changes,
    instance::{Known, damaged_history, known},
    purge::purge,
    read,
    tables::*,
    times::{self, IsNew},
};
use crate::engine::{
    Event, EventId, HistoryHead, InstanceId, InstanceKey, InstanceSummary, Payload, Schedule,
    ScheduleName,
    store::{Batch, CleanClose, OutboxId, row, seal::seal},
};

/// Commits a batch.
pub(super) fn write(database: &Database, batch: &Batch) -> Result<(), redb::Error> {
    let mut write = database.begin_write()?;
    write.set_durability(Durability::Immediate)?;
    // A properly closed store should open quickly even if its file was not closed.
    write.set_quick_repair(matches!(
        batch.clean,
        Some(CleanClose::Yes | CleanClose::Stopped)
    ));
    write_batch(&write, batch)?;
    Ok(write.commit()?)
}

/// Writes a batch as part of a transaction.
pub(super) fn write_batch(write: &WriteTransaction, batch: &Batch) -> Result<(), redb::Error> {
    write_instances(write, &batch.histories, &batch.summaries)?;
    write_relations(write, &batch.relations)?;
    write_schedules(write, &batch.schedules)?;
    write_outbox(write, &batch.outbox_added, &batch.outbox_removed)?;
    purge(write, &batch.purged)?;
    if let Some(clean) = batch.clean {
        write_clean(write, clean)?;
    }
    Ok(())
}

/// Creates the tables, so that readers always find them.
pub(super) fn make_tables(write: &WriteTransaction) -> Result<(), redb::Error> {
    write.open_table(STATE)?;
    write.open_table(INSTANCES)?;
    write.open_table(EVENTS)?;
    write.open_table(IDS)?;
    write.open_table(RUNS)?;
    write.open_table(STATUSES)?;
    write.open_table(WORKFLOWS)?;
    write.open_table(TAGS)?;
    write.open_table(CLOSED)?;
    write.open_table(TIMES)?;
    write.open_table(RELATIONS)?;
    write.open_table(SCHEDULES)?;
    write.open_table(OUTBOX)?;
    Ok(())
}

/// Writes how the engine leaves the store.
pub(super) fn write_clean(write: &WriteTransaction, clean: CleanClose) -> Result<(), redb::Error> {
    let how = match clean {
        CleanClose::No => 0,
        CleanClose::Yes => 1,
        CleanClose::Stopped => 2,
    };
    let clean = seal(of_state(STATE_CLEAN), &[how]);
    let mut state = write.open_table(STATE)?;
    state.insert(STATE_CLEAN, clean.as_slice())?;
    Ok(())
}

/// The changes of one run in a batch.
#[derive(Default)]
struct Change<'a> {
    events: &'a [Event],
    summary: Option<&'a InstanceSummary>,
}

fn write_instances(
    write: &WriteTransaction,
    histories: &[(InstanceKey, Vec<Event>)],
    summaries: &[(InstanceKey, InstanceSummary)],
) -> Result<(), redb::Error> {
    let mut changes: BTreeMap<u64, Change<'_>> = BTreeMap::new();
    for (key, summary) in summaries {
        changes.entry(key.0).or_default().summary = Some(summary);
    }
    for (key, events) in histories.iter().filter(|(_, events)| !events.is_empty()) {
        changes.entry(key.0).or_default().events = events;
    }
    if changes.is_empty() {
        return Ok(());
    }
    let mut instances = write.open_table(INSTANCES)?;
    let mut events = match histories.is_empty() {
        true => None,
        false => Some(write.open_table(EVENTS)?),
    };
    let mut indexes = Changes::default();
    let mut times = times::Changes::default();
    let mut new = Vec::new();
    for (key, change) in changes {
        let before = known(&instances, key)?.unwrap_or_default();
        let mut after = Known {
            head: before.head,
            summary: Vec::new(),
        };
        if let Some(table) = events.as_mut().filter(|_| !change.events.is_empty()) {
            after.head = write_events(table, InstanceKey(key), before.head, change.events)?;
        }
        match change.summary {
            Some(summary) => {
                let old = before.summary(key)?;
                indexes.change(key, old.as_ref(), Some(summary));
                match &old {
                    None => {
                        new.push((key, &summary.id));
                        times.add(key, summary, IsNew::Yes);
                    }
                    Some(old) if has_times_of(old, summary) => {}
                    Some(_) => times.add(key, summary, IsNew::No),
                }
                after.summary = encode(summary)?;
            }
            None => after.summary = before.summary,
        }
        instances.insert(key, after.to_value(key).as_slice())?;
    }
    times.write(write, &instances)?;
    write_ids(write, &new)?;
    indexes.write(write)
}

fn has_times_of(one: &InstanceSummary, other: &InstanceSummary) -> bool {
    one.started_at == other.started_at && one.closed_at == other.closed_at
}

/// Appends events to a history with this head; returns its new head. Events that exist already,
/// because the batch is written again, are not changed.
fn write_events(
    table: &mut Table<'_, (u64, u64), &'static [u8]>,
    key: InstanceKey,
    head: HistoryHead,
    events: &[Event],
) -> Result<HistoryHead, redb::Error> {
    let written = events.partition_point(|event| event.id.0 < head.events);
    let (again, fresh) = events.split_at(written);
    if let Some(first) = again.first() {
        let there = read::history(table, Some(head), key, first.id, again.len())?;
        if there != again {
            let reason = format!("event {} already exists with different content", first.id);
            return Err(damaged_history(key.0, reason));
        }
    }
    for (place, event) in fresh.iter().enumerate() {
        let next = EventId(head.events + place as u64);
        if event.id != next {
            let reason = format!(
                "event {} was to be written where event {next} was expected",
                event.id
            );
            return Err(damaged_history(key.0, reason));
        }
    }
    let (rows, head) = row::pack(key, head, fresh).map_err(std::io::Error::other)?;
    for row in rows {
        table.insert((key.0, row.first.0), row.bytes.as_slice())?;
    }
    Ok(head)
}

fn write_ids(write: &WriteTransaction, new: &[(u64, &InstanceId)]) -> Result<(), redb::Error> {
    if new.is_empty() {
        return Ok(());
    }
    let mut ids = write.open_table(IDS)?;
    let mut runs = write.open_table(RUNS)?;
    for (key, id) in new {
        let id = id.as_str();
        runs.insert((id, *key), ())?;
        if read::latest(&ids, id)?.is_none_or(|latest| latest < *key) {
            ids.insert(id, seal(of_id(id), &key.to_le_bytes()).as_slice())?;
        }
    }
    Ok(())
}

fn write_relations(
    write: &WriteTransaction,
    relations: &[(InstanceKey, InstanceKey)],
) -> Result<(), redb::Error> {
    if relations.is_empty() {
        return Ok(());
    }
    let mut table = write.open_table(RELATIONS)?;
    for (from, to) in relations {
        table.insert((from.0, FORTH, to.0), ())?;
        table.insert((to.0, BACK, from.0), ())?;
    }
    Ok(())
}

fn write_schedules(
    write: &WriteTransaction,
    schedules: &[(ScheduleName, Option<Schedule>)],
) -> Result<(), redb::Error> {
    if schedules.is_empty() {
        return Ok(());
    }
    let mut table = write.open_table(SCHEDULES)?;
    for (name, schedule) in schedules {
        let name = name.as_str();
        match schedule {
            Some(schedule) => {
                table.insert(name, pack(of_schedule(name), schedule)?.as_slice())?;
            }
            None => {
                table.remove(name)?;
            }
        }
    }
    Ok(())
}

fn write_outbox(
    write: &WriteTransaction,
    added: &[(OutboxId, Payload)],
    removed: &[OutboxId],
) -> Result<(), redb::Error> {
    if added.is_empty() && removed.is_empty() {
        return Ok(());
    }
    let mut table = write.open_table(OUTBOX)?;
    for (id, message) in added {
        table.insert(id.0, pack(of_outbox(id.0), message)?.as_slice())?;
    }
    for id in removed {
        table.remove(id.0)?;
    }
    Ok(())
}
