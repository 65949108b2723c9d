//! Runs that a schedule starts: their input, and the overlap policies.

use std::time::Duration;

use fermata::engine::*;

use crate::harness::*;

async fn take(ctx: Context, seconds: u64) -> Result<(), Failure> {
    ctx.timer(Duration::from_secs(seconds)).await
}

/// A minute and a half in three runs.
async fn chain(ctx: Context, run: u32) -> Result<(), Failure> {
    ctx.timer(Duration::from_secs(30)).await?;
    match run {
        3 => Ok(()),
        n => ctx.continue_as_new(&(n + 1)),
    }
}

fn registry_of_takes() -> Registry {
    Registry::new()
        .workflow(Named::new("take"), take)
        .workflow(Named::new("chain"), chain)
}

fn every(seconds: u64, takes: u64) -> Schedule {
    let times = Times::every(Duration::from_secs(seconds)).unwrap();
    Schedule::new(times, "take", Payload::encode(&takes).unwrap())
}

fn name() -> ScheduleName {
    ScheduleName::new("takes").unwrap()
}

/// From and to which second each run was open, and how it ended, by start.
fn runs(engine: &Engine) -> Vec<(u64, Option<u64>, Status)> {
    let second = |at: Timestamp| at.since(Timestamp(1_000_000_000)).as_secs();
    let mut all: Vec<_> = engine.archive().list().unwrap();
    all.sort_by_key(|one| one.started_at);
    all.iter()
        .map(|one| {
            (
                second(one.started_at),
                one.closed_at.map(second),
                one.status,
            )
        })
        .collect()
}

fn after(
    overlap: Overlap,
    every_s: u64,
    takes: u64,
    seconds: u64,
) -> Vec<(u64, Option<u64>, Status)> {
    simulate(registry_of_takes(), move |engine| async move {
        let schedule = every(every_s, takes).overlap(overlap);
        engine.set_schedule(name(), schedule).await.unwrap();
        pass(seconds * 1_000 + 500).await;
        runs(&engine)
    })
}

#[test]
fn terminate_previous_ends_the_previous_run_and_starts_at_once() {
    use Status::{Running, Terminated};
    assert_eq!(
        after(Overlap::TerminatePrevious, 10, 25, 30),
        [
            (10, Some(20), Terminated),
            (20, Some(30), Terminated),
            (30, None, Running)
        ]
    );
}

#[test]
fn cancel_previous_starts_once_the_previous_run_has_ended() {
    use Status::{Canceled, Running};
    assert_eq!(
        after(Overlap::CancelPrevious, 10, 25, 30),
        [
            (10, Some(20), Canceled),
            (20, Some(30), Canceled),
            (30, None, Running)
        ]
    );
}

#[test]
fn buffer_all_starts_one_after_the_other_as_many_as_were_due() {
    let seen = after(Overlap::BufferAll, 10, 25, 100);
    let starts: Vec<_> = seen.iter().map(|(from, ..)| *from).collect();
    assert_eq!(starts, [10, 35, 60, 85]);
    // Not due any more after 40 s: the four that were due still come.
    simulate(registry_of_takes(), |engine| async move {
        let until = Timestamp(1_000_000_000) + Duration::from_secs(45);
        let schedule = every(10, 25).overlap(Overlap::BufferAll).until(until);
        engine.set_schedule(name(), schedule).await.unwrap();
        pass(500_000).await;
        let all = engine.archive().list().unwrap();
        let mut due: Vec<_> = all
            .iter()
            .map(|one| one.tags["scheduled_at"].clone())
            .collect();
        due.sort();
        let expected = [11, 21, 31, 41].map(|s| format!("1970-01-01T00:00:{s}.000000000Z"));
        assert_eq!(due, expected);
    });
}

#[test]
fn a_run_gets_its_due_time_and_schedule() {
    simulate(registry_of_takes(), |engine| async move {
        engine.set_schedule(name(), every(10, 1)).await.unwrap();
        pass(10_500).await;
        let run = engine.archive().list().unwrap().remove(0);
        assert_eq!(run.tags["schedule"], "takes");
        assert_eq!(run.tags["scheduled_at"], "1970-01-01T00:00:11.000000000Z");
    });
}

#[test]
fn runs_with_jitter_start_later_than_they_are_due_but_before_the_next() {
    simulate(registry_of_takes(), |engine| async move {
        let schedule = every(10, 1).jitter(Duration::from_secs(8));
        engine.set_schedule(name(), schedule).await.unwrap();
        pass(200_000).await;
        let all = engine.archive().list().unwrap();
        assert!((19..=20).contains(&all.len()), "{} runs", all.len());
        let mut lates = Vec::new();
        for run in &all {
            let due = serde_json::from_value(run.tags["scheduled_at"].clone().into()).unwrap();
            assert!(run.started_at >= due);
            lates.push(run.started_at.since(due));
        }
        assert!(lates.iter().all(|late| *late < Duration::from_secs(9)));
        let spread = lates
            .iter()
            .max()
            .unwrap()
            .saturating_sub(*lates.iter().min().unwrap());
        assert!(spread > Duration::from_secs(2), "{lates:?}");
    });
}

#[test]
fn a_triggered_run_starts_at_once_and_counts_as_the_previous_run() {
    simulate(registry_of_takes(), |engine| async move {
        engine.set_schedule(name(), every(10, 15)).await.unwrap();
        engine.pause_schedule(&name()).await.unwrap();
        let run = engine.trigger_schedule(&name()).await.unwrap();
        assert_eq!(
            engine.archive().summary(&run).unwrap().status,
            Status::Running
        );
        engine.unpause_schedule(&name()).await.unwrap();
        pass(20_500).await;
        let starts: Vec<_> = runs(&engine).iter().map(|(from, ..)| *from).collect();
        assert_eq!(starts, [0, 20], "at 10 s it was still open");
        let nobody = ScheduleName::new("nobody").unwrap();
        assert!(engine.trigger_schedule(&nobody).await.is_err());
    });
}

#[test]
fn a_triggered_run_does_not_hide_another_one() {
    simulate(registry_of_takes(), |engine| async move {
        engine.set_schedule(name(), every(100, 350)).await.unwrap();
        pass(100_500).await;
        let short = engine.trigger_schedule(&name()).await.unwrap();
        engine.terminate(&short, "").await.unwrap();
        pass(200_000).await;
        assert_eq!(runs(&engine).len(), 2, "the run of 100 s is still open");
    });
}

#[test]
fn a_backfill_starts_one_run_for_each_past_time() {
    simulate(registry_of_takes(), |engine| async move {
        let schedule = every(10, 1).catch_up(CatchUp::None);
        engine.set_schedule(name(), schedule).await.unwrap();
        engine.pause_schedule(&name()).await.unwrap();
        pass(60_500).await;
        let at = |seconds: u64| Timestamp(1_000_000_000) + Duration::from_secs(seconds);
        let made_up = engine.backfill_schedule(&name(), at(15), at(1_000)).await;
        assert_eq!(made_up.unwrap().len(), 5, "20, 30, 40, 50 and 60 s");
        let all = engine.archive().list().unwrap();
        let open = all.iter().filter(|one| !one.status.is_closed()).count();
        assert_eq!(open, 5, "all at once, though the policy is to skip");
        let mut due: Vec<_> = all
            .iter()
            .map(|one| one.tags["scheduled_at"].clone())
            .collect();
        due.sort();
        assert_eq!(due[0], at(20).to_string());
        assert_eq!(due[4], at(60).to_string());
        let none = engine.backfill_schedule(&name(), at(50), at(40)).await;
        assert!(none.unwrap().is_empty());
    });
}

#[test]
fn a_backfill_that_is_too_long_starts_nothing() {
    simulate(registry_of_takes(), |engine| async move {
        engine.set_schedule(name(), every(1, 1)).await.unwrap();
        engine.pause_schedule(&name()).await.unwrap();
        pass(2_000_000).await;
        let (from, to) = (Timestamp(0), Timestamp(u64::MAX));
        let refused = engine
            .backfill_schedule(&name(), from, to)
            .await
            .unwrap_err();
        assert!(
            refused.to_string().contains("more than 1000 times"),
            "{refused}"
        );
        assert!(engine.archive().list().unwrap().is_empty());
    });
}

#[test]
fn missed_times_are_caught_up_by_policy() {
    let starts = |catch_up: CatchUp| {
        simulate(registry_of_takes(), move |engine| async move {
            let schedule = every(10, 1).overlap(Overlap::Allow).catch_up(catch_up);
            engine.set_schedule(name(), schedule).await.unwrap();
            engine.pause_schedule(&name()).await.unwrap();
            pass(105_000).await;
            engine.unpause_schedule(&name()).await.unwrap();
            pass(6_000).await;
            runs(&engine).len()
        })
    };
    assert_eq!(starts(CatchUp::None), 1, "at 110 s");
    assert_eq!(starts(CatchUp::Latest), 2, "that of 100 s, and at 110 s");
    let within = CatchUp::Within(Duration::from_secs(27));
    assert_eq!(starts(within), 4, "those of 80, 90 and 100 s, and at 110 s");
}

#[test]
fn a_run_that_continues_as_new_is_open_until_its_last_run_has_ended() {
    for (overlap, expected) in [(Overlap::Skip, 3), (Overlap::BufferOne, 4)] {
        simulate(registry_of_takes(), move |engine| async move {
            let times = Times::every(Duration::from_secs(30)).unwrap();
            let schedule = Schedule::new(times, "chain", Payload::encode(&1).unwrap());
            let schedule = schedule.overlap(overlap);
            engine.set_schedule(name(), schedule).await.unwrap();
            pass(400_000).await;
            let all = engine.archive().list().unwrap();
            let first_runs: Vec<_> = all.iter().filter(|one| one.run == 1).collect();
            assert!(
                first_runs.len() >= expected,
                "{overlap:?}: {}",
                first_runs.len()
            );
            let open = |at: Timestamp| {
                let is_open = |one: &&InstanceSummary| {
                    one.started_at <= at && one.closed_at.is_none_or(|closed| closed > at)
                };
                all.iter().filter(is_open).count()
            };
            for run in &all {
                assert!(open(run.started_at) <= 1, "two at {}", run.started_at);
            }
        });
    }
}
