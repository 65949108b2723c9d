//! Scores whose meter changes: bars follow it everywhere.

use crate::harness::Room;

const VIRTUAL: &str = "--clock virtual --store :memory:";

/// A score that begins with a bar of 4/4, goes on with two of 3/4, and then in 7/8.
fn score(tasks: &str) -> String {
    format!(
        "document:
  dsl: 1.0.0
  namespace: test
  name: meters
  version: 1.0.0
  metadata:
    fermata:
      tempo: 240
      meter: [4/4, {{ at: 4, meter: 3/4 }}, {{ at: 10, meter: 7/8 }}]
      instruments: {{ a: {{ patch: pluck }}, b: {{ patch: bass }} }}
do:
{tasks}"
    )
}

/// The beats at which keys go down.
fn onsets(room: &Room, tasks: &str) -> Vec<f64> {
    room.write("m.yaml", &score(tasks));
    room.succeed(&format!(
        "play m.yaml {VIRTUAL} --trace t.jsonl --record m.mid --force"
    ));
    let trace = room.trace("t.jsonl");
    trace
        .iter()
        .filter(|sent| sent.is_on())
        .map(|sent| sent.beat)
        .collect()
}

#[test]
fn a_pattern_takes_one_bar_of_the_present_meter() {
    let room = Room::new();
    let once = "  - p: { call: play, with: { instrument: a, pattern: c4, repeat: 6 } }\n";
    assert_eq!(onsets(&room, once), [0.0, 4.0, 7.0, 10.0, 13.5, 17.0]);
    let bytes = room.read("m.mid");
    let smf = midly::Smf::parse(&bytes).unwrap();
    let mut now = 0;
    let mut meters = Vec::new();
    for event in &smf.tracks[0] {
        now += event.delta.as_int();
        if let midly::TrackEventKind::Meta(midly::MetaMessage::TimeSignature(beats, unit, ..)) =
            event.kind
        {
            meters.push((now / 960, beats, unit));
        }
    }
    assert_eq!(meters, [(0, 4, 2), (4, 3, 2), (10, 7, 3)]);
}

#[test]
fn rests_and_starts_on_bar_lines_follow_the_meter() {
    let room = Room::new();
    let rests = "  - r: { call: rest, with: { bars: 2 } }
  - p: { call: play, with: { instrument: a, pattern: c4 } }
  - s: { call: rest, with: { beats: 1 } }
  - q: { call: play, with: { instrument: a, pattern: d4, at: bar } }
";
    // Two bars are 4 and 3 beats; the phrase lasts 3, the rest leads into the bar from 10 on.
    assert_eq!(onsets(&room, rests), [7.0, 13.5]);
}

#[test]
fn swing_is_counted_from_each_bar_line() {
    let room = Room::new();
    let swing = "  - r: { call: rest, with: { beats: 10 } }
  - p:
      call: play
      with:
        instrument: a
        swing: 1/2
        notes: [{ at: 0.5, note: c4 }, { at: 3.5, note: d4 }, { at: 4, note: e4 }]
";
    assert_eq!(onsets(&room, swing), [10.75, 13.5, 14.25]);
}

#[test]
fn a_list_of_meters_is_checked() {
    let room = Room::new();
    for (wrong, message) in [
        ("[4/4, { at: 0, meter: 3/4 }]", "must begin after beat 0"),
        (
            "[4/4, { at: 8, meter: 3/4 }, { at: 4, meter: 2/4 }]",
            "must begin after beat 8",
        ),
        ("[]", "from 1 to 1001"),
        ("[4/4, { at: 8 }]", "missing key `meter`"),
        ("[4/5]", "a meter such as 3/4"),
    ] {
        let text = score("  - p: { call: play, with: { instrument: a, pattern: c4 } }\n");
        let begin = text.find("[4/4").unwrap();
        let end = text.find("7/8 }]").unwrap() + 6;
        room.write(
            "w.yaml",
            &format!("{}{wrong}{}", &text[..begin], &text[end..]),
        );
        let outcome = room.run("check w.yaml");
        assert_eq!(outcome.code, Some(1), "{wrong}: {outcome:?}");
        assert!(outcome.err.contains(message), "{wrong}: {}", outcome.err);
    }
}

#[test]
fn more_sounds_than_a_port_has_channels_are_a_warning() {
    let room = Room::new();
    let port = |count: usize, port: &str| {
        let mut text = String::from(
            "document:\n  dsl: 1.0.0\n  namespace: test\n  name: many\n  version: 1.0.0\n  metadata:\n    fermata:\n      instruments:\n",
        );
        for number in 0..count {
            text += &format!("        i{number}: {{ program: {number}{port} }}\n");
        }
        text += "do:\n";
        for number in 0..count {
            text += &format!(
                "  - t{number}: {{ call: play, with: {{ instrument: i{number}, pattern: c4 }} }}\n"
            );
        }
        room.write("many.yaml", &text);
        room.run("check many.yaml").err
    };
    let warning = "`i15` shares a MIDI channel";
    assert!(port(16, ", port: Volca").contains(warning));
    assert!(!port(15, ", port: Volca").contains("shares"));
    assert!(!port(20, "").contains("shares"));
    let listed = room.succeed("ports many.yaml");
    assert!(
        listed.contains("i19: synth, a channel of its own"),
        "{listed}"
    );
    port(16, ", port: Volca");
    let listed = room.succeed("ports many.yaml");
    assert!(listed.contains("i15: Volca, shares a channel"), "{listed}");
    port(2, ", port: Volca, channel: 3");
    let listed = room.succeed("ports many.yaml");
    let shared = "i0: Volca, channel 3, shared with i1";
    assert!(listed.contains(shared), "{listed}");
}
