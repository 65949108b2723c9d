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
}

impl Transport {
    /// Standing at the beginning.
    pub fn new(tempo: Tempo, meter: Meter) -> Self {
        Self {
            meter,
            tempo,
            ..Self::default()
        }
    }

    /// How fast.
    pub fn tempo(&self) -> Tempo {
        self.tempo
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
        let elapsed = i128::from(now.0) - i128::from(anchor.0);
        self.beat + Beats::from_f64(elapsed as f64 / self.tempo.beat_nanos())
    }

    /// When `beat` is; `None` while standing. An instant before the origin counts as the origin.
    ///
    /// Reckoned from the last change of tempo in one multiplication: errors do not add up.
    pub fn instant(&self, beat: Beat) -> Option<Nanos> {
        let anchor = self.rolling?;
        let elapsed = ((beat - self.beat).as_f64() * self.tempo.beat_nanos()).round() as i128;
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
            beat: self.position(now),
            rolling: None,
            ..self
        }
    }

    /// The same at another tempo from `now` on.
    pub fn with_tempo(self, now: Nanos, tempo: Tempo) -> Self {
        // The new anchor is a beat of the fine grid at its exact old instant, so nothing jumps.
        let beat = self.position(now);
        Self {
            tempo,
            beat,
            rolling: self.instant(beat),
            ..self
        }
    }

    /// The same, counted in another meter.
    pub fn with_meter(self, meter: Meter) -> Self {
        Self { meter, ..self }
    }

    /// The same, standing at another beat. If it rolls: unchanged.
    pub fn located(self, beat: Beat) -> Self {
        if self.is_rolling() {
            self
        } else {
            Self { beat, ..self }
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
        let beat = |n, d| Beat(Beats::new(n, d));
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

    proptest! {
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
