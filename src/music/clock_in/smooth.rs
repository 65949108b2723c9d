//! The delay-locked loop: the phase and the period of the ticks.

use std::f64::consts::{SQRT_2, TAU};

/// Smooths the times of ticks, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Smooth {
    state: State,
    /// The last state of the previous loop, while the next one acquires.
    before: Option<(f64, f64)>,
}

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Unheard,
    /// Counts ticks to get a first estimate of the period.
    Acquiring {
        first: f64,
        last: f64,
        count: u32,
    },
    Locked(Loop),
}

#[derive(Debug, Clone)]
struct Loop {
    /// The time of the last tick.
    at: f64,
    /// The period.
    period: f64,
    /// The number of ticks for which it stays in the wide bandwidth.
    wide: u32,
    /// The weighted mean of the last errors.
    drift: f64,
    jitter: Jitter,
    /// When the last tick arrived.
    came: f64,
    /// The number of outliers in a row, and when the first arrived.
    outliers: u32,
    astray_since: f64,
}

/// How much successive errors differ: jitter makes them differ, a change of tempo hardly does.
#[derive(Debug, Clone, Default)]
struct Jitter {
    last: f64,
    mean: f64,
    count: u32,
}

impl Jitter {
    /// The number of differences in the mean.
    const MEMORY: u32 = 64;

    fn update(&mut self, error: f64) {
        self.count = (self.count + 1).min(Self::MEMORY);
        let apart = (error - self.last).abs();
        self.last = error;
        self.mean += (apart - self.mean) / f64::from(self.count);
    }
}

/// The result of a tick.
pub(super) struct Ticked {
    /// The number of missing ticks before it.
    pub missed: i64,
}

/// The meaning of an outlier.
enum Outlier {
    /// It was delayed on its way.
    Delayed,
    /// Ticks before it are missing.
    AfterMissing,
}

/// Ticks for the first estimate: half a beat.
const ACQUISITION_TICKS: u32 = 12;
/// The range of the period: 400 to 20 BPM.
const PERIODS: std::ops::RangeInclusive<f64> = 6.0e6..=126.0e6;
/// The bandwidth during acquisition and after a change of tempo, in hertz, and its duration in
/// ticks.
const WIDE: f64 = 1.5;
const WIDE_TICKS: u32 = 48;
/// The bandwidth when locked, in hertz.
const NARROW: f64 = 0.3;
/// A mean error of this share of a tick is a change of tempo, unless it is jitter.
const MAX_DRIFT: f64 = 0.1;
/// The mean of the last errors is weighted with 0.2 * 0.8^n: errors that are independent and
/// uniform over ±s give it a standard deviation of s/√3 * sqrt(0.2 / 1.8) = 0.19 s. Two of them
/// differ by 2/3 s on average, so a mean error of 1.5 times that difference is s: as much as the
/// largest error, and 5.2 standard deviations.
const JITTER_FACTOR: f64 = 1.5;
/// Ticks are often delayed, sometimes for long, and then arrive in a burst; they are lost only if
/// the connection is. A silence of this many ticks is such a loss.
const LOSS_TICKS: f64 = 12.0;
/// This many outliers in a row were not delayed: ticks are missing, or the tempo changed.
const MAX_OUTLIERS: u32 = 12;
/// If they arrived at the same period as before, within this share, ticks are missing.
const SAME_PERIOD: f64 = 0.1;

impl Smooth {
    /// The time of the last tick and the period, in nanoseconds.
    pub fn locked(&self) -> Option<(f64, f64)> {
        match &self.state {
            State::Locked(lock) => Some((lock.at, lock.period)),
            _ => self.before,
        }
    }

    /// Handles a tick.
    pub fn tick(&mut self, at: f64) -> Ticked {
        let none = Ticked { missed: 0 };
        match &mut self.state {
            State::Locked(lock) => match lock.tick(at) {
                Some(ticked) => {
                    self.before = Some((lock.at, lock.period));
                    ticked
                }
                None => {
                    self.state = State::found(at);
                    self.coast();
                    none
                }
            },
            State::Unheard => {
                self.state = State::found(at);
                none
            }
            State::Acquiring { first, last, count } => {
                if !PERIODS.contains(&(at - *last)) {
                    self.state = State::found(at);
                } else if *count + 1 < ACQUISITION_TICKS {
                    (*last, *count) = (at, *count + 1);
                } else {
                    self.state = State::Locked(Loop::new(at, (at - *first) / f64::from(*count)));
                    self.before = None;
                }
                self.coast();
                none
            }
        }
    }

    /// Continues by one tick as before.
    fn coast(&mut self) {
        if let Some((at, period)) = &mut self.before {
            *at += *period;
        }
    }
}

impl State {
    fn found(at: f64) -> Self {
        Self::Acquiring {
            first: at,
            last: at,
            count: 1,
        }
    }
}

impl Loop {
    fn new(at: f64, period: f64) -> Self {
        Self {
            at,
            period,
            wide: WIDE_TICKS,
            drift: 0.0,
            jitter: Jitter::default(),
            came: at,
            outliers: 0,
            astray_since: at,
        }
    }

    /// `None` if the tempo changed and the loop must acquire again.
    fn tick(&mut self, at: f64) -> Option<Ticked> {
        let silence = at - self.came;
        self.came = at;
        let off = ((at - self.at) / self.period - 1.0).round();
        let missed = match off == 0.0 || silence > LOSS_TICKS * self.period {
            true => {
                self.outliers = 0;
                off.max(0.0)
            }
            false => match self.outlier(at)? {
                Outlier::Delayed => {
                    self.at += self.period;
                    return Some(Ticked { missed: 0 });
                }
                Outlier::AfterMissing => off,
            },
        };
        self.correct(missed, at - (self.at + self.period * (1.0 + missed)));
        PERIODS.contains(&self.period).then_some(Ticked {
            missed: missed as i64,
        })
    }

    /// The meaning of an outlier.
    fn outlier(&mut self, at: f64) -> Option<Outlier> {
        if self.outliers == 0 {
            self.astray_since = at;
        }
        self.outliers += 1;
        if self.outliers < MAX_OUTLIERS {
            return Some(Outlier::Delayed);
        }
        let apart = (at - self.astray_since) / f64::from(MAX_OUTLIERS - 1);
        self.outliers = 0;
        let same = (apart / self.period - 1.0).abs() < SAME_PERIOD;
        same.then_some(Outlier::AfterMissing)
    }

    fn correct(&mut self, missed: f64, error: f64) {
        self.drift += (error - self.drift) * 0.2;
        self.jitter.update(error);
        let most = f64::max(MAX_DRIFT * self.period, JITTER_FACTOR * self.jitter.mean);
        let drifts = self.drift.abs() > most && self.wide == 0;
        if drifts || missed > f64::from(ACQUISITION_TICKS) {
            self.wide = WIDE_TICKS;
        }
        let hertz = if self.wide > 0 { WIDE } else { NARROW };
        self.wide = self.wide.saturating_sub(1);
        let omega = TAU * hertz * self.period * 1e-9;
        self.at += self.period * (1.0 + missed) + SQRT_2 * omega * error;
        self.period += omega * omega * error;
    }
}
