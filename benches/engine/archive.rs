//! A store with a million instances that have ended: how soon it is open, how soon a page of it is
//! there, how fast it is verified.

use std::{error::Error, path::Path, time::Instant};

use fermata::engine::{
    Archive, Batch, CleanClose, Event, EventId, EventKind, InstanceId, InstanceKey,
    InstanceSummary, Payload, RedbStore, Search, Status, Store, Timestamp,
};
use tokio::runtime::Runtime;

use crate::{
    raw,
    table::{
        Requirement::{AtLeast, AtMost},
        Table,
    },
};

const INSTANCES: u64 = 1_000_000;
/// Instances of one commit.
const COMMIT: u64 = 20_000;
const ROUNDS: usize = 9;
const PAGE: usize = 50;
/// One in so many has the rare tag.
const RARE: u64 = 20_000;
/// Nanoseconds between the ends of two instances.
const STEP: u64 = 1_000_000;

pub fn measure(_runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let room = raw::room()?;
    let empty = room.path().join("empty.fermata");
    let full = room.path().join("full.fermata");
    drop(RedbStore::create(&empty)?);
    build(&full)?;
    let open_empty = opening(&empty)?;
    let open_full = opening(&full)?;
    table
        .row("open with 1,000,000 ended", open_full, "ms")
        .limit(open_empty, "ms empty")
        .ratio_is(AtMost(1.5));
    let archive = Archive::new(std::sync::Arc::new(RedbStore::open(&full)?));
    for (name, search) in searches() {
        let took = first_page(&archive, &search)?;
        table
            .row(format!("first page of 1,000,000, {name}"), took, "ms")
            .value_is(AtMost(5.0));
    }
    let begun = Instant::now();
    let verified = archive.verify()?;
    let rate = verified.bytes as f64 / 1e6 / begun.elapsed().as_secs_f64();
    if !verified.is_whole() || verified.instances != INSTANCES {
        return Err(format!("{:?}", verified.damage.first()).into());
    }
    table.row("verify, 1,000,000 instances", rate, "MB/s");
    drop(archive);
    let rate = verify_events(&room.path().join("events.fermata"))?;
    table
        .row("verify, 1,000,000 events", rate, "MB/s")
        .value_is(AtLeast(200.0));
    Ok(())
}

fn searches() -> Vec<(&'static str, Search)> {
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let all = Search::default;
    let moment = |n: u64| Some(Timestamp(n * STEP));
    vec![
        ("all", all()),
        (
            "completed",
            Search {
                status: Some(Status::Completed),
                ..all()
            },
        ),
        (
            "a status that none has",
            Search {
                status: Some(Status::Suspended),
                ..all()
            },
        ),
        (
            "of a workflow",
            Search {
                workflow: Some("work-3".into()),
                ..all()
            },
        ),
        (
            "a rare tag",
            Search {
                tags: vec![tag("rare", "yes")],
                ..all()
            },
        ),
        (
            "a rare tag, failed",
            Search {
                tags: vec![tag("rare", "yes")],
                status: Some(Status::Failed),
                ..all()
            },
        ),
        (
            "ended in a given while",
            Search {
                closed_since: moment(INSTANCES / 3),
                closed_before: moment(INSTANCES / 3 + 1_000),
                ..all()
            },
        ),
        (
            "ids that begin so",
            Search {
                id_prefix: Some("instance-5000".into()),
                ..all()
            },
        ),
    ]
}

fn build(path: &Path) -> Result<(), Box<dyn Error>> {
    let store = RedbStore::create(path)?;
    let output = Payload::encode("done")?;
    for first in (1..=INSTANCES).step_by(COMMIT as usize) {
        let mut batch = Batch::default();
        for key in first..first + COMMIT {
            let id = InstanceId::new(format!("instance-{key}"))?;
            let at = Timestamp(key * STEP);
            let mut summary = InstanceSummary {
                status: match key % 10 {
                    0 => Status::Failed,
                    _ => Status::Completed,
                },
                started_at: at,
                closed_at: Some(at),
                output: Some(output.clone()),
                ..InstanceSummary::new(id, format!("work-{}", key % 10))
            };
            summary.tags.insert("shard".into(), (key % 100).to_string());
            if key % RARE == 0 {
                summary.tags.insert("rare".into(), "yes".into());
            }
            let event = |id: u64| Event {
                id: EventId(id),
                at,
                kind: EventKind::TaskCompleted {
                    scheduled: EventId(id),
                    result: output.clone(),
                },
            };
            batch
                .histories
                .push((InstanceKey(key), vec![event(0), event(1)]));
            batch.summaries.push((InstanceKey(key), summary));
        }
        store.commit(&batch)?;
    }
    let clean = Batch {
        clean: Some(CleanClose::Yes),
        ..Batch::default()
    };
    Ok(store.commit(&clean)?)
}

/// Milliseconds until a store can be used.
fn opening(path: &Path) -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let store = RedbStore::open(path)?;
        store.opening()?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(raw::median(times))
}

/// Milliseconds until the first page is there.
fn first_page(archive: &Archive, search: &Search) -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        archive.search(search, None, PAGE)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(raw::median(times))
}

/// Megabytes per second of a store with a million events of a hundred instances.
fn verify_events(path: &Path) -> Result<f64, Box<dyn Error>> {
    const EVENTS: u64 = 10_000;
    let store = RedbStore::create(path)?;
    let result = Payload::encode(&"x".repeat(98))?;
    for key in 0..100 {
        let id = InstanceId::new(format!("instance-{key}"))?;
        let events = (0..EVENTS).map(|id| Event {
            id: EventId(id),
            at: Timestamp(1_800_000_000_000_000_000 + id * STEP),
            kind: EventKind::TaskCompleted {
                scheduled: EventId(id.saturating_sub(2)),
                result: result.clone(),
            },
        });
        let batch = Batch {
            histories: vec![(InstanceKey(key), events.collect())],
            summaries: vec![(InstanceKey(key), InstanceSummary::new(id, "filler"))],
            ..Batch::default()
        };
        store.commit(&batch)?;
    }
    let mut rates = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        let verified = store.verify()?;
        if !verified.is_whole() || verified.events != 100 * EVENTS {
            return Err("not all could be verified".into());
        }
        rates.push(verified.bytes as f64 / 1e6 / begun.elapsed().as_secs_f64());
    }
    Ok(raw::median(rates))
}
