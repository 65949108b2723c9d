//! Recorded histories are replayed by every later build, and changed code is distinguished from unchanged
//! code.
//!
//! `golden/` has one history for each run of each instance of the scenes. To record those of new scenes, run
//! this test with `FERMATA_RECORD_GOLDEN=1`: it writes the files that are missing. Existing files are never
//! rewritten: a build that cannot replay them cannot open existing stores.

use std::{collections::BTreeMap, fs, path::PathBuf};

use fermata::engine::*;
use serde_json::{Value, json};

use crate::{
    crash::undisturbed,
    harness::{run, simulate},
    labour::{Log, Step, Work},
    scenes::scenes,
    workflows::workflows,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/engine/golden")
}

fn record() {
    for scene in scenes() {
        for (summary, events) in undisturbed(&scene).into_values() {
            let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            let id: String = summary.id.as_str().chars().map(letter).collect();
            let path = folder().join(format!("{}-{id}-{}.json", scene.name, summary.run));
            let history = History {
                instance: summary.id,
                events,
            };
            if !path.exists() {
                let json = serde_json::to_string_pretty(&history.to_json()).unwrap();
                fs::write(path, json + "\n").unwrap();
            }
        }
    }
}

/// Every recorded history by the name of its file.
pub fn recorded() -> BTreeMap<String, History> {
    let files = fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path());
    // Whole stores have tests of their own.
    let is_history = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.ends_with(".json") && !name.starts_with("store-"))
    };
    let read = files.filter(is_history).map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let history = History::from_json(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, history)
    });
    read.collect()
}

#[test]
fn all_golden_histories_are_replayed() {
    if std::env::var_os("FERMATA_RECORD_GOLDEN").is_some() {
        record();
    }
    let registry = workflows(&Log::default());
    let recorded = recorded();
    assert!(recorded.len() > 30, "{}", recorded.len());
    for (name, history) in &recorded {
        if let Err(divergence) = replay(&registry, history) {
            panic!("{name}: {divergence}");
        }
    }
}

#[test]
fn a_golden_history_is_written_completely() {
    for (name, history) in recorded() {
        let path = folder().join(format!("{name}.json"));
        let kept: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let written: Value = serde_json::from_str(&history.to_json().to_string()).unwrap();
        assert_eq!(History::from_json(&written.to_string()).unwrap(), history);
        assert_keeps(&kept, &written, &name);
    }
}

/// Fields that were added since may be there; none may be missing or different.
fn assert_keeps(kept: &Value, written: &Value, place: &str) {
    match (kept, written) {
        (Value::Object(kept), Value::Object(written)) => {
            for (name, value) in kept {
                let found = written.get(name).unwrap_or(&Value::Null);
                assert_keeps(value, found, &format!("{place}.{name}"));
            }
        }
        (Value::Array(kept), Value::Array(written)) => {
            assert_eq!(kept.len(), written.len(), "{place}");
            for (n, (kept, written)) in kept.iter().zip(written).enumerate() {
                assert_keeps(kept, written, &format!("{place}[{n}]"));
            }
        }
        _ => assert_eq!(kept, written, "{place}"),
    }
}

/// Replays the recorded chain with another function; where they part, and why.
fn parting<F, Fut>(changed: F) -> Option<(u64, Cause)>
where
    F: Fn(Context, u32) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Value, Failure>> + 'static,
{
    let registry = workflows(&Log::default()).workflow(Named::new("chain"), changed);
    let parted = replay(&registry, &recorded()["steps-chain-1"]).err()?;
    assert!(
        parted.last.is_none_or(|(last, _)| last < parted.event),
        "{parted}"
    );
    Some((parted.event.0, parted.cause))
}

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

/// What a mutant of the chain does differently.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mutant {
    None,
    /// The first step bears another name.
    Renamed,
    /// The second step is given something else.
    OtherInput,
    /// The third step is not there.
    Removed,
    /// Nothing after the timer.
    Shorter,
    /// A step after the timer.
    Added,
    /// The timer comes before the third step.
    Reordered,
    /// A step at the end, where the code was marked.
    AddedByVersion,
    /// The timer is asked for and not awaited.
    NotAwaited,
    /// It waits for something of its own.
    Foreign,
    /// It waits for an event at its end.
    Endless,
    /// It returns something else.
    OtherResult,
}

async fn mutant(ctx: Context, start: u32, how: Mutant) -> Result<Value, Failure> {
    ctx.set_status("on its way")?;
    ctx.set_tag("shape", "chain");
    let mut n = start;
    for step in 0..3 {
        if how == Mutant::Reordered && step == 2 {
            ctx.timer(SECOND).await?;
        }
        n = match (how, step) {
            (Mutant::Renamed, 0) => ctx.activity(Work, &n).await?,
            (Mutant::OtherInput, 1) => ctx.activity(Step, &(n + 5)).await?,
            (Mutant::Removed, 2) => n,
            _ => ctx.activity(Step, &n).await?,
        };
    }
    n += 100 * ctx.version("a hundred more", 2);
    match how {
        Mutant::Reordered => {}
        Mutant::Foreign => std::future::pending().await,
        Mutant::NotAwaited => drop(ctx.timer(SECOND)),
        _ => ctx.timer(SECOND).await?,
    }
    if how == Mutant::Added || how == Mutant::AddedByVersion && ctx.version("one more", 1) == 1 {
        n = ctx.activity(Step, &n).await?;
    }
    if how != Mutant::Shorter {
        ctx.set_status(&n)?;
    }
    if how == Mutant::Endless {
        ctx.canceled().await?;
    }
    if how == Mutant::OtherResult {
        n += 1;
    }
    Ok(json!([n, ctx.random(), ctx.new_uuid().to_string()]))
}

#[test]
fn a_change_of_a_workflow_is_reported_with_event_and_cause() {
    use Mutant::*;
    let parted = |how| parting(move |ctx, start| mutant(ctx, start, how));
    assert_eq!(parted(None), Option::None);
    assert_eq!(parted(AddedByVersion), Option::None);
    let found = [
        (Renamed, 3, Cause::Renamed),
        (OtherInput, 6, Cause::DataChanged),
        (Removed, 9, Cause::StepChanged),
        (Reordered, 9, Cause::StepChanged),
        (Foreign, 12, Cause::ForeignWake),
        (NotAwaited, 13, Cause::StepChanged),
        (Added, 15, Cause::StepChanged),
        (Shorter, 15, Cause::EndedEarly),
        (Endless, 16, Cause::StepRemoved),
        (OtherResult, 16, Cause::ResultChanged),
    ];
    for (how, event, cause) in found {
        assert_eq!(parted(how), Some((event, cause)), "{how:?}");
    }
    let nobody = replay(&Registry::new(), &recorded()["steps-chain-1"]).unwrap_err();
    assert_eq!(
        (nobody.event, nobody.cause),
        (EventId(0), Cause::NotRegistered)
    );
}

/// Begins both at once and looks at them one after the other. Where the code was changed, it asks
/// for nothing.
async fn pair(ctx: Context, marked: bool) -> Result<u32, Failure> {
    let (short, long) = (ctx.timer(SECOND), ctx.timer(2 * SECOND));
    let changed = async {
        short.await?;
        Ok(if marked {
            ctx.version("between the timers", 1)
        } else {
            0
        })
    };
    let (version, long) = futures_util::future::join(changed, long).await;
    long.and(version)
}

#[test]
fn an_unused_version_marker_does_not_affect_old_histories() {
    let kind =
        |marked| Registry::new().workflow(Named::new("pair"), move |ctx, ()| pair(ctx, marked));
    let history = simulate(kind(false), |engine| async move {
        let end = run(&engine, "pair", ()).await;
        engine.archive().export(&end.id).unwrap()
    });
    replay(&kind(false), &history).unwrap();
    replay(&kind(true), &history).unwrap();
}
