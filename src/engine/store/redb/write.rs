//! One batch, one transaction. Each part opens only the tables that it changes: a batch of events
//! alone costs what the smallest transaction costs. Writing a batch twice gives what once gives.

use redb::{Database, Durability, ReadableTable, WriteTransaction};

use super::tables::*;
use crate::engine::{
    Event, InstanceId, InstanceKey, InstanceSummary, Payload, Schedule, ScheduleName,
    store::{Batch, CleanClose, PostId, row},
};

/// Writes the batch to the disk.
pub(super) fn write(database: &Database, batch: &Batch) -> Result<(), redb::Error> {
    let mut write = database.begin_write()?;
    write.set_durability(Durability::Immediate)?;
    // What is closed in order shall open at once even if its file is not.
    write.set_quick_repair(matches!(
        batch.clean,
        Some(CleanClose::Yes | CleanClose::Stopped)
    ));
    write_histories(&write, &batch.histories)?;
    write_summaries(&write, &batch.summaries)?;
    write_relations(&write, &batch.relations)?;
    write_schedules(&write, &batch.schedules)?;
    write_posts(&write, &batch.posted, &batch.delivered)?;
    purge(&write, &batch.purged)?;
    if let Some(clean) = batch.clean {
        let mut meta = write.open_table(META)?;
        let how = match clean {
            CleanClose::No => 0,
            CleanClose::Yes => 1,
            CleanClose::Stopped => 2,
        };
        meta.insert(META_CLEAN, how)?;
    }
    Ok(write.commit()?)
}

fn write_histories(
    write: &WriteTransaction,
    histories: &[(InstanceKey, Vec<Event>)],
) -> Result<(), redb::Error> {
    if histories.is_empty() {
        return Ok(());
    }
    let mut table = write.open_table(EVENTS)?;
    for (key, events) in histories {
        let rows = row::pack(events).map_err(std::io::Error::other)?;
        for (first, row) in rows {
            table.insert((key.0, first.0), row.as_slice())?;
        }
    }
    Ok(())
}

fn write_summaries(
    write: &WriteTransaction,
    summaries: &[(InstanceKey, InstanceSummary)],
) -> Result<(), redb::Error> {
    if summaries.is_empty() {
        return Ok(());
    }
    let mut instances = write.open_table(INSTANCES)?;
    let mut open = write.open_table(OPEN)?;
    let mut new = Vec::new();
    for (key, summary) in summaries {
        let known = instances.insert(key.0, pack(summary)?.as_slice())?;
        if known.is_none() {
            new.push((key.0, &summary.id));
        }
        if summary.status.is_closed() {
            open.remove(key.0)?;
        } else if known.is_none() || open.get(key.0)?.is_none() {
            open.insert(key.0, ())?;
        }
    }
    write_ids(write, &new)
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
        let latest = ids.get(id)?.map(|latest| latest.value());
        if latest.is_none_or(|latest| latest < *key) {
            ids.insert(id, key)?;
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
        let name = pack(name)?;
        match schedule {
            Some(schedule) => table.insert(name.as_slice(), pack(schedule)?.as_slice())?,
            None => table.remove(name.as_slice())?,
        };
    }
    Ok(())
}

fn write_posts(
    write: &WriteTransaction,
    posted: &[(PostId, Payload)],
    delivered: &[PostId],
) -> Result<(), redb::Error> {
    if posted.is_empty() && delivered.is_empty() {
        return Ok(());
    }
    let mut table = write.open_table(POSTS)?;
    for (id, post) in posted {
        table.insert(id.0, pack(post)?.as_slice())?;
    }
    for id in delivered {
        table.remove(id.0)?;
    }
    Ok(())
}

fn purge(write: &WriteTransaction, purged: &[InstanceKey]) -> Result<(), redb::Error> {
    if purged.is_empty() {
        return Ok(());
    }
    let mut instances = write.open_table(INSTANCES)?;
    let mut open = write.open_table(OPEN)?;
    let mut events = write.open_table(EVENTS)?;
    let mut ids = Vec::new();
    for InstanceKey(key) in purged {
        if let Some(summary) = summary(&instances, *key)? {
            ids.push((*key, summary.id));
        }
        instances.remove(key)?;
        open.remove(key)?;
        events.retain_in((*key, 0)..=(*key, u64::MAX), |_, _| false)?;
    }
    purge_ids(write, &ids)?;
    purge_relations(write, purged)
}

fn purge_ids(write: &WriteTransaction, purged: &[(u64, InstanceId)]) -> Result<(), redb::Error> {
    let mut ids = write.open_table(IDS)?;
    let mut runs = write.open_table(RUNS)?;
    for (key, id) in purged {
        let id = id.as_str();
        runs.remove((id, *key))?;
        let latest = runs.range((id, 0)..=(id, u64::MAX))?.next_back();
        match latest.transpose()? {
            Some((run, _)) => ids.insert(id, run.value().1)?,
            None => ids.remove(id)?,
        };
    }
    Ok(())
}

fn purge_relations(write: &WriteTransaction, purged: &[InstanceKey]) -> Result<(), redb::Error> {
    let mut table = write.open_table(RELATIONS)?;
    for InstanceKey(key) in purged {
        let all = (*key, 0, 0)..=(*key, u8::MAX, u64::MAX);
        let mut others = Vec::new();
        for entry in table.range(all.clone())? {
            let (_, way, other) = entry?.0.value();
            others.push((other, if way == FORTH { BACK } else { FORTH }, *key));
        }
        for other in others {
            table.remove(other)?;
        }
        table.retain_in(all, |_, ()| false)?;
    }
    Ok(())
}
