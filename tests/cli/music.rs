//! The calls that make music: options of `play`, `control`, `tempo`.

use midly::{MetaMessage, Smf, TrackEventKind};

use crate::harness::{Room, Sent, hanging, score};

/// Performs tasks at 120 in virtual time; gives what was sent.
fn performed(tasks: &str) -> (Room, Vec<Sent>) {
    let room = Room::new();
    room.write("s.yaml", &score("s", 120, tasks));
    room.succeed(
        "play s.yaml --clock virtual --store s.redb --id i --trace t.jsonl --record r.mid",
    );
    let trace = room.trace("t.jsonl");
    assert!(hanging(&trace).is_empty());
    (room, trace)
}

/// Beat and key of the notes, counted from the first bar.
fn notes(trace: &[Sent]) -> Vec<(f64, u8)> {
    let ons = trace.iter().filter(|sent| sent.is_on());
    ons.map(|sent| (sent.beat, sent.key())).collect()
}

/// Seconds from the first note to each.
fn seconds(trace: &[Sent]) -> Vec<f64> {
    let ons: Vec<u64> = trace
        .iter()
        .filter(|sent| sent.is_on())
        .map(|sent| sent.due)
        .collect();
    ons.iter().map(|due| (due - ons[0]) as f64 / 1e9).collect()
}

fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6
}

/// Tick and microseconds a beat of the tempi in a recording.
fn tempi(room: &Room) -> Vec<(u32, u32)> {
    let bytes = room.read("r.mid");
    let file = Smf::parse(&bytes).unwrap();
    let mut tick = 0;
    let mut tempi = Vec::new();
    for event in &file.tracks[0] {
        tick += event.delta.as_int();
        if let TrackEventKind::Meta(MetaMessage::Tempo(micros)) = event.kind {
            tempi.push((tick, micros.as_int()));
        }
    }
    tempi
}

#[test]
fn a_tempo_change_takes_effect_at_the_cursor() {
    let (room, trace) = performed(
        "  - a: { call: play, with: { instrument: a, pattern: c4 d4 e4 f4 } }
  - b: { call: tempo, with: { bpm: 60 } }
  - c: { call: play, with: { instrument: a, pattern: c4 d4 e4 f4 } }
  - d: { call: tempo, with: { bpm: \"${ 240 }\" } }
  - e: { call: play, with: { instrument: a, pattern: c4 d4 e4 f4 } }
",
    );
    let expected = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 6.25, 6.5, 6.75];
    let found = seconds(&trace);
    assert_eq!(found.len(), expected.len());
    assert!(
        found.iter().zip(expected).all(|(a, b)| is_near(*a, b)),
        "{found:?}"
    );
    assert_eq!(
        tempi(&room),
        [(0, 500_000), (3840, 1_000_000), (7680, 250_000)]
    );
    room.succeed("export i --store s.redb");
}

#[test]
fn a_tempo_ramp_applies_to_every_voice_and_to_the_recording() {
    let (room, trace) = performed(
        "  - slow: { call: tempo, with: { bpm: 60 } }
  - both:
      fork:
        branches:
          - ramp: { call: tempo, with: { bpm: 120, over: 4 } }
          - play: { call: play, with: { instrument: a, repeat: 2, pattern: c4 d4 e4 f4 } }
",
    );
    // 60 / (60 + 15 x) seconds a beat: after x beats 4 ln(1 + x / 4).
    let ramp = |x: f64| 4.0 * (1.0 + x / 4.0).ln();
    let mut expected: Vec<f64> = (0..=4).map(|x| ramp(f64::from(x))).collect();
    expected.extend((1..4).map(|x| ramp(4.0) + f64::from(x) * 0.5));
    let found = seconds(&trace);
    assert_eq!(found.len(), 8);
    let near = |(a, b): (&f64, f64)| (a - b).abs() < 1e-5;
    assert!(found.iter().zip(expected).all(near), "{found:?}");
    let tempi = tempi(&room);
    let ticks: Vec<u32> = tempi.iter().map(|(tick, _)| *tick).collect();
    assert_eq!(ticks, (0..=16).map(|n| n * 240).collect::<Vec<_>>());
    assert_eq!(tempi[16].1, 500_000);
    assert!(tempi.windows(2).all(|w| w[0].1 > w[1].1), "{tempi:?}");
}

#[test]
fn controllers_jump_and_ramp() {
    let (_, trace) = performed(
        "  - a: { call: control, with: { instrument: a, cc: pan, value: 20 } }
  - b: { call: control, with: { instrument: a, bank: 129, program: 5, pressure: 70 } }
  - c: { call: control, with: { instrument: a, cc: 7, from: 0, to: 48, over: 2 } }
  - d: { call: control, with: { instrument: a, bend: { from: 0, to: -1, over: 1 } } }
  - e: { call: play, with: { instrument: a, pattern: c4 } }
",
    );
    let (first, of): (f64, Vec<&Sent>) = (
        trace
            .iter()
            .find(|s| s.bytes[0] & 0xf0 == 0xb0)
            .unwrap()
            .beat,
        trace
            .iter()
            .filter(|s| s.bytes[0] & 0xf0 != 0x90 && s.bytes[0] & 0xf0 != 0x80)
            // What the program resets at the end belongs to no instance.
            .filter(|s| s.instance.is_some())
            .collect(),
    );
    let kind = |status: u8, number: u8| -> Vec<(f64, u8)> {
        of.iter()
            .filter(|s| s.bytes[0] & 0xf0 == status && (status != 0xb0 || s.bytes[1] == number))
            .map(|s| (s.beat - first, *s.bytes.last().unwrap()))
            .collect()
    };
    assert_eq!(kind(0xb0, 10), [(0.0, 20)]);
    assert_eq!(
        (kind(0xb0, 0), kind(0xb0, 32)),
        (vec![(0.0, 1)], vec![(0.0, 1)])
    );
    assert_eq!(kind(0xc0, 0).last(), Some(&(0.0, 5)));
    assert_eq!(kind(0xd0, 0), [(0.0, 70)]);
    let volume = kind(0xb0, 7);
    assert_eq!(volume.len(), 49, "{volume:?}");
    assert_eq!((volume[24], volume[48]), ((1.0, 24), (2.0, 48)));
    let bend = kind(0xe0, 0);
    assert_eq!((bend[0], bend[24]), ((2.0, 64), (3.0, 0)));
    let on = trace.iter().find(|s| s.is_on()).unwrap();
    assert!(is_near(on.beat - first, 3.0));
}

#[test]
fn phrases_have_scales_swing_gate_and_start_positions() {
    let (_, trace) = performed(
        "  - a: { call: play, with: { instrument: a, scale: \"c4:minor\", pattern: \"0 2 -1 7:40\" } }
  - r: { call: rest, with: { beats: 1/2 } }
  - b: { call: play, with: { instrument: a, at: beat, pattern: \"c4*4\", transpose: 2 } }
  - c: { call: play, with: { instrument: a, at: bar, swing: 1/3, gate: 1/2, pattern: \"c4*8\" } }
",
    );
    let found = notes(&trace);
    let first = found[0].0;
    let at: Vec<(f64, u8)> = found.iter().map(|(b, k)| (b - first, *k)).collect();
    assert_eq!(at[..4], [(0.0, 60), (1.0, 63), (2.0, 58), (3.0, 72)]);
    assert_eq!(at[4..8], [(5.0, 62), (6.0, 62), (7.0, 62), (8.0, 62)]);
    assert_eq!(at[8].0, 12.0);
    assert!(
        is_near(at[9].0, 12.0 + 2.0 / 3.0) && is_near(at[10].0, 13.0),
        "{at:?}"
    );
    let velocities: Vec<u8> = trace
        .iter()
        .filter(|s| s.is_on())
        .map(|s| s.bytes[2])
        .collect();
    assert_eq!(velocities[3], 40);
    // Half of 2/3 of a beat.
    let off = trace.iter().filter(|s| s.is_off()).nth(8).unwrap();
    assert!(is_near(off.beat - first, 12.0 + 1.0 / 3.0), "{}", off.beat);
}

#[test]
fn random_choices_repeat_on_replay_and_differ_between_instances() {
    let tasks = "  - a: { call: play, with: { instrument: a, repeat: 8, pattern: \"[c4|d4|e4]*4 g4?\", \
                 humanise: { ms: 15, velocity: 10 } } }\n";
    let (room, trace) = performed(tasks);
    room.succeed("export i --store s.redb");
    std::fs::write(room.path("h.json"), room.succeed("export i --store s.redb")).unwrap();
    room.succeed("replay h.json");
    room.succeed("play s.yaml --clock virtual --store :memory: --id j --trace u.jsonl");
    let other = room.trace("u.jsonl");
    assert_ne!(notes(&trace), notes(&other));
    let keys: Vec<u8> = notes(&trace).iter().map(|(_, key)| *key).collect();
    assert!(
        [60, 62, 64, 67].iter().all(|key| keys.contains(key)),
        "{keys:?}"
    );
    assert!(keys.iter().filter(|key| **key == 67).count() < 8);
}

#[test]
fn errors_are_shown_at_their_position() {
    let room = Room::new();
    for (with, message) in [
        (
            "call: play, with: { instrument: a, pattern: \"c4 [e4 ^g4]\" }",
            "^g4",
        ),
        (
            "call: play, with: { instrument: a, pattern: \"0 -1\" }",
            "scale",
        ),
        (
            "call: play, with: { instrument: a, scale: \"c4:majr\", pattern: \"0\" }",
            "unknown scale `majr`",
        ),
        (
            "call: play, with: { instrument: a, swing: 2, pattern: c4 }",
            "swing",
        ),
        (
            "call: play, with: { instrument: a, transpose: 80, pattern: c4 g4 }",
            "out of range",
        ),
        (
            "call: play, with: { instrument: drums, scale: \"c4:major\", pattern: bd }",
            "drum kit",
        ),
        (
            "call: control, with: { instrument: a, cc: loudness, value: 3 }",
            "volume",
        ),
        (
            "call: control, with: { instrument: a, cc: 7, value: 300 }",
            "0 to 127",
        ),
        (
            "call: control, with: { instrument: a, value: 3 }",
            "`value` needs `cc`",
        ),
        ("call: control, with: { instrument: a, bend: 2 }", "-1"),
        ("call: control, with: { instrument: a }", "needs `cc`"),
        ("call: tempo, with: { bpm: 0.5 }", "1 to 60000000"),
        ("call: tempo, with: { over: 4 }", "bpm"),
    ] {
        room.write(
            "w.yaml",
            &score("w", 120, &format!("  - a: {{ {with} }}\n")),
        );
        let outcome = room.run("check w.yaml");
        assert_eq!(outcome.code, Some(1), "{with}: {outcome:#?}");
        let text = outcome.out + &outcome.err;
        assert!(
            text.contains(message) && text.contains("w.yaml:15:"),
            "{with}: {text}"
        );
    }
}

#[test]
fn an_expression_chooses_which_instrument_is_controlled() {
    let (_, trace) = performed(
        "  - all:
      for: { each: who, in: '${ [\"a\", \"b\"] }' }
      do:
        - soft: { call: control, with: { instrument: '${ $who }', cc: volume, value: '${ if $who == \"a\" then 33 else 44 end }' } }
        - move: { call: control, with: { instrument: '${ $who }', changes: [{ at: 0, cc: pan, value: 5 }] } }
        - note: { call: play, with: { instrument: '${ $who }', pattern: c4 } }
",
    );
    let set = |number: u8| -> Vec<(u8, u8)> {
        let controls = trace.iter().map(|sent| &sent.bytes);
        let set = controls.filter(|bytes| bytes[0] >> 4 == 0xB && bytes[1] == number);
        set.map(|bytes| (bytes[0] & 15, bytes[2])).collect()
    };
    let (volumes, pans) = (set(7), set(10));
    let of = |value: u8| volumes.iter().find(|set| set.1 == value).unwrap().0;
    assert_ne!(of(33), of(44), "each on the channel of its instrument");
    let moved: Vec<u8> = pans
        .iter()
        .filter(|set| set.1 == 5)
        .map(|set| set.0)
        .collect();
    assert_eq!(moved, [of(33), of(44)]);
}
