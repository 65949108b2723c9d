//! Detects wakes of a workflow from outside its history.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::Wake,
};

/// Called when a workflow is woken from outside its context.
pub(in crate::engine) type OnForeignWake = Arc<dyn Fn() + Send + Sync>;

const IN_TURN: u8 = 1;
const WOKEN: u8 = 2;

/// Records the wakes of one run.
pub(super) struct WakeFlags {
    flags: AtomicU8,
    on_foreign_wake: Option<OnForeignWake>,
}

impl WakeFlags {
    pub fn new(on_foreign_wake: Option<OnForeignWake>) -> Arc<Self> {
        Arc::new(Self {
            flags: AtomicU8::new(0),
            on_foreign_wake,
        })
    }

    /// Starts a turn: wakes during a turn are expected.
    pub fn begin_turn(&self) {
        self.flags.store(IN_TURN, Ordering::Release);
    }

    pub fn end_turn(&self) {
        self.flags.store(0, Ordering::Release);
    }

    /// Takes whether the workflow was woken since the last call.
    pub fn take(&self) -> bool {
        self.flags.swap(IN_TURN, Ordering::AcqRel) & WOKEN != 0
    }
}

impl Wake for WakeFlags {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = self.flags.fetch_or(WOKEN, Ordering::AcqRel);
        if before & IN_TURN == 0
            && let Some(on_foreign_wake) = &self.on_foreign_wake
        {
            on_foreign_wake();
        }
    }
}
