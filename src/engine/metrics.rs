//! What an engine tells of itself, to be read from any thread.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use super::{ClockJump, InstanceId, ScheduleName, ScheduleProblem, StoreError, Trouble};

/// Figures of one engine since it was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// Requests and deadlines that were handled.
    pub turns: u64,
    /// Commits.
    pub commits: u64,
    /// Events that were committed.
    pub events: u64,
    /// How long the commits took.
    pub commit_time: Histogram,
    /// How long the last commit took; zero before the first.
    pub last_commit: Duration,
    /// Attempts of activities that were started.
    pub activities: u64,
    /// Attempts under way.
    pub in_flight: u64,
    /// Activities that wait for a free place.
    pub waiting: u64,
    /// Requests that wait for the engine's thread.
    pub queue: u64,
    /// Open instances in memory.
    pub open: u64,
    /// How many times the code of a workflow took 100 ms or longer without returning.
    pub slow_turns: u64,
    /// The longest of them, and whose code it was.
    pub slowest_turn: Option<(InstanceId, Duration)>,
    /// How often the wall clock was set, or the machine slept, by more than two seconds.
    pub clock_jumps: u64,
    /// The last time: by how much.
    pub last_clock_jump: Option<ClockJump>,
    /// Due times of schedules at which no run could start.
    pub schedule_failures: u64,
}

/// How often something took how long: one count for each power of two of microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    /// Place n counts what took less than 2ⁿ µs and not less than half of that.
    pub counts: [u64; BUCKETS],
}

const BUCKETS: usize = 32;

impl Histogram {
    /// A time that the given part (0 to 1) of what was counted did not exceed: the upper end of its
    /// bucket, so up to twice too long. Zero if nothing was counted.
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

/// The same, being written.
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
    damage: Mutex<Vec<String>>,
    turns_now: Mutex<Turns>,
}

/// The workflow code that runs at this moment, and the slowest so far.
#[derive(Default)]
struct Turns {
    /// One for each thread.
    running: Vec<(ThreadId, InstanceId, Instant)>,
    slow: u64,
    slowest: Option<(InstanceId, Duration)>,
}

/// A turn that takes longer than this is slow.
const SLOW: Duration = Duration::from_millis(100);

/// Code that has not returned for this long is blocked: the engine goes on without its instance.
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

    /// What is wrong at this moment.
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

    /// The code of an instance begins to run.
    pub fn turn_begins(&self, id: &InstanceId) {
        let turn = (thread::current().id(), id.clone(), Instant::now());
        lock(&self.turns_now).running.push(turn);
    }

    /// It has returned.
    pub fn turn_ends(&self) {
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

    pub fn note_damage(&self, what: String) {
        lock(&self.damage).push(what);
    }

    pub fn damage(&self) -> Vec<String> {
        lock(&self.damage).clone()
    }

    pub fn set_trouble(&self, error: Option<StoreError>) {
        *lock(&self.trouble) = error;
    }

    pub fn clock_jumped(&self, jump: ClockJump) {
        self.clock_jumps.fetch_add(1, Relaxed);
        *lock(&self.last_clock_jump) = Some(jump);
    }

    /// Which schedules cannot start their runs just now, and why.
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

/// Nothing that is done under these locks can leave them half-done.
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
