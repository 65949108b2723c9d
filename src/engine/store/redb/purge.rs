//! Purging runs.

use redb::{ReadableTable, WriteTransaction};

use super::{
    index::{self, Changes},
    instance::known,
    read,
    tables::*,
};
use crate::engine::{InstanceKey, store::seal::seal};

/// Removes everything that belongs to these runs, damaged or not.
pub(super) fn purge(write: &WriteTransaction, purged: &[InstanceKey]) -> Result<(), redb::Error> {
    if purged.is_empty() {
        return Ok(());
    }
    let mut changes = Changes::default();
    let mut ids = Vec::new();
    let mut unreadable = Vec::new();
    let mut bytes = 0;
    {
        let mut instances = write.open_table(INSTANCES)?;
        let mut events = write.open_table(EVENTS)?;
        for InstanceKey(key) in purged {
            let summary = known(&instances, *key);
            match summary.and_then(|known| known.unwrap_or_default().summary(*key)) {
                Ok(Some(summary)) => {
                    changes.change(*key, Some(&summary), None);
                    ids.push((*key, summary.id.as_str().to_owned()));
                }
                Ok(None) => {}
                Err(redb::Error::Corrupted(_)) => unreadable.push(*key),
                Err(error) => return Err(error),
            }
            instances.remove(key)?;
            events.retain_in((*key, 0)..=(*key, u64::MAX), |_, row| {
                bytes += row.len() as u64;
                false
            })?;
        }
    }
    for key in unreadable {
        index::remove_all(write, key)?;
        ids.extend(ids_of(write, key)?.into_iter().map(|id| (key, id)));
    }
    changes.write(write)?;
    purge_ids(write, &ids)?;
    purge_relations(write, purged)?;
    match bytes {
        0 => Ok(()),
        bytes => add_purged(write, bytes),
    }
}

/// The ids of a run whose summary cannot be read, by scanning the table.
fn ids_of(write: &WriteTransaction, key: u64) -> Result<Vec<String>, redb::Error> {
    let mut ids = Vec::new();
    for entry in write.open_table(RUNS)?.iter()? {
        let (place, _) = entry?;
        let (id, of) = place.value();
        if of == key {
            ids.push(id.to_owned());
        }
    }
    Ok(ids)
}

fn purge_ids(write: &WriteTransaction, purged: &[(u64, String)]) -> Result<(), redb::Error> {
    if purged.is_empty() {
        return Ok(());
    }
    let mut ids = write.open_table(IDS)?;
    let mut runs = write.open_table(RUNS)?;
    for (key, id) in purged {
        let id = id.as_str();
        runs.remove((id, *key))?;
        let latest = read::runs(&runs, id)?.pop();
        match latest {
            Some(latest) => {
                let value = seal(of_id(id), &latest.0.to_le_bytes());
                ids.insert(id, value.as_slice())?;
            }
            None => {
                ids.remove(id)?;
            }
        }
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

/// Adds to the number of bytes of events purged since the last compaction.
fn add_purged(write: &WriteTransaction, bytes: u64) -> Result<(), redb::Error> {
    let mut state = write.open_table(STATE)?;
    let after = read::purged(&state)?.saturating_add(bytes).to_le_bytes();
    let value = seal(of_state(STATE_PURGED), &after);
    state.insert(STATE_PURGED, value.as_slice())?;
    Ok(())
}
