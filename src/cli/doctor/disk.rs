//! The disk of the store: commits, steps of a workflow, and free space.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use redb::{Database, Durability, TableDefinition};
use serde_json::json;

use super::finding::{Finding, Rating, Spread};
use crate::{
    app::runtime,
    cli::CliError,
    engine::{
        Activity, ActivityContext, Context, Engine, EngineError, Failure, Named, RedbStore,
        Registry, Setup,
    },
    music::HORIZON,
};

/// How many commits and steps are measured.
const SAMPLES: u32 = 100;
/// When measuring a slow disk ends.
const MAX_TIME: Duration = Duration::from_secs(5);

/// Works in a temporary folder next to the store.
pub(super) fn check(folder: &Path) -> Result<Vec<Finding>, CliError> {
    let temporary = tempfile::Builder::new()
        .prefix(".fermata-doctor-")
        .tempdir_in(folder)
        .map_err(|source| CliError::unwritable(folder, source))?;
    let commits = commits(&temporary.path().join("bare.redb"));
    let steps = steps(&temporary.path().join("steps.redb"))?;
    Ok(vec![
        rate_commits(commits.map_err(|error| error.to_string()), folder),
        rate_steps(steps),
        rate_space(free(folder), folder),
    ])
}

/// Bare commits, each synced to the disk.
fn commits(path: &Path) -> Result<Spread, redb::Error> {
    const ROWS: TableDefinition<'static, u32, &'static [u8]> = TableDefinition::new("rows");
    let database = Database::create(path)?;
    let begun = Instant::now();
    let mut times = Vec::new();
    for number in 0..SAMPLES {
        let start = Instant::now();
        let mut transaction = database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction
            .open_table(ROWS)?
            .insert(number, [7; 200].as_slice())?;
        transaction.commit()?;
        times.push(start.elapsed());
        if begun.elapsed() > MAX_TIME {
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
    let runtime = runtime()?;
    runtime.block_on(async {
        let engine = Engine::start(Arc::new(store), registry, Setup::default())?;
        let started = engine
            .start_instance(Named::<u32, u32>::new("chain"), &SAMPLES)
            .await?;
        // A disk that is too slow to finish has been measured long enough.
        let _ = tokio::time::timeout(MAX_TIME, engine.until_closed(&started)).await;
        engine.stop().await;
        Ok::<_, EngineError>(())
    })?;
    let moments = moments.lock().unwrap_or_else(PoisonError::into_inner);
    let times = moments.windows(2).map(|pair| pair[1] - pair[0]);
    Ok(Spread::of(times.collect()))
}

/// A step must end before the next note has to be handed to the player.
fn rate(p99: Duration) -> Rating {
    Rating::at_most(p99, HORIZON / 3, HORIZON)
}

const FASTER: &str = "Put the store on an internal SSD with --store, not on a network drive or USB \
                      stick, and pause backups and file indexing during the show.";

fn rate_commits(commits: Result<Spread, String>, folder: &Path) -> Finding {
    let name = "commits";
    match commits {
        Ok(spread) => Finding {
            name,
            rating: rate(spread.p99),
            figure: format!(
                "{}; target: p99 up to 20 ms; in {}",
                spread.words(),
                folder.display()
            ),
            remedy: FASTER,
            data: spread.json(),
        },
        Err(error) => Finding {
            name,
            rating: Rating::Bad,
            figure: error,
            remedy: "Choose another place for the store with --store.",
            data: json!({}),
        },
    }
}

fn rate_steps(spread: Spread) -> Finding {
    let measured = spread != Spread::default();
    Finding {
        name: "steps",
        rating: match measured {
            true => rate(spread.p99),
            false => Rating::Bad,
        },
        figure: match measured {
            true => format!("{}; target: p99 up to 20 ms", spread.words()),
            false => format!("none within {} s", MAX_TIME.as_secs()),
        },
        remedy: FASTER,
        data: spread.json(),
    }
}

/// An hour of recorded sound, and a little more.
const MIN_GOOD_SPACE: u64 = 2_000_000_000;
/// Enough for the histories of an evening.
const MIN_USABLE_SPACE: u64 = 300_000_000;

fn rate_space(free: Option<u64>, folder: &Path) -> Finding {
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    Finding {
        name: "free disk",
        rating: match free {
            None => Rating::Usable,
            Some(free) if free >= MIN_GOOD_SPACE => Rating::Good,
            Some(free) if free >= MIN_USABLE_SPACE => Rating::Usable,
            Some(_) => Rating::Bad,
        },
        figure: match free {
            Some(free) => format!("{:.1} GB in {}", gigabytes(free), folder.display()),
            None => "unknown on this system".to_owned(),
        },
        remedy: "Free some space: an hour of recorded sound takes one gigabyte, and on a full disk \
                 the music waits.",
        data: json!({ "bytes": free }),
    }
}

/// Bytes available to this user.
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
    fn a_disk_is_rated_by_the_horizon_of_the_player() {
        let rating = |millis| {
            let p99 = Duration::from_millis(millis);
            rate_steps(Spread {
                p99,
                ..Spread::default()
            })
            .rating
        };
        assert_eq!(rating(20), Rating::Good);
        assert_eq!(rating(21), Rating::Usable);
        assert_eq!(rating(61), Rating::Bad);
        assert_eq!(rate_steps(Spread::default()).rating, Rating::Bad);
        let failed = rate_commits(Err("read-only".into()), Path::new("/"));
        assert_eq!(failed.rating, Rating::Bad);
    }

    #[test]
    fn space_for_an_hour_is_good_and_no_space_is_bad() {
        let rating = |free| rate_space(free, Path::new("/")).rating;
        assert_eq!(rating(Some(5_000_000_000)), Rating::Good);
        assert_eq!(rating(Some(500_000_000)), Rating::Usable);
        assert_eq!(rating(Some(1_000_000)), Rating::Bad);
        assert_eq!(rating(None), Rating::Usable);
        #[cfg(unix)]
        assert!(free(Path::new("/")).is_some_and(|free| free > 0));
    }
}
