//! Metrics of an engine, readable from any thread.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{ClockJump, InstanceId, ScheduleName, ScheduleProblem, StoreError, Trouble};

/// Metrics of an engine since it was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// Handled requests and deadlines.
    pub turns: u64,
    /// Commits.
    pub commits: u64,
    /// Committed events.
    pub events: u64,
    /// Durations of commits.
    pub commit_time: Histogram,
    /// Duration of the last commit; zero before the first.
    pub last_commit: Duration,
    /// Started activity attempts.
    pub activities: u64,
    /// Activity attempts in flight.
    pub in_flight: u64,
    /// Activities that wait for a slot.
    pub waiting: u64,
    /// Queued requests.
    pub queue: u64,
    /// Open instances in memory.
    pub open: u64,
    /// How many times workflow code took 100 ms or longer to return.
    pub slow_turns: u64,
    /// The slowest of them and its instance.
    pub slowest_turn: Option<(InstanceId, Duration)>,
    /// How many times the wall clock was set or the machine slept, by more than two seconds.
    pub clock_jumps: u64,
    /// The last clock jump.
    pub last_clock_jump: Option<ClockJump>,
    /// Due times of schedules at which a run could not start.
    pub schedule_failures: u64,
}

/// A histogram of durations with a bucket for each power of two of microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    /// Bucket n counts durations below 2ⁿ µs and not below half of that.
    pub counts: [u64; BUCKETS],
}

const BUCKETS: usize = 32;

impl Histogram {
    /// The duration that the given fraction (0 to 1) did not exceed: the upper bound of its bucket,
    /// so up to twice too long. Zero if the histogram is empty.
    pub fn quantile(&self, part: f64) -> Duration {
        let total: u64 = self.counts.iter().sum();
        let mut left = (total as f64 * part).ceil() as u64;
        for (place, count) in self.counts.iter().enumerate() {
            if *count >= left && left > 0 {
                return Duration::from_micros(1 << place);
            }
            left = left.saturating_sub(*count);
        }
        Duration::ZERO
    }
}

/// The values behind [`Metrics`].
#[derive(Default)]
pub(super) struct Gauges {
    pub turns: AtomicU64,
    pub commits: AtomicU64,
    pub events: AtomicU64,
    pub activities: AtomicU64,
    pub in_flight: AtomicU64,
    pub waiting: AtomicU64,
    pub queue: AtomicU64,
    pub open: AtomicU64,
    pub schedule_failures: AtomicU64,
    clock_jumps: AtomicU64,
    last_clock_jump: Mutex<Option<ClockJump>>,
    schedule_problems: Mutex<BTreeMap<ScheduleName, ScheduleProblem>>,
    commit_time: [AtomicU64; BUCKETS],
    last_commit: AtomicU64,
    trouble: Mutex<Option<StoreError>>,
    /// Notified when the store cannot be written.
    store_failed: Notify,
    damage: Mutex<Vec<String>>,
    turns_now: Mutex<Turns>,
}

/// Running workflow code, and the slowest turn so far.
#[derive(Default)]
struct Turns {
    /// One entry per thread.
    running: Vec<(ThreadId, InstanceId, Instant)>,
    slow: u64,
    slowest: Option<(InstanceId, Duration)>,
}

/// The duration from which a turn counts as slow.
const SLOW: Duration = Duration::from_millis(100);

/// The duration from which workflow code counts as blocked: the engine continues without its
/// instance.
pub(super) const BLOCKED: Duration = Duration::from_millis(250);

impl Gauges {
    pub fn committed(&self, took: Duration, events: usize) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = (u64::BITS - micros.leading_zeros()) as usize;
        self.commit_time[bucket.min(BUCKETS - 1)].fetch_add(1, Relaxed);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.last_commit.store(nanos, Relaxed);
        self.commits.fetch_add(1, Relaxed);
        self.events.fetch_add(events as u64, Relaxed);
    }

    /// The current problem, if any.
    pub fn trouble(&self) -> Option<Trouble> {
        if let Some(error) = lock(&self.trouble).clone() {
            return Some(Trouble::Store(error));
        }
        let turns = lock(&self.turns_now);
        let longest = turns.running.iter().min_by_key(|(.., begun)| *begun);
        let (_, instance, begun) = longest?;
        let since = begun.elapsed();
        let instance = instance.clone();
        (since >= BLOCKED).then_some(Trouble::Blocked { instance, since })
    }

    /// Called before the code of an instance runs.
    pub fn turn_started(&self, id: &InstanceId) {
        let turn = (thread::current().id(), id.clone(), Instant::now());
        lock(&self.turns_now).running.push(turn);
    }

    /// Called after the code has returned.
    pub fn turn_ended(&self) {
        let me = thread::current().id();
        let mut turns = lock(&self.turns_now);
        let mine = turns.running.iter().position(|(thread, ..)| *thread == me);
        let Some((_, id, begun)) = mine.map(|place| turns.running.swap_remove(place)) else {
            return;
        };
        let took = begun.elapsed();
        if took >= SLOW {
            turns.slow += 1;
            if turns.slowest.as_ref().is_none_or(|(_, most)| took > *most) {
                turns.slowest = Some((id, took));
            }
        }
    }

    pub fn record_damage(&self, what: String) {
        lock(&self.damage).push(what);
    }

    pub fn damage(&self) -> Vec<String> {
        lock(&self.damage).clone()
    }

    /// Waits until the store cannot be written.
    pub async fn store_failure(&self) -> StoreError {
        loop {
            let mut failed = std::pin::pin!(self.store_failed.notified());
            // From here on no failure is missed.
            failed.as_mut().enable();
            if let Some(error) = lock(&self.trouble).clone() {
                return error;
            }
            failed.await;
        }
    }

    pub fn set_trouble(&self, error: Option<StoreError>) {
        let is_new = error.is_some();
        *lock(&self.trouble) = error;
        if is_new {
            self.store_failed.notify_waiters();
        }
    }

    pub fn clock_jumped(&self, jump: ClockJump) {
        self.clock_jumps.fetch_add(1, Relaxed);
        *lock(&self.last_clock_jump) = Some(jump);
    }

    /// The schedules whose last run could not start.
    pub fn schedule_problems(&self) -> Vec<(ScheduleName, ScheduleProblem)> {
        let problems = lock(&self.schedule_problems);
        let pair =
            |(name, problem): (&ScheduleName, &ScheduleProblem)| (name.clone(), problem.clone());
        problems.iter().map(pair).collect()
    }

    pub fn set_schedule_problem(&self, name: &ScheduleName, problem: Option<&ScheduleProblem>) {
        let mut problems = lock(&self.schedule_problems);
        match problem {
            Some(problem) => problems.insert(name.clone(), problem.clone()),
            None => problems.remove(name),
        };
    }

    pub fn read(&self) -> Metrics {
        let turns = lock(&self.turns_now);
        Metrics {
            slow_turns: turns.slow,
            slowest_turn: turns.slowest.clone(),
            turns: self.turns.load(Relaxed),
            commits: self.commits.load(Relaxed),
            events: self.events.load(Relaxed),
            commit_time: Histogram {
                counts: std::array::from_fn(|place| self.commit_time[place].load(Relaxed)),
            },
            last_commit: Duration::from_nanos(self.last_commit.load(Relaxed)),
            activities: self.activities.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            waiting: self.waiting.load(Relaxed),
            queue: self.queue.load(Relaxed),
            open: self.open.load(Relaxed),
            clock_jumps: self.clock_jumps.load(Relaxed),
            last_clock_jump: *lock(&self.last_clock_jump),
            schedule_failures: self.schedule_failures.load(Relaxed),
        }
    }
}

/// No operation under these locks can leave the state inconsistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_upper_end_of_its_bucket() {
        let gauges = Gauges::default();
        for micros in [100, 100, 100, 3_000] {
            gauges.committed(Duration::from_micros(micros), 2);
        }
        let metrics = gauges.read();
        assert_eq!((metrics.commits, metrics.events), (4, 8));
        assert_eq!(
            metrics.commit_time.quantile(0.5),
            Duration::from_micros(128)
        );
        assert_eq!(
            metrics.commit_time.quantile(1.0),
            Duration::from_micros(4_096)
        );
        assert_eq!(Histogram::default().quantile(0.5), Duration::ZERO);
    }
}
