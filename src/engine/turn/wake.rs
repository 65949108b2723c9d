//! Who wakes a workflow: only its own history may.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::Wake,
};

/// Told when a workflow is woken from outside.
pub(in crate::engine) type Alarm = Arc<dyn Fn() + Send + Sync>;

const IN_TURN: u8 = 1;
const WOKEN: u8 = 2;

/// Notes the wakes of one run.
pub(super) struct Wakes {
    flags: AtomicU8,
    alarm: Option<Alarm>,
}

impl Wakes {
    pub fn new(alarm: Option<Alarm>) -> Arc<Self> {
        Arc::new(Self {
            flags: AtomicU8::new(0),
            alarm,
        })
    }

    /// A turn begins: wakes come from the history until it ends.
    pub fn begin_turn(&self) {
        self.flags.store(IN_TURN, Ordering::Release);
    }

    pub fn end_turn(&self) {
        self.flags.store(0, Ordering::Release);
    }

    /// Whether the workflow was woken since this was last asked.
    pub fn take(&self) -> bool {
        self.flags.swap(IN_TURN, Ordering::AcqRel) & WOKEN != 0
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = self.flags.fetch_or(WOKEN, Ordering::AcqRel);
        if before & IN_TURN == 0
            && let Some(alarm) = &self.alarm
        {
            alarm();
        }
    }
}
