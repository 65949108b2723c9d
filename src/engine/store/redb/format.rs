//! What a database says of its format, and beginning one.

use std::path::Path;

use redb::{Database, Durability, ReadTransaction, ReadableDatabase, TableError};

use super::{
    medium::guarded,
    migrate::OLD_FORMAT,
    tables::*,
    write::{make_tables, write_clean},
};
use crate::engine::{CleanClose, StoreError};

/// What is in a database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// A store of a format that this program reads.
    Store,
    /// A store of the format before, which is brought to the one of today.
    Old,
    /// Not one table: a store that was broken off before it began.
    Nothing,
}

/// An error unless the database is a store of a format that this program reads.
pub(super) fn check_format(
    database: &impl ReadableDatabase,
    path: &Path,
) -> Result<(), StoreError> {
    match check(database, path)? {
        Content::Store => Ok(()),
        Content::Old => Err(older(path)),
        Content::Nothing => Err(StoreError::Damaged {
            path: path.to_owned(),
            reason: "it was never begun".into(),
        }),
    }
}

/// A store of the format before that could not be brought to the one of today.
pub(super) fn older(path: &Path) -> StoreError {
    StoreError::Older {
        path: path.to_owned(),
        found: OLD_FORMAT,
        known: FORMAT,
    }
}

/// Whether the database is a store, and of a format that this program reads.
pub(super) fn check(database: &impl ReadableDatabase, path: &Path) -> Result<Content, StoreError> {
    let damaged = |reason: String| StoreError::Damaged {
        path: path.to_owned(),
        reason,
    };
    let said = guarded(path, || {
        let read = database.begin_read().map_err(redb::Error::from);
        let said = read.and_then(|read| format_of(&read));
        said.map_err(|error| damaged(error.to_string()))
    })?;
    match said {
        Said::Nothing => Ok(Content::Nothing),
        Said::NoStore => Err(damaged("it is the database of another program".into())),
        Said::NoFormat => Err(damaged("it does not say its format".into())),
        Said::Format(FORMAT) => Ok(Content::Store),
        Said::Format(OLD_FORMAT) => Ok(Content::Old),
        Said::Format(found) if found > FORMAT => Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT,
        }),
        Said::Format(found) => Err(StoreError::Older {
            path: path.to_owned(),
            found,
            known: FORMAT,
        }),
    }
}

/// What a database says of its format.
enum Said {
    Nothing,
    NoStore,
    NoFormat,
    Format(u32),
}

fn format_of(read: &ReadTransaction) -> Result<Said, redb::Error> {
    let meta = match read.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => {
            let any = read.list_tables()?.next().is_some()
                || read.list_multimap_tables()?.next().is_some();
            return Ok(if any { Said::NoStore } else { Said::Nothing });
        }
        Err(error) => return Err(error.into()),
    };
    let format = meta.get(META_FORMAT)?;
    Ok(format.map_or(Said::NoFormat, |format| Said::Format(format.value())))
}

/// Makes the tables, so that reading never meets a missing one.
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
