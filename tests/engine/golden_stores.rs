//! Stores of earlier versions can be read.
//!
//! `store-2.redb` has store format 2, `store-3.redb` format 3. The JSON file next to each is its content as
//! read by its own version.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use fermata::engine::*;
use serde_json::Value;

use crate::harness::id;

/// What was read in a store by the version that wrote it.
struct Recorded(Value);

impl Recorded {
    fn of(name: &str) -> Self {
        let text = fs::read_to_string(golden(&format!("{name}.json"))).unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    fn instances(&self) -> impl Iterator<Item = (InstanceSummary, History, Option<Vec<String>>)> {
        self.0["instances"].as_array().unwrap().iter().map(|entry| {
            let summary = serde_json::from_value(entry["summary"].clone()).unwrap();
            let history = History::from_json(&entry["history"].to_string()).unwrap();
            let descendants = entry.get("descendants").cloned();
            let descendants = descendants.map(|all| serde_json::from_value(all).unwrap());
            (summary, history, descendants)
        })
    }
}

fn golden(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/golden");
    folder.join(name)
}

/// A copy of a recorded store.
fn copy(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    fs::copy(golden(&format!("{name}.redb")), &path).unwrap();
    (folder, path)
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// Everything that was recorded is in the store, and nothing else.
fn check(store: Arc<RedbStore>, recorded: &Recorded) {
    let verified = store.verify().unwrap();
    assert!(verified.is_whole(), "{:?}", verified.damage);
    let opening = store.opening().unwrap();
    let schedules: Vec<(ScheduleName, Schedule)> =
        serde_json::from_value(recorded.0["schedules"].clone()).unwrap();
    assert_eq!(opening.schedules, schedules);
    let posts: Vec<(u64, Payload)> = serde_json::from_value(recorded.0["posts"].clone()).unwrap();
    let outbox = opening.outbox.into_iter().map(|(id, post)| (id.0, post));
    assert_eq!(outbox.collect::<Vec<_>>(), posts);
    assert_eq!(opening.next_key.0, recorded.0["nextKey"]);
    assert_eq!(opening.closed, CleanClose::Yes);
    let archive = Archive::new(store as Arc<dyn Store>);
    let mut count = 0;
    for (summary, history, descendants) in recorded.instances() {
        let runs = archive.runs(&summary.id).unwrap();
        let run = runs.into_iter().find(|(run, _)| run.run == summary.run);
        let (found, events) = run.unwrap();
        assert_eq!(found, summary);
        assert_eq!(events, history.events, "{} run {}", summary.id, summary.run);
        if let Some(descendants) = descendants {
            let found = archive.descendants(&summary.id).unwrap();
            let found: Vec<_> = found.iter().map(|one| one.id.as_str()).collect();
            assert_eq!(found, descendants);
        }
        count += 1;
    }
    assert_eq!(archive.list().unwrap().len(), count);
}

#[test]
fn a_store_of_format_2_is_migrated_completely() {
    let (folder, path) = copy("store-2");
    // What a process left that ended while it did so.
    fs::write(folder.path().join("store.redb.rebuilt"), "half").unwrap();
    let recorded = Recorded::of("store-2");
    let kinds = recorded
        .instances()
        .flat_map(|(_, history, _)| history.events);
    let kinds: std::collections::BTreeSet<_> = kinds.map(|event| event.kind.name()).collect();
    assert_eq!(kinds.len(), 32, "{kinds:?}");
    check(Arc::new(RedbStore::open(&path).unwrap()), &recorded);
    assert_eq!(names(folder.path()), ["store.redb"]);
    let renewed = fs::read(&path).unwrap();
    check(Arc::new(RedbStore::create(&path).unwrap()), &recorded);
    let again = fs::metadata(&path).unwrap().len();
    assert_eq!(again, renewed.len() as u64, "once is enough");
}

#[test]
fn a_medium_without_names_is_migrated_in_place() {
    let disk = crate::disk::Disk::holding(fs::read(golden("store-2.redb")).unwrap());
    let recorded = Recorded::of("store-2");
    for _ in 0..2 {
        let disk = disk.clone();
        let store = RedbStore::on(move || Ok(disk.clone())).unwrap();
        check(Arc::new(store), &recorded);
    }
}

#[test]
fn a_store_whose_migration_fails_is_unchanged() {
    let (folder, path) = copy("store-2");
    // The new file cannot be written: its name is taken by a folder.
    fs::create_dir(folder.path().join("store.redb.rebuilt")).unwrap();
    let error = RedbStore::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::NotRebuilt { .. }), "{error}");
    fs::remove_dir(folder.path().join("store.redb.rebuilt")).unwrap();
    check(
        Arc::new(RedbStore::open(&path).unwrap()),
        &Recorded::of("store-2"),
    );
}

struct Double;
impl Activity for Double {
    const NAME: &'static str = "double";
    type Input = u32;
    type Output = u32;
}

/// The code of the instances that are open in the recorded stores.
async fn patient(ctx: Context, n: u32) -> Result<u32, Failure> {
    let first = ctx.activity(Double, &n).await?;
    ctx.set_status(&"waits")?;
    let heard: u32 = ctx.wait_event("go").await?;
    ctx.activity(Double, &(first + heard)).await
}

async fn endless(ctx: Context, (): ()) -> Result<(), Failure> {
    ctx.wait_event("never").await
}

async fn steps(_: Context, _: u32) -> Result<(), Failure> {
    Ok(())
}

fn goes_on(name: &str) {
    let (_folder, path) = copy(name);
    let store = Arc::new(RedbStore::open(&path).unwrap());
    let registry = Registry::new()
        .workflow(Named::new("patient"), patient)
        .workflow(Named::new("endless"), endless)
        .workflow(Named::new("steps"), steps)
        .activity(
            Double,
            |_: ActivityContext, n: u32| async move { Ok(2 * n) },
        );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let engine = Engine::start(store.clone(), registry, Setup::default()).unwrap();
        let end = async |of: &str| {
            let of = id(of);
            let end = engine.until_closed(&of);
            let end = tokio::time::timeout(Duration::from_secs(60), end).await;
            end.unwrap()
                .unwrap()
                .output
                .unwrap()
                .decode::<u32>()
                .unwrap()
        };
        // The event was posted and not yet delivered when the store was left.
        assert_eq!(end("told").await, 62);
        engine
            .raise(&id("waiting"), "go", Payload::encode(&1).unwrap())
            .await
            .unwrap();
        assert_eq!(end("waiting").await, 22);
        let held = engine.archive().summary(&id("held")).unwrap();
        assert_eq!(held.status, Status::Suspended);
        engine.stop().await;
    });
    let verified = store.verify().unwrap();
    assert!(verified.is_whole(), "{:?}", verified.damage);
}

#[test]
fn an_open_instance_of_format_2_continues() {
    goes_on("store-2");
}

#[test]
fn a_store_of_format_3_is_read_and_continues() {
    if std::env::var_os("FERMATA_RECORD_GOLDEN").is_some() {
        record();
    }
    let (_folder, path) = copy("store-3");
    check(
        Arc::new(RedbStore::open(&path).unwrap()),
        &Recorded::of("store-2"),
    );
    goes_on("store-3");
}

/// The store of format 3 has what the one of format 2 has.
fn record() {
    let (_folder, path) = copy("store-2");
    let store = RedbStore::open(&path).unwrap();
    store.compact().unwrap();
    drop(store);
    fs::copy(path, golden("store-3.redb")).unwrap();
}

#[test]
fn an_event_is_read_without_fields_added_later() {
    let recorded = Recorded::of("store-2");
    let mut short = 0;
    for (_, history, _) in recorded.instances() {
        for event in history.events {
            let whole = rmp_serde::to_vec(&event.kind).unwrap();
            let text = format!("{:?}", event.kind);
            for fields in 0..=later_fields(&event.kind) {
                let bytes = without_last(&whole, fields);
                let read: EventKind = rmp_serde::from_slice(&bytes).unwrap();
                // These were written before any of the later fields was there.
                assert_eq!(format!("{read:?}"), text, "without {fields} fields");
                short += usize::from(fields > 0);
            }
        }
    }
    assert!(short > 20, "{short}");
}

/// How many fields of an event came after store format 3 began; each of them has a default.
fn later_fields(kind: &EventKind) -> usize {
    match kind {
        EventKind::ExecutionStarted { .. } => 4,
        EventKind::ContinuedAsNew { .. } | EventKind::ExecutionCancelRequested { .. } => 1,
        EventKind::EventRaised { .. } => 1,
        _ => 0,
    }
}

/// A variant whose array ends some fields earlier.
fn without_last(bytes: &[u8], fields: usize) -> Vec<u8> {
    let mut value = rmpv::decode::read_value(&mut &bytes[..]).unwrap();
    let rmpv::Value::Map(variant) = &mut value else {
        panic!("{value} is no variant");
    };
    let rmpv::Value::Array(all) = &mut variant[0].1 else {
        panic!("{value} has no fields");
    };
    all.truncate(all.len() - fields);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &value).unwrap();
    bytes
}
