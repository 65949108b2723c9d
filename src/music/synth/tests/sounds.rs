//! Tests of the timbres against recorded instruments. The figures of these are the shares of bands in
//! the power of one note from second 0.1 to 1.0.

use super::spectrum::Spectrum;
use super::*;

/// How far a share may be from the recorded one, in decibels.
const ROOM: f64 = 12.0;
/// Recorded shares below this are too soft to matter.
const FLOOR: f64 = -40.0;

/// A patch, a key and a velocity.
type Struck = (Patch, u8, u8);

fn note((patch, key, velocity): Struck) -> Spectrum {
    let mut synth = playing(patch);
    synth.handle(on(1, key, velocity));
    Spectrum::of(&render(&mut synth, RATE as usize), RATE)
}

fn stroke(key: u8, velocity: u8) -> Spectrum {
    let mut synth = Synth::new(RATE);
    synth.handle(on(10, key, velocity));
    Spectrum::of(&render(&mut synth, RATE as usize), RATE)
}

#[test]
fn a_patch_has_the_overtones_of_the_recorded_instrument() {
    let recorded: [(Struck, [f64; 2], f64); 31] = [
        ((Patch::PIANO, 36, 100), [1_000.0, 2_000.0], -13.0),
        ((Patch::PIANO, 36, 100), [2_000.0, 4_000.0], -15.0),
        ((Patch::PIANO, 28, 100), [1_000.0, 2_000.0], -15.6),
        ((Patch::PIANO, 48, 100), [4_000.0, 8_000.0], -24.7),
        ((Patch::EPIANO, 36, 100), [1_000.0, 2_000.0], -30.9),
        ((Patch::BRASS, 55, 120), [2_000.0, 4_000.0], -8.0),
        ((Patch::FLUTE, 72, 120), [1_000.0, 2_000.0], -6.0),
        ((Patch::ORGAN, 60, 120), [4_000.0, 8_000.0], -49.0),
        // Other keys, velocities and bands of the same sounds.
        ((Patch::PIANO, 24, 100), [1_000.0, 2_000.0], -13.8),
        ((Patch::PIANO, 24, 100), [2_000.0, 4_000.0], -19.6),
        ((Patch::PIANO, 28, 40), [2_000.0, 4_000.0], -23.2),
        ((Patch::PIANO, 28, 100), [4_000.0, 8_000.0], -33.1),
        ((Patch::PIANO, 48, 100), [1_000.0, 2_000.0], -10.2),
        ((Patch::PIANO, 60, 100), [2_000.0, 4_000.0], -19.3),
        ((Patch::PIANO, 60, 100), [4_000.0, 8_000.0], -27.0),
        ((Patch::PIANO, 72, 100), [2_000.0, 4_000.0], -10.7),
        ((Patch::PIANO, 84, 100), [4_000.0, 8_000.0], -14.4),
        ((Patch::EPIANO, 28, 100), [500.0, 1_000.0], -15.9),
        ((Patch::EPIANO, 28, 100), [1_000.0, 2_000.0], -33.7),
        ((Patch::EPIANO, 48, 100), [500.0, 1_000.0], -10.8),
        ((Patch::EPIANO, 60, 100), [1_000.0, 2_000.0], -26.8),
        ((Patch::BRASS, 43, 80), [1_000.0, 2_000.0], -8.9),
        ((Patch::BRASS, 55, 40), [2_000.0, 4_000.0], -14.6),
        ((Patch::BRASS, 55, 120), [4_000.0, 8_000.0], -16.5),
        ((Patch::BRASS, 67, 120), [2_000.0, 4_000.0], -8.8),
        ((Patch::FLUTE, 60, 120), [500.0, 1_000.0], -3.9),
        ((Patch::FLUTE, 72, 40), [1_000.0, 2_000.0], -4.1),
        ((Patch::FLUTE, 72, 120), [4_000.0, 8_000.0], -34.9),
        ((Patch::OBOE, 72, 100), [1_000.0, 2_000.0], -1.0),
        ((Patch::CLARINET, 62, 100), [2_000.0, 4_000.0], -3.8),
        ((Patch::BASSOON, 48, 100), [500.0, 1_000.0], -2.2),
    ];
    for (struck, [low, high], wanted) in recorded {
        let share = note(struck).share(low, high);
        assert!(
            (share - wanted).abs() <= ROOM,
            "{struck:?}: {share:.1} dB from {low} to {high} Hz, {wanted} in the recording"
        );
        assert!(wanted > FLOOR || struck.0 == Patch::ORGAN, "{struck:?}");
    }
}

#[test]
fn cymbals_and_the_snare_hiss_no_more_than_recorded_ones() {
    // Percent of the power above 10 kHz: the recorded share, and the range that is accepted.
    for (name, key, recorded, range) in [
        ("open hi-hat", 46, 29.0, 8.0..=45.0),
        ("crash", 49, 4.0, 1.0..=12.0),
        ("second crash", 57, 3.0, 1.0..=12.0),
        ("ride", 51, 24.0, 2.0..=45.0),
        ("snare", 38, 0.0, 0.0..=4.0),
    ] {
        for velocity in [80, 100, 120] {
            let share = stroke(key, velocity).share(10_000.0, 24_000.0);
            let percent = 100.0 * 10_f64.powf(share / 10.0);
            assert!(
                range.contains(&percent),
                "{name} at {velocity}: {percent:.1} % above 10 kHz, {recorded} % in the recording"
            );
        }
    }
}

#[test]
fn the_overtones_of_every_piano_key_fall_and_do_not_end() {
    let bands = [250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0];
    for (key, velocity) in (24..=84).step_by(6).flat_map(|key| [(key, 60), (key, 110)]) {
        let spectrum = note((Patch::PIANO, key, velocity));
        let shares: Vec<f64> = bands
            .windows(2)
            .filter(|band| band[1] > 1.5 * hertz(key))
            .map(|band| spectrum.share(band[0], band[1]))
            .collect();
        for pair in shares.windows(2) {
            let step = pair[1] - pair[0];
            assert!(
                (-26.0..=6.0).contains(&step),
                "key {key} at {velocity}: octave bands {shares:.1?}"
            );
        }
        let top = shares.last().copied().unwrap_or_default();
        assert!(top > -48.0, "key {key} at {velocity}: {shares:.1?}");
    }
}

#[test]
fn a_low_electric_piano_is_no_sine_and_barks_when_struck_hard() {
    for key in [28, 36, 44, 52, 60] {
        // From the fourth partial up, and above the bass.
        let from = (3.5 * hertz(key)).max(600.0);
        let overtones = |velocity| note((Patch::EPIANO, key, velocity)).share(from, 8_000.0);
        let (soft, hard) = (overtones(40), overtones(110));
        assert!(soft > -36.0 && hard > -24.0, "key {key}: {soft} {hard}");
        assert!(hard > soft + 3.0, "key {key}: {soft} {hard}");
    }
}

#[test]
fn brass_opens_with_the_velocity() {
    for key in [43, 55, 67] {
        let bright = |velocity| note((Patch::BRASS, key, velocity)).share(2_000.0, 8_000.0);
        let (soft, middle, loud) = (bright(40), bright(80), bright(120));
        assert!(
            middle > soft + 3.0 && loud > middle + 2.0,
            "key {key}: {soft} {middle} {loud}"
        );
    }
}

#[test]
fn there_is_air_between_the_partials_of_a_flute() {
    for key in [60, 72, 84] {
        let spectrum = note((Patch::FLUTE, key, 100));
        let between = [5.5, 6.5, 7.5].map(|partial| {
            let center = partial * hertz(key);
            let width = 0.2 * hertz(key);
            spectrum.share(center - width, center + width)
        });
        let air = between.into_iter().fold(f64::MIN, f64::max);
        assert!((-65.0..-35.0).contains(&air), "key {key}: {air} dB");
    }
}

#[test]
fn a_sound_is_the_same_at_every_sample_rate() {
    let bands = [40.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0];
    let measured = |patch: Patch, rate: u32| {
        let mut synth = Synth::new(rate);
        synth.handle(Message::Program(channel(1), patch.program()));
        synth.handle(on(1, 55, 100));
        let spectrum = Spectrum::of(&render(&mut synth, rate as usize), rate);
        let shares = bands
            .windows(2)
            .map(|band| spectrum.share(band[0], band[1]));
        shares.collect::<Vec<_>>()
    };
    for patch in [
        Patch::PIANO,
        Patch::EPIANO,
        Patch::BRASS,
        Patch::FLUTE,
        Patch::ORGAN,
        Patch::TIMPANI,
        Patch::SAX,
    ] {
        let usual = measured(patch, RATE);
        for rate in [44_100, 96_000] {
            for (usual, share) in usual.iter().zip(measured(patch, rate)) {
                let differs = (usual.max(-55.0) - share.max(-55.0)).abs();
                assert!(differs < 1.5, "{patch:?} at {rate}: {share} for {usual} dB");
            }
        }
    }
}

#[test]
fn every_instrument_of_the_drum_map_has_a_sound_of_its_own() {
    let mut heard: Vec<(u8, Vec<f32>)> = Vec::new();
    // Keys of the General MIDI drum map that are a second drum of the same kind share a sound.
    let alike = [40, 43, 47, 50, 57, 59];
    for key in (36..=81).filter(|key| !alike.contains(key)) {
        let mut synth = Synth::new(RATE);
        synth.handle(on(10, key, 100));
        let (left, _) = render(&mut synth, 4_800);
        if let Some((other, _)) = heard.iter().find(|(_, sound)| *sound == left) {
            panic!("key {key} sounds like key {other}");
        }
        heard.push((key, left));
    }
}

#[test]
fn kettledrums_ring_at_their_pitch_and_die_away() {
    for key in [36, 41, 48] {
        let mut synth = Synth::new(RATE);
        synth.handle(Message::Program(channel(1), 47));
        synth.handle(on(1, key, 100));
        let first = render(&mut synth, RATE as usize);
        let spectrum = Spectrum::of(&first, RATE);
        // The fundamental, and the fifth and the octave above it.
        for ratio in [1.0, 1.5, 2.0] {
            let hertz = ratio * hertz(key);
            let share = spectrum.share(0.97 * hertz, 1.03 * hertz);
            assert!(share > -15.0, "key {key}: {share} dB at {hertz} Hz");
        }
        let later = decibels(&render(&mut synth, RATE as usize));
        assert!(later < decibels(&first) - 12.0, "key {key} is held");
    }
}
