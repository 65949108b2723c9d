//! What makes a phrase less even: swing, gate, and small human differences.

use serde_json::Value;

use super::pattern::{Chord, Seed};
use crate::music::{Beats, Tempo, Velocity};

/// Which moment a phrase begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The next bar line.
    Bar,
    /// The next beat.
    Beat,
    /// At once.
    Now,
}

/// Small differences in time and loudness, drawn for each note or chord.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Humanise {
    /// At most so much earlier or later.
    pub time: Spread,
    /// At most so much softer or louder.
    pub velocity: u8,
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// In beats.
    Beats(Beats),
    /// In milliseconds, at the tempo that the score begins with.
    Millis(f64),
}

impl Start {
    /// Reads `bar`, `beat` or `now`.
    pub fn read(value: &Value) -> Result<Self, String> {
        match value.as_str() {
            Some("bar") => Ok(Self::Bar),
            Some("beat") => Ok(Self::Beat),
            Some("now") => Ok(Self::Now),
            _ => Err("`at` is `bar`, `beat` or `now`".into()),
        }
    }
}

impl Humanise {
    /// Reads `{ ms: 12, velocity: 8 }` or `{ beats: 1/32 }`.
    pub fn read(value: &Value) -> Result<Self, String> {
        const EXPECTED: &str = "`humanise` is a map of `ms` (0 to 200) or `beats` (0 to 1/2), and `velocity` (0 to 64)";
        let map = value.as_object().ok_or(EXPECTED)?;
        let known = ["ms", "beats", "velocity"];
        if map.is_empty() || map.keys().any(|key| !known.contains(&key.as_str())) {
            return Err(EXPECTED.into());
        }
        let time = match (map.get("ms"), map.get("beats")) {
            (None, None) => Spread::Millis(0.0),
            (Some(ms), None) => match ms.as_f64().filter(|ms| (0.0..=200.0).contains(ms)) {
                Some(ms) => Spread::Millis(ms),
                None => return Err(EXPECTED.into()),
            },
            (None, Some(beats)) => match super::play::read_fraction(beats)? {
                beats if beats >= Beats::ZERO && beats <= Beats::new(1, 2) => Spread::Beats(beats),
                _ => return Err(EXPECTED.into()),
            },
            (Some(_), Some(_)) => return Err("`humanise` has either `ms` or `beats`".into()),
        };
        let velocity = match map.get("velocity") {
            None => Some(0),
            Some(value) => value.as_u64().filter(|v| *v <= 64),
        };
        Ok(Self {
            time,
            velocity: velocity.ok_or(EXPECTED)? as u8,
        })
    }

    /// Moves and shades chords, none before the beginning of the phrase.
    pub fn apply(self, chords: &mut [Chord], tempo: Tempo, seed: Seed) {
        let most = match self.time {
            Spread::Beats(beats) => beats,
            Spread::Millis(ms) => Beats::from_f64(ms * 1e6 / tempo.beat_nanos()),
        };
        for (index, chord) in (0_u64..).zip(chords.iter_mut()) {
            let seed = seed.of(index);
            let share = |part| 2.0 * seed.of(part).chance(Beats::ZERO) - 1.0;
            let moved = chord.at + most * ticks(share(0));
            chord.at = moved.max(Beats::ZERO);
            let louder = (f64::from(self.velocity) * share(1)).round() as i16;
            let velocity = (i16::from(chord.velocity.number()) + louder).clamp(1, 127);
            chord.velocity = Velocity::new(velocity as u8).unwrap_or(chord.velocity);
        }
        chords.sort_by_key(|chord| chord.at);
    }
}

/// On a grid that keeps fractions small.
fn ticks(share: f64) -> Beats {
    Beats::new((share * 960.0).round() as i64, 960)
}

/// Where a moment falls when the second eighth of every beat comes later by `swing` of an eighth.
/// What lies between is stretched and squeezed with it.
pub fn swung(moment: Beats, swing: Beats) -> Beats {
    let beat = Beats::whole(moment.floor());
    let into = moment - beat;
    let (one, half) = (Beats::whole(1), Beats::new(1, 2));
    let placed = match into < half {
        true => into * (one + swing),
        false => half * (one + swing) + (into - half) * (one - swing),
    };
    beat + placed
}

/// How much of a length is heard: greater than 0, at most 4.
pub fn read_gate(value: &Value) -> Result<Beats, String> {
    match super::play::read_fraction(value)? {
        gate if gate > Beats::ZERO && gate <= Beats::whole(4) => Ok(gate),
        _ => Err("`gate` is a share of the length, greater than 0 and at most 4".into()),
    }
}

/// How much later the second eighth comes: 0 to 1 of an eighth.
pub fn read_swing(value: &Value) -> Result<Beats, String> {
    match super::play::read_fraction(value)? {
        swing if swing >= Beats::ZERO && swing <= Beats::whole(1) => Ok(swing),
        _ => Err("`swing` is from 0 (even) to 1; 1/3 is the swing of triplets".into()),
    }
}

/// Semitones.
pub fn read_transpose(value: &Value) -> Result<i8, String> {
    let semitones = value.as_i64().and_then(|n| i8::try_from(n).ok());
    semitones.ok_or_else(|| "`transpose` is a whole number of semitones, -127 to 127".into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
    fn human_differences_stay_in_their_bounds_and_come_again() {
        let chord = |n| Chord {
            at: Beats::new(n, 4),
            length: Beats::new(1, 4),
            velocity: Velocity::new(64).unwrap(),
            keys: vec![Key::new(60).unwrap()],
        };
        let even: Vec<Chord> = (0..64).map(chord).collect();
        let humanise = Humanise::read(&json!({"ms": 10, "velocity": 5})).unwrap();
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

    #[test]
    fn what_cannot_be_used_is_refused() {
        for wrong in [
            json!(3),
            json!({}),
            json!({"ms": -1}),
            json!({"ms": 1, "beats": 1}),
            json!({"time": 1}),
            json!({"velocity": 65}),
        ] {
            assert!(Humanise::read(&wrong).is_err(), "{wrong}");
        }
        assert!(read_gate(&json!(0)).is_err() && read_gate(&json!(1.5)).is_ok());
        assert!(read_swing(&json!(1.1)).is_err() && read_swing(&json!("1/3")).is_ok());
        assert!(read_transpose(&json!(200)).is_err() && read_transpose(&json!(-12)).is_ok());
        assert!(Start::read(&json!("soon")).is_err());
    }
}
