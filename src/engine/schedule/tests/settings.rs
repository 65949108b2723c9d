//! Schedules that are set again, end, have jitter, or see the wall clock set back.

use super::*;

const HOUR: u64 = 3_600;

fn hourly() -> Schedule {
    let times = Times::every(Duration::from_secs(HOUR)).unwrap();
    Schedule::new(times, "tidy", Payload::null()).starting_at(seconds(1_000_000))
}

fn cron(expression: &str) -> Schedule {
    let times = Times::cron(expression).unwrap();
    Schedule::new(times, "tidy", Payload::null())
}

#[test]
fn a_replaced_schedule_with_the_same_times_keeps_its_due_time() {
    let mut before = each_ten(Overlap::BufferOne);
    before.turn(seconds(10), Previous::Open);
    before.paused = true;
    let again = Schedule::new(before.times.clone(), "other", Payload::null());
    let again = again.overlap(Overlap::BufferOne);
    let after = again.clone().replacing(&before, seconds(17));
    assert_eq!(after.next, seconds(20));
    assert!(after.paused && after.buffered);
    let other = Schedule {
        times: Times::every(Duration::from_secs(7)).unwrap(),
        ..again
    };
    let after = other.replacing(&before, seconds(17));
    assert_eq!(after.next, seconds(24));
    assert!(after.paused && !after.buffered);
}

#[test]
fn an_interval_restarts_within_one_interval_after_the_clock_was_set_back() {
    let mut schedule = hourly();
    schedule.wall_clock_shows(seconds(1_000_000));
    assert_eq!(schedule.next, seconds(1_000_000 + HOUR), "nothing happened");
    schedule.wall_clock_shows(seconds(800_000));
    assert_eq!(schedule.next, seconds(800_000 + HOUR));
    schedule.wall_clock_shows(seconds(800_000 + HOUR - 1));
    assert_eq!(schedule.next, seconds(800_000 + HOUR));
}

#[test]
fn a_clock_that_is_set_back_slightly_repeats_no_cron_time() {
    let mut schedule = cron("30 2 * * *").starting_at(at("2027-03-01T00:00:00Z"));
    let due = at("2027-03-01T02:30:00Z");
    assert_eq!(schedule.turn(due, Previous::Ended), [due]);
    let next = at("2027-03-02T02:30:00Z");
    schedule.wall_clock_shows(at("2027-03-01T01:30:00Z"));
    assert_eq!(schedule.next, next, "an hour back");
    schedule.wall_clock_shows(at("2027-02-20T12:00:00Z"));
    assert_eq!(schedule.next, at("2027-02-21T02:30:00Z"), "nine days back");
    // The last three hours, but never more than one pause between two runs.
    let mut quick = cron("* * * * *").starting_at(at("2027-03-01T12:00:00Z"));
    quick.turn(at("2027-03-01T12:01:00Z"), Previous::Ended);
    quick.wall_clock_shows(at("2027-03-01T12:00:30Z"));
    assert_eq!(quick.next, at("2027-03-01T12:02:00Z"));
    quick.wall_clock_shows(at("2027-03-01T11:00:30Z"));
    assert_eq!(quick.next, at("2027-03-01T11:01:00Z"));
}

#[test]
fn nothing_is_due_after_the_end() {
    let mut schedule = each_ten(Overlap::Allow)
        .catch_up(Duration::from_secs(100))
        .until(seconds(30));
    assert_eq!(
        schedule.turn(seconds(55), Previous::Ended),
        [seconds(10), seconds(20), seconds(30)]
    );
    assert_eq!(schedule.due(), None);
    assert_eq!(schedule.upcoming(5), []);
    // A later end gives it a future again.
    schedule.until = Some(seconds(70));
    assert_eq!(schedule.due(), Some(seconds(60)));
    assert_eq!(schedule.upcoming(5), [seconds(60), seconds(70)]);
}

#[test]
fn the_due_times_between_two_moments() {
    let schedule = Schedule {
        next: seconds(1_005),
        ..each_ten(Overlap::Skip)
    };
    let between = |from, to| schedule.between(seconds(from), seconds(to), 3);
    assert_eq!(between(20, 40), [seconds(25), seconds(35)]);
    assert_eq!(between(25, 35), [seconds(25), seconds(35)], "both included");
    assert_eq!(between(2_000, 9_000), [2_005, 2_015, 2_025].map(seconds));
    assert_eq!(between(40, 20), []);
    let schedule = cron("*/10 * * * * *").starting_at(seconds(500));
    let times = schedule.between(seconds(20), seconds(40), 5);
    assert_eq!(times, [20, 30, 40].map(seconds));
}

#[test]
fn each_run_with_jitter_starts_once_and_in_its_own_interval() {
    let mut schedule = each_ten(Overlap::Allow)
        .catch_up(CatchUp::None)
        .jitter(Duration::from_secs(60));
    let mut given = Vec::new();
    for half in 0..400 {
        let now = Timestamp(half * 500_000_000);
        for due in schedule.turn(now, Previous::Ended) {
            assert!(now >= due && now.since(due) <= Duration::from_millis(10_500));
            given.push(due);
        }
    }
    let expected: Vec<_> = (1..).map(|n| seconds(10 * n)).take(given.len()).collect();
    assert_eq!(given, expected);
    assert!(given.len() >= 18);
}

#[test]
fn a_time_that_failed_is_counted_until_a_run_starts() {
    let mut schedule = each_ten(Overlap::Skip);
    schedule.has_failed("no workflow".into(), seconds(10));
    schedule.has_failed("no workflow".into(), seconds(20));
    let problem = schedule.problem.clone().unwrap();
    assert_eq!((problem.times, problem.at), (2, seconds(20)));
    let run = InstanceId::new("tidy-1").unwrap();
    schedule.has_started(run, seconds(30), Vec::new());
    assert_eq!(schedule.problem, None);
}

#[test]
fn a_schedule_written_earlier_can_be_read() {
    let mut json = serde_json::to_value(each_ten(Overlap::Skip)).unwrap();
    let fields = json.as_object_mut().unwrap();
    for new in [
        "missed", "until", "jitter", "lastDue", "problem", "waiting", "alsoOpen",
    ] {
        fields.remove(new).expect("the field is there");
    }
    json["times"] = serde_json::json!({ "Cron": "30 2 * * *" });
    let read: Schedule = serde_json::from_value(json).unwrap();
    let same = Schedule {
        times: Times::cron("30 2 * * *").unwrap(),
        ..each_ten(Overlap::Skip)
    };
    assert_eq!(read, same);
}
