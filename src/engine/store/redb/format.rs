//! The format version of a database, and creation of a store.

use std::path::Path;

use redb::{Database, Durability, ReadTransaction, ReadableDatabase, TableError};

use super::{
    migrate::OLD_FORMAT,
    open::guarded,
    tables::*,
    write::{make_tables, write_clean},
};
use crate::engine::{CleanClose, StoreError};

/// The content of a database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// A store of the current format.
    Store,
    /// A store of the previous format, which is migrated.
    Old,
    /// No tables: a store whose creation was interrupted.
    Empty,
}

/// An error unless the database is a store of the current format.
pub(super) fn check_format(
    database: &impl ReadableDatabase,
    path: &Path,
) -> Result<(), StoreError> {
    match check(database, path)? {
        Content::Store => Ok(()),
        Content::Old => Err(older(path)),
        Content::Empty => Err(StoreError::Damaged {
            path: path.to_owned(),
            reason: "it has no tables".into(),
        }),
    }
}

/// The error for a store of the previous format that was not migrated.
pub(super) fn older(path: &Path) -> StoreError {
    StoreError::Older {
        path: path.to_owned(),
        found: OLD_FORMAT,
        known: FORMAT,
    }
}

/// Determines the content of a database.
pub(super) fn check(database: &impl ReadableDatabase, path: &Path) -> Result<Content, StoreError> {
    let damaged = |reason: String| StoreError::Damaged {
        path: path.to_owned(),
        reason,
    };
    let marker = guarded(path, || {
        let read = database.begin_read().map_err(redb::Error::from);
        let marker = read.and_then(|read| format_of(&read));
        marker.map_err(|error| damaged(error.to_string()))
    })?;
    match marker {
        Marker::NoTables => Ok(Content::Empty),
        Marker::OtherDatabase => Err(damaged("it is a database of another program".into())),
        Marker::Missing => Err(damaged("its format version is missing".into())),
        Marker::Version(FORMAT) => Ok(Content::Store),
        Marker::Version(OLD_FORMAT) => Ok(Content::Old),
        Marker::Version(found) if found > FORMAT => Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT,
        }),
        Marker::Version(found) => Err(StoreError::Older {
            path: path.to_owned(),
            found,
            known: FORMAT,
        }),
    }
}

/// The format version in a database.
enum Marker {
    NoTables,
    OtherDatabase,
    Missing,
    Version(u32),
}

fn format_of(read: &ReadTransaction) -> Result<Marker, redb::Error> {
    let meta = match read.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => {
            let any = read.list_tables()?.next().is_some()
                || read.list_multimap_tables()?.next().is_some();
            return Ok(if any {
                Marker::OtherDatabase
            } else {
                Marker::NoTables
            });
        }
        Err(error) => return Err(error.into()),
    };
    let format = meta.get(META_FORMAT)?;
    Ok(format.map_or(Marker::Missing, |format| Marker::Version(format.value())))
}

/// Creates the tables, so that readers always find them.
pub(super) fn begin_store(database: &Database) -> Result<(), redb::Error> {
    let mut write = database.begin_write()?;
    write.set_durability(Durability::Immediate)?;
    {
        let mut meta = write.open_table(META)?;
        meta.insert(META_FORMAT, FORMAT)?;
    }
    make_tables(&write)?;
    write_clean(&write, CleanClose::Yes)?;
    Ok(write.commit()?)
}
