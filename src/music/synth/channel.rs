//! What a MIDI channel remembers: its patch, controllers and bend.

use super::stereo::{Ramp, pan};
use crate::music::{Message, Patch};

const VOLUME: u8 = 7;
const PAN: u8 = 10;
const EXPRESSION: u8 = 11;
const RESET_CONTROLLERS: u8 = 121;
const BEND_CENTRE: u16 = 8192;
/// How far the bend reaches, in semitones.
const BEND_RANGE: f32 = 2.0;

/// What the notes of a channel must do after a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    PedalUp,
    NotesOff,
    SoundOff,
}

/// The state of one channel.
#[derive(Debug)]
pub(super) struct ChannelState {
    pub(super) patch: Patch,
    pub(super) pedal: bool,
    volume: u8,
    expression: u8,
    pan: u8,
    wanted_bend: f32,
    bend: f32,
    left: Ramp,
    right: Ramp,
}

impl ChannelState {
    pub(super) fn new() -> Self {
        let mut state = Self {
            patch: Patch::Epiano,
            pedal: false,
            volume: 100,
            expression: 127,
            pan: 64,
            wanted_bend: 0.0,
            bend: 0.0,
            left: Ramp::default(),
            right: Ramp::default(),
        };
        state.settle();
        state
    }

    /// Takes a controller.
    pub(super) fn control(&mut self, number: u8, value: u8) -> Effect {
        let value = value.min(127);
        match number {
            VOLUME => self.volume = value,
            PAN => self.pan = value,
            EXPRESSION => self.expression = value,
            Message::SUSTAIN => {
                let was = std::mem::replace(&mut self.pedal, value >= 64);
                if was && !self.pedal {
                    return Effect::PedalUp;
                }
            }
            Message::ALL_SOUND_OFF => return Effect::SoundOff,
            RESET_CONTROLLERS => {
                self.expression = 127;
                self.bend(BEND_CENTRE);
                if std::mem::take(&mut self.pedal) {
                    return Effect::PedalUp;
                }
            }
            // Omni and mono switches imply all notes off.
            Message::ALL_NOTES_OFF..=127 => return Effect::NotesOff,
            _ => {}
        }
        Effect::Nothing
    }

    /// Takes a pitch bend, 0 to 16383.
    pub(super) fn bend(&mut self, bend: u16) {
        let offset = f32::from(bend.min(16_383)) - f32::from(BEND_CENTRE);
        self.wanted_bend = offset / f32::from(BEND_CENTRE) * BEND_RANGE;
    }

    /// Jumps to what is wanted: for a channel on which nothing sounds.
    pub(super) fn settle(&mut self) {
        let (left, right) = self.wanted_gains();
        self.left = Ramp::new(left);
        self.right = Ramp::new(right);
        self.bend = self.wanted_bend;
    }

    /// Moves a step toward what is wanted: at the border of a tick.
    pub(super) fn tick(&mut self) {
        let (left, right) = self.wanted_gains();
        for (ramp, wanted) in [(&mut self.left, left), (&mut self.right, right)] {
            let now = ramp.target();
            let next = now + (wanted - now) * 0.15;
            ramp.toward(if (wanted - next).abs() < 1e-5 {
                wanted
            } else {
                next
            });
        }
        let bend = self.bend + (self.wanted_bend - self.bend) * 0.2;
        self.bend = if (self.wanted_bend - bend).abs() < 1e-4 {
            self.wanted_bend
        } else {
            bend
        };
    }

    /// Gains left and right, so many frames into the tick.
    #[inline(always)]
    pub(super) fn gains(&self, frame: usize) -> (f32, f32) {
        (self.left.at(frame), self.right.at(frame))
    }

    /// The factor by which the bend raises frequencies.
    pub(super) fn bend_ratio(&self) -> f32 {
        (self.bend / 12.0).exp2()
    }

    fn wanted_gains(&self) -> (f32, f32) {
        let share = |value: u8| (f32::from(value) / 127.0).powi(2);
        let level = share(self.volume) * share(self.expression);
        let (left, right) = pan((f32::from(self.pan) - 64.0) / 63.0);
        (left * level, right * level)
    }
}
