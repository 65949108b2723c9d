//! How much disk a million events take, beside the data that they carry.

use std::{error::Error, fs, ops::Range};

use fermata::engine::{
    Batch, Event, EventId, EventKind, InstanceId, InstanceKey, InstanceSummary, Payload, RedbStore,
    Store, Timestamp,
};
use tokio::runtime::Runtime;

use crate::{
    raw,
    table::{Requirement::AtMost, Table},
};

const EVENTS: u64 = 1_000_000;
const PAYLOAD: usize = 100;
/// Events of one commit.
const COMMIT: u64 = 1_000;

pub fn measure(_runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let payload = (EVENTS as f64) * (PAYLOAD as f64) / 1e6;
    let in_turn = megabytes(100, |commit| {
        let events = EVENTS / 100;
        let key = commit * COMMIT / events;
        let from = commit * COMMIT % events;
        vec![(key, from..from + COMMIT)]
    })?;
    let interleaved = megabytes(1_000, |commit| {
        let one = commit..commit + 1;
        (0..1_000).map(|key| (key, one.clone())).collect()
    })?;
    table
        .row("1,000,000 events, 100 instances in turn", in_turn, "MB")
        .limit(payload, "MB payload")
        .ratio_is(AtMost(1.6));
    table
        .row("1,000,000 events, 1,000 interleaved", interleaved, "MB")
        .limit(payload, "MB payload")
        .ratio_is(AtMost(2.6));
    Ok(())
}

/// The size of a file with this many instances, to whose histories each commit adds these ranges.
fn megabytes(
    instances: u64,
    added_by: impl Fn(u64) -> Vec<(u64, Range<u64>)>,
) -> Result<f64, Box<dyn Error>> {
    let room = raw::room()?;
    let path = room.path().join("size.fermata");
    let store = RedbStore::create(&path)?;
    let mut batch = Batch::default();
    for key in 0..instances {
        let id = InstanceId::new(format!("instance-{key}"))?;
        let summary = InstanceSummary::new(id, "filler");
        batch.summaries.push((InstanceKey(key), summary));
    }
    let result = Payload::encode(&"x".repeat(PAYLOAD - 2))?;
    for commit in 0..EVENTS / COMMIT {
        for (key, ids) in added_by(commit) {
            let events = ids.map(|id| event(id, commit, &result)).collect();
            batch.histories.push((InstanceKey(key), events));
        }
        store.commit(&batch)?;
        batch = Batch::default();
    }
    store.compact()?;
    let mut kept = 0;
    for key in 0..instances {
        kept += store.history(InstanceKey(key), EventId(0))?.len() as u64;
    }
    if kept != EVENTS {
        return Err(format!("of {EVENTS} events {kept} are in the file").into());
    }
    drop(store);
    Ok(fs::metadata(&path)?.len() as f64 / 1e6)
}

fn event(id: u64, commit: u64, result: &Payload) -> Event {
    Event {
        id: EventId(id),
        at: Timestamp(1_800_000_000_000_000_000 + commit * 1_000_000),
        kind: EventKind::TaskCompleted {
            scheduled: EventId(id.saturating_sub(2)),
            result: result.clone(),
        },
    }
}
