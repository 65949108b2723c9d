//! The transport: the mapping between beats and instants by tempo and meter, and whether it rolls.
//!
//! A plain value: every copy can compute with it. It has no clock.

use std::time::Duration;

use super::{Beat, Beats, MeterMap, Nanos, Offset, Tempo};

/// The mapping between beats and instants.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Transport {
    meters: MeterMap,
    tempo: Tempo,
    /// The position while stopped, or the beat at the instant `rolling`.
    beat: Beat,
    rolling: Option<Nanos>,
    ahead: Ahead,
}

/// Upcoming tempo changes, in the order of their beats. Inline and small, because transports travel
/// through the player's queues.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Ahead {
    /// Changes after the first `count` are zero.
    changes: [(Beat, Tempo); Transport::AHEAD],
    count: u8,
}

impl Ahead {
    /// If there are too many, the last change replaces those before it.
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

/// A section of constant tempo: from a beat that lies `nanos` after the anchor.
#[derive(Clone, Copy)]
struct Stretch {
    beat: Beat,
    nanos: f64,
    tempo: Tempo,
}

impl Stretch {
    /// The nanoseconds from the anchor to a beat.
    fn nanos_at(self, beat: Beat) -> f64 {
        self.nanos + (beat - self.beat).as_f64() * self.tempo.beat_nanos()
    }
}

impl Transport {
    /// The most upcoming tempo changes.
    pub const AHEAD: usize = 6;

    /// Stopped at the start.
    pub fn new(tempo: Tempo, meters: impl Into<MeterMap>) -> Self {
        Self {
            meters: meters.into(),
            tempo,
            ..Self::default()
        }
    }

    /// The tempo at a beat. Before the last change that has passed, the tempo after it is given.
    pub fn tempo_at(&self, beat: Beat) -> Tempo {
        let passed = self.changes().take_while(|(at, _)| *at <= beat);
        passed.last().map_or(self.tempo, |(_, tempo)| tempo)
    }

    /// The current tempo.
    pub fn tempo(&self, now: Nanos) -> Tempo {
        self.tempo_at(self.position(now))
    }

    /// The upcoming tempo changes in order. Some of them may have passed meanwhile.
    pub fn changes(&self) -> impl Iterator<Item = (Beat, Tempo)> {
        let count = usize::from(self.ahead.count);
        self.ahead.changes.into_iter().take(count)
    }

    /// The first upcoming tempo change, if there are as many as there can be.
    pub fn first_of_full(&self, now: Nanos) -> Option<Beat> {
        let here = self.position(now);
        let mut upcoming = self.changes().filter(|(at, _)| *at > here);
        let (first, _) = upcoming.next()?;
        (upcoming.count() + 1 >= Self::AHEAD).then_some(first)
    }

    /// The meters.
    pub fn meters(&self) -> MeterMap {
        self.meters
    }

    /// The length of the bar at a beat.
    pub fn bar_at(&self, beat: Beat) -> Beats {
        self.meters.at(beat).bar()
    }

    /// Whether the transport rolls.
    pub fn is_rolling(&self) -> bool {
        self.rolling.is_some()
    }

    /// The position at `now`, to 1/[`Beats::FINEST`] of a beat. During the lead of a start it lies
    /// before the beat that the transport starts from.
    pub fn position(&self, now: Nanos) -> Beat {
        let Some(anchor) = self.rolling else {
            return self.beat;
        };
        let elapsed = (i128::from(now.0) - i128::from(anchor.0)) as f64;
        let here = self.stretch(|next| next.nanos <= elapsed);
        here.beat + Beats::from_f64((elapsed - here.nanos) / here.tempo.beat_nanos())
    }

    /// The last section that has begun.
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

    /// The instant of `beat`; `None` while stopped. Instants before the origin count as the origin.
    ///
    /// Computed from the last tempo change in one multiplication, so that errors do not add up.
    pub fn instant(&self, beat: Beat) -> Option<Nanos> {
        let anchor = self.rolling?;
        let stretch = self.stretch(|next| next.beat <= beat);
        let elapsed = stretch.nanos_at(beat).round() as i128;
        let nanos = (i128::from(anchor.0) + elapsed).max(0);
        Some(Nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// Rolling, with the current beat at `start`. Unchanged if it rolls already.
    pub fn started(self, start: Nanos) -> Self {
        Self {
            rolling: self.rolling.or(Some(start)),
            ..self
        }
    }

    /// Stopped at the position of `now`.
    pub fn stopped(self, now: Nanos) -> Self {
        Self {
            rolling: None,
            ..self.anchored(now)
        }
    }

    /// At another tempo from `now` on, without upcoming changes.
    pub fn with_tempo(self, now: Nanos, tempo: Tempo) -> Self {
        Self {
            tempo,
            ahead: Ahead::default(),
            ..self.anchored(now)
        }
    }

    /// With these tempo changes, in the order of their beats, instead of all upcoming ones from the
    /// first of them on. Changes that have passed at `now` apply from now on. If there are more
    /// than [`AHEAD`](Self::AHEAD), the last one replaces those before it.
    pub fn with_changes(self, now: Nanos, changes: &[(Beat, Tempo)]) -> Self {
        let Some((first, _)) = changes.first() else {
            return self;
        };
        let anchored = self.anchored(now);
        let kept = anchored.changes().filter(|(beat, _)| beat < first);
        let ahead = Ahead::of(kept.chain(changes.iter().copied()));
        Self { ahead, ..anchored }.anchored(now)
    }

    /// With `beat` at the instant `at` and another tempo, without upcoming changes. While stopped,
    /// only the tempo changes.
    pub fn synced(self, now: Nanos, beat: Beat, at: Nanos, tempo: Tempo) -> Self {
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

    /// With every future beat that much earlier or later, by at most one beat. Unchanged while
    /// stopped.
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

    /// The same mapping, anchored at the current beat, without the changes that have passed.
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

    /// With other meters.
    pub fn with_meters(self, meters: impl Into<MeterMap>) -> Self {
        let meters = meters.into();
        Self { meters, ..self }
    }

    /// Stopped at another beat, without upcoming tempo changes. Unchanged if it rolls.
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
        self.meters.next_bar(beat)
    }

    /// Bar and beat as musicians number them, from 1. Bars before the start are 0, -1, ...
    pub fn bar_and_beat(&self, beat: Beat) -> (i64, i64) {
        let (bars, into) = self.meters.bar_and_position(beat);
        let count = self.meters.at(beat).count();
        (bars + 1, (into / count).floor() + 1)
    }

    /// `asked`, or, if that is before `earliest`, the first position of the same phase in a later
    /// bar.
    pub fn in_phase(&self, asked: Beat, earliest: Beat) -> Beat {
        if asked >= earliest {
            return asked;
        }
        let meters = &self.meters;
        let (bar, into) = meters.bar_and_position(asked);
        let (later, _) = meters.bar_and_position(earliest);
        let same = |bar| meters.line_of(bar) + into;
        let candidates = [later, later + 1]
            .into_iter()
            .filter(|later| *later > bar)
            .map(same);
        let fits = candidates.filter(|at| *at >= earliest);
        fits.min().unwrap_or_else(|| same(later.max(bar) + 2))
    }
}

#[cfg(test)]
mod tests;
