//! Which runs start: overlap, downtime, pauses.

use super::*;

const YEAR: u64 = 365 * 24 * 60 * 60;

#[test]
fn nothing_starts_before_its_time() {
    let mut schedule = each_ten(Overlap::Allow);
    assert_eq!(schedule.due(), Some(seconds(10)));
    let before = schedule.clone();
    assert_eq!(schedule.turn(Timestamp(9_999_999_999), Previous::Ended), []);
    assert_eq!(schedule, before);
    assert_eq!(schedule.turn(seconds(10), Previous::Ended), [seconds(10)]);
    assert_eq!(schedule.turn(seconds(10), Previous::Ended), []);
    assert_eq!(schedule.due(), Some(seconds(20)));
}

#[test]
fn a_late_turn_does_not_move_the_times_after_it() {
    let mut schedule = each_ten(Overlap::Skip);
    assert_eq!(
        schedule.turn(Timestamp(10_700_000_000), Previous::Ended),
        [seconds(10)]
    );
    assert_eq!(schedule.due(), Some(seconds(20)));
}

#[test]
fn skip_drops_times_while_a_run_is_open() {
    let mut schedule = each_ten(Overlap::Skip);
    assert_eq!(schedule.turn(seconds(10), Previous::Ended), [seconds(10)]);
    assert_eq!(schedule.turn(seconds(20), Previous::Open), []);
    assert_eq!(schedule.turn(seconds(25), Previous::Ended), []);
    assert_eq!(schedule.turn(seconds(30), Previous::Ended), [seconds(30)]);
}

#[test]
fn skip_catches_up_with_the_newest_time_only() {
    let mut schedule = each_ten(Overlap::Skip);
    assert_eq!(schedule.turn(seconds(47), Previous::Ended), [seconds(40)]);
    assert_eq!(schedule.due(), Some(seconds(50)));
}

#[test]
fn buffer_one_keeps_one_run_until_the_previous_one_ends() {
    let mut schedule = each_ten(Overlap::BufferOne);
    assert_eq!(schedule.turn(seconds(10), Previous::Ended), [seconds(10)]);
    for now in [20, 30, 40] {
        assert_eq!(schedule.turn(seconds(now), Previous::Open), []);
        assert!(schedule.buffered);
    }
    assert_eq!(schedule.turn(seconds(44), Previous::Ended), [seconds(40)]);
    assert!(!schedule.buffered);
    assert_eq!(schedule.turn(seconds(45), Previous::Ended), []);
    assert_eq!(schedule.due(), Some(seconds(50)));
}

#[test]
fn a_buffered_run_goes_first_and_the_new_time_waits() {
    let mut schedule = each_ten(Overlap::BufferOne);
    schedule.turn(seconds(20), Previous::Open);
    assert_eq!(schedule.turn(seconds(30), Previous::Ended), [seconds(20)]);
    assert!(schedule.buffered);
    assert_eq!(schedule.turn(seconds(30), Previous::Ended), [seconds(30)]);
    assert!(!schedule.buffered);
}

#[test]
fn of_two_missed_times_one_starts_and_one_waits() {
    let mut schedule = each_ten(Overlap::BufferOne);
    assert_eq!(schedule.turn(seconds(47), Previous::Ended), [seconds(30)]);
    assert_eq!(schedule.turn(seconds(48), Previous::Ended), [seconds(40)]);
    assert!(!schedule.buffered);
}

#[test]
fn allow_starts_a_run_for_every_time_in_the_window() {
    let mut schedule = each_ten(Overlap::Allow).catch_up(Duration::from_secs(25));
    let starts = schedule.turn(seconds(105), Previous::Open);
    assert_eq!(starts, [seconds(80), seconds(90), seconds(100)]);
    assert_eq!(schedule.due(), Some(seconds(110)));
    assert!(!schedule.buffered);
}

#[test]
fn a_slightly_late_turn_is_in_time() {
    let mut schedule = each_ten(Overlap::Skip).catch_up(Duration::ZERO);
    assert_eq!(schedule.turn(seconds(11), Previous::Ended), [seconds(10)]);
    assert_eq!(
        schedule.turn(Timestamp(21_000_000_001), Previous::Ended),
        []
    );
    assert_eq!(schedule.due(), Some(seconds(30)));
}

#[test]
fn times_missed_during_a_pause_are_caught_up_within_the_window() {
    let mut schedule = each_ten(Overlap::Allow).catch_up(Duration::from_secs(20));
    schedule.paused = true;
    assert_eq!(schedule.due(), None);
    assert_eq!(schedule.turn(seconds(55), Previous::Ended), []);
    schedule.paused = false;
    assert_eq!(schedule.due(), Some(seconds(10)));
    let starts = schedule.turn(seconds(95), Previous::Ended);
    assert_eq!(starts, [seconds(80), seconds(90)]);
}

#[test]
fn a_buffered_run_waits_through_a_pause() {
    let mut schedule = each_ten(Overlap::BufferOne);
    schedule.turn(seconds(10), Previous::Open);
    schedule.paused = true;
    assert_eq!(schedule.turn(seconds(12), Previous::Ended), []);
    schedule.paused = false;
    assert_eq!(schedule.turn(seconds(15), Previous::Ended), [seconds(10)]);
}

#[test]
fn a_millisecond_schedule_of_years_ago_starts_at_most_a_thousand() {
    let times = Times::every(Duration::from_millis(1)).unwrap();
    let mut schedule = Schedule::new(times, "tick", Payload::null())
        .overlap(Overlap::Allow)
        .starting_at(Timestamp(0));
    let now = Timestamp(40 * YEAR * 1_000_000_000 + 499_999);
    let starts = schedule.turn(now, Previous::Open);
    assert_eq!(starts.len(), Schedule::MAX_AT_ONCE);
    assert!(starts.is_sorted());
    assert_eq!(starts.last(), Some(&seconds(40 * YEAR)));
    assert_eq!(
        schedule.due(),
        Some(seconds(40 * YEAR) + Duration::from_millis(1))
    );
}

#[test]
fn a_cron_schedule_of_years_ago_starts_from_the_newest_times() {
    let mut schedule = Schedule::new(Times::cron("* * * * * *").unwrap(), "t", Payload::null())
        .overlap(Overlap::Allow)
        .catch_up(Duration::MAX)
        .starting_at(seconds(0));
    let starts = schedule.turn(seconds(40 * YEAR), Previous::Open);
    let expected: Vec<_> = (0..1_000).rev().map(|n| seconds(40 * YEAR - n)).collect();
    assert_eq!(starts, expected);
    assert_eq!(schedule.due(), Some(seconds(40 * YEAR + 1)));
    let mut schedule = schedule.catch_up(Duration::from_secs(2));
    let starts = schedule.turn(seconds(41 * YEAR), Previous::Open);
    assert_eq!(starts, [2, 1, 0].map(|n| seconds(41 * YEAR - n)));
}

#[test]
fn a_clock_that_is_set_back_repeats_no_time() {
    let mut schedule = each_ten(Overlap::Allow);
    schedule.turn(seconds(30), Previous::Ended);
    assert_eq!(schedule.turn(seconds(15), Previous::Ended), []);
    assert_eq!(schedule.turn(seconds(40), Previous::Ended), [seconds(40)]);
}
