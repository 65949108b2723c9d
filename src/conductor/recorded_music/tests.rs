//! The music of a history is what was played, and a passage is exactly a part of it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{conductor::test_performance::perform, music::Message};

const SCORES: [&str; 3] = ["arpeggio", "four-voices", "ostinato"];

fn recorded(score: &str) -> RecordedMusic {
    let performance = perform(score, async |_| {});
    RecordedMusic::of(&performance.histories, &Bank::new()).unwrap()
}

#[test]
fn the_music_of_a_history_is_what_was_played() {
    for score in SCORES {
        let performance = perform(score, async |_| {});
        let music = RecordedMusic::of(&performance.histories, &Bank::new()).unwrap();
        let ons = performance
            .sent
            .iter()
            .filter_map(|sent| match sent.message {
                Message::NoteOn(channel, key, velocity) => {
                    Some((sent.beat, channel, key, velocity, sent.due))
                }
                _ => None,
            });
        let ons: BTreeSet<_> = ons.collect();
        assert!(ons.len() > 40, "{score}");
        // The player starts at zero, the clock of the engine at a second.
        let due = |note: &RecordedNote| crate::music::Nanos(note.onset.0 - 1_000_000_000);
        let notes = music.notes().iter();
        let notes = notes.map(|n| (n.at, n.channel, n.key, n.velocity, due(n)));
        assert_eq!(notes.collect::<BTreeSet<_>>(), ons, "{score}");
    }
}

#[test]
fn a_history_without_music_says_so() {
    let error = RecordedMusic::of(&[], &Bank::new()).unwrap_err();
    assert!(error.to_string().contains("has played no note"), "{error}");
}

proptest! {
    #![proptest_config(crate::seed::cases(20))]

    #[test]
    fn a_passage_sounds_like_that_part_at_every_beat(
        score in 0_usize..SCORES.len(), from in 0_i64..200, length in 1_i64..100, denominator in 1_i64..7
    ) {
        let music = recorded(SCORES[score]);
        let from = Beat(Beats::new(from, denominator));
        let to = from + Beats::new(length, denominator);
        let passage = music.passage(from, to);
        let notes = passage.steps.iter().filter_map(|step| match step.kind {
            StepKind::Note { channel, key, length, .. } => Some((step.at, channel, key, length)),
            _ => None,
        });
        let notes: Vec<_> = notes.collect();
        for (at, _, _, length) in &notes {
            prop_assert!(*at >= Beat::ZERO && *at + *length <= Beat(to - from));
        }
        for eighth in 0..(to - from).ceil() * 8 {
            let after = Beats::new(eighth, 8);
            if from + after >= to {
                break;
            }
            let is_down = |at: Beat, length: Beats, now: Beat| at <= now && now < at + length;
            let whole = music.notes().iter().filter(|n| is_down(n.at, n.length, from + after));
            let whole: BTreeSet<_> = whole.map(|n| (n.channel, n.key)).collect();
            let part = notes.iter().filter(|n| is_down(n.0, n.3, Beat(after)));
            let part: BTreeSet<_> = part.map(|n| (n.1, n.2)).collect();
            prop_assert_eq!(part, whole, "{} after {}", after, from);
        }
    }
}
