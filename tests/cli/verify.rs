//! `fermata verify`: finds damage in a store.

use crate::harness::Room;

const SCORE: &str = "
document: { dsl: '1.0.3', namespace: tests, name: once, version: '1.0.0' }
do:
  - say: { set: { words: one-hundred-euro } }
";

#[test]
fn verify_passes_a_good_store_and_names_the_damaged_instance() {
    let room = Room::new();
    room.write("once.yaml", SCORE);
    let played = room.run("play once.yaml --store s.redb --clock virtual");
    assert_eq!(played.code, Some(0), "{}", played.err);
    let whole = room.run("verify --store s.redb");
    assert_eq!(whole.code, Some(0), "{}{}", whole.out, whole.err);
    assert!(whole.out.starts_with("1 instances with "), "{}", whole.out);
    assert!(
        whole.out.trim_end().ends_with("events: no damage"),
        "{}",
        whole.out
    );

    let mut bytes = room.read("s.redb");
    let words = b"one-hundred-euro";
    let mut places = Vec::new();
    for place in 0..bytes.len() - words.len() {
        if bytes[place..].starts_with(words) {
            places.push(place);
        }
    }
    for place in places {
        bytes[place] = b'n';
    }
    std::fs::write(room.path("s.redb"), bytes).unwrap();
    let damaged = room.run("verify --store s.redb");
    assert_eq!(damaged.code, Some(1), "{}", damaged.out);
    assert!(!damaged.out.contains("no damage"), "{}", damaged.out);
    let missing = room.run("verify --store nowhere.redb");
    assert_eq!(missing.code, Some(1));
}
