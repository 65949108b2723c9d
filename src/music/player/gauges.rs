//! The counters of the player, written by its thread and read by others.

use std::{
    sync::atomic::{
        AtomicBool, AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
    time::Duration,
};

use crate::music::{Nanos, Sent};

/// Timing statistics of the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meters {
    /// Messages sent since the start.
    pub sent: u64,
    /// Messages that were sent more than [`Meters::LATE`] after they were due.
    pub late: u64,
    /// The greatest lateness.
    pub worst: Duration,
    /// The median lateness of the last 256 messages.
    pub median: Duration,
    /// Keys that are down.
    pub sounding: usize,
    /// Pending notes and messages.
    pub outstanding: usize,
    /// Messages that a port refused, and notes refused because the player was full.
    pub lost: u64,
    /// Notes that were dropped because they were too late: see [`LatePolicy`](super::LatePolicy).
    pub left_out: u64,
    /// Messages that waited because of the rate limit of their port.
    pub held_back: u64,
    /// The longest of these waits.
    pub longest_wait: Duration,
    /// Messages that were played, but were too many for the journal.
    pub unrecorded: u64,
}

impl Meters {
    /// Messages later than this count as late.
    pub const LATE: Duration = Duration::from_millis(1);
}

/// Written by the player's thread; `outstanding`, `lost` and `stop` also by the handles.
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

    /// A note or message was accepted.
    pub fn accepted(&self) {
        self.outstanding.fetch_add(1, Relaxed);
    }

    /// An accepted note or message is finished.
    pub fn finished(&self) {
        self.outstanding.fetch_sub(1, Release);
    }

    /// The number of accepted notes and messages that are not finished.
    pub fn outstanding(&self) -> usize {
        self.outstanding.load(Acquire)
    }

    pub fn lost(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    pub fn dropped(&self) {
        self.left_out.fetch_add(1, Relaxed);
    }

    /// A message waited that long for its port.
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

    /// The player has ended and the journal is closed.
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
