//! MIDI clock input: follows an external clock of 24 ticks per quarter note that arrives with
//! jitter.
//!
//! A second-order delay-locked loop smooths the ticks: each one slightly corrects the expected time
//! of the next and the period. If ticks are missing, the loop continues as before; when they
//! return, it finds its phase again. It is pure: it gets timestamps and has no clock.

mod smooth;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::{Beats, ClockMessage, Nanos, Tempo};
use smooth::{Smooth, Ticked};

/// A follower of a MIDI clock.
#[derive(Debug, Clone, Default)]
pub struct ClockIn {
    smooth: Smooth,
    /// The time of the last tick.
    last_tick: Option<Nanos>,
    /// The number of the next tick of the song.
    next: i64,
    /// Whether the last tick belonged to the song.
    running: bool,
    begun: Pending,
}

/// Whether the song was started since the last tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Pending {
    #[default]
    No,
    WithNextTick,
}

/// The meaning of a clock message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ClockInEvent {
    /// The song starts or continues at this position with this tick.
    Started(Beats),
    /// The song stops.
    Stopped,
    /// A tick: see [`ClockIn::reading`].
    Tick,
}

/// The smoothed state of the clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockReading {
    /// The position in the song at `at`; `None` while it is stopped.
    pub place: Option<Beats>,
    /// The time of the last tick, without jitter.
    pub at: Nanos,
    /// The tempo.
    pub tempo: Tempo,
}

impl ClockIn {
    /// Ticks per quarter note.
    pub const TICKS: i64 = 24;
    /// Without a tick for this long the clock counts as gone: twice the longest period.
    const TIMEOUT: Duration = Duration::from_millis(250);

    /// Handles a clock message that arrived at `at`.
    pub fn receive(&mut self, message: ClockMessage, at: Nanos) -> Option<ClockInEvent> {
        match message {
            ClockMessage::Tick => Some(self.tick(at)),
            ClockMessage::Start => {
                self.next = 0;
                self.begun = Pending::WithNextTick;
                None
            }
            ClockMessage::Continue => {
                self.begun = Pending::WithNextTick;
                None
            }
            ClockMessage::Stop => {
                self.begun = Pending::No;
                std::mem::take(&mut self.running).then_some(ClockInEvent::Stopped)
            }
            ClockMessage::Position(sixteenths) => {
                self.next = i64::from(sixteenths) * Self::TICKS / 4;
                None
            }
        }
    }

    fn tick(&mut self, at: Nanos) -> ClockInEvent {
        self.last_tick = Some(at);
        let Ticked { missed } = self.smooth.tick(at.0 as f64);
        if std::mem::take(&mut self.begun) == Pending::WithNextTick {
            self.running = true;
            self.next += 1;
            return ClockInEvent::Started(Beats::new(self.next - 1, Self::TICKS));
        }
        if self.running {
            self.next += 1 + missed;
        }
        ClockInEvent::Tick
    }

    /// The state of the clock; `None` until half a beat has been received.
    pub fn reading(&self) -> Option<ClockReading> {
        let (at, period) = self.smooth.locked()?;
        let tempo = Tempo::new(60e9 / (period * Self::TICKS as f64))?;
        Some(ClockReading {
            place: (self.running).then(|| Beats::new(self.next - 1, Self::TICKS)),
            at: Nanos(at.max(0.0) as u64),
            tempo,
        })
    }

    /// Whether ticks arrive. If they stop, the tempo remains.
    pub fn is_present(&self, now: Nanos) -> bool {
        self.last_tick
            .is_some_and(|last| now.since(last) < Self::TIMEOUT)
    }
}
