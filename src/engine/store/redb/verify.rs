//! Verification of a whole store.
//!
//! One pass over the runs reads each value and row once. The other tables must match the summaries:
//! a sum over the expected entries is compared with a sum over the actual ones, and only if they
//! differ is each entry looked up.

mod sums;
mod tables;

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata};

use self::sums::Sums;
use super::{
    instance::{Known, last_row},
    tables::*,
    times,
};
use crate::engine::{
    EventId, HistoryHead, InstanceId, InstanceKey,
    catch_panic::caught,
    store::{
        Damage, Verified,
        row::{self, BadRow},
    },
};

/// The maximum number of runs reported for unreadable pages.
const MAX_NAMED: usize = 1_000;

/// Verifies a store.
pub(super) fn verify(read: &ReadTransaction) -> Result<Verified, redb::Error> {
    let mut found = Found::default();
    let mut sums = Sums::default();
    let mut times = times::Expected::default();
    let is_whole = found.part("instances", |found| {
        instances(read, found, &mut sums, &mut times)
    });
    if !is_whole {
        found.part("runs", |found| unreadable(read, found));
    }
    found.part("events", |found| orphans(read, found));
    found.part("ids", |found| tables::ids(read, found));
    found.part("search", |found| tables::indexes(read, found, &sums));
    found.part("times", |found| {
        for what in times.compare(read)? {
            found.damage(None, None, None, what);
        }
        Ok(())
    });
    found.part("relations", |found| tables::relations(read, found));
    found.part("schedules and outbox entries", |found| {
        tables::opening(read, found)
    });
    Ok(found.verified)
}

/// The results so far.
#[derive(Default)]
struct Found {
    verified: Verified,
    rows: u64,
}

impl Found {
    /// Verifies a part of the store. If that fails, the other parts are verified all the same.
    /// Returns whether it succeeded.
    fn part(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<(), redb::Error>,
    ) -> bool {
        let reason = match caught("the database", || read(self)) {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "its pages are inconsistent".into(),
        };
        let what = format!("the table of {name} cannot be read completely: {reason}");
        self.damage(None, None, None, what);
        false
    }

    fn damage(
        &mut self,
        key: Option<u64>,
        instance: Option<&InstanceId>,
        event: Option<EventId>,
        what: impl std::fmt::Display,
    ) {
        self.verified.damage.push(Damage {
            instance: instance.cloned(),
            key: key.map(InstanceKey),
            event,
            what: what.to_string(),
        });
    }
}

fn instances(
    read: &ReadTransaction,
    found: &mut Found,
    sums: &mut Sums,
    times: &mut times::Expected,
) -> Result<(), redb::Error> {
    let events = read.open_table(EVENTS)?;
    for entry in read.open_table(INSTANCES)?.iter()? {
        let (key, value) = entry?;
        let (key, value) = (key.value(), value.value());
        found.verified.instances += 1;
        found.verified.bytes += value.len() as u64;
        let known = Known::from_value(key, value);
        let summary = match &known {
            Ok(known) => known.summary(key),
            Err(error) => Err(damaged("its summary", error)),
        };
        let summary = summary.unwrap_or_else(|error| {
            found.damage(Some(key), None, None, error);
            None
        });
        if let Some(summary) = &summary {
            sums.add(key, summary);
            times.add(key, summary);
        }
        let id = summary.as_ref().map(|summary| &summary.id);
        let head = known.ok().map(|known| known.head);
        let history = caught("the database", || history(&events, found, key, head));
        match history {
            Ok(Ok(())) => {}
            Ok(Err(super::instance::Failed::Row(bad))) => {
                found.damage(Some(key), id, Some(bad.event()), bad);
            }
            Ok(Err(error)) => found.damage(Some(key), id, None, error),
            Err(_) => found.damage(Some(key), id, None, "its pages are inconsistent"),
        }
    }
    Ok(())
}

/// Reports the runs on unreadable pages, by looking up each run.
fn unreadable(read: &ReadTransaction, found: &mut Found) -> Result<(), redb::Error> {
    let instances = read.open_table(INSTANCES)?;
    let mut named = 0;
    for entry in read.open_table(RUNS)?.iter()? {
        let (place, _) = entry?;
        let (id, key) = place.value();
        if let Ok(Ok(_)) = caught("the database", || instances.get(key)) {
            continue;
        }
        if named == MAX_NAMED {
            found.damage(None, None, None, "more instances cannot be read");
            return Ok(());
        }
        named += 1;
        let instance = InstanceId::new(id).ok();
        let what = "its page in the table of instances cannot be read";
        found.damage(Some(key), instance.as_ref(), None, what);
    }
    Ok(())
}

/// Verifies the history of a run; `head` is known unless its value is damaged.
fn history(
    events: &impl super::instance::Events,
    found: &mut Found,
    key: u64,
    head: Option<HistoryHead>,
) -> Result<(), super::instance::Failed> {
    let mut at = HistoryHead::default();
    let mut read = Vec::new();
    for entry in events.range((key, 0)..=(key, u64::MAX))? {
        let (place, row) = entry?;
        let row = row.value();
        found.rows += 1;
        found.verified.bytes += row.len() as u64;
        read.clear();
        let first = EventId(place.value().1);
        at = row::append(InstanceKey(key), at, first, row, &mut read)?;
        found.verified.events += read.len() as u64;
    }
    let Some(head) = head else {
        return Ok(());
    };
    if at == head {
        return Ok(());
    }
    // Distinguishes a missing end from a different one.
    super::instance::check_head(head, last_row(events, key)?)?;
    Err(BadRow::End {
        found: at.events,
        known: head.events,
    }
    .into())
}

/// Finds histories without runs.
fn orphans(read: &ReadTransaction, found: &mut Found) -> Result<(), redb::Error> {
    let events = read.open_table(EVENTS)?;
    if events.len()? == found.rows {
        return Ok(());
    }
    let instances = read.open_table(INSTANCES)?;
    let mut next = Some(0);
    while let Some(from) = next {
        let first = events.range((from, 0)..)?.next().transpose()?;
        let Some(key) = first.map(|(place, _)| place.value().0) else {
            break;
        };
        if instances.get(key)?.is_none() {
            found.damage(Some(key), None, None, "it has a history but no summary");
        }
        next = key.checked_add(1);
    }
    Ok(())
}
