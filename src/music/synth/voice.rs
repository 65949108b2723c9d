//! One sounding note.

use super::analog::{self, Analog};
use super::drum::{Choke, Drum};
use super::envelope::{Contour, Envelope};
use super::fm::{self, Fm};
use super::kit;
use super::noise::Noise;
use super::organ::{Organ, Pipes};
use super::pluck::{Pluck, String};
use super::stereo::{Stereo, TICK};
use crate::music::{Key, Patch, Velocity};

/// A voice that makes less than this (-94 dB) for [`QUIET_TICKS`] is over.
const QUIET: f32 = 2e-5;
const QUIET_TICKS: u32 = 40;

/// Where a voice goes before it reaches the master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Insert {
    Direct,
    Chorus,
    Rotary,
}

/// What holds a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    Nothing,
    Pedal,
    Key,
}

#[derive(Debug, Clone)]
enum Source {
    Pluck(Pluck),
    Fm(Fm),
    Analog(Analog),
    Organ(Organ),
    Drum(Drum),
}

/// How a patch sits in the mix.
struct Place {
    contour: Contour,
    insert: Insert,
    reverb: f32,
    gain: f32,
}

fn place(patch: Patch) -> Place {
    let place = |attack, decay, sustain, release, insert, reverb, gain| Place {
        contour: Contour {
            attack,
            decay,
            sustain,
            release,
        },
        insert,
        reverb,
        gain,
    };
    match patch {
        Patch::Pluck => place(0.000_8, 1.0, 1.0, 0.28, Insert::Direct, 0.16, 1.15),
        Patch::Epiano => place(0.001_5, 1.0, 1.0, 0.38, Insert::Direct, 0.14, 0.72),
        Patch::Bass => place(0.003, 1.2, 0.72, 0.16, Insert::Direct, 0.02, 0.68),
        Patch::Lead => place(0.007, 1.0, 0.85, 0.32, Insert::Direct, 0.20, 1.30),
        Patch::Pad => place(0.45, 3.0, 0.9, 2.4, Insert::Chorus, 0.32, 0.78),
        Patch::Bell => place(0.000_8, 1.0, 1.0, 1.6, Insert::Direct, 0.26, 0.92),
        Patch::Organ => place(0.003, 1.0, 1.0, 0.07, Insert::Rotary, 0.12, 1.05),
        Patch::Strings => place(0.13, 2.0, 0.9, 0.75, Insert::Chorus, 0.28, 1.35),
    }
}

/// What voices share while they render.
pub(super) struct Workshop<'a> {
    pub(super) pipes: &'a Pipes,
}

/// A sounding note.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    pub(super) channel: usize,
    pub(super) key: Key,
    pub(super) held: Held,
    /// Grows from note to note, so that the oldest is known.
    pub(super) order: u64,
    pub(super) insert: Insert,
    pub(super) reverb: f32,
    source: Source,
    frequency: f32,
    envelope: Envelope,
    gain: f32,
    /// Goes from 1 to 0 once the voice must give way.
    fade: f32,
    fade_step: f32,
    since_control: usize,
    peak: f32,
    quiet: u32,
}

impl Voice {
    /// A note of a patch. `bend` is the channel's frequency factor.
    pub(super) fn note(
        patch: Patch,
        (channel, key, velocity): (usize, Key, Velocity),
        string: &mut String,
        noise: &mut Noise,
        bend: f32,
        sample_rate: f32,
    ) -> Self {
        let touch = f32::from(velocity.number()) / 127.0;
        let frequency = 440.0 * ((f32::from(key.number()) - 69.0) / 12.0).exp2();
        let sounding = frequency * bend;
        let mut place = place(patch);
        let analog = |setting: &'static analog::Setting, noise: &mut Noise| {
            Source::Analog(Analog::new(setting, touch, noise, sample_rate, TICK as f32))
        };
        let source = match patch {
            Patch::Pluck => Source::Pluck(Pluck::new(string, touch, sounding, noise, sample_rate)),
            Patch::Epiano => Source::Fm(Fm::new(&fm::EPIANO, touch, sounding, sample_rate)),
            Patch::Bell => Source::Fm(Fm::new(&fm::BELL, touch, sounding, sample_rate)),
            Patch::Bass => analog(&analog::BASS, noise),
            Patch::Lead => analog(&analog::LEAD, noise),
            Patch::Pad => analog(&analog::PAD, noise),
            Patch::Strings => analog(&analog::STRINGS, noise),
            Patch::Organ => Source::Organ(Organ::new(key.number(), touch, noise, sample_rate)),
        };
        if matches!(patch, Patch::Pad | Patch::Strings) {
            place.contour.attack *= 1.6 - touch;
        }
        let mut voice = Self {
            channel,
            key,
            held: Held::Key,
            order: 0,
            insert: place.insert,
            reverb: place.reverb,
            source,
            frequency,
            envelope: Envelope::new(place.contour, sample_rate),
            gain: place.gain * loudness(touch),
            fade: 1.0,
            fade_step: 0.0,
            since_control: 0,
            peak: 0.0,
            quiet: 0,
        };
        voice.control(bend, sample_rate);
        voice
    }

    /// A stroke on the drum kit.
    pub(super) fn stroke(
        (channel, key, velocity): (usize, Key, Velocity),
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        let touch = f32::from(velocity.number()) / 127.0;
        let sound = kit::sound(key.number());
        let contour = Contour {
            attack: 0.000_2,
            decay: 1.0,
            sustain: 1.0,
            release: 0.05,
        };
        Self {
            channel,
            key,
            held: Held::Nothing,
            order: 0,
            insert: Insert::Direct,
            reverb: sound.reverb,
            source: Source::Drum(Drum::new(sound, touch, noise, sample_rate)),
            frequency: 0.0,
            envelope: Envelope::new(contour, sample_rate),
            gain: loudness(touch),
            fade: 1.0,
            fade_step: 0.0,
            since_control: 0,
            peak: 0.0,
            quiet: 0,
        }
    }

    /// The key has come up; a pedal may still hold the note.
    pub(super) fn key_up(&mut self, pedal: bool) {
        if self.held == Held::Key {
            self.held = Held::Pedal;
            if !pedal {
                self.let_go();
            }
        }
    }

    /// Lets go of the note, whatever held it.
    pub(super) fn let_go(&mut self) {
        if self.held != Held::Nothing {
            self.held = Held::Nothing;
            self.envelope.release();
        }
    }

    /// Fades the voice out within so many seconds.
    pub(super) fn give_way(&mut self, seconds: f32, sample_rate: f32) {
        let step = 1.0 / (seconds * sample_rate).max(1.0);
        self.fade_step = self.fade_step.max(step);
        self.held = Held::Nothing;
    }

    /// Is it on its way out to make room?
    pub(super) fn gives_way(&self) -> bool {
        self.fade_step > 0.0
    }

    /// What remains of a voice that gives way.
    pub(super) fn remainder(&self) -> f32 {
        self.fade
    }

    /// Drums that silence one another.
    pub(super) fn chokes(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Source::Drum(a), Source::Drum(b)) => {
                a.choke() != Choke::Never && a.choke() == b.choke()
            }
            _ => false,
        }
    }

    /// Has it died away?
    pub(super) fn is_over(&self) -> bool {
        self.envelope.is_done() || self.fade <= 0.0 || self.quiet >= QUIET_TICKS
    }

    /// Moves what moves slowly: at the border of a tick.
    pub(super) fn control(&mut self, bend: f32, sample_rate: f32) {
        let frequency = self.frequency * bend;
        match &mut self.source {
            Source::Pluck(pluck) => pluck.control(frequency, sample_rate),
            Source::Fm(fm) => fm.control(frequency, sample_rate),
            Source::Analog(analog) => analog.control(frequency, sample_rate, self.since_control),
            Source::Organ(organ) => organ.control(frequency, sample_rate),
            Source::Drum(_) => {}
        }
        // A sound that begins softly is not over.
        let dies_by_itself = matches!(
            self.source,
            Source::Pluck(_) | Source::Fm(_) | Source::Drum(_)
        );
        if dies_by_itself && self.since_control > 0 {
            self.quiet = if self.peak < QUIET { self.quiet + 1 } else { 0 };
        }
        self.peak = 0.0;
        self.since_control = 0;
    }

    /// The next frames, `from` frames into the tick, without the channel's gains.
    pub(super) fn render(
        &mut self,
        workshop: &Workshop<'_>,
        string: &mut String,
        out: &mut Stereo,
        from: usize,
        frames: usize,
    ) {
        match &mut self.source {
            Source::Pluck(pluck) => pluck.render(string, out, from, frames),
            Source::Fm(fm) => fm.render(out, frames),
            Source::Analog(analog) => analog.render(out, frames),
            Source::Organ(organ) => organ.render(workshop.pipes, out, frames),
            Source::Drum(drum) => drum.render(out, frames),
        }
        for (left, right) in out.frames(frames) {
            let gain = self.gain * self.envelope.next() * self.fade;
            self.fade = (self.fade - self.fade_step).max(0.0);
            *left *= gain;
            *right *= gain;
            self.peak = self.peak.max(left.abs()).max(right.abs());
        }
        self.since_control += frames;
    }
}

/// The gain for a touch from 0 to 1; about 26 dB from piano to fortissimo.
fn loudness(touch: f32) -> f32 {
    touch.powf(1.5)
}
