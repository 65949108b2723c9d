//! Struck bodies: a sum of partials with decays of their own, and the knock of the hammer. Piano
//! and marimba.

use std::f32::consts::PI;

use serde::Deserialize;

use super::envelope::decay_per_frame;
use super::filter::{Svf, SvfShape};
use super::noise::{self, Noise};
use super::partials::{MOST, Partial, Partials, Pitch, SPENT};
use super::stereo::{Stereo, pan};
use super::units::{self, HertzRange, InlineVec, Levels};

/// The most partials that a patch can list.
const MODES: usize = 24;
/// The most resonances of the board.
const BOARD: usize = 8;
/// The softer second string and how much longer it rings: the sound decays fast at first and slowly
/// later.
const TWIN_LEVEL: f32 = 0.45;
const TWIN_RING: f32 = 1.7;
/// The most partials of the second string, and how many of them there are for each hertz of the note.
const TWINS: f32 = 16.0;
const TWINS_PER_HERTZ: f32 = 0.17;
/// The most that a string is stretched.
const MOST_STRETCH: f32 = 0.003;
/// Low strings are wound, which makes them stiffer: their stretch, and the frequency that it is for,
/// in hertz. It is inversely proportional to the frequency.
const WOUND: f32 = 0.5;
const WOUND_HERTZ: f32 = 41.0;
/// The phases of partials grow with the square of their number, in radians: a pulse that the body has
/// spread already has no high peak.
const SPREAD_PULSE: f32 = 0.35;
/// High partials ring shorter: at this frequency, in hertz, half as long.
const DAMPED: f32 = 9_000.0;
/// How much the partials of a string differ from the rule in level and detuning, as a share.
const UNEVEN: f32 = 0.3;
/// Partials below this level are left out.
const INAUDIBLE: f32 = 1e-4;
/// The pitch that times and stretch are given for, in hertz.
const MIDDLE_C: f32 = 261.6;

/// A single partial: frequency as a multiple of the key's, level, and 60 dB decay in seconds at
/// middle C.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Mode(
    #[serde(deserialize_with = "units::ratio")] f32,
    #[serde(deserialize_with = "units::level")] f32,
    #[serde(deserialize_with = "units::ring")] f32,
);

/// A resonance of the board: hertz, level, and 60 dB decay in seconds. The same for every key.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Resonance(
    #[serde(deserialize_with = "units::hertz")] f32,
    #[serde(deserialize_with = "units::level")] f32,
    #[serde(deserialize_with = "units::ring")] f32,
);

/// The partials of a stiff string.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stiff {
    /// The number of partials, 1 to 96. Those that would be inaudibly high are left out.
    partials: u8,
    /// Inharmonicity at middle C: partial n has the ratio `n * sqrt(1 + stretch * n * n)`, less what
    /// would put the first one out of tune.
    #[serde(default, deserialize_with = "units::tiny")]
    stretch: f32,
    /// The stretch is multiplied by 2 to this power for every octave up.
    #[serde(default, deserialize_with = "units::tilt")]
    stretch_rise: f32,
    /// The strike position, as a share of the length.
    #[serde(deserialize_with = "units::share")]
    place: f32,
    /// The 60 dB decay of the first partial at middle C, in seconds.
    #[serde(deserialize_with = "units::ring")]
    decay: f32,
    /// The decay of partial n is divided by n to this power.
    #[serde(deserialize_with = "units::tilt")]
    decay_tilt: f32,
    /// The detuning of a second string in cents.
    #[serde(default, deserialize_with = "units::cents")]
    twin: f32,
}

impl Stiff {
    /// The stretch of the string with that frequency.
    fn stretch_at(&self, frequency: f32) -> f32 {
        let pitch = (frequency / MIDDLE_C).powf(self.stretch_rise);
        let wound = match self.stretch_rise > 0.0 {
            true => WOUND * WOUND_HERTZ / frequency,
            false => 0.0,
        };
        let stretch = self.stretch * (pitch + wound);
        stretch.min(MOST_STRETCH.max(self.stretch))
    }

    /// How strongly a hammer at the strike position excites partial `n`.
    fn struck(&self, n: f32) -> f32 {
        let struck = (PI * n * self.place).sin();
        struck.signum() * struck.abs().max(0.05)
    }
}

/// The parameters of a struck body.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    #[serde(default)]
    modes: InlineVec<Mode, MODES>,
    stiff: Option<Stiff>,
    /// Levels are divided by the partial's ratio to this power, at the softest and the hardest
    /// touch: a hard hammer is bright.
    tilt: Levels,
    /// What is added to that power for every octave above middle C, and taken from it below.
    #[serde(default, deserialize_with = "units::share")]
    tilt_rise: f32,
    /// Above this frequency a hammer excites little, at the softest and the hardest touch.
    #[serde(default = "HertzRange::open")]
    hammer: HertzRange,
    /// Below this frequency a body radiates little.
    #[serde(default, deserialize_with = "units::hertz")]
    radiates: f32,
    /// Decay times are divided by 2 to this power for every octave up.
    #[serde(default, deserialize_with = "units::share")]
    shortening: f32,
    /// The resonances of the board that the strings are on: the thump of a stroke.
    #[serde(default)]
    board: InlineVec<Resonance, BOARD>,
    /// The knock: level at the softest and the hardest touch, center frequency in hertz, 60 dB
    /// decay.
    knock: Levels,
    #[serde(deserialize_with = "units::hertz")]
    knock_hertz: f32,
    #[serde(deserialize_with = "units::ring")]
    knock_decay: f32,
    /// The stereo spread of the keyboard: low keys left, high keys right.
    #[serde(default, deserialize_with = "units::share")]
    width: f32,
    /// How far the partials of a note lie apart, every other one to the left.
    #[serde(default, deserialize_with = "units::share")]
    spread: f32,
    #[serde(deserialize_with = "units::level")]
    gain: f32,
}

/// A struck body that sounds. Its partials are in the memory of its slot.
#[derive(Debug, Clone)]
pub(super) struct Modal {
    knock: f32,
    knock_decay: f32,
    knock_filter: Svf,
    knock_shape: SvfShape,
    noise: Noise,
    /// The gains left and right of either half of the partials, and of the knock.
    sides: [(f32, f32); 2],
    left: f32,
    right: f32,
}

/// What excites the partials of a note.
struct Stroke<'a> {
    setting: &'a Setting,
    velocity: f32,
    frequency: f32,
    sample_rate: f32,
    tilt: f32,
    hammer: f32,
    /// The factor of levels, so that all keys are equally loud.
    level: f32,
    /// The factor of decay times.
    longer: f32,
}

impl Modal {
    /// Starts a voice; `velocity` from 0 to 1, `frequency` in hertz.
    pub(super) fn new(
        setting: &Setting,
        partials: &mut Partials,
        velocity: f32,
        frequency: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        let stroke = Stroke {
            setting,
            velocity,
            frequency,
            sample_rate,
            tilt: setting.tilt.at(velocity) + setting.tilt_rise * (frequency / MIDDLE_C).log2(),
            hammer: setting.hammer.at(velocity),
            level: (frequency / MIDDLE_C).powf(1.6 * setting.tilt_rise),
            longer: (MIDDLE_C / frequency)
                .powf(setting.shortening)
                .clamp(0.1, 2.5),
        };
        let modes = (0_u16..)
            .zip(setting.modes.as_slice())
            .map(|(index, mode)| {
                let phase = SPREAD_PULSE * f32::from(index * index);
                stroke.partial(mode.0, mode.1, mode.2).turned(phase)
            });
        let string = setting.stiff.iter().flat_map(|stiff| stroke.string(stiff));
        let sounds = modes.chain(string).chain(stroke.board());
        partials.start(sounds, frequency, sample_rate);
        let place = (frequency / 400.0).log2().clamp(-3.0, 3.0) / 3.0 * setting.width;
        let (left, right) = pan(place);
        let (left, right) = (left * setting.gain, right * setting.gain);
        let apart = 0.6 * setting.spread;
        Self {
            knock: setting.knock.at(velocity) * noise::density(sample_rate),
            knock_decay: decay_per_frame(setting.knock_decay, sample_rate),
            knock_filter: Svf::default(),
            knock_shape: SvfShape::new(
                setting.knock_hertz * (0.7 + 0.6 * velocity),
                0.3,
                sample_rate,
            ),
            noise: Noise::new(noise.bits()),
            sides: [
                (left * (1.0 + apart), right * (1.0 - apart)),
                (left * (1.0 - apart), right * (1.0 + apart)),
            ],
            left,
            right,
        }
    }

    /// Updates the parameters that change at control rate.
    pub(super) fn control(&mut self, partials: &mut Partials, frequency: f32, sample_rate: f32) {
        partials.control(frequency, sample_rate);
        if self.knock < SPENT {
            self.knock = 0.0;
        }
    }

    /// Renders the next frames.
    pub(super) fn render(&mut self, partials: &mut Partials, out: &mut Stereo, frames: usize) {
        let [first, second] = partials.render(frames);
        let [(left_a, right_a), (left_b, right_b)] = self.sides;
        for ((left, right), (a, b)) in out.frames(frames).zip(first.iter().zip(&second)) {
            *left = a * left_a + b * left_b;
            *right = a * right_a + b * right_b;
        }
        if self.knock > 0.0 {
            for (left, right) in out.frames(frames) {
                let white = self.noise.white() * self.knock;
                let knock = self.knock_filter.band(white, &self.knock_shape);
                self.knock *= self.knock_decay;
                *left += knock * self.left;
                *right += knock * self.right;
            }
        }
    }
}

impl Stroke<'_> {
    /// A partial with that ratio, level, and decay at middle C.
    fn partial(&self, ratio: f32, level: f32, decay: f32) -> Partial {
        let hertz = ratio * self.frequency;
        // Partials near Nyquist are faded out.
        let room = (2.0 - hertz / (0.22 * self.sample_rate)).clamp(0.0, 1.0);
        let dull = 1.0 / (1.0 + (hertz / self.hammer).powi(6)).sqrt();
        let radiated = hertz / hertz.hypot(self.setting.radiates).max(1.0);
        Partial {
            pitch: Pitch::Ratio(ratio),
            sine: self.level * level * ratio.max(0.1).powf(-self.tilt) * room * dull * radiated,
            cosine: 0.0,
            decay: decay * self.longer,
        }
    }

    /// The partials of a stiff string and its twin.
    fn string(&self, stiff: &Stiff) -> impl Iterator<Item = Partial> {
        let stiff = *stiff;
        let stretch = stiff.stretch_at(self.frequency);
        // The lowest strings are single.
        let twins = (TWINS_PER_HERTZ * self.frequency).clamp(4.0, TWINS);
        let twins = if stiff.twin > 0.0 { twins as usize } else { 0 };
        let count = usize::from(stiff.partials).clamp(1, MOST);
        let strings = (1..=count).flat_map(move |number| {
            let n = number as f32;
            let ratio = n * ((1.0 + stretch * n * n) / (1.0 + stretch)).sqrt();
            let level = stiff.struck(n) * (1.0 + UNEVEN * self.chance(n, 1.0));
            let damped = 1.0 + (ratio * self.frequency / DAMPED).powi(2);
            let time = stiff.decay * n.powf(-stiff.decay_tilt) / damped;
            let phase = SPREAD_PULSE * (n - 1.0) * (n - 1.0);
            if number > twins {
                return [Some(self.partial(ratio, level, time).turned(phase)), None];
            }
            // The two lie on either side of the pitch.
            let cents = stiff.twin * (1.0 + UNEVEN * self.chance(n, 2.0));
            let detuned = |share: f32| ratio * (share * cents / 1200.0).exp2();
            let main = self.partial(detuned(-0.45), level, time);
            let twin = self.partial(detuned(0.55), level * TWIN_LEVEL, time * TWIN_RING);
            let pair = [main, twin].map(|partial| Some(partial.turned(phase)));
            // The strings change sides from partial to partial.
            let [main, twin] = pair;
            if number % 2 == 1 { pair } else { [twin, main] }
        });
        let strings = strings.flatten();
        strings.filter(|partial| partial.sine.hypot(partial.cosine) > INAUDIBLE)
    }

    /// A number from -1 to 1 that is always the same for a partial of a key: no two strings are alike.
    fn chance(&self, n: f32, of: f32) -> f32 {
        let step = (n * 0.618_034 + self.frequency * 0.137 + of * 0.271) % 1.0;
        2.0 * step - 1.0
    }

    /// The thump of the board.
    fn board(&self) -> impl Iterator<Item = Partial> {
        let force = self.velocity;
        let board = self.setting.board.as_slice().iter();
        board.map(move |Resonance(hertz, level, decay)| Partial {
            pitch: Pitch::Fixed(*hertz),
            sine: level * force,
            cosine: 0.0,
            decay: *decay,
        })
    }
}
