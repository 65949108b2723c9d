//! Fonts that contradict themselves, as real ones do: what can be played sounds.

use super::*;

/// The lowest and the highest key of a zone.
fn keys(low: u16, high: u16) -> [u16; 2] {
    [KEYS, high << 8 | low]
}

/// The periods per second of a key that is held, and its peak.
fn played(synth: &mut Synth, key: u8) -> (usize, f32) {
    let (key, velocity) = (Key::new(key).unwrap(), Velocity::new(127).unwrap());
    synth.handle(Message::Control(channel(1), 91, 0));
    synth.handle(Message::NoteOn(channel(1), key, velocity));
    render(synth, 12_000);
    let sound = render(synth, 48_000);
    synth.handle(Message::NoteOff(channel(1), key));
    render(synth, 48_000);
    (periods(&sound), peak(&sound))
}

/// A synth that plays a font, and what is not played of it.
fn playing(font: &TestFont) -> (Synth, Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("repaired.sf2");
    std::fs::write(&path, font.bytes()).unwrap();
    let bank = Bank::new();
    let font = bank.read_font("repaired.sf2", &path).unwrap();
    let mut synth = bank.synth(48_000);
    synth.handle(Message::Control(channel(1), Message::SOUND, font.choice()));
    let warning = bank.font_warning(font).map(|warning| warning.to_string());
    (synth, warning)
}

/// The sine of the default font has 375 Hz at key 66.
fn is_in_tune(key: u8, heard: usize) -> bool {
    let hertz = 375.0 * ((f64::from(key) - 66.0) / 12.0).exp2();
    (heard as f64 - hertz).abs() < 3.0
}

#[test]
fn each_zone_of_a_sample_keeps_its_own_short_loop() {
    // One sample of three zones: a loop of one period, one of two that begins earlier, one of three.
    const PERIOD: u16 = 128;
    let zone = |low, high, start: i16, end: i16| {
        let offsets = [[2, start as u16], [3, end as u16]];
        let mut zone = vec![keys(low, high)];
        zone.extend(offsets);
        zone.extend([[LOOPS, 1], [SAMPLE, 0]]);
        zone
    };
    let period = PERIOD as i16;
    let font = TestFont {
        loop_start: 1_280,
        loop_end: 1_408,
        zone: zone(0, 72, 0, 0),
        more_zones: vec![zone(73, 84, -period, 0), zone(85, 127, -period, period)],
        ..TestFont::default()
    };
    let (mut synth, warning) = playing(&font);
    assert_eq!(warning, None, "all of it sounds as it is meant");
    for key in [40, 60, 72, 73, 80, 84, 85, 90, 100, 108] {
        let (heard, peak) = played(&mut synth, key);
        assert!(is_in_tune(key, heard), "{key}: {heard}");
        assert!(peak > 0.1, "{key}: {peak}");
    }
}

#[test]
fn a_loop_up_to_the_last_frame_of_the_data_plays() {
    let whole = 4_096 + 46;
    let font = TestFont {
        loop_start: 1_280,
        loop_end: 1_280 + 128,
        end: whole,
        ..TestFont::default()
    };
    let (mut synth, warning) = playing(&font);
    assert_eq!(warning, None);
    let (heard, _) = played(&mut synth, 66);
    assert!(is_in_tune(66, heard), "{heard}");
}

#[test]
fn a_loop_outside_of_the_data_is_left_out_and_reported() {
    let font = TestFont {
        loop_end: 9_999,
        ..TestFont::default()
    };
    let (mut synth, warning) = playing(&font);
    let warning = warning.unwrap();
    assert!(
        warning.contains("zone 1 of the instrument \"Sine\""),
        "{warning}"
    );
    assert!(warning.contains("loop"), "{warning}");
    let velocity = Velocity::new(127).unwrap();
    synth.handle(Message::NoteOn(channel(1), Key::new(66).unwrap(), velocity));
    let sound = render(&mut synth, 3_000);
    assert!(peak(&sound) > 0.1, "the sample is played");
    render(&mut synth, 48_000);
    assert!(peak(&render(&mut synth, 4_800)) < 0.01, "once");
}

#[test]
fn a_zone_without_a_sample_is_silent_and_the_others_sound() {
    let font = TestFont {
        zone: vec![keys(0, 70), [LOOPS, 1], [SAMPLE, 0]],
        more_zones: vec![
            vec![keys(71, 75), [LOOPS, 1], [SAMPLE, 9]],
            vec![keys(76, 80), [0, 9_000], [LOOPS, 1], [SAMPLE, 0]],
        ],
        ..TestFont::default()
    };
    let (mut synth, warning) = playing(&font);
    let warning = warning.unwrap();
    assert!(warning.contains("zone 2 of the instrument"), "{warning}");
    assert!(warning.contains("one more zone"), "{warning}");
    let (heard, peak) = played(&mut synth, 66);
    assert!(is_in_tune(66, heard) && peak > 0.1, "{heard}");
    for key in [73, 78] {
        let (_, peak) = played(&mut synth, key);
        assert!(peak < 1e-6, "{key}: {peak}");
    }
}
