//! Data keeps its value to the last bit through the engine, on export and on import.

use fermata::engine::*;
use serde_json::json;

use crate::harness::*;

struct Scale;
impl Activity for Scale {
    const NAME: &'static str = "scale";
    type Input = f64;
    type Output = f64;
}

struct Double;
impl Activity for Double {
    const NAME: &'static str = "double";
    type Input = u128;
    type Output = u128;
}

/// Sums whose digits a careless reader of decimals gets wrong, from the number on that it is given.
async fn sums(ctx: Context, first: f64) -> Result<f64, Failure> {
    let mut sum = first;
    for k in 0..50 {
        sum += ctx
            .activity(Scale, &(sum + f64::from(k) / 7.0 * 1_000.1))
            .await?;
    }
    Ok(sum)
}

async fn doubles(ctx: Context, mut n: u128) -> Result<u128, Failure> {
    while n < u128::MAX / 4 {
        n = ctx.activity(Double, &n).await?;
    }
    Ok(n)
}

fn exact() -> Registry {
    registry(&Diary::default())
        .activity(Scale, |_, x: f64| async move { Ok(x * 1.1) })
        .activity(Double, |_, n: u128| async move { Ok(n * 2) })
        .workflow(Named::new("sums"), sums)
        .workflow(Named::new("doubles"), doubles)
}

fn history_of<I>(registry: Registry, workflow: &str, input: I) -> History
where
    I: serde::Serialize + serde::de::DeserializeOwned + 'static,
{
    simulate(registry, |engine| async move {
        let end = run(&engine, workflow, input).await;
        engine.archive().export(&end.id).unwrap()
    })
}

/// A history with data of every kind.
fn sample() -> History {
    let registry = exact().workflow(Named::new("all"), |ctx: Context, _: ()| async move {
        ctx.set_status(&json!({ "at": 0.1, "text": "a \"b\" ü\n\u{1f}" }))?;
        ctx.activity(Scale, &423.209_170_870_713_23).await?;
        ctx.activity(Double, &(u128::MAX / 2)).await
    });
    history_of(registry, "all", ())
}

/// All the ways out of a store and back.
fn out_and_back(history: &History) -> [History; 4] {
    let json = history.to_json();
    [
        History::from_json(&json.to_string()).unwrap(),
        History::from_json(&format!("{json:#}")).unwrap(),
        History::from_json(&serde_json::to_string(&json).unwrap()).unwrap(),
        History::from_messagepack(&history.to_messagepack()).unwrap(),
    ]
}

#[test]
fn an_unchanged_program_matches_an_exported_history_with_floats_and_long_integers() {
    let inputs = [0.1_f64, 423.209_170_870_713_23, -0.0, 1e300 / 3.0, 5e-324];
    let floats = inputs.map(|first| history_of(exact(), "sums", first));
    let integers = [1_u128, u128::from(u64::MAX) + 1].map(|n| history_of(exact(), "doubles", n));
    for history in floats.iter().chain(&integers) {
        for read in out_and_back(history) {
            assert_eq!(read, *history);
            replay(&exact(), &read).unwrap();
        }
    }
}

#[test]
fn numbers_are_exact_to_the_bit_everywhere() {
    for number in [423.209_170_870_713_23, 0.1 + 0.2, f64::MIN_POSITIVE, -0.0] {
        let registry = exact().workflow(Named::new("echo"), |ctx: Context, x: f64| async move {
            ctx.activity(Scale, &x).await?;
            Ok(x.to_bits())
        });
        let end = simulate(registry, |engine| async move {
            run(&engine, "echo", number).await
        });
        assert_eq!(
            end.output.unwrap().decode::<u64>().unwrap(),
            number.to_bits()
        );
    }
}

#[test]
fn a_result_that_json_cannot_express_fails_its_attempt_and_an_input_is_refused() {
    let registry = || {
        registry(&Diary::default())
            .activity(Scale, |_, x: f64| async move { Ok(x / 0.0) })
            .workflow(Named::new("divides"), |ctx: Context, x: f64| async move {
                ctx.activity(Scale, &x).await
            })
            .workflow(Named::new("asks"), |ctx: Context, _: ()| async move {
                ctx.activity(Scale, &f64::NAN).await
            })
    };
    simulate(registry(), |engine| async move {
        for x in [0.0, 1.0] {
            let end = run(&engine, "divides", x).await;
            let failure = end.failure.unwrap();
            assert_eq!(failure.error_type, Failure::PAYLOAD);
            let why = "the output cannot be written as JSON: JSON cannot represent the number";
            assert!(failure.message.starts_with(why), "{failure}");
            let history = engine.archive().history(&end.id).unwrap();
            let names = history.iter().map(|event| event.kind.name());
            assert_eq!(names.filter(|name| *name == "TaskFailed").count(), 1);
        }
        let end = run(&engine, "asks", ()).await;
        let failure = end.failure.unwrap();
        assert!(
            failure.message.starts_with("the activity's input"),
            "{failure}"
        );
        let refused = engine.start_instance(wf("divides"), &f64::INFINITY).await;
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("JSON cannot represent the number inf"),
            "{refused}"
        );
    });
}

#[test]
fn the_format_of_a_history_is_detected() {
    let history = sample();
    let json = history.to_json();
    let messagepack = history.to_messagepack();
    assert!(messagepack.len() < json.to_string().len());
    assert_eq!(History::read(&messagepack).unwrap(), history);
    assert_eq!(History::read(json.to_string().as_bytes()).unwrap(), history);
    assert_eq!(
        History::read(format!("\n{json:#}\n").as_bytes()).unwrap(),
        history
    );
    for (bytes, why) in [
        (&b""[..], "EOF"),
        (b"\xff\xfe", "neither JSON nor MessagePack"),
        (b"\x81\xa1a\x01", "no \"format\""),
        (b"hello", "expected value"),
    ] {
        let error = History::read(bytes).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    assert!(format!("{json:#}").contains("\n      \"status\": {\n        \"at\": 0.1,"));
}

#[test]
fn a_damaged_history_is_refused_or_differs() {
    let history = sample();
    let bytes = history.to_messagepack();
    for len in 0..bytes.len() {
        History::read(&bytes[..len]).unwrap_err();
    }
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            if let Ok(read) = History::read(&damaged) {
                assert_ne!(read, history, "bit {bit} of byte {place}");
            }
        }
    }
    let bomb = vec![0x91; 5_000_000];
    History::from_messagepack(&bomb).unwrap_err();
    let deep = "[".repeat(5_000_000);
    History::from_json(&deep).unwrap_err();
}

#[test]
fn invalid_parts_of_a_history_are_reported_with_their_position() {
    let json = sample().to_json().to_string();
    for (what, instead, why) in [
        (
            "\"eventId\":2,",
            "\"eventId\":2,\"mood\":1,",
            "event 2: its field \"mood\" is unknown",
        ),
        (
            "\"eventId\":2,",
            "\"eventId\":2,\"eventId\":2,",
            "event 2: duplicate field \"eventId\"",
        ),
        ("\"eventId\":2,", "", "event 2: it has no \"eventId\""),
        (
            "\"eventId\":2,",
            "\"eventId\":\"2\",",
            "event 2: \"eventId\": invalid type",
        ),
        (
            "\"type\":\"TaskScheduled\"",
            "\"type\":\"Nap\"",
            "event 2: its \"type\" \"Nap\" is unknown",
        ),
        (
            "\"attempt\":1",
            "\"attempt\":-1",
            "event 3: \"attempt\": invalid value",
        ),
        (
            "\"attempt\":1",
            "\"attempts\":1",
            "event 3: its field \"attempts\" is unknown",
        ),
        (",\"attempt\":1", "", "event 3: missing field `attempt`"),
        (
            "\"heartbeat\":null",
            "\"pulse\":null",
            "event 2: \"timeouts\": unknown field `pulse`",
        ),
        (
            "\"events\":[",
            "\"mood\":1,\"events\":[",
            "its field \"mood\" is unknown",
        ),
        (
            "\"timestamp\":\"1970",
            "\"timestamp\":\"x",
            "event 0: \"timestamp\": ",
        ),
    ] {
        let changed = json.replacen(what, instead, 1);
        assert_ne!(changed, json, "{what}");
        let error = History::from_json(&changed).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

/// Where today's code and a history part that was changed after it was recorded.
fn parting(change: impl FnOnce(&mut Vec<Event>)) -> (u64, String) {
    let mut history = history_of(exact(), "sums", 1.5);
    replay(&exact(), &history).unwrap();
    change(&mut history.events);
    for (event, id) in history.events.iter_mut().zip(0..) {
        event.id = EventId(id);
    }
    let parted = replay(&exact(), &history).unwrap_err();
    (parted.event.0, parted.to_string())
}

#[test]
fn a_changed_result_is_reported() {
    let last = history_of(exact(), "sums", 1.5).events.len() as u64 - 1;
    let (event, why) = parting(|events| {
        let output = Payload::encode(&4_000).unwrap();
        events.last_mut().unwrap().kind = EventKind::ExecutionCompleted { output };
    });
    assert_eq!(event, last);
    assert!(
        why.contains("the history has completion with 4000, the code now requests completion with"),
        "{why}"
    );
    assert!(
        why.contains("the result of the workflow has changed"),
        "{why}"
    );
    let (event, why) = parting(|events| {
        let failure = Failure::new("Broke", "it broke");
        events.last_mut().unwrap().kind = EventKind::ExecutionFailed { failure };
    });
    assert_eq!(event, last);
    assert!(
        why.contains("completion with the failure Broke: it broke"),
        "{why}"
    );
}

#[test]
fn the_end_of_a_run_is_compared_with_the_code() {
    let code = |next: u32, error: &'static str| {
        registry(&Diary::default()).workflow(
            Named::<u32, ()>::new("again"),
            move |ctx: Context, n: u32| async move {
                match n {
                    0 => ctx.continue_as_new(&next),
                    _ => Err(Failure::new(error, format!("in run {}", ctx.run()))),
                }
            },
        )
    };
    let runs = simulate(code(7, "Tired"), |engine| async move {
        let id = run(&engine, "again", 0).await.id;
        let runs = engine.archive().runs(&id).unwrap().into_iter();
        runs.map(|(run, events)| History {
            instance: run.id,
            events,
        })
        .collect::<Vec<_>>()
    });
    let parts = |registry: &Registry| -> Vec<bool> {
        runs.iter()
            .map(|run| replay(registry, run).is_err())
            .collect()
    };
    assert_eq!(parts(&code(7, "Tired")), [false, false]);
    assert_eq!(parts(&code(8, "Tired")), [true, false]);
    assert_eq!(parts(&code(7, "Bored")), [false, true]);
}

#[test]
fn an_impossible_history_is_reported() {
    let raised = || EventKind::EventRaised {
        name: "go".into(),
        input: Payload::null(),
        from: None,
        request: None,
    };
    let length = history_of(exact(), "sums", 1.5).events.len() as u64;
    let (event, why) = parting(|events| {
        let mut more = events.last().unwrap().clone();
        more.kind = raised();
        events.push(more);
    });
    assert_eq!(event, length);
    assert!(why.contains("the history ended with event"), "{why}");
    assert!(
        why.contains("Likely cause: the history was edited"),
        "{why}"
    );
    let (event, why) = parting(|events| {
        let EventKind::TaskStarted { attempt, .. } = &mut events[2].kind else {
            panic!("{:?}", events[2]);
        };
        *attempt = 77;
    });
    assert_eq!(event, 2);
    assert!(why.contains("attempt 77 of activity 1"), "{why}");
    assert!(
        why.contains("attempt 1 is the one that may follow"),
        "{why}"
    );
    let (event, why) = parting(|events| {
        let twice = events[3].clone();
        events.insert(4, twice);
    });
    assert_eq!(event, 4);
    assert!(why.contains("no activity of event 1 is open"), "{why}");
}

#[test]
fn an_unlimited_retry_policy_survives_the_store() {
    let retry = RetryPolicy {
        backoff_coefficient: f64::INFINITY,
        jitter: f64::NEG_INFINITY,
        ..RetryPolicy::attempts(2)
    };
    let json = serde_json::to_string(&retry).unwrap();
    assert_eq!(serde_json::from_str::<RetryPolicy>(&json).unwrap(), retry);
    // As it was written before.
    let older = json.replace("\"inf\"", "null").replace("\"-inf\"", "0.0");
    let read: RetryPolicy = serde_json::from_str(&older).unwrap();
    assert_eq!(read.backoff_coefficient, f64::INFINITY);
    let mut history = history_of(exact(), "sums", 1.5);
    if let EventKind::TaskScheduled { retry: kept, .. } = &mut history.events[1].kind {
        *kept = Some(Box::new(retry));
    }
    for read in out_and_back(&history) {
        assert_eq!(read, history);
    }
}
