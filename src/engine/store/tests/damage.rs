//! Damage is reported and never returned as data.

use ::redb::{ReadableTable, TableHandle};

use super::*;
use crate::engine::store::seal::{Location, seal};

type Rows<'a> = Table<'a, (u64, u64), &'static [u8]>;
const EVENTS: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("events");
const INSTANCES: TableDefinition<u64, &[u8]> = TableDefinition::new("instances");
const SCHEDULES: TableDefinition<&str, &[u8]> = TableDefinition::new("schedules");
const POSTS: TableDefinition<u64, &[u8]> = TableDefinition::new("posts");

pub(super) fn on(backend: &Flaky) -> RedbStore {
    let source = backend.clone();
    RedbStore::on(move || Ok(source.clone())).unwrap()
}

/// Changes the file without the store.
pub(super) fn tamper(backend: &Flaky, change: impl FnOnce(&::redb::WriteTransaction)) {
    let database = Builder::new().create_with_backend(backend.clone()).unwrap();
    let write = database.begin_write().unwrap();
    change(&write);
    write.commit().unwrap();
}

fn tamper_events(backend: &Flaky, change: impl FnOnce(&mut Rows)) {
    tamper(backend, |write| {
        change(&mut write.open_table(EVENTS).unwrap())
    });
}

/// Two open instances, each with several rows.
fn two() -> Flaky {
    let backend = Flaky::default();
    let store = on(&backend);
    for key in [1, 2] {
        let id = format!("i{key}");
        store.commit(&instance(key, &id, 3)).unwrap();
        for event in 3..6 {
            let batch = Batch {
                histories: vec![(InstanceKey(key), history(event..event + 1))],
                ..Batch::default()
            };
            store.commit(&batch).unwrap();
        }
    }
    backend
}

/// The error of reading the first of two instances; the second one is readable.
fn error_of(backend: &Flaky) -> String {
    let store = on(backend);
    assert_eq!(store.history(InstanceKey(2), EventId(0)).unwrap().len(), 6);
    let error = store.history(InstanceKey(1), EventId(0)).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    let mut open = Vec::new();
    let mut note = |key: InstanceKey, found: Result<OpenInstance, Unreadable>| {
        open.push((key.0, found.err().map(|bad| bad.error.to_string())));
    };
    store.each_open(&mut note).unwrap();
    assert_eq!(open.len(), 2);
    assert!(open[0].1.is_some(), "{open:?}");
    assert_eq!(open[1], (2, None));
    let verified = store.verify().unwrap();
    let damage = &verified.damage;
    assert!(!damage.is_empty());
    for one in damage {
        assert_eq!(one.key, Some(InstanceKey(1)), "{one}");
    }
    error.to_string()
}

#[test]
fn a_lost_row_is_reported_wherever_it_was() {
    for (row, named) in [
        (0, "found event 3 where event 0 was expected"),
        (3, "found event 4 where event 3 was expected"),
        (4, "found event 5 where event 4 was expected"),
        (5, "the last row of the history"),
    ] {
        let backend = two();
        tamper_events(&backend, |rows| drop(rows.remove((1, row)).unwrap()));
        let error = error_of(&backend);
        assert!(
            error.contains("instance number 1") && error.contains(named),
            "{error}"
        );
    }
}

#[test]
fn a_misplaced_row_is_not_read() {
    let backend = two();
    tamper_events(&backend, |rows| {
        let other = rows.get((2, 4)).unwrap().unwrap().value().to_vec();
        rows.insert((1, 4), other.as_slice()).unwrap();
    });
    assert!(error_of(&backend).contains("the checksum of the row of event 4"));
}

#[test]
fn a_history_older_than_its_summary_is_an_error() {
    let backend = two();
    tamper_events(&backend, |rows| {
        rows.retain_in((1, 0)..=(1, u64::MAX), |_, _| false)
            .unwrap();
    });
    let error = error_of(&backend);
    assert!(
        error.contains("the history ends before event 0, expected 6 events"),
        "{error}"
    );
    assert!(on(&backend).summary(InstanceKey(1)).is_err());
    assert!(on(&backend).page(None, 9).is_err());
}

#[test]
fn a_summary_older_than_its_history_is_an_error() {
    let backend = two();
    let mut old = Vec::new();
    tamper(&backend, |write| {
        let table = write.open_table(INSTANCES).unwrap();
        old = table.get(1).unwrap().unwrap().value().to_vec();
    });
    let batch = Batch {
        histories: vec![(InstanceKey(1), history(6..9))],
        ..Batch::default()
    };
    on(&backend).commit(&batch).unwrap();
    tamper(&backend, |write| {
        let mut table = write.open_table(INSTANCES).unwrap();
        table.insert(1, old.as_slice()).unwrap();
    });
    let error = error_of(&backend);
    assert!(error.contains("event 7, expected 6 events"), "{error}");
    assert!(on(&backend).summary(InstanceKey(1)).is_err());
    let found = on(&backend).search(&Search::default(), None, 9);
    assert!(found.is_err());
}

#[test]
fn a_damaged_instance_can_be_purged_completely() {
    let backend = two();
    tamper(&backend, |write| {
        let mut table = write.open_table(INSTANCES).unwrap();
        let mut value = table.get(1).unwrap().unwrap().value().to_vec();
        value[20] ^= 1;
        table.insert(1, value.as_slice()).unwrap();
    });
    error_of(&backend);
    let store = on(&backend);
    let one = Purge::Instance(id("i1"));
    let found = store.purgeable(&one, None, 9).unwrap();
    assert_eq!(found.len(), 1);
    let purged = Batch {
        purged: vec![found[0].key],
        ..Batch::default()
    };
    store.commit(&purged).unwrap();
    let verified = store.verify().unwrap();
    assert!(verified.is_whole(), "{:?}", verified.damage);
    assert_eq!((verified.instances, verified.events), (1, 6));
    assert_eq!(store.find(&id("i1")).unwrap(), None);
}

#[test]
fn events_never_overwrite_others_nor_leave_a_gap() {
    let backend = two();
    let store = on(&backend);
    let commit = |events| {
        let histories = vec![(InstanceKey(1), events)];
        store.commit(&Batch {
            histories,
            ..Batch::default()
        })
    };
    commit(history(2..6)).unwrap();
    let gap = commit(history(7..8)).unwrap_err().to_string();
    assert!(
        gap.contains("event 7 was to be written where event 6 was expected"),
        "{gap}"
    );
    let mut other = history(5..7);
    other[0].at = Timestamp(1);
    let other = commit(other).unwrap_err().to_string();
    assert!(
        other.contains("event 5 already exists with different content"),
        "{other}"
    );
    assert_eq!(
        store.history(InstanceKey(1), EventId(0)).unwrap(),
        history(0..6)
    );
}

#[test]
fn a_damaged_schedule_or_message_blocks_nothing_else() {
    let backend = Flaky::default();
    let batch = Batch {
        outbox_added: vec![
            (OutboxId(3), Payload::null()),
            (OutboxId(4), Payload::null()),
        ],
        schedules: vec![
            (schedule_name("daily"), Some(schedule())),
            (schedule_name("nightly"), Some(schedule())),
        ],
        ..Batch::default()
    };
    on(&backend).commit(&batch).unwrap();
    tamper(&backend, |write| {
        let mut schedules = write.open_table(SCHEDULES).unwrap();
        let daily = schedules.get("daily").unwrap().unwrap().value().to_vec();
        // The right bytes in the wrong place.
        schedules.insert("nightly", daily.as_slice()).unwrap();
        let mut entries = write.open_table(POSTS).unwrap();
        let sealed = seal(Location::new(POSTS.name(), &3_u64.to_le_bytes()), &[0xc1]);
        entries.insert(3, sealed.as_slice()).unwrap();
    });
    let store = on(&backend);
    let opening = store.opening().unwrap();
    assert_eq!(opening.schedules, [(schedule_name("daily"), schedule())]);
    assert_eq!(opening.outbox, [(OutboxId(4), Payload::null())]);
    let damaged: Vec<_> = opening.damaged.iter().map(ToString::to_string).collect();
    assert_eq!(damaged.len(), 2);
    assert!(damaged[0].contains("\"nightly\""), "{damaged:?}");
    assert!(damaged[1].contains("outbox entry 3"), "{damaged:?}");
    assert_eq!(store.verify().unwrap().damage.len(), 2);
}

#[test]
fn verifying_reports_all_damage() {
    let backend = Flaky::default();
    let store = on(&backend);
    for key in 1..=6 {
        store
            .commit(&instance(key, &format!("i{key}"), 300))
            .unwrap();
    }
    let whole = store.verify().unwrap();
    assert!(whole.is_whole(), "{:?}", whole.damage);
    assert_eq!((whole.instances, whole.events), (6, 1_800));
    assert!(whole.bytes > 1_800 * 40);
    drop(store);
    tamper(&backend, |write| {
        let mut events = write.open_table(EVENTS).unwrap();
        events.remove((2, 0)).unwrap();
        let mut row = events.get((5, 0)).unwrap().unwrap().value().to_vec();
        row[100] ^= 4;
        events.insert((5, 0), row.as_slice()).unwrap();
        write.open_table(INSTANCES).unwrap().remove(3).unwrap();
        let statuses = TableDefinition::<(u8, u64), ()>::new("statuses");
        let mut statuses = write.open_table(statuses).unwrap();
        statuses.remove((1, 4)).unwrap();
        statuses.insert((5, 6), ()).unwrap();
    });
    let verified = on(&backend).verify().unwrap();
    let error: Vec<_> = verified.damage.iter().map(ToString::to_string).collect();
    let error = error.join("\n");
    for line in [
        "i2 (number 2): event 0: found event",
        "instance number 3: it has a history but no summary",
        "i3 (number 3): this run is missing",
        "i4 (number 4): it lacks an index entry: Status(1, 4)",
        "i5 (number 5): event 0: the checksum of the row of event 0 does not match",
        "instance number 6: it has a wrong index entry: Status(5, 6)",
    ] {
        assert!(error.contains(line), "{line}\nis not in\n{error}");
    }
    assert!(verified.events >= 3 * 300, "{}", verified.events);
}
