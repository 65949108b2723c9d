//! Intervals and cron expressions.

use jiff::{ToSpan, civil, tz::TimeZone};
use proptest::prelude::*;

use super::*;

/// The first times after a moment, without seconds.
fn next_of(expression: &str, after: &str, n: usize) -> Vec<String> {
    let times = Times::cron(expression).unwrap();
    std::iter::successors(Some(at(after)), |last| times.next_after(*last))
        .skip(1)
        .take(n)
        .map(|time| time.to_string()[..16].to_owned())
        .collect()
}

#[test]
fn intervals_are_anchored_and_exact() {
    let times = Times::every(Duration::from_millis(7)).unwrap();
    assert_eq!(times.next_after(Timestamp(3)), Some(Timestamp(7_000_003)));
    assert_eq!(times.next_after(Timestamp(u64::MAX - 5)), None);
}

#[test]
fn intervals_under_a_millisecond_are_refused() {
    assert!(Times::every(Duration::from_millis(1)).is_ok());
    let error = Times::every(Duration::from_micros(999)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "an interval of 999us is too short: use 1 ms or more, for example Duration::from_millis(1)"
    );
}

#[test]
fn months_end_and_years_leap() {
    let after = "2027-01-30T12:00:00Z";
    assert_eq!(
        next_of("0 0 31 * *", after, 3),
        ["2027-01-31T00:00", "2027-03-31T00:00", "2027-05-31T00:00"]
    );
    assert_eq!(
        next_of("30 6 29 feb *", after, 2),
        ["2028-02-29T06:30", "2032-02-29T06:30"]
    );
    assert_eq!(
        next_of("59 23 L * *", after, 3),
        ["2027-01-31T23:59", "2027-02-28T23:59", "2027-03-31T23:59"]
    );
    // 2100 has no 29th of February.
    assert_eq!(
        next_of("0 0 29 2 *", "2096-03-01T00:00:00Z", 1),
        ["2104-02-29T00:00"]
    );
}

#[test]
fn no_hour_is_skipped_or_repeated() {
    // The nights in which clocks change in Europe and America.
    for day in ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"] {
        let hours = next_of("30 * * * *", &format!("{day}T00:00:00Z"), 24);
        let expected: Vec<_> = (0..24).map(|hour| format!("{day}T{hour:02}:30")).collect();
        assert_eq!(hours, expected);
    }
}

#[test]
fn names_ranges_steps_lists_and_seconds() {
    let after = "2026-11-21T11:00:00Z";
    assert_eq!(
        next_of("0 9 * * mon-fri", after, 6),
        [
            "2026-11-23T09:00",
            "2026-11-24T09:00",
            "2026-11-25T09:00",
            "2026-11-26T09:00",
            "2026-11-27T09:00",
            "2026-11-30T09:00"
        ]
    );
    assert_eq!(
        next_of("5,50-59/4 */8 1 JAN,jul *", after, 4),
        [
            "2027-01-01T00:05",
            "2027-01-01T00:50",
            "2027-01-01T00:54",
            "2027-01-01T00:58"
        ]
    );
    assert_eq!(
        next_of("0 0 * * 7", after, 1),
        next_of("0 0 * * 0", after, 1)
    );
    let times = Times::cron("20,40 * * * * *").unwrap();
    let next = times.next_after(at("2026-11-21T11:00:20Z"));
    assert_eq!(next, Some(at("2026-11-21T11:00:40Z")));
    // Between two seconds.
    let next = times.next_after(at("2026-11-21T11:00:39.999999999Z"));
    assert_eq!(next, Some(at("2026-11-21T11:00:40Z")));
}

#[test]
fn cron_errors_say_what_is_wrong() {
    let said = |expression| Times::cron(expression).unwrap_err().to_string();
    for (expression, part) in [
        ("61 * * * *", "the minute \"61\": "),
        ("* * * * * 9", "the day of the week \"9\": "),
        ("* 1-x * * *", "the hour \"1-x\": "),
        ("0 0 * smarch *", "the month \"smarch\": "),
        ("*/0 * * * *", "the minute \"*/0\": Step cannot be zero)"),
        ("* * * *", "it has 4 fields instead of 5 or 6"),
        ("* * * * * * 2027", "it has 7 fields instead of 5 or 6"),
        ("", "it has 0 fields"),
        ("0 0 30 2 *", "is never due"),
        ("ü * * * *", "the minute \"ü\": "),
    ] {
        assert!(said(expression).contains(part), "{}", said(expression));
        assert!(said(expression).contains(", for example \""));
    }
}

#[test]
fn times_from_a_damaged_store_are_harmless() {
    for expression in ["", "nonsense", "0 0 30 2 *"] {
        let mut schedule = each_ten(Overlap::Allow);
        schedule.times = Times::Cron(expression.into());
        assert_eq!(schedule.turn(seconds(100), Previous::Ended), []);
        assert_eq!(schedule.due(), None);
    }
    let mut schedule = each_ten(Overlap::Allow);
    schedule.times = Times::Every(Duration::ZERO);
    assert_eq!(schedule.turn(seconds(11), Previous::Ended).len(), 1_000);
    schedule.times = Times::Every(Duration::MAX);
    schedule.turn(seconds(12), Previous::Ended);
    assert_eq!(schedule.due(), None);
}

/// A field of an expression as text, with the numbers it means.
fn field(least: u32, most: u32) -> impl Strategy<Value = (String, Vec<u32>)> {
    let number = least..=most;
    let range = (number.clone(), number.clone()).prop_map(|(a, b)| (a.min(b), a.max(b)));
    let item = prop_oneof![
        3 => number.prop_map(|n| (n.to_string(), vec![n])),
        1 => range.clone().prop_map(|(a, b)| (format!("{a}-{b}"), (a..=b).collect())),
        1 => (range, 1..=most).prop_map(|((a, b), step)| {
            (format!("{a}-{b}/{step}"), (a..=b).step_by(step as usize).collect())
        }),
    ];
    let all: Vec<_> = (least..=most).collect();
    let list = proptest::collection::vec(item, 1..4).prop_map(|items| {
        let (texts, numbers): (Vec<String>, Vec<Vec<u32>>) = items.into_iter().unzip();
        (texts.join(","), numbers.concat())
    });
    prop_oneof![
        Just(("*".to_owned(), all)),
        (1..=most).prop_map(move |step| {
            let numbers = (least..=most).step_by(step as usize).collect();
            (format!("*/{step}"), numbers)
        }),
        list,
    ]
}

/// Whether a minute matches fields in the order minute, hour, day, month, day of the week.
fn fits(fields: &[(String, Vec<u32>)], time: civil::DateTime) -> bool {
    let has = |field: usize, number: i8| fields[field].1.contains(&(number as u32));
    let weekday = time.weekday().to_sunday_zero_offset();
    let (day, of_week) = (has(2, time.day()), has(4, weekday));
    let either = fields[2].0 != "*" && fields[4].0 != "*";
    let day = if either {
        day || of_week
    } else {
        day && of_week
    };
    day && has(0, time.minute()) && has(1, time.hour()) && has(3, time.month())
}

fn moment(time: civil::DateTime) -> Timestamp {
    let moment = TimeZone::UTC.to_timestamp(time).unwrap();
    Timestamp(moment.as_nanosecond() as u64)
}

proptest! {
    #![proptest_config(crate::seed::cases(200))]

    /// Checks every minute of forty days.
    #[test]
    fn the_next_time_is_the_first_match(
        fields in (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6)),
        second in 0..126_230_400_u64,
    ) {
        let fields = [fields.0, fields.1, fields.2, fields.3, fields.4];
        let expression = fields.each_ref().map(|field| field.0.as_str()).join(" ");
        let times = Times::Cron(expression);
        // From 2026 on, so that the years hold a 29th of February.
        let start = Timestamp(at("2026-01-01T00:00:00Z").0 + second * 1_000_000_000);
        let minute = second / 60 * 60;
        let first = civil::date(2026, 1, 1).at(0, 0, 0, 0) + (minute as i64).seconds();
        let scanned = (1..=40 * 24 * 60)
            .map(|n| first + i64::from(n).minutes())
            .find(|time| fits(&fields, *time))
            .map(moment);
        let next = times.next_after(start);
        prop_assert!(next.is_none_or(|next| next > start));
        match scanned {
            Some(_) => {
                prop_assert_eq!(next, scanned);
                let back = times.last_before(next.unwrap());
                prop_assert!(back.is_none_or(|back| back <= start));
                let between = times.newest(back.unwrap_or(start), start, scanned.unwrap(), 9);
                prop_assert_eq!(between.last().copied(), scanned);
            }
            None => prop_assert!(next.is_none_or(|next| next > start + Duration::from_secs(40 * 86_400))),
        }
    }

    #[test]
    fn no_cron_text_panics(text in "[-0-9*/,LW#?@a-zä ]{0,24}") {
        if let Ok(times) = Times::cron(&text) {
            let next = times.next_after(seconds(1));
            prop_assert!(next.is_some_and(|next| next > seconds(1)));
        }
    }
}
