//! The time map: beats over the wall clock, for the ruler.

use super::transport_view::TransportView;
use crate::{
    engine::Timestamp,
    music::{Beat, Beats, MeterMap},
};

pub(super) fn ns_per_beat(tempo: f64) -> f64 {
    let tempo = if tempo.is_finite() { tempo } else { 120.0 };
    60e9 / tempo.clamp(1.0, 1000.0)
}

/// Nanoseconds from `from` to `to`, negative if `to` is earlier.
pub(super) fn signed_ns(from: Timestamp, to: Timestamp) -> f64 {
    if to >= from {
        (to.0 - from.0) as f64
    } else {
        -((from.0 - to.0) as f64)
    }
}

/// A moment moved by nanoseconds; negative is earlier.
pub(super) fn shifted(at: Timestamp, ns: f64) -> Timestamp {
    if ns >= 0.0 {
        Timestamp(at.0.saturating_add(ns as u64))
    } else {
        Timestamp(at.0.saturating_sub((-ns) as u64))
    }
}

/// A stretch of time with a steady tempo.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    from: Timestamp,
    /// `None`: it is still rolling.
    until: Option<Timestamp>,
    beat: f64,
    ns_per_beat: f64,
    meters: MeterMap,
}

impl Stretch {
    fn beat_at(&self, at: Timestamp) -> f64 {
        self.beat + signed_ns(self.from, at) / self.ns_per_beat
    }

    /// Whether a beat at a moment lies on this stretch, to the precision of the drawing.
    fn agrees(&self, at: Timestamp, beat: f64) -> bool {
        (self.beat_at(at) - beat).abs() < 0.05
    }
}

/// One line of the ruler.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RulerLine {
    /// Its moment.
    pub at: Timestamp,
    /// Bar, counted from 1.
    pub bar: i64,
    /// Beat in the bar, counted from 1; 1 is the bar line.
    pub beat: i64,
}

/// The stretches of time in which the transport rolled, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimeMap {
    stretches: Vec<Stretch>,
}

impl TimeMap {
    /// Stretches that are kept.
    const MAX_STRETCHES: usize = 4096;

    /// Whether the transport has never rolled.
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// Records a state of the transport.
    pub fn transport(&mut self, view: &TransportView) {
        let (at, beat) = view.anchor;
        let beat = beat.as_f64();
        let ns_per_beat = ns_per_beat(view.tempo);
        let meters = view.meters;
        if let Some(open) = self.stretches.last_mut().filter(|s| s.until.is_none()) {
            let same = view.rolling
                && open.agrees(at, beat)
                && (open.ns_per_beat / ns_per_beat - 1.0).abs() < 1e-6
                && open.meters == meters;
            if same {
                return;
            }
            open.until = Some(at.max(open.from));
        }
        if view.rolling {
            self.push(Stretch {
                from: at,
                until: None,
                beat,
                ns_per_beat,
                meters,
            });
        }
    }

    /// Records the beat of a note that was played. Fills in the past before the window was open.
    pub fn learn(
        &mut self,
        onset: Timestamp,
        until: Timestamp,
        at: Beat,
        length: Beats,
        meters: MeterMap,
    ) {
        let ns = signed_ns(onset, until) / length.as_f64().max(1e-6);
        let sane = ns.is_finite() && (60e9 / 600.0..=60e9 / 10.0).contains(&ns);
        let beat = at.as_f64();
        let place = self.stretches.partition_point(|s| s.from <= onset);
        if let Some(before) = place.checked_sub(1).and_then(|p| self.stretches.get_mut(p)) {
            match before.until {
                None => return,
                Some(end) if onset < end && until <= end => return,
                Some(end) if before.agrees(onset, beat) => {
                    before.until = Some(end.max(until));
                    return;
                }
                Some(_) => {}
            }
        }
        if sane {
            self.stretches.insert(
                place,
                Stretch {
                    from: onset,
                    until: Some(until),
                    beat,
                    ns_per_beat: ns,
                    meters,
                },
            );
            self.forget_oldest();
        }
    }

    /// Adds stretches of another map, where this one knows none.
    pub fn merge(&mut self, other: &Self) {
        for stretch in &other.stretches {
            let place = self.stretches.partition_point(|s| s.from <= stretch.from);
            let before = place.checked_sub(1).and_then(|p| self.stretches.get(p));
            let is_known = before.is_some_and(|b| b.until.is_none_or(|end| end > stretch.from));
            let next = self.stretches.get(place).map(|next| next.from);
            if is_known || next.is_some_and(|next| stretch.until.is_none_or(|end| end > next)) {
                continue;
            }
            self.stretches.insert(place, *stretch);
        }
        while self.stretches.len() > Self::MAX_STRETCHES {
            self.stretches.remove(0);
        }
    }

    fn push(&mut self, stretch: Stretch) {
        self.stretches.push(stretch);
        self.forget_oldest();
    }

    fn forget_oldest(&mut self) {
        if self.stretches.len() > Self::MAX_STRETCHES {
            self.stretches.remove(0);
        }
    }

    /// The lines of the ruler in a window of time, at least `apart_ns` apart: beats if they fit, else
    /// bars, else every second, fourth, ... bar.
    pub fn lines(&self, from: Timestamp, to: Timestamp, apart_ns: f64) -> Vec<RulerLine> {
        let mut lines = Vec::new();
        for (place, stretch) in self.stretches.iter().enumerate() {
            let next = self.stretches.get(place + 1).map_or(to, |s| s.from);
            let begin = stretch.from.max(from);
            let end = stretch.until.unwrap_or(to).min(to).min(next);
            if begin < end {
                stretch.lines(begin, end, apart_ns, &mut lines);
            }
        }
        lines
    }

    /// The latest moment of a beat in a bar, both counted from 1; `None`: the transport did not roll there.
    ///
    /// # Errors
    ///
    /// The beats of the bar, if it has fewer.
    pub fn time_of(&self, bar: i64, beat: i64) -> Result<Option<Timestamp>, i64> {
        let mut fewer = None;
        for stretch in self.stretches.iter().rev() {
            let line = stretch.meters.line_of(bar - 1);
            let beats = (stretch.meters.next_line(bar - 1) - line).ceil().max(1);
            let start = stretch.time_of(line.as_f64());
            let is_in =
                |at: Timestamp| at >= stretch.from && stretch.until.is_none_or(|until| at <= until);
            if beat > beats {
                fewer = fewer.or(is_in(start).then_some(beats));
                continue;
            }
            let at = stretch.time_of((line + Beats::whole(beat - 1)).as_f64());
            if is_in(at) {
                return Ok(Some(at));
            }
        }
        fewer.map_or(Ok(None), Err)
    }

    /// The transport as it was at a moment. Between two stretches it stood at the end of the first;
    /// before all of them, tempo and meter are those of `now`.
    pub fn transport_at(&self, at: Timestamp, now: &TransportView) -> TransportView {
        let place = self.stretches.partition_point(|s| s.from <= at);
        let Some(stretch) = place.checked_sub(1).and_then(|p| self.stretches.get(p)) else {
            return TransportView {
                rolling: false,
                anchor: (at, Beat::ZERO),
                ..*now
            };
        };
        let rolling = stretch.until.is_none_or(|end| at <= end);
        let until = stretch.until.map_or(at, |end| end.min(at));
        TransportView {
            rolling,
            anchor: (at, Beat(Beats::from_f64(stretch.beat_at(until)))),
            tempo: 60e9 / stretch.ns_per_beat,
            meters: stretch.meters,
        }
    }

    /// The beat at a moment in which the transport rolled.
    pub fn beat_at(&self, at: Timestamp) -> Option<f64> {
        let place = self.stretches.partition_point(|s| s.from <= at);
        let stretch = self.stretches.get(place.checked_sub(1)?)?;
        stretch
            .until
            .is_none_or(|end| at <= end)
            .then(|| stretch.beat_at(at))
    }
}

impl Stretch {
    fn time_of(&self, beat: f64) -> Timestamp {
        // Rounded up, so that the moment is in the bar that begins there.
        shifted(self.from, ((beat - self.beat) * self.ns_per_beat).ceil())
    }

    fn lines(&self, begin: Timestamp, end: Timestamp, apart_ns: f64, lines: &mut Vec<RulerLine>) {
        let meters = &self.meters;
        let first = Beat(Beats::from_f64(self.beat_at(begin)));
        let bar_ns = meters.at(first).bar().as_f64() * self.ns_per_beat;
        let shows_beats = self.ns_per_beat >= apart_ns;
        let mut every = 1_i64;
        while every as f64 * bar_ns < apart_ns && every < 1 << 40 {
            every *= 2;
        }
        let (number, _) = meters.bar_and_position(first);
        let mut bar = number.div_euclid(every) * every;
        let last = self.beat_at(end);
        // The limit bounds the work whatever the numbers say.
        for _ in 0..10_000 {
            let line = meters.line_of(bar);
            let beats = match shows_beats {
                // A bar may be no whole number of beats.
                true => (meters.next_line(bar) - line).ceil().max(1),
                false => 1,
            };
            for beat in 0..beats {
                let place = (line + Beats::whole(beat)).as_f64();
                if place > last {
                    return;
                }
                let at = shifted(self.from, (place - self.beat) * self.ns_per_beat);
                if at >= begin {
                    lines.push(RulerLine {
                        at,
                        bar: bar + 1,
                        beat: beat + 1,
                    });
                }
            }
            bar += every;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn rolling(at: u64, beat: i64, tempo: f64) -> TransportView {
        TransportView {
            rolling: true,
            anchor: (Timestamp(at), Beat(Beats::whole(beat))),
            tempo,
            meters: MeterMap::default(),
        }
    }

    #[test]
    fn the_ruler_counts_bars_and_beats_as_the_transport_rolled() {
        let mut map = TimeMap::default();
        map.transport(&rolling(100 * S, 0, 60.0));
        let lines = map.lines(Timestamp(99 * S), Timestamp(106 * S), 0.5e9);
        let found: Vec<_> = lines.iter().map(|l| (l.at.0 / S, l.bar, l.beat)).collect();
        assert_eq!(
            found,
            [
                (100, 1, 1),
                (101, 1, 2),
                (102, 1, 3),
                (103, 1, 4),
                (104, 2, 1),
                (105, 2, 2),
                (106, 2, 3)
            ]
        );
    }

    #[test]
    fn there_are_no_bars_where_the_transport_was_stopped() {
        let mut map = TimeMap::default();
        map.transport(&rolling(100 * S, 0, 60.0));
        let mut stop = rolling(108 * S, 8, 60.0);
        stop.rolling = false;
        map.transport(&stop);
        map.transport(&rolling(200 * S, 8, 60.0));
        let bars: Vec<_> = map
            .lines(Timestamp(90 * S), Timestamp(206 * S), 3e9)
            .iter()
            .map(|l| (l.at.0 / S, l.bar))
            .collect();
        assert_eq!(bars, [(100, 1), (104, 2), (108, 3), (200, 3), (204, 4)]);
        assert_eq!(map.beat_at(Timestamp(150 * S)), None);
        assert_eq!(map.beat_at(Timestamp(201 * S)), Some(9.0));
    }

    #[test]
    fn zoomed_out_only_every_nth_bar_has_a_line() {
        let mut map = TimeMap::default();
        map.transport(&rolling(0, 0, 60.0));
        let lines = map.lines(Timestamp(0), Timestamp(3600 * S), 100e9);
        assert!(lines.len() < 40, "{}", lines.len());
        assert!(lines.iter().all(|l| l.beat == 1 && (l.bar - 1) % 32 == 0));
    }

    #[test]
    fn played_notes_restore_the_bars_of_an_earlier_run() {
        let mut map = TimeMap::default();
        for n in 0..8 {
            map.learn(
                Timestamp((10 + n) * S),
                Timestamp((11 + n) * S),
                Beat(Beats::whole(n as i64)),
                Beats::whole(1),
                MeterMap::default(),
            );
        }
        assert_eq!(map.stretches.len(), 1);
        let bars = map.lines(Timestamp(0), Timestamp(30 * S), 3e9);
        assert_eq!(
            bars.iter().map(|l| (l.at.0 / S, l.bar)).collect::<Vec<_>>(),
            [(10, 1), (14, 2), (18, 3)]
        );
    }

    #[test]
    fn a_transport_that_repeats_itself_adds_nothing() {
        let mut map = TimeMap::default();
        for n in 0..50 {
            map.transport(&rolling((100 + n) * S, n as i64, 60.0));
        }
        assert_eq!(map.stretches.len(), 1);
    }

    #[test]
    fn a_bar_is_found_where_it_was_played_last() {
        let mut map = TimeMap::default();
        map.transport(&rolling(100 * S, 0, 60.0));
        let mut stop = rolling(108 * S, 8, 60.0);
        stop.rolling = false;
        map.transport(&stop);
        map.transport(&rolling(200 * S, 4, 60.0));
        assert_eq!(map.time_of(1, 1), Ok(Some(Timestamp(100 * S))));
        assert_eq!(map.time_of(2, 3), Ok(Some(Timestamp(202 * S))));
        assert_eq!(map.time_of(1, 5), Err(4));
        map.transport(&TransportView {
            rolling: false,
            ..rolling(204 * S, 8, 60.0)
        });
        assert_eq!(map.time_of(9, 1), Ok(None));
    }

    #[test]
    fn bar_and_beat_are_counted_from_one() {
        let view = rolling(0, 0, 60.0);
        assert_eq!(view.position(Timestamp(0)), (1, 1));
        assert_eq!(view.position(Timestamp(6 * S)), (2, 3));
        assert_eq!(view.meter(Timestamp(0)), "4/4");
        let seven = TransportView {
            meters: "7/8".parse::<crate::music::Meter>().unwrap().into(),
            ..view
        };
        assert_eq!(seven.meter(Timestamp(0)), "7/8");
    }
}
