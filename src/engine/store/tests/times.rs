//! Searches for a period with a damaged index of times, or in a store from before it.

use ::redb::ReadableTable;

use super::{
    damage::{on, tamper},
    *,
};
use crate::engine::store::scan;

const TIMES: TableDefinition<u64, &[u8]> = TableDefinition::new("times");

/// Adds runs that start at the time given by their key.
fn add(store: &RedbStore, keys: std::ops::RangeInclusive<u64>) {
    for key in keys {
        let mut batch = instance(key, &format!("i{key}"), 1);
        batch.summaries[0].1.started_at = Timestamp(key);
        store.commit(&batch).unwrap();
    }
}

fn started(since: u64, before: u64) -> Search {
    Search {
        since: Some(Timestamp(since)),
        before: Some(Timestamp(before)),
        ..Search::default()
    }
}

#[test]
fn runs_from_before_the_index_are_found() {
    let backend = Flaky::default();
    add(&on(&backend), 1..=200);
    tamper(&backend, |write| {
        assert!(write.delete_table(TIMES).unwrap());
    });
    let store = on(&backend);
    let old = store.search(&started(120, 140), None, 100).unwrap();
    assert_eq!(old.len(), 20);
    add(&store, 201..=300);
    for key in 201..=210 {
        // A change does not make the entry of a group complete.
        let mut changed = store.summary(InstanceKey(key)).unwrap().unwrap();
        changed.closed_at = Some(Timestamp(1_000 + key));
        let batch = Batch {
            summaries: vec![(InstanceKey(key), changed)],
            ..Batch::default()
        };
        store.commit(&batch).unwrap();
    }
    assert!(store.verify().unwrap().is_whole());
    for (since, before) in [(0, 10), (120, 140), (190, 210), (250, 270), (299, 400)] {
        let search = started(since, before);
        let by_tables = store.search(&search, None, usize::MAX).unwrap();
        let by_each = scan::search(&store, &search, None, usize::MAX).unwrap();
        assert_eq!(by_tables, by_each, "{since} to {before}");
        assert!(!by_tables.is_empty());
    }
}

#[test]
fn a_damaged_entry_is_reported_and_hides_no_run() {
    let backend = Flaky::default();
    add(&on(&backend), 1..=300);
    tamper(&backend, |write| {
        let mut times = write.open_table(TIMES).unwrap();
        let mut value = times.get(1).unwrap().unwrap().value().to_vec();
        value[12] ^= 1;
        times.insert(1, value.as_slice()).unwrap();
    });
    let store = on(&backend);
    let damage = store.verify().unwrap().damage;
    assert_eq!(damage.len(), 1, "{damage:?}");
    assert_eq!(
        damage[0].what,
        "the index of times is damaged for the instances 128 to 255"
    );
    let found = store.search(&started(100, 150), None, 100).unwrap();
    assert_eq!(found.len(), 50);
    // The next change of one of these runs removes the entry.
    let mut changed = store.summary(InstanceKey(140)).unwrap().unwrap();
    changed.closed_at = Some(Timestamp(1_000));
    let batch = Batch {
        summaries: vec![(InstanceKey(140), changed)],
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
    assert!(store.verify().unwrap().is_whole());
    let found = store.search(&started(100, 150), None, 100).unwrap();
    assert_eq!(found.len(), 50);
}

#[test]
fn an_entry_that_lacks_a_run_is_reported() {
    let backend = Flaky::default();
    add(&on(&backend), 1..=100);
    let mut early = Vec::new();
    tamper(&backend, |write| {
        let times = write.open_table(TIMES).unwrap();
        early = times.get(0).unwrap().unwrap().value().to_vec();
    });
    add(&on(&backend), 101..=120);
    tamper(&backend, |write| {
        let mut times = write.open_table(TIMES).unwrap();
        times.insert(0, early.as_slice()).unwrap();
    });
    let damage = on(&backend).verify().unwrap().damage;
    assert_eq!(damage.len(), 1, "{damage:?}");
    assert_eq!(
        damage[0].what,
        "the index of times is wrong for the instances 0 to 127"
    );
}
