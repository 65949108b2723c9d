//! How much memory an instance takes that waits.
//!
//! Counted are the bytes that are allocated and not given back, by an allocator that counts. The
//! store forgets everything, since the cache of a real one has a limit of its own and is no part of
//! an instance.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed},
    },
};

use fermata::engine::{
    Batch, CleanClose, EachOpen, Event, EventId, InstanceId, InstanceKey, InstanceSummary, Opening,
    Store, StoreError,
};
use tokio::runtime::Runtime;

use crate::{
    rig,
    table::{Requirement::AtMost, Table},
};

pub fn measure(runtime: &Runtime, table: &mut Table) -> Result<(), Box<dyn Error>> {
    runtime.block_on(async {
        let engine = rig::engine_on(Arc::new(Forgetful))?;
        COUNTS.store(true, Relaxed);
        let mut more = async |instances: u32, name: &str| {
            let before = LIVE.load(Relaxed);
            rig::start_waiting(&engine, instances, 0).await?;
            let bytes = (LIVE.load(Relaxed) - before) as f64 / f64::from(instances);
            table
                .row(name, bytes / 1024.0, "KiB each")
                .value_is(AtMost(4.0));
            Ok::<_, Box<dyn Error>>(())
        };
        more(10_000, "memory of 10,000 idle instances").await?;
        more(100_000, "memory of 100,000 more").await?;
        COUNTS.store(false, Relaxed);
        engine.stop().await;
        Ok(())
    })
}

/// The system's allocator, which counts while it is asked to.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicIsize = AtomicIsize::new(0);

static MOST: AtomicIsize = AtomicIsize::new(0);

fn count(bytes: isize) {
    if COUNTS.load(Relaxed) {
        let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
        MOST.fetch_max(live, Relaxed);
    }
}

/// How many bytes more than at the beginning there are at any time while something is done.
pub async fn most_of<T>(work: impl Future<Output = T>) -> (f64, T) {
    LIVE.store(0, Relaxed);
    MOST.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
    let done = work.await;
    COUNTS.store(false, Relaxed);
    (MOST.load(Relaxed) as f64, done)
}

// SAFETY: every call goes on to the system's allocator as it came; counting allocates nothing. A
// layout is never longer than `isize::MAX`, so the sizes fit.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: `at` came from the system's allocator, with this layout.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: `at` came from the system's allocator, with this layout.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// A store that keeps nothing.
pub struct Forgetful;

impl Store for Forgetful {
    fn commit(&self, _batch: &Batch) -> Result<(), StoreError> {
        Ok(())
    }

    fn opening(&self) -> Result<Opening, StoreError> {
        Ok(Opening {
            next_key: InstanceKey(0),
            closed: CleanClose::Yes,
            schedules: Vec::new(),
            outbox: Vec::new(),
            damaged: Vec::new(),
        })
    }

    fn find(&self, _id: &InstanceId) -> Result<Option<InstanceKey>, StoreError> {
        Ok(None)
    }

    fn runs(&self, _id: &InstanceId) -> Result<Vec<InstanceKey>, StoreError> {
        Ok(Vec::new())
    }

    fn summary(&self, _key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError> {
        Ok(None)
    }

    fn page(
        &self,
        _before: Option<InstanceKey>,
        _most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        Ok(Vec::new())
    }

    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        Ok(Vec::new())
    }

    fn each_open(&self, _each: EachOpen<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn history(&self, _key: InstanceKey, _from: EventId) -> Result<Vec<Event>, StoreError> {
        Ok(Vec::new())
    }

    fn relations(&self, _key: InstanceKey) -> Result<Vec<InstanceKey>, StoreError> {
        Ok(Vec::new())
    }
}
