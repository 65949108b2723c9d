//! Continuing some of the open instances of a store and not the others.

use std::collections::BTreeSet;

use fermata::engine::*;

use crate::{
    harness::{BEGINS, Diary, Work, id, memory, pass, registry, secs, wf},
    lives_by_the_clock::{life, life_at},
};

fn workflows(diary: &Diary) -> Registry {
    registry(diary)
        .workflow(
            Named::<u64, u64>::new("works"),
            |ctx: Context, ms: u64| async move { ctx.activity(Work, &ms).await },
        )
        .workflow(
            Named::<u64, u64>::new("parent"),
            |ctx: Context, ms: u64| async move {
                ctx.child(Named::<u64, u64>::new("works"), &ms).await
            },
        )
        .workflow(
            Named::<(), u32>::new("waits"),
            |ctx: Context, ()| async move { ctx.wait_event("go").await },
        )
        .workflow(
            Named::<(), u32>::new("sends"),
            |ctx: Context, ()| async move {
                ctx.timer(secs(5)).await?;
                ctx.send(&InstanceId::new("waits").unwrap(), "go", &7)?;
                Ok(1)
            },
        )
}

fn selected(recovery: Recovery, after: u64) -> Setup {
    Setup {
        recovery,
        clock: Clock::starting_at(BEGINS + secs(after)),
        ..Setup::default()
    }
}

fn ids<const N: usize>(names: [&str; N]) -> BTreeSet<InstanceId> {
    names.into_iter().map(id).collect()
}

#[test]
fn only_the_selected_instances_and_their_children_continue() {
    for except in [false, true] {
        let (store, diary) = (memory(), Diary::default());
        life_at(BEGINS, &store, workflows(&diary), |engine| async move {
            let start =
                |workflow, name, ms: u64| engine.start_instance(wf(workflow), &ms).id(id(name));
            start("parent", "family", 10_000).await.unwrap();
            start("works", "other", 20_000).await.unwrap();
            pass(1_000).await;
        });
        let events_of_other = |store| Archive::new(store).history(&id("other")).unwrap().len();
        let before = events_of_other(store.clone());
        let recovery = match except {
            false => Recovery::Only(ids(["family"])),
            true => Recovery::Except(ids(["other"])),
        };
        life(
            selected(recovery, 60),
            &store,
            workflows(&diary),
            |engine| async move {
                let end = engine.until_closed(&id("family")).await.unwrap();
                assert_eq!(end.status, Status::Completed);
                let end = engine.suspend(&id("other"), "").await;
                assert!(matches!(end, Err(EngineError::NotRecovered(_))));
            },
        );
        assert_eq!(events_of_other(store.clone()), before);
        life_at(
            BEGINS + secs(120),
            &store,
            workflows(&diary),
            |engine| async move {
                let end = engine.until_closed(&id("other")).await.unwrap();
                assert_eq!(end.status, Status::Completed);
            },
        );
    }
}

#[test]
fn an_event_for_an_unselected_instance_is_kept() {
    let (store, diary) = (memory(), Diary::default());
    life_at(BEGINS, &store, workflows(&diary), |engine| async move {
        for name in ["waits", "sends"] {
            engine
                .start_instance(wf(name), &())
                .id(id(name))
                .await
                .unwrap();
        }
        pass(1_000).await;
    });
    let recovery = Recovery::Only(ids(["sends"]));
    life(
        selected(recovery, 60),
        &store,
        workflows(&diary),
        |engine| async move {
            let end = engine.until_closed(&id("sends")).await.unwrap();
            assert_eq!(end.status, Status::Completed, "{end:?}");
        },
    );
    // A process that continues nothing keeps it, too.
    life(
        selected(Recovery::Nothing, 90),
        &store,
        workflows(&diary),
        |engine| async move {
            let start = engine.start_instance(wf("works"), &1_u64);
            let other = start.await.unwrap();
            engine.until_closed(&other).await.unwrap();
        },
    );
    life_at(
        BEGINS + secs(120),
        &store,
        workflows(&diary),
        |engine| async move {
            let end = engine.until_closed(&id("waits")).await.unwrap();
            assert_eq!(end.output.unwrap().as_str(), "7");
        },
    );
}

#[test]
fn interrupted_activities_of_unselected_instances_stay_interrupted() {
    let (store, diary) = (memory(), Diary::default());
    life_at(BEGINS, &store, workflows(&diary), |engine| async move {
        for name in ["a", "b"] {
            let start = engine.start_instance(wf("works"), &5_000_u64);
            start.id(id(name)).await.unwrap();
        }
        pass(1_000).await;
    });
    let crash = Batch {
        clean: Some(CleanClose::No),
        ..Batch::default()
    };
    store.commit(&crash).unwrap();
    let recovery = Recovery::Only(ids(["a"]));
    life(
        selected(recovery, 60),
        &store,
        workflows(&diary),
        |engine| async move {
            engine.until_closed(&id("a")).await.unwrap();
        },
    );
    assert_eq!(store.opening().unwrap().closed, CleanClose::No);
    life_at(
        BEGINS + secs(120),
        &store,
        workflows(&diary),
        |engine| async move {
            engine.until_closed(&id("b")).await.unwrap();
        },
    );
    let history = Archive::new(store).history(&id("b")).unwrap();
    let failed = history
        .iter()
        .filter(|event| event.kind.name() == "TaskFailed");
    assert_eq!(failed.count(), 1, "{history:#?}");
}
