//! SoundFonts: recorded instruments from a file, beside the synth's own voices.
//!
//! A font is read and tried out before it comes near the audio callback. Each channel has a player of
//! its own, so that sends, meters and filters work as with any other sound.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};

use super::channel::ChannelState;
use super::channel_filter::ChannelFilter;
use super::stereo::Stereo;
use crate::music::{Channel, Key, Message, Velocity};

/// The largest file that is read: 1 GiB.
const MAX_FILE_BYTES: u64 = 1 << 30;
/// Frames that a player reckons at once; a note begins at their border, a third of a millisecond.
const BLOCK: usize = 16;
/// Notes of a channel that may sound at once.
const POLYPHONY: usize = 48;
/// Below this (-100 dB) a channel counts as silent, and after so many seconds it rests.
const SILENCE: f32 = 1e-5;
const REST: f32 = 2.0;
/// Fonts are recorded lower than the synth's own voices.
const GAIN: f32 = 1.6;

/// Why a SoundFont cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// The file cannot be read.
    #[error("The SoundFont {} cannot be read: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no SoundFont, or a broken one.
    #[error(
        "The SoundFont {} cannot be played: {reason}. Fermata plays SoundFont 2 files (.sf2) that are \
         whole and not compressed.",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There are as many fonts as there can be.
    #[error("The SoundFont {} is one too many: {} can be open at once.", path.display(), Font::MAX_OPEN)]
    TooMany {
        /// The file.
        path: PathBuf,
    },
}

/// A SoundFont that scores name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Font(pub(super) u8);

impl Font {
    /// The most fonts that can be open at once.
    pub const MAX_OPEN: usize = 16;
    /// The lowest value of [`Message::SOUND`] that is a font.
    const FIRST: u8 = 112;

    /// The value of [`Message::SOUND`] that chooses it.
    pub fn choice(self) -> u8 {
        Self::FIRST + self.0
    }

    /// The font that a value of [`Message::SOUND`] chooses.
    pub(super) fn chosen(value: u8) -> Option<usize> {
        value.checked_sub(Self::FIRST).map(usize::from)
    }
}

/// Reads a font and strikes every one of its presets once.
pub(super) fn read(path: &Path) -> Result<Arc<SoundFont>, FontError> {
    let unreadable = |source| FontError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let broken = |reason: String| FontError::Broken {
        path: path.to_owned(),
        reason,
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() || about.len() > MAX_FILE_BYTES {
        return Err(broken("it is no file of up to 1 GiB".into()));
    }
    let mut file = std::io::BufReader::new(file);
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let font = SoundFont::new(&mut file).map_err(|error| error.to_string())?;
        let font = Arc::new(font);
        try_out(&font)?;
        Ok(font)
    }));
    match tried {
        Ok(Ok(font)) => Ok(font),
        Ok(Err(reason)) => Err(broken(reason)),
        Err(_) => Err(broken(
            "what it says of its own sounds does not hold".into(),
        )),
    }
}

fn player(font: &Arc<SoundFont>, sample_rate: f32) -> Result<Synthesizer, String> {
    let mut settings = SynthesizerSettings::new((sample_rate as i32).clamp(16_000, 192_000));
    settings.block_size = BLOCK;
    settings.maximum_polyphony = POLYPHONY;
    settings.enable_reverb_and_chorus = false;
    Synthesizer::new(font, &settings).map_err(|error| error.to_string())
}

fn try_out(font: &Arc<SoundFont>) -> Result<(), String> {
    let presets = font.get_presets();
    if presets.is_empty() {
        return Err("there is no preset in it".into());
    }
    let mut player = player(font, 48_000.0)?;
    let (mut left, mut right) = ([0.0; 256], [0.0; 256]);
    for preset in presets {
        player.process_midi_message(0, 0xB0, 0, preset.get_bank_number());
        player.process_midi_message(0, 0xC0, preset.get_patch_number(), 0);
        for key in [12, 36, 60, 84, 108] {
            player.note_on(0, key, 100);
        }
        player.render(&mut left, &mut right);
        player.note_off_all(true);
        if left.iter().chain(&right).any(|x| !x.is_finite()) {
            return Err("its sounds are no numbers".into());
        }
    }
    Ok(())
}

/// A font on all channels, as a synth plays it.
#[derive(Debug)]
pub(super) struct FontPlayer {
    parts: Vec<Part>,
    rest_after: u32,
}

/// A font on one channel.
#[derive(Debug)]
struct Part {
    player: Synthesizer,
    filter: ChannelFilter,
    /// Frames since something was heard.
    quiet: u32,
    playing: bool,
}

impl FontPlayer {
    /// `None` where it cannot be played at that rate.
    pub(super) fn new(font: &Arc<SoundFont>, sample_rate: f32) -> Option<Self> {
        let part = |_| {
            player(font, sample_rate).ok().map(|player| Part {
                player,
                filter: ChannelFilter::default(),
                quiet: 0,
                playing: false,
            })
        };
        Some(Self {
            parts: (0..16).map(part).collect::<Option<_>>()?,
            rest_after: (REST * sample_rate) as u32,
        })
    }

    pub(super) fn note_on(&mut self, channel: Channel, key: Key, velocity: Velocity) {
        if let Some(part) = self.parts.get_mut(channel.index()) {
            (part.playing, part.quiet) = (true, 0);
            let (key, velocity) = (key.number().into(), velocity.number().into());
            part.player.note_on(place(channel), key, velocity);
        }
    }

    /// Takes anything that is not the beginning of a note.
    pub(super) fn handle(&mut self, message: Message) {
        let Some(channel) = message.channel() else {
            return;
        };
        let Some(part) = self.parts.get_mut(channel.index()) else {
            return;
        };
        let (player, place) = (&mut part.player, place(channel));
        match message {
            Message::NoteOff(_, key) => player.note_off(place, key.number().into()),
            Message::Control(_, number, value) => {
                player.process_midi_message(place, 0xB0, number.into(), value.min(127).into());
            }
            Message::Program(_, program) => {
                player.process_midi_message(place, 0xC0, program.min(127).into(), 0);
            }
            Message::Bend(_, bend) => {
                let bend = bend.min(16_383);
                player.process_midi_message(place, 0xE0, (bend & 127).into(), (bend >> 7).into());
            }
            Message::NoteOn(..) | Message::Pressure(..) | Message::Clock(_) => {}
        }
    }

    /// Does it play on any channel?
    pub(super) fn is_playing(&self) -> bool {
        self.parts.iter().any(|part| part.playing)
    }

    /// Moves what moves slowly.
    pub(super) fn control(&mut self, channels: &[ChannelState], sample_rate: f32) {
        for (part, channel) in self.parts.iter_mut().zip(channels) {
            if part.playing {
                part.filter.turn(channel.shade(), sample_rate);
            }
        }
    }

    /// The next frames of a channel; `false` if it rests.
    pub(super) fn render(&mut self, channel: usize, out: &mut Stereo, frames: usize) -> bool {
        let Some(part) = self.parts.get_mut(channel).filter(|part| part.playing) else {
            return false;
        };
        let (Some(left), Some(right)) = (out.left.get_mut(..frames), out.right.get_mut(..frames))
        else {
            return false;
        };
        // A font that was fine when it was tried out may still hide a trap: it costs its channel, and
        // not the show.
        let rendered = catch_unwind(AssertUnwindSafe(|| part.player.render(left, right)));
        if rendered.is_err() {
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

/// The channel of a part's own player.
fn place(channel: Channel) -> i32 {
    if channel == Channel::DRUMS {
        Synthesizer::PERCUSSION_CHANNEL as i32
    } else {
        0
    }
}

#[cfg(test)]
#[path = "font_tests.rs"]
mod tests;
