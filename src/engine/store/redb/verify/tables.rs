//! Verification of tables other than `instances` and `events`.

use std::collections::BTreeSet;

use redb::{ReadTransaction, ReadableTable};

use super::{Found, Sums};
use crate::engine::{
    InstanceId,
    store::redb::{
        counts::{self, Counts},
        index::{self, Entry, entries},
        instance::known,
        read,
        tables::*,
    },
};

/// Checks that each id refers to the last of its runs, and that each run has an id.
pub(super) fn ids(read: &ReadTransaction, found: &mut Found) -> Result<(), redb::Error> {
    let ids = read.open_table(IDS)?;
    let runs = read.open_table(RUNS)?;
    let mut named = 0;
    for entry in ids.iter()? {
        let (id, value) = entry?;
        let id = id.value();
        found.verified.bytes += (id.len() + value.value().len()) as u64;
        let instance = InstanceId::new(id).ok();
        let latest = match unpack_number(of_id(id), value.value(), "its latest run") {
            Ok(latest) => latest,
            Err(error) => {
                found.damage(None, instance.as_ref(), None, error);
                continue;
            }
        };
        let of_id = read::runs(&runs, id)?;
        named += of_id.len() as u64;
        if of_id.last().map(|key| key.0) != Some(latest) {
            let what = "its latest run is not the last of its runs";
            found.damage(Some(latest), instance.as_ref(), None, what);
        }
    }
    let runs = redb::ReadableTableMetadata::len(&runs)?;
    if runs != named {
        let what = format!("{runs} runs are stored, but the ids have {named}");
        found.damage(None, None, None, what);
    }
    Ok(())
}

/// Checks that the index tables match the summaries.
pub(super) fn indexes(
    read: &ReadTransaction,
    found: &mut Found,
    should: &Sums,
) -> Result<(), redb::Error> {
    let mut is = Sums::default();
    each_entry(read, &mut |entry| {
        is.add_entry(&entry);
        Ok(())
    })?;
    each_run(read, &mut |id, key| {
        is.add_run(id, key);
        Ok(())
    })?;
    if is == *should {
        return Ok(());
    }
    // Find the wrong entries.
    let instances = read.open_table(INSTANCES)?;
    let summary = |key| match known(&instances, key) {
        Ok(Some(known)) => known.summary(key).ok().flatten(),
        _ => None,
    };
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    each_entry(read, &mut |entry| {
        let key = key_of(&entry);
        let is_right = summary(key).is_some_and(|s| entries(key, &s).contains(&entry));
        match is_right {
            true => drop(seen.insert(entry)),
            false => wrong.push((key, entry)),
        }
        Ok(())
    })?;
    for (key, entry) in wrong {
        let what = format!("it has a wrong index entry: {entry:?}");
        found.damage(Some(key), None, None, what);
    }
    for entry in instances.iter()? {
        let key = entry?.0.value();
        let Some(summary) = summary(key) else {
            continue;
        };
        for entry in entries(key, &summary) {
            if !seen.contains(&entry) {
                let what = format!("it lacks an index entry: {entry:?}");
                found.damage(Some(key), Some(&summary.id), None, what);
            }
        }
    }
    runs(read, found)
}

/// Checks that each run has a value, and each value a run.
fn runs(read: &ReadTransaction, found: &mut Found) -> Result<(), redb::Error> {
    let instances = read.open_table(INSTANCES)?;
    let runs = read.open_table(RUNS)?;
    for entry in instances.iter()? {
        let key = entry?.0.value();
        let summary = known(&instances, key).and_then(|k| k.unwrap_or_default().summary(key));
        let Ok(Some(summary)) = summary else {
            continue;
        };
        if runs.get((summary.id.as_str(), key))?.is_none() {
            let what = "it is missing from the runs of its id";
            found.damage(Some(key), Some(&summary.id), None, what);
        }
    }
    each_run(read, &mut |id, key| {
        if instances.get(key)?.is_none() {
            let instance = InstanceId::new(id).ok();
            let what = "this run is missing";
            found.damage(Some(key), instance.as_ref(), None, what);
        }
        Ok(())
    })
}

fn key_of(entry: &Entry) -> u64 {
    match entry {
        Entry::Status(_, key)
        | Entry::Workflow(_, key)
        | Entry::Tag(_, _, key)
        | Entry::Closed(_, key) => *key,
    }
}

fn each_run(
    read: &ReadTransaction,
    each: &mut dyn FnMut(&str, u64) -> Result<(), redb::Error>,
) -> Result<(), redb::Error> {
    for entry in read.open_table(RUNS)?.iter()? {
        let (place, _) = entry?;
        let (id, key) = place.value();
        each(id, key)?;
    }
    Ok(())
}

fn each_entry(
    read: &ReadTransaction,
    each: &mut dyn FnMut(Entry) -> Result<(), redb::Error>,
) -> Result<(), redb::Error> {
    for entry in read.open_table(STATUSES)?.iter()? {
        let (status, key) = entry?.0.value();
        each(Entry::Status(status, key))?;
    }
    for entry in read.open_table(WORKFLOWS)?.iter()? {
        let (place, _) = entry?;
        let (name, key) = place.value();
        each(Entry::Workflow(name.to_owned(), key))?;
    }
    for entry in read.open_table(TAGS)?.iter()? {
        let (place, _) = entry?;
        let (name, value, key) = place.value();
        each(Entry::Tag(name.to_owned(), value.to_owned(), key))?;
    }
    for entry in read.open_table(CLOSED)?.iter()? {
        let (at, key) = entry?.0.value();
        each(Entry::Closed(at, key))?;
    }
    Ok(())
}

/// Checks that each relation is stored in both directions.
pub(super) fn relations(read: &ReadTransaction, found: &mut Found) -> Result<(), redb::Error> {
    let table = read.open_table(RELATIONS)?;
    for entry in table.iter()? {
        let (key, way, other) = entry?.0.value();
        let back = if way == FORTH { BACK } else { FORTH };
        if table.get((other, back, key))?.is_none() {
            let what =
                format!("its relation to instance number {other} is stored in one direction only");
            found.damage(Some(key), None, None, what);
        }
    }
    Ok(())
}

/// Checks that schedules and outbox entries can be read.
pub(super) fn opening(read: &ReadTransaction, found: &mut Found) -> Result<(), redb::Error> {
    for error in read::opening(read)?.damaged {
        found.damage(None, None, None, error);
    }
    let open = index::open_keys(&read.open_table(STATUSES)?)?.len();
    match counts::stored_open(read)? {
        Some(stored) if stored != open as u64 => {
            let what =
                format!("{open} instances have an open status, but the stored count is {stored}");
            found.damage(None, None, None, what);
        }
        _ => {}
    }
    let counts = Counts::of_index(&read.open_table(STATUSES)?)?;
    if counts::stored(read)?.is_some_and(|stored| stored != counts) {
        let what = "the stored numbers of instances by status do not match the index";
        found.damage(None, None, None, what);
    }
    Ok(())
}
