use std::sync::{Arc, Mutex};

use redb::backends::InMemoryBackend;

use super::*;
use crate::engine::{
    Batch, Event, EventId, EventKind, InstanceId, InstanceKey, InstanceSummary, Payload, RedbStore,
    Store, Timestamp,
};

/// A checked medium that records pages that are read without a known checksum.
#[derive(Debug, Clone)]
struct Watched {
    checked: Arc<Checked<Bytes>>,
    unknown: Arc<Mutex<Vec<u64>>>,
    read: Arc<Mutex<Vec<(u64, usize)>>>,
}

/// Memory that outlives the database in it.
#[derive(Debug, Clone)]
struct Bytes(Arc<InMemoryBackend>);

impl StorageBackend for Bytes {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

impl Bytes {
    /// The same again.
    fn duplicate(&self) -> Self {
        let length = self.len().unwrap();
        let mut held = vec![0; length as usize];
        self.read(0, &mut held).unwrap();
        let bytes = InMemoryBackend::new();
        bytes.set_len(length).unwrap();
        bytes.write(0, &held).unwrap();
        Self(Arc::new(bytes))
    }
}

impl Watched {
    fn over(bytes: &Bytes) -> Self {
        Self {
            checked: Arc::new(Checked::new(bytes.clone())),
            unknown: Arc::default(),
            read: Arc::default(),
        }
    }
}

impl StorageBackend for Watched {
    fn len(&self) -> io::Result<u64> {
        self.checked.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let is_known = offset == 0 || self.checked.known().get(offset, out.len()).is_some();
        if !is_known {
            self.unknown.lock().unwrap().push(offset);
        }
        self.read.lock().unwrap().push((offset, out.len()));
        self.checked.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.checked.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.checked.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.checked.write(offset, data)
    }
}

const INSTANCES: u64 = 2_000;

/// Keys and values of all lengths, in trees with branches; some longer than a page.
fn batch(first: u64) -> Batch {
    let mut batch = Batch::default();
    for key in first..first + INSTANCES / 4 {
        let id = InstanceId::new(format!("instance-{key}{}", "x".repeat(key as usize % 60)));
        let mut summary = InstanceSummary::new(id.unwrap(), "work");
        let tag = "x".repeat(key as usize % 300);
        summary.tags.insert("tag".into(), tag);
        let length = if key % 50 == 0 { 30_000 } else { 100 };
        let event = Event {
            id: EventId(0),
            at: Timestamp(key),
            kind: EventKind::TaskCompleted {
                scheduled: EventId(0),
                result: Payload::encode(&"x".repeat(length)).unwrap(),
            },
        };
        batch.histories.push((InstanceKey(key), vec![event]));
        batch.summaries.push((InstanceKey(key), summary));
    }
    batch
}

fn a_store() -> Bytes {
    let bytes = Bytes(Arc::new(InMemoryBackend::new()));
    let source = bytes.clone();
    let store = RedbStore::on(move || Ok(source.clone())).unwrap();
    for first in (1..=INSTANCES).step_by(INSTANCES as usize / 4) {
        store.commit(&batch(first)).unwrap();
    }
    bytes
}

/// Reads a whole store; returns the pages that were read.
fn read_all(bytes: &Bytes) -> (Watched, RedbStore) {
    let watched = Watched::over(bytes);
    let source = watched.clone();
    let store = RedbStore::on(move || Ok(source.clone())).unwrap();
    let verified = store.verify().unwrap();
    assert!(verified.is_whole(), "{:?}", verified.damage.first());
    assert_eq!(verified.instances, INSTANCES);
    (watched, store)
}

#[test]
fn every_page_that_is_read_has_a_known_checksum() {
    let (watched, store) = read_all(&a_store());
    let read = watched.read.lock().unwrap().clone();
    let pages = read.iter().filter(|(offset, _)| *offset > 0);
    assert!(pages.clone().count() > 300, "{}", read.len());
    assert!(pages.clone().any(|(_, length)| *length > page::PAGE));
    assert_eq!(*watched.unknown.lock().unwrap(), [0; 0]);
    // Also while the store is written and made shorter.
    let gone = (1..=INSTANCES).filter(|key| key % 3 > 0).map(InstanceKey);
    let purged = gone.collect();
    store
        .commit(&Batch {
            purged,
            ..Batch::default()
        })
        .unwrap();
    store.compact().unwrap();
    assert!(store.verify().unwrap().is_whole());
    assert_eq!(*watched.unknown.lock().unwrap(), [0; 0]);
}

#[test]
fn a_misplaced_page_is_detected() {
    let bytes = a_store();
    let (watched, store) = read_all(&bytes);
    let truth = store.verify().unwrap();
    drop(store);
    let mut read = watched.read.lock().unwrap().clone();
    read.retain(|(offset, _)| *offset > 0);
    read.sort_unstable();
    read.dedup();
    let mut refused = 0;
    for (nth, (offset, length)) in read.iter().enumerate().step_by(7) {
        let bytes = bytes.duplicate();
        let (other, _) = read[(nth + 3) % read.len()];
        let mut page = vec![0; *length];
        if bytes.read(other, &mut page).is_err() {
            continue;
        }
        bytes.write(*offset, &page).unwrap();
        let found = RedbStore::on(move || Ok(bytes.clone())).and_then(|store| store.verify());
        match found {
            Ok(found) if found.is_whole() => assert_eq!(found, truth, "page at {offset}"),
            _ => refused += 1,
        }
    }
    // What only says which pages are free is made again.
    assert!(refused > read.len() / 8, "{refused} of {}", read.len());
}

#[test]
fn reads_are_compared_with_what_was_written() {
    let bytes = Bytes(Arc::new(InMemoryBackend::new()));
    bytes.set_len(4 * page::PAGE as u64).unwrap();
    let checked = Checked::new(bytes.clone());
    let at = page::PAGE as u64;
    let read = || {
        let mut out = vec![0; page::PAGE];
        checked.read(at, &mut out).unwrap();
        out
    };
    checked.write(at, &[1; page::PAGE]).unwrap();
    assert_eq!(read(), [1; page::PAGE]);
    bytes.write(at + 100, &[2]).unwrap();
    assert_eq!(read(), [NONSENSE; page::PAGE]);
    checked.write(at, &[1; page::PAGE]).unwrap();
    assert_eq!(read(), [1; page::PAGE]);
}

/// Changes the bytes `there`, wherever they are.
fn change(bytes: &Bytes, there: &[u8], changed: &[u8]) {
    let mut held = vec![0; bytes.len().unwrap() as usize];
    bytes.read(0, &mut held).unwrap();
    let mut found = 0;
    for at in 0..held.len() - there.len() {
        if held[at..].starts_with(there) {
            bytes.write(at as u64, changed).unwrap();
            found += 1;
        }
    }
    assert!(found > 0);
}

#[test]
fn a_damaged_value_does_not_affect_its_neighbors_on_the_page() {
    let name = |key: u64| InstanceId::new(format!("instance-{key}")).unwrap();
    let bytes = Bytes(Arc::new(InMemoryBackend::new()));
    let open = |bytes: &Bytes| {
        let source = bytes.clone();
        RedbStore::on(move || Ok(source.clone())).unwrap()
    };
    let store = open(&bytes);
    let mut batch = Batch::default();
    for key in 1..=3 {
        let event = |id| Event {
            id: EventId(id),
            at: Timestamp(id),
            kind: EventKind::TaskCompleted {
                scheduled: EventId(0),
                result: Payload::encode(&format!("event-{id}-of-{key}")).unwrap(),
            },
        };
        let mut summary = InstanceSummary::new(name(key), "work");
        summary.custom_status = Some(Payload::encode(&format!("status-of-{key}")).unwrap());
        batch.summaries.push((InstanceKey(key), summary));
        batch
            .histories
            .push((InstanceKey(key), (0..3).map(event).collect()));
    }
    store.commit(&batch).unwrap();
    drop(store);

    for damaged in ["event-1-of-2", "status-of-2"] {
        let bytes = bytes.duplicate();
        change(&bytes, damaged.as_bytes(), b"X");
        let store = open(&bytes);
        for key in [1, 3] {
            let history = store.history(InstanceKey(key), EventId(0)).unwrap();
            assert_eq!(history.len(), 3);
            assert_eq!(
                store.summary(InstanceKey(key)).unwrap().unwrap().id,
                name(key)
            );
        }
        assert!(store.history(InstanceKey(2), EventId(0)).is_err());
        let (mut whole, mut unreadable) = (Vec::new(), Vec::new());
        let mut each = |key: InstanceKey, open: Result<_, _>| match open {
            Ok(_) => whole.push(key.0),
            Err(_) => unreadable.push(key.0),
        };
        store.each_open(&mut each).unwrap();
        assert_eq!((whole, unreadable), (vec![1, 3], vec![2]));
        let damage = store.verify().unwrap().damage;
        assert!(!damage.is_empty());
        for one in damage {
            assert_eq!(one.key, Some(InstanceKey(2)), "{one}");
        }
    }
}
