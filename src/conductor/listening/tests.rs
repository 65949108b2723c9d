//! Workflows that play no note are heard, live and from their histories, and nothing hangs.

mod each_event;
mod ends;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use proptest::prelude::*;
use serde_json::json;
use tokio::time::sleep;

use super::*;
use crate::{
    conductor::{
        ConductorError, RecordedMusic,
        test_performance::{Performance, perform_document, perform_listened},
    },
    engine::{EventId, Failure, History, Payload, Timestamp},
    music::{Bank, Key, Message},
    score::{Document, parse},
};

/// A flow of business: three steps that take no time, two at once, a timer, and a wait that times out.
const ORDER: &str = "
  - charge: { emit: { event: { with: { type: charged } } } }
  - pack: { wait: { milliseconds: 1700 } }
  - both:
      fork:
        branches:
          - reserve: { emit: { event: { with: { type: reserved } } } }
          - print: { emit: { event: { with: { type: printed } } } }
  - approval:
      try:
        - ask:
            listen: { to: { one: { with: { type: approved } } } }
            timeout: { after: { seconds: 5 } }
      catch:
        do:
          - remind: { emit: { event: { with: { type: reminded } } } }
  - ship: { emit: { event: { with: { type: shipped } } } }
";

fn order(head: &str) -> Document {
    let text = format!(
        "document: {{ dsl: 1.0.3, namespace: t, name: order, version: 1.0.0{head} }}\ndo:{ORDER}"
    );
    parse(&text, "order").unwrap()
}

fn built_in() -> Option<Arc<ListeningScore>> {
    Some(ListeningScore::built_in())
}

fn piece() -> InstanceId {
    InstanceId::new("piece").unwrap()
}

/// Notes: key, and the milliseconds at which it begins and ends.
type Heard = Vec<(u8, u64, u64)>;

/// What was sent, and the notes that hang.
fn heard(performance: &Performance) -> (Heard, usize) {
    let mut down: HashMap<(Channel, Key), Vec<u64>> = HashMap::new();
    let mut notes = Vec::new();
    for sent in &performance.sent {
        let at = sent.sent.0 / 1_000_000;
        match sent.message {
            Message::NoteOn(channel, key, _) => down.entry((channel, key)).or_default().push(at),
            Message::NoteOff(channel, key) => {
                let began = down.get_mut(&(channel, key)).and_then(Vec::pop);
                notes.extend(began.map(|began| (key.number(), began, at)));
            }
            _ => {}
        }
    }
    notes.sort_unstable_by_key(|(key, began, _)| (*began, *key));
    (notes, down.values().map(Vec::len).sum())
}

/// The same of its histories.
fn recorded(performance: &Performance) -> Heard {
    let music = RecordedMusic::listened(&performance.histories, &Bank::new(), built_in().as_ref());
    // The player starts at zero, the clock of the engine at a second.
    let ms = |moment: Timestamp| (moment.0 - 1_000_000_000) / 1_000_000;
    let music = music.unwrap();
    let notes = music.notes().iter();
    let mut notes: Vec<_> = notes
        .map(|note| (note.key.number(), ms(note.onset), ms(note.until)))
        .collect();
    notes.sort_unstable_by_key(|(key, began, _)| (*began, *key));
    notes
}

/// The same notes, but for the milliseconds of the timers of the runtime.
fn assert_same(live: &Heard, from_history: &Heard, of: &str) {
    assert_eq!(
        live.len(),
        from_history.len(),
        "{of}: {live:?} {from_history:?}"
    );
    for note in live {
        let is_it = |other: &&(u8, u64, u64)| {
            other.0 == note.0 && other.1.abs_diff(note.1) <= 2 && other.2.abs_diff(note.2) <= 2
        };
        assert!(
            from_history.iter().any(|other| is_it(&other)),
            "{of}: {note:?} of {from_history:?}"
        );
    }
}

fn in_key(keys: impl IntoIterator<Item = u8>) -> bool {
    // D dorian: the white keys.
    keys.into_iter()
        .all(|key| [0, 2, 4, 5, 7, 9, 11].contains(&(key % 12)))
}

#[test]
fn a_workflow_without_a_note_is_heard_in_its_key_to_its_end() {
    let performance = perform_listened(&order(""), built_in(), async |_| {});
    let (notes, hanging) = heard(&performance);
    assert_eq!(hanging, 0);
    assert!(notes.len() > 15, "{notes:?}");
    assert!(in_key(notes.iter().map(|note| note.0)), "{notes:?}");
    // The timer's pad, the drone, and the last chord of the cadence last.
    let lasting = notes.iter().filter(|(_, began, end)| end - began > 1_200);
    assert!(lasting.count() >= 6, "{notes:?}");
    // On the grid: steps of a quarter of a beat at 84 beats per minute.
    let step = 60_000.0 / 84.0 / 4.0;
    for (_, began, _) in &notes {
        let steps = (*began as f64 + 1_000.0) / step;
        assert!((steps - steps.round()).abs() * step < 3.0, "{began}");
    }
    let again = perform_listened(&order(""), built_in(), async |_| {});
    assert_eq!(again.sent, performance.sent);
}

#[test]
fn a_history_sounds_as_it_did_each_time() {
    for after in [None, Some(900), Some(3_000)] {
        let performance = perform_listened(&order(""), built_in(), async |conductor| {
            if let Some(after) = after {
                sleep(Duration::from_millis(after)).await;
                let engine = conductor.engine();
                engine.suspend(&piece(), "test").await.unwrap();
                sleep(Duration::from_millis(2_500)).await;
                engine.resume(&piece(), "test").await.unwrap();
            }
        });
        let (notes, _) = heard(&performance);
        assert_same(
            &notes,
            &recorded(&performance),
            &format!("paused after {after:?}"),
        );
        assert_eq!(recorded(&performance), recorded(&performance));
    }
}

#[test]
fn a_paused_workflow_is_silent_and_its_drone_returns() {
    let performance = perform_listened(&order(""), built_in(), async |conductor| {
        // The wait for the approval drones.
        sleep(Duration::from_millis(3_000)).await;
        conductor.engine().suspend(&piece(), "test").await.unwrap();
        sleep(Duration::from_millis(2_000)).await;
        conductor.engine().resume(&piece(), "test").await.unwrap();
    });
    let (notes, hanging) = heard(&performance);
    assert_eq!(hanging, 0);
    let during = |note: &&(u8, u64, u64)| note.1 < 4_990 && note.2 > 3_010;
    assert_eq!(notes.iter().find(during), None);
    let low = |note: &&(u8, u64, u64)| {
        note.0 < 60 && (5_000..5_300).contains(&note.1) && note.2 - note.1 > 500
    };
    assert!(notes.iter().any(|note| low(&note)), "{notes:?}");
}

#[test]
fn a_score_with_music_is_not_doubled_unless_it_asks_for_it() {
    let text = |listen: &str| {
        format!(
            "document: {{ dsl: 1.0.3, namespace: t, name: tune, version: 1.0.0, metadata: {{ fermata: {{ \
             {listen} instruments: {{ a: {{ patch: organ }} }} }} }} }}\ndo:\n  - line: {{ call: play, with: {{ \
             instrument: a, pattern: \"c4 d4\", repeat: 2 }} }}\n"
        )
    };
    let tune = |listen: &str| parse(&text(listen), "tune").unwrap();
    let alone = perform_document(&tune(""), async |_| {});
    let listened = perform_listened(&tune(""), built_in(), async |_| {});
    assert_eq!(alone.sent, listened.sent);
    let both = perform_listened(&tune("listen: true,"), built_in(), async |_| {});
    assert!(heard(&both).0.len() > heard(&alone).0.len());
    assert_eq!(heard(&both).1, 0);
    assert_eq!(recorded(&both).len(), heard(&both).0.len());
}

#[test]
fn a_workflow_that_does_not_want_it_and_listening_that_is_off_are_silent() {
    let off = order(", metadata: { fermata: { listen: false } }");
    assert!(
        perform_listened(&off, built_in(), async |_| {})
            .sent
            .is_empty()
    );
    let performance = perform_document(&order(""), async |_| {});
    assert!(performance.sent.is_empty());
    let silent = RecordedMusic::listened(&performance.histories, &Bank::new(), None);
    assert!(matches!(silent, Err(ConductorError::NoMusic(_))));
}

#[test]
fn a_panic_silences_what_sounds_and_what_was_about_to() {
    let performance = perform_listened(&order(""), built_in(), async |conductor| {
        sleep(Duration::from_millis(2_500)).await;
        conductor.panic().unwrap();
        sleep(Duration::from_millis(10)).await;
    });
    let (notes, hanging) = heard(&performance);
    assert_eq!(hanging, 0);
    // Between the panic and the end of the wait nothing happens.
    let during = |note: &&(u8, u64, u64)| note.1 < 6_000 && note.2 > 2_510;
    assert_eq!(notes.iter().find(during), None);
}

#[test]
fn a_panic_silences_what_was_about_to_sound() {
    let performance = perform_listened(&order(""), built_in(), async |conductor| {
        // It has completed, and its cadence is to come.
        sleep(Duration::from_millis(7_500)).await;
        conductor.panic().unwrap();
        sleep(Duration::from_millis(10)).await;
    });
    let (notes, hanging) = heard(&performance);
    assert_eq!(hanging, 0);
    let last = notes.iter().map(|note| note.1).max().unwrap();
    assert!((6_700..7_500).contains(&last), "{notes:?}");
}

#[test]
fn a_muted_lane_is_not_heard() {
    let performance = perform_listened(&order(""), built_in(), async |conductor| {
        let strip = crate::conductor::Strip::Lane(piece());
        conductor.mute(strip, crate::conductor::Switch::On);
    });
    assert!(heard(&performance).0.is_empty());
}

proptest! {
    #![proptest_config(crate::seed::cases(12))]

    #[test]
    fn whenever_a_workflow_is_paused_and_ended_no_note_hangs(
        after in 0_u64..7_000, pause in 0_u64..2_000, terminates: bool
    ) {
        let performance = perform_listened(&order(""), built_in(), async |conductor| {
            let engine = conductor.engine();
            sleep(Duration::from_millis(after)).await;
            // It may have ended.
            let _ = engine.suspend(&piece(), "test").await;
            sleep(Duration::from_millis(pause)).await;
            let _ = match terminates {
                true => engine.terminate(&piece(), "test").await.map(drop),
                false => engine.resume(&piece(), "test").await.map(drop),
            };
        });
        let (notes, hanging) = heard(&performance);
        prop_assert_eq!(hanging, 0);
        assert_same(&notes, &recorded(&performance), "at random");
    }
}

fn started(name: &str) -> EventKind {
    EventKind::ExecutionStarted {
        name: name.into(),
        input: Payload::from(json!({ "order": 7 })),
        run: 1,
        version: None,
        seed: 0,
        parent: None,
        fork: None,
        tags: Default::default(),
        start_at: None,
        limits: None,
        custom_status: None,
        deadline: None,
        code: Default::default(),
    }
}

fn scheduled(name: &str) -> EventKind {
    EventKind::TaskScheduled {
        name: name.into(),
        input: Payload::null(),
        retry: None,
        timeouts: Default::default(),
    }
}

fn completed(scheduled: u64) -> EventKind {
    EventKind::TaskCompleted {
        scheduled: EventId(scheduled),
        result: Payload::null(),
    }
}

fn running(scheduled: u64) -> EventKind {
    EventKind::TaskStarted {
        scheduled: EventId(scheduled),
        attempt: 1,
    }
}

/// A history of a program in Rust: events and their milliseconds.
fn history(events: Vec<(u64, EventKind)>) -> History {
    let events = events
        .into_iter()
        .enumerate()
        .map(|(id, (ms, kind))| Event {
            id: EventId(id as u64),
            at: Timestamp((1_000 + ms) * 1_000_000),
            kind,
        });
    History {
        instance: piece(),
        events: events.collect(),
    }
}

fn music(history: &History, score: &Arc<ListeningScore>) -> RecordedMusic {
    let runs = std::slice::from_ref(history);
    RecordedMusic::listened(runs, &Bank::new(), Some(score)).unwrap()
}

/// The keys that begin in each millisecond.
fn onsets(music: &RecordedMusic) -> BTreeMap<u64, BTreeSet<u8>> {
    let mut onsets: BTreeMap<u64, BTreeSet<u8>> = BTreeMap::new();
    for note in music.notes() {
        let keys = onsets.entry(note.onset.0 / 1_000_000).or_default();
        keys.insert(note.key.number());
    }
    onsets
}

#[test]
fn a_failure_is_a_tritone_and_its_echoes_thin_out() {
    let failed = |retry_at| EventKind::TaskFailed {
        scheduled: EventId(1),
        attempt: 1,
        failure: Failure::new("Busy", "no"),
        retry_at,
        heartbeat: None,
    };
    let fails = |retry_at| {
        history(vec![
            (0, started("order")),
            (0, scheduled("charge")),
            (0, running(1)),
            (2_000, failed(retry_at)),
        ])
    };
    let score = ListeningScore::built_in();
    let last = music(&fails(None), &score);
    let sounds: Vec<_> = onsets(&last)
        .into_iter()
        .filter(|(at, _)| *at >= 3_000)
        .collect();
    let (_, keys) = &sounds[0];
    let keys: Vec<_> = keys.iter().collect();
    assert_eq!(keys[1] - keys[0], 6, "{sounds:?}");
    assert_eq!(sounds.len(), 1, "{sounds:?}");
    // Echoes only until the next attempt, each further from the one before.
    let retried = music(&fails(Some(Timestamp(9_000_000_000))), &score);
    let echoes: Vec<u64> = onsets(&retried)
        .into_keys()
        .filter(|at| *at > 3_400)
        .collect();
    assert!(
        echoes.len() >= 3 && echoes.iter().all(|at| *at < 9_300),
        "{echoes:?}"
    );
    let distances: Vec<_> = echoes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        distances.windows(2).all(|pair| pair[1] > pair[0]),
        "{distances:?}"
    );
}

#[test]
fn what_is_undone_is_heard_backward() {
    let names = ["a", "b", "c", "d"];
    let mut events = vec![(0, started("trip"))];
    for (number, name) in names.iter().enumerate() {
        let (id, at) = (events.len() as u64, 1_000 * (number as u64 + 1));
        events.push((at, scheduled(name)));
        events.push((at, running(id)));
        events.push((at + 500, completed(id)));
        let registered = EventKind::CompensationRegistered {
            name: (*name).into(),
        };
        events.push((at + 500, registered));
    }
    let forward = music(&history(events.clone()), &ListeningScore::built_in());
    for (number, _) in names.iter().enumerate().rev() {
        let at = 10_000 - 1_000 * number as u64;
        let registered = EventId(4 * number as u64 + 4);
        events.push((at, EventKind::CompensationStarted { registered }));
        let ended = EventKind::CompensationEnded {
            registered,
            failure: None,
        };
        events.push((at + 100, ended));
    }
    let whole = music(&history(events), &ListeningScore::built_in());
    let of_part = |music: &RecordedMusic, name: &str| {
        let part = music.parts().iter().position(|part| part.starts_with(name));
        let notes = music
            .notes()
            .iter()
            .filter(|note| Some(note.part.0) == part);
        notes.map(|note| note.key.number() % 12).collect::<Vec<_>>()
    };
    let mut backward = of_part(&whole, "undo");
    backward.reverse();
    assert_eq!(backward.len(), names.len());
    assert_eq!(of_part(&forward, "note"), backward);
}

#[test]
fn a_thousand_activities_at_once_stay_within_the_density() {
    let mut events = vec![(0, started("burst"))];
    for number in 0..1_000 {
        events.push((10, scheduled(&format!("job-{number}"))));
    }
    for number in 0..1_000 {
        events.push((20, running(number + 1)));
    }
    for number in 0..1_000 {
        events.push((4_000 + number / 4, completed(number + 1)));
    }
    let burst = history(events);
    for density in [1, 3, 4] {
        let text = format!("listening: 1\ndensity: {density}\n");
        let score = Arc::new(ListeningScore::parse(&text, "test").unwrap());
        let sounds = music(&burst, &score);
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for note in sounds.notes() {
            *counts.entry(note.onset.0).or_default() += 1;
        }
        let most = counts.values().max().copied().unwrap_or_default();
        assert_eq!(most, density, "{counts:?}");
        assert!(sounds.notes().len() < 100, "{}", sounds.notes().len());
        assert_eq!(music(&burst, &score), sounds);
    }
}

#[test]
fn a_rule_changes_what_it_names_and_nothing_else() {
    let rules = "listening: 1\nrules:\n  - { activities: 'pack*', play: false }\n  - { workflows: 'or*', \
                 activities: ship, on: [TaskStarted], play: { note: c6, velocity: 99 } }\n  - { on: TaskHeartbeat, \
                 play: { note: b7 } }\n";
    let ruled = Arc::new(ListeningScore::parse(rules, "test").unwrap());
    let beat = EventKind::TaskHeartbeat {
        scheduled: EventId(1),
        details: Payload::null(),
    };
    let events = |workflow: &str| {
        history(vec![
            (0, started(workflow)),
            (2_000, scheduled("ship")),
            (2_000, running(1)),
            (4_000, completed(1)),
            (5_000, scheduled("pack-7")),
            (5_000, running(4)),
            (7_000, completed(4)),
            (9_000, beat.clone()),
        ])
    };
    let at = |music: &RecordedMusic, from: u64, to: u64| {
        let all = onsets(music)
            .into_iter()
            .filter(|(at, _)| (from..to).contains(at));
        all.flat_map(|(_, keys)| keys).collect::<Vec<_>>()
    };
    let order = music(&events("order"), &ruled);
    assert!(at(&order, 3_000, 4_000).contains(&84));
    assert!(at(&order, 6_000, 9_000).is_empty());
    assert_eq!(at(&order, 10_000, 11_000), [107_u8]);
    let other = music(&events("trip"), &ruled);
    assert!(!at(&other, 3_000, 4_000).contains(&84));
    let plain = music(&events("order"), &ListeningScore::built_in());
    assert_eq!(at(&plain, 3_000, 4_000), at(&other, 3_000, 4_000));
    assert!(!at(&plain, 6_000, 9_000).is_empty() && at(&plain, 10_000, 11_000).is_empty());
}
