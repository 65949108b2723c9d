//! Expressive timing and dynamics: swing and random variations.

use super::pattern::{Chord, Seed};
use crate::music::{Beats, Tempo, Velocity};

/// Where a phrase starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The next bar line.
    Bar,
    /// The next beat.
    Beat,
    /// At the cursor.
    Now,
}

/// Random variations of onset and velocity, drawn for each note or chord.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Humanise {
    /// The largest shift, earlier or later.
    pub time: Spread,
    /// The largest change of velocity, softer or louder.
    pub velocity: u8,
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// In beats.
    Beats(Beats),
    /// In milliseconds, at the tempo at the start of the score.
    Millis(f64),
}

impl Humanise {
    /// Varies chords; none moves to before the start of the phrase.
    pub fn apply(self, chords: &mut [Chord], tempo: Tempo, seed: Seed) {
        let max = match self.time {
            Spread::Beats(beats) => beats,
            Spread::Millis(ms) => Beats::from_f64(ms * 1e6 / tempo.beat_nanos()),
        };
        for (index, chord) in (0_u64..).zip(chords.iter_mut()) {
            let seed = seed.of(index);
            let share = |part| 2.0 * seed.of(part).chance(Beats::ZERO) - 1.0;
            let moved = chord.at + max * ticks(share(0));
            chord.at = moved.max(Beats::ZERO);
            let louder = (f64::from(self.velocity) * share(1)).round() as i16;
            let velocity = (i16::from(chord.velocity.number()) + louder).clamp(1, 127);
            chord.velocity = Velocity::new(velocity as u8).unwrap_or(chord.velocity);
        }
        chords.sort_by_key(|chord| chord.at);
    }
}

/// A share of a beat, rounded to a grid that keeps fractions small.
fn ticks(share: f64) -> Beats {
    Beats::new((share * 960.0).round() as i64, 960)
}

/// The swung position of a beat: the second eighth of every beat comes later by `swing` of an eighth,
/// and everything in between is stretched or compressed.
pub fn swung(position: Beats, swing: Beats) -> Beats {
    let beat = Beats::whole(position.floor());
    let into = position - beat;
    let (one, half) = (Beats::whole(1), Beats::new(1, 2));
    let placed = match into < half {
        true => into * (one + swing),
        false => half * (one + swing) + (into - half) * (one - swing),
    };
    beat + placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Key;

    #[test]
    fn swing_delays_every_second_eighth() {
        let third = Beats::new(1, 3);
        for (straight, swinging) in [
            ((0, 1), (0, 1)),
            ((1, 4), (1, 3)),
            ((1, 2), (2, 3)),
            ((3, 4), (5, 6)),
            ((1, 1), (1, 1)),
            ((5, 2), (8, 3)),
        ] {
            let at = |(n, d)| Beats::new(n, d);
            assert_eq!(swung(at(straight), third), at(swinging), "{straight:?}");
            assert_eq!(swung(at(straight), Beats::ZERO), at(straight));
        }
        assert_eq!(swung(Beats::new(1, 2), Beats::whole(1)), Beats::whole(1));
    }

    #[test]
    fn variations_stay_in_their_bounds_and_repeat_by_seed() {
        let chord = |n| Chord {
            at: Beats::new(n, 4),
            length: Beats::new(1, 4),
            velocity: Velocity::new(64).unwrap(),
            keys: vec![Key::new(60).unwrap()],
        };
        let even: Vec<Chord> = (0..64).map(chord).collect();
        let humanise = Humanise {
            time: Spread::Millis(10.0),
            velocity: 5,
        };
        let played = |seed| {
            let mut chords = even.clone();
            humanise.apply(&mut chords, Tempo::default(), Seed::new(seed));
            chords
        };
        // 10 ms are 1/50 of a beat at 120.
        let off = |a: &Chord, b: &Chord| (a.at - b.at).as_f64();
        let (one, two) = (played(1), played(2));
        assert_eq!(one, played(1));
        assert_ne!(one, two);
        assert!(
            one.iter()
                .zip(&even)
                .all(|(a, b)| off(a, b).abs() <= 0.0201)
        );
        assert!(one.iter().zip(&even).any(|(a, b)| off(a, b) > 0.005));
        assert!(one.iter().zip(&even).any(|(a, b)| off(a, b) < -0.005));
        assert!(one.iter().all(|c| c.velocity.number().abs_diff(64) <= 5));
        assert!(one.iter().any(|c| c.velocity.number() != 64));
        assert!(one[0].at >= Beats::ZERO);
    }
}
