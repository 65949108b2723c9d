//! Small workflows that together use everything the engine can do. Their results do not depend on when
//! processes crash: races are decided by seconds, and no result contains a time.

use std::time::Duration;

use fermata::engine::*;
use futures_util::future::{Either, join_all, join3, select};
use serde_json::Value;

use crate::labour::*;

pub fn workflows(log: &Log) -> Registry {
    labour(log)
        .workflow(Named::new("chain"), chain)
        .workflow(Named::new("fan"), fan)
        .workflow(Named::new("race"), race)
        .workflow(Named::new("patience"), patience)
        .workflow(Named::new("listener"), listener)
        .workflow(Named::new("postman"), postman)
        .workflow(Named::new("counter"), counter)
        .workflow(Named::new("parent"), parent)
        .workflow(Named::new("frail"), frail)
        .workflow(Named::new("guest"), guest)
        .workflow(Named::new("house"), house)
        .workflow(Named::new("hasty"), hasty)
        .workflow(Named::new("trip"), trip)
        .workflow(Named::new("held"), held)
        .workflow(Named::new("duel"), duel)
        .workflow(Named::new("late duel"), late_duel)
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn named<O>(name: &str) -> Named<u32, O> {
    Named::new(name)
}

/// Step by step, with everything that a run can say of itself.
pub async fn chain(ctx: Context, start: u32) -> Result<(u32, u64, String), Failure> {
    ctx.set_status("on its way")?;
    ctx.set_tag("shape", "chain");
    let mut n = start;
    for _ in 0..3 {
        n = ctx.activity(Step, &n).await?;
    }
    n += 100 * ctx.version("a hundred more", 2);
    let before = ctx.now();
    ctx.timer(seconds(1)).await?;
    if ctx.now().since(before) < seconds(1) {
        return Err(Failure::new("Clock", "the timer fired too early"));
    }
    ctx.set_status(&n)?;
    Ok((n, ctx.random(), ctx.new_uuid().to_string()))
}

/// Many at once, each with a child of its own.
async fn fan(ctx: Context, width: u32) -> Result<Vec<u32>, Failure> {
    let steps = (0..width).map(|n| ctx.activity(Step, &n).into_future());
    let stepped: Result<Vec<u32>, _> = join_all(steps).await.into_iter().collect();
    let chains = stepped?.into_iter();
    let chains = chains.map(|n| ctx.child(named::<(u32, Value, Value)>("chain"), &n));
    let ends = join_all(chains.map(IntoFuture::into_future)).await;
    ends.into_iter().map(|end| Ok(end?.0)).collect()
}

/// Against the clock, once lost and once won.
async fn race(ctx: Context, (): ()) -> Result<(String, u32), Failure> {
    let endless = ctx.activity(Endless, &()).into_future();
    let lost = match select(endless, ctx.timer(seconds(5))).await {
        Either::Left(_) => "the endless work ended",
        Either::Right(_) => "the timer was first",
    };
    let step = ctx.activity(Step, &1).into_future();
    match select(step, ctx.timer(seconds(60))).await {
        Either::Left((stepped, _)) => Ok((lost.into(), stepped?)),
        Either::Right(_) => Err(Failure::new("Race", "one step took a minute")),
    }
}

/// Tries again and again, and gives up in each of the ways there are.
async fn patience(ctx: Context, (): ()) -> Result<Vec<Value>, Failure> {
    let again = |attempts| RetryPolicy {
        initial_interval: Duration::from_millis(700),
        jitter: 0.2,
        ..RetryPolicy::attempts(attempts)
    };
    let mut results = Vec::new();
    let third = ctx.activity(Flaky, &3).retry(again(4)).await?;
    results.push(Value::from(third));
    let top = ctx
        .activity(Climb, &6)
        .retry(again(3))
        .heartbeat(seconds(2));
    results.push(Value::from(top.await?));
    let gave_up = [
        ctx.activity(Endless, &())
            .start_to_close(seconds(3))
            .retry(again(2))
            .await,
        ctx.activity(Endless, &())
            .schedule_to_close(seconds(3))
            .retry(again(0))
            .await,
        ctx.activity(Endless, &()).heartbeat(seconds(3)).await,
        ctx.activity(Flaky, &9)
            .retry(again(9))
            .retry_if(|_| false)
            .await
            .map(drop),
        ctx.activity(Flaky, &9).retry(again(2)).await.map(drop),
        ctx.activity(Clumsy, &()).await,
    ];
    let kinds = gave_up.map(|end| end.err().map(|failure| failure.error_type));
    results.extend(kinds.map(Value::from));
    Ok(results)
}

/// Waits with a limit and without, for what comes early, late, or never.
async fn listener(ctx: Context, (): ()) -> Result<Vec<Value>, Failure> {
    let hall: Option<Value> = ctx.wait_event_for("Hall", seconds(100)).await?;
    ctx.timer(seconds(5)).await?;
    let early: Value = ctx.wait_event("early").await?;
    let never: Option<Value> = ctx.wait_event_for("never", seconds(5)).await?;
    let late: Value = ctx.wait_event("late").await?;
    Ok(vec![hall.into(), early, never.into(), late])
}

/// Sends more events than the receiver waits for, and one to an unknown instance.
async fn postman(ctx: Context, to: InstanceId) -> Result<(), Failure> {
    for n in 1..=6u32 {
        ctx.send(&to, "add", &n)?;
    }
    ctx.send(&InstanceId::new("nobody").unwrap(), "add", &7)?;
    ctx.activity(Step, &0).await.map(drop)
}

/// Takes in two numbers in each of its runs.
async fn counter(ctx: Context, sum: u32) -> Result<(u32, u32), Failure> {
    let first: u32 = ctx.wait_event("add").await?;
    let stepped = ctx.activity(Step, &first).await?;
    let grown = ctx.child(named::<u32>("frail"), &stepped);
    let grown = grown.retry(RetryPolicy::attempts(2)).await?;
    let second: u32 = ctx.wait_event("add").await?;
    let sum = sum + grown + second;
    if ctx.run() < 3 {
        return ctx.continue_as_new(&sum);
    }
    Ok((ctx.run(), sum))
}

/// Fails, unless it is tried again.
async fn frail(ctx: Context, n: u32) -> Result<u32, Failure> {
    let stepped = ctx.activity(Step, &n).await?;
    if ctx.instance().as_str().contains('#') {
        return Ok(stepped);
    }
    Err(Failure::new("Frail", "the first attempt fails"))
}

/// Starts children that it waits for, and a detached one.
async fn parent(ctx: Context, (): ()) -> Result<(u32, Option<String>), Failure> {
    let frail = || ctx.child(named::<u32>("frail"), &5);
    let patient = frail().retry(RetryPolicy::attempts(3)).await?;
    let loner = ctx.child(named::<Value>("chain"), &7);
    loner.id(InstanceId::new("loner").unwrap()).detach()?;
    let refused = frail()
        .retry_if(|_| false)
        .retry(RetryPolicy::attempts(3))
        .await;
    Ok((patient, refused.err().map(|failure| failure.error_type)))
}

/// Waits for an event, and cleans up when it is canceled.
async fn guest(ctx: Context, n: u32) -> Result<u32, Failure> {
    let saga = Saga::new(&ctx);
    saga.undo_with("give back the key", |ctx| async move {
        ctx.activity(Step, &0).await
    });
    let left = ctx.wait_event::<u32>("leave").await;
    saga.settle(left).await.map(|m| n + m)
}

fn guests(ctx: &Context) -> [Pending<u32>; 3] {
    let policies = [
        ParentClosePolicy::Terminate,
        ParentClosePolicy::Abandon,
        ParentClosePolicy::RequestCancel,
    ];
    policies.map(|policy| {
        let guest = ctx.child(named("guest"), &10);
        guest.on_parent_close(policy).into_future()
    })
}

/// Ends, by force, while its guests are there.
async fn house(ctx: Context, (): ()) -> Result<(), Failure> {
    let [a, b, c] = guests(&ctx);
    let _ = join3(a, b, c).await;
    Ok(())
}

/// Abandons its children after a while and continues alone.
async fn hasty(ctx: Context, start: u32) -> Result<u32, Failure> {
    let [a, b, c] = guests(&ctx);
    let all = Box::pin(join3(a, b, c));
    if let Either::Left(_) = select(all, ctx.timer(seconds(4))).await {
        return Err(Failure::new("Hasty", "nobody should have left"));
    }
    let mut n = start;
    for _ in 0..3 {
        ctx.timer(seconds(2)).await?;
        n = ctx.activity(Step, &n).await?;
    }
    Ok(n)
}

/// Makes bookings, and compensates them when it fails or is canceled.
async fn trip(ctx: Context, last: String) -> Result<(), Failure> {
    let saga = Saga::new(&ctx);
    let booked = book(&ctx, &saga, &last).await;
    saga.settle(booked).await
}

async fn book(ctx: &Context, saga: &Saga, last: &str) -> Result<(), Failure> {
    for what in ["room", "car"] {
        let key = ctx.activity(Book, &what.into()).await?;
        saga.undo_with(what, |ctx| async move {
            let again = RetryPolicy::attempts(0);
            ctx.activity(Cancel, &key).retry(again).await
        });
    }
    match last {
        "wait" => ctx.wait_event("the flight").await,
        other => ctx.activity(Book, &other.into()).await.map(drop),
    }
}

/// Works, waits and has a child; time is frozen for all of them.
async fn held(ctx: Context, (): ()) -> Result<(u32, Vec<u32>), Failure> {
    let work = ctx.activity(Work, &3_000).into_future();
    let child = ctx
        .child(named::<(u32, Value, Value)>("chain"), &1)
        .into_future();
    let timer = ctx.timer(seconds(4));
    let (work, child, timer) = join3(work, child, timer).await;
    timer?;
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(ctx.wait_event("word").await?);
    }
    let after = ctx.version("while it was held", 3);
    Ok((work? + child?.0 + after, heard))
}

/// The first of two counts, even if both are done before it can look.
async fn duel(ctx: Context, (): ()) -> Result<u32, Failure> {
    let (a, b) = (ctx.activity(Work, &3_000), ctx.activity(Work, &4_000));
    let first = match select(a.into_future(), b.into_future()).await {
        Either::Left((done, _)) | Either::Right((done, _)) => done?,
    };
    ctx.activity(Step, &first).await
}

/// The same; looks at the second only after it was asked to end and has tidied up.
async fn late_duel(ctx: Context, (): ()) -> Result<u32, Failure> {
    let a = ctx.activity(Work, &3_000).into_future();
    let mut b = ctx.activity(Work, &4_000).into_future();
    let first = match select(a, &mut b).await {
        Either::Left((done, _)) | Either::Right((done, _)) => done,
    };
    ctx.activity(Step, &0).await?;
    first?;
    b.await
}
