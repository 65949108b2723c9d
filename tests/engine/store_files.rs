//! The file of a store: permissions, interrupted creation, deletion while in use, and read-only media.

use std::{fs, path::Path, time::Duration};

use fermata::engine::*;

fn event(n: u64) -> Event {
    Event {
        id: EventId(n),
        at: Timestamp(n),
        kind: EventKind::CustomStatusSet {
            status: Payload::encode(&format!("{n} {}", "x".repeat(500))).unwrap(),
        },
    }
}

/// The n-th commit of one instance.
fn step(n: u64) -> Batch {
    let summary = InstanceSummary::new(InstanceId::new("one").unwrap(), "work");
    Batch {
        histories: vec![(InstanceKey(1), vec![event(n)])],
        summaries: vec![(InstanceKey(1), summary)],
        schedules: Vec::new(),
        outbox_added: vec![(OutboxId(n), Payload::null())],
        relations: vec![(InstanceKey(1), InstanceKey(2 + n))],
        ..Batch::default()
    }
}

/// All that a store says.
fn content(store: &RedbStore) -> String {
    let one = store.find(&InstanceId::new("one").unwrap()).unwrap();
    let opening = store.opening().unwrap();
    format!(
        "{one:?} {:?} {:?} {:?} {:?} {:?}",
        store.history(InstanceKey(1), EventId(0)).unwrap(),
        store.page(None, 9).unwrap(),
        store.open_instances().unwrap(),
        store.relations(InstanceKey(1)).unwrap(),
        (opening.next_key, opening.outbox),
    )
}

fn with_steps(path: &Path, steps: u64) -> RedbStore {
    let store = RedbStore::create(path).unwrap();
    for n in 0..steps {
        store.commit(&step(n)).unwrap();
    }
    store
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<_> = entries.map(|entry| name(entry).unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_empty_file_is_never_used_as_a_new_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    fs::write(&path, "").unwrap();
    let read = RedbStore::open_read_only(&path).err();
    for error in [
        RedbStore::create(&path).err(),
        RedbStore::open(&path).err(),
        read,
    ] {
        let error = error.unwrap();
        assert_eq!(error, StoreError::Empty(path.clone()));
        let message = error.to_string();
        assert!(
            message.contains("is empty") && message.contains("from a backup"),
            "{message}"
        );
    }
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn paths_that_are_not_files_are_not_stores() {
    let folder = tempfile::tempdir().unwrap();
    let error = RedbStore::create(folder.path()).err().unwrap();
    assert!(error.to_string().contains("it is a directory"), "{error}");
    let error = RedbStore::create(Path::new("/no/such/folder/s.redb"))
        .err()
        .unwrap();
    assert!(matches!(error, StoreError::NoPlace { .. }), "{error:?}");
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_store() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
    drop(RedbStore::create(&path).unwrap());
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(RedbStore::open(&path).unwrap());
    assert_eq!(
        mode(),
        0o600,
        "one that others could read is closed to them"
    );
}

#[test]
fn creating_a_store_leaves_no_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    drop(RedbStore::create(&path).unwrap());
    assert_eq!(names(folder.path()), ["store.redb"]);
}

#[cfg(unix)]
#[test]
fn a_store_that_is_deleted_or_replaced_in_use_is_noticed_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let replaced = StoreError::Replaced(path.clone());
    for (put_another, expected) in [(false, StoreError::Gone(path.clone())), (true, replaced)] {
        let store = with_steps(&path, 3);
        fs::remove_file(&path).unwrap();
        if put_another {
            fs::write(&path, "another").unwrap();
        }
        std::thread::sleep(Duration::from_secs(1));
        let error = store.commit(&step(3)).unwrap_err();
        assert_eq!(error, expected);
        assert!(error.is_final());
        assert!(error.to_string().contains("store.redb"), "{error}");
        let length = store.history(InstanceKey(1), EventId(0)).unwrap().len();
        assert_eq!(length, 3, "what is there can be read");
        // Put back, it may not be what it was.
        fs::write(&path, "another").unwrap();
        assert_eq!(store.commit(&step(3)), Err(expected));
        drop(store);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn an_interrupted_store_is_read_without_writing_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (
        folder.path().join("store.redb"),
        folder.path().join("copy.redb"),
    );
    let store = with_steps(&path, 20);
    fs::copy(&path, &copy).unwrap();
    let expected = content(&store);
    drop(store);
    let unclean = fs::read(&copy).unwrap();
    for path in [&copy, &path] {
        let before = fs::read(path).unwrap();
        let store = RedbStore::open_read_only(path).unwrap();
        assert_eq!(content(&store), expected);
        let beside = RedbStore::open_read_only(path).unwrap();
        assert_eq!(content(&beside), expected, "two may read at once");
        let refused = RedbStore::open(path).err();
        assert_eq!(refused, Some(StoreError::InUse(path.clone())));
        assert!(matches!(
            store.commit(&step(20)),
            Err(StoreError::ReadOnly { .. })
        ));
        assert!(matches!(store.compact(), Err(StoreError::ReadOnly { .. })));
        drop((store, beside));
        assert!(fs::read(path).unwrap() == before);
    }
    assert!(unclean != fs::read(&path).unwrap());
    let store = RedbStore::open(&path).unwrap();
    let in_use = RedbStore::open_read_only(&path).err();
    assert_eq!(in_use, Some(StoreError::InUse(path.clone())));
    drop(store);
}

#[test]
fn a_store_whose_disk_failed_is_rebuilt_when_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let noted = folder.path().join("store.redb.sync-failed");
    let second = folder.path().join("store.redb.rebuilt");
    let store = with_steps(&path, 20);
    let expected = content(&store);
    let unclean = fs::read(&path).unwrap();
    drop(store);
    // Killed before it began, while it wrote the second file, and before the note was deleted.
    for left in [None, Some(&unclean[..5000])] {
        for clean in [true, false] {
            if !clean {
                fs::write(&path, &unclean).unwrap();
            }
            fs::write(&noted, "").unwrap();
            if let Some(left) = left {
                fs::write(&second, left).unwrap();
            }
            let old = fs::File::open(&path).unwrap();
            let store = RedbStore::open(&path).unwrap();
            assert_eq!(content(&store), expected);
            assert_eq!(names(folder.path()), ["store.redb"]);
            assert!(!is_same(&old, &path), "it is the old file");
            store.commit(&step(19)).unwrap();
            drop(store);
        }
    }
}

#[cfg(unix)]
fn is_same(file: &fs::File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().unwrap().ino() == path.metadata().unwrap().ino()
}

#[cfg(not(unix))]
fn is_same(_: &fs::File, _: &Path) -> bool {
    false
}

#[test]
fn a_store_that_cannot_be_rebuilt_is_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    drop(with_steps(&path, 20));
    let noted = folder.path().join("store.redb.sync-failed");
    fs::write(&noted, "").unwrap();
    fs::create_dir(folder.path().join("store.redb.rebuilt")).unwrap();
    let before = fs::read(&path).unwrap();
    let error = RedbStore::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::NotRebuilt { .. }), "{error:?}");
    assert!(
        error.to_string().contains("store.redb has to be rebuilt"),
        "{error}"
    );
    assert!(fs::read(&path).unwrap() == before && noted.exists());
    // Reading needs no second file.
    assert!(RedbStore::open_read_only(&path).is_ok());
}

#[test]
fn the_marker_of_a_deleted_store_does_not_apply_to_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    fs::write(folder.path().join("store.redb.sync-failed"), "").unwrap();
    drop(RedbStore::create(&path).unwrap());
    assert_eq!(names(folder.path()), ["store.redb"]);
}
