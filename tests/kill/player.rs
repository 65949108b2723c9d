//! The process that is killed: an engine in real time on a store file, with endless work.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use fermata::engine::*;
use futures_util::future::try_join_all;

/// Where it works; without it the process is not the one that is killed.
pub const PLACE: &str = "FERMATA_KILL_PLACE";
/// Set when it should finish its work.
pub const LAST: &str = "FERMATA_KILL_LAST";

pub fn store_path(place: &Path) -> PathBuf {
    place.join("store.redb")
}

pub fn diary_path(place: &Path) -> PathBuf {
    place.join("diary")
}

/// What a workflow returns in a generation.
type Returns = fn(u64) -> u64;

/// The workflows, and what each returns.
pub const WORKFLOWS: [(&str, Returns); 5] = [
    ("chain", |n| n + 30),
    ("fan", |n| (0..20).map(|i| n + i + 1).sum()),
    ("stubborn", |n| 4 * (n + 1)),
    ("naps", |n| n + 4),
    ("family", |n| 3 * (n + 10)),
];

struct Step;
impl Activity for Step {
    const NAME: &'static str = "step";
    type Input = u64;
    type Output = u64;
}

/// Fails twice.
struct Stubborn;
impl Activity for Stubborn {
    const NAME: &'static str = "stubborn";
    type Input = u64;
    type Output = u64;
}

fn numbers(name: &str) -> Named<u64, u64> {
    Named::new(name)
}

async fn steps(ctx: &Context, from: u64, count: u64) -> Result<u64, Failure> {
    let mut n = from;
    for _ in 0..count {
        n = ctx.activity(Step, &n).await?;
    }
    Ok(n)
}

async fn chain(ctx: Context, n: u64) -> Result<u64, Failure> {
    steps(&ctx, n, 30).await
}

async fn verse(ctx: Context, n: u64) -> Result<u64, Failure> {
    steps(&ctx, n, 10).await
}

async fn fan(ctx: Context, n: u64) -> Result<u64, Failure> {
    let calls = (0..20).map(|i| ctx.activity(Step, &(n + i)).into_future());
    Ok(try_join_all(calls).await?.into_iter().sum())
}

async fn stubborn(ctx: Context, n: u64) -> Result<u64, Failure> {
    let patience = RetryPolicy {
        initial_interval: Duration::from_millis(5),
        ..RetryPolicy::attempts(3)
    };
    let call = |_| {
        ctx.activity(Stubborn, &n)
            .retry(patience.clone())
            .into_future()
    };
    Ok(try_join_all((0..4).map(call)).await?.into_iter().sum())
}

async fn naps(ctx: Context, n: u64) -> Result<u64, Failure> {
    let mut n = n;
    for ms in [5, 10, 20, 40] {
        ctx.timer(Duration::from_millis(ms)).await?;
        n = ctx.activity(Step, &n).await?;
    }
    Ok(n)
}

async fn family(ctx: Context, n: u64) -> Result<u64, Failure> {
    let children = (0..3).map(|_| ctx.child(numbers("verse"), &n).into_future());
    Ok(try_join_all(children).await?.into_iter().sum())
}

/// Writes a line at once: `instance scheduled attempt what`.
fn write(diary: &File, context: &ActivityContext, what: &str) {
    let (instance, scheduled) = (context.instance(), context.scheduled());
    let line = format!("{instance} {scheduled} {} {what}\n", context.attempt());
    let written = (&mut &*diary).write(line.as_bytes()).unwrap();
    assert_eq!(written, line.len());
}

fn registry(diary: File) -> Registry {
    let diary = Arc::new(diary);
    let again = Arc::clone(&diary);
    Registry::new()
        .workflow(numbers("chain"), chain)
        .workflow(numbers("verse"), verse)
        .workflow(numbers("fan"), fan)
        .workflow(numbers("stubborn"), stubborn)
        .workflow(numbers("naps"), naps)
        .workflow(numbers("family"), family)
        .activity(Step, move |context, n| {
            let diary = Arc::clone(&diary);
            async move {
                write(&diary, &context, "start");
                tokio::time::sleep(Duration::from_millis(n % 4)).await;
                write(&diary, &context, "done");
                Ok(n + 1)
            }
        })
        .activity(Stubborn, move |context, n| {
            let diary = Arc::clone(&again);
            async move {
                write(&diary, &context, "start");
                if context.attempt() < 3 {
                    return Err(Failure::new("Refused", "not yet").into());
                }
                write(&diary, &context, "done");
                Ok(n + 1)
            }
        })
}

/// How the process ends when its store can be written no more.
pub const STORE_FAILED: i32 = 3;

/// Works generation by generation until it is killed; or, at last, until all that was begun has
/// ended.
pub fn play(place: &Path) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let diary = OpenOptions::new()
            .create(true)
            .append(true)
            .open(diary_path(place));
        let store = RedbStore::create(&store_path(place)).unwrap_or_else(|error| failed(error));
        let registry = registry(diary.unwrap());
        let engine = Engine::start(Arc::new(store), registry, Setup::default());
        let engine = engine.unwrap_or_else(|error| failed(error));
        let mut generation = 0;
        while begin(&engine, generation).await {
            generation += 1;
        }
    });
}

/// Starts a generation if needed and waits for its end; false if all have ended.
async fn begin(engine: &Engine, generation: u64) -> bool {
    let mut ids = Vec::new();
    for (workflow, _) in WORKFLOWS {
        let id = InstanceId::new(format!("{workflow}-{generation}")).unwrap();
        let is_last = std::env::var_os(LAST).is_some();
        if is_last && engine.archive().summary(&id).is_err() {
            continue;
        }
        loop {
            let start = engine
                .start_instance(numbers(workflow), &generation)
                .id(id.clone());
            match start.reuse(IdReuse::Never).await {
                Ok(_) | Err(EngineError::AlreadyExists(_)) => break ids.push(id),
                Err(error) => refused(engine, error).await,
            }
        }
    }
    for id in &ids {
        while let Err(error) = engine.until_closed(id).await {
            refused(engine, error).await;
        }
    }
    !ids.is_empty()
}

/// A store that can be written again soon is waited for.
async fn refused(engine: &Engine, error: EngineError) {
    match engine.trouble() {
        Some(trouble) if trouble.is_final() => failed(trouble),
        None if !matches!(error, EngineError::Store(_) | EngineError::NotDurable(_)) => {
            panic!("{error}")
        }
        _ => tokio::time::sleep(Duration::from_millis(5)).await,
    }
}

fn failed(error: impl std::fmt::Display) -> ! {
    println!("{error}");
    std::process::exit(STORE_FAILED)
}
