//! Schedules at chosen moments.

mod overlap;
mod settings;
mod times;
mod zones;

use super::*;

/// A moment given as RFC 3339.
fn at(text: &str) -> Timestamp {
    serde_json::from_value(text.into()).unwrap()
}

fn seconds(n: u64) -> Timestamp {
    Timestamp(n * 1_000_000_000)
}

/// Due each ten seconds from the tenth on.
fn each_ten(overlap: Overlap) -> Schedule {
    let times = Times::every(Duration::from_secs(10)).unwrap();
    Schedule::new(times, "tidy", Payload::null())
        .overlap(overlap)
        .starting_at(seconds(0))
}

#[test]
fn names_follow_the_rules_of_ids() {
    assert_eq!(ScheduleName::new("tidy").unwrap().to_string(), "tidy");
    for bad in ["", "a\nb", &"x".repeat(201)] {
        assert!(ScheduleName::new(bad).is_err());
        assert!(serde_json::from_value::<ScheduleName>(bad.into()).is_err());
    }
    let error = ScheduleName::new("").unwrap_err().to_string();
    assert!(error.contains("not a valid schedule name"), "{error}");
}

#[test]
fn a_schedule_survives_the_store_and_json() {
    let mut schedule = each_ten(Overlap::BufferOne);
    schedule.turn(seconds(30), Previous::Open);
    let stored = postcard::to_stdvec(&schedule).unwrap();
    assert_eq!(postcard::from_bytes::<Schedule>(&stored).unwrap(), schedule);
    let json = serde_json::to_value(&schedule).unwrap();
    assert_eq!(json["catchUp"]["secs"], 60);
    assert_eq!(json["times"]["Every"]["secs"], 10);
    assert_eq!(serde_json::from_value::<Schedule>(json).unwrap(), schedule);
}
