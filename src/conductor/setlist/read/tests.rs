use serde_json::json;

use super::*;
use crate::conductor::setlist::{TourMoment, TourStep};

fn read(text: &str) -> Result<Setlist, ScoreErrors> {
    Setlist::parse(text, Path::new("show/setlist.yaml"), |_| Vec::new())
}

#[test]
fn a_set_list_has_pieces_with_input_notes_and_starts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("duet.yaml"), "").unwrap();
    let text = "\
title: An evening
pieces:
  - score: ostinato
  - score: duet.yaml
    title: Duet
    input: { verses: 3 }
    start: { bar: 17 }
    previous: terminate
    notes: |
      The second voice enters.
      Wait for the applause.
  - score: prelude
    start: at-end
    previous: pause
  - score: prelude
    start: by-hand
    previous: continue
";
    let list = Setlist::parse(text, &folder.path().join("setlist.yaml"), |_| Vec::new()).unwrap();
    assert_eq!(list.title, "An evening");
    let [first, duet, third, fourth] = &list.pieces[..] else {
        panic!("{list:?}")
    };
    assert_eq!(first.score, PieceScore::Bundled("ostinato"));
    assert_eq!((first.input.clone(), first.notes.as_str()), (json!({}), ""));
    assert_eq!(first.start, PieceStart::ByHand);
    assert_eq!(first.previous, PreviousPiece::Continues);
    assert_eq!(
        duet.score,
        PieceScore::File(folder.path().join("duet.yaml"))
    );
    assert_eq!(duet.title.as_deref(), Some("Duet"));
    assert_eq!(duet.input, json!({ "verses": 3 }));
    assert_eq!(duet.start, PieceStart::AtBar(17));
    assert_eq!(duet.previous, PreviousPiece::Terminates);
    assert_eq!(
        duet.notes,
        "The second voice enters.\nWait for the applause."
    );
    assert_eq!(third.start, PieceStart::AtEnd);
    assert_eq!(third.previous, PreviousPiece::Pauses);
    assert_eq!(fourth.previous, PreviousPiece::Continues);
}

#[test]
fn a_set_list_without_a_title_has_that_of_its_file() {
    let list = read("pieces: [{ score: ostinato }]").unwrap();
    assert_eq!(list.title, "setlist");
}

#[test]
fn errors_name_the_line_and_what_to_write() {
    for (text, line, words) in [
        ("title: x\npeices: []", 2, "did you mean `pieces`?"),
        ("title: x\npieces: []", 2, "add `- score: ostinato`"),
        ("title: x\npieces: ostinato", 2, "a list of pieces"),
        ("title: [x]\npieces: [{ score: prelude }]", 1, "a title"),
        ("title: ''\npieces: [{ score: prelude }]", 1, "1 to 200"),
        ("title: x", 1, "missing key `pieces`"),
        ("pieces:\n  - scroe: arpeggio", 2, "did you mean `score`?"),
        ("pieces:\n  - title: x", 2, "missing key `score`"),
        ("pieces:\n  - prelude", 2, "a piece takes: score, title"),
        (
            "pieces:\n  - score: 3",
            2,
            "the path or the name of a score",
        ),
        (
            "pieces:\n  - score: ostinado",
            2,
            "did you mean `ostinato`?",
        ),
        (
            "pieces:\n  - score: gone.yaml",
            2,
            "file show/gone.yaml was not found, and no bundled score",
        ),
        (
            "pieces:\n  - score: prelude\n    input: 3",
            3,
            "the input of the score",
        ),
        (
            "pieces:\n  - score: prelude\n    notes: [a]",
            3,
            "what the speaker says",
        ),
        (
            "pieces:\n  - score: prelude\n    start: at-end",
            3,
            "remove `start`",
        ),
        (
            "pieces:\n  - score: prelude\n    previous: pause",
            3,
            "remove `previous`",
        ),
        (
            "pieces:\n  - score: prelude\n  - score: prelude\n    start: soon",
            4,
            "by-hand, at-end, or a bar",
        ),
        (
            "pieces:\n  - score: prelude\n  - score: prelude\n    start: { bar: 0 }",
            4,
            "a bar from 1 to 10000",
        ),
        (
            "pieces:\n  - score: prelude\n  - score: prelude\n    start: { bars: 3 }",
            4,
            "did you mean `bar`?",
        ),
        (
            "pieces:\n  - score: prelude\n  - score: prelude\n    previous: stop",
            4,
            "continue, pause or terminate",
        ),
        ("pieces: [", 1, "invalid YAML"),
    ] {
        let errors = read(text).unwrap_err();
        let [first, ..] = errors.errors() else {
            panic!("{text}: {errors}")
        };
        assert_eq!(&*first.file, "show/setlist.yaml");
        let message = first.to_string();
        assert!(message.contains(words), "{text}: {message}");
        if words != "invalid YAML" {
            assert_eq!(first.place.line, line, "{text}: {message}");
        }
    }
}

#[test]
fn one_reading_finds_all_errors() {
    let errors = read("titel: x\npieces:\n  - score: nothing\n  - score: prelude\n    start: soon");
    assert_eq!(errors.unwrap_err().errors().len(), 3);
}

#[test]
fn a_set_list_is_recognized_by_its_keys_and_a_score_is_none() {
    assert!(is_setlist("pieces: [{ score: prelude }]"));
    assert!(is_setlist("title: x\npeices: []"), "with a mistyped key");
    for (name, score) in BUNDLED {
        assert!(!is_setlist(score), "{name}");
    }
    for text in ["", "3", "[pieces]", "pieces: [", "Notes: []\ntitle: x"] {
        assert!(!is_setlist(text), "{text}");
    }
}

#[test]
fn too_much_is_an_error() {
    let many = "  - score: prelude\n".repeat(MAX_PIECES + 1);
    let errors = read(&format!("pieces:\n{many}")).unwrap_err();
    assert!(errors.to_string().contains("more than 500 pieces"));
    let notes = "a".repeat(MAX_NOTES + 1);
    let errors = read(&format!("pieces:\n  - score: prelude\n    notes: {notes}"));
    assert!(errors.unwrap_err().to_string().contains("shorten"));
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let schema: Json = serde_json::from_str(crate::conductor::setlist::SETLIST_SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let valid = |text: &str| schema.is_valid(&Node::parse(text).unwrap().to_json());
    for text in [
        "pieces: [{ score: prelude }]",
        "title: x\npieces: [{ score: prelude, notes: a, input: {} }, { score: prelude, start: at-end }]",
        "pieces: [{ score: prelude }, { score: prelude, start: { bar: 9 }, previous: pause, title: b }]",
        "pieces: [{ score: prelude }, { score: prelude, start: by-hand, previous: continue }]",
    ] {
        assert!(read(text).is_ok() && valid(text), "{text}");
    }
    for text in [
        "title: x",
        "pieces: []",
        "pieces: [{ title: x }]",
        "pieces: [{ score: prelude, volume: 3 }]",
        "title: ''\npieces: [{ score: prelude }]",
        "pieces: [{ score: prelude }, { score: prelude, start: soon }]",
        "pieces: [{ score: prelude }, { score: prelude, start: { bar: 0 } }]",
        "pieces: [{ score: prelude }, { score: prelude, start: { bar: 10001 } }]",
        "pieces: [{ score: prelude }, { score: prelude, previous: stop }]",
        "pieces: [{ score: prelude, input: 3 }]",
    ] {
        assert!(read(text).is_err() && !valid(text), "{text}");
    }
}

#[test]
fn a_tour_has_steps_with_times_captions_and_keys() {
    let list = read(
        "pieces:\n- score: prelude\n  tour:\n  - { say: ' Listen. ' }\n  \
         - { after: 2.5, press: 5 }\n  - { after: end, say: '', press: [Left, Shift+N] }\n",
    );
    let list = list.unwrap();
    let [first, second, third] = &list.pieces[0].tour[..] else {
        panic!("{list:?}")
    };
    let names = |step: &TourStep| step.press.iter().map(|key| key.name.to_string()).collect();
    let keys: [Vec<String>; 3] = [first, second, third].map(names);
    assert_eq!(
        keys,
        [
            vec![],
            vec!["5".to_owned()],
            vec!["Left".to_owned(), "Shift+N".to_owned()]
        ]
    );
    let after = |seconds| TourMoment::After(std::time::Duration::from_secs_f64(seconds));
    assert_eq!(
        [first.after, second.after, third.after],
        [after(0.0), after(2.5), TourMoment::AtEnd]
    );
    assert_eq!(first.say.as_deref(), Some("Listen."));
    assert_eq!(
        (second.say.as_deref(), third.say.as_deref()),
        (None, Some(""))
    );
}

#[test]
fn what_is_wrong_with_a_tour_is_said() {
    for (tour, sentence) in [
        ("Space", "a list of steps"),
        ("[Space]", "expected a map"),
        ("[{ after: -1 }]", "seconds from 0 to 3600, or end"),
        ("[{ after: soon }]", "seconds from 0 to 3600, or end"),
        ("[{ after: .nan }]", "not a finite number"),
        ("[{ press: [] }]", "a step presses 1 to 40 keys"),
        ("[{ press: '' }]", "the name of a key, such as Shift+N"),
        ("[{ press: true }]", "the name of a key, such as Shift+N"),
        ("[{ say: 5 }]", "text: the caption from now on"),
        ("[{ press: Space, then: C }]", "unknown key `then`"),
    ] {
        let error = read(&format!("pieces: [{{ score: prelude, tour: {tour} }}]"));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(sentence), "{tour}: {error}");
    }
    let long = "x".repeat(301);
    for tour in [
        format!("[{{ say: {long} }}]"),
        format!("[{{ press: [{}] }}]", "C, ".repeat(41)),
        format!("[{}]", "{}, ".repeat(201)),
    ] {
        assert!(read(&format!("pieces: [{{ score: prelude, tour: {tour} }}]")).is_err());
    }
}
