//! The process crashes at every possible commit, and the next one continues to the same end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use fermata::engine::*;
use tokio::sync::Notify;

use crate::{
    harness::memory,
    labour::Log,
    lives::{BEGINNING, Through, live},
    scenes::{Scene, scenes},
    traces::*,
};

/// How a process ends at a commit.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// The commit fails.
    Refused,
    /// It is done, but the process crashes before it learns of it.
    Unacknowledged,
    /// The store says that it is done and forgets it; the process ends at the commit after it.
    Forgotten,
}

/// A store whose process meets its fate at commit number `last`: 0 is the first. Also how many there
/// were.
fn mortal(
    store: &Arc<dyn Store>,
    fate: Fate,
    last: usize,
    death: &Arc<Notify>,
) -> (Arc<dyn Store>, Arc<AtomicUsize>) {
    let commits = Arc::new(AtomicUsize::new(0));
    let (count, death) = (Arc::clone(&commits), Arc::clone(death));
    let commit = move |store: &dyn Store, batch: &Batch| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        if number < last {
            return store.commit(batch);
        }
        if fate == Fate::Forgotten && number == last {
            return Ok(());
        }
        if fate == Fate::Unacknowledged && number == last {
            store.commit(batch)?;
        }
        death.notify_one();
        Err(StoreError::Failed {
            doing: "commit",
            reason: "the process ended".into(),
        })
    };
    let store = Through {
        store: Arc::clone(store),
        commit: Box::new(commit),
    };
    (Arc::new(store), commits)
}

/// What a scene comes to when nothing gets in its way.
pub fn undisturbed(scene: &Scene) -> Traces {
    let store = memory();
    live(
        Arc::clone(&store),
        scene,
        &Log::default(),
        BEGINNING,
        &Notify::new(),
    );
    traces(&*store)
}

/// Ends the process at commit `last` and plays on in another. Returns how many commits there were
/// until then.
fn crash_at(scene: &Scene, fate: Fate, last: usize, whole: &Traces) -> usize {
    let place = format!("{}, {fate:?} {last}", scene.name);
    let (store, log, death) = (memory(), Log::default(), Arc::new(Notify::new()));
    let (mortal, commits) = mortal(&store, fate, last, &death);
    let life = live(mortal, scene, &log, BEGINNING, &death);
    let before = traces(&*store);
    let began = log.take();
    if fate != Fate::Forgotten {
        check_nothing_left_early(&before, &life.commits, &began, &place);
    }
    live(Arc::clone(&store), scene, &log, life.at, &Notify::new());
    let after = traces(&*store);
    check_kept(&before, &after, &place);
    check_not_again(&before, &log.take(), &place);
    check_well_formed(&after, &place);
    check_ends(&after, whole, &place);
    commits.load(Ordering::Relaxed)
}

fn crash_everywhere(fate: Fate) {
    for scene in scenes() {
        let whole = undisturbed(&scene);
        check_well_formed(&whole, scene.name);
        let reached = (0..).take_while(|last| crash_at(&scene, fate, *last, &whole) > *last);
        let commits = reached.count();
        assert!(commits > 5, "{}: {commits}", scene.name);
    }
}

#[test]
fn a_crash_before_a_commit_leaves_nothing_of_it() {
    crash_everywhere(Fate::Refused);
}

#[test]
fn a_crash_after_a_commit_keeps_it() {
    crash_everywhere(Fate::Unacknowledged);
}

#[test]
fn a_commit_lost_by_the_disk_is_repeated() {
    crash_everywhere(Fate::Forgotten);
}

#[test]
fn processes_that_crash_after_a_few_commits_still_complete_the_work() {
    for scene in scenes() {
        let whole = undisturbed(&scene);
        for last in 3..6 {
            let place = format!("{}, {last} commits each", scene.name);
            let (store, log) = (memory(), Log::default());
            let mut now = BEGINNING;
            let mut before = traces(&*store);
            loop {
                let death = Arc::new(Notify::new());
                let (mortal, commits) = mortal(&store, Fate::Refused, last, &death);
                let life = live(mortal, &scene, &log, now, &death);
                let after = traces(&*store);
                let began = log.take();
                check_kept(&before, &after, &place);
                check_not_again(&before, &began, &place);
                check_nothing_left_early(&after, &life.commits, &began, &place);
                (now, before) = (life.at, after);
                if commits.load(Ordering::Relaxed) <= last {
                    break;
                }
            }
            check_well_formed(&before, &place);
            check_ends(&before, &whole, &place);
        }
    }
}
