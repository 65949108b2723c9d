//! Which beat is when: tempo, meter, and where the piece stands or how it rolls.
//!
//! A value, not a thing: whoever holds a copy can reckon with it. It knows no clock.

use super::{Beat, Beats, Meter, Nanos, Tempo};

/// The relation of beats to instants.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Transport {
    meter: Meter,
    tempo: Tempo,
    /// The beat where it stands, or that it passes at `rolling`.
    beat: Beat,
    rolling: Option<Nanos>,
    ahead: Ahead,
}

/// Changes of tempo to come, in the order of their beats. Kept in place and small: transports go
/// through the rings of the player.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Ahead {
    /// Those after the first `count` are zero.
    changes: [(Beat, Tempo); Transport::AHEAD],
    count: u8,
}

impl Ahead {
    /// If there are too many, the last one takes the place of those before it.
    fn of(changes: impl Iterator<Item = (Beat, Tempo)>) -> Self {
        let mut ahead = Self::default();
        for change in changes {
            let place = usize::from(ahead.count).min(Transport::AHEAD - 1);
            if let Some(free) = ahead.changes.get_mut(place) {
                *free = change;
            }
            ahead.count = place as u8 + 1;
        }
        ahead
    }
}

/// A stretch of one tempo: from a beat that is so many nanoseconds after the anchor.
#[derive(Clone, Copy)]
struct Stretch {
    beat: Beat,
    nanos: f64,
    tempo: Tempo,
}

impl Stretch {
    /// How many nanoseconds after the anchor a beat is.
    fn nanos_at(self, beat: Beat) -> f64 {
        self.nanos + (beat - self.beat).as_f64() * self.tempo.beat_nanos()
    }
}

impl Transport {
    /// How many changes of tempo may be ahead.
    pub const AHEAD: usize = 6;

    /// Standing at the beginning.
    pub fn new(tempo: Tempo, meter: Meter) -> Self {
        Self {
            meter,
            tempo,
            ..Self::default()
        }
    }

    /// How fast at a beat. Before the last change that has passed it is taken as it was after it.
    pub fn tempo_at(&self, beat: Beat) -> Tempo {
        let passed = self.changes().take_while(|(at, _)| *at <= beat);
        passed.last().map_or(self.tempo, |(_, tempo)| tempo)
    }

    /// How fast now.
    pub fn tempo(&self, now: Nanos) -> Tempo {
        self.tempo_at(self.position(now))
    }

    /// The changes of tempo that are ahead, in their order; some of them may have passed meanwhile.
    pub fn changes(&self) -> impl Iterator<Item = (Beat, Tempo)> {
        let count = usize::from(self.ahead.count);
        self.ahead.changes.into_iter().take(count)
    }

    /// How bars are counted. Bar lines are counted from beat 0.
    pub fn meter(&self) -> Meter {
        self.meter
    }

    /// Whether beats go by.
    pub fn is_rolling(&self) -> bool {
        self.rolling.is_some()
    }

    /// The beat at `now`, to 1/[`Beats::FINEST`] of a beat. While it has been rolled with a lead,
    /// that is before the beat where it stood.
    pub fn position(&self, now: Nanos) -> Beat {
        let Some(anchor) = self.rolling else {
            return self.beat;
        };
        let elapsed = (i128::from(now.0) - i128::from(anchor.0)) as f64;
        let here = self.stretch(|next| next.nanos <= elapsed);
        here.beat + Beats::from_f64((elapsed - here.nanos) / here.tempo.beat_nanos())
    }

    /// The last stretch of those that have begun.
    fn stretch(&self, has_begun: impl Fn(Stretch) -> bool) -> Stretch {
        let mut stretch = Stretch {
            beat: self.beat,
            nanos: 0.0,
            tempo: self.tempo,
        };
        for (beat, tempo) in self.changes() {
            let next = Stretch {
                beat: beat.max(stretch.beat),
                nanos: stretch.nanos_at(beat.max(stretch.beat)),
                tempo,
            };
            if !has_begun(next) {
                break;
            }
            stretch = next;
        }
        stretch
    }

    /// When `beat` is; `None` while standing. An instant before the origin counts as the origin.
    ///
    /// Reckoned from the last change of tempo in one multiplication: errors do not add up.
    pub fn instant(&self, beat: Beat) -> Option<Nanos> {
        let anchor = self.rolling?;
        let stretch = self.stretch(|next| next.beat <= beat);
        let elapsed = stretch.nanos_at(beat).round() as i128;
        let nanos = (i128::from(anchor.0) + elapsed).max(0);
        Some(Nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// The same, rolling such that the present beat is at `start`. If it rolls already: unchanged.
    pub fn rolled(self, start: Nanos) -> Self {
        Self {
            rolling: self.rolling.or(Some(start)),
            ..self
        }
    }

    /// The same, standing where it is at `now`.
    pub fn stood(self, now: Nanos) -> Self {
        Self {
            rolling: None,
            ..self.anchored(now)
        }
    }

    /// The same at another tempo from `now` on, whatever was ahead.
    pub fn with_tempo(self, now: Nanos, tempo: Tempo) -> Self {
        Self {
            tempo,
            ahead: Ahead::default(),
            ..self.anchored(now)
        }
    }

    /// The same with these changes of tempo, in the order of their beats, in the place of all that
    /// were ahead from the first of them on. Those that are past by `now` hold from now on. If
    /// there are more than [`AHEAD`](Self::AHEAD), the last one takes the place of those before it.
    pub fn with_changes(self, now: Nanos, changes: &[(Beat, Tempo)]) -> Self {
        let Some((first, _)) = changes.first() else {
            return self;
        };
        let anchored = self.anchored(now);
        let kept = anchored.changes().filter(|(beat, _)| beat < first);
        let ahead = Ahead::of(kept.chain(changes.iter().copied()));
        Self { ahead, ..anchored }.anchored(now)
    }

    /// The same relation, reckoned from the present beat; changes that have passed are forgotten.
    pub fn anchored(self, now: Nanos) -> Self {
        // The new anchor is a beat of the fine grid at its exact old instant, so nothing jumps.
        let beat = self.position(now);
        Self {
            tempo: self.tempo_at(beat),
            beat,
            rolling: self.instant(beat),
            ahead: Ahead::of(self.changes().filter(|(at, _)| *at > beat)),
            ..self
        }
    }

    /// The same, counted in another meter.
    pub fn with_meter(self, meter: Meter) -> Self {
        Self { meter, ..self }
    }

    /// The same, standing at another beat, with no changes of tempo ahead. If it rolls: unchanged.
    pub fn located(self, beat: Beat) -> Self {
        if self.is_rolling() {
            return self;
        }
        Self {
            beat,
            tempo: self.tempo_at(self.beat),
            ahead: Ahead::default(),
            ..self
        }
    }

    /// The first bar line at or after `beat`.
    pub fn next_bar(&self, beat: Beat) -> Beat {
        let bar = self.meter.bar();
        Beat(bar * (beat.0 / bar).ceil())
    }

    /// The bar and the count in it as musicians number them, from 1. Before the beginning bars are
    /// numbered 0, -1, ...
    pub fn bar_and_beat(&self, beat: Beat) -> (i64, i64) {
        let bar = self.meter.bar();
        let bars = (beat.0 / bar).floor();
        let into = beat.0 - bar * bars;
        (bars + 1, (into / self.meter.count()).floor() + 1)
    }

    /// `asked`, or, if that is before `earliest`, the first place in the same phase of a later bar.
    pub fn in_phase(&self, asked: Beat, earliest: Beat) -> Beat {
        if asked >= earliest {
            return asked;
        }
        let bar = self.meter.bar();
        asked + bar * (earliest - asked).div_ceil(bar)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn rolling(tempo: f64) -> Transport {
        Transport::new(Tempo::new(tempo).unwrap(), Meter::default()).rolled(Nanos(SECOND))
    }

    #[test]
    fn standing_beats_have_no_instant() {
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
                .stood(Nanos(2 * SECOND))
                .position(Nanos(9 * SECOND)),
            Beat(Beats::whole(2))
        );
    }

    #[test]
    fn bars_and_counts_are_numbered_from_one() {
        let transport = Transport::default().with_meter("6/8".parse().unwrap());
        assert_eq!(transport.bar_and_beat(Beat::ZERO), (1, 1));
        assert_eq!(transport.bar_and_beat(Beat(Beats::new(11, 4))), (1, 6));
        assert_eq!(transport.bar_and_beat(Beat(Beats::whole(3))), (2, 1));
        assert_eq!(transport.bar_and_beat(Beat(Beats::new(-1, 2))), (0, 6));
    }

    #[test]
    fn a_voice_that_comes_back_keeps_its_place_in_the_bar() {
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
    fn changes_ahead_hold_from_their_beat_on() {
        let tempo = |bpm| Tempo::new(bpm).unwrap();
        // 120, from beat 2 on 60, from beat 4 on 240.
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
            // The same once those that have passed are forgotten.
            let later = transport.anchored(instant);
            assert_eq!(later.instant(beat(6, 1)), transport.instant(beat(6, 1)));
            assert_eq!(later.tempo_at(at), transport.tempo_at(at));
        }
        assert_eq!(transport.tempo_at(beat(3, 1)), tempo(60.0));
        assert_eq!(transport.tempo(Nanos(5 * SECOND)), tempo(240.0));
        // Others take the place of those from their first beat on.
        let other = transport.with_changes(Nanos(SECOND), &[(beat(3, 1), tempo(120.0))]);
        assert_eq!(other.instant(beat(5, 1)), Some(Nanos(4 * SECOND)));
        // A change of tempo now takes the place of all.
        let now = transport.with_tempo(Nanos(SECOND), tempo(60.0));
        assert_eq!(now.instant(beat(6, 1)), Some(Nanos(7 * SECOND)));
        assert_eq!(transport.stood(Nanos(3 * SECOND)).changes().count(), 1);
    }

    #[test]
    fn no_more_changes_are_kept_than_there_is_room_for() {
        let change = |n: i64| (beat(n, 1), Tempo::new(60.0 + n as f64).unwrap());
        let changes: Vec<_> = (1..20).map(change).collect();
        let transport = rolling(120.0).with_changes(Nanos(SECOND), &changes);
        assert_eq!(transport.changes().count(), Transport::AHEAD);
        assert_eq!(transport.tempo_at(beat(30, 1)).beats_per_minute(), 79.0);
    }

    proptest! {
        #[test]
        fn with_changes_ahead_time_goes_on_without_a_jump(
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
            let transport = Transport::default().with_meter(meter);
            let moved = transport.in_phase(asked, earliest);
            let bars = (moved - asked) / meter.bar();
            prop_assert!(moved >= earliest || moved == asked);
            prop_assert!(bars >= Beats::ZERO);
            prop_assert_eq!(bars.fraction().1, 1, "whole bars");
            prop_assert!(moved == asked || moved - meter.bar() < earliest, "no further than needed");
        }

        #[test]
        fn next_bar_is_the_first_bar_line(meter in any_meter(), beat in any_beat()) {
            let transport = Transport::default().with_meter(meter);
            let line = transport.next_bar(beat);
            prop_assert_eq!((line.0 / meter.bar()).fraction().1, 1);
            prop_assert!(line >= beat && line - meter.bar() < beat);
            prop_assert_eq!(transport.bar_and_beat(line).1, 1);
        }

        #[test]
        fn later_beats_are_later(tempo in 10.0f64..=400.0, a in any_beat(), b in any_beat()) {
            let transport = rolling(tempo);
            let (early, late) = (a.min(b), a.max(b));
            prop_assert!(transport.instant(early) <= transport.instant(late));
        }

        #[test]
        fn position_undoes_instant_to_a_nanosecond(tempo in 10.0f64..=400.0, nanos in SECOND..1 << 45) {
            let transport = rolling(tempo);
            let back = transport.instant(transport.position(Nanos(nanos))).unwrap();
            // Half a step of the finest grid at the slowest tempo is 298 ns.
            prop_assert!(back.0.abs_diff(nanos) <= 300, "{} {nanos}", back.0);
        }

        #[test]
        fn a_change_of_tempo_moves_nothing_that_is_now(
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
}
