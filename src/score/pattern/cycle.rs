//! What sounds in one cycle of a pattern.

use super::Item;
use crate::music::{Beats, Key, Velocity};

/// A value and its time, in fractions of a cycle from the cycle's beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Step<T> {
    /// Its onset, from 0 to below 1.
    pub begin: Beats,
    /// How long it lasts; may reach beyond the cycle.
    pub length: Beats,
    /// The value.
    pub value: T,
}

/// Keys that are struck together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chord {
    /// When, after the beginning of the phrase.
    pub at: Beats,
    /// How long the keys stay down.
    pub length: Beats,
    /// How hard they are struck.
    pub velocity: Velocity,
    /// The keys, at least one, from low to high, none twice.
    pub keys: Vec<Key>,
}

/// Notes (onset, length, velocity, key) that begin together and are equally long and loud become
/// chords, in the order of their onset.
pub fn chords(notes: impl IntoIterator<Item = (Beats, Beats, Velocity, Key)>) -> Vec<Chord> {
    let mut notes: Vec<_> = notes.into_iter().collect();
    notes.sort();
    notes.dedup();
    let mut chords: Vec<Chord> = Vec::new();
    for (at, length, velocity, key) in notes {
        match chords.last_mut() {
            Some(chord) if (chord.at, chord.length, chord.velocity) == (at, length, velocity) => {
                chord.keys.push(key);
            }
            _ => chords.push(Chord {
                at,
                length,
                velocity,
                keys: vec![key],
            }),
        }
    }
    chords
}

/// An event in the pattern's own time, counted in cycles from the beginning.
struct Event<T> {
    begin: Beats,
    end: Beats,
    value: T,
}

pub(super) fn steps<T: Clone>(root: &Item<T>, n: u64) -> Vec<Step<T>> {
    let cycle = Beats::whole(i64::try_from(n).unwrap_or(i64::MAX - 1));
    let mut events = Vec::new();
    onsets(root, cycle, cycle + Beats::whole(1), &mut events);
    let mut steps: Vec<_> = events
        .into_iter()
        .map(|event| Step {
            begin: event.begin - cycle,
            length: event.end - event.begin,
            value: event.value,
        })
        .collect();
    steps.sort_by_key(|step| step.begin);
    steps
}

/// Adds every event whose onset lies at or after `from` and before `to`.
fn onsets<T: Clone>(item: &Item<T>, from: Beats, to: Beats, out: &mut Vec<Event<T>>) {
    match item {
        Item::Rest => {}
        Item::Value(value) => {
            for cycle in cycles(from, to).filter(|cycle| *cycle >= from) {
                out.push(Event {
                    begin: cycle,
                    end: cycle + Beats::whole(1),
                    value: value.clone(),
                });
            }
        }
        Item::Sequence(items) => sequence(items, from, to, out),
        Item::Stack(items) => items.iter().for_each(|item| onsets(item, from, to, out)),
        Item::Fast(factor, item) => {
            let first = out.len();
            onsets(item, from * *factor, to * *factor, out);
            for event in out.iter_mut().skip(first) {
                event.begin = event.begin / *factor;
                event.end = event.end / *factor;
            }
        }
        Item::Degrade(probability, seed, item) => {
            let mut events = Vec::new();
            onsets(item, from, to, &mut events);
            events.retain(|event| chance(*seed, event.begin) >= *probability);
            out.append(&mut events);
        }
    }
}

/// Each item gets its share of every cycle and plays its own cycle of the same number in it.
fn sequence<T: Clone>(items: &[(Item<T>, Beats)], from: Beats, to: Beats, out: &mut Vec<Event<T>>) {
    let total = items.iter().fold(Beats::ZERO, |sum, (_, w)| sum + *w);
    for cycle in cycles(from, to) {
        let mut begin = cycle;
        let mut weights = Beats::ZERO;
        for (item, weight) in items {
            weights = weights + *weight;
            let end = cycle + weights / total;
            let (window_from, window_to) = (from.max(begin), to.min(end));
            if window_from < window_to {
                let share = end - begin;
                let inner = |t: Beats| cycle + (t - begin) / share;
                let outer = |t: Beats| begin + (t - cycle) * share;
                let first = out.len();
                onsets(item, inner(window_from), inner(window_to), out);
                for event in out.iter_mut().skip(first) {
                    event.begin = outer(event.begin);
                    event.end = outer(event.end);
                }
            }
            begin = end;
        }
    }
}

/// The beginnings of the cycles that have a part between `from` and `to`.
fn cycles(from: Beats, to: Beats) -> impl Iterator<Item = Beats> {
    (from.floor()..=to.floor())
        .map(Beats::whole)
        .take_while(move |cycle| *cycle < to)
}

/// A number from 0 to below 1 that depends on nothing but its arguments.
fn chance(seed: u64, time: Beats) -> f64 {
    let (numerator, denominator) = time.fraction();
    let mut x = seed
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(numerator as u64)
        .wrapping_mul(0xD134_2543_DE82_EF95)
        .wrapping_add(denominator as u64);
    for _ in 0..2 {
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
    }
    (x >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;
    use super::*;

    fn pattern(text: &str) -> Pattern<String> {
        Pattern::parse(text, |word| Ok(word.to_owned())).unwrap()
    }

    /// The steps of one cycle as `word begin length`, comma after comma.
    fn cycle(text: &str, n: u64) -> String {
        let steps = pattern(text).cycle(n);
        let steps: Vec<String> = steps
            .iter()
            .map(|s| format!("{} {} {}", s.value, s.begin, s.length))
            .collect();
        steps.join(", ")
    }

    #[test]
    fn a_sequence_shares_the_cycle_evenly() {
        assert_eq!(cycle("a b c", 0), "a 0 1/3, b 1/3 1/3, c 2/3 1/3");
        assert_eq!(cycle("a b c", 7), "a 0 1/3, b 1/3 1/3, c 2/3 1/3");
        assert_eq!(cycle("a", 0), "a 0 1");
        assert_eq!(cycle("", 0), "");
    }

    #[test]
    fn rests_keep_their_place() {
        assert_eq!(cycle("a ~ b -", 0), "a 0 1/4, b 1/2 1/4");
        assert_eq!(cycle("~", 0), "");
    }

    #[test]
    fn groups_take_one_step() {
        assert_eq!(cycle("a [b c]", 0), "a 0 1/2, b 1/2 1/4, c 3/4 1/4");
        assert_eq!(
            cycle("a [b [c d]]", 0),
            "a 0 1/2, b 1/2 1/4, c 3/4 1/8, d 7/8 1/8"
        );
        assert_eq!(
            cycle("a b . c d e", 0),
            "a 0 1/4, b 1/4 1/4, c 1/2 1/6, d 2/3 1/6, e 5/6 1/6"
        );
    }

    #[test]
    fn stacks_sound_together() {
        assert_eq!(
            cycle("[a,b,c] d", 0),
            "a 0 1/2, b 0 1/2, c 0 1/2, d 1/2 1/2"
        );
        assert_eq!(cycle("a b, c", 0), "a 0 1/2, c 0 1, b 1/2 1/2");
        assert_eq!(
            cycle("[a b, c d e]", 0),
            "a 0 1/2, c 0 1/3, d 1/3 1/3, b 1/2 1/2, e 2/3 1/3"
        );
    }

    #[test]
    fn alternation_takes_one_per_cycle() {
        let all: Vec<String> = (0..4).map(|n| cycle("<a b c> d", n)).collect();
        assert_eq!(all[0], "a 0 1/2, d 1/2 1/2");
        assert_eq!(all[1], "b 0 1/2, d 1/2 1/2");
        assert_eq!(all[2], "c 0 1/2, d 1/2 1/2");
        assert_eq!(all[3], all[0]);
        // The inner one advances each time its turn comes: a b a c.
        let inner: Vec<String> = (0..4).map(|n| cycle("<a <b c>>", n)).collect();
        assert_eq!(inner, ["a 0 1", "b 0 1", "a 0 1", "c 0 1"]);
        assert_eq!(
            cycle("<[a b]*2 c>", 0),
            "a 0 1/4, b 1/4 1/4, a 1/2 1/4, b 3/4 1/4"
        );
        assert_eq!(cycle("<[a b]*2 c>", 1), "c 0 1");
        assert_eq!(cycle("<a b c>*2", 1), "c 0 1/2, a 1/2 1/2");
        assert_eq!(cycle("<a b, c d e>", 3), "b 0 1, c 0 1");
        assert_eq!(cycle("<a@2 b>", 0), "a 0 2");
        assert_eq!(cycle("<a@2 b>", 1), "");
        assert_eq!(cycle("<a!2 b>", 1), "a 0 1");
        assert_eq!(cycle("<a b>", 1_000_000_000_000), "a 0 1");
    }

    #[test]
    fn faster_and_slower() {
        assert_eq!(cycle("a*2 b", 0), "a 0 1/4, a 1/4 1/4, b 1/2 1/2");
        assert_eq!(
            cycle("[a b]*2", 0),
            "a 0 1/4, b 1/4 1/4, a 1/2 1/4, b 3/4 1/4"
        );
        assert_eq!(cycle("a*1.5", 0), "a 0 2/3, a 2/3 2/3");
        assert_eq!(cycle("a*1.5", 1), "a 1/3 2/3");
        assert_eq!(cycle("a*3/2", 1), "a 1/3 2/3");
        assert_eq!(cycle("a/2", 0), "a 0 2");
        assert_eq!(cycle("a/2", 1), "");
        assert_eq!(cycle("[a b c]/1.5", 0), "a 0 1/2, b 1/2 1/2");
        assert_eq!(cycle("[a b c]/1.5", 1), "c 0 1/2, a 1/2 1/2");
        assert_eq!(cycle("[a b c]/1.5", 2), "b 0 1/2, c 1/2 1/2");
        assert_eq!(cycle("[a b]/2", 1), "b 0 1");
        assert_eq!(cycle("c [a b]/2", 1), "c 0 1/2, b 1/2 1/2");
    }

    #[test]
    fn repetition_makes_steps_of_their_own() {
        assert_eq!(cycle("a!2 b", 0), "a 0 1/3, a 1/3 1/3, b 2/3 1/3");
        assert_eq!(cycle("a ! b", 0), cycle("a!2 b", 0));
        assert_eq!(cycle("a! b", 0), cycle("a!2 b", 0));
        assert_eq!(cycle("a ! !", 0), cycle("a!3", 0));
        assert_eq!(
            cycle("a*2!2", 0),
            "a 0 1/4, a 1/4 1/4, a 1/2 1/4, a 3/4 1/4"
        );
    }

    #[test]
    fn weights_make_steps_longer() {
        assert_eq!(cycle("a@3 b", 0), "a 0 3/4, b 3/4 1/4");
        assert_eq!(cycle("a _ _ b", 0), "a 0 3/4, b 3/4 1/4");
        assert_eq!(cycle("a@1.5 b", 0), "a 0 3/5, b 3/5 2/5");
        assert_eq!(cycle("[a b]@2 c", 0), "a 0 1/3, b 1/3 1/3, c 2/3 1/3");
        assert_eq!(cycle("a@3!2 b", 0), "a 0 3/7, a 3/7 3/7, b 6/7 1/7");
    }

    #[test]
    fn euclid_spreads_evenly() {
        assert_eq!(cycle("a(3,8)", 0), "a 0 1/8, a 3/8 1/8, a 3/4 1/8");
        assert_eq!(cycle("a(3,8,2)", 0), "a 1/8 1/8, a 1/2 1/8, a 3/4 1/8");
        assert_eq!(
            cycle("a(5,8)", 0),
            "a 0 1/8, a 1/4 1/8, a 3/8 1/8, a 5/8 1/8, a 3/4 1/8"
        );
        assert_eq!(cycle("a(2,4) b", 0), "a 0 1/8, a 1/4 1/8, b 1/2 1/2");
        assert_eq!(cycle("<a b>(3,8)", 1), "b 0 1/8, b 3/8 1/8, b 3/4 1/8");
        assert_eq!(cycle("a(0,4)", 0), "");
        assert_eq!(cycle("a(4,4)", 0), cycle("a a a a", 0));
    }

    #[test]
    fn polymeter_takes_so_many_steps_a_cycle() {
        assert_eq!(
            cycle("{a b c}%4", 0),
            "a 0 1/4, b 1/4 1/4, c 1/2 1/4, a 3/4 1/4"
        );
        assert_eq!(
            cycle("{a b c}%4", 1),
            "b 0 1/4, c 1/4 1/4, a 1/2 1/4, b 3/4 1/4"
        );
        assert_eq!(
            cycle("{a b, c d e}", 0),
            "a 0 1/2, c 0 1/2, b 1/2 1/2, d 1/2 1/2"
        );
        assert_eq!(
            cycle("{a b, c d e}", 1),
            "a 0 1/2, e 0 1/2, b 1/2 1/2, c 1/2 1/2"
        );
    }

    #[test]
    fn question_marks_leave_out_the_same_steps_every_time() {
        let heard = |text: &str| -> usize { (0..400).map(|n| pattern(text).cycle(n).len()).sum() };
        assert_eq!(pattern("a?*16").cycle(3), pattern("a?*16").cycle(3));
        assert!((170..230).contains(&heard("a?")), "{}", heard("a?"));
        assert!((60..140).contains(&heard("a?0.75")));
        assert_eq!((heard("a?0"), heard("a?1")), (400, 0));
        assert_ne!(cycle("a?*32", 0), cycle("a?*32", 1));
        // Two of them do not fall silent together.
        let both = |n| pattern("[a?,b?]").cycle(n).len();
        assert!((0..400).any(|n| both(n) == 1));
    }

    #[test]
    fn the_end_of_one_step_is_the_beginning_of_the_next() {
        for text in [
            "a b c d e f g",
            "a [b c d]@1.5 e*3 f",
            "{a b c}%7",
            "<a b c>*5",
        ] {
            for n in 0..5 {
                let steps = pattern(text).cycle(n);
                let gaps = steps
                    .windows(2)
                    .all(|w| w[0].begin + w[0].length == w[1].begin);
                assert!(gaps, "{text} {n} {steps:?}");
            }
        }
    }

    #[test]
    fn notes_that_begin_together_become_one_chord() {
        let key = |k| Key::new(k).unwrap();
        let (soft, loud) = (Velocity::new(60).unwrap(), Velocity::new(99).unwrap());
        let one = Beats::whole(1);
        let got = chords([
            (one, one, soft, key(67)),
            (Beats::ZERO, one, soft, key(60)),
            (one, one, soft, key(64)),
            (one, one, loud, key(72)),
            (one, one, soft, key(64)),
        ]);
        let keys: Vec<Vec<u8>> = got
            .iter()
            .map(|c| c.keys.iter().map(|k| k.number()).collect())
            .collect();
        assert_eq!(keys, [vec![60], vec![64, 67], vec![72]]);
        assert_eq!((got[1].at, got[1].velocity), (one, soft));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_every_onset_lies_in_its_cycle(
            text in "([a-c ~_!,.<>{}\\[\\]]|\\*[0-9.]{1,3}|/[0-9]|@[0-9]|!3|\\(3,8\\)|\\?|%4| ){0,20}",
            n in 0u64..1000,
        ) {
            if let Ok(pattern) = Pattern::parse(&text, |word| Ok(word.to_owned())) {
                let steps = pattern.cycle(n);
                proptest::prop_assert!(steps.len() <= super::super::MAX_STEPS);
                for step in steps {
                    proptest::prop_assert!(step.begin >= Beats::ZERO && step.begin < Beats::whole(1));
                    proptest::prop_assert!(step.length > Beats::ZERO);
                }
            }
        }

        #[test]
        fn any_text_at_any_cycle(text in "\\PC*", n: u64) {
            if let Ok(pattern) = Pattern::parse(&text, |word| Ok(word.to_owned())) {
                let _ = pattern.cycle(n);
            }
        }
    }
}
