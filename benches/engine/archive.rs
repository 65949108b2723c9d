//! A store with a million instances that have ended: how soon it is open, how soon a page of it is
//! there, how fast it is verified, whom a purge delays.

use std::{
    error::Error,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
    time::Instant,
};

use fermata::engine::{
    Archive, Batch, Event, EventId, EventKind, InstanceId, InstanceKey, InstanceSummary, Payload,
    RedbStore, Search, Status, Store, Timestamp,
};
use tokio::runtime::Runtime;

use crate::{
    ended::{self, INSTANCES, STEP},
    purge, raw,
    table::{
        Requirement::{AtLeast, AtMost},
        Table,
    },
};

const ROUNDS: usize = 9;
const PAGE: usize = 50;

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let room = raw::room()?;
    let empty = room.path().join("empty.fermata");
    let full = room.path().join("full.fermata");
    drop(RedbStore::create(&empty)?);
    ended::build(&full)?;
    let open_empty = opening(&empty)?;
    let open_full = opening(&full)?;
    table
        .row("open with 1,000,000 ended", open_full, "ms")
        .limit(open_empty, "ms empty")
        .ratio_is(AtMost(1.5));
    let reads = page_reads(&full)?;
    for (name, search) in searches() {
        let took = first_page(&full, &search)?;
        table
            .row(format!("first page of 1,000,000, {name}"), took, "ms")
            .limit(reads, "ms, 50 reads of 4 KiB")
            .value_is(AtMost(5.0));
    }
    verify_instances(&full, table)?;
    verify_events(&room.path().join("events.fermata"), table)?;
    purge::measure(runtime, &full, table)
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
            "closed in the first half",
            Search {
                closed_before: moment(INSTANCES / 2),
                ..all()
            },
        ),
        (
            "started in a given while",
            Search {
                since: moment(INSTANCES / 3),
                before: moment(INSTANCES / 3 + 1_000),
                ..all()
            },
        ),
        (
            "the first hundred",
            Search {
                before: moment(101),
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

/// Milliseconds until a store can be used.
fn opening(path: &Path) -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let store = RedbStore::open(path)?;
        store.opening()?;
        store.open_instances()?;
        times.push(millis(begun));
    }
    Ok(raw::median(times))
}

/// Milliseconds until the first page is there, from a store that was just opened.
fn first_page(path: &Path, search: &Search) -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let archive = Archive::new(Arc::new(RedbStore::open(path)?));
        let begun = Instant::now();
        archive.search(search, None, PAGE)?;
        times.push(millis(begun));
    }
    Ok(raw::median(times))
}

/// Milliseconds of as many reads from all over the file as there are instances on a page.
fn page_reads(path: &Path) -> Result<f64, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let step = file.metadata()?.len() / (PAGE as u64 + 1);
    let mut block = [0; 4096];
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for place in 0..PAGE as u64 {
            file.seek(SeekFrom::Start(place * step))?;
            file.read_exact(&mut block)?;
        }
        times.push(millis(begun));
    }
    Ok(raw::median(times))
}

/// Megabytes per second at which a file is read from its beginning to its end.
fn file_reads(path: &Path) -> Result<f64, Box<dyn Error>> {
    let mut block = vec![0; 1 << 20];
    let mut rates = Vec::new();
    for _ in 0..3 {
        let mut file = File::open(path)?;
        let (begun, mut bytes) = (Instant::now(), 0);
        loop {
            match file.read(&mut block)? {
                0 => break,
                read => bytes += read,
            }
        }
        rates.push(bytes as f64 / 1e6 / begun.elapsed().as_secs_f64());
    }
    Ok(raw::median(rates))
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

/// How fast a store is verified that has many instances with hardly any events.
fn verify_instances(path: &Path, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let store = RedbStore::open(path)?;
    let begun = Instant::now();
    let verified = store.verify()?;
    let rate = verified.bytes as f64 / 1e6 / begun.elapsed().as_secs_f64();
    if !verified.is_whole() || verified.instances != INSTANCES {
        return Err(format!("{:?}", verified.damage.first()).into());
    }
    table
        .row("verify, 1,000,000 instances", rate, "MB/s")
        .limit(file_reads(path)?, "MB/s of the file read");
    Ok(())
}

/// The same of a store with a million events of a hundred instances.
fn verify_events(path: &Path, table: &mut Table) -> Result<(), Box<dyn Error>> {
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
    table
        .row("verify, 1,000,000 events", raw::median(rates), "MB/s")
        .limit(file_reads(path)?, "MB/s of the file read")
        .value_is(AtLeast(200.0));
    Ok(())
}
