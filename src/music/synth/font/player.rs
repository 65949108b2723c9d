//! A SoundFont that plays, as part of a synth. Real time: nothing here allocates, locks or logs.

use rustysynth::Synthesizer;

use super::loaded::{LoadedFont, synthesizer};
use super::zones::MAX_BEND_RANGE;
use crate::music::synth::channel::ChannelState;
use crate::music::synth::channel_filter::ChannelFilter;
use crate::music::synth::stereo::Stereo;
use crate::music::{Channel, Key, Message, Velocity, real_time};

/// Below this (-100 dB) a channel counts as silent, and after that many seconds it rests.
const SILENCE: f32 = 1e-5;
const REST: f32 = 2.0;
/// Fonts are recorded lower than the synth's own voices.
const GAIN: f32 = 1.6;

const DATA_ENTRY: u8 = 6;
const NRPN_FINE: u8 = 98;
const NRPN_COARSE: u8 = 99;
const RPN_FINE: u8 = 100;
const RPN_COARSE: u8 = 101;
/// Registered parameters, coarse and fine: bend range, coarse tuning, none.
const BEND_RANGE: [u8; 2] = [0, 0];
const COARSE_TUNING: [u8; 2] = [0, 2];
const NO_PARAMETER: [u8; 2] = [127, 127];

/// A font on all channels, as a synth plays it.
#[derive(Debug)]
pub(in crate::music) struct FontPlayer {
    parts: Vec<Part>,
    rest_after: u32,
}

/// A font on one channel.
#[derive(Debug)]
struct Part {
    synthesizer: Synthesizer,
    filter: ChannelFilter,
    /// The registered parameter that the next data entry sets.
    parameter: [u8; 2],
    /// How often each key is down. The library ends all notes of a key at once, so only the last note-off ends
    /// them.
    down: [u8; 128],
    /// Frames since the channel was last audible.
    quiet: u32,
    playing: bool,
}

impl FontPlayer {
    /// `None` where the font cannot be played at that rate.
    pub(in crate::music) fn new(font: &LoadedFont, sample_rate: f32) -> Option<Self> {
        let part = |_| {
            synthesizer(&font.font, sample_rate)
                .ok()
                .map(|synthesizer| Part {
                    synthesizer,
                    filter: ChannelFilter::default(),
                    parameter: NO_PARAMETER,
                    down: [0; 128],
                    quiet: 0,
                    playing: false,
                })
        };
        Some(Self {
            parts: (0..16).map(part).collect::<Option<_>>()?,
            rest_after: (REST * sample_rate) as u32,
        })
    }

    pub(in crate::music::synth) fn note_on(
        &mut self,
        channel: Channel,
        key: Key,
        velocity: Velocity,
    ) {
        if let Some(part) = self.parts.get_mut(channel.index()) {
            (part.playing, part.quiet) = (true, 0);
            if let Some(down) = part.down.get_mut(usize::from(key.number())) {
                *down = down.saturating_add(1);
            }
            let (key, velocity) = (key.number().into(), velocity.number().into());
            part.synthesizer.note_on(place(channel), key, velocity);
        }
    }

    /// Takes every message but note-ons.
    pub(in crate::music::synth) fn handle(&mut self, message: Message) {
        let Some(channel) = message.channel() else {
            return;
        };
        let Some(part) = self.parts.get_mut(channel.index()) else {
            return;
        };
        let place = place(channel);
        match message {
            Message::NoteOff(_, key) => {
                let down = part.down.get_mut(usize::from(key.number()));
                let left = down.map_or(0, |down| {
                    *down = down.saturating_sub(1);
                    *down
                });
                if left == 0 {
                    part.synthesizer.note_off(place, key.number().into());
                }
            }
            Message::Control(_, number, value) => {
                if matches!(number, Message::ALL_SOUND_OFF | Message::ALL_NOTES_OFF..) {
                    part.down = [0; 128];
                }
                if let Some(value) = part.limited(number, value.min(127)) {
                    let (number, value) = (number.into(), value.into());
                    part.synthesizer
                        .process_midi_message(place, 0xB0, number, value);
                }
            }
            Message::Program(_, program) => {
                let program = program.min(127).into();
                part.synthesizer
                    .process_midi_message(place, 0xC0, program, 0);
            }
            Message::Bend(_, bend) => {
                let bend = bend.min(16_383);
                let (fine, coarse) = ((bend & 127).into(), (bend >> 7).into());
                part.synthesizer
                    .process_midi_message(place, 0xE0, fine, coarse);
            }
            Message::NoteOn(..)
            | Message::Pressure(..)
            | Message::Volume(..)
            | Message::Clock(_) => {}
        }
    }

    /// Whether it plays on any channel.
    pub(in crate::music::synth) fn is_playing(&self) -> bool {
        self.parts.iter().any(|part| part.playing)
    }

    /// Advances what changes at control rate.
    pub(in crate::music::synth) fn control(&mut self, channels: &[ChannelState], sample_rate: f32) {
        for (part, channel) in self.parts.iter_mut().zip(channels) {
            if part.playing {
                part.filter.update(channel.filter_offset(), sample_rate);
            }
        }
    }

    /// Renders the next frames of a channel; `false` if it rests.
    pub(in crate::music::synth) fn render(
        &mut self,
        channel: usize,
        out: &mut Stereo,
        frames: usize,
    ) -> bool {
        let Some(part) = self.parts.get_mut(channel).filter(|part| part.playing) else {
            return false;
        };
        let (Some(left), Some(right)) = (out.left.get_mut(..frames), out.right.get_mut(..frames))
        else {
            return false;
        };
        // Every zone was checked. Should the library panic all the same, it silences this channel and
        // nothing else.
        if real_time::caught(|| part.synthesizer.render(left, right)).is_none() {
            part.playing = false;
            return false;
        }
        let mut peak = 0.0_f32;
        for (left, right) in out.frames(frames) {
            *left *= GAIN;
            *right *= GAIN;
            peak = peak.max(left.abs()).max(right.abs());
        }
        if !peak.is_finite() {
            part.playing = false;
            return false;
        }
        part.quiet = if peak > SILENCE {
            0
        } else {
            part.quiet.saturating_add(frames as u32)
        };
        part.playing = part.quiet < self.rest_after;
        part.filter.filter(out, frames);
        true
    }
}

impl Part {
    /// The value that a controller is passed on with: loops were made long enough for a bend range of
    /// up to an octave, and for no coarse tuning.
    fn limited(&mut self, number: u8, value: u8) -> Option<u8> {
        match number {
            RPN_COARSE => self.parameter[0] = value,
            RPN_FINE => self.parameter[1] = value,
            NRPN_COARSE | NRPN_FINE => self.parameter = NO_PARAMETER,
            DATA_ENTRY if self.parameter == BEND_RANGE => return Some(value.min(MAX_BEND_RANGE)),
            DATA_ENTRY if self.parameter == COARSE_TUNING => return None,
            _ => {}
        }
        Some(value)
    }
}

/// The channel that a part's synthesizer plays on.
fn place(channel: Channel) -> i32 {
    if channel == Channel::DRUMS {
        Synthesizer::PERCUSSION_CHANNEL as i32
    } else {
        0
    }
}
