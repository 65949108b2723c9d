//! Tests of beats and instants.

use crate::music::Meter;
use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000_000;

fn rolling(tempo: f64) -> Transport {
    Transport::new(Tempo::new(tempo).unwrap(), Meter::default()).started(Nanos(SECOND))
}

#[test]
fn a_stopped_transport_has_no_instants() {
    let transport = Transport::default();
    assert_eq!(transport.instant(Beat::ZERO), None);
    assert_eq!(transport.position(Nanos(SECOND)), Beat::ZERO);
}

#[test]
fn at_120_a_beat_is_half_a_second() {
    let transport = rolling(120.0);
    let three = Beat(Beats::whole(3));
    assert_eq!(transport.instant(three), Some(Nanos(SECOND * 5 / 2)));
    assert_eq!(transport.position(Nanos(SECOND * 5 / 2)), three);
    assert_eq!(
        transport
            .stopped(Nanos(2 * SECOND))
            .position(Nanos(9 * SECOND)),
        Beat(Beats::whole(2))
    );
}

#[test]
fn bars_and_counts_are_numbered_from_one() {
    let transport = Transport::default().with_meters("6/8".parse::<Meter>().unwrap());
    assert_eq!(transport.bar_and_beat(Beat::ZERO), (1, 1));
    assert_eq!(transport.bar_and_beat(Beat(Beats::new(11, 4))), (1, 6));
    assert_eq!(transport.bar_and_beat(Beat(Beats::whole(3))), (2, 1));
    assert_eq!(transport.bar_and_beat(Beat(Beats::new(-1, 2))), (0, 6));
}

#[test]
fn a_delayed_voice_keeps_its_position_in_the_bar() {
    let transport = Transport::default();
    assert_eq!(transport.in_phase(beat(5, 2), beat(5, 2)), beat(5, 2));
    assert_eq!(transport.in_phase(beat(5, 2), beat(8, 3)), beat(13, 2));
    assert_eq!(transport.in_phase(beat(5, 2), beat(13, 2)), beat(13, 2));
    assert_eq!(transport.in_phase(beat(5, 2), beat(20, 3)), beat(21, 2));
}

fn any_meter() -> impl Strategy<Value = Meter> {
    (1u8..=16, 0u32..=4).prop_map(|(beats, unit)| Meter::new(beats, 1 << unit).unwrap())
}

fn any_beat() -> impl Strategy<Value = Beat> {
    (-10_000i64..100_000, 1i64..=48).prop_map(|(n, d)| Beat(Beats::new(n, d)))
}

fn beat(n: i64, d: i64) -> Beat {
    Beat(Beats::new(n, d))
}

#[test]
fn scheduled_changes_apply_from_their_beat() {
    let tempo = |bpm| Tempo::new(bpm).unwrap();
    // 120 BPM, from beat 2 on 60, from beat 4 on 240.
    let changes = [(beat(2, 1), tempo(60.0)), (beat(4, 1), tempo(240.0))];
    let transport = rolling(120.0).with_changes(Nanos(SECOND), &changes);
    for (at, seconds) in [
        (beat(0, 1), 1.0),
        (beat(2, 1), 2.0),
        (beat(3, 1), 3.0),
        (beat(4, 1), 4.0),
        (beat(6, 1), 4.5),
    ] {
        let instant = Nanos((seconds * SECOND as f64) as u64);
        assert_eq!(transport.instant(at), Some(instant), "{at}");
        assert_eq!(transport.position(instant), at);
        // The same after passed changes were dropped.
        let later = transport.anchored(instant);
        assert_eq!(later.instant(beat(6, 1)), transport.instant(beat(6, 1)));
        assert_eq!(later.tempo_at(at), transport.tempo_at(at));
    }
    assert_eq!(transport.tempo_at(beat(3, 1)), tempo(60.0));
    assert_eq!(transport.tempo(Nanos(5 * SECOND)), tempo(240.0));
    // Other changes replace those from their first beat on.
    let other = transport.with_changes(Nanos(SECOND), &[(beat(3, 1), tempo(120.0))]);
    assert_eq!(other.instant(beat(5, 1)), Some(Nanos(4 * SECOND)));
    // A tempo change now replaces all upcoming ones.
    let now = transport.with_tempo(Nanos(SECOND), tempo(60.0));
    assert_eq!(now.instant(beat(6, 1)), Some(Nanos(7 * SECOND)));
    assert_eq!(transport.stopped(Nanos(3 * SECOND)).changes().count(), 1);
}

#[test]
fn steering_moves_the_transport_to_the_external_position() {
    let tempo = Tempo::new(60.0).unwrap();
    let ahead = [(beat(9, 1), tempo)];
    let transport = rolling(120.0).with_changes(Nanos(SECOND), &ahead);
    // Synced half a second after the other clock passed beat 7.
    let synced = transport.synced(Nanos(5 * SECOND), beat(7, 1), Nanos(SECOND * 9 / 2), tempo);
    assert_eq!(synced.position(Nanos(5 * SECOND)), beat(15, 2));
    assert_eq!(synced.instant(beat(8, 1)), Some(Nanos(SECOND * 11 / 2)));
    assert_eq!(synced.changes().count(), 0);
}

#[test]
fn a_nudge_shifts_all_future_beats_equally() {
    let changes = [(beat(4, 1), Tempo::new(60.0).unwrap())];
    let transport = rolling(120.0).with_changes(Nanos(SECOND), &changes);
    let by = Duration::from_millis(30);
    let later = transport.nudged(Nanos(2 * SECOND), Offset::Later(by));
    let earlier = transport.nudged(Nanos(2 * SECOND), Offset::Earlier(by));
    for at in [beat(3, 1), beat(4, 1), beat(20, 3)] {
        let before = transport.instant(at).unwrap();
        assert_eq!(later.instant(at), Some(before + by));
        assert_eq!(earlier.instant(at), Some(before - by));
    }
    let far = transport.nudged(Nanos(2 * SECOND), Offset::Later(by * 1000));
    let beats = Duration::from_millis(500);
    assert_eq!(
        far.instant(beat(3, 1)),
        transport.instant(beat(3, 1)).map(|at| at + beats)
    );
}

#[test]
fn scheduled_changes_are_limited() {
    let change = |n: i64| (beat(n, 1), Tempo::new(60.0 + n as f64).unwrap());
    let changes: Vec<_> = (1..20).map(change).collect();
    let transport = rolling(120.0).with_changes(Nanos(SECOND), &changes);
    assert_eq!(transport.changes().count(), Transport::AHEAD);
    assert_eq!(transport.tempo_at(beat(30, 1)).beats_per_minute(), 79.0);
}

proptest! {
    #![proptest_config(crate::seed::cases(256))]

    #[test]
    fn scheduled_changes_cause_no_jump_in_time(
        tempi in prop::collection::vec((1i64..40, 10.0f64..=400.0), 1..8), nanos in SECOND..1 << 36,
    ) {
        let mut changes: Vec<_> = tempi.into_iter()
            .map(|(at, tempo)| (beat(at, 4), Tempo::new(tempo).unwrap())).collect();
        changes.sort_by_key(|(at, _)| *at);
        let transport = rolling(120.0).with_changes(Nanos(SECOND), &changes);
        let position = transport.position(Nanos(nanos));
        let back = transport.instant(position).unwrap();
        prop_assert!(back.0.abs_diff(nanos) <= 300, "{} {nanos}", back.0);
        let later = transport.anchored(Nanos(nanos));
        let far = position + Beats::whole(20);
        let (a, b) = (transport.instant(far).unwrap(), later.instant(far).unwrap());
        prop_assert!(a.0.abs_diff(b.0) <= 4, "{a:?} {b:?}");
    }

    #[test]
    fn in_phase_is_the_smallest_shift_by_whole_bars(
        meter in any_meter(), asked in any_beat(), earliest in any_beat(),
    ) {
        let transport = Transport::default().with_meters(meter);
        let moved = transport.in_phase(asked, earliest);
        let bars = (moved - asked) / meter.bar();
        prop_assert!(moved >= earliest || moved == asked);
        prop_assert!(bars >= Beats::ZERO);
        prop_assert_eq!(bars.fraction().1, 1, "whole bars");
        prop_assert!(moved == asked || moved - meter.bar() < earliest, "no further than needed");
    }

    #[test]
    fn next_bar_is_the_first_bar_line(meter in any_meter(), beat in any_beat()) {
        let transport = Transport::default().with_meters(meter);
        let line = transport.next_bar(beat);
        prop_assert_eq!((line.0 / meter.bar()).fraction().1, 1);
        prop_assert!(line >= beat && line - meter.bar() < beat);
        prop_assert_eq!(transport.bar_and_beat(line).1, 1);
    }

    #[test]
    fn later_beats_have_later_instants(tempo in 10.0f64..=400.0, a in any_beat(), b in any_beat()) {
        let transport = rolling(tempo);
        let (early, late) = (a.min(b), a.max(b));
        prop_assert!(transport.instant(early) <= transport.instant(late));
    }

    #[test]
    fn position_inverts_instant_to_the_nanosecond(tempo in 10.0f64..=400.0, nanos in SECOND..1 << 45) {
        let transport = rolling(tempo);
        let back = transport.instant(transport.position(Nanos(nanos))).unwrap();
        // Half a step of the finest grid at the slowest tempo is 298 ns.
        prop_assert!(back.0.abs_diff(nanos) <= 300, "{} {nanos}", back.0);
    }

    #[test]
    fn a_tempo_change_does_not_move_the_present(
        tempi in prop::collection::vec(10.0f64..=400.0, 1..40), step in 1u64..SECOND,
    ) {
        let mut transport = rolling(120.0);
        let mut now = Nanos(SECOND);
        for tempo in tempi {
            now = now + Duration::from_nanos(step);
            let before = transport.position(now);
            let kept = transport.instant(before);
            transport = transport.with_tempo(now, Tempo::new(tempo).unwrap());
            prop_assert_eq!(transport.instant(before), kept);
        }
    }
}
