//! What is due, and what starts.

use std::time::Duration;

use super::{Missed, Overlap, Previous, Schedule};
use crate::engine::{InstanceId, ScheduleProblem, Timestamp};

impl Schedule {
    /// When [`turn`](Schedule::turn) has to be called next, unless something else happens before;
    /// `None`: not by the clock, since it is paused or not due any more.
    pub fn due(&self) -> Option<Timestamp> {
        let over = self.next == Self::NEVER || self.is_over(self.next);
        (!self.paused && !over).then(|| self.next + self.delay(self.next))
    }

    fn is_over(&self, due: Timestamp) -> bool {
        self.until.is_some_and(|until| due > until)
    }

    /// Which runs start now, each with the time it was due, oldest first.
    ///
    /// To be called when the schedule is [due](Schedule::due), when the run before has ended, and
    /// when the schedule is no longer paused; at another moment nothing starts and nothing changes.
    /// The caller notes the new runs with [`has_started`](Schedule::has_started) and stores the
    /// schedule together with them.
    ///
    /// Of times that passed unnoticed those that its [`CatchUp`](super::CatchUp) allows count, the newest of them:
    /// one with [`Overlap::Skip`]; two with [`Overlap::BufferOne`], the second of which waits;
    /// [`MAX_AT_ONCE`](Schedule::MAX_AT_ONCE) with [`Overlap::Allow`]. The others are left out. No
    /// time is given twice, whatever the moments of the calls.
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

    /// The due times that waited for the end of the run before. A store written earlier says only
    /// that there was one.
    fn take_waiting(&mut self, now: Timestamp) -> Vec<Timestamp> {
        let mut waiting = std::mem::take(&mut self.waiting);
        if self.buffered && waiting.is_empty() {
            waiting.push(self.times.last_before(self.next).unwrap_or(now));
        }
        waiting
    }

    /// The newest times that have come and are not too old; the next one is then due later.
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
        // One more than wanted: the newest may still be delayed.
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

    /// A run has started that was due at `due`, while those of `open` had not ended.
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

    /// This schedule in the place of another one of the same name, set at `now`.
    ///
    /// It has the same runs behind it, and if the one before was paused, it is too. With the same
    /// times it is due when the other one was; with other times it begins at `now`.
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

    /// The wall clock may have been set back. If the next time is then more than one interval ahead,
    /// it becomes one interval after `now`.
    ///
    /// With a cron expression a clock that was set back shows times again that have already been
    /// due. Those of the last three hours, and of the time between two runs if that is less, are not
    /// given again; if it was set back by more, the schedule goes on at the first time after `now`.
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

    /// The next due times, if nothing changes.
    pub(super) fn upcoming(&self, most: usize) -> Vec<Timestamp> {
        let first = (self.next != Self::NEVER).then_some(self.next);
        std::iter::successors(first, |time| self.times.next_after(*time))
            .take_while(|due| !self.is_over(*due))
            .take(most)
            .collect()
    }

    /// The due times from one moment to another, both included: at most `most`, from the oldest on.
    pub fn between(&self, from: Timestamp, to: Timestamp, most: usize) -> Vec<Timestamp> {
        let to = self.until.map_or(to, |until| until.min(to));
        self.times.oldest(self.next, from, to, most)
    }
}

fn before(moment: Timestamp, by: Duration) -> Timestamp {
    let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
    Timestamp(moment.0.saturating_sub(by))
}
