//! Cron expressions in time zones, and changes of daylight saving time.

use super::*;

/// The first times after a moment, in UTC and without seconds.
fn next_in(zone: &str, expression: &str, after: &str, n: usize) -> Vec<String> {
    let times = Times::cron_in(expression, zone).unwrap();
    std::iter::successors(Some(at(after)), |last| times.next_after(*last))
        .skip(1)
        .take(n)
        .map(|time| time.to_string()[..16].to_owned())
        .collect()
}

#[test]
fn nine_in_the_morning_is_nine_local_time_in_summer_and_winter() {
    assert_eq!(
        next_in("Europe/Vienna", "0 9 * * *", "2027-03-26T12:00:00Z", 3),
        ["2027-03-27T08:00", "2027-03-28T07:00", "2027-03-29T07:00"]
    );
    assert_eq!(
        next_in("Asia/Kolkata", "0 9 * * *", "2027-03-26T12:00:00Z", 1),
        ["2027-03-27T03:30"]
    );
}

/// On 28 March 2027 the clocks in Vienna go from 2:00 to 3:00.
#[test]
fn a_skipped_local_time_is_due_once_at_the_end_of_the_gap() {
    assert_eq!(
        next_in("Europe/Vienna", "30 2 * * *", "2027-03-26T12:00:00Z", 3),
        ["2027-03-27T01:30", "2027-03-28T01:00", "2027-03-29T00:30"]
    );
    // What is due again and again goes on at its pace.
    assert_eq!(
        next_in("Europe/Vienna", "*/30 * * * *", "2027-03-28T00:00:00Z", 4),
        [
            "2027-03-28T00:30",
            "2027-03-28T01:00",
            "2027-03-28T01:30",
            "2027-03-28T02:00"
        ]
    );
}

/// On 31 October 2027 the clocks in Vienna go from 3:00 to 2:00.
#[test]
fn a_repeated_local_time_is_due_once() {
    assert_eq!(
        next_in("Europe/Vienna", "30 2 * * *", "2027-10-30T12:00:00Z", 2),
        ["2027-10-31T00:30", "2027-11-01T01:30"]
    );
    assert_eq!(
        next_in("Europe/Vienna", "30 * * * *", "2027-10-31T00:00:00Z", 3),
        ["2027-10-31T00:30", "2027-10-31T01:30", "2027-10-31T02:30"]
    );
}

#[test]
fn searching_backward_finds_the_same_times() {
    for expression in ["30 2 * * *", "*/20 * * * *", "15 1-3 * * *"] {
        for after in ["2027-03-27T22:00:00Z", "2027-10-30T22:00:00Z"] {
            let times = Times::cron_in(expression, "Europe/Vienna").unwrap();
            let forward: Vec<_> =
                std::iter::successors(times.next_after(at(after)), |time| times.next_after(*time))
                    .take(12)
                    .collect();
            for pair in forward.windows(2) {
                assert_eq!(
                    times.last_before(pair[1]),
                    Some(pair[0]),
                    "{expression} before {}",
                    pair[1]
                );
            }
            let between = times.newest(forward[0], forward[0], forward[11], 100);
            assert_eq!(between, forward, "{expression} after {after}");
        }
    }
}

#[test]
fn an_unknown_time_zone_is_refused_with_an_error() {
    let error = Times::cron_in("0 9 * * *", "Mars/Olympus").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no time zone \"Mars/Olympus\": use an IANA time zone name, for example \
         \"Europe/Vienna\""
    );
    assert!(Times::cron_in("0 25 * * *", "Europe/Vienna").is_err());
    // From a store it does no harm.
    let times = Times::CronIn {
        expression: "0 9 * * *".into(),
        time_zone: "Mars/Olympus".into(),
    };
    assert_eq!(times.next_after(seconds(0)), None);
}
