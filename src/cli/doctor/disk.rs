//! Does the disk keep up: commits, steps of a workflow, and room for a recording.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use redb::{Database, Durability, TableDefinition};
use serde_json::json;

use super::finding::{Finding, Spread, Verdict};
use crate::{
    cli::CliError,
    engine::{
        Activity, ActivityContext, Context, Engine, EngineError, Failure, Named, RedbStore,
        Registry, Setup,
    },
    music::HORIZON,
};

/// Commits and steps that are measured.
const TIMES: u32 = 100;
/// A slow disk is left in peace after this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Works in a folder of its own beside the store, which is gone afterwards.
pub(super) fn check(folder: &Path) -> Result<Vec<Finding>, CliError> {
    let room = tempfile::Builder::new()
        .prefix(".fermata-doctor-")
        .tempdir_in(folder)
        .map_err(|source| CliError::Unwritable {
            path: folder.to_owned(),
            source,
        })?;
    let commits = commits(&room.path().join("bare.redb"));
    let steps = steps(&room.path().join("steps.redb"))?;
    Ok(vec![
        judge_commits(commits.map_err(|error| error.to_string()), folder),
        judge_steps(steps),
        judge_room(free(folder), folder),
    ])
}

/// Bare commits, each brought to the disk.
fn commits(path: &Path) -> Result<Spread, redb::Error> {
    const ROWS: TableDefinition<'static, u32, &'static [u8]> = TableDefinition::new("rows");
    let database = Database::create(path)?;
    let begun = Instant::now();
    let mut times = Vec::new();
    for number in 0..TIMES {
        let start = Instant::now();
        let mut transaction = database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction
            .open_table(ROWS)?
            .insert(number, [7; 200].as_slice())?;
        transaction.commit()?;
        times.push(start.elapsed());
        if begun.elapsed() > PATIENCE {
            break;
        }
    }
    Ok(Spread::of(times))
}

struct Step;

impl Activity for Step {
    const NAME: &'static str = "step";
    type Input = u32;
    type Output = u32;
}

async fn chain(context: Context, length: u32) -> Result<u32, Failure> {
    let mut last = 0;
    for number in 0..length {
        last = context.activity(Step, &number).await?;
    }
    Ok(last)
}

/// From one step of a workflow to the next, through the real engine.
fn steps(path: &Path) -> Result<Spread, CliError> {
    let store = RedbStore::create(path)?;
    let moments = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&moments);
    let registry = Registry::new()
        .workflow(Named::<u32, u32>::new("chain"), chain)
        .activity(Step, move |_: ActivityContext, number: u32| {
            let noted = Arc::clone(&noted);
            async move {
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                noted.push(Instant::now());
                Ok(number)
            }
        });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CliError::Threads)?;
    runtime.block_on(async {
        let engine = Engine::start(Arc::new(store), registry, Setup::default())?;
        let started = engine
            .start_instance(Named::<u32, u32>::new("chain"), &TIMES)
            .await?;
        // A disk so slow that it does not come to its end has told enough.
        let _ = tokio::time::timeout(PATIENCE, engine.until_closed(&started)).await;
        engine.stop().await;
        Ok::<_, EngineError>(())
    })?;
    let moments = moments.lock().unwrap_or_else(PoisonError::into_inner);
    let times = moments.windows(2).map(|pair| pair[1] - pair[0]);
    Ok(Spread::of(times.collect()))
}

/// A step must be over before the next note is due to be handed over.
fn judge(p99: Duration) -> Verdict {
    Verdict::at_most(p99, HORIZON / 3, HORIZON)
}

const FASTER: &str = "Put the store on an internal SSD with --store, not on a network or a stick, \
                      and let no backup or search run tonight.";

fn judge_commits(commits: Result<Spread, String>, folder: &Path) -> Finding {
    let name = "commits";
    match commits {
        Ok(spread) => Finding {
            name,
            verdict: judge(spread.p99),
            figure: format!(
                "{}; asked: p99 up to 20 ms; in {}",
                spread.words(),
                folder.display()
            ),
            remedy: FASTER,
            data: spread.json(),
        },
        Err(error) => Finding {
            name,
            verdict: Verdict::Bad,
            figure: error,
            remedy: "Choose another place for the store with --store.",
            data: json!({}),
        },
    }
}

fn judge_steps(spread: Spread) -> Finding {
    let measured = spread != Spread::default();
    Finding {
        name: "steps",
        verdict: match measured {
            true => judge(spread.p99),
            false => Verdict::Bad,
        },
        figure: match measured {
            true => format!("{}; asked: p99 up to 20 ms", spread.words()),
            false => format!("none within {} s", PATIENCE.as_secs()),
        },
        remedy: FASTER,
        data: spread.json(),
    }
}

/// An hour of recorded sound, and a little more.
const PLENTY: u64 = 2_000_000_000;
/// Enough for the histories of an evening.
const LITTLE: u64 = 300_000_000;

fn judge_room(free: Option<u64>, folder: &Path) -> Finding {
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    Finding {
        name: "free disk",
        verdict: match free {
            None => Verdict::Usable,
            Some(free) if free >= PLENTY => Verdict::Good,
            Some(free) if free >= LITTLE => Verdict::Usable,
            Some(_) => Verdict::Bad,
        },
        figure: match free {
            Some(free) => format!("{:.1} GB in {}", gigabytes(free), folder.display()),
            None => "not known here".to_owned(),
        },
        remedy: "Make room: an hour of recorded sound takes one gigabyte, and on a full disk \
                 everything waits.",
        data: json!({ "bytes": free }),
    }
}

/// Bytes that are free for this user.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_judged_by_the_time_that_a_note_is_handed_over_ahead() {
        let verdict = |millis| {
            let p99 = Duration::from_millis(millis);
            judge_steps(Spread {
                p99,
                ..Spread::default()
            })
            .verdict
        };
        assert_eq!(verdict(20), Verdict::Good);
        assert_eq!(verdict(21), Verdict::Usable);
        assert_eq!(verdict(61), Verdict::Bad);
        assert_eq!(judge_steps(Spread::default()).verdict, Verdict::Bad);
        let failed = judge_commits(Err("read-only".into()), Path::new("/"));
        assert_eq!(failed.verdict, Verdict::Bad);
    }

    #[test]
    fn room_for_an_hour_is_good_and_none_is_bad() {
        let verdict = |free| judge_room(free, Path::new("/")).verdict;
        assert_eq!(verdict(Some(5_000_000_000)), Verdict::Good);
        assert_eq!(verdict(Some(500_000_000)), Verdict::Usable);
        assert_eq!(verdict(Some(1_000_000)), Verdict::Bad);
        assert_eq!(verdict(None), Verdict::Usable);
        #[cfg(unix)]
        assert!(free(Path::new("/")).is_some_and(|free| free > 0));
    }
}
