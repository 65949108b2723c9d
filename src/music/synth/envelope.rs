//! The amplitude envelope of a note: attack, decay, sustain, release.

use serde::Deserialize;

use super::units;

/// The parameters of an envelope: times in seconds; the sustain level as a share of the peak.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contour {
    #[serde(deserialize_with = "units::seconds")]
    pub(super) attack: f32,
    #[serde(deserialize_with = "units::seconds")]
    pub(super) decay: f32,
    #[serde(deserialize_with = "units::share")]
    pub(super) sustain: f32,
    #[serde(deserialize_with = "units::seconds")]
    pub(super) release: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Attack,
    Decay,
    Sustain,
    Release,
    Done,
}

/// A running envelope. Decay and release are exponential: the given times reach -60 dB.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    stage: Stage,
    value: f32,
    /// The remaining decay above the sustain level.
    excess: f32,
    rise: f32,
    sustain: f32,
    decay: f32,
    release: f32,
}

/// Below this (-90 dB) a release is done.
const FLOOR: f32 = 3e-5;
/// Within this (-120 dB) of the sustain level a decay is done.
const ARRIVED: f32 = 1e-6;

impl Envelope {
    pub(super) fn new(contour: Contour, sample_rate: f32) -> Self {
        Self {
            stage: Stage::Attack,
            value: 0.0,
            excess: 1.0 - contour.sustain,
            rise: 1.0 / (contour.attack * sample_rate).max(1.0),
            sustain: contour.sustain,
            decay: decay_per_frame(contour.decay, sample_rate),
            release: decay_per_frame(contour.release, sample_rate),
        }
    }

    pub(super) fn release(&mut self) {
        if self.stage != Stage::Done {
            self.stage = Stage::Release;
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Fills in the values of the next frames.
    pub(super) fn fill(&mut self, values: &mut [f32]) {
        if self.stage == Stage::Sustain {
            return values.fill(self.value);
        }
        for value in values {
            *value = self.next();
        }
    }

    #[inline(always)]
    fn next(&mut self) -> f32 {
        match self.stage {
            Stage::Attack => {
                self.value += self.rise;
                if self.value >= 1.0 {
                    self.value = 1.0;
                    self.stage = Stage::Decay;
                }
            }
            Stage::Decay => {
                self.excess *= self.decay;
                self.value = self.sustain + self.excess;
                if self.value < FLOOR {
                    self.stage = Stage::Done;
                } else if self.excess < ARRIVED {
                    self.value = self.sustain;
                    self.stage = Stage::Sustain;
                }
            }
            Stage::Sustain => {}
            Stage::Release => {
                self.value *= self.release;
                if self.value < FLOOR {
                    self.stage = Stage::Done;
                }
            }
            Stage::Done => self.value = 0.0,
        }
        self.value
    }
}

/// The gain per frame that falls by 60 dB in that many seconds.
pub(super) fn decay_per_frame(seconds: f32, sample_rate: f32) -> f32 {
    (-6.907_755 / (seconds * sample_rate).max(1.0)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_attacks_sustains_and_decays() {
        let contour = Contour {
            attack: 0.01,
            decay: 0.1,
            sustain: 0.5,
            release: 0.1,
        };
        let mut envelope = Envelope::new(contour, 1000.0);
        let peak = (0..10).map(|_| envelope.next()).fold(0.0, f32::max);
        assert!((peak - 1.0).abs() < 1e-5);
        let rest = (0..300).map(|_| envelope.next()).last().unwrap();
        assert!((rest - 0.5).abs() < 0.01);
        envelope.release();
        let after = (0..100).map(|_| envelope.next()).last().unwrap();
        assert!(after < 0.5 * 0.0011, "60 dB down after the release time");
        for _ in 0..100 {
            envelope.next();
        }
        assert!(envelope.is_done());
    }
}
