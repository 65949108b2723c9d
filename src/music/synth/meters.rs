//! Level meters of the channels: written by the audio callback, read by the user interface.

use std::sync::atomic::{AtomicU32, Ordering};

use super::stereo::Stereo;

/// Levels of the channels.
#[derive(Debug)]
pub struct ChannelMeters([Cell; crate::music::Channel::PARTS]);

impl Default for ChannelMeters {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Cell::default()))
    }
}

/// Stored as bits: the bits of positive floats sort like the floats.
#[derive(Debug, Default)]
struct Cell {
    peak: AtomicU32,
    power: AtomicU32,
}

/// The level of a channel; 1 is full scale.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    /// The peak since the meter was last read.
    pub peak: f32,
    /// The root mean square of the last tenth of a second.
    pub rms: f32,
}

impl ChannelMeters {
    /// Reads a channel's meter and resets its peak.
    pub fn take(&self, channel: crate::music::Channel) -> Level {
        let Some(cell) = self.0.get(channel.index()) else {
            return Level::default();
        };
        Level {
            peak: f32::from_bits(cell.peak.swap(0, Ordering::Relaxed)),
            rms: f32::from_bits(cell.power.load(Ordering::Relaxed)).sqrt(),
        }
    }

    /// The root mean square of a channel's last tenth of a second.
    pub fn rms(&self, channel: crate::music::Channel) -> f32 {
        let cell = self.0.get(channel.index());
        cell.map_or(0.0, |cell| {
            f32::from_bits(cell.power.load(Ordering::Relaxed)).sqrt()
        })
    }

    /// Adds a channel's sound; `memory` is the share of the previous power that remains.
    pub(super) fn feed(&self, channel: usize, sound: &Stereo, frames: usize, memory: f32) {
        let Some(cell) = self.0.get(channel) else {
            return;
        };
        let sides = sound.left.iter().zip(&sound.right).take(frames);
        let (mut peak, mut power) = (0.0_f32, 0.0_f32);
        for (l, r) in sides {
            peak = peak.max(l.abs()).max(r.abs());
            power += (l * l + r * r) * 0.5;
        }
        cell.peak.fetch_max(peak.to_bits(), Ordering::Relaxed);
        let before = f32::from_bits(cell.power.load(Ordering::Relaxed));
        let now = power / frames.max(1) as f32;
        let after = now + (before - now) * memory;
        let after = if after < 1e-12 { 0.0 } else { after };
        cell.power.store(after.to_bits(), Ordering::Relaxed);
    }

    /// Resets all levels: the synth is silent.
    pub(super) fn silence(&self) {
        for cell in &self.0 {
            cell.power.store(0, Ordering::Relaxed);
        }
    }
}
