//! Follows a clock from outside: 24 ticks a quarter note, on their way through cables and systems
//! that shake them.
//!
//! A delay-locked loop of second order smooths them: each tick that comes corrects, by a little,
//! where the next one is expected and how far apart they are. If ticks stay out it goes on as it was;
//! when they return it finds its place again. Pure: it is told the moments and knows no clock.

mod smooth;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::{Beats, ClockMessage, Nanos, Tempo};
use smooth::{Smooth, Ticked};

/// A clock that is followed.
#[derive(Debug, Clone, Default)]
pub struct ClockIn {
    smooth: Smooth,
    /// The last tick that came.
    heard: Option<Nanos>,
    /// Which tick of the song comes next.
    next: i64,
    /// The last tick belonged to the song.
    running: bool,
    begun: Begun,
}

/// Whether the song was started since the last tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Begun {
    #[default]
    No,
    WithNextTick,
}

/// What a message from the clock means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ClockNews {
    /// The song begins, or goes on, at this place with this very tick.
    Starts(Beats),
    /// The song stands.
    Stops,
    /// A tick: see [`ClockIn::reading`].
    Ticked,
}

/// What the clock says, smoothed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockReading {
    /// The place in the song at `at`; `None` while it stands.
    pub place: Option<Beats>,
    /// The moment of the last tick, as it would have come without shaking.
    pub at: Nanos,
    /// How fast.
    pub tempo: Tempo,
}

impl ClockIn {
    /// Ticks a quarter note.
    pub const TICKS: i64 = 24;
    /// Without a tick for so long the clock is taken for gone: twice as long as the slowest tick.
    const GONE: Duration = Duration::from_millis(250);

    /// The clock says something at a moment.
    pub fn hear(&mut self, message: ClockMessage, at: Nanos) -> Option<ClockNews> {
        match message {
            ClockMessage::Tick => Some(self.tick(at)),
            ClockMessage::Start => {
                self.next = 0;
                self.begun = Begun::WithNextTick;
                None
            }
            ClockMessage::Continue => {
                self.begun = Begun::WithNextTick;
                None
            }
            ClockMessage::Stop => {
                self.begun = Begun::No;
                std::mem::take(&mut self.running).then_some(ClockNews::Stops)
            }
            ClockMessage::Position(sixteenths) => {
                self.next = i64::from(sixteenths) * Self::TICKS / 4;
                None
            }
        }
    }

    fn tick(&mut self, at: Nanos) -> ClockNews {
        self.heard = Some(at);
        let Ticked { missed } = self.smooth.tick(at.0 as f64);
        if std::mem::take(&mut self.begun) == Begun::WithNextTick {
            self.running = true;
            self.next += 1;
            return ClockNews::Starts(Beats::new(self.next - 1, Self::TICKS));
        }
        if self.running {
            self.next += 1 + missed;
        }
        ClockNews::Ticked
    }

    /// What the clock says; `None` until it has been heard for half a beat.
    pub fn reading(&self) -> Option<ClockReading> {
        let (at, period) = self.smooth.locked()?;
        let tempo = Tempo::new(60e9 / (period * Self::TICKS as f64))?;
        Some(ClockReading {
            place: (self.running).then(|| Beats::new(self.next - 1, Self::TICKS)),
            at: Nanos(at.max(0.0) as u64),
            tempo,
        })
    }

    /// Whether ticks come. If they stay out the tempo stays as it was.
    pub fn is_heard(&self, now: Nanos) -> bool {
        self.heard.is_some_and(|last| now.since(last) < Self::GONE)
    }
}
