//! What `call: play` plays, as scores write it.

use serde_json::{Value, json};

use super::{
    ArgumentError, Document, Phrase, PhraseContext, TaskKind, Variables, parse, pattern,
    test_text::{INSTRUMENTS, head},
};
use crate::music::Beat;

/// A score of one task with these instruments.
fn text(instruments: &str, with: &str) -> String {
    let head = head(&format!("      tempo: 120\n{instruments}"));
    format!("{head}  - a: {{ call: play, with: {{ {with} }} }}\n")
}

fn score(with: &str) -> Document {
    let text = text(INSTRUMENTS, &format!("instrument: bass, {with}"));
    parse(&text, "x").unwrap_or_else(|errors| panic!("{errors}"))
}

/// The errors or the warnings of a score.
fn told(text: &str) -> String {
    match parse(text, "x") {
        Err(errors) => errors.to_string(),
        Ok(document) => document.warnings.iter().map(|w| w.to_string()).collect(),
    }
}

fn errors(with: &str) -> String {
    told(&text(INSTRUMENTS, &format!("instrument: bass, {with}")))
}

fn phrase(document: &Document, cycle: u64, input: &Value) -> Result<Phrase, ArgumentError> {
    let TaskKind::Play(play) = &document.tasks[0].kind else {
        panic!("no play");
    };
    let context = PhraseContext {
        meters: document.meters,
        at: Beat::ZERO,
        tempo: document.tempo,
        cycle,
        seed: pattern::Seed::new(1),
    };
    let variables = Variables::new();
    let instrument = play.instrument.get(input, &variables)?;
    play.phrase(&context, &instrument, input, &variables)
}

/// The chords of a cycle as `at length keys`, with the velocity if it is not the usual one.
fn cycle(with: &str, cycle: u64) -> Vec<String> {
    let phrase = phrase(&score(with), cycle, &json!({ "n": 2 })).unwrap();
    let chord = |c: &pattern::Chord| {
        let keys: Vec<u8> = c.keys.iter().map(|k| k.number()).collect();
        let velocity = c.velocity.number();
        let velocity = match velocity == crate::music::Velocity::default().number() {
            true => String::new(),
            false => format!(" {velocity}"),
        };
        format!("{} {} {keys:?}{velocity}", c.at, c.length)
    };
    phrase.chords.iter().map(chord).collect()
}

#[test]
fn chords_are_played_in_patterns_and_in_notes() {
    assert_eq!(
        cycle("pattern: \"c4'maj Am7:90\"", 0),
        ["0 2 [60, 64, 67]", "2 2 [69, 72, 76, 79] 90"]
    );
    assert_eq!(cycle("pattern: \"<c e>'min\"", 1), ["0 4 [64, 67, 71]"]);
    assert_eq!(
        cycle("pattern: \"0'maj 4'<min dim>\", scale: c4:major", 1),
        ["0 2 [60, 64, 67]", "2 2 [67, 70, 73]"]
    );
    assert_eq!(
        cycle(
            "notes: [{ note: \"c4'maj'i\" }, { at: 1, note: [F#m, a2] }]",
            0
        ),
        ["0 1 [64, 67, 72]", "1 1 [45, 66, 69, 73]"]
    );
}

#[test]
fn each_function_is_a_word() {
    assert_eq!(
        cycle("pattern: c4 e4, rev: true", 0),
        ["0 2 [64]", "2 2 [60]"]
    );
    assert_eq!(
        cycle("pattern: c4 e4, rev: false", 0),
        ["0 2 [60]", "2 2 [64]"]
    );
    assert_eq!(
        cycle("pattern: c4 e4, fast: 2", 0),
        cycle("pattern: \"[c4 e4]*2\"", 0)
    );
    assert_eq!(cycle("pattern: c4 e4, slow: 2", 1), ["0 4 [64]"]);
    assert_eq!(
        cycle("pattern: c4 e4, fast: \"<1 2>\"", 1),
        cycle("pattern: \"[c4 e4]*2\"", 1)
    );
    assert_eq!(
        cycle("pattern: c4, fast: 3/2", 0),
        cycle("pattern: c4*1.5", 0)
    );
    assert_eq!(
        cycle("pattern: c4 e4, ply: 2", 0),
        cycle("pattern: c4*2 e4*2", 0)
    );
    assert_eq!(
        cycle("pattern: \"c4'maj\", arp: down", 0),
        cycle("pattern: g4 e4 c4", 0)
    );
    assert_eq!(
        cycle(
            "pattern: c4 ~, off: { by: 1/4, transpose: 12, velocity: 50 }",
            0
        ),
        ["0 2 [60]", "1 2 [72] 50"]
    );
    assert_eq!(
        cycle(
            "pattern: c4 ~, off: [{ by: 1/4, transpose: 12 }, { by: 1/2, transpose: 7 }]",
            0
        ),
        ["0 2 [60]", "1 2 [72]", "2 2 [67]", "3 2 [79]"]
    );
    let every = "pattern: c4 e4, every: { cycles: 3, rev: true, transpose: 12 }";
    assert_eq!(cycle(every, 0), ["0 2 [76]", "2 2 [72]"]);
    assert_eq!(cycle(every, 1), ["0 2 [60]", "2 2 [64]"]);
    assert_eq!(cycle(every, 3), cycle(every, 0));
    assert_eq!(cycle("pattern: c4*4, degrade: 1", 0), [""; 0]);
    assert_eq!(cycle("pattern: c4*4, degrade: false", 0).len(), 4);
}

#[test]
fn functions_are_applied_in_one_order_however_they_are_written() {
    let sorted =
        "arp: up, fast: 2, rev: true, ply: 2, off: { by: 1/8, transpose: 12 }, degrade: 0.3";
    let mixed =
        "degrade: 0.3, off: { transpose: 12, by: 1/8 }, ply: 2, rev: true, fast: 2, arp: up";
    let pattern = "pattern: \"c'maj [e'min a4]\"";
    assert_eq!(
        cycle(&format!("{pattern}, {sorted}"), 0),
        cycle(&format!("{pattern}, {mixed}"), 0)
    );
    // Chords become notes before they are reversed, and are reversed before they are repeated.
    assert_eq!(
        cycle("pattern: \"c4'maj\", ply: 2, rev: true, arp: up", 0),
        cycle("pattern: g4*2 e4*2 c4*2", 0)
    );
}

#[test]
fn what_is_dropped_is_dropped_on_every_replay() {
    let with = "pattern: c4*16, degrade: true";
    assert_eq!(cycle(with, 5), cycle(with, 5));
    assert_ne!(cycle(with, 5), cycle(with, 6));
    let heard: usize = (0..20).map(|n| cycle(with, n).len()).sum();
    assert!((110..210).contains(&heard), "{heard}");
}

#[test]
fn functions_may_be_expressions() {
    assert_eq!(
        cycle("pattern: c4, ply: \"${ .n }\"", 0),
        cycle("pattern: c4*2", 0)
    );
    assert_eq!(
        cycle(
            "pattern: c4 e4, every: \"${ { cycles: .n, rev: true } }\"",
            2
        ),
        ["0 2 [64]", "2 2 [60]"]
    );
    let failed = phrase(
        &score("pattern: c4, fast: \"${ .n }\""),
        0,
        &json!({ "n": -1 }),
    );
    assert!(failed.unwrap_err().to_string().contains("above 0"));
    let crowded = phrase(
        &score("pattern: c4*64, fast: \"${ .n }\""),
        0,
        &json!({ "n": 99 }),
    );
    assert!(
        crowded
            .unwrap_err()
            .to_string()
            .contains("more than 4096 steps")
    );
}

#[test]
fn mistakes_in_functions_are_explained() {
    for (with, message) in [
        ("pattern: c4, fast: 0", "above 0"),
        ("pattern: c4, fast: -2", "`rev: true` plays backwards"),
        (
            "pattern: c4, slow: [1, 2]",
            "a pattern of numbers such as \"<1 2>\"",
        ),
        ("pattern: c4, ply: 1.5", "an integer from 1 to 64"),
        ("pattern: c4, rev: 1", "expected true or false"),
        ("pattern: c4, arp: upward", "up, down, updown"),
        ("pattern: c4, degrade: 50", "0 to 1"),
        ("pattern: c4, off: 1/8", "expected a map"),
        ("pattern: c4, off: { transpose: 12 }", "`off` needs `by`"),
        ("pattern: c4, off: { by: 0 }", "above 0"),
        (
            "pattern: c4, off: { by: 1/8, transposed: 1 }",
            "unknown key `transposed` in `off`",
        ),
        (
            "pattern: c4, every: { rev: true }",
            "`every` needs `cycles`",
        ),
        ("pattern: c4, every: { cycles: 4 }", "such as `rev: true`"),
        (
            "pattern: c4, every: { cycles: 0, rev: true }",
            "from 1 to 10000",
        ),
        (
            "pattern: c4, every: { cycles: 4, velocity: 0.5 }",
            "for 50 % write 64",
        ),
        (
            "pattern: c4, every: { cycles: \"${ .n }\", rev: true }",
            "must be the whole value of `every`",
        ),
        ("pattern: \"[c4*64]*64\", ply: 2", "more than 4096 steps"),
        (
            "pattern: c9, off: { by: 1/8, transpose: 99 }",
            "out of range",
        ),
        (
            "notes: [{ note: c4 }], rev: true",
            "`rev` only applies to a `pattern`",
        ),
        ("pattern: c4, reverse: true", "unknown key `reverse`"),
    ] {
        let errors = errors(with);
        assert!(errors.contains(message), "{with}: {errors}");
        assert!(errors.contains("x:13:"), "{with}: {errors}");
    }
}

#[test]
fn mistakes_in_chords_are_explained() {
    for (pattern, message) in [
        ("c4'majr", "available: maj, min"),
        ("c4maj", "write `c4'maj`"),
        ("am7", "write `a'm7`"),
        ("c4'maj'q", "inversion"),
        ("60.5", "write 60 or 61"),
        ("<Am C>", "for the chord write `Cmaj`"),
    ] {
        let errors = errors(&format!("pattern: \"{pattern}\""));
        assert!(errors.contains(message), "{pattern}: {errors}");
    }
    assert!(!errors("pattern: \"<Am Cmaj>\"").contains("for the chord"));
}

#[test]
fn an_expression_chooses_the_instrument() {
    let text = text(INSTRUMENTS, "instrument: \"${ .who }\", pattern: c4 xx");
    assert!(told(&text).contains("`xx` is not a note"));
    let text = text
        .replace("c4 xx", "c4 e4")
        .replace("bass }", "bass, transpose: -12 }");
    let document = parse(&text, "x").unwrap();
    assert!(document.warnings.is_empty(), "{:?}", document.warnings);
    let first = |who: &str| {
        let phrase = phrase(&document, 0, &json!({ "who": who }));
        phrase.map(|phrase| phrase.chords[0].keys[0].number())
    };
    assert_eq!((first("bass"), first("drums")), (Ok(48), Ok(60)));
    let error = first("tuba").unwrap_err().to_string();
    assert!(
        error.contains("`instrument` evaluated to \"tuba\": there is no instrument `tuba`; available: bass, drums"),
        "{error}"
    );
    assert!(phrase(&document, 0, &json!({ "who": 3 })).is_err());
    let notes = text.replace(
        "pattern: c4 e4",
        "notes: [{ note: c4 }, { at: 1, note: [e4, g4] }]",
    );
    let document = parse(&notes, "x").unwrap();
    let phrase = phrase(&document, 0, &json!({ "who": "bass" })).unwrap();
    assert_eq!(phrase.chords.len(), 2);
}

#[test]
fn an_expression_chooses_the_instrument_of_a_control() {
    let score = text(
        INSTRUMENTS,
        "instrument: \"${ .who }\", cc: volume, value: 3",
    )
    .replace("call: play", "call: control");
    let document = parse(&score, "x").unwrap_or_else(|errors| panic!("{errors}"));
    assert!(document.warnings.is_empty(), "{:?}", document.warnings);
    let TaskKind::Control(control) = &document.tasks[0].kind else {
        panic!("no control");
    };
    let who = |input: Value| {
        let chosen = control.instrument.get(&input, &Variables::new());
        chosen.map(|instrument| instrument.name)
    };
    assert_eq!(who(json!({ "who": "drums" })), Ok("drums".to_owned()));
    let error = who(json!({ "who": "tuba" })).unwrap_err().to_string();
    assert!(error.contains("available: bass, drums"), "{error}");
    assert!(who(json!({})).is_err());
}

#[test]
fn a_pattern_for_the_drums_is_for_the_drums() {
    let text = text(INSTRUMENTS, "instrument: \"${ .who }\", pattern: bd sn");
    let document = parse(&text, "x").unwrap();
    assert!(phrase(&document, 0, &json!({ "who": "drums" })).is_ok());
    let error = phrase(&document, 0, &json!({ "who": "bass" })).unwrap_err();
    assert!(error.to_string().contains("`bd` is a drum"), "{error}");
}

#[test]
fn a_score_without_instruments_plays_the_piano() {
    for (instruments, with) in [
        ("", "pattern: c4"),
        ("", "instrument: piano, pattern: c4"),
        ("      instruments: {}\n", "pattern: c4"),
        ("", "instrument: \"${ \\\"piano\\\" }\", pattern: c4"),
    ] {
        let document = parse(&text(instruments, with), "x").unwrap_or_else(|e| panic!("{e}"));
        let names: Vec<&str> = document
            .instruments
            .iter()
            .map(|i| i.name.as_str())
            .collect();
        assert_eq!(names, ["piano"], "{with}");
        assert_eq!(
            document.instruments[0].voice,
            super::Voice::Patch("piano".into())
        );
        assert!(document.warnings.is_empty(), "{:?}", document.warnings);
        assert_eq!(phrase(&document, 0, &json!(null)).unwrap().chords.len(), 1);
    }
    // A score that makes no music has no instruments.
    let silent = text("", "pattern: c4").replace("call: play, with: { pattern: c4 }", "set: {}");
    assert!(parse(&silent, "x").unwrap().instruments.is_empty());
    // One that has some says which one plays.
    assert!(told(&text(INSTRUMENTS, "pattern: c4")).contains("missing key `instrument`"));
    assert!(told(&text("", "instrument: violin, pattern: c4")).contains("violin"));
}

#[test]
fn a_share_is_no_velocity_wherever_one_is_written() {
    for with in [
        "pattern: c4, velocity: 0.8",
        "pattern: c4, velocity: \"100 0.8\"",
        "pattern: \"c4:0.8\"",
        "notes: [{ note: c4, velocity: 0.8 }]",
        "pattern: c4, off: { by: 1/8, velocity: 0.8 }",
    ] {
        let errors = errors(with);
        assert!(errors.contains("for 80 % write 102"), "{with}: {errors}");
    }
    let instrument = INSTRUMENTS.replace("bass }", "bass, velocity: 0.8 }");
    let told_of = told(&text(&instrument, "instrument: bass, pattern: c4"));
    assert!(told_of.contains("for 80 % write 102"), "{told_of}");
    let sound = format!(
        "{INSTRUMENTS}      sounds: [{{ on: TaskFailed, play: {{ instrument: bass, note: c4, velocity: 0.8 }} }}]\n"
    );
    let told_of = told(&text(&sound, "instrument: bass, pattern: c4"));
    assert!(told_of.contains("for 80 % write 102"), "{told_of}");
    for control in [
        "cc: volume, value: 0.8",
        "pressure: 0.8",
        "changes: [{ at: 0, cc: 7, value: 0.8 }]",
    ] {
        let text = text(INSTRUMENTS, &format!("instrument: bass, {control}"));
        let told_of = told(&text.replace("call: play", "call: control"));
        assert!(
            told_of.contains("for 80 % write 102"),
            "{control}: {told_of}"
        );
    }
    let told_of = errors("pattern: c4, velocity: 1.0");
    assert!(told_of.contains("for 100 % write 127"), "{told_of}");
}
