//! Copying a database table by table, whatever is in the rows.

use redb::{
    Database, Durability, Key, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
    TableError, TableHandle, Value, WriteTransaction,
};

use super::tables::*;

/// Copies all tables into a database that is empty, in one transaction.
pub(super) fn copy(from: &Database, to: &Database) -> Result<(), redb::Error> {
    let read = from.begin_read()?;
    let mut write = to.begin_write()?;
    write.set_durability(Durability::Immediate)?;
    write.set_quick_repair(true);
    let copied = [
        copy_table(&read, &write, META)?,
        copy_table(&read, &write, INSTANCES)?,
        copy_table(&read, &write, IDS)?,
        copy_table(&read, &write, RUNS)?,
        copy_table(&read, &write, OPEN)?,
        copy_table(&read, &write, EVENTS)?,
        copy_table(&read, &write, RELATIONS)?,
        copy_table(&read, &write, SCHEDULES)?,
        copy_table(&read, &write, POSTS)?,
    ];
    // A table that is missing above is better found here than by its loss.
    for table in read.list_tables()? {
        if !copied.iter().any(|name| name == table.name()) {
            return Err(redb::Error::Corrupted(format!(
                "it has a table {:?} that this program does not know",
                table.name()
            )));
        }
    }
    Ok(write.commit()?)
}

/// Copies one table; says its name.
fn copy_table<K: Key + 'static, V: Value + 'static>(
    read: &ReadTransaction,
    write: &WriteTransaction,
    table: TableDefinition<'static, K, V>,
) -> Result<String, redb::Error> {
    let name = table.name().to_owned();
    let from = match read.open_table(table) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(name),
        from => from?,
    };
    let mut to = write.open_table(table)?;
    for entry in from.iter()? {
        let (key, value) = entry?;
        to.insert(key.value(), value.value())?;
    }
    Ok(name)
}
