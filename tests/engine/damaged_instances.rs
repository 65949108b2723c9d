//! One instance whose history is damaged never affects the others.

use std::{path::Path, sync::Arc};

use fermata::engine::*;
use redb::{ReadableTable, TableDefinition};

use crate::harness::id;

const EVENTS: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("events");

fn wait() -> Named<(), u32> {
    Named::new("wait")
}

fn registry() -> Registry {
    Registry::new().workflow(wait(), |ctx: Context, (): ()| async move {
        ctx.wait_event::<u32>("number").await
    })
}

fn start(path: &Path) -> Engine {
    let store = Arc::new(RedbStore::create(path).unwrap());
    Engine::start(store, registry(), Setup::default()).unwrap()
}

/// Flips a bit in the first row of the history of an instance.
fn damage(path: &Path, key: u64) {
    let database = redb::Database::open(path).unwrap();
    let write = database.begin_write().unwrap();
    {
        let mut events = write.open_table(EVENTS).unwrap();
        let (place, mut row) = {
            let mut rows = events.range((key, 0)..=(key, u64::MAX)).unwrap();
            let (place, row) = rows.next().unwrap().unwrap();
            (place.value(), row.value().to_vec())
        };
        *row.last_mut().unwrap() ^= 1;
        events.insert(place, row.as_slice()).unwrap();
    }
    write.commit().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_instance_is_quarantined_and_all_others_continue() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let engine = start(&path);
    for name in ["one", "two", "three"] {
        engine
            .start_instance(wait(), &())
            .id(id(name))
            .await
            .unwrap();
    }
    engine.stop().await;
    drop(engine);
    damage(&path, 2);

    let engine = start(&path);
    assert_eq!(engine.damage().len(), 1, "{:?}", engine.damage());
    assert!(
        engine.damage()[0].contains("\"two\""),
        "{:?}",
        engine.damage()
    );
    for name in ["one", "three"] {
        let number = Payload::encode(&4_u32).unwrap();
        engine.raise(&id(name), "number", number).await.unwrap();
        let end = engine.until_closed(&id(name)).await.unwrap();
        assert_eq!(end.status, Status::Completed);
    }
    let listed = engine
        .archive()
        .search(&Search::default(), None, 10)
        .unwrap();
    let two = listed
        .instances
        .iter()
        .find(|summary| summary.id == id("two"))
        .unwrap();
    assert_eq!(two.status, Status::Stalled);
    let reason = two.failure.as_ref().unwrap();
    assert_eq!(reason.error_type, Failure::DAMAGED);

    // What is asked of it is refused with the reason; it can be ended and its id used again.
    let refused = engine.raise(&id("two"), "number", Payload::null()).await;
    assert!(
        matches!(refused, Err(EngineError::Quarantined { .. })),
        "{refused:?}"
    );
    let refused = engine.until_closed(&id("two")).await;
    assert!(
        matches!(refused, Err(EngineError::Quarantined { .. })),
        "{refused:?}"
    );
    engine.terminate(&id("two"), "damaged").await.unwrap();
    engine
        .start_instance(wait(), &())
        .id(id("two"))
        .await
        .unwrap();
    let number = Payload::encode(&7_u32).unwrap();
    engine.raise(&id("two"), "number", number).await.unwrap();
    let end = engine.until_closed(&id("two")).await.unwrap();
    assert_eq!((end.status, end.run), (Status::Completed, 2));
    engine.stop().await;
}
