//! Copies a whole store.

use redb::{
    Database, Durability, Key, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, TableDefinition, TableHandle, Value, WriteTransaction,
};

use super::{tables::*, times, verify::verify};
use crate::engine::store::Verified;

/// Copies a store to an empty database and syncs it. Everything is verified first; damaged values
/// are copied unchanged, so that reading them remains an error.
pub(super) fn copy_verified(from: &Database, to: &Database) -> Result<Verified, redb::Error> {
    let read = from.begin_read()?;
    let verified = verify(&read)?;
    let mut write = to.begin_write()?;
    write.set_durability(Durability::Immediate)?;
    write.set_quick_repair(true);
    copy(&read, &write, META)?;
    copy(&read, &write, STATE)?;
    copy(&read, &write, INSTANCES)?;
    copy(&read, &write, EVENTS)?;
    copy(&read, &write, IDS)?;
    copy(&read, &write, RUNS)?;
    copy(&read, &write, STATUSES)?;
    copy(&read, &write, WORKFLOWS)?;
    copy(&read, &write, TAGS)?;
    copy(&read, &write, CLOSED)?;
    if times::table(&read)?.is_some() {
        copy(&read, &write, TIMES)?;
    }
    copy(&read, &write, RELATIONS)?;
    copy(&read, &write, SCHEDULES)?;
    copy(&read, &write, OUTBOX)?;
    write.commit()?;
    Ok(verified)
}

fn copy<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &WriteTransaction,
    table: TableDefinition<K, V>,
) -> Result<(), redb::Error> {
    let mut copy = to.open_table(table)?;
    let source = from.open_table(table)?;
    for entry in source.iter()? {
        let (key, value) = entry?;
        copy.insert(key.value(), value.value())?;
    }
    let (found, count) = (copy.len()?, source.len()?);
    match found == count {
        true => Ok(()),
        false => {
            let what = format!("the table {:?}", table.name());
            Err(damaged(
                what,
                format!("{found} of {count} entries were found"),
            ))
        }
    }
}
