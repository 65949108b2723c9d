//! What the player's thread lets others read while it plays.

use std::{
    sync::atomic::{
        AtomicBool, AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
    time::Duration,
};

use crate::music::{Nanos, Sent};

/// How well the player keeps time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meters {
    /// Messages sent since the start.
    pub sent: u64,
    /// Those of them that went out more than [`Meters::LATE`] after they were due.
    pub late: u64,
    /// The latest of all.
    pub worst: Duration,
    /// The median lateness of the last 256 messages.
    pub median: Duration,
    /// Keys that are down.
    pub sounding: usize,
    /// Notes and messages handed over that are not over yet.
    pub outstanding: usize,
    /// Messages that a port did not take, and notes refused because the player was full.
    pub lost: u64,
    /// Notes that were left out because they came too late: see [`LatePolicy`](super::LatePolicy).
    pub left_out: u64,
    /// Messages that had to wait because their port takes only so many at a time.
    pub held_back: u64,
    /// How long one of them waited at most.
    pub longest_wait: Duration,
    /// Messages that were played but came too fast for the journal to keep.
    pub unrecorded: u64,
}

impl Meters {
    /// From here on a message counts as late.
    pub const LATE: Duration = Duration::from_millis(1);
}

/// Written by the player's thread, but for `outstanding`, `lost` and `stop`, which the handle
/// writes too.
pub(super) struct Gauges {
    sent: AtomicU64,
    late: AtomicU64,
    worst: AtomicU64,
    recent: [AtomicU32; 256],
    sounding: AtomicUsize,
    outstanding: AtomicUsize,
    lost: AtomicU64,
    left_out: AtomicU64,
    held_back: AtomicU64,
    longest_wait: AtomicU64,
    unrecorded: AtomicU64,
    stop: AtomicBool,
    ended: AtomicBool,
}

impl Gauges {
    pub fn new() -> Self {
        Self {
            sent: AtomicU64::new(0),
            late: AtomicU64::new(0),
            worst: AtomicU64::new(0),
            recent: [const { AtomicU32::new(0) }; 256],
            sounding: AtomicUsize::new(0),
            outstanding: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            held_back: AtomicU64::new(0),
            longest_wait: AtomicU64::new(0),
            unrecorded: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        }
    }

    pub fn sent(&self, message: &Sent) {
        let lateness = late_by(message.sent, message.due);
        let number = self.sent.fetch_add(1, Relaxed);
        let place = number as usize % self.recent.len();
        if let Some(recent) = self.recent.get(place) {
            recent.store(u32::try_from(lateness).unwrap_or(u32::MAX), Relaxed);
        }
        self.worst.fetch_max(lateness, Relaxed);
        if u128::from(lateness) > Meters::LATE.as_nanos() {
            self.late.fetch_add(1, Relaxed);
        }
    }

    pub fn set_sounding(&self, keys: usize) {
        self.sounding.store(keys, Relaxed);
    }

    /// Something is handed over.
    pub fn begun(&self) {
        self.outstanding.fetch_add(1, Relaxed);
    }

    /// Something handed over is over.
    pub fn over(&self) {
        self.outstanding.fetch_sub(1, Release);
    }

    /// What was handed over and is not over.
    pub fn outstanding(&self) -> usize {
        self.outstanding.load(Acquire)
    }

    pub fn lost(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    pub fn left_out(&self) {
        self.left_out.fetch_add(1, Relaxed);
    }

    /// A message had to wait for its port for so long.
    pub fn held_back(&self, wait: Duration) {
        let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        self.held_back.fetch_add(1, Relaxed);
        self.longest_wait.fetch_max(nanos, Relaxed);
    }

    pub fn unrecorded(&self) {
        self.unrecorded.fetch_add(1, Relaxed);
    }

    pub fn stop(&self) {
        self.stop.store(true, Release);
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.load(Acquire)
    }

    /// The player is gone and the journal closed.
    pub fn end(&self) {
        self.ended.store(true, Release);
    }

    pub fn is_ended(&self) -> bool {
        self.ended.load(Acquire)
    }

    pub fn read(&self) -> Meters {
        let sent = self.sent.load(Relaxed);
        let kept = usize::try_from(sent).unwrap_or(usize::MAX);
        let mut recent: Vec<u32> = self
            .recent
            .iter()
            .take(kept)
            .map(|lateness| lateness.load(Relaxed))
            .collect();
        recent.sort_unstable();
        let median = recent.get(recent.len() / 2).copied().unwrap_or(0);
        Meters {
            sent,
            late: self.late.load(Relaxed),
            worst: Duration::from_nanos(self.worst.load(Relaxed)),
            median: Duration::from_nanos(median.into()),
            sounding: self.sounding.load(Relaxed),
            outstanding: self.outstanding(),
            lost: self.lost.load(Relaxed),
            left_out: self.left_out.load(Relaxed),
            held_back: self.held_back.load(Relaxed),
            longest_wait: Duration::from_nanos(self.longest_wait.load(Relaxed)),
            unrecorded: self.unrecorded.load(Relaxed),
        }
    }
}

fn late_by(sent: Nanos, due: Nanos) -> u64 {
    sent.0.saturating_sub(due.0)
}
