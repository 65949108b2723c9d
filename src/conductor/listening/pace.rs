//! Beats and the grid in time.

use crate::{
    engine::Timestamp,
    music::{Beats, Tempo},
    score::listening::Grid,
};

/// How beats and the grid lie in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    /// The moment of beat 0, in nanoseconds of the history's clock.
    pub origin: i128,
    pub tempo: Tempo,
    pub grid: Grid,
}

impl Pace {
    /// The grid of a listening score's own tempo. It depends on nothing else, so all lanes share it.
    pub fn own(tempo: Tempo, grid: Grid) -> Self {
        Self {
            origin: 0,
            tempo,
            grid,
        }
    }

    /// The first place of the grid at or after a moment.
    pub fn begin(&self, moment: u64) -> u64 {
        match self.grid {
            Grid::Free => moment,
            Grid::Step(step) => self.on_grid(moment, step),
        }
    }

    /// The first multiple of `step` beats at or after a moment.
    pub fn on_grid(&self, moment: u64, step: Beats) -> u64 {
        let step = i128::from(self.nanos(step).max(1));
        let passed = i128::from(moment) - self.origin;
        let steps = passed.div_euclid(step) + i128::from(passed.rem_euclid(step) > 0);
        u64::try_from(self.origin + steps * step).unwrap_or(moment)
    }

    /// The length of a step in which sounds are counted.
    pub fn step(&self) -> u64 {
        let step = match self.grid {
            Grid::Free => Beats::new(1, 4),
            Grid::Step(step) => step,
        };
        self.nanos(step).max(1)
    }

    /// The number of the step that a moment is in.
    pub fn step_of(&self, moment: u64) -> i128 {
        (i128::from(moment) - self.origin).div_euclid(i128::from(self.step()))
    }

    pub fn nanos(&self, beats: Beats) -> u64 {
        (beats.as_f64().max(0.0) * self.tempo.beat_nanos()).round() as u64
    }
}

/// A moment later by nanoseconds.
pub(super) fn later(moment: Timestamp, nanos: u64) -> u64 {
    moment.0.saturating_add(nanos)
}
