//! Peak memory and work of a case, in allocated bytes.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
    static MOST: Cell<i64> = const { Cell::new(0) };
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn taken(bytes: usize) {
    // While a thread ends its counters are gone, and nobody counts any more.
    let _ = NOW.try_with(|now| {
        now.set(now.get() + bytes as i64);
        MOST.set(MOST.get().max(now.get()));
        ASKED.set(ASKED.get() + bytes as u64);
    });
}

fn given_back(bytes: usize) {
    let _ = NOW.try_with(|now| now.set(now.get() - bytes as i64));
}

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        // SAFETY: the caller keeps to the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        given_back(layout.size());
        // SAFETY: the caller keeps to the same contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// The memory of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// The peak of allocated bytes, relative to the start.
    pub most: i64,
    /// The total of allocated bytes.
    pub asked: u64,
}

/// Runs something on this thread and measures its memory.
pub fn measured<T>(act: impl FnOnce() -> T) -> (T, Taken) {
    let (before, asked) = (NOW.get(), ASKED.get());
    MOST.set(before);
    let result = act();
    let taken = Taken {
        most: MOST.get() - before,
        asked: ASKED.get() - asked,
    };
    (result, taken)
}
