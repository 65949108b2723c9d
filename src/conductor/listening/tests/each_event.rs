//! Each kind of event can be told from the others by ear.

use super::*;
use crate::{
    engine::{Parent, TimerOrigin},
    score::Scale,
};

fn timer(origin: TimerOrigin, fires_at: Option<u64>) -> EventKind {
    EventKind::TimerCreated {
        origin,
        fire_at: fires_at.map(|ms| Timestamp((1_000 + ms) * 1_000_000)),
    }
}

fn wait(name: &str, fires_at: u64) -> EventKind {
    timer(TimerOrigin::Wait { name: name.into() }, Some(fires_at))
}

fn failed(scheduled: u64) -> EventKind {
    EventKind::TaskFailed {
        scheduled: EventId(scheduled),
        attempt: 1,
        failure: Failure::new("Busy", "no"),
        retry_at: None,
        heartbeat: None,
    }
}

/// The notes of an instrument: key, and the milliseconds at which it begins and ends.
fn of_part(music: &RecordedMusic, name: &str) -> Heard {
    let part = music.parts().iter().position(|part| part.starts_with(name));
    let ms = |moment: Timestamp| moment.0 / 1_000_000 - 1_000;
    let notes = music.notes().iter();
    let notes = notes.filter(|note| Some(note.part.0) == part);
    notes
        .map(|note| (note.key.number(), ms(note.onset), ms(note.until)))
        .collect()
}

/// The instruments that play from a moment to another.
fn parts(music: &RecordedMusic, from: u64, to: u64) -> BTreeSet<String> {
    let all = music.parts().iter().filter(|part| {
        let notes = of_part(music, part);
        notes.iter().any(|(_, begin, _)| (from..to).contains(begin))
    });
    all.map(|part| part.replace(" (listening)", "")).collect()
}

#[test]
fn each_kind_of_event_has_an_instrument_of_its_own() {
    let events = vec![
        (0, started("trip")),
        (2_000, scheduled("book")),
        (4_000, running(1)),
        (6_000, completed(1)),
        (
            6_000,
            EventKind::CompensationRegistered {
                name: "cancel".into(),
            },
        ),
        (8_000, wait("think", 10_000)),
        (10_000, EventKind::TimerFired { timer: EventId(5) }),
        (
            12_000,
            timer(
                TimerOrigin::ExternalEvent {
                    name: "approved".into(),
                },
                None,
            ),
        ),
        (14_000, EventKind::TimerCanceled { timer: EventId(7) }),
        (16_000, scheduled("pay")),
        (16_100, running(9)),
        (18_000, failed(9)),
        (
            20_000,
            EventKind::CompensationStarted {
                registered: EventId(4),
            },
        ),
        (
            24_000,
            EventKind::ExecutionCompleted {
                output: Payload::null(),
            },
        ),
    ];
    let music = music(&history(events), &ListeningScore::built_in());
    for (from, to, part) in [
        (0, 1_500, "ending"),
        (2_000, 3_500, "tick"),
        (4_000, 6_000, "note"),
        (8_000, 10_000, "pad"),
        (12_000, 14_000, "drone"),
        (18_000, 19_500, "failure"),
        (20_000, 22_000, "undo"),
        (24_000, 27_000, "ending"),
    ] {
        let playing = parts(&music, from, to);
        assert_eq!(playing, [part.to_owned()].into(), "from {from} ms");
    }
    // What lasts is held until it is over, and a quick activity is heard as well.
    let lasts = |part: &str| {
        let notes = of_part(&music, part);
        notes.iter().map(|(_, begin, end)| end - begin).max()
    };
    for part in ["note", "pad", "drone"] {
        let lasts = lasts(part).unwrap();
        assert!((1_600..2_400).contains(&lasts), "{part} lasts {lasts} ms");
    }
    // A tick is soft.
    let loudest = |name: &str| {
        let part = music.parts().iter().position(|part| part.starts_with(name));
        let notes = music.notes().iter();
        let notes = notes.filter(|note| Some(note.part.0) == part);
        notes.map(|note| note.velocity.number()).max().unwrap()
    };
    assert!(loudest("tick") < loudest("note"));
}

#[test]
fn only_failures_sound_a_tritone() {
    for key in ["d4:dorian", "c4:major", "b3:locrian", "e4:harmonic minor"] {
        let text = format!("listening: 1\nkey: {key}\n");
        let score = Arc::new(ListeningScore::parse(&text, "test").unwrap());
        let degrees = Scale::read(key).unwrap().degrees();
        let mut pitches = BTreeSet::new();
        for name in 0..60 {
            let events = vec![
                (0, started("trip")),
                (4_000, wait(&format!("wait-{name}"), 6_000)),
            ];
            let pad = of_part(&music(&history(events), &score), "pad");
            let [low, high] = pad[..] else {
                panic!("{pad:?}");
            };
            pitches.insert(low.0);
            assert_ne!((high.0 - low.0) % 12, 6, "{key}: {pad:?}");
        }
        assert_eq!(pitches.len(), degrees, "{key}: each degree was heard");
    }
}

#[test]
fn what_is_undone_at_once_is_heard_one_after_the_other_and_then_the_end() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut events = vec![(0, started("trip"))];
    for (number, name) in names.iter().enumerate() {
        let (id, at) = (events.len() as u64, 1_000 * (number as u64 + 1));
        events.push((at, scheduled(name)));
        events.push((at, running(id)));
        events.push((at, completed(id)));
        let name = format!("undo-{name}");
        events.push((at, EventKind::CompensationRegistered { name }));
    }
    // The last step has nothing to undo.
    let id = events.len() as u64;
    events.push((8_000, scheduled("other")));
    events.push((8_000, running(id)));
    events.push((8_000, completed(id)));
    for number in (0..names.len() as u64).rev() {
        let registered = EventId(4 * number + 4);
        events.push((10_000, EventKind::CompensationStarted { registered }));
        let ended = EventKind::CompensationEnded {
            registered,
            failure: None,
        };
        events.push((10_000, ended));
    }
    let failure = Failure::new("Declined", "no");
    events.push((10_000, EventKind::ExecutionFailed { failure }));
    let music = music(&history(events), &ListeningScore::built_in());
    let class = |notes: &Heard| notes.iter().map(|note| note.0 % 12).collect::<Vec<_>>();
    let undone = of_part(&music, "undo");
    let mut backward = class(&undone);
    backward.reverse();
    let forward = class(&of_part(&music, "note"));
    assert_eq!(backward, forward[..names.len()]);
    assert!(forward.iter().collect::<BTreeSet<_>>().len() > 2);
    let in_turn = undone.windows(2).all(|pair| pair[1].1 >= pair[0].1 + 300);
    assert!(in_turn, "{undone:?}");
    let (_, last, _) = undone[undone.len() - 1];
    let ending = of_part(&music, "failure");
    let end = ending.iter().filter(|(_, at, _)| *at > 9_000);
    assert!(end.clone().count() == 2 && end.clone().all(|(_, at, _)| *at > last));
}

#[test]
fn before_a_retry_of_a_score_the_echoes_have_the_pitch_of_what_failed() {
    let retry = TimerOrigin::Retry {
        name: "a-block-of-tasks".into(),
        attempt: 2,
    };
    let events = vec![
        (0, started("trip")),
        (2_000, scheduled("pay")),
        (2_100, running(1)),
        (4_000, failed(1)),
        (4_000, timer(retry, Some(12_000))),
    ];
    let notes = of_part(
        &music(&history(events), &ListeningScore::built_in()),
        "note",
    );
    let keys: BTreeSet<_> = notes.iter().map(|note| note.0).collect();
    assert_eq!(keys.len(), 1, "{notes:?}");
    assert!(notes.len() >= 4, "{notes:?}");
}

#[test]
fn a_child_has_a_register_of_its_own() {
    let with_parent = |parent: bool| {
        let mut events = vec![
            (0, started("visa")),
            (2_000, scheduled("stamp")),
            (2_100, running(1)),
        ];
        if let (true, (_, EventKind::ExecutionStarted { parent, .. })) = (parent, &mut events[0]) {
            *parent = Some(Parent {
                instance: InstanceId::new("trip").unwrap(),
                run: 1,
                created: EventId(1),
                attached: true,
            });
        }
        of_part(
            &music(&history(events), &ListeningScore::built_in()),
            "note",
        )[0]
        .0
    };
    assert_eq!(with_parent(true).abs_diff(with_parent(false)), 12);
}

#[test]
fn a_score_that_only_rests_is_heard_as_time_that_passes() {
    let text = "document: { dsl: 1.0.3, namespace: t, name: pause, version: 1.0.0 }\ndo:\n  - breathe: { call: rest, \
                with: { beats: 8 } }\n";
    let performance = perform_listened(&parse(text, "pause").unwrap(), built_in(), async |_| {});
    let (notes, hanging) = heard(&performance);
    assert_eq!(hanging, 0);
    let held = notes.iter().filter(|(_, begin, end)| end - begin > 2_500);
    assert_eq!(held.count(), 2, "{notes:?}");
}
