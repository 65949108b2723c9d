//! A lane is paused, resumed and terminated while another one keeps playing.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use fermata::{
    conductor::{Conductor, Looping, Outputs, Secrets, Setup},
    engine::{CrashCause, Feed, InstanceId, Limits, Recovery, RedbStore, Status},
    music::{Bank, HORIZON, Journal, Nanos, Null, Player, Trace},
    score::parse,
};
use tokio::time::{sleep, timeout};

use crate::{
    harness::{Room, Sent, hanging, in_time, score, was_late},
    simulation::Simulation,
    sleeper::Sleeper,
};

const TEMPO: u32 = 300;
/// What the player may add to the horizon.
const MARGIN: Duration = Duration::from_millis(25);
/// The keys of lane `a`, one a beat, each a little too long for it.
const KEYS: [u8; 4] = [60, 62, 64, 65];

/// The time of a request.
struct Moments {
    suspended: Nanos,
    resumed: Nanos,
    terminated: Nanos,
    /// What the machine may add to that.
    slowness: Duration,
    /// The lane that is left alone was not played in time: the machine was too busy.
    was_late: bool,
}

#[test]
fn a_lane_is_paused_resumes_in_phase_and_ends_in_virtual_time() {
    let room = Room::new();
    let simulation = Simulation {
        journal: journal(&room.path("t.jsonl")),
        looping: Looping::Endless,
        ..Simulation::default()
    };
    let moments = simulation.run(conduct);
    check(&room.trace("t.jsonl"), &moments);
}

#[test]
fn a_lane_is_paused_resumes_in_phase_and_ends_in_real_time() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (trace, moments) = in_time(|| {
        let room = Room::new();
        let moments = runtime.block_on(async {
            let player = Player::start(journal(&room.path("t.jsonl"))).unwrap();
            let conductor = Conductor::start(setup(player)).await.unwrap();
            let sleeper = Sleeper::start();
            let mut moments = conduct(&conductor).await;
            moments.slowness = sleeper.wake().worst;
            conductor.close().await.unwrap();
            moments
        });
        (!moments.was_late).then(|| (room.trace("t.jsonl"), moments))
    });
    check(&trace, &moments);
}

fn journal(path: &Path) -> Journal {
    let mut journal = Journal::new();
    let names = journal.names();
    journal.add(Box::new(Trace::create(path, names).unwrap()));
    journal
}

fn setup(player: Player) -> Setup {
    Setup {
        store: Arc::new(RedbStore::in_memory().unwrap()),
        recovery: Recovery::Nothing,
        player,
        synth: Box::new(Null),
        bank: Bank::new(),
        outputs: Outputs::BuiltInOnly,
        only_port: None,
        secrets: Secrets::default(),
        looping: Looping::Endless,
        listening: None,
        limits: Limits::default(),
        crash: CrashCause::default(),
        remote: None,
    }
}

/// Starts two lanes; pauses, resumes and terminates the first one.
async fn conduct(conductor: &Conductor) -> Moments {
    let engine = conductor.engine();
    let now = || conductor.player().now();
    let mut feed = engine.subscribe().await.unwrap();
    let a = start(conductor, "held", "a", "c4 d4 e4 f4", 40).await;
    let b = start(conductor, "steady", "b", "g2 c3 g2 d3", 6).await;

    sleep(Duration::from_millis(1_130)).await;
    engine.suspend(&a, "test").await.unwrap();
    let suspended = now();
    drained(&mut feed, &a).await;
    sleep(Duration::from_millis(970)).await;

    let resumed = now();
    engine.resume(&a, "test").await.unwrap();
    sleep(Duration::from_millis(1_550)).await;

    engine.terminate(&a, "test").await.unwrap();
    let terminated = now();
    let end = feed.until_closed(&b).await.unwrap();
    assert_eq!(end.status, Status::Completed);
    conductor.player().until_silent().await;

    let steady = engine.archive().history(&b).unwrap();
    let steady: Vec<_> = steady
        .iter()
        .map(|event| serde_json::to_value(event).unwrap())
        .collect();
    let kinds = engine.archive().history(&a).unwrap();
    let kinds: Vec<&str> = kinds.iter().map(|event| event.kind.name()).collect();
    let once = |kind| kinds.iter().filter(|name| **name == kind).count() == 1;
    assert!(
        once("ExecutionSuspended") && once("ExecutionResumed"),
        "{kinds:?}"
    );
    assert_eq!(kinds.last(), Some(&"ExecutionTerminated"));
    Moments {
        suspended,
        resumed,
        terminated,
        slowness: Duration::ZERO,
        was_late: was_late(&steady),
    }
}

async fn start(
    conductor: &Conductor,
    id: &str,
    instrument: &str,
    pattern: &str,
    bars: u32,
) -> InstanceId {
    let tasks = format!(
        "  - phrase:\n      call: play\n      with: {{ instrument: {instrument}, pattern: \"{pattern}\", repeat: {bars} }}\n"
    );
    let document = parse(&score(id, TEMPO, &tasks), id).unwrap();
    let id = InstanceId::new(id).unwrap();
    conductor
        .perform(&document, Some(id), serde_json::json!({}))
        .await
        .unwrap()
}

/// Waits until a suspended instance has no activity in flight.
async fn drained(feed: &mut Feed, id: &InstanceId) {
    let drained = async {
        loop {
            let committed = feed.next().await.unwrap();
            let instance = &committed.instance;
            if instance.id == *id && instance.status == Status::Suspended && instance.in_flight == 0
            {
                return;
            }
        }
    };
    timeout(Duration::from_secs(30), drained)
        .await
        .expect("what is in flight drains to none");
}

fn check(trace: &[Sent], moments: &Moments) {
    assert!(hanging(trace).is_empty(), "{:?}", hanging(trace));
    let of = |lane: &str| -> Vec<Sent> {
        let notes = trace.iter().filter(|sent| sent.is_on() || sent.is_off());
        notes
            .filter(|sent| sent.instance.as_deref() == Some(lane))
            .cloned()
            .collect()
    };
    the_other_lane_never_moved(&of("steady"));

    let held = of("held");
    let by = |moment: Nanos, after: Duration| moment.0 + after.as_nanos() as u64;
    let margin = MARGIN + 2 * moments.slowness;
    let silent_from = by(moments.suspended, HORIZON + margin);
    for sent in &held {
        let pause = silent_from..moments.resumed.0;
        assert!(
            !pause.contains(&sent.sent),
            "notes start while it is paused: {sent:?}, {pause:?}"
        );
        let ended = by(moments.terminated, margin);
        assert!(sent.sent <= ended, "heard after its end: {sent:?}");
    }
    let before: Vec<Sent> = held
        .iter()
        .filter(|sent| sent.sent < silent_from)
        .cloned()
        .collect();
    assert!(
        hanging(&before).is_empty(),
        "notes sound while it is paused"
    );

    // Every note in its turn, on its beat of the bar, whole bars later after the pause.
    let ons: Vec<&Sent> = held.iter().filter(|sent| sent.is_on()).collect();
    let after = ons
        .iter()
        .filter(|sent| sent.sent >= moments.resumed.0)
        .count();
    assert!(
        after >= 4 && ons.len() - after >= 4,
        "{} notes, {after} after the pause",
        ons.len()
    );
    for (index, on) in ons.iter().enumerate() {
        assert_eq!(
            on.key(),
            KEYS[index % 4],
            "note {index} is missing or doubled"
        );
        assert_eq!(
            on.beat.rem_euclid(4.0),
            (index % 4) as f64,
            "out of phase: {on:?}"
        );
    }
}

fn the_other_lane_never_moved(lane: &[Sent]) {
    let mut onsets: BTreeMap<u64, u8> = BTreeMap::new();
    let first = lane.iter().find(|sent| sent.is_on()).unwrap().beat;
    for on in lane.iter().filter(|sent| sent.is_on()) {
        onsets.insert((on.beat - first) as u64, on.key());
    }
    let expected = (0..24).map(|beat| (beat, [43, 48, 43, 50][beat as usize % 4]));
    assert_eq!(onsets, expected.collect());
}

#[test]
fn a_canceled_score_ends_and_its_try_does_not_catch_that() {
    const TASKS: &str = r#"  - stubborn:
      try:
        - together:
            fork:
              branches:
                - play: { call: play, with: { instrument: a, pattern: "c4", repeat: 1000 } }
                - wait: { wait: { hours: 1 }, timeout: { after: { hours: 2 } } }
      catch:
        retry: { delay: { milliseconds: 10 } }
        do:
          - go-on: { set: { caught: true } }
"#;
    Simulation::default().run(async |conductor| {
        let engine = conductor.engine();
        let mut feed = engine.subscribe().await.unwrap();
        let document = parse(&score("stubborn", TEMPO, TASKS), "stubborn").unwrap();
        let input = serde_json::json!({});
        let id = conductor.perform(&document, None, input).await.unwrap();
        sleep(Duration::from_secs(3)).await;
        engine.cancel(&id, "the hall closes").await.unwrap();
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(end.status, Status::Canceled);
        assert_eq!(end.failure.unwrap().message, "the hall closes");
        conductor.player().until_silent().await;
    });
}

#[test]
fn a_listener_gets_an_event_that_is_raised_in_time() {
    const LISTENER: &str = r#"{
        "document": { "dsl": "1.0.0", "namespace": "test", "name": "listener", "version": "1.0.0" },
        "do": [
            { "hear": { "listen": { "to": { "one": { "with": { "type": "answer", "from": "hall" } } } },
                        "timeout": { "after": { "seconds": 5 } } } },
            { "keep": { "set": { "heard": "${ .[0].n }" } } }
        ]
    }"#;
    Simulation::default().run(async |conductor| {
        let mut feed = conductor.engine().subscribe().await.unwrap();
        let document = parse(LISTENER, "listener").unwrap();
        let id = conductor
            .perform(&document, None, serde_json::json!({}))
            .await
            .unwrap();
        for (after, from, n) in [(1, "street", 1), (3, "hall", 2)] {
            sleep(Duration::from_secs(after)).await;
            let data = serde_json::json!({ "from": from, "n": n });
            conductor.raise(&id, "Answer", data).await.unwrap();
        }
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(
            end.output.unwrap().to_json(),
            serde_json::json!({ "heard": 2 })
        );
    });
}
