//! Listening scores are read completely, and what is wrong is refused with its line and a remedy.

use super::*;

#[test]
fn the_built_in_one_has_an_instrument_for_every_role_and_needs_no_rule() {
    let score = ListeningScore::parse(ListeningScore::DEFAULT, ListeningScore::BUILT_IN).unwrap();
    assert_eq!(score, *ListeningScore::built_in());
    assert!(score.rules.is_empty());
    for (role, name) in Role::ALL {
        assert_eq!(score.instruments[score.instrument_of(role)].name, name);
    }
}

#[test]
fn what_is_left_out_is_as_in_the_built_in_one() {
    let short = ListeningScore::parse("listening: 1\n", "short.yaml").unwrap();
    let whole = ListeningScore::built_in();
    assert_eq!(
        ListeningScore {
            name: whole.name.clone(),
            source: whole.source.clone(),
            ..short
        },
        *whole
    );
    let one = "listening: 1\ngrid: free\ninstruments: { only: { patch: organ } }\n";
    let one = ListeningScore::parse(one, "one.yaml").unwrap();
    assert_eq!(one.grid, Grid::Free);
    for (role, _) in Role::ALL {
        assert_eq!(one.instrument_of(role), 0);
    }
}

#[test]
fn errors_name_the_line_and_what_to_write_instead() {
    for (text, line, words) in [
        ("listening: 2\n", 1, "`listening: 1`"),
        ("key: d:dorian\n", 1, "missing key `listening`"),
        ("listening: 1\nkey: d:dorain\n", 2, "available: major"),
        ("listening: 1\ngrid: sometimes\n", 2, "`free`"),
        ("listening: 1\ntempo: 5\n", 2, "from 20 to 400"),
        ("listening: 1\ndensity: 0\n", 2, "from 1 to 16"),
        ("listening: 1\nrulez: []\n", 2, "did you mean `rules`?"),
        (
            "listening: 1\ninstruments:\n  note: { patch: epiani }\n",
            3,
            "did you mean `epiano`?",
        ),
        ("listening: 1\ninstruments: {}\n", 2, "`instruments` out"),
        (
            "listening: 1\nrules:\n  - { on: [TaskFaild], play: false }\n",
            3,
            "did you mean `TaskFailed`?",
        ),
        (
            "listening: 1\nrules:\n  - { on: [TaskFailed] }\n",
            3,
            "missing key `play`",
        ),
        (
            "listening: 1\nrules:\n  - { play: { instrument: flute } }\n",
            3,
            "no instrument named `flute`",
        ),
        (
            "listening: 1\nrules:\n  - { play: { note: h4 } }\n",
            3,
            "h4",
        ),
    ] {
        let errors = ListeningScore::parse(text, "mine.yaml").unwrap_err();
        let first = &errors.errors()[0];
        assert_eq!(first.place.line, line, "{text}: {errors}");
        assert!(errors.to_string().contains(words), "{text}: {errors}");
        assert!(errors.to_string().starts_with("mine.yaml:"), "{errors}");
    }
}

#[test]
fn the_schema_takes_the_built_in_one_and_refuses_what_the_reader_refuses() {
    let schema: serde_json::Value = serde_json::from_str(LISTENING_SCHEMA).unwrap();
    let schema = jsonschema::draft7::new(&schema).unwrap();
    let value = |text: &str| super::super::source::Node::parse(text).unwrap().to_json();
    assert!(schema.is_valid(&value(ListeningScore::DEFAULT)));
    for wrong in [
        "listening: 2",
        "key: d:dorian",
        "{ listening: 1, rulez: [] }",
        "{ listening: 1, rules: [{ on: TaskFailed }] }",
        "{ listening: 1, density: 0 }",
    ] {
        assert!(!schema.is_valid(&value(wrong)), "{wrong}");
        assert!(ListeningScore::parse(wrong, "t").is_err(), "{wrong}");
    }
}

#[test]
fn a_score_names_its_listening_score_and_keeps_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quiet.yaml");
    std::fs::write(&file, "listening: 1\ntempo: 66\n").unwrap();
    let text = |listen: &str| {
        format!(
            "document: {{ dsl: 1.0.3, namespace: t, name: t, version: 1.0.0, metadata: {{ fermata: {{ listen: \
             {listen} }} }} }}\ndo:\n  - n: {{ set: {{ n: 1 }} }}\n"
        )
    };
    let path = folder.path().join("score.yaml");
    let load = |listen: &str| {
        let bank = crate::music::Bank::new();
        crate::score::load_text(&text(listen), &path, &bank)
    };
    let document = load("quiet.yaml").unwrap();
    let input = crate::score::ScoreInput::new(&document, serde_json::json!({}));
    let kept = input.listening.unwrap();
    // The file is no longer needed.
    std::fs::remove_file(&file).unwrap();
    let kept = ListeningScore::parse_stored(&kept).unwrap();
    assert_eq!(kept.tempo, Tempo::new(66.0).unwrap());
    let stored = crate::score::parse_stored(&document.source).unwrap();
    assert_eq!(stored.listening, Some(Listening::By(None)));
    let missing = load("quiet.yaml").unwrap_err();
    assert!(missing.to_string().contains("quiet.yaml"), "{missing}");
    assert_eq!(load("false").unwrap().listening, Some(Listening::Off));
}

#[test]
fn a_file_of_version_1_is_read_as_it_always_was() {
    let score = ListeningScore::parse(include_str!("golden.yaml"), "golden.yaml").unwrap();
    assert_eq!(score.key, Scale::read("eb3:harmonic minor").unwrap());
    assert_eq!((score.grid, score.density), (Grid::Free, 3));
    assert_eq!(score.tempo, Tempo::new(96.5).unwrap());
    assert_eq!(score.longest, Beats::whole(12));
    let names: Vec<_> = score.instruments.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["note", "drone", "beats"]);
    assert_eq!(score.instruments[0].mix.pan, Some(32));
    let [first, second, last] = &score.rules[..] else {
        panic!("{:?}", score.rules);
    };
    assert_eq!(first.on, [EventName::TaskStarted, EventName::TaskFailed]);
    let RulePlay::As(change) = &first.play else {
        panic!("{first:?}");
    };
    assert_eq!(change.instrument, Some(2));
    assert_eq!(change.keys.as_ref().map(|keys| keys[0].number()), Some(36));
    let lower = Change {
        octave: -1,
        velocity: Velocity::new(40),
        length: Some(Beats::new(3, 2)),
        ..Change::default()
    };
    assert_eq!(second.play, RulePlay::As(lower));
    assert_eq!(last.play, RulePlay::Silent);
    let said = |workflow, name, event| score.rule(workflow, name, event);
    assert_eq!(
        said("order-7", "charge-card", "TaskFailed"),
        Some(&first.play)
    );
    assert_eq!(
        said("order-77", "charge-card", "TaskFailed"),
        Some(&last.play)
    );
}

/// The guide.
const GUIDE: &str = include_str!("../../../docs/listening.md");

#[test]
fn the_examples_of_the_guide_are_read_and_it_explains_every_key_and_role() {
    let examples: Vec<&str> = GUIDE
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    let [trip, listening] = examples[..] else {
        panic!("{examples:?}");
    };
    let trip = crate::score::parse(trip, "trip.yaml").unwrap();
    assert!(!trip.has_own_music() && trip.warnings.is_empty());
    let read = ListeningScore::parse(listening, "mine.yaml").unwrap();
    assert_eq!((read.instruments.len(), read.rules.len()), (2, 2));
    let schema: serde_json::Value = serde_json::from_str(LISTENING_SCHEMA).unwrap();
    let rule = &schema["definitions"]["rule"]["properties"];
    let play = &rule["play"]["anyOf"][1]["properties"];
    for keys in [&schema["properties"], rule, play] {
        for key in keys.as_object().unwrap().keys() {
            let is_named = GUIDE.contains(&format!("`{key}")) || GUIDE.contains(&format!("{key}:"));
            assert!(is_named, "{key}");
        }
    }
    for (_, role) in Role::ALL {
        assert!(GUIDE.contains(&format!("`{role}`")), "{role}");
    }
}
