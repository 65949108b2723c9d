//! A store whose disk fails.

use fermata::engine::*;

use crate::disk::{Disk, Tear};

fn on(disk: &Disk) -> Result<RedbStore, StoreError> {
    let disk = disk.clone();
    RedbStore::on(move || Ok(disk.clone()))
}

/// The n-th commit: event n of one instance, which the first makes.
fn step(n: u64) -> Batch {
    let key = InstanceKey(1);
    let event = Event {
        id: EventId(n),
        at: Timestamp(1_000 * n),
        kind: EventKind::EventRaised {
            name: "hall".into(),
            input: Payload::encode(&"x".repeat(200)).unwrap(),
            from: None,
            request: None,
        },
    };
    let id = InstanceId::new("one").unwrap();
    Batch {
        histories: vec![(key, vec![event])],
        summaries: vec![(key, InstanceSummary::new(id, "work"))],
        ..Batch::default()
    }
}

fn length(store: &RedbStore) -> u64 {
    store.history(InstanceKey(1), EventId(0)).unwrap().len() as u64
}

#[test]
fn a_power_cut_at_any_moment_loses_nothing_acknowledged() {
    for power in 0.. {
        let disk = Disk::default();
        disk.power_for(power);
        let mut done = 0;
        if let Ok(store) = on(&disk) {
            while done < 5 && store.commit(&step(done)).is_ok() {
                done += 1;
            }
        }
        let tears = (0..4).map(|seed| Tear::Some(power * 4 + seed));
        for tear in tears.chain([Tear::Nothing]) {
            let after = disk.power_cut(tear);
            let store = on(&after).unwrap_or_else(|error| panic!("{power} {tear:?}: {error}"));
            let kept = length(&store);
            assert!(
                kept == done || kept == done + 1,
                "{power} {tear:?}: {done} acknowledged, {kept} kept"
            );
            store.commit(&step(done)).unwrap();
            assert_eq!(length(&store), done + 1, "{power} {tear:?}");
        }
        if !disk.is_off() {
            return;
        }
    }
}

#[test]
fn a_batch_succeeds_once_a_full_disk_has_space_again() {
    let disk = Disk::default();
    let store = on(&disk).unwrap();
    let used = redb::StorageBackend::len(&disk).unwrap();
    disk.room(Some(used));
    let mut done = 0;
    let error = loop {
        match store.commit(&step(done)) {
            Ok(()) => done += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    let refusal = error.to_string();
    assert!(
        refusal.contains("No space left on device") && refusal.contains("free space"),
        "{refusal}"
    );
    assert_eq!(length(&store), done, "reading still works");
    assert!(store.commit(&step(done)).is_err(), "it is still full");
    disk.room(None);
    store.commit(&step(done)).unwrap();
    assert_eq!(length(&store), done + 1);
}

#[test]
fn a_temporarily_unwritable_disk_stops_nothing_permanently() {
    let disk = Disk::default();
    let store = on(&disk).unwrap();
    store.commit(&step(0)).unwrap();
    disk.read_only(true);
    let error = store.commit(&step(1)).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    assert!(
        error.to_string().contains("Read-only file system"),
        "{error}"
    );
    let refusal = store.history(InstanceKey(1), EventId(0)).unwrap_err();
    assert!(
        matches!(refusal, StoreError::Interrupted { .. }),
        "{refusal:?}"
    );
    assert!(store.commit(&step(1)).is_err());
    disk.read_only(false);
    store.commit(&step(1)).unwrap();
    assert_eq!(length(&store), 2);
}

/// Commits until that fails for good; says how many went in.
fn commit_up_to(store: &RedbStore, commits: u64) -> Result<u64, (u64, StoreError)> {
    for n in 0..commits {
        loop {
            match store.commit(&step(n)) {
                Ok(()) => break,
                Err(error) if error.is_final() => return Err((n, error)),
                Err(_) => {}
            }
        }
    }
    Ok(commits)
}

/// Whatever of the unsynced a power cut leaves, all that was acknowledged is there.
fn check_power_cuts(disk: &Disk, acknowledged: u64, place: &str) {
    let tears = (0..4).map(Tear::Some);
    for tear in tears.chain([Tear::Nothing]) {
        let after = disk.power_cut(tear);
        let store = on(&after).unwrap_or_else(|error| panic!("{place} {tear:?}: {error}"));
        let kept = length(&store);
        assert!(
            kept == acknowledged || kept == acknowledged + 1,
            "{place} {tear:?}: {acknowledged} acknowledged, {kept} kept"
        );
        store.commit(&step(acknowledged)).unwrap();
        assert_eq!(length(&store), acknowledged + 1, "{place} {tear:?}");
    }
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_and_nothing_acknowledged_is_lost() {
    let mut failures = 0;
    for nth in 1..=8 {
        let disk = Disk::default();
        let store = on(&disk).unwrap();
        disk.fail_sync(nth);
        let Err((done, error)) = commit_up_to(&store, 6) else {
            continue;
        };
        failures += 1;
        let place = format!("sync {nth}");
        let message = error.to_string();
        assert!(matches!(error, StoreError::SyncFailed { .. }), "{error:?}");
        assert!(
            message.contains("Input/output error") && message.contains("check the disk"),
            "{message}"
        );
        let kept = length(&store);
        assert!(
            kept == done || kept == done + 1,
            "{place}: reading still works"
        );

        let left = disk.image();
        assert_eq!(store.commit(&step(done)), Err(error.clone()), "{place}");
        assert_eq!(store.compact(), Err(error), "{place}");
        drop(store);
        assert!(disk.image() == left, "{place}: it was written once more");
        check_power_cuts(&disk, done, &place);
    }
    assert!(failures >= 5, "{failures}");
}

#[test]
fn a_sync_that_fails_on_a_full_disk_is_also_final() {
    #[derive(Clone, Debug)]
    struct Late(Disk, std::sync::Arc<std::sync::atomic::AtomicBool>);
    impl redb::StorageBackend for Late {
        fn len(&self) -> std::io::Result<u64> {
            self.0.len()
        }
        fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
            self.0.read(offset, out)
        }
        fn set_len(&self, len: u64) -> std::io::Result<()> {
            self.0.set_len(len)
        }
        fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
            self.0.write(offset, data)
        }
        fn sync_data(&self) -> std::io::Result<()> {
            match self.1.swap(false, std::sync::atomic::Ordering::Relaxed) {
                true => Err(std::io::ErrorKind::StorageFull.into()),
                false => self.0.sync_data(),
            }
        }
    }
    let disk = Late(Disk::default(), std::sync::Arc::default());
    let source = disk.clone();
    let store = RedbStore::on(move || Ok(source.clone())).unwrap();
    disk.1.store(true, std::sync::atomic::Ordering::Relaxed);
    let error = store.commit(&step(0)).unwrap_err();
    assert!(matches!(error, StoreError::SyncFailed { .. }), "{error:?}");
    assert!(store.commit(&step(0)).is_err());
}

/// Begins a store, works on it and closes it; says how many commits went in, and whether more could
/// have.
fn whole_life(disk: &Disk) -> (u64, bool) {
    let mut opened = on(disk);
    if matches!(&opened, Err(error) if !matches!(error, StoreError::SyncFailed { .. })) {
        opened = on(disk);
    }
    let Ok(store) = opened else {
        return (0, false);
    };
    let done = commit_up_to(&store, 4);
    let _ = store.each_open(&mut |_, _| ());
    let _ = store.compact();
    match done {
        Ok(done) => match store.commit(&step(done)) {
            Ok(()) => (done + 1, true),
            Err(error) => (done, !error.is_final()),
        },
        Err((done, _)) => (done, false),
    }
}

#[test]
fn a_failure_of_any_call_loses_nothing_acknowledged() {
    let (mut final_failures, mut others) = (0, 0);
    for nth in 1.. {
        let disk = Disk::default();
        disk.fail_call(nth);
        let (done, goes_on) = whole_life(&disk);
        if !disk.has_failed() {
            break;
        }
        match goes_on {
            true => others += 1,
            false => final_failures += 1,
        }
        check_power_cuts(&disk, done, &format!("call {nth}"));
    }
    assert!(
        final_failures > 5 && others > 30,
        "{final_failures} {others}"
    );
}

#[test]
fn no_damaged_byte_panics() {
    let disk = Disk::default();
    let store = on(&disk).unwrap();
    for n in 0..50 {
        store.commit(&step(n)).unwrap();
    }
    drop(store);
    let whole = disk.image();
    let filled: Vec<_> = (0..whole.len()).filter(|at| whole[*at] != 0).collect();
    let mut errors = 0;
    for at in filled.iter().step_by(filled.len() / 500) {
        let mut image = whole.clone();
        image[*at] ^= 0x55;
        let Ok(store) = on(&Disk::holding(image)) else {
            errors += 1;
            continue;
        };
        let read = store.history(InstanceKey(1), EventId(0));
        let all = store.each_open(&mut |_, _| ());
        let page = store.page(None, 10).map(|_| ());
        let next = store.commit(&step(50));
        errors += [read.map(|_| ()), all, page, next]
            .iter()
            .filter(|done| done.is_err())
            .count();
    }
    assert!(errors > 0);
}
