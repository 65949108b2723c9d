//! What it costs that events are in MessagePack, and that all that is kept has checksums.

use std::{error::Error, hint::black_box, time::Instant};

use fermata::engine::{EventId, EventKind, Payload};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use twox_hash::XxHash3_64;

use crate::{raw, table::Table};

const TIMES: u32 = 20_000;
const ROUNDS: usize = 15;
const PAYLOAD: usize = 98;

/// An event as the format before had it, in postcard: the number of the variant, the values.
#[derive(Serialize, Deserialize)]
enum Old {
    #[allow(dead_code)]
    Started,
    Completed {
        scheduled: u64,
        result: Vec<u8>,
    },
}

pub fn measure(_runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let result = Payload::encode(&"x".repeat(PAYLOAD))?;
    let event = EventKind::TaskCompleted {
        scheduled: EventId(1_000),
        result,
    };
    let old = Old::Completed {
        scheduled: 1_000,
        result: rmp_serde::to_vec(&"x".repeat(PAYLOAD))?,
    };
    let (ours, theirs) = (rmp_serde::to_vec(&event)?, postcard::to_stdvec(&old)?);
    table
        .row("event in MessagePack", ours.len() as f64, "bytes")
        .limit(theirs.len() as f64, "bytes in postcard");
    let mut bytes = Vec::with_capacity(256);
    let written = nanos(|| {
        bytes.clear();
        rmp_serde::encode::write(&mut bytes, black_box(&event)).is_ok()
    });
    let old_written = nanos(|| postcard::to_slice(black_box(&old), &mut [0; 256]).is_ok());
    table
        .row("event to MessagePack", written, "ns")
        .limit(old_written, "ns to postcard");
    let read = nanos(|| rmp_serde::from_slice::<EventKind>(black_box(&ours)).is_ok());
    let old_read = nanos(|| postcard::from_bytes::<Old>(black_box(&theirs)).is_ok());
    table
        .row("event from MessagePack", read, "ns")
        .limit(old_read, "ns from postcard");
    checksums(table, ours.len());
    Ok(())
}

/// A row has eight bytes of checksum, whether it has one event or is full.
fn checksums(table: &mut Table, event: usize) {
    const CHECKSUM: f64 = 8.0;
    const FULL: usize = 4_064;
    let row = vec![7; FULL];
    let alone = nanos(|| hash(black_box(&row[..event])));
    let events = (FULL / event) as f64;
    let full = nanos(|| hash(black_box(&row)));
    table.row("checksum of an event alone", CHECKSUM, "bytes");
    table.row("checksum of an event alone, time", alone, "ns");
    table.row(
        "checksum of an event in a full row",
        CHECKSUM / events,
        "bytes",
    );
    table.row(
        "checksum of an event in a full row, time",
        full / events,
        "ns",
    );
    page(table);
}

/// A page is hashed when it is written, and when it is read from the file and not from the cache.
fn page(table: &mut Table) {
    const PAGE: usize = 4_096;
    let page = vec![7; PAGE];
    let mut copy = vec![0; PAGE];
    let hashed = nanos(|| XxHash3_64::oneshot(black_box(&page)) != 0);
    let copied = nanos(|| {
        copy.copy_from_slice(black_box(&page));
        black_box(&copy)[0] == 7
    });
    table
        .row("checksum of a page", hashed, "ns")
        .limit(copied, "ns to copy it");
}

/// As a row is hashed: with its place as the seed.
fn hash(row: &[u8]) -> bool {
    XxHash3_64::oneshot_with_seed(XxHash3_64::oneshot(black_box(&[1; 24])), row) != 0
}

/// Nanoseconds that something takes.
fn nanos(mut act: impl FnMut() -> bool) -> f64 {
    raw::median((0..ROUNDS).map(|_| {
        let begun = Instant::now();
        for _ in 0..TIMES {
            assert!(black_box(act()));
        }
        begun.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES)
    }))
}
