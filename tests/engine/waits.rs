//! Waits for events: which wait gets which event, timeouts, and unread events.

use fermata::engine::*;
use futures_util::future::{Either, join, select};

use crate::harness::*;

async fn raise(engine: &Engine, id: &InstanceId, name: &str, value: u32) {
    let value = Payload::encode(&value).unwrap();
    engine.raise(id, name, value).await.unwrap();
}

#[test]
fn an_event_whose_wait_was_dropped_is_kept_for_the_next_run() {
    async fn either(ctx: Context, heard: Vec<u32>) -> Result<Vec<u32>, Failure> {
        let (a, b) = (ctx.wait_event("a"), ctx.wait_event("b"));
        let mut heard = heard;
        // The wait that loses is dropped.
        heard.push(match select(a, b).await {
            Either::Left((first, _)) | Either::Right((first, _)) => first?,
        });
        ctx.activity(Work, &1_000).await?;
        match heard.len() {
            2 => Ok(heard),
            _ => ctx.continue_as_new(&heard),
        }
    }
    let registry = registry(&Diary::default()).workflow(Named::new("either"), either);
    simulate(registry, |engine| async move {
        let none: Vec<u32> = Vec::new();
        let either = engine.start_instance(wf("either"), &none).await.unwrap();
        raise(&engine, &either, "a", 1).await;
        pass(500).await;
        raise(&engine, &either, "b", 2).await;
        pass(60_000).await;
        let end = engine.archive().summary(&either).unwrap();
        assert_eq!((end.status, end.run), (Status::Completed, 2));
        assert_eq!(end.output.unwrap().as_str(), "[1,2]");
    });
}

#[test]
fn a_wait_that_lost_a_race_consumes_no_event() {
    async fn patient(ctx: Context, (): ()) -> Result<u32, Failure> {
        match select(ctx.wait_event("next"), ctx.timer(secs(2))).await {
            Either::Left((early, _)) => return early,
            Either::Right((time_is_up, _)) => time_is_up?,
        }
        ctx.activity(Work, &5).await?;
        ctx.wait_event("next").await
    }
    let registry = registry(&Diary::default()).workflow(Named::new("patient"), patient);
    simulate(registry, |engine| async move {
        let patient = engine.start_instance(wf("patient"), &()).await.unwrap();
        pass(10_000).await;
        raise(&engine, &patient, "next", 9).await;
        pass(1_000).await;
        let end = engine.archive().summary(&patient).unwrap();
        assert_eq!(end.output.unwrap().as_str(), "9");
    });
}

#[test]
fn an_event_in_time_counts_even_if_the_code_looks_later() {
    async fn looks_late(ctx: Context, (): ()) -> Result<Vec<Option<u32>>, Failure> {
        let wait = ctx.wait_event_for("a", secs(300));
        let (first, looked) = join(wait, ctx.timer(secs(600))).await;
        looked?;
        // The time of the first wait is not the time of the second.
        let second = ctx.wait_event_for("a", secs(600)).await?;
        Ok(vec![first?, second])
    }
    let registry = registry(&Diary::default()).workflow(Named::new("looks late"), looks_late);
    simulate(registry, |engine| async move {
        let late = engine.start_instance(wf("looks late"), &());
        let late = late.await.unwrap();
        pass(60_000).await;
        raise(&engine, &late, "a", 1).await;
        pass(840_000).await;
        raise(&engine, &late, "a", 2).await;
        let end = engine.until_closed(&late).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "[1,2]");
    });
}

#[test]
fn of_an_event_and_a_timeout_during_a_pause_the_earlier_counts() {
    async fn limited(ctx: Context, (): ()) -> Result<Option<u32>, Failure> {
        ctx.wait_event_for("a", secs(10)).await
    }
    for (after_ms, heard) in [(5_000, "1"), (60_000, "null")] {
        let registry = Registry::new().workflow(Named::new("limited"), limited);
        simulate(registry, |engine| async move {
            let limited = engine.start_instance(wf("limited"), &()).await.unwrap();
            let runs_on = Suspension {
                time: SuspendedTime::RunsOn,
                ..Suspension::default()
            };
            engine.suspend_with(&limited, "", runs_on).await.unwrap();
            pass(after_ms).await;
            raise(&engine, &limited, "a", 1).await;
            pass(60_000).await;
            engine.resume(&limited, "").await.unwrap();
            let end = engine.until_closed(&limited).await.unwrap();
            assert_eq!(end.output.unwrap().as_str(), heard, "after {after_ms} ms");
        });
    }
}

/// Looks into its mailbox after a minute, and takes this many events.
async fn takes(ctx: Context, many: u32) -> Result<u32, Failure> {
    ctx.timer(secs(60)).await?;
    let mut sum = 0;
    for _ in 0..many {
        sum += ctx.wait_event::<u32>("one").await?;
    }
    Ok(sum)
}

fn at_most_100_unread() -> Limits {
    Limits {
        history: 50,
        unread_events: 100,
        ..Limits::default()
    }
}

#[test]
fn events_beyond_the_limit_are_refused_and_the_instance_continues() {
    let registry = Registry::new().workflow(Named::new("takes"), takes);
    let store = RedbStore::in_memory().unwrap();
    simulate_with(store, registry, at_most_100_unread(), |engine| async move {
        let takes = engine.start_instance(wf("takes"), &101).await.unwrap();
        for n in 0..150 {
            let one = Payload::encode(&1).unwrap();
            let raised = engine.raise(&takes, "one", one).await;
            match n < 100 {
                true => raised.unwrap(),
                false => assert!(
                    matches!(raised, Err(EngineError::TooManyEvents { most: 100, .. })),
                    "{raised:?}"
                ),
            }
        }
        let now = engine.archive().summary(&takes).unwrap();
        assert_eq!(now.status, Status::Running);
        // Once some are taken there is space for others.
        pass(61_000).await;
        raise(&engine, &takes, "one", 1).await;
        let end = engine.until_closed(&takes).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "101", "{:?}", end.failure);
    });
}

/// Why the events that an instance has sent could not be delivered.
fn undelivered(engine: &Engine, sender: &InstanceId) -> Vec<String> {
    let history = engine.archive().history(sender).unwrap();
    let mut reasons = Vec::new();
    for event in &history {
        if let EventKind::EventUndelivered { sent, reason } = &event.kind {
            let sent = &history[usize::try_from(sent.0).unwrap()].kind;
            assert!(matches!(sent, EventKind::EventSent { .. }), "{sent:?}");
            reasons.push(reason.clone());
        }
    }
    reasons
}

#[test]
fn an_event_beyond_the_limit_of_its_receiver_is_recorded_as_undelivered_with_its_sender() {
    async fn floods(ctx: Context, to: String) -> Result<(), Failure> {
        for _ in 0..103 {
            ctx.send(&id(&to), "one", &1)?;
        }
        ctx.timer(secs(1)).await
    }
    let registry = Registry::new()
        .workflow(Named::new("takes"), takes)
        .workflow(Named::new("floods"), floods);
    let limits = Limits {
        history: 1_000,
        ..at_most_100_unread()
    };
    let store = RedbStore::in_memory().unwrap();
    simulate_with(store, registry, limits, |engine| async move {
        let takes = engine.start_instance(wf("takes"), &100);
        takes.id(id("takes")).await.unwrap();
        let sender = run(&engine, "floods", "takes".to_owned()).await;
        assert_eq!(sender.status, Status::Completed);
        let reasons = undelivered(&engine, &sender.id);
        assert_eq!(reasons.len(), 3);
        assert!(reasons[0].contains("100 unread events"), "{}", reasons[0]);
        let end = engine.until_closed(&id("takes")).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "100");
    });
}

#[test]
fn an_event_to_an_unknown_or_ended_instance_is_recorded_as_undelivered_with_its_sender() {
    async fn ends(_: Context, (): ()) -> Result<(), Failure> {
        Ok(())
    }
    async fn sends(ctx: Context, (): ()) -> Result<(), Failure> {
        ctx.send(&id("nobody"), "hello", &1)?;
        ctx.send(&id("ended"), "hello", &2)?;
        ctx.timer(secs(1)).await
    }
    let registry = Registry::new()
        .workflow(Named::new("ends"), ends)
        .workflow(Named::new("sends"), sends);
    simulate(registry, |engine| async move {
        let ended = engine.start_instance(wf("ends"), &()).id(id("ended"));
        engine.until_closed(&ended.await.unwrap()).await.unwrap();
        let sender = run(&engine, "sends", ()).await;
        assert_eq!(sender.status, Status::Completed);
        let reasons = undelivered(&engine, &sender.id);
        assert_eq!(reasons.len(), 2, "{reasons:?}");
        assert!(reasons[0].contains("there is no instance \"nobody\""));
        assert!(reasons[1].contains("\"ended\" has already ended"));
    });
}

#[test]
fn an_instance_may_send_events_to_itself() {
    async fn reminds(ctx: Context, (): ()) -> Result<u32, Failure> {
        ctx.send(&ctx.instance(), "note", &5)?;
        ctx.wait_event("note").await
    }
    let registry = Registry::new().workflow(Named::new("reminds"), reminds);
    simulate(registry, |engine| async move {
        let reminds = engine.start_instance(wf("reminds"), &()).await.unwrap();
        pass(1_000).await;
        let end = engine.archive().summary(&reminds).unwrap();
        assert_eq!(end.output.unwrap().as_str(), "5");
    });
}

#[test]
fn an_event_with_data_of_another_type_is_kept_for_a_wait_of_its_own() {
    async fn typed(ctx: Context, (): ()) -> Result<(u32, String), Failure> {
        let number = ctx.wait_event("amount").await?;
        let word = ctx.wait_event("amount").await?;
        Ok((number, word))
    }
    let registry = Registry::new().workflow(Named::new("typed"), typed);
    simulate(registry, |engine| async move {
        let typed = engine.start_instance(wf("typed"), &()).await.unwrap();
        let seven = Payload::encode("seven").unwrap();
        engine.raise(&typed, "amount", seven).await.unwrap();
        pass(1_000).await;
        let now = engine.archive().summary(&typed).unwrap();
        assert_eq!(now.status, Status::Running, "{:?}", now.failure);
        raise(&engine, &typed, "amount", 8).await;
        let end = engine.until_closed(&typed).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "[8,\"seven\"]");
    });
}
