//! Reading scores.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;
use crate::music::{Bank, Beats, Kit};

/// A score up to its first task.
fn head() -> String {
    test_text::head(test_text::INSTRUMENTS)
}

/// The delay that a policy fixes.
fn first_delay(retry: &Retry) -> Duration {
    let Span::Fixed(delay) = retry.delay else {
        panic!("not fixed")
    };
    delay
}

fn score(tasks: &str) -> Document {
    let text = head() + tasks;
    parse(&text, "test.yaml").unwrap_or_else(|errors| panic!("{errors}"))
}

/// The errors in these tasks as `line:column: message`, with lines counted from `do:`.
fn errors_in(tasks: &str) -> Vec<String> {
    let text = head() + tasks;
    let errors = parse(&text, "test.yaml").expect_err("must be refused");
    let line = |error: &ScoreError| error.place.line - head().lines().count();
    errors
        .errors()
        .iter()
        .map(|e| format!("{}:{}: {}", line(e), e.place.column, e.problem))
        .collect()
}

/// A study, a small score that fits on a slide.
macro_rules! study {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../scores/studies/", $name, ".yaml")),
        )
    };
}

const STUDIES: [(&str, &str); 6] = [
    study!("arpeggio"),
    study!("four-voices"),
    study!("rounds"),
    study!("answer"),
    study!("missed-strokes"),
    study!("loose-cable"),
];

#[test]
fn every_bundled_score_is_read_quickly() {
    for (name, text) in BUNDLED.into_iter().chain(COMPANIONS).chain(STUDIES) {
        let document = parse(text, name).unwrap_or_else(|errors| panic!("{errors}"));
        // The least of several: a busy machine only ever adds to it.
        let took = (0..5).map(|_| {
            let start = Instant::now();
            assert!(parse(text, name).is_ok());
            start.elapsed()
        });
        let took = took.min().unwrap();
        println!("{name}: {took:?}");
        assert_eq!(document.name, name);
        assert!(!document.summary.is_empty() && !document.title.is_empty());
        // What it teaches; of a score that others run, what it is.
        let is_piece = COMPANIONS.iter().all(|(other, _)| *other != name);
        let comment = text.lines().take_while(|line| line.starts_with("# "));
        assert!(comment.count() >= if is_piece { 3 } else { 1 }, "{name}");
        assert!(took < Duration::from_millis(500), "{name} took {took:?}");
    }
}

#[test]
fn tasks_know_their_pointer_and_their_lines() {
    let (_, text) = STUDIES[4];
    let document = parse(text, "x").unwrap();
    let TaskKind::Fork(fork) = &document.tasks[0].kind else {
        panic!("not a fork")
    };
    let TaskKind::For(each) = &fork.branches[2].kind else {
        panic!("not a loop")
    };
    let strike = &each.tasks[0];
    assert_eq!(
        strike.pointer,
        "/do/0/groove/fork/branches/2/beat/do/0/strike"
    );
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[*strike.lines.start() - 1].trim(), "- strike:");
    assert_eq!(
        lines[*strike.lines.end() - 1].trim(),
        "limit: { attempt: { count: 8 } }"
    );
    let TaskKind::Try(attempt) = &strike.kind else {
        panic!("not a try")
    };
    assert_eq!(
        attempt.tasks[0].pointer,
        format!("{}/try/0/hit", strike.pointer)
    );
    let retry = attempt.catch.retry.as_ref().unwrap();
    let delays: Vec<u128> = (2..6)
        .map(|n| retry.delay_before(n, first_delay(retry)).as_millis())
        .collect();
    assert_eq!(delays, [2000, 4000, 8000, 16000]);
    assert_eq!(retry.attempts, Some(8));
    assert_eq!(document.sounds[0].on, EventName::TaskFailed);
    assert_eq!(document.sounds[0].grid, Beats::new(1, 2));
    assert_eq!(
        document.instrument("drums").unwrap().fault,
        Some(InjectedFault::First {
            attempts: 3,
            bar: 3
        })
    );
}

#[test]
fn unsupported_keys_are_refused_at_their_position() {
    for (tasks, place, word) in [
        ("  - a: { run: { script: {} } }", "1:17", "script"),
        ("  - a: { call: grpc, with: {} }", "1:16", "grpc"),
        (
            "  - a: { wait: PT1S }\nuse: { extensions: [a] }",
            "2:8",
            "extensions",
        ),
    ] {
        let got = errors_in(tasks);
        let expected = format!("{place}: `{word}` is not supported: ");
        assert!(
            got.len() == 1 && got[0].starts_with(&expected),
            "{tasks}: {got:?}"
        );
    }
}

#[test]
fn errors_say_what_is_wrong_and_exactly_where() {
    for (tasks, expected) in [
        (
            "  - a: { call: play, with: { instrument: bas, pattern: c } }",
            "1:42: no instrument named `bas` under `metadata.fermata.instruments`; did you mean `bass`?",
        ),
        (
            "  - a: { call: play, with: { instrumnet: bass, pattern: c } }",
            "1:30: unknown key `instrumnet` in `call: play`; did you mean `instrument`?",
        ),
        (
            "  - a: { call: play, with: { instrument: bass, pattern: \"c [e x]\" } }",
            "1:63: invalid pattern: `x` is not a note: write a name such as `c4`, `f#2`, `eb3`, or a key number",
        ),
        (
            "  - a: { call: play, with: { instrument: bass, pattern: c e4@0 } }",
            "1:62: invalid pattern: a weight must be greater than 0",
        ),
        (
            "  - a: { call: play, with: { instrument: bass, pattern: 'bd' } }",
            "1:57: invalid pattern: `bd` is a drum: use an instrument with `kit: studio`",
        ),
        (
            "  - a: { wait: PT1S, then: refrian }\n  - refrain: { wait: PT1S }",
            "1:28: no task named `refrian` in this list; did you mean `refrain`?",
        ),
        (
            "  - a: { if: \"${ .x | foo }\", wait: PT1S }",
            "1:23: invalid expression: there is no filter `foo` here; a text stands in double quotes, a key begins with a point, as in `.a`",
        ),
        (
            "  - a: { if: \"${ (.x }\", wait: PT1S }",
            "1:18: invalid expression: `(` is never closed",
        ),
        (
            "  - a: { set: { x: \"${ $bar }\" } }",
            "1:24: invalid expression: there is no variable `$bar` here",
        ),
        (
            "  - a: { wait: soon }",
            "1:16: invalid value `soon`: expected a duration such as \"PT1M30S\" or { seconds: 90 }",
        ),
        (
            "  - a: { wait: { seconds: -1 } }",
            "1:27: a duration takes whole numbers, in total at most ten years: write half a second as `milliseconds: 500`",
        ),
        (
            "  - a: { wait: 5 }",
            "1:16: expected a duration, found a number without a unit: write { seconds: 5 } or PT5S",
        ),
        (
            "  - a: { wait: PT1S }\n    b: { wait: PT1S }",
            "2:5: `b` is on the level of the name of a task: indent it further, or start it with `-`",
        ),
        (
            "  - a: { wait: PT1S }\n  - a: { wait: PT1S }",
            "2:5: duplicate task `a`: names in a list must be unique",
        ),
        (
            "  - a: { cal: play }",
            "1:10: unknown key `cal` in a task; did you mean `call`?",
        ),
        (
            "  - a: { fork: { branches: [] } }",
            "1:28: invalid value `[]`: expected a list of at least one branch",
        ),
        (
            "  - a: { call: rest, with: { beats: 0 } }",
            "1:37: a number of beats must be above 0 and at most 40000",
        ),
        (
            "  - a: { call: rest, with: { beats: 1, bars: 1 } }",
            "1:40: `call: rest` takes either `beats` or `bars`, not both",
        ),
        (
            "  - a: { try: [ { b: { wait: PT1S } } ], catch: { retry: fast } }",
            "1:58: no retry policy named `fast` under `use`; none is defined",
        ),
        (
            "  - a: { call: play, with: { instrument: bass, pattern: \"c ${ .x }\" } }",
            "1:60: invalid pattern: an expression must be the whole value; it can return a pattern",
        ),
        (
            "  - a: { call: play, with: { instrument: bass, notes: [ { note: c4, at: -1 } ] } }",
            "1:73: `at` must be from 0 to 40000 beats",
        ),
        (
            "  - a: { wait: PT1S, then: c }\n  - b: { do: [ { c: { wait: PT1S } } ] }",
            "1:28: the task `c` cannot be reached from here: it is in another list, and `then` leads to tasks of its own list",
        ),
        (
            "  - a: { switch: [ { b: { then: end } }, { c: { then: exit } } ] }",
            "1:44: a second case without `when`: a switch has at most one default case",
        ),
        (
            "  - a: { set: {}, input: { schema: { document: { type: 5 } } } }",
            "1:56: invalid schema: 5 is not valid under any of the schemas listed in the 'anyOf' keyword",
        ),
        (
            "  - a: { set: {}, input: { schema: { document: { properties: { x: { $ref: 'https://x.y/z' } } } } } }",
            "1:48: invalid schema: it refers to `https://x.y/z`, and Fermata fetches nothing from outside the score; put the schema under `$defs` and refer to it with `#/$defs/...`",
        ),
        (
            "  - a: { set: {}, output: { schema: { format: avro, document: {} } } }",
            "1:47: invalid value `avro`: expected `json`, the only supported format",
        ),
        (
            "  - a: { set: {}, output: { schema: { resource: { endpoint: x } } } }",
            "1:39: `resource` is not supported: Fermata fetches nothing from outside the score; write the schema under `document`",
        ),
        (
            "  - a: { raise: { error: { status: 500 } } }",
            "1:26: missing key `type` in an error",
        ),
        (
            "  - a: { for: { in: .x }, while: \"${ $i < 3 }\", do: [ { b: { wait: PT1S } } ] }",
            "1:38: invalid expression: there is no variable `$i` here",
        ),
    ] {
        let got = errors_in(tasks);
        assert_eq!(got, [expected], "{tasks}");
    }
}

#[test]
fn errors_point_at_the_wrong_part_of_a_value_in_every_yaml_style() {
    for (arguments, part, message) in [
        ("pattern: \"c4 [e4 x]\"", "x]", "invalid pattern: `x`"),
        ("pattern: 'c4 [e4 x]'", "x]", "invalid pattern: `x`"),
        ("pattern: c4\n         e4 x", "x", "invalid pattern: `x`"),
        (
            "pattern: |\n         c4 e4\n         g4 x",
            "x",
            "invalid pattern: `x`",
        ),
        (
            "pattern: >-\n         c4 e4\n         g4 x",
            "x",
            "invalid pattern: `x`",
        ),
        (
            "pattern: c4\n       velocity: 90 [80 loud]",
            "loud",
            "invalid pattern: `loud`",
        ),
        ("pattern: c4:200", "200", "invalid pattern: `200`"),
        (
            "pattern: 0 1\n       scale: c4:mino",
            "mino",
            "unknown scale `mino`",
        ),
        ("notes: [ { note: [c4, x] } ]", "x]", "`x` is not a note"),
        (
            "notes: [ { note: c4, length: 0 } ]",
            "0 }",
            "a number of beats",
        ),
        (
            "pattern: c4\n       humanise: { ms: 5, velocity: 99 }",
            "99",
            "`velocity` must",
        ),
    ] {
        let tasks = format!(
            "  - a:\n      call: play\n      with:\n       instrument: bass\n       {arguments}"
        );
        let before = &tasks[..tasks.rfind(part).unwrap()];
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').unwrap();
        let got = errors_in(&tasks);
        let expected = format!("{line}:{column}: {message}");
        assert!(
            got.len() == 1 && got[0].starts_with(&expected),
            "{tasks}: {got:?}, not {expected}"
        );
    }
}

#[test]
fn several_errors_are_reported_in_the_order_of_the_text() {
    let got = errors_in(
        "  - a: { call: play, with: { instrument: x, pattern: c } }\n  - b: { wait: soon }\n  - c: { then: nowhere, wait: PT1S }\n",
    );
    let places: Vec<&str> = got.iter().map(|g| &g[..4]).collect();
    assert_eq!(places, ["1:42", "2:16", "3:16"]);
}

#[test]
fn an_error_shows_its_line_with_a_caret() {
    let text = head() + "  - a: { wait: soon }\n";
    let errors = parse(&text, "songs/x.yaml").unwrap_err();
    let line = head().lines().count() + 1;
    assert_eq!(
        errors.to_string(),
        format!(
            "songs/x.yaml:{line}:16: invalid value `soon`: expected a duration such as \"PT1M30S\" or {{ seconds: 90 }}\n    \
             - a: {{ wait: soon }}\n                 ^"
        )
    );
}

#[test]
fn the_head_is_checked() {
    let errors = |from: &str, to: &str| {
        let text = (head() + "  - a: { wait: PT1S }").replace(from, to);
        let errors = parse(&text, "x").unwrap_err();
        errors.errors()[0].problem.to_string()
    };
    assert!(errors("dsl: 1.0.0", "dsl: 0.8").contains("found a number"));
    assert!(errors("dsl: 1.0.0", "dsl: 2.0.0").contains("`2.0.0`"));
    assert!(errors("name: test\n", "name: My Song\n").contains("`My Song`"));
    assert!(errors("  name: test\n", "").contains("missing key `name`"));
    assert!(errors("patch: bass", "patch: bas").contains("did you mean `bass`?"));
    assert!(errors("patch: bass", "patch: bass, kit: studio").contains("only one of"));
    assert!(errors("patch: bass", "color: sky").contains("needs `patch`"));
    assert!(errors("patch: bass", "patch: bass, channel: 17").contains("`17`"));
    assert!(errors("patch: bass", "patch: bass, color: beige").contains("`beige`"));
    assert!(errors("patch: bass", "patch: bass, fault: { rate: 2 }").contains("`2`"));
    assert!(errors("instruments:", "tempo: 0.5\n      instruments:").contains("`0.5`"));
    assert!(errors("instruments:", "meter: 4/5\n      instruments:").contains("`4/5`"));
    assert!(matches!(
        load(std::path::Path::new("/nowhere/x.yaml"), &Bank::new()),
        Err(ScoreErrors::Unreadable { .. })
    ));
}

/// A folder with a score whose bass has these words.
fn score_file(instrument: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("score.yaml");
    let text = format!(
        "document:\n  dsl: 1.0.0\n  namespace: t\n  name: t\n  version: 1.0.0\n  metadata:\n    \
         fermata:\n      instruments:\n        a: {{ {instrument} }}\ndo:\n  - x: {{ call: play, \
         with: {{ instrument: a, pattern: c4 }} }}\n"
    );
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn the_mix_of_an_instrument_becomes_controllers() {
    let words = "patch: lead, volume: 0.5, pan: -1, reverb: 0.25, delay: 1";
    let (_folder, path) = score_file(words);
    let document = load(&path, &Bank::new()).unwrap();
    let channel = crate::music::Channel::from_number(1).unwrap();
    let messages: Vec<_> = document.instruments[0]
        .setup(&Bank::new())
        .messages(channel)
        .collect();
    let control = |number, value| crate::music::Message::Control(channel, number, value);
    assert_eq!(
        messages,
        [
            crate::music::Message::Program(channel, 80),
            control(7, 64),
            control(10, 0),
            control(91, 32),
            control(94, 127),
        ]
    );
    for wrong in ["pan: 2", "volume: -1", "reverb: .nan", "delay: loud"] {
        let (_folder, path) = score_file(&format!("patch: lead, {wrong}"));
        let error = load(&path, &Bank::new()).unwrap_err().to_string();
        assert!(error.contains("score.yaml:9:"), "{error}");
    }
}

#[test]
fn a_patch_in_the_folder_of_the_score_is_found_and_checked() {
    let (folder, path) = score_file("patch: in-the-folder");
    let bank = Bank::new();
    let error = load(&path, &bank).unwrap_err().to_string();
    assert!(error.contains("in-the-folder"), "{error}");
    let patches = folder.path().join("patches");
    std::fs::create_dir(&patches).unwrap();
    let patch = patches.join("in-the-folder.toml");
    std::fs::write(&patch, "program = 1\ngain = nan\n").unwrap();
    let error = load(&path, &bank).unwrap_err().to_string();
    assert!(
        error.contains("in-the-folder.toml:2:8: a level from 0 to 4"),
        "{error}"
    );
    std::fs::write(&patch, include_str!("../../assets/patches/lead.toml")).unwrap();
    let document = load(&path, &bank).unwrap();
    let channel = crate::music::Channel::from_number(1).unwrap();
    let messages: Vec<_> = document.instruments[0]
        .setup(&bank)
        .messages(channel)
        .collect();
    assert_eq!(
        messages.len(),
        2,
        "a program alone does not say which: {messages:?}"
    );
    // A stored score stays readable without the file.
    let kept = document.source.replace("in-the-folder", "long-gone");
    assert!(parse(&kept, "x").is_err());
    assert!(parse_stored(&kept).is_ok());
}

#[test]
fn a_soundfont_needs_a_program_and_must_be_valid() {
    let (_folder, path) = score_file("program: 1, soundfont: none.sf2");
    let error = load(&path, &Bank::new()).unwrap_err().to_string();
    assert!(error.contains("none.sf2 cannot be read"), "{error}");
    let (_folder, path) = score_file("patch: bass, soundfont: none.sf2");
    let error = load(&path, &Bank::new()).unwrap_err().to_string();
    assert!(error.contains("needs `program`"), "{error}");
}

#[test]
fn instruments_have_defaults() {
    let document = score("  - a: { wait: PT1S }");
    let (bass, drums) = (&document.instruments[0], &document.instruments[1]);
    assert_eq!((bass.channel.number(), drums.channel.number()), (1, 10));
    assert_eq!(bass.ports, [Port::Synth]);
    assert_eq!(
        (&bass.voice, &drums.voice),
        (&Voice::Patch("bass".into()), &Voice::Kit(Kit::Studio))
    );
    assert_ne!(bass.color, drums.color);
    assert_eq!(
        (
            document.tempo.beats_per_minute(),
            document.meters.first().bar()
        ),
        (120.0, Beats::whole(4))
    );
}

fn play(document: &Document) -> &PlayTask {
    match &document.tasks[0].kind {
        TaskKind::Play(play) => play,
        other => panic!("{other:?}"),
    }
}

fn context(document: &Document, cycle: u64) -> PhraseContext {
    PhraseContext {
        meters: document.meters,
        at: crate::music::Beat::ZERO,
        tempo: document.tempo,
        cycle,
        seed: pattern::Seed::new(1),
    }
}

/// The phrase of the first task.
fn phrase_of(document: &Document, cycle: u64, input: &Value) -> Result<Phrase, ArgumentError> {
    let (play, variables) = (play(document), Variables::new());
    let instrument = play.instrument.get(input, &variables)?;
    play.phrase(&context(document, cycle), &instrument, input, &variables)
}

/// The chords of a phrase as `at length velocity keys`.
fn phrase(with: &str, cycle: u64) -> Vec<String> {
    let document = score(&format!(
        "  - a: {{ call: play, with: {{ instrument: bass, {with} }} }}"
    ));
    let input = json!({"tune": "c4 e4", "loud": 100});
    let phrase = phrase_of(&document, cycle, &input).unwrap();
    let chord = |c: &pattern::Chord| {
        let keys: Vec<u8> = c.keys.iter().map(|k| k.number()).collect();
        format!("{} {} {} {keys:?}", c.at, c.length, c.velocity.number())
    };
    let mut all: Vec<String> = phrase.chords.iter().map(chord).collect();
    all.push(phrase.length.to_string());
    all
}

#[test]
fn phrases_are_in_beats() {
    assert_eq!(
        phrase("pattern: c4 e4", 0),
        ["0 2 96 [60]", "2 2 96 [64]", "4"]
    );
    assert_eq!(
        phrase("pattern: \"[c4,e4,g4] ~\", bars: 2, velocity: 70", 0),
        ["0 4 70 [60, 64, 67]", "8"]
    );
    assert_eq!(
        phrase("pattern: <c4 e4>, bars: 1/2", 1),
        ["0 2 96 [64]", "2"]
    );
    assert_eq!(
        phrase("pattern: \"${ .tune }\", velocity: \"${ .loud }\"", 0),
        ["0 2 100 [60]", "2 2 100 [64]", "4"]
    );
    assert_eq!(
        phrase("pattern: c4*4, velocity: 100 50", 0),
        [
            "0 1 100 [60]",
            "1 1 100 [60]",
            "2 1 50 [60]",
            "3 1 50 [60]",
            "4"
        ]
    );
    assert_eq!(
        phrase(
            "notes: [ { at: 3/2, note: [c4, 64], length: 1/3 }, { note: c2, velocity: 20 }, { at: 4, note: d2 } ]",
            0
        ),
        ["0 1 20 [36]", "3/2 1/3 96 [60, 64]", "4 1 96 [38]", "8"]
    );
}

#[test]
fn results_of_expressions_are_checked() {
    let with = |with: &str| {
        let document = score(&format!(
            "  - a: {{ call: play, with: {{ instrument: bass, {with} }} }}"
        ));
        let input = json!({"pattern": "c4 x", "bars": -1, "notes": [{"at": 0}]});
        phrase_of(&document, 0, &input).unwrap_err().to_string()
    };
    assert!(
        with("pattern: \"${ .pattern }\"")
            .starts_with("`pattern` evaluated to \"c4 x\": invalid pattern: `x`")
    );
    assert!(with("pattern: c4, bars: \"${ .bars }\"").contains("above 0"));
    assert!(with("notes: \"${ .notes }\"").contains("at /0: missing key `note`"));
    assert!(with("pattern: \"${ .a.b.c | error }\"").contains("failed"));
}

#[test]
fn transposition_is_in_the_phrase() {
    let text = (head() + "  - a: { call: play, with: { instrument: bass, pattern: c4 } }")
        .replace("patch: bass", "patch: bass, transpose: -12");
    let document = parse(&text, "x").unwrap();
    let phrase = phrase_of(&document, 0, &json!(null)).unwrap();
    assert_eq!(phrase.chords[0].keys[0].number(), 48);
    let low = text.replace("pattern: c4", "pattern: c-1");
    assert!(
        parse(&low, "x")
            .unwrap_err()
            .to_string()
            .contains("out of range")
    );
}

#[test]
fn control_flow_is_read_as_the_standard_writes_it() {
    let document = score(
        "
  - begin: { set: { count: 0, list: [1, \"${ 1 + 1 }\"] }, export: { as: \"${ $context + . }\" } }
  - choose:
      switch:
        - many: { when: .count > 3, then: finish }
        - few: { when: \"${ .count > 0 }\", then: exit }
        - default: { then: continue }
  - race:
      fork: { compete: true, branches: [ { a: { wait: { seconds: 1, milliseconds: 500 } } }, { b: { call: rest, with: { bars: 2 } } } ] }
      then: again
  - again:
      if: .go
      for: { each: bar, in: .bars, at: i }
      while: $i < 4 and $bar != null
      do:
        - inner: { raise: { error: { type: \"https://x.y/z\", status: 418, detail: \"${ \\\"bar \\\\($bar)\\\" }\" } } }
      timeout: { after: PT1M }
  - finish:
      try: [ { hear: { listen: { to: { one: { with: { type: applause, source: hall } } } } } } ]
      catch:
        errors: { with: { status: 408 } }
        as: late
        when: $late.status == 408
        retry: slow
        do: [ { said: { set: \"${ $late.title }\" } } ]
use:
  retries: { slow: { delay: PT2S, backoff: { linear: {} }, limit: { attempt: { count: 3, duration: PT5S }, duration: PT1M }, jitter: { from: PT0S, to: PT0.5S } } }
",
    );
    let tasks = &document.tasks;
    let TaskKind::Switch(cases) = &tasks[1].kind else {
        panic!()
    };
    let thens: Vec<Then> = cases.iter().map(|case| case.then).collect();
    assert_eq!(thens, [Then::Task(4), Then::Exit, Then::Continue]);
    assert!(cases[2].when.is_none());
    let TaskKind::Fork(race) = &tasks[2].kind else {
        panic!()
    };
    assert_eq!((race.join, tasks[2].then), (Join::First, Then::Task(3)));
    assert_eq!(
        race.branches[0].kind,
        TaskKind::Wait(Duration::from_millis(1500).into())
    );
    let TaskKind::For(again) = &tasks[3].kind else {
        panic!()
    };
    assert_eq!((again.each.as_str(), again.at.as_str()), ("bar", "i"));
    assert_eq!(tasks[3].timeout, Some(Duration::from_secs(60).into()));
    let variables = Variables::new().with("i", json!(2)).with("bar", json!(7));
    assert!(
        again
            .while_
            .as_ref()
            .unwrap()
            .holds(&json!(null), &variables)
            .unwrap()
    );
    let TaskKind::Raise(error) = &again.tasks[0].kind else {
        panic!()
    };
    assert_eq!(
        error.evaluate(&json!(null), &variables).unwrap()["detail"],
        "bar 7"
    );
    let TaskKind::Try(finish) = &tasks[4].kind else {
        panic!()
    };
    let TaskKind::Listen(listen) = &finish.tasks[0].kind else {
        panic!()
    };
    let Strategy::One(filter) = &listen.to else {
        panic!()
    };
    assert_eq!(
        (filter.kind(), filter.with[1].0.as_str()),
        (Some("applause"), "source")
    );
    let retry = finish.catch.retry.as_ref().unwrap();
    assert_eq!(
        retry.delay_before(3, first_delay(retry)),
        Duration::from_secs(4)
    );
    assert_eq!(
        (retry.attempts, retry.duration),
        (Some(3), Some(Duration::from_secs(60)))
    );
    let TaskKind::Set(set) = &tasks[0].kind else {
        panic!()
    };
    assert_eq!(
        set.evaluate(&json!(null), &variables).unwrap(),
        json!({"count": 0, "list": [1, 2]})
    );
}

#[test]
fn concerto_lists_become_scores() {
    let text = r##"{
  "Title": "Final Count",
  "Bpm": 118,
  "Repeats": 4,
  "Notes": [
    { "Id": "1", "NoteName": "F#2", "Type": "midi", "NoteLength": "1/8.", "Interval": "0" },
    { "Id": "2", "NoteName": "A4", "Type": "audio", "NoteLength": "1", "Interval": "1/16" },
    { "Id": "3", "NoteName": "C4", "Type": "midi", "NoteLength": "1/3", "Interval": "3/16" },
    { "Id": "4", "NoteName": "C4", "Type": "midi", "NoteLength": "0", "Interval": "1/2." }
  ]
}"##;
    let document = parse(text, "count.json").unwrap();
    assert_eq!(
        (document.title.as_str(), document.name.as_str()),
        ("Final Count", "final-count")
    );
    assert_eq!(document.tempo.beats_per_minute(), 118.0);
    let play = play(&document);
    let nothing = Variables::new();
    assert_eq!(play.repeat(&json!(null), &nothing), Ok(4));
    let phrase = phrase_of(&document, 0, &json!(null)).unwrap();
    let notes: Vec<(u8, Beats, Beats)> = phrase
        .chords
        .iter()
        .map(|chord| (chord.keys[0].number(), chord.at, chord.length))
        .collect();
    // A whole note lasts four beats: 1/8. = 3/4, 1/16 = 1/4, 3/16 = 3/4, 1/3 = 4/3, 1/2. = 3.
    assert_eq!(
        notes,
        [
            (42, Beats::ZERO, Beats::new(3, 4)),
            (69, Beats::new(1, 4), Beats::whole(4)),
            (60, Beats::whole(1), Beats::new(4, 3)),
            (60, Beats::whole(4), Beats::ZERO),
        ]
    );
    assert_eq!(phrase.length, Beats::whole(4));
    let once = text.replace("\"Repeats\": 4,", "");
    let document = parse(&once, "x").unwrap();
    assert_eq!(self::play(&document).repeat(&json!(null), &nothing), Ok(1));
}

#[test]
fn concerto_errors_have_positions() {
    let error = |note: &str| {
        let text = format!("{{\"Bpm\": 100, \"Notes\": [\n  {note}\n]}}");
        let errors = parse(&text, "x.json").unwrap_err();
        let error = errors.errors()[0].clone();
        format!(
            "{}:{} {}",
            error.place.line, error.place.column, error.problem
        )
    };
    assert!(error(r#"{"NoteName": "H4"}"#).starts_with("2:16 `H4` is not a note"));
    assert!(
        error(r#"{"NoteName": "C4", "NoteLength": "1/0"}"#).starts_with("2:36 invalid value `1/0`")
    );
    assert!(error(r#"{"NoteName": "C4", "Lenght": "1"}"#).starts_with("2:22 unknown key `Lenght`"));
    assert!(error("7").starts_with("2:3 expected a note"));
    assert!(parse("{\"Notes\": []}", "x").is_err());
    assert!(parse("{\"Notes\": 3}", "x").is_err());
    assert!(parse("{\"Bpm\": \"fast\", \"Notes\": [{}]}", "x").is_err());
}

/// A dry run of a score: how many beats it lasts, and what it plays as (onset, length, key).
struct DryRun<'a> {
    document: &'a Document,
    cycles: std::collections::HashMap<String, u64>,
    notes: Vec<(Beats, Beats, u8, String)>,
    waits: Duration,
}

impl DryRun<'_> {
    fn tasks(
        &mut self,
        tasks: &[Task],
        at: Beats,
        input: &mut serde_json::Value,
        vars: &Variables,
    ) -> Beats {
        tasks
            .iter()
            .fold(at, |at, task| self.task(task, at, input, vars))
    }

    fn task(
        &mut self,
        task: &Task,
        at: Beats,
        data: &mut serde_json::Value,
        vars: &Variables,
    ) -> Beats {
        if task
            .condition
            .as_ref()
            .is_some_and(|c| !c.holds(data, vars).unwrap())
        {
            return at;
        }
        let mut end = at;
        match &task.kind {
            TaskKind::Play(play) => {
                let instrument = play.instrument.get(data, vars).unwrap();
                for _ in 0..play.repeat(data, vars).unwrap() {
                    let cycle = self.cycles.entry(task.pointer.clone()).or_default();
                    let phrase = play
                        .phrase(&context(self.document, *cycle), &instrument, data, vars)
                        .unwrap();
                    *cycle += 1;
                    for chord in phrase.chords {
                        for key in chord.keys {
                            let who = instrument.name.clone();
                            self.notes
                                .push((end + chord.at, chord.length, key.number(), who));
                        }
                    }
                    end = end + phrase.length;
                }
            }
            TaskKind::Set(template) => *data = template.evaluate(data, vars).unwrap(),
            TaskKind::For(each) => {
                let items = each.each_in.evaluate(data, vars).unwrap();
                for (index, item) in items.as_array().unwrap().iter().enumerate() {
                    let vars = vars
                        .clone()
                        .with(&each.each, item.clone())
                        .with(&each.at, json!(index));
                    end = self.tasks(&each.tasks, end, data, &vars);
                }
            }
            TaskKind::Fork(fork) => {
                let ends = fork
                    .branches
                    .iter()
                    .map(|b| self.task(b, at, &mut data.clone(), vars));
                end = ends.max().unwrap();
            }
            TaskKind::Try(attempt) => match (&attempt.tasks[0].kind, &attempt.catch.tasks) {
                (TaskKind::Listen(_), Some(tasks)) => {
                    let Some(Span::Fixed(timeout)) = attempt.tasks[0].timeout else {
                        panic!("no fixed timeout")
                    };
                    self.waits += timeout;
                    end = self.tasks(tasks, at, data, vars);
                    let mut answered = DryRun {
                        document: self.document,
                        cycles: self.cycles.clone(),
                        notes: vec![],
                        waits: Duration::ZERO,
                    };
                    let other = answered.tasks(&attempt.tasks[1..], at, data, vars);
                    assert_eq!(end, other, "both ways last as long");
                }
                _ => end = self.tasks(&attempt.tasks, at, data, vars),
            },
            TaskKind::Do(tasks) => end = self.tasks(tasks, at, data, vars),
            other => panic!("{other:?}"),
        }
        end
    }
}

#[test]
fn studies_last_20_to_60_seconds_and_use_sane_registers() {
    for (name, text) in STUDIES {
        let document = parse(text, name).unwrap();
        let mut run = DryRun {
            document: &document,
            cycles: Default::default(),
            notes: vec![],
            waits: Duration::ZERO,
        };
        let beats = run.tasks(
            &document.tasks,
            Beats::ZERO,
            &mut json!({}),
            &Variables::new(),
        );
        let seconds =
            beats.as_f64() * 60.0 / document.tempo.beats_per_minute() + run.waits.as_secs_f64();
        println!(
            "{name}: {beats} beats, {seconds:.1} s, {} notes",
            run.notes.len()
        );
        assert!((20.0..=60.0).contains(&seconds), "{name}: {seconds} s");
        assert!(run.notes.len() > 40, "{name}");
        assert_eq!(beats.fraction().1, 1, "{name} ends on a beat");
        // Minor seconds and ninths that sound at the same time are slips of the pen here.
        let pitched =
            |who: &str| document.instrument(who).unwrap().voice != Voice::Kit(Kit::Studio);
        for (at, length, key, who) in run.notes.iter().filter(|note| pitched(&note.3)) {
            for (other_at, _, other, _) in run.notes.iter().filter(|note| pitched(&note.3)) {
                let together = *at <= *other_at && *other_at < *at + *length;
                let interval = key.abs_diff(*other);
                assert!(
                    !together || ![1, 13].contains(&interval),
                    "{name}: {who} {key} {other} {at}"
                );
            }
        }
        for (_, _, key, who) in &run.notes {
            assert!((30..=88).contains(key), "{name}: {who} plays {key}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(crate::seed::cases(256))]

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = parse(&text, "x");
    }

    /// A score with a piece of it changed is read or refused, but never panics.
    #[test]
    fn no_broken_score_panics(which in 0usize..6, at in 0usize..5000, cut in 0usize..40, put in "[-: \\[\\]{}\"'$a-z0-9#,<>*~&|\n]{0,12}") {
        let text: Vec<char> = STUDIES[which].1.chars().collect();
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        let broken: String = text[..at].iter().copied().chain(put.chars()).chain(text[end..].iter().copied()).collect();
        let result = parse(&broken, "x");
        if let Err(errors) = result {
            proptest::prop_assert!(!errors.errors().is_empty());
            let _ = errors.to_string();
        }
    }
}

#[test]
fn documents_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Document>();
    shared::<ScoreErrors>();
}

#[test]
fn the_time_of_an_event_is_a_time() {
    let emit = |time: &str| {
        let with = format!("{{ source: 'a:b', type: a, time: '{time}' }}");
        format!("  - a: {{ emit: {{ event: {{ with: {with} }} }} }}")
    };
    for fine in ["2026-11-26T20:00:00+01:00", "${ now | todate }"] {
        assert!(parse(&(head() + &emit(fine)), "test.yaml").is_ok());
    }
    for wrong in ["2026-11-26T20:00:00+99:99", "2026-11-26", "soon"] {
        let errors = errors_in(&emit(wrong));
        assert!(
            errors.len() == 1 && errors[0].contains("expected a time such as"),
            "{errors:?}"
        );
    }
}

#[test]
fn a_caption_is_a_sentence_and_not_a_page() {
    let with = |caption: &str| {
        format!(
            "document: {{ dsl: 1.0.0, namespace: test, name: a, version: 1.0.0 }}\n\
             do:\n  - a: {{ wait: {{ seconds: 1 }}, metadata: {{ fermata: {{ caption: {caption} }} }} }}\n"
        )
    };
    let document = parse(&with("It begins."), "a").unwrap();
    assert_eq!(document.tasks[0].caption.as_deref(), Some("It begins."));
    let long = "a".repeat(161);
    for (caption, says) in [(long.as_str(), "at most 160"), ("[1]", "a sentence")] {
        let errors = parse(&with(caption), "a").unwrap_err().to_string();
        assert!(errors.contains(says), "{errors}");
    }
}
