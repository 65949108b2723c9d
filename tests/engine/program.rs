//! Random workflows: a program is a tree that one workflow gets as its input.

use std::time::Duration;

use fermata::engine::*;
use futures_util::future::{Either, FutureExt, LocalBoxFuture, join_all, select};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The name under which programs are registered.
pub const PROGRAM: &str = "program";
/// The receivers of events.
pub const STARS: [&str; 3] = ["p0", "p1", "p2"];
/// The events.
pub const NEWS: [&str; 2] = ["go", "stop"];

/// What a workflow does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Program {
    Activity(Troupe, Job),
    Timer(u64),
    WaitEvent { news: usize, limit: Option<u64> },
    Race(Box<Program>, Box<Program>),
    Join(Vec<Program>),
    Sequence(Vec<Program>),
    Child(Box<Program>, Ties),
    Send { star: usize, news: usize },
    SetStatus(u32),
    SetTag(u32),
    Random,
    Now,
    Uuid,
    Version(u32),
    Saga { steps: Vec<u64>, then: Box<Program> },
    Rescue(Box<Program>),
    ContinueAsNew(Box<Program>),
    Fail,
}

/// The activity that does the work.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Troupe {
    /// As many as one likes.
    Many,
    /// One at a time.
    Solo,
    /// Two at a time.
    Duo,
    /// Is requeued when its instance is suspended.
    Shy,
}

/// Takes so long, and fails so often before it succeeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub ms: u64,
    pub failures: u32,
    pub attempts: u32,
    pub limit: Option<u64>,
}

/// What binds a child to its parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ties {
    pub on_close: ParentClosePolicy,
    pub detached: bool,
    pub attempts: u32,
}

macro_rules! troupe {
    ($($marker:ident $name:literal),*) => {$(
        struct $marker;
        impl Activity for $marker {
            const NAME: &'static str = $name;
            type Input = Job;
            type Output = u64;
        }
    )*};
}
troupe!(Many "many", Solo "solo", Duo "duo", Shy "shy");

/// Programs and what they need.
pub fn registry() -> Registry {
    let at_most = |most| ActivityOptions {
        max_concurrent: Some(most),
        ..ActivityOptions::default()
    };
    Registry::new()
        .workflow(Named::<Program, Value>::new(PROGRAM), interpret)
        .activity(Many, work)
        .activity_with(Solo, at_most(1), work)
        .activity_with(Duo, at_most(2), work)
        .activity(Shy, |mut context: ActivityContext, job| async move {
            let working = context.clone();
            tokio::select! {
                biased;
                () = context.suspended() => Err(ActivityError::Yielded),
                done = work(working, job) => done,
            }
        })
}

async fn work(context: ActivityContext, job: Job) -> Result<u64, ActivityError> {
    tokio::time::sleep(Duration::from_millis(job.ms)).await;
    if context.attempt() <= job.failures {
        return Err(Failure::new("Busy", format!("busy at attempt {}", context.attempt())).into());
    }
    Ok(job.ms)
}

async fn interpret(ctx: Context, program: Program) -> Result<Value, Failure> {
    perform(&ctx, &program).await
}

fn perform<'a>(
    ctx: &'a Context,
    program: &'a Program,
) -> LocalBoxFuture<'a, Result<Value, Failure>> {
    async move {
        match program {
            Program::Activity(troupe, job) => call(ctx, *troupe, job).await,
            Program::Timer(ms) => ctx
                .timer(Duration::from_millis(*ms))
                .await
                .map(|()| Value::Null),
            Program::WaitEvent { news, limit } => match limit {
                None => ctx.wait_event(NEWS[*news]).await,
                Some(ms) => {
                    let limit = Duration::from_millis(*ms);
                    Ok(json!(
                        ctx.wait_event_for::<Value>(NEWS[*news], limit).await?
                    ))
                }
            },
            Program::Race(a, b) => match select(perform(ctx, a), perform(ctx, b)).await {
                Either::Left((won, _)) => Ok(json!(["left", won?])),
                Either::Right((won, _)) => Ok(json!(["right", won?])),
            },
            Program::Join(parts) => {
                let ends = join_all(parts.iter().map(|part| perform(ctx, part))).await;
                ends.into_iter().collect()
            }
            Program::Sequence(parts) => {
                let mut ends = Vec::new();
                for part in parts {
                    ends.push(perform(ctx, part).await?);
                }
                Ok(json!(ends))
            }
            Program::Child(program, ties) => child(ctx, program, ties).await,
            Program::Saga { steps, then } => saga(ctx, steps, then).await,
            Program::Rescue(part) => match perform(ctx, part).await {
                Ok(value) => Ok(value),
                Err(failure) => Ok(json!({ "rescued": failure.error_type })),
            },
            Program::ContinueAsNew(next) => ctx.continue_as_new(next),
            Program::Fail => Err(Failure::new("Refused", "as it was written")),
            word => say(ctx, word),
        }
    }
    .boxed_local()
}

/// What only leaves a word in the history. Numbers of chance go there too, so that a replay that
/// draws others is found out.
fn say(ctx: &Context, word: &Program) -> Result<Value, Failure> {
    match word {
        Program::Send { star, news } => {
            let star = InstanceId::new(STARS[*star]).unwrap();
            ctx.send(&star, NEWS[*news], &news)?;
        }
        Program::SetStatus(n) => ctx.set_status(n)?,
        Program::SetTag(n) => ctx.set_tag(format!("tag{n}"), n.to_string()),
        Program::Random => ctx.set_status(&ctx.random())?,
        Program::Now => ctx.set_status(&ctx.now())?,
        Program::Uuid => ctx.set_tag("uuid", ctx.new_uuid().to_string()),
        Program::Version(newest) => {
            let version = ctx.version(&format!("change {newest}"), *newest);
            ctx.set_status(&version)?;
        }
        _ => {}
    }
    Ok(Value::Null)
}

async fn call(ctx: &Context, troupe: Troupe, job: &Job) -> Result<Value, Failure> {
    let done = match troupe {
        Troupe::Many => set(ctx.activity(Many, job), job).await,
        Troupe::Solo => set(ctx.activity(Solo, job), job).await,
        Troupe::Duo => set(ctx.activity(Duo, job), job).await,
        Troupe::Shy => set(ctx.activity(Shy, job), job).await,
    };
    done.map(Value::from)
}

fn set<A: Activity>(call: ActivityCall<A>, job: &Job) -> ActivityCall<A> {
    let call = call.retry(patience(job.attempts));
    match job.limit {
        Some(ms) => call.start_to_close(Duration::from_millis(ms)),
        None => call,
    }
}

fn patience(attempts: u32) -> RetryPolicy {
    RetryPolicy {
        initial_interval: Duration::from_millis(10),
        ..RetryPolicy::attempts(attempts)
    }
}

async fn child(ctx: &Context, program: &Program, ties: &Ties) -> Result<Value, Failure> {
    let workflow = Named::<Program, Value>::new(PROGRAM);
    let call = ctx.child(workflow, program).on_parent_close(ties.on_close);
    if ties.detached {
        return call.detach().map(|_| Value::Null);
    }
    call.retry(patience(ties.attempts)).await
}

async fn saga(ctx: &Context, steps: &[u64], then: &Program) -> Result<Value, Failure> {
    let saga = Saga::new(ctx);
    let done = async {
        for ms in steps.iter().copied() {
            let job = Job {
                ms,
                failures: 0,
                attempts: 1,
                limit: None,
            };
            ctx.activity(Many, &job).await?;
            saga.undo_with(&format!("step of {ms}"), move |ctx| async move {
                ctx.timer(Duration::from_millis(ms)).await
            });
        }
        perform(ctx, then).await
    };
    let done = done.await;
    saga.settle(done).await
}

/// What kind of programs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Taste {
    /// All there are.
    Any,
    /// Those whose result does not depend on when things happen.
    Steady,
}

/// Programs of up to some twenty parts.
pub fn programs(taste: Taste) -> BoxedStrategy<Program> {
    let body = bodies(taste);
    let round = (body.clone(), body.clone()).prop_map(|(first, next)| {
        let next = Program::ContinueAsNew(Box::new(next));
        Program::Sequence(vec![first, next])
    });
    prop_oneof![4 => body, 1 => round].boxed()
}

fn bodies(taste: Taste) -> BoxedStrategy<Program> {
    words(taste)
        .prop_recursive(4, 20, 4, move |inner| combined(taste, inner))
        .boxed()
}

fn words(taste: Taste) -> BoxedStrategy<Program> {
    let limit = match taste {
        Taste::Any => prop::option::weighted(0.7, 0..300u64).boxed(),
        Taste::Steady => Just(None).boxed(),
    };
    let news = 0..NEWS.len();
    prop_oneof![
        6 => (troupes(), jobs()).prop_map(|(who, what)| Program::Activity(who, what)),
        4 => (0..300u64).prop_map(Program::Timer),
        3 => (news.clone(), limit).prop_map(|(news, limit)| Program::WaitEvent { news, limit }),
        1 => (0..STARS.len(), news).prop_map(|(star, news)| Program::Send { star, news }),
        1 => (0..3u32).prop_map(Program::SetStatus),
        1 => (0..3u32).prop_map(Program::SetTag),
        1 => Just(Program::Random),
        1 => Just(Program::Now),
        1 => Just(Program::Uuid),
        1 => (0..3u32).prop_map(Program::Version),
        1 => Just(Program::Fail),
    ]
    .boxed()
}

fn troupes() -> impl Strategy<Value = Troupe> {
    prop_oneof![
        Just(Troupe::Many),
        Just(Troupe::Solo),
        Just(Troupe::Duo),
        Just(Troupe::Shy)
    ]
}

fn jobs() -> impl Strategy<Value = Job> {
    let limit = prop_oneof![3 => Just(None), 1 => Just(Some(1)), 1 => Just(Some(3))];
    (0..100u64, 0..3u32, 1..4u32, limit).prop_map(|(ms, failures, attempts, limit)| Job {
        ms,
        failures,
        attempts,
        // Well below or well above what it takes: never a tie.
        limit: limit.map(|times| (ms * times).div_ceil(2) + times),
    })
}

fn combined(taste: Taste, inner: BoxedStrategy<Program>) -> BoxedStrategy<Program> {
    let one = inner.clone().prop_map(Box::new);
    let some = || prop::collection::vec(inner.clone(), 1..4);
    let steps = prop::collection::vec(0..60u64, 1..3);
    let common = prop_oneof![
        3 => some().prop_map(Program::Sequence),
        2 => some().prop_map(Program::Join),
        2 => (one.clone(), ties()).prop_map(|(program, ties)| Program::Child(program, ties)),
        1 => (steps, one.clone()).prop_map(|(steps, then)| Program::Saga { steps, then }),
        2 => one.clone().prop_map(Program::Rescue),
    ];
    match taste {
        Taste::Steady => common.boxed(),
        Taste::Any => prop_oneof![
            10 => common,
            3 => (one.clone(), one.clone()).prop_map(|(a, b)| Program::Race(a, b)),
            1 => one.prop_map(Program::ContinueAsNew),
        ]
        .boxed(),
    }
}

fn ties() -> impl Strategy<Value = Ties> {
    let on_close = prop_oneof![
        Just(ParentClosePolicy::Terminate),
        Just(ParentClosePolicy::Abandon),
        Just(ParentClosePolicy::RequestCancel)
    ];
    (on_close, prop::bool::weighted(0.2), 1..3u32).prop_map(|(on_close, detached, attempts)| Ties {
        on_close,
        detached,
        attempts,
    })
}
