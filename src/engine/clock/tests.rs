//! Clocks that jump, with given readings.

use std::{sync::atomic::AtomicU64, time::Duration};

use proptest::prelude::*;

use super::{jump::JumpWatch, reading, *};

const SECOND: u64 = 1_000_000_000;

fn read(wall: u64, monotonic: u64) -> Reading {
    Reading {
        wall: wall * SECOND,
        monotonic: monotonic * SECOND,
    }
}

/// The engine's time at each of these readings of the machine's clocks, in seconds.
fn engine_times(readings: &[Reading]) -> Vec<u64> {
    let greatest = AtomicU64::new(0);
    readings
        .iter()
        .map(|reading| (reading::raise(&greatest, *reading) + reading.monotonic) / SECOND)
        .collect()
}

#[test]
fn the_engines_time_advances_while_the_machine_sleeps() {
    let times = engine_times(&[read(1_000, 5), read(1_001, 6), read(8_202, 7)]);
    assert_eq!(times, [1_000, 1_001, 8_202]);
}

#[test]
fn the_engines_time_advances_normally_when_the_wall_clock_is_set_back() {
    let times = engine_times(&[read(1_000, 5), read(400, 6), read(401, 7), read(410, 16)]);
    assert_eq!(times, [1_000, 1_001, 1_002, 1_011]);
    // The wall clock is right again, and later ahead.
    let times = engine_times(&[read(1_000, 5), read(400, 6), read(1_002, 7), read(1_010, 8)]);
    assert_eq!(times, [1_000, 1_001, 1_002, 1_010]);
}

#[test]
fn a_jump_of_more_than_two_seconds_is_noticed_with_its_direction() {
    let mut watch = JumpWatch::default();
    assert_eq!(watch.look(read(1_000, 0)), None, "the first look");
    assert_eq!(watch.look(read(1_060, 60)), None);
    assert_eq!(watch.look(read(1_062, 60)), None, "two seconds");
    let slept = Some(ClockJump::Forward(Duration::from_secs(7_200)));
    assert_eq!(watch.look(read(8_263, 61)), slept);
    assert_eq!(watch.look(read(8_264, 62)), None, "reported once");
    let back = Some(ClockJump::Back(Duration::from_secs(86_400)));
    assert!(watch.look(read(100_000, 63)).is_some());
    assert_eq!(watch.look(read(13_601, 64)), back);
    assert_eq!(ClockJump::Back(Duration::from_secs(3)).to_string(), "-3s");
}

#[tokio::test(start_paused = true)]
async fn moments_and_instants_of_a_simulated_clock_agree() {
    let clock = Clock::starting_at(Timestamp(100 * SECOND));
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(clock.now(), Timestamp(120 * SECOND));
    assert_eq!(clock.at(begun), Timestamp(100 * SECOND));
    assert_eq!(
        clock.instant(Timestamp(130 * SECOND)),
        begun + Duration::from_secs(30)
    );
    assert_eq!(clock.instant(Timestamp(100 * SECOND)), begun);
    assert!(clock.instant(Timestamp(u64::MAX)) > begun + FAR / 2);
    let due = begun + Duration::from_secs(3_600);
    assert_eq!(clock.read_again(due), due, "it cannot jump");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_must_not_be_before_a_moment_starts_there() {
    let clock = Clock::starting_at(Timestamp(100 * SECOND));
    let late = clock.not_before(Timestamp(500 * SECOND));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(late.now(), Timestamp(501 * SECOND));
    assert_eq!(late.wall_now(), Timestamp(101 * SECOND));
    let due = Instant::now() + Duration::from_secs(9);
    assert_eq!(late.instant(Timestamp(510 * SECOND)), due);
    assert_eq!(late.wall_instant(Timestamp(110 * SECOND)), due);
    assert_eq!(late.at(due), Timestamp(510 * SECOND));
    // What is over already changes nothing.
    let same = late.not_before(Timestamp(400 * SECOND));
    assert_eq!(same.now(), late.now());
}

/// The machine's clock on a runtime with paused time is simulated from the present on.
#[tokio::test(start_paused = true)]
async fn the_machines_clock_moves_with_paused_time() {
    let clock = Clock::wall();
    let (now, wall) = (clock.now(), clock.wall_now());
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    let near = |after: Duration| after.abs_diff(Duration::from_secs(3_600)).as_secs() < 60;
    assert!(near(clock.now().since(now)));
    assert!(near(clock.wall_now().since(wall)));
    let due = Instant::now() + Duration::from_secs(3_600);
    assert!(clock.read_again(due) <= Instant::now() + Duration::from_secs(1));
}

#[test]
fn the_machines_clock_shows_the_wall_clock() {
    let clock = Clock::wall();
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let wall = Timestamp(nanos(wall.unwrap()));
    assert!(clock.wall_now().since(wall) < Duration::from_secs(60));
    assert!(clock.now() >= clock.wall_now() || clock.wall_now().since(clock.now()).as_secs() < 1);
}

proptest! {
    /// The engine's time never runs backward and is never behind the wall clock, whatever the wall clock
    /// does.
    #[test]
    fn the_engines_time_never_runs_backward(
        steps in prop::collection::vec((0..2_000_000_u64, 0..100_u64), 1..50)
    ) {
        let mut monotonic = 0;
        let readings: Vec<_> = steps
            .iter()
            .map(|(wall, passed)| {
                monotonic += passed;
                read(*wall, monotonic)
            })
            .collect();
        let times = engine_times(&readings);
        prop_assert!(times.is_sorted());
        for (time, reading) in times.iter().zip(&readings) {
            prop_assert!(*time >= reading.wall / SECOND);
        }
    }
}
