//! Which beat is when: tempo, meter, and where the piece stands or how it rolls.
//!
//! A value, not a thing: whoever holds a copy can reckon with it. It knows no clock.

use std::time::Duration;

use super::{Beat, Beats, Meter, Nanos, Offset, Tempo};

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

    /// The same such that `beat` is at `at`, at another tempo whatever was ahead. While standing only
    /// the tempo is another.
    pub fn steered(self, now: Nanos, beat: Beat, at: Nanos, tempo: Tempo) -> Self {
        if !self.is_rolling() {
            return self.with_tempo(now, tempo);
        }
        Self {
            tempo,
            beat,
            rolling: Some(at),
            ahead: Ahead::default(),
            ..self
        }
    }

    /// The same with every beat to come so much earlier or later, at most by a beat of now. While
    /// standing: unchanged.
    pub fn nudged(self, now: Nanos, by: Offset) -> Self {
        let anchored = self.anchored(now);
        let most = Duration::from_nanos(anchored.tempo.beat_nanos() as u64);
        let shift = |at: Nanos| match by {
            Offset::Earlier(by) => at - by.min(most),
            Offset::Later(by) => at + by.min(most),
        };
        Self {
            rolling: anchored.rolling.map(shift),
            ..anchored
        }
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
mod tests;
