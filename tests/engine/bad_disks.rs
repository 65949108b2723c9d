//! What a store keeps and says when its disk fails.

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
fn whenever_the_power_goes_all_that_was_acknowledged_is_there() {
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
fn when_a_full_disk_has_room_again_the_same_batch_goes_in() {
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
    let told = error.to_string();
    assert!(
        told.contains("No space left on device") && told.contains("make room"),
        "{told}"
    );
    assert_eq!(length(&store), done, "reading goes on");
    assert!(store.commit(&step(done)).is_err(), "it is still full");
    disk.room(None);
    store.commit(&step(done)).unwrap();
    assert_eq!(length(&store), done + 1);
}

#[test]
fn a_disk_that_cannot_be_written_for_a_while_stops_nothing_for_good() {
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
    let told = store.history(InstanceKey(1), EventId(0)).unwrap_err();
    assert!(matches!(told, StoreError::Interrupted { .. }), "{told:?}");
    assert!(store.commit(&step(1)).is_err());
    disk.read_only(false);
    store.commit(&step(1)).unwrap();
    assert_eq!(length(&store), 2);
}

#[test]
fn a_failed_sync_is_made_up_for_whichever_it_is() {
    for nth in 1..=6 {
        let disk = Disk::default();
        let store = on(&disk).unwrap();
        disk.fail_sync(nth);
        let mut failures = 0;
        for n in 0..6 {
            while let Err(error) = store.commit(&step(n)) {
                assert!(error.to_string().contains("Input/output error"), "{error}");
                failures += 1;
            }
        }
        assert_eq!(failures, 1, "sync {nth}");
        assert_eq!(length(&store), 6);
        drop(store);
        let store = on(&disk.power_cut(Tear::Nothing)).unwrap();
        assert_eq!(length(&store), 6, "sync {nth}");
    }
}

#[test]
fn no_damaged_byte_makes_a_panic() {
    let disk = Disk::default();
    let store = on(&disk).unwrap();
    for n in 0..50 {
        store.commit(&step(n)).unwrap();
    }
    drop(store);
    let whole = disk.image();
    let filled: Vec<_> = (0..whole.len()).filter(|at| whole[*at] != 0).collect();
    let mut told = 0;
    for at in filled.iter().step_by(filled.len() / 500) {
        let mut image = whole.clone();
        image[*at] ^= 0x55;
        let Ok(store) = on(&Disk::holding(image)) else {
            told += 1;
            continue;
        };
        let read = store.history(InstanceKey(1), EventId(0));
        let all = store.each_open(&mut |_, _| ());
        let page = store.page(None, 10).map(|_| ());
        let next = store.commit(&step(50));
        told += [read.map(|_| ()), all, page, next]
            .iter()
            .filter(|done| done.is_err())
            .count();
    }
    assert!(told > 0);
}
