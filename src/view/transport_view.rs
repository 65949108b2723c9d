//! The state of the transport, as the window shows it.

use super::time_map::{ns_per_beat, shifted, signed_ns};
use crate::{
    engine::Timestamp,
    music::{Beat, Beats, MeterMap},
};

/// The state of the transport.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransportView {
    /// Whether it is rolling.
    pub rolling: bool,
    /// A moment and its beat; while the transport rolls, the others follow from the tempo.
    pub anchor: (Timestamp, Beat),
    /// Quarter notes per minute.
    pub tempo: f64,
    /// The meters.
    pub meters: MeterMap,
}

impl Default for TransportView {
    fn default() -> Self {
        Self {
            rolling: false,
            anchor: (Timestamp(0), Beat::ZERO),
            tempo: 96.0,
            meters: MeterMap::default(),
        }
    }
}

impl TransportView {
    /// The beat at a moment, as a number for drawing.
    pub fn beat_at(&self, now: Timestamp) -> f64 {
        let (at, beat) = self.anchor;
        if !self.rolling {
            return beat.as_f64();
        }
        beat.as_f64() + signed_ns(at, now) / ns_per_beat(self.tempo)
    }

    /// The moment of a beat at the current tempo; `None` while the transport is stopped.
    pub fn time_of(&self, beat: Beat) -> Option<Timestamp> {
        let (at, origin) = self.anchor;
        let ns = (beat - origin).as_f64() * ns_per_beat(self.tempo);
        self.rolling.then(|| shifted(at, ns))
    }

    /// Bar and beat in the bar, both counted from 1.
    pub fn position(&self, now: Timestamp) -> (i64, i64) {
        let (bars, into) = self.meters.bar_and_position(self.place(now));
        (bars + 1, into.floor() + 1)
    }

    /// Whole beats in the bar of a moment, at least one.
    pub fn beats_in_bar(&self, now: Timestamp) -> u32 {
        let bar = self.meters.at(self.place(now)).bar();
        u32::try_from(bar.ceil()).unwrap_or(1).clamp(1, 64)
    }

    /// The meter at a moment: `4/4`, `7/8`.
    pub fn meter(&self, now: Timestamp) -> String {
        self.meters.at(self.place(now)).to_string()
    }

    /// The beat of a moment, or the next one if it is nearly there.
    fn place(&self, now: Timestamp) -> Beat {
        Beat(Beats::from_f64(self.beat_at(now) + 1e-6))
    }
}
