//! The music of a history is what was played, and a passage is exactly a part of it.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    conductor::test_performance::{Performance, perform, perform_document},
    engine::InstanceId,
    music::{Message, Nanos},
    score::parse,
};

const SCORES: [&str; 3] = ["arpeggio", "four-voices", "rounds"];

fn recorded(score: &str) -> RecordedMusic {
    let performance = perform(score, async |_| {});
    RecordedMusic::of(&performance.histories, &Bank::new()).unwrap()
}

/// A note: its beat, channel, key, velocity and moment.
type Struck = (Beat, Channel, Key, Velocity, Nanos);

/// The notes that the player was heard to strike, and those of the recorded music.
fn heard_and_recorded(performance: &Performance) -> [BTreeSet<Struck>; 2] {
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
    // The player starts at zero, the clock of the engine at a second.
    let due = |note: &RecordedNote| Nanos(note.onset.0 - 1_000_000_000);
    let notes = music.notes().iter();
    let notes = notes.map(|n| (n.at, n.channel, n.key, n.velocity, due(n)));
    [ons.collect(), notes.collect()]
}

#[test]
fn the_music_of_a_history_is_what_was_played() {
    // The last one has sounds of events.
    for score in SCORES.into_iter().chain(["missed-strokes"]) {
        let [heard, recorded] = heard_and_recorded(&perform(score, async |_| {}));
        assert!(heard.len() > 40, "{score}");
        assert_eq!(recorded, heard, "{score}");
    }
}

/// The same notes on the same beats, and at the same moments but for the rounding of nanoseconds.
fn assert_same(recorded: &BTreeSet<Struck>, heard: &BTreeSet<Struck>, of: &str) {
    let on_beats = |notes: &BTreeSet<Struck>| -> BTreeSet<_> {
        let notes = notes.iter();
        notes
            .map(|&(at, channel, key, velocity, _)| (at, channel, key, velocity))
            .collect()
    };
    let (ours, theirs) = (on_beats(recorded), on_beats(heard));
    let differ: Vec<_> = ours.symmetric_difference(&theirs).collect();
    assert!(differ.is_empty(), "{of}: {differ:?}");
    for (at, channel, key, velocity, due) in recorded {
        let near = Nanos(due.0 - 2)..=Nanos(due.0 + 2);
        let is_it = |other: &&Struck| {
            (other.0, other.1, other.2, other.3) == (*at, *channel, *key, *velocity)
        };
        let heard_then = heard
            .iter()
            .filter(is_it)
            .any(|other| near.contains(&other.4));
        assert!(heard_then, "{of}: {key:?} at {at} is not due at {due:?}");
    }
}

/// A score in which every kind of event that it meets has a sound of its own.
const SOUNDING: &str = r#"
document: { dsl: 1.0.0, namespace: test, name: sounding, version: 1.0.0, metadata: { fermata: {
  tempo: 110,
  instruments: { lead: { patch: piano }, bell: { program: 14 } },
  sounds: [
    { on: ExecutionStarted, play: { instrument: bell, note: c3 }, grid: 1/8 },
    { on: TaskScheduled, play: { instrument: bell, note: d3, velocity: 30 }, grid: 1/16 },
    { on: TaskStarted, play: { instrument: bell, note: e3, velocity: 31 }, grid: 1/3 },
    { on: TaskCompleted, play: { instrument: bell, note: [f3, a3], velocity: 32, length: 1/4 }, grid: 1 },
    { on: ExecutionSuspended, play: { instrument: bell, note: c4, length: 2 }, grid: 1/4 },
    { on: ExecutionResumed, play: { instrument: bell, note: d4 }, grid: 1/4 },
    { on: ExecutionTerminated, play: { instrument: bell, note: e4, length: 3 }, grid: 1/2 },
    { on: ExecutionCompleted, play: { instrument: bell, note: f4, length: 3 }, grid: 1/2 } ] } } }
do:
  - one: { call: play, with: { instrument: lead, pattern: "c4 e4 g4 [b4 c5]", repeat: 2 } }
  - faster: { call: tempo, with: { bpm: 150, over: 2 } }
  - two: { call: play, with: { instrument: lead, pattern: "c4 e4 g4 [b4 c5]", repeat: 4 } }
"#;

/// The performance of [`SOUNDING`], paused after some seconds for a while.
fn sounding(pause: Duration, end: End) -> Performance {
    let document = parse(SOUNDING, "sounding").unwrap();
    perform_document(&document, async |conductor| {
        let piece = InstanceId::new("piece").unwrap();
        let engine = conductor.engine();
        tokio::time::sleep(Duration::from_millis(2_345)).await;
        engine.suspend(&piece, "").await.unwrap();
        tokio::time::sleep(pause).await;
        match end {
            End::Completed => engine.resume(&piece, "").await.unwrap(),
            End::Terminated => engine.terminate(&piece, "enough").await.unwrap(),
        }
    })
}

/// How a performance ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Completed,
    Terminated,
}

#[test]
fn sounds_of_events_are_in_the_music_exactly_as_they_were_heard() {
    // While an instance is paused, the transport rolls on for four bars, here nine seconds at most.
    for pause in [700, 4_321, 60_000] {
        for end in [End::Completed, End::Terminated] {
            let performance = sounding(Duration::from_millis(pause), end);
            let [heard, recorded] = heard_and_recorded(&performance);
            let bell = |(_, channel, ..): &&Struck| *channel != Channel::FIRST;
            assert!(heard.iter().filter(bell).count() > 20);
            assert_same(
                &recorded,
                &heard,
                &format!("{end:?}, paused for {pause} ms"),
            );
        }
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
