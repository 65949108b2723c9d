//! Atomic migration of stores of format 2 to the current format.
//!
//! A file is migrated by writing a second file, see `rebuild`; other media are migrated in one
//! transaction. Unreadable values are carried over so that reading them remains an error.

use redb::{
    Database, Durability, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
    WriteTransaction,
};

use super::{
    instance::{Known, known},
    tables::*,
    write::{make_tables, write_batch, write_clean},
};
use crate::engine::{
    EventId, InstanceKey,
    store::{
        Batch, CleanClose, OutboxId, format2,
        seal::{Location, seal},
    },
};

/// The previous format, which can be migrated.
pub(super) const OLD_FORMAT: u32 = 2;

/// Tables of format 2 whose types have changed or that no longer exist.
mod old {
    use redb::TableDefinition;

    pub const IDS: TableDefinition<&str, u64> = TableDefinition::new("ids");
    pub const OPEN: TableDefinition<u64, ()> = TableDefinition::new("open");
    pub const SCHEDULES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("schedules");
    pub const CLEAN: &str = "clean";
}

/// The number of bytes of events in one batch.
const PART: usize = 4 << 20;

/// Migrates an old store to an empty database.
pub(super) fn copy_migrated(old: &Database, new: &Database) -> Result<(), redb::Error> {
    let mut write = new.begin_write()?;
    write.set_durability(Durability::Immediate)?;
    write.set_quick_repair(true);
    carry_over(&old.begin_read()?, &write)?;
    Ok(write.commit()?)
}

/// Migrates a database in place.
pub(super) fn in_place(database: &Database) -> Result<(), redb::Error> {
    let read = database.begin_read()?;
    let mut write = database.begin_write()?;
    write.set_durability(Durability::Immediate)?;
    write.delete_table(INSTANCES)?;
    write.delete_table(EVENTS)?;
    write.delete_table(old::IDS)?;
    write.delete_table(RUNS)?;
    write.delete_table(old::OPEN)?;
    write.delete_table(RELATIONS)?;
    write.delete_table(old::SCHEDULES)?;
    write.delete_table(OUTBOX)?;
    write.open_table(META)?.remove(old::CLEAN)?;
    carry_over(&read, &write)?;
    Ok(write.commit()?)
}

/// Migrates an old store to empty tables.
fn carry_over(old: &ReadTransaction, write: &WriteTransaction) -> Result<(), redb::Error> {
    make_tables(write)?;
    carry_instances(old, write)?;
    carry_relations(old, write)?;
    carry_schedules(old, write)?;
    carry_outbox(old, write)?;
    let clean = old.open_table(META)?.get(old::CLEAN)?;
    let clean = match clean.is_some_and(|clean| clean.value() == 1) {
        true => CleanClose::Yes,
        false => CleanClose::No,
    };
    write_clean(write, clean)?;
    write.open_table(META)?.insert(META_FORMAT, FORMAT)?;
    Ok(())
}

fn carry_instances(old: &ReadTransaction, write: &WriteTransaction) -> Result<(), redb::Error> {
    let mut batch = Batch::default();
    let mut bytes = 0;
    let mut unreadable = Vec::new();
    let mut cut = Vec::new();
    for entry in old.open_table(INSTANCES)?.iter()? {
        let (key, value) = entry?;
        let key = InstanceKey(key.value());
        match format2::summary(value.value()) {
            Ok(summary) => batch.summaries.push((key, summary)),
            Err(_) => unreadable.push((key.0, value.value().to_vec())),
        }
        let mut history = Vec::new();
        let events = old.open_table(EVENTS)?;
        for row in events.range((key.0, 0)..=(key.0, u64::MAX))? {
            let (place, row) = row?;
            bytes += row.value().len();
            let first = EventId(place.value().1);
            if format2::append(first, row.value(), &mut history).is_err() {
                cut.push(key.0);
                break;
            }
        }
        batch.histories.push((key, history));
        if bytes > PART {
            write_batch(write, &std::mem::take(&mut batch))?;
            bytes = 0;
        }
    }
    write_batch(write, &batch)?;
    keep_unreadable(old, write, &unreadable)?;
    keep_cut(write, &cut)
}

/// Keeps the ids of runs whose summaries cannot be read, with values that fail their checksum.
fn keep_unreadable(
    old: &ReadTransaction,
    write: &WriteTransaction,
    unreadable: &[(u64, Vec<u8>)],
) -> Result<(), redb::Error> {
    if unreadable.is_empty() {
        return Ok(());
    }
    let mut instances = write.open_table(INSTANCES)?;
    for (key, value) in unreadable {
        let value = seal(Location::new("what could not be read", &[]), value);
        instances.insert(key, value.as_slice())?;
    }
    let is_unreadable = |key: u64| unreadable.iter().any(|(of, _)| *of == key);
    let mut runs = write.open_table(RUNS)?;
    let mut ids = write.open_table(IDS)?;
    for entry in old.open_table(RUNS)?.iter()? {
        let (place, _) = entry?;
        let (id, key) = place.value();
        if is_unreadable(key) {
            runs.insert((id, key), ())?;
        }
    }
    for entry in old.open_table(old::IDS)?.iter()? {
        let (id, key) = entry?;
        let (id, key) = (id.value(), key.value());
        if is_unreadable(key) {
            ids.insert(id, seal(of_id(id), &key.to_le_bytes()).as_slice())?;
        }
    }
    let mut statuses = write.open_table(STATUSES)?;
    for entry in old.open_table(old::OPEN)?.iter()? {
        let key = entry?.0.value();
        if is_unreadable(key) {
            let running = super::statuses::status_number(crate::engine::Status::Running);
            statuses.insert((running, key), ())?;
        }
    }
    Ok(())
}

/// Makes histories that could be read only in part end before their expected head, which is an
/// error on reading.
fn keep_cut(write: &WriteTransaction, cut: &[u64]) -> Result<(), redb::Error> {
    if cut.is_empty() {
        return Ok(());
    }
    let mut instances = write.open_table(INSTANCES)?;
    for key in cut {
        let known = known(&instances, *key);
        if let Ok(Some(Known { mut head, summary })) = known {
            head.events += 1;
            head.checksum = !head.checksum;
            let known = Known { head, summary };
            instances.insert(key, known.to_value(*key).as_slice())?;
        }
    }
    Ok(())
}

fn carry_relations(old: &ReadTransaction, write: &WriteTransaction) -> Result<(), redb::Error> {
    let mut table = write.open_table(RELATIONS)?;
    for entry in old.open_table(RELATIONS)?.iter()? {
        table.insert(entry?.0.value(), ())?;
    }
    Ok(())
}

fn carry_schedules(old: &ReadTransaction, write: &WriteTransaction) -> Result<(), redb::Error> {
    for entry in old.open_table(old::SCHEDULES)?.iter()? {
        let (name, value) = entry?;
        // A schedule with an unreadable name cannot be accessed.
        let Ok(name) = format2::schedule_name(name.value()) else {
            continue;
        };
        match format2::schedule(value.value()) {
            Ok(schedule) => {
                let schedules = vec![(name, Some(schedule))];
                write_batch(
                    write,
                    &Batch {
                        schedules,
                        ..Batch::default()
                    },
                )?;
            }
            Err(_) => {
                let mut table = write.open_table(SCHEDULES)?;
                table.insert(name.as_str(), value.value())?;
            }
        }
    }
    Ok(())
}

fn carry_outbox(old: &ReadTransaction, write: &WriteTransaction) -> Result<(), redb::Error> {
    const OLD: TableDefinition<u64, &[u8]> = OUTBOX;
    for entry in old.open_table(OLD)?.iter()? {
        let (id, value) = entry?;
        match format2::outbox_entry(value.value()) {
            Ok(message) => {
                let outbox_added = vec![(OutboxId(id.value()), message)];
                write_batch(
                    write,
                    &Batch {
                        outbox_added,
                        ..Batch::default()
                    },
                )?;
            }
            Err(_) => {
                let mut table = write.open_table(OUTBOX)?;
                table.insert(id.value(), value.value())?;
            }
        }
    }
    Ok(())
}
