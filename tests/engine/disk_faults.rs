//! Power cuts during writes, and disks that cannot be written for a while.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;
use tokio::sync::Notify;

use crate::{
    crash::undisturbed,
    disk::{Disk, Tear},
    labour::Log,
    lives::{BEGINNING, Through, live, play, simulated},
    scenes::{Scene, scenes},
    traces::*,
};

fn on(disk: &Disk) -> Arc<dyn Store> {
    let disk = disk.clone();
    Arc::new(RedbStore::on(move || Ok(disk.clone())).unwrap())
}

/// The same; the process ends when writing fails.
fn mortal_on(disk: &Disk, death: &Arc<Notify>) -> Arc<dyn Store> {
    let death = Arc::clone(death);
    Arc::new(Through {
        store: on(disk),
        commit: Box::new(move |store, batch| {
            store.commit(batch).inspect_err(|_| death.notify_one())
        }),
    })
}

/// Plays a scene until its disk fails for good, then the power goes; and goes on with what is left on
/// the disk. Says whether it failed.
fn power_cut_where(
    scene: &Scene,
    fails: impl Fn(&Disk),
    has_failed: impl Fn(&Disk) -> bool,
    (tear, whole): (Tear, &Traces),
    place: &str,
) -> bool {
    let (disk, log, death) = (Disk::default(), Log::default(), Arc::new(Notify::new()));
    let mortal = mortal_on(&disk, &death);
    fails(&disk);
    let life = live(mortal, scene, &log, BEGINNING, &death);
    let (began, failed) = (log.take(), has_failed(&disk));
    let store = on(&disk.power_cut(tear));
    let before = traces(&*store);
    check_nothing_left_early(&before, &life.commits, &began, place);
    live(Arc::clone(&store), scene, &log, life.at, &Notify::new());
    let after = traces(&*store);
    check_kept(&before, &after, place);
    check_not_again(&before, &log.take(), place);
    check_well_formed(&after, place);
    check_ends(&after, whole, place);
    failed
}

/// Cuts the power after a number of writes and syncs. Returns false if the scene ended before.
fn power_cut_after(scene: &Scene, operations: u64, tear: Tear, whole: &Traces) -> bool {
    let place = format!("{}, power for {operations}, {tear:?}", scene.name);
    let fails = |disk: &Disk| disk.power_for(operations);
    power_cut_where(scene, fails, Disk::is_off, (tear, whole), &place)
}

#[test]
fn after_a_power_cut_work_continues_from_what_was_synced() {
    let mut cuts = 0;
    for scene in scenes() {
        let whole = undisturbed(&scene);
        // Steps of a prime: all the places in a commit have their turn.
        for operations in (0..).step_by(7) {
            let tear = match operations % 3 {
                0 => Tear::Nothing,
                _ => Tear::Some(operations),
            };
            if !power_cut_after(&scene, operations, tear, &whole) {
                break;
            }
            cuts += 1;
        }
    }
    assert!(cuts > 100, "{cuts}");
}

/// Plays a scene, makes the disk fail at this moment and repairs it two seconds later.
fn fail_for_a_while(scene: &Scene, at: Duration, fail: impl Fn(&Disk, bool), hint: &str) -> bool {
    let whole = undisturbed(scene);
    let place = format!("{}, {at:?}", scene.name);
    let (disk, log) = (Disk::default(), Log::default());
    let store = on(&disk);
    let troubled = simulated(Arc::clone(&store), &log, BEGINNING, async |engine| {
        let trouble = async {
            tokio::time::sleep(at).await;
            let mut feed = engine.subscribe().await.unwrap();
            fail(&disk, true);
            let troubled = look_at_trouble(engine, &*store, &mut feed, &log, hint, &place).await;
            fail(&disk, false);
            troubled
        };
        let (troubled, ()) = tokio::join!(trouble, play(engine, scene));
        assert_eq!(engine.trouble(), None, "{place}");
        engine.stop().await;
        troubled
    });
    let after = traces(&*store);
    let mut began = log.take();
    let all = began.len();
    began.sort();
    began.dedup();
    assert_eq!(began.len(), all, "{place}: something was done twice");
    check_well_formed(&after, &place);
    check_ends(&after, &whole, &place);
    troubled
}

/// For two seconds: once the engine says that the store cannot be written, nothing leaves it and
/// callers are refused. Whether it came to that.
async fn look_at_trouble(
    engine: &Engine,
    store: &dyn Store,
    feed: &mut Feed,
    log: &Log,
    hint: &str,
    place: &str,
) -> bool {
    let mut troubled = None;
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let Some(trouble) = engine.trouble() else {
            assert!(troubled.is_none(), "{place}: it got better by itself");
            continue;
        };
        let heard = std::iter::from_fn(|| feed.try_next()).count();
        let began = log.all();
        match troubled {
            None => assert!(trouble.to_string().contains(hint), "{place}: {trouble}"),
            Some(before) => assert_eq!((heard, &began), (0, &before), "{place}: something left"),
        }
        // One that may not be written cannot be read either, until it is opened again.
        if store.page(None, 1).is_ok() {
            check_nothing_left_early(&traces(store), &[], &began, place);
        }
        troubled = Some(began);
        let refused = engine.cancel(&InstanceId::new("nobody").unwrap(), "").await;
        let is_refusal = matches!(
            refused,
            Err(EngineError::Store(_) | EngineError::NotDurable(_))
        );
        assert!(is_refusal, "{place}: {refused:?}");
    }
    troubled.is_some()
}

fn fail_everywhere(fail: impl Fn(&Disk, bool), hint: &str) {
    let mut troubled = 0;
    for scene in scenes() {
        for at in (0..14).map(|n| Duration::from_millis(1 + n * 730)) {
            troubled += u32::from(fail_for_a_while(&scene, at, &fail, hint));
        }
    }
    assert!(troubled > 30, "{troubled}");
}

#[test]
fn a_full_disk_pauses_everything_until_there_is_space() {
    let fill = |disk: &Disk, full: bool| disk.room(full.then_some(0));
    fail_everywhere(fill, "free space");
}

#[test]
fn an_unwritable_disk_pauses_everything_until_it_is_writable() {
    fail_everywhere(Disk::read_only, "make its file writable");
}

#[test]
fn after_a_failed_sync_and_a_power_cut_work_continues_from_what_was_synced() {
    let mut failures = 0;
    for scene in scenes() {
        let whole = undisturbed(&scene);
        for nth in (1..).step_by(3) {
            let tear = match nth % 3 {
                0 => Tear::Nothing,
                _ => Tear::Some(nth.into()),
            };
            let place = format!("{}, sync {nth}, {tear:?}", scene.name);
            let fails = |disk: &Disk| disk.fail_sync(nth);
            let failed = |disk: &Disk| disk.sync_has_failed();
            if !power_cut_where(&scene, fails, failed, (tear, &whole), &place) {
                break;
            }
            failures += 1;
        }
    }
    assert!(failures > 50, "{failures}");
}

#[test]
fn after_a_failed_sync_the_engine_stops_with_a_reason() {
    let scene = scenes().remove(0);
    let (disk, log) = (Disk::default(), Log::default());
    let store = on(&disk);
    disk.fail_sync(3);
    simulated(Arc::clone(&store), &log, BEGINNING, async |engine| {
        let trouble = async {
            loop {
                match engine.trouble() {
                    Some(trouble) => break trouble,
                    None => tokio::time::sleep(Duration::from_millis(1)).await,
                }
            }
        };
        let trouble = tokio::select! {
            biased;
            trouble = trouble => trouble,
            () = play(engine, &scene) => panic!("no sync failed"),
        };
        assert!(
            matches!(trouble, Trouble::Store(StoreError::SyncFailed { .. })),
            "{trouble:?}"
        );
        let refused = engine.cancel(&InstanceId::new("nobody").unwrap(), "").await;
        assert!(
            matches!(refused, Err(EngineError::Stopped | EngineError::Store(_))),
            "{refused:?}"
        );
        let began = log.all();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(log.all(), began, "something left");
    });
}
