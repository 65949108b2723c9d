//! The loop: where the last tick really was, and how far apart they are.

use std::f64::consts::{SQRT_2, TAU};

/// Moments of ticks, in and out, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Smooth {
    state: State,
    /// The last reading of the loop that was, while the next one is being found.
    before: Option<(f64, f64)>,
}

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Unheard,
    /// Counts ticks to know roughly how far apart they are.
    Finding {
        first: f64,
        last: f64,
        count: u32,
    },
    Locked(Loop),
}

#[derive(Debug, Clone)]
struct Loop {
    /// Where the last tick was.
    at: f64,
    /// How far apart they are.
    period: f64,
    /// How many ticks it still corrects a lot.
    wide: u32,
    /// The mean of the last errors.
    drift: f64,
    shaking: Shaking,
    /// When the last tick came.
    came: f64,
    /// How many ticks in a row came at quite another time than expected, and when the first did.
    astray: u32,
    astray_since: f64,
}

/// How much errors differ from one to the next: shaking makes them differ, another tempo hardly.
#[derive(Debug, Clone, Default)]
struct Shaking {
    last: f64,
    mean: f64,
    count: u32,
}

impl Shaking {
    /// How many differences the mean is made of.
    const MEMORY: u32 = 64;

    fn hear(&mut self, error: f64) {
        self.count = (self.count + 1).min(Self::MEMORY);
        let apart = (error - self.last).abs();
        self.last = error;
        self.mean += (apart - self.mean) / f64::from(self.count);
    }
}

/// What a tick told.
pub(super) struct Ticked {
    /// How many ticks before it did not come.
    pub missed: i64,
}

/// What a tick means that comes at quite another time than expected.
enum Stray {
    /// It was held up on its way.
    HeldUp,
    /// Others before it did not come.
    AfterMissing,
}

/// Ticks that make a first guess: half a beat.
const FIRST: u32 = 12;
/// How far apart ticks may be: 400 to 20 beats a minute.
const PERIODS: std::ops::RangeInclusive<f64> = 6.0e6..=126.0e6;
/// How much is corrected at first and after a change of tempo, in Hertz, and for how many ticks.
const WIDE: f64 = 1.5;
const WIDE_TICKS: u32 = 48;
/// How much is corrected once it is steady.
const NARROW: f64 = 0.3;
/// A mean error of this part of a tick is another tempo, if it is not shaking.
const DRIFTS: f64 = 0.1;
/// The mean of the last errors is a weighted one, of weights 0.2 * 0.8^n: errors that are independent
/// of each other and spread evenly over ±s give it a standard deviation of
/// s/√3 * sqrt(0.2 / 1.8) = 0.19 s. Two of them differ by 2/3 s on average, so a mean error of 1.5 times
/// that difference is s: as much as the greatest error, and 5.2 standard deviations.
const SHAKES: f64 = 1.5;
/// Ticks on their way are held up, sometimes for long, and then come in a bunch; they are lost only
/// with the whole cable. Silence of so many ticks is such a loss.
const LOSS: f64 = 12.0;
/// So many ticks astray in a row were not held up: some are missing, or it is another tempo.
const ASTRAY: u32 = 12;
/// If they came as far apart as before, give or take this part, some are missing.
const SAME: f64 = 0.1;

impl Smooth {
    /// The last tick and the distance of ticks, in nanoseconds.
    pub fn locked(&self) -> Option<(f64, f64)> {
        match &self.state {
            State::Locked(lock) => Some((lock.at, lock.period)),
            _ => self.before,
        }
    }

    /// A tick came at a moment.
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
                    self.wheel();
                    none
                }
            },
            State::Unheard => {
                self.state = State::found(at);
                none
            }
            State::Finding { first, last, count } => {
                if !PERIODS.contains(&(at - *last)) {
                    self.state = State::found(at);
                } else if *count + 1 < FIRST {
                    (*last, *count) = (at, *count + 1);
                } else {
                    self.state = State::Locked(Loop::new(at, (at - *first) / f64::from(*count)));
                    self.before = None;
                }
                self.wheel();
                none
            }
        }
    }

    /// Goes on by a tick as it was before.
    fn wheel(&mut self) {
        if let Some((at, period)) = &mut self.before {
            *at += *period;
        }
    }
}

impl State {
    fn found(at: f64) -> Self {
        Self::Finding {
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
            shaking: Shaking::default(),
            came: at,
            astray: 0,
            astray_since: at,
        }
    }

    /// `None`: this is another tempo; begin anew.
    fn tick(&mut self, at: f64) -> Option<Ticked> {
        let silence = at - self.came;
        self.came = at;
        let off = ((at - self.at) / self.period - 1.0).round();
        let missed = match off == 0.0 || silence > LOSS * self.period {
            true => {
                self.astray = 0;
                off.max(0.0)
            }
            false => match self.stray(at)? {
                Stray::HeldUp => {
                    self.at += self.period;
                    return Some(Ticked { missed: 0 });
                }
                Stray::AfterMissing => off,
            },
        };
        self.correct(missed, at - (self.at + self.period * (1.0 + missed)));
        PERIODS.contains(&self.period).then_some(Ticked {
            missed: missed as i64,
        })
    }

    /// What a tick astray means.
    fn stray(&mut self, at: f64) -> Option<Stray> {
        if self.astray == 0 {
            self.astray_since = at;
        }
        self.astray += 1;
        if self.astray < ASTRAY {
            return Some(Stray::HeldUp);
        }
        let apart = (at - self.astray_since) / f64::from(ASTRAY - 1);
        self.astray = 0;
        let same = (apart / self.period - 1.0).abs() < SAME;
        same.then_some(Stray::AfterMissing)
    }

    fn correct(&mut self, missed: f64, error: f64) {
        self.drift += (error - self.drift) * 0.2;
        self.shaking.hear(error);
        let most = f64::max(DRIFTS * self.period, SHAKES * self.shaking.mean);
        let drifts = self.drift.abs() > most && self.wide == 0;
        if drifts || missed > f64::from(FIRST) {
            self.wide = WIDE_TICKS;
        }
        let hertz = if self.wide > 0 { WIDE } else { NARROW };
        self.wide = self.wide.saturating_sub(1);
        let omega = TAU * hertz * self.period * 1e-9;
        self.at += self.period * (1.0 + missed) + SQRT_2 * omega * error;
        self.period += omega * omega * error;
    }
}
