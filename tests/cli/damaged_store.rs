//! A disk that returns wrong data, and the program that reads it.

use std::{fs, ops::Range};

use crate::{
    harness::Room,
    seed::{count, seed_of},
};

const PAGE: usize = 4096;

/// A score of this name with a few events.
fn score(name: &str) -> String {
    format!(
        "
document: {{ dsl: '1.0.3', namespace: tests, name: {name}, version: '1.0.0' }}
do:
  - count:
      for: {{ each: n, in: '${{ [range(20)] }}' }}
      do:
        - keep: {{ set: {{ n: '${{ $n }}', name: {name} }} }}
        - rest: {{ wait: {{ milliseconds: 1 }} }}
"
    )
}

/// What the disk returns in the place of a page.
#[derive(Clone, Copy, Debug)]
enum Lie {
    FlippedBit,
    OldPage,
    OtherPage,
}

/// Chance that is the same in every run.
fn draw(chance: &mut u64, range: Range<usize>) -> usize {
    *chance = chance
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    range.start + (*chance >> 33) as usize % range.len()
}

/// The pages that contain something, without the header, which nothing contradicts. Most of a small
/// store is empty.
fn written_pages(store: &[u8]) -> Vec<usize> {
    let pages = 1..store.len() / PAGE;
    let is_written = |page: &usize| {
        let page = &store[page * PAGE..][..PAGE];
        page.iter().any(|byte| *byte != 0)
    };
    pages.filter(is_written).collect()
}

/// The store with one wrong page; `None`: the page happens to be the same.
fn damaged(store: &[u8], old: &[u8], lie: Lie, chance: &mut u64) -> Option<Vec<u8>> {
    let mut bytes = store.to_vec();
    let pages = written_pages(store);
    let page = PAGE * pages[draw(chance, 0..pages.len())];
    match lie {
        Lie::FlippedBit => bytes[page + draw(chance, 0..PAGE)] ^= 1 << draw(chance, 0..8),
        Lie::OldPage => bytes[page..page + PAGE].copy_from_slice(old.get(page..page + PAGE)?),
        Lie::OtherPage => {
            let other = PAGE * pages[draw(chance, 0..pages.len())];
            bytes.copy_within(other..other + PAGE, page);
        }
    }
    (bytes != store).then_some(bytes)
}

#[test]
fn a_damaged_store_is_shown_correctly_or_reported_as_damaged() {
    let room = Room::new();
    for name in ["one", "two", "three"] {
        room.write(&format!("{name}.yaml"), &score(name));
    }
    room.succeed("play one.yaml --store s.redb --clock virtual");
    let old = room.read("s.redb");
    room.succeed("play two.yaml --store s.redb --clock virtual");
    let store = room.read("s.redb");
    let questions = [
        "list --store s.redb -o json",
        "history one-1 --store s.redb -o json",
        "history two-2 --store s.redb -o json",
    ];
    let truth = questions.map(|question| room.succeed(question));
    let (mut chance, mut found) = (seed_of(43), 0);
    for case in 0..count(60) {
        let lie = [Lie::FlippedBit, Lie::OldPage, Lie::OtherPage][case as usize % 3];
        let Some(bytes) = damaged(&store, &old, lie, &mut chance) else {
            continue;
        };
        fs::write(room.path("s.redb"), &bytes).unwrap();
        let verified = room.run("verify --store s.redb");
        assert!(
            matches!(verified.code, Some(0 | 1)),
            "{case} {lie:?}: {verified:#?}"
        );
        for (question, truth) in questions.iter().zip(&truth) {
            let shown = room.run(question);
            match shown.code {
                Some(0) => assert_eq!(shown.out, *truth, "{case} {lie:?}: {question}"),
                Some(1) => {
                    assert!(!shown.err.is_empty(), "{case} {lie:?}: {question}");
                    assert_eq!(verified.code, Some(1), "{case} {lie:?}: {shown:#?}");
                }
                _ => panic!("{case} {lie:?}: {question}: {shown:#?}"),
            }
        }
        let played = room.run("play three.yaml --store s.redb --clock virtual");
        assert!(
            matches!(played.code, Some(0 | 1)),
            "{case} {lie:?}: {played:#?}"
        );
        found += usize::from(verified.code == Some(1));
    }
    println!("{found} of {} stores were damaged", count(60));
    assert!(found > 0, "no page that matters was damaged");
}
