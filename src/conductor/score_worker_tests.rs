//! Phrases of scores whose workflows run elsewhere.

use std::time::Duration;

use super::{
    Conductor, Progress, ScoreAttempt,
    score_worker::ScoreWorker,
    test_performance::{Ear, perform_document, with_conductor},
};
use crate::{
    engine::{Event, EventId, InstanceId, Payload},
    music::{Beat, Beats, Key, Message, Velocity},
    score::{
        Document,
        calls::{Phrase, PhrasePlayed, Play},
        parse,
    },
};

const HORIZON: Duration = Duration::from_millis(400);

fn document() -> Document {
    let text = "document: { dsl: 1.0.0, namespace: test, name: piece, version: 1.0.0, metadata: \
        { fermata: { instruments: { bell: { patch: bell } } } } }\ndo:\n  \
        - one: { call: play, with: { instrument: bell, pattern: c4 } }\n";
    parse(text, "test.yaml").unwrap()
}

/// A history in which the score has entered, and played a bar.
fn history() -> Vec<Event> {
    let performance = perform_document(&document(), async |_| {});
    performance.histories[0].events.clone()
}

fn beat(quarters: i64) -> Beat {
    Beat(Beats::new(quarters, 4))
}

/// Four notes, from a beat on.
fn phrase(from: i64) -> Payload {
    let notes = (0..4).map(|n| Play {
        task: "phrase".into(),
        instrument: "bell".into(),
        keys: vec![Key::new(60 + n as u8).unwrap()],
        at: beat(4 * (from + n)),
        length: Beats::whole(1),
        velocity: Velocity::default(),
    });
    let task = "phrase".into();
    let notes = notes.collect();
    Payload::encode(&Phrase { task, notes }).unwrap()
}

fn attempt(
    activity: &'static str,
    run: &str,
    input: Payload,
    progress: Option<Progress>,
) -> ScoreAttempt<'static> {
    ScoreAttempt {
        activity,
        instance: InstanceId::new("elsewhere").unwrap(),
        run: run.to_owned(),
        scheduled: EventId(7),
        attempt: 1,
        input,
        progress,
    }
}

/// Joins, plays a phrase, and gives the result, and the beats and keys of all notes.
async fn play(
    worker: &ScoreWorker,
    ear: &Ear,
    history: &[Event],
    (input, progress): (Payload, Option<Progress>),
) -> (PhrasePlayed, Vec<(Beat, u8)>) {
    let attempt = attempt("phrase", "run-1", input, progress);
    worker.join(&attempt, history).unwrap();
    assert!(worker.knows(&attempt));
    let played = worker.attempt(attempt, |_| {}).await.unwrap();
    let sent = ear.all().into_iter();
    let notes = sent.filter_map(|sent| match sent.message {
        Message::NoteOn(_, key, _) => Some((sent.beat, key.number())),
        _ => None,
    });
    (played.decode().unwrap(), notes.collect())
}

fn in_simulation<T>(work: impl AsyncFnOnce(&Conductor, &ScoreWorker, &Ear) -> T) -> T {
    with_conductor(None, async |conductor, ear| {
        let worker = conductor.score_worker(HORIZON);
        work(conductor, &worker, ear).await
    })
}

#[test]
fn a_phrase_is_over_when_its_last_note_is_but_for_the_horizon() {
    let history = history();
    in_simulation(async |conductor, worker, ear| {
        let (played, notes) = play(worker, ear, &history, (phrase(4), None)).await;
        assert_eq!(played.last.at, beat(28));
        assert_eq!(played.moved, Beats::ZERO);
        let expected: Vec<_> = (0..4).map(|n| (beat(16 + 4 * n), 60 + n as u8)).collect();
        assert_eq!(notes, expected);
        // At 120 beats a minute, the horizon is four fifths of a beat.
        let player = conductor.player();
        let position = player.transport().position(player.now());
        assert!(
            position >= Beat(Beats::new(71, 10)) && position < beat(32),
            "{position:?}"
        );
    });
}

#[test]
fn a_phrase_of_a_lost_machine_goes_on_where_that_was_last_heard_of() {
    let history = history();
    in_simulation(async |_, worker, ear| {
        let progress = Progress {
            position: beat(41),
            moved: Beats::whole(4),
        };
        let (played, notes) = play(worker, ear, &history, (phrase(4), Some(progress))).await;
        // The notes at 8, 9 and 10 had sounded, a bar later than was asked.
        assert_eq!(notes, [(beat(44), 63)]);
        assert_eq!((played.last.at, played.moved), (beat(44), Beats::whole(4)));
    });
}

#[test]
fn what_comes_to_a_machine_that_plays_joins_in_its_next_bar() {
    let history = history();
    in_simulation(async |conductor, worker, ear| {
        let (player, now) = (conductor.player(), Beat(Beats::whole(101)));
        player.locate(now).unwrap();
        player.roll(Duration::ZERO).unwrap();
        let progress = Progress {
            position: beat(21),
            moved: Beats::ZERO,
        };
        let (played, notes) = play(worker, ear, &history, (phrase(4), Some(progress))).await;
        let keys: Vec<_> = notes.iter().map(|(_, key)| *key).collect();
        assert_eq!(keys, [62, 63]);
        // The first note is the third of its bar, and the bar is the first one that can be played in time.
        assert_eq!(notes[0].0, Beat(Beats::whole(106)));
        assert_eq!(played.moved, notes[1].0 - beat(28));
    });
}

#[test]
fn a_score_that_has_ended_leaves_and_can_come_back() {
    let history = history();
    in_simulation(async |_, worker, ear| {
        play(worker, ear, &history, (phrase(0), None)).await;
        let id = InstanceId::new("elsewhere").unwrap();
        assert!(worker.joined().contains(&id));
        worker.leave(&id);
        assert_eq!(worker.joined(), []);
        play(worker, ear, &history, (phrase(8), None)).await;
        assert_eq!(worker.joined(), [id]);
    });
}

#[test]
fn a_score_that_only_calls_services_here_joins_again_when_it_plays_and_with_each_run() {
    let history = history();
    in_simulation(async |_, worker, _| {
        let calls = attempt("http", "run-1", Payload::null(), None);
        let plays = attempt("phrase", "run-1", phrase(4), None);
        let next = attempt("phrase", "run-2", phrase(8), None);
        worker.join(&calls, &history).unwrap();
        assert!(worker.knows(&calls) && !worker.knows(&plays));
        worker.join(&plays, &history).unwrap();
        assert!(worker.knows(&calls) && worker.knows(&plays));
        assert!(!worker.knows(&next));
    });
}
