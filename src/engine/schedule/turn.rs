//! Computes due runs.

use std::time::Duration;

use super::{Missed, Overlap, Previous, Schedule};
use crate::engine::{InstanceId, ScheduleProblem, Timestamp};

impl Schedule {
    /// When [`turn`](Schedule::turn) must be called next; `None` if it is paused or never due
    /// again.
    pub fn due(&self) -> Option<Timestamp> {
        let over = self.next == Self::NEVER || self.is_over(self.next);
        (!self.paused && !over).then(|| self.next + self.delay(self.next))
    }

    fn is_over(&self, due: Timestamp) -> bool {
        self.until.is_some_and(|until| due > until)
    }

    /// The due times of the runs to start now, oldest first.
    ///
    /// Call this when the schedule is [due](Schedule::due), when a previous run has closed, and
    /// when the schedule was unpaused; at other times it returns nothing. The caller reports new
    /// runs with [`has_started`](Schedule::has_started) and stores the schedule together with them.
    ///
    /// Of the missed due times that its [`CatchUp`](super::CatchUp) allows, the newest count: one
    /// with [`Overlap::Skip`]; two with [`Overlap::BufferOne`], the second of which is buffered;
    /// [`MAX_AT_ONCE`](Schedule::MAX_AT_ONCE) with [`Overlap::Allow`]. The others are skipped. No
    /// due time is returned twice.
    pub fn turn(&mut self, now: Timestamp, previous: Previous) -> Vec<Timestamp> {
        if self.paused {
            return Vec::new();
        }
        let quota = self.overlap.quota(previous);
        let mut starts = self.take_waiting(now);
        starts.extend(self.passed(now, quota.passed));
        if self.overlap.prefers_the_newest() {
            starts.drain(..starts.len().saturating_sub(1));
        }
        let mut rest = starts.split_off(quota.starts.min(starts.len()));
        rest.drain(..rest.len().saturating_sub(quota.waits));
        self.buffered = !rest.is_empty();
        self.waiting = rest;
        starts
    }

    /// Takes the buffered due times. Stores of earlier versions contain only a flag.
    fn take_waiting(&mut self, now: Timestamp) -> Vec<Timestamp> {
        let mut waiting = std::mem::take(&mut self.waiting);
        if self.buffered && waiting.is_empty() {
            waiting.push(self.times.last_before(self.next).unwrap_or(now));
        }
        waiting
    }

    /// Takes the newest passed due times that are not too old, and advances the next due time.
    fn passed(&mut self, now: Timestamp, most: usize) -> Vec<Timestamp> {
        if self.next == Self::NEVER || now < self.next + self.delay(self.next) {
            return Vec::new();
        }
        let most = match self.missed {
            Missed::All => most,
            Missed::Newest => most.min(1),
        };
        let window = self.catch_up.max(Self::GRACE);
        let oldest = before(now, window);
        let from = before(oldest, self.jitter);
        // One more than needed: the newest may still be delayed by jitter.
        let mut times = self.times.newest(self.next, from, now, most + 1);
        let delayed = times.last().filter(|due| **due + self.delay(**due) > now);
        let next = match delayed.copied() {
            Some(delayed) => {
                times.pop();
                Some(delayed)
            }
            None => self.times.first_after(self.next, now),
        };
        self.next = next.unwrap_or(Self::NEVER);
        times.retain(|due| *due + self.delay(*due) >= oldest && !self.is_over(*due));
        times.drain(..times.len().saturating_sub(most));
        times
    }

    /// A run that was due at `due` has started; `open` are previous runs that were open.
    pub fn has_started(&mut self, run: InstanceId, due: Timestamp, open: Vec<InstanceId>) {
        self.also_open = match self.overlap {
            Overlap::Allow => Vec::new(),
            _ => open,
        };
        self.last = Some(run);
        self.last_due = Some(due);
        self.problem = None;
    }

    /// A run could not start at `now`.
    pub fn has_failed(&mut self, text: String, now: Timestamp) {
        let before = self.problem.as_ref().map_or(0, |problem| problem.times);
        self.problem = Some(ScheduleProblem {
            text,
            at: now,
            times: before.saturating_add(1),
        });
    }

    /// Replaces a schedule of the same name at `now`.
    ///
    /// It keeps the previous runs and the paused state. With the same due times it also keeps the
    /// next one; with others it starts at `now`.
    pub fn replacing(mut self, before: &Schedule, now: Timestamp) -> Self {
        self.last.clone_from(&before.last);
        self.last_due = before.last_due;
        self.also_open.clone_from(&before.also_open);
        self.problem.clone_from(&before.problem);
        self.paused |= before.paused;
        if self.times != before.times || before.next == Self::NEVER {
            return self.starting_at(now);
        }
        self.next = before.next;
        self.buffered = before.buffered;
        self.waiting.clone_from(&before.waiting);
        self.wall_clock_shows(now);
        self
    }

    /// Adapts to a wall clock that was set back: if the next due time is more than one interval
    /// ahead, it becomes one interval after `now`.
    ///
    /// With a cron expression, a clock that was set back repeats due times. Those of the last three
    /// hours, or of one interval if that is less, do not start runs again; if the clock was set
    /// back further, the schedule continues at the first due time after `now`.
    pub fn wall_clock_shows(&mut self, now: Timestamp) {
        const REPEATED: Duration = Duration::from_secs(3 * 3600);
        let Some(last) = self.times.last_before(self.next) else {
            return;
        };
        if self.next == Self::NEVER || last <= now {
            return;
        }
        let gap = self.next.since(last);
        let every = matches!(self.times, super::Times::Every(_));
        if every || last.since(now) > gap.min(REPEATED) {
            self.next = self.times.next_after(now).unwrap_or(Self::NEVER);
        }
    }

    /// The next due times.
    pub(super) fn upcoming(&self, most: usize) -> Vec<Timestamp> {
        let first = (self.next != Self::NEVER).then_some(self.next);
        std::iter::successors(first, |time| self.times.next_after(*time))
            .take_while(|due| !self.is_over(*due))
            .take(most)
            .collect()
    }

    /// The due times in a range, both ends included: at most `most`, the oldest.
    pub fn between(&self, from: Timestamp, to: Timestamp, most: usize) -> Vec<Timestamp> {
        let to = self.until.map_or(to, |until| until.min(to));
        self.times.oldest(self.next, from, to, most)
    }
}

fn before(moment: Timestamp, by: Duration) -> Timestamp {
    let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
    Timestamp(moment.0.saturating_sub(by))
}
