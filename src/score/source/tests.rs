//! Parsing score text.

use super::*;
use crate::score::error::Problem;

fn parse(text: &str) -> Node {
    Node::parse(text).unwrap()
}

#[test]
fn scalars_follow_yaml_1_2() {
    let node = parse(
        "[yes, true, ~, 12, -3, 1.5, 1e3, 0x1F, 0o17, \"12\", 'true', 1.0.0, 4/4, 1:30, +7, .5, -]"
            .replace(", -]", "]")
            .as_str(),
    );
    assert_eq!(
        node.to_json(),
        serde_json::json!([
            "yes", true, null, 12, -3, 1.5, 1000.0, 31, 15, "12", "true", "1.0.0", "4/4", "1:30",
            7, 0.5
        ])
    );
}

#[test]
fn json_is_read_the_same_way() {
    let text = r#"{"Title": "a", "Notes": [{"Id": 1, "L": "1/8."}], "none": null}"#;
    assert_eq!(
        parse(text).to_json(),
        serde_json::from_str::<serde_json::Value>(text).unwrap()
    );
}

#[test]
fn positions_are_exact_after_multibyte_characters() {
    let text = "ä: ö\nkey:\n  - \"ü\"\n  - word\n";
    let node = parse(text);
    let word = match &node.get("key").unwrap().value {
        Value::List(items) => &items[1],
        _ => panic!("not a list"),
    };
    assert_eq!((word.place.line, word.place.column), (4, 5));
    assert_eq!(&text[word.place.start..word.place.end], "word");
    let quoted = node.get("ä").unwrap();
    assert_eq!((quoted.place.line, quoted.place.column), (1, 4));
}

#[test]
fn a_duplicate_key_is_refused_at_its_second_position() {
    let error = Node::parse("a: 1\nb: 2\na: 3\n").unwrap_err();
    assert_eq!((error.place.line, error.place.column), (3, 1));
    assert!(matches!(error.problem, Problem::DuplicateKey { key } if key == "a"));
}

#[test]
fn oversized_documents_are_refused() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    assert!(matches!(
        Node::parse(&deep).unwrap_err().problem,
        Problem::TooDeep { .. }
    ));
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let row = vec![format!("*a{}", i - 1); 9].join(", ");
        bomb += &format!("a{i}: &a{i} [{row}]\n");
    }
    assert!(matches!(
        Node::parse(&bomb).unwrap_err().problem,
        Problem::TooManyNodes { .. }
    ));
    assert!(matches!(
        Node::parse(&" ".repeat(MAX_BYTES + 1)).unwrap_err().problem,
        Problem::TooLarge { .. }
    ));
    assert!(matches!(
        Node::parse("a: &a [*a]").unwrap_err().problem,
        Problem::Syntax(_)
    ));
    assert!(Node::parse("").is_err() && Node::parse("a: 1\n---\nb: 2").is_err());
    assert!(Node::parse("a: .nan").is_err() && Node::parse("a: !!str 1").is_err());
}

#[test]
fn aliases_repeat_their_anchor() {
    assert_eq!(
        parse("a: &x [1, 2]\nb: *x").to_json(),
        serde_json::json!({"a": [1, 2], "b": [1, 2]})
    );
}

proptest::proptest! {
    #![proptest_config(crate::seed::cases(256))]

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = Node::parse(&text);
    }

    #[test]
    fn no_yaml_like_text_panics(text in "([-:?&*!|>'\"%@`{}\\[\\],# \n~a0.]|<<|\\t|: |- |\n  )*") {
        let _ = Node::parse(&text);
    }
}
