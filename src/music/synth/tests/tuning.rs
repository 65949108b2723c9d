//! Tests of the tuning: every patch plays its keys at their pitch.

use super::spectrum::transform;
use super::*;

/// How far a key may be from its pitch, in cents.
const ROOM: f64 = 1.0;
/// How far from a partial its power is looked for, in cents. Detuned voices and vibrato are closer.
const AROUND: f64 = 60.0;
/// What is skipped of a note, and measured of it, in frames: 0.25 seconds and 5.5.
const SKIPPED: usize = 12_000;
const MEASURED: usize = 1 << 18;

/// What of a patch has the pitch of its key.
#[derive(Clone, Copy)]
enum Pitched {
    /// Its first partial: that of a stiff string, a bar, a skin or a bell.
    First,
    /// Its harmonics.
    Harmonics,
    /// The mean of its voices, which drift and beat, over several notes and harmonics.
    Section,
}

impl Pitched {
    fn of(patch: Patch) -> Self {
        match patch {
            Patch::PIANO | Patch::BELL | Patch::MARIMBA | Patch::TIMPANI | Patch::EPIANO => {
                Self::First
            }
            Patch::PAD
            | Patch::STRINGS
            | Patch::CHOIR
            | Patch::BRASS
            | Patch::LEAD
            | Patch::GUITAR => Self::Section,
            _ => Self::Harmonics,
        }
    }

    /// The partials that are measured of a key.
    fn partials(self, key: u8) -> std::ops::Range<u32> {
        match self {
            Self::First => 1..2,
            Self::Harmonics => 1..7,
            // Above 300 Hz a beat is short.
            Self::Section => {
                let first = (300.0 / hertz(key)).ceil().max(1.0) as u32;
                first..first + 8
            }
        }
    }

    fn notes(self) -> usize {
        match self {
            Self::First | Self::Harmonics => 1,
            Self::Section => 4,
        }
    }
}

/// The power spectrum of both channels of a held key, without the reverb.
fn power(patch: Patch, key: u8) -> Vec<f64> {
    let mut synth = playing(patch);
    synth.handle(Message::Control(channel(1), 91, 0));
    let mut power = vec![0.0; MEASURED / 2];
    for _ in 0..Pitched::of(patch).notes() {
        synth.handle(on(1, key, 90));
        render(&mut synth, SKIPPED);
        let (left, right) = render(&mut synth, MEASURED);
        synth.handle(off(1, key));
        render(&mut synth, SKIPPED);
        // Both sides at once: the one is the real, the other the imaginary part.
        let mut points: Vec<(f64, f64)> = (0..)
            .zip(left.into_iter().zip(right))
            .map(|(index, (left, right))| {
                let turn = std::f64::consts::TAU * f64::from(index) / MEASURED as f64;
                let window = 0.5 - 0.5 * turn.cos();
                (f64::from(left) * window, f64::from(right) * window)
            })
            .collect();
        transform(&mut points);
        for (index, sum) in power.iter_mut().enumerate().skip(1) {
            // The sum of the powers of both sides.
            let [(a, b), (c, d)] = [points[index], points[MEASURED - index]];
            *sum += a * a + b * b + c * c + d * d;
        }
    }
    power
}

/// The power near a frequency, and its center of gravity in cents from there. Voices that are
/// detuned, beat or drift are where the center is.
fn center(power: &[f64], hertz: f64) -> (f64, f64) {
    let bin = f64::from(RATE) / MEASURED as f64;
    let reach = (AROUND / 1200.0).exp2();
    // No narrower than the window makes a pure tone.
    let low = (hertz / reach).min(hertz - 4.0 * bin);
    let high = (hertz * reach).max(hertz + 4.0 * bin);
    let (mut sum, mut weights) = (0.0, 0.0);
    let bins = (low / bin).ceil() as usize..=(high / bin) as usize;
    for (index, weight) in bins.clone().zip(&power[bins]) {
        sum += weight * (index as f64 * bin / hertz).log2() * 1200.0;
        weights += weight;
    }
    (weights, sum / weights)
}

/// How far the pitch of a key is off, in cents.
fn off_key(patch: Patch, key: u8) -> f64 {
    let (power, pitched) = (power(patch, key), Pitched::of(patch));
    let (mut sum, mut weights) = (0.0, 0.0);
    for partial in pitched.partials(key) {
        let hertz = f64::from(partial) * hertz(key);
        if hertz < 10_000.0 {
            let (power, cents) = center(&power, hertz);
            let weight = match pitched {
                Pitched::First | Pitched::Harmonics => power,
                Pitched::Section => 1.0,
            };
            sum += weight * cents;
            weights += weight;
        }
    }
    sum / weights
}

/// The keys that a patch is played at.
fn register(patch: Patch) -> (u8, u8) {
    match patch {
        Patch::PIANO => (21, 108),
        Patch::EPIANO | Patch::ORGAN => (28, 96),
        Patch::BASS | Patch::SUB | Patch::ACID => (24, 60),
        Patch::TIMPANI => (36, 57),
        Patch::BELL => (48, 100),
        Patch::MARIMBA => (36, 96),
        Patch::PLUCK | Patch::GUITAR => (28, 91),
        Patch::FLUTE => (60, 98),
        Patch::OBOE => (58, 91),
        Patch::CLARINET => (50, 89),
        Patch::BASSOON => (34, 75),
        Patch::SAX => (44, 80),
        Patch::BRASS => (34, 86),
        Patch::CHOIR => (40, 81),
        _ => (28, 100),
    }
}

/// Checks the keys of the patches that `is_meant`.
fn check(is_meant: impl Fn(Pitched) -> bool) {
    let mut wrong = Vec::new();
    let patches = Patch::INSTRUMENTS.into_iter();
    for patch in patches.filter(|patch| is_meant(Pitched::of(*patch))) {
        let (low, high) = register(patch);
        for key in (low..=high).step_by(7) {
            let off = off_key(patch, key);
            println!("{} {key}: {off:.2} cents", patch.name());
            if !(-ROOM..=ROOM).contains(&off) {
                wrong.push(format!("{} key {key}: {off:.2} cents", patch.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_instrument_is_in_tune_over_its_register() {
    check(|pitched| !matches!(pitched, Pitched::Section));
}

#[test]
fn every_section_is_in_tune_over_its_register() {
    check(|pitched| matches!(pitched, Pitched::Section));
}
