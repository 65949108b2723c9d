//! Reading all that is in a store, to find what is damaged.
//!
//! One pass over the instances reads each value and each row once. What the other tables say has to
//! agree with the summaries: a sum over what they should hold is compared with a sum over what they
//! hold, and only if these differ each entry is looked up.

mod sums;
mod tables;

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata};

use self::sums::Sums;
use super::{
    instance::{Known, last_row},
    tables::*,
};
use crate::engine::{
    EventId, HistoryHead, InstanceId, InstanceKey,
    catch_panic::caught,
    store::{
        Damage, Verified,
        row::{self, BadRow},
    },
};

/// The most instances that are named because a page of their table cannot be read.
const MAX_NAMED: usize = 1_000;

/// Reads everything.
pub(super) fn verify(read: &ReadTransaction) -> Result<Verified, redb::Error> {
    let mut found = Found::default();
    let mut sums = Sums::default();
    let is_whole = found.part("instances", |found| instances(read, found, &mut sums));
    if !is_whole {
        found.part("runs", |found| unreadable(read, found));
    }
    found.part("events", |found| orphans(read, found));
    found.part("ids", |found| tables::ids(read, found));
    found.part("search", |found| tables::indexes(read, found, &sums));
    found.part("relations", |found| tables::relations(read, found));
    found.part("schedules and posts", |found| tables::opening(read, found));
    Ok(found.verified)
}

/// What has been found so far.
#[derive(Default)]
struct Found {
    verified: Verified,
    rows: u64,
}

impl Found {
    /// Reads a part of the store. If the database cannot go on with it, the other parts are read all
    /// the same. Says whether it could.
    fn part(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<(), redb::Error>,
    ) -> bool {
        let reason = match caught("the database", || read(self)) {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "its pages do not fit together".into(),
        };
        let what = format!("the table of {name} cannot be read to its end: {reason}");
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
            Err(_) => found.damage(Some(key), id, None, "its pages do not fit together"),
        }
    }
    Ok(())
}

/// Names the instances that the table has on pages that cannot be read: each run is looked up.
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

/// Reads the history of an instance, of which `head` is known unless its value is damaged.
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
    // Says whether the end is missing or another.
    super::instance::check_head(head, last_row(events, key)?)?;
    Err(BadRow::End {
        found: at.events,
        known: head.events,
    }
    .into())
}

/// Finds histories whose instances are missing.
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
            found.damage(Some(key), None, None, "it has a history and no summary");
        }
        next = key.checked_add(1);
    }
    Ok(())
}
