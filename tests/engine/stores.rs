//! Store files that cannot be used say why, and stay as they are.

use fermata::engine::*;

#[test]
fn a_store_in_use_a_damaged_one_and_a_missing_one_are_told_apart() {
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
        error.to_string().contains("newer Fermata (format 99"),
        "{error}"
    );
}
