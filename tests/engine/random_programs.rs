//! Invariants of all workflows, checked on random workflows.

use std::time::Duration;

use fermata::engine::*;
use proptest::prelude::*;

use crate::{
    program::{self, NEWS, PROGRAM, Program, STARS, Taste, programs},
    well_formed,
    world::{Exit, World, as_text},
};

/// How a property of programs is tried: they take long, and so does finding a smaller one.
pub fn cases(usual: u32) -> ProptestConfig {
    ProptestConfig {
        max_shrink_iters: 3_000,
        ..crate::seed::cases(usual)
    }
}

/// An external request after a number of milliseconds.
#[derive(Debug, Clone)]
struct Cue {
    after: u64,
    star: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Raise(usize),
    Suspend(Suspension),
    Resume,
    Cancel,
    Terminate,
}

fn cues() -> impl Strategy<Value = Vec<Cue>> {
    let what = prop_oneof![
        4 => (0..NEWS.len()).prop_map(What::Raise),
        3 => suspensions().prop_map(What::Suspend),
        3 => Just(What::Resume),
        1 => Just(What::Cancel),
        1 => Just(What::Terminate),
    ];
    let cue = (0..150u64, 0..STARS.len(), what);
    let cue = cue.prop_map(|(after, star, what)| Cue { after, star, what });
    prop::collection::vec(cue, 0..8)
}

pub fn suspensions() -> impl Strategy<Value = Suspension> {
    let reach = prop_oneof![Just(Reach::Tree), Just(Reach::Alone)];
    let time = prop_oneof![Just(SuspendedTime::Frozen), Just(SuspendedTime::RunsOn)];
    (reach, time).prop_map(|(reach, time)| Suspension { reach, time })
}

pub async fn start(world: &World, star: usize, program: &Program) -> InstanceId {
    let id = InstanceId::new(STARS[star]).unwrap();
    let workflow = Named::<Program, serde_json::Value>::new(PROGRAM);
    let started = world.engine.start_instance(workflow, program).id(id).await;
    started.unwrap()
}

/// Runs programs concurrently to their ends, with external requests.
fn play(programs: &[Program], cues: &[Cue]) -> Vec<(InstanceSummary, Vec<Event>)> {
    World::simulate(async |world| {
        for (star, program) in programs.iter().enumerate() {
            start(world, star, program).await;
        }
        for cue in cues {
            tokio::time::sleep(Duration::from_millis(cue.after)).await;
            take(&world.engine, cue).await;
        }
        world.play_out().await;
        world.runs()
    })
}

async fn take(engine: &Engine, cue: &Cue) {
    let id = InstanceId::new(STARS[cue.star]).unwrap();
    // It may have ended, or never begun.
    let _ = match &cue.what {
        What::Raise(news) => {
            let data = Payload::encode(news).unwrap();
            engine.raise(&id, NEWS[*news], data).await
        }
        What::Suspend(how) => engine.suspend_with(&id, "", *how).await,
        What::Resume => engine.resume(&id, "").await,
        What::Cancel => engine.cancel(&id, "").await,
        What::Terminate => engine.terminate(&id, "").await,
    };
}

/// A history agrees with its code as a whole and cut off anywhere, and can be taken elsewhere.
pub fn can_be_replayed(id: &InstanceId, events: &[Event]) {
    let registry = program::registry();
    for end in 1..=events.len() {
        let instance = id.clone();
        let events = events[..end].to_vec();
        let cut = History { instance, events };
        if let Err(divergence) = replay(&registry, &cut) {
            panic!(
                "cut after {end} events: {divergence}\n{}",
                as_text(events_of(&cut))
            );
        }
    }
    let (instance, events) = (id.clone(), events.to_vec());
    let whole = History { instance, events };
    let read = History::from_json(&whole.to_json().to_string()).unwrap();
    assert_eq!(read, whole);
}

fn events_of(history: &History) -> &[Event] {
    &history.events
}

pub fn is_well_formed(events: &[Event]) {
    if let Err(wrong) = well_formed::check(events) {
        panic!("{wrong}\n{}", as_text(events));
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn histories_are_well_formed_and_match_their_code_at_every_prefix(
        programs in prop::collection::vec(programs(Taste::Any), 1..3),
        cues in cues(),
    ) {
        for (summary, events) in play(&programs, &cues) {
            is_well_formed(&events);
            can_be_replayed(&summary.id, &events);
        }
    }

    #[test]
    fn the_same_programs_and_cues_give_the_same_histories(
        programs in prop::collection::vec(programs(Taste::Any), 1..3),
        cues in cues(),
    ) {
        let text = || {
            let runs = play(&programs, &cues).into_iter();
            let text = runs.map(|(summary, events)| format!("{}\n{}", summary.id, as_text(&events)));
            text.collect::<Vec<_>>().join("\n")
        };
        prop_assert_eq!(text(), text());
    }

    #[test]
    fn restarting_the_engine_does_not_change_the_result(
        program in programs(Taste::Steady),
        // An activity that the end of the process interrupts three times in a row fails.
        restarts in prop::collection::vec((0..150u64, exits()), 1..3),
    ) {
        let unbroken = result(&program, &[]);
        prop_assert_eq!(result(&program, &restarts), unbroken);
    }
}

pub fn exits() -> impl Strategy<Value = Exit> {
    prop_oneof![Just(Exit::Stopped), Just(Exit::Killed)]
}

/// How a program ends when the engine is restarted after these milliseconds.
fn result(
    program: &Program,
    restarts: &[(u64, Exit)],
) -> (Status, Option<Payload>, Option<Failure>) {
    World::simulate(async |world| {
        let id = start(world, 0, program).await;
        for (after, exit) in restarts {
            tokio::time::sleep(Duration::from_millis(*after)).await;
            world
                .restart(*exit, Duration::from_millis(*after / 2))
                .await;
        }
        world.play_out().await;
        for (summary, events) in world.runs() {
            is_well_formed(&events);
            can_be_replayed(&summary.id, &events);
        }
        let end = world.engine.archive().summary(&id).unwrap();
        (end.status, end.output, end.failure)
    })
}
