//! Tap tempo: the tempo of a few taps.

use std::{collections::VecDeque, time::Duration};

use super::{Nanos, Tempo};

/// Measures the tempo of taps.
#[derive(Debug, Clone, Default)]
pub struct Tap {
    last: Option<Nanos>,
    intervals: VecDeque<Duration>,
}

impl Tap {
    /// A pause of this length starts a new measurement; nobody taps slower than 24 BPM.
    const PAUSE: Duration = Duration::from_millis(2500);
    /// Taps closer than this count as one; nobody taps faster than 600 BPM.
    const BOUNCE: Duration = Duration::from_millis(100);
    /// The number of intervals that count.
    const KEPT: usize = 6;

    /// Records a tap. From the second one on it returns the tempo: the median of the last
    /// intervals, so that one bad tap has no effect.
    pub fn tap(&mut self, at: Nanos) -> Option<Tempo> {
        let interval = self.last.map(|last| at.since(last));
        if interval.is_some_and(|interval| interval < Self::BOUNCE) {
            return None;
        }
        self.last = Some(at);
        match interval {
            Some(interval) if interval < Self::PAUSE => {
                if self.intervals.len() == Self::KEPT {
                    self.intervals.pop_front();
                }
                self.intervals.push_back(interval);
            }
            _ => self.intervals.clear(),
        }
        self.tempo()
    }

    fn tempo(&self) -> Option<Tempo> {
        let mut sorted: Vec<_> = self.intervals.iter().copied().collect();
        sorted.sort_unstable();
        let upper = sorted.get(sorted.len() / 2)?;
        let lower = sorted.get((sorted.len() - 1) / 2)?;
        let beat = (*upper + *lower) / 2;
        Tempo::by_hand(60.0 / beat.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tap(times: &[u64]) -> Option<f64> {
        let mut tap = Tap::default();
        let tempi = times.iter().map(|ms| tap.tap(Nanos(ms * 1_000_000)));
        tempi.last()?.map(|tempo| tempo.beats_per_minute().round())
    }

    #[test]
    fn two_taps_set_a_tempo_and_one_does_not() {
        assert_eq!(tap(&[0]), None);
        assert_eq!(tap(&[0, 500]), Some(120.0));
    }

    #[test]
    fn one_wrong_tap_is_harmless() {
        assert_eq!(tap(&[0, 500, 1000, 1380, 2000, 2500]), Some(120.0));
    }

    #[test]
    fn after_a_pause_tapping_starts_over() {
        assert_eq!(tap(&[0, 500, 1000, 4000]), None);
        assert_eq!(tap(&[0, 500, 1000, 4000, 5000]), Some(60.0));
    }

    #[test]
    fn a_pad_that_bounces_taps_once() {
        assert_eq!(tap(&[0, 12, 500, 511, 1000]), Some(120.0));
    }

    #[test]
    fn it_follows_a_new_tempo_within_a_few_taps() {
        let times = [0, 500, 1000, 1500, 1900, 2300, 2700, 3100, 3500];
        assert_eq!(tap(&times), Some(150.0));
    }
}
