use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::redb::{
    Builder, Database, ReadableDatabase, ReadableTableMetadata, StorageBackend, Table,
    TableDefinition, backends::InMemoryBackend,
};

use super::*;
use crate::engine::{EventKind, Failure, Status, Times};

mod damage;
mod rows;
mod searches;
mod times;

fn raised(id: u64, bytes: usize) -> Event {
    Event {
        id: EventId(id),
        // Not all in order: clocks are set back.
        at: Timestamp(1_795_000_000_000_000_000 + id * 1_000 - 5_000 * (id % 3)),
        kind: EventKind::EventRaised {
            name: "hall".into(),
            input: Payload::encode(&"x".repeat(bytes)).unwrap(),
            from: None,
            request: None,
        },
    }
}

fn history(ids: std::ops::Range<u64>) -> Vec<Event> {
    ids.map(|id| raised(id, 20)).collect()
}

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

fn summary(id_text: &str, status: Status) -> InstanceSummary {
    InstanceSummary {
        status,
        ..InstanceSummary::new(id(id_text), "work")
    }
}

/// A running instance with this many events.
fn instance(key: u64, id: &str, events: u64) -> Batch {
    Batch {
        histories: vec![(InstanceKey(key), history(0..events))],
        summaries: vec![(InstanceKey(key), summary(id, Status::Running))],
        ..Batch::default()
    }
}

fn schedule_name(name: &str) -> ScheduleName {
    serde_json::from_value(name.into()).unwrap()
}

fn schedule() -> Schedule {
    Schedule {
        catch_up: Duration::ZERO,
        next: Timestamp(7),
        ..Schedule::new(
            Times::Every(Duration::from_secs(60)),
            "work",
            Payload::null(),
        )
    }
}

fn keys(found: &[(InstanceKey, InstanceSummary)]) -> Vec<u64> {
    found.iter().map(|(key, _)| key.0).collect()
}

#[test]
fn a_history_can_be_read_from_any_event() {
    let store = RedbStore::in_memory().unwrap();
    let whole = history(0..700);
    let mut at = 0;
    for part in [1, 3, 300, 2, 394] {
        let events = whole[at..at + part].to_vec();
        at += part;
        let batch = Batch {
            histories: vec![
                (InstanceKey(1), history(0..1)),
                (InstanceKey(4), events),
                (InstanceKey(9), history(0..1)),
            ],
            ..Batch::default()
        };
        store.commit(&batch).unwrap();
    }
    for from in 0..=702 {
        let read = store.history(InstanceKey(4), EventId(from)).unwrap();
        assert_eq!(read, whole[whole.len().min(from as usize)..], "{from}");
    }
    assert_eq!(store.history(InstanceKey(5), EventId(0)).unwrap(), []);
    let mut many = Vec::new();
    store.each_open(&mut |key, _| many.push(key)).unwrap();
    assert_eq!(many, [], "none has a summary");
}

#[test]
fn a_batch_written_again_changes_nothing() {
    let store = RedbStore::in_memory().unwrap();
    for (key, id) in [(1, "gone"), (2, "stays"), (3, "closed")] {
        store.commit(&instance(key, id, 3)).unwrap();
    }
    let entries = [
        (OutboxId(1), Payload::null()),
        (OutboxId(2), Payload::null()),
    ];
    let first = Batch {
        outbox_added: entries.to_vec(),
        relations: vec![(InstanceKey(1), InstanceKey(2))],
        ..Batch::default()
    };
    store.commit(&first).unwrap();
    let batch = Batch {
        histories: vec![
            (InstanceKey(2), history(3..300)),
            (InstanceKey(4), history(0..2)),
        ],
        summaries: vec![
            (InstanceKey(3), summary("closed", Status::Completed)),
            (InstanceKey(4), summary("stays", Status::Running)),
        ],
        relations: vec![(InstanceKey(2), InstanceKey(4))],
        purged: vec![InstanceKey(1)],
        schedules: vec![
            (schedule_name("nightly"), Some(schedule())),
            (schedule_name("never"), None),
        ],
        outbox_added: vec![(OutboxId(3), Payload::null())],
        outbox_removed: vec![OutboxId(1)],
        clean: Some(CleanClose::No),
    };
    let look = || {
        let opening = store.opening().unwrap();
        assert_eq!(opening.closed, CleanClose::No);
        assert_eq!(opening.next_key, InstanceKey(5));
        assert_eq!(opening.schedules, [(schedule_name("nightly"), schedule())]);
        let stored: Vec<_> = opening.outbox.iter().map(|(id, _)| id.0).collect();
        assert_eq!(stored, [2, 3]);
        assert_eq!(keys(&store.page(None, 9).unwrap()), [4, 3, 2]);
        assert_eq!(keys(&store.open_instances().unwrap()), [2, 4]);
        assert_eq!(store.find(&id("stays")).unwrap(), Some(InstanceKey(4)));
        assert_eq!(store.find(&id("gone")).unwrap(), None);
        assert_eq!(store.relations(InstanceKey(1)).unwrap(), []);
        assert_eq!(store.relations(InstanceKey(2)).unwrap(), [InstanceKey(4)]);
        let whole = store.history(InstanceKey(2), EventId(0)).unwrap();
        assert_eq!(whole, history(0..300));
    };
    for _ in 0..2 {
        store.commit(&batch).unwrap();
        look();
    }
    store.compact().unwrap();
    store.commit(&batch).unwrap();
    look();
}

#[test]
fn runs_of_an_id_are_distinct_and_the_latest_is_found() {
    let store = RedbStore::in_memory().unwrap();
    for key in [1, 3, 5] {
        store.commit(&instance(key, "again", 1)).unwrap();
        store.commit(&instance(key + 1, "against", 1)).unwrap();
    }
    // What an old run still has to say does not make it the latest.
    let late = (InstanceKey(1), summary("again", Status::Completed));
    let late = Batch {
        summaries: vec![late],
        ..Batch::default()
    };
    store.commit(&late).unwrap();
    let runs = |of| -> Vec<_> {
        let runs = store.runs(&id(of)).unwrap();
        runs.into_iter().map(|key| key.0).collect()
    };
    let latest = |of| store.find(&id(of)).unwrap().map(|key| key.0);
    assert_eq!((runs("again"), latest("again")), (vec![1, 3, 5], Some(5)));
    assert_eq!(runs("agai"), [0; 0]);
    // Nor does the order in a batch matter.
    let run = |key| (InstanceKey(key), summary("twice", Status::Completed));
    let twice = Batch {
        summaries: vec![run(9), run(8)],
        ..Batch::default()
    };
    store.commit(&twice).unwrap();
    assert_eq!((runs("twice"), latest("twice")), (vec![8, 9], Some(9)));
    let purge = |keys: &[u64]| Batch {
        purged: keys.iter().copied().map(InstanceKey).collect(),
        ..Batch::default()
    };
    store.commit(&purge(&[5])).unwrap();
    assert_eq!((runs("again"), latest("again")), (vec![1, 3], Some(3)));
    store.commit(&purge(&[1, 3])).unwrap();
    assert_eq!((runs("again"), latest("again")), (vec![], None));
    assert_eq!(
        (runs("against"), latest("against")),
        (vec![2, 4, 6], Some(6))
    );
}

#[test]
fn nothing_of_a_purged_instance_is_left() {
    let store = RedbStore::in_memory().unwrap();
    for key in 1..=4 {
        let batch = instance(key, &format!("i{key}"), 500);
        store.commit(&batch).unwrap();
    }
    let relations = [(1, 2), (1, 3), (2, 3), (3, 4)];
    let batch = Batch {
        relations: relations
            .map(|(from, to)| (InstanceKey(from), InstanceKey(to)))
            .to_vec(),
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
    let purge = Batch {
        purged: vec![InstanceKey(3), InstanceKey(77)],
        ..Batch::default()
    };
    store.commit(&purge).unwrap();
    let key = InstanceKey(3);
    assert_eq!(store.summary(key).unwrap(), None);
    assert_eq!(store.history(key, EventId(0)).unwrap(), []);
    assert_eq!(store.relations(key).unwrap(), []);
    assert_eq!(store.relations(InstanceKey(1)).unwrap(), [InstanceKey(2)]);
    assert_eq!(store.relations(InstanceKey(2)).unwrap(), []);
    assert_eq!(keys(&store.open_instances().unwrap()), [1, 2, 4]);
    let mut open = Vec::new();
    store
        .each_open(&mut |key, found| {
            let found = found.unwrap();
            open.push((key.0, found.summary.id, found.history.len()));
        })
        .unwrap();
    let left = [1, 2, 4].map(|key| (key, id(&format!("i{key}")), 500));
    assert_eq!(open, left);
    // The way back from a child that is gone does not come back with another of its key.
    store.commit(&instance(3, "new", 1)).unwrap();
    store.commit(&purge).unwrap();
    assert_eq!(store.relations(InstanceKey(1)).unwrap(), [InstanceKey(2)]);
}

#[test]
fn pages_are_ordered_from_newest_to_oldest() {
    let store = RedbStore::in_memory().unwrap();
    assert_eq!(keys(&store.page(None, 3).unwrap()), [0; 0]);
    for key in 1..=7 {
        let batch = instance(key, &format!("i{key}"), 1);
        store.commit(&batch).unwrap();
    }
    assert_eq!(keys(&store.page(None, 3).unwrap()), [7, 6, 5]);
    let older = |before| keys(&store.page(Some(InstanceKey(before)), 3).unwrap());
    assert_eq!(older(5), [4, 3, 2]);
    assert_eq!(older(2), [1]);
    assert_eq!(older(1), [0; 0]);
    assert_eq!(older(100), [7, 6, 5]);
}

#[test]
fn summaries_and_the_state_of_the_store_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let store = RedbStore::create(&path).unwrap();
    let opening = store.opening().unwrap();
    assert_eq!(opening.closed, CleanClose::Yes);
    assert_eq!(opening.next_key, InstanceKey(1));
    let newer = InstanceSummary {
        version: Some("2".into()),
        closed_at: Some(Timestamp(9)),
        output: Some(Payload::encode(&[1, 2]).unwrap()),
        failure: Some(Failure::new("Refused", "no").with_details(Payload::null())),
        tags: [("a".into(), "b".into())].into(),
        ..summary("one", Status::Failed)
    };
    for clean in [CleanClose::No, CleanClose::Yes] {
        let batch = Batch {
            summaries: vec![(InstanceKey(6), newer.clone())],
            clean: Some(clean),
            ..Batch::default()
        };
        RedbStore::commit(&store, &batch).unwrap();
        assert_eq!(store.opening().unwrap().closed, clean);
    }
    drop(store);
    let store = RedbStore::open(&path).unwrap();
    assert_eq!(store.summary(InstanceKey(6)).unwrap(), Some(newer));
    assert_eq!(store.open_instances().unwrap(), []);
    assert_eq!(store.opening().unwrap().next_key, InstanceKey(7));
}

#[test]
fn a_store_of_an_unsupported_version_is_refused_and_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let database = Database::create(&path).unwrap();
    let write = database.begin_write().unwrap();
    let meta = TableDefinition::<&str, u32>::new("meta");
    let mut table = write.open_table(meta).unwrap();
    table.insert("format", 1).unwrap();
    drop(table);
    write.commit().unwrap();
    drop(database);
    let bytes = std::fs::read(&path).unwrap();
    for error in [RedbStore::create(&path).err(), RedbStore::open(&path).err()] {
        let message = error.unwrap().to_string();
        assert!(
            message.contains("older version of Fermata (format 1)"),
            "{message}"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn compacting_packs_short_rows_and_changes_no_history() {
    let backend = Flaky::default();
    let source = backend.clone();
    let store = RedbStore::on(move || Ok(source.clone())).unwrap();
    for event in 0..60 {
        let one = |key| (InstanceKey(key), history(event..event + 1));
        let batch = Batch {
            histories: (1..=40).map(one).collect(),
            ..Batch::default()
        };
        store.commit(&batch).unwrap();
    }
    store.compact().unwrap();
    // The last commit again, as after an error: it is there already.
    let last = (InstanceKey(7), history(59..60));
    let last = Batch {
        histories: vec![last],
        ..Batch::default()
    };
    store.commit(&last).unwrap();
    for key in 1..=40 {
        let read = store.history(InstanceKey(key), EventId(0)).unwrap();
        assert_eq!(read, history(0..60));
    }
    drop(store);
    let database = Builder::new().create_with_backend(backend).unwrap();
    let read = database.begin_read().unwrap();
    let events = TableDefinition::<(u64, u64), &[u8]>::new("events");
    let rows = read.open_table(events).unwrap().len();
    assert_eq!(rows.unwrap(), 40);
}

#[test]
fn after_an_error_the_store_reopens_itself() {
    let backend = Flaky::default();
    let source = backend.clone();
    let store = RedbStore::on(move || Ok(source.clone())).unwrap();
    store.commit(&instance(1, "one", 3)).unwrap();
    backend.fails.store(true, Ordering::Relaxed);
    let error = store.commit(&instance(2, "two", 3)).unwrap_err();
    assert!(error.to_string().contains("the cable is loose"), "{error}");
    let error = store.find(&id("one")).unwrap_err();
    assert!(matches!(error, StoreError::Interrupted { .. }), "{error:?}");
    assert!(matches!(
        store.compact(),
        Err(StoreError::Interrupted { .. })
    ));
    assert!(store.commit(&instance(2, "two", 3)).is_err());
    backend.fails.store(false, Ordering::Relaxed);
    store.commit(&instance(2, "two", 3)).unwrap();
    assert_eq!(keys(&store.page(None, 9).unwrap()), [2, 1]);
}

/// Memory that fails intermittently.
#[derive(Clone, Debug, Default)]
struct Flaky {
    memory: Arc<InMemoryBackend>,
    fails: Arc<AtomicBool>,
}

impl Flaky {
    fn try_it(&self) -> io::Result<&InMemoryBackend> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("the cable is loose"));
        }
        Ok(&self.memory)
    }
}

impl StorageBackend for Flaky {
    fn len(&self) -> io::Result<u64> {
        self.try_it()?.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.try_it()?.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.try_it()?.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.try_it()?.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.try_it()?.write(offset, data)
    }
}
