//! Store files that cannot be used give an error and are not changed.

use std::sync::atomic::Ordering;

use fermata::engine::*;

use crate::harness::*;

#[test]
fn used_damaged_and_missing_stores_give_different_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    assert!(matches!(
        RedbStore::open(&path),
        Err(StoreError::Missing(_))
    ));

    let store = RedbStore::create(&path).unwrap();
    assert!(matches!(RedbStore::open(&path), Err(StoreError::InUse(_))));
    drop(store);
    assert!(RedbStore::open(&path).is_ok());

    let whole = std::fs::read(&path).unwrap();
    for keep in [1, 100, 4096, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..keep]).unwrap();
        let error = RedbStore::create(&path).err();
        assert!(
            matches!(error, Some(StoreError::Damaged { .. })),
            "cut to {keep} of {}: {error:?}",
            whole.len()
        );
    }
    std::fs::write(&path, b"document: {}\n").unwrap();
    assert!(matches!(
        RedbStore::create(&path),
        Err(StoreError::Damaged { .. })
    ));
    assert_eq!(std::fs::read(&path).unwrap(), b"document: {}\n");
}

#[test]
fn a_store_from_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    drop(RedbStore::create(&path).unwrap());
    {
        let database = redb::Database::open(&path).unwrap();
        let write = database.begin_write().unwrap();
        let meta = redb::TableDefinition::<&str, u32>::new("meta");
        write
            .open_table(meta)
            .unwrap()
            .insert("format", 99)
            .unwrap();
        write.commit().unwrap();
    }
    let error = RedbStore::create(&path).err().unwrap();
    assert!(
        error
            .to_string()
            .contains("newer version of Fermata (format 99"),
        "{error}"
    );
}

#[test]
fn while_the_disk_is_full_callers_get_a_reason_and_work_continues_later() {
    async fn chain(ctx: Context, steps: u32) -> Result<u32, Failure> {
        let mut n = 0;
        for _ in 0..steps {
            n = ctx.activity(Increment, &n).await?;
        }
        Ok(n)
    }
    let (store, commits) = counting(4..10);
    let diary = Diary::default();
    let registry = registry(&diary).workflow(Named::new("chain"), chain);
    simulate_on(store, registry, |engine| async move {
        let id = engine.start_instance(wf("chain"), &10).await.unwrap();
        while engine.trouble().is_none() {
            pass(1).await;
        }
        let error = engine.suspend(&id, "").await.unwrap_err();
        assert!(error.to_string().contains("no space left"), "{error}");
        let kept = engine.archive().history(&id).unwrap();
        let of = |kind| kinds(&kept).iter().filter(|k| *k == kind).count();
        assert_eq!(
            diary.lines().len(),
            of("TaskStarted"),
            "something left too early"
        );
        let end = engine.until_closed(&id).await.unwrap();
        assert_eq!(end.output.unwrap().as_str(), "10");
        assert_eq!(engine.trouble(), None);
        assert_eq!(diary.lines().len(), 10, "each activity ran once");
    });
    assert!(commits.load(Ordering::Relaxed) > 10);
}
