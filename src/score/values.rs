//! Values of music calls, read from JSON.
//!
//! The same functions read values that are written in a score and values that an expression returns.

use serde_json::Value;

use super::{
    Scale,
    expressiveness::{Humanise, Spread, Start},
    instrument::Instrument,
    pattern::{Pattern, PatternError},
    play::{Dynamics, ListedNote, MAX_NOTES, MAX_REPEAT},
    tone::{PatternNote, Tuning, pattern_notes},
    value_error::ValueError,
    velocity,
};
use crate::music::{Beats, Key, Tempo};

/// A value, or why it cannot be read.
type Read<T> = Result<T, ValueError>;

/// The last beat that music in a list can reach.
pub const MAX_BEATS: i64 = 4 * MAX_REPEAT;

/// A number, or a fraction as text.
pub fn fraction(value: &Value) -> Read<Beats> {
    /// Small enough for exact sums and comparisons.
    const MAX_PART: u64 = 1 << 40;
    const EXPECTED: &str = "expected a number or a fraction such as \"3/2\"";
    let part = |text: &str| -> Option<i64> {
        let number: i64 = text.trim().parse().ok()?;
        (number.unsigned_abs() <= MAX_PART).then_some(number)
    };
    let beats = match value {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) if whole.unsigned_abs() <= 1 << 32 => Some(Beats::whole(whole)),
            (None, Some(float)) if float.abs() <= 4e9 => Some(Beats::from_f64(float)),
            _ => None,
        },
        Value::String(text) => {
            let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
            match (part(numerator), part(denominator)) {
                (Some(n), Some(d)) if d > 0 => Some(Beats::new(n, d)),
                _ => None,
            }
        }
        _ => None,
    };
    beats.ok_or_else(|| EXPECTED.into())
}

/// A length in beats: greater than 0, at most [`MAX_BEATS`].
pub fn beats(value: &Value) -> Read<Beats> {
    match fraction(value)? {
        beats if beats > Beats::ZERO && beats <= Beats::whole(MAX_BEATS) => Ok(beats),
        _ => Err(format!("a number of beats must be above 0 and at most {MAX_BEATS}").into()),
    }
}

/// A number of bars: greater than 0, at most [`MAX_REPEAT`].
pub fn bars(value: &Value) -> Read<Beats> {
    match fraction(value)? {
        bars if bars > Beats::ZERO && bars <= Beats::whole(MAX_REPEAT) => Ok(bars),
        _ => Err(format!("a number of bars must be above 0 and at most {MAX_REPEAT}").into()),
    }
}

/// A number of repetitions: 0 to [`MAX_REPEAT`].
pub fn repeat(value: &Value) -> Read<u32> {
    let times = value.as_u64().and_then(|times| u32::try_from(times).ok());
    times
        .filter(|times| i64::from(*times) <= MAX_REPEAT)
        .ok_or_else(|| format!("expected an integer from 0 to {MAX_REPEAT}").into())
}

/// A velocity or a pattern of velocities.
pub fn dynamics(value: &Value) -> Read<Dynamics> {
    let Value::String(text) = value else {
        return velocity::of_value(value).map(Dynamics::Even);
    };
    Ok(Pattern::parse(text, velocity::of_word).map(Dynamics::Pattern)?)
}

/// The instrument that a name means.
pub fn instrument(value: &Value, instruments: &[Instrument]) -> Read<Instrument> {
    let name = value.as_str().ok_or("expected the name of an instrument")?;
    let found = instruments.iter().find(|known| known.name == name);
    found.cloned().ok_or_else(|| {
        let names: Vec<&str> = instruments
            .iter()
            .map(|known| known.name.as_str())
            .collect();
        format!(
            "there is no instrument `{name}`; available: {}",
            names.join(", ")
        )
        .into()
    })
}

/// A scale such as `c4:minor`.
pub fn scale(value: &Value) -> Read<Scale> {
    let text = value.as_str();
    Scale::read(text.ok_or("expected a scale such as \"c4:minor\"")?)
}

/// A pattern of notes. Without a tuning, whether the notes are on the keyboard is not checked.
pub fn pattern(
    value: &Value,
    instrument: &Instrument,
    has_scale: bool,
    tuning: Option<&Tuning>,
) -> Read<Pattern<PatternNote>> {
    // YAML reads a pattern of one key number as a number.
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) => {
            let message =
                "expected a pattern, a text, found a list: put it in quotes, such as \"[c4 e4]\"";
            return Err(message.into());
        }
        _ => return Err("expected a pattern, a text: put it in quotes".into()),
    };
    let word = |word: &str| {
        let notes = pattern_notes(instrument, word, has_scale)?;
        if let Some(tuning) = tuning {
            for note in &notes {
                tuning.key(note.tone)?;
            }
        }
        Ok(notes)
    };
    Pattern::parse_chords(&text, word).map_err(|error| match text.find("${") {
        Some(at) => ValueError::at(
            at,
            "invalid pattern: an expression must be the whole value; it can return a pattern",
        ),
        None => error.into(),
    })
}

impl From<PatternError> for ValueError {
    fn from(error: PatternError) -> Self {
        ValueError::at(error.at, format!("invalid pattern: {}", error.message))
    }
}

/// The keys of a note: a note, a chord, or a list of at least one.
pub fn keys(value: &Value, instrument: &Instrument) -> Read<Vec<Key>> {
    match value {
        Value::Array(items) if items.is_empty() => Err("expected at least one note".into()),
        Value::Array(items) => {
            let each = (0..).zip(items).map(|(index, item): (usize, _)| {
                word_keys(item, instrument).map_err(|error| error.under(index))
            });
            Ok(each.collect::<Read<Vec<_>>>()?.concat())
        }
        one => word_keys(one, instrument),
    }
}

fn word_keys(value: &Value, instrument: &Instrument) -> Read<Vec<Key>> {
    match value {
        Value::String(word) => instrument.keys(word),
        Value::Number(number) => instrument.keys(&number.to_string()),
        _ => Err(
            "expected a note name such as `c4`, a chord such as `c4'maj`, or a key number".into(),
        ),
    }
}

/// A list of notes.
pub fn notes(value: &Value, instrument: &Instrument) -> Read<Vec<ListedNote>> {
    let list = value.as_array().ok_or("expected a list of notes")?;
    if list.len() > MAX_NOTES {
        return Err(format!("a list can have at most {MAX_NOTES} notes").into());
    }
    (0..)
        .zip(list)
        .map(|(index, item): (usize, _)| note(item, instrument).map_err(|e| e.under(index)))
        .collect()
}

/// One note of a list.
pub fn note(value: &Value, instrument: &Instrument) -> Read<ListedNote> {
    let map = value
        .as_object()
        .ok_or("expected a note such as { at: 0, note: c4, length: 1 }")?;
    for key in map.keys() {
        if !["at", "note", "length", "velocity"].contains(&key.as_str()) {
            let message =
                format!("unknown key `{key}` in a note; available: at, note, length, velocity");
            return Err(ValueError::new(message).under(key));
        }
    }
    fn member<T>(
        map: &serde_json::Map<String, Value>,
        key: &str,
        read: impl Fn(&Value) -> Read<T>,
    ) -> Read<Option<T>> {
        let value = map.get(key).map(read).transpose();
        value.map_err(|error| error.under(key))
    }
    let keys = member(map, "note", |value| keys(value, instrument))?;
    Ok(ListedNote {
        at: member(map, "at", onset)?.unwrap_or(Beats::ZERO),
        length: member(map, "length", beats)?.unwrap_or(Beats::whole(1)),
        keys: keys.ok_or("missing key `note` in a note")?,
        velocity: member(map, "velocity", velocity::of_value)?,
    })
}

/// An onset in beats, 0 to [`MAX_BEATS`].
pub fn onset(value: &Value) -> Read<Beats> {
    match fraction(value)? {
        at if at >= Beats::ZERO && at <= Beats::whole(MAX_BEATS) => Ok(at),
        _ => Err(format!("`at` must be from 0 to {MAX_BEATS} beats").into()),
    }
}

/// `at` of `call: play`.
pub fn start(value: &Value) -> Read<Start> {
    match value.as_str() {
        Some("bar") => Ok(Start::Bar),
        Some("beat") => Ok(Start::Beat),
        Some("now") => Ok(Start::Now),
        _ => Err("expected `bar`, `beat` or `now`".into()),
    }
}

/// `swing`: how much later the second eighth of a beat comes, 0 to 1 of an eighth.
pub fn swing(value: &Value) -> Read<Beats> {
    match fraction(value)? {
        swing if swing >= Beats::ZERO && swing <= Beats::whole(1) => Ok(swing),
        _ => Err("`swing` must be from 0 (straight) to 1; 1/3 is triplet swing".into()),
    }
}

/// `gate`: the share of its length that a note sounds, above 0 and at most 4.
pub fn gate(value: &Value) -> Read<Beats> {
    match fraction(value)? {
        gate if gate > Beats::ZERO && gate <= Beats::whole(4) => Ok(gate),
        _ => Err("`gate` must be above 0 and at most 4 times the length of the note".into()),
    }
}

/// `caption`, of a rest.
pub fn caption(value: &Value) -> Read<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err("`caption` must be a text".into()),
    }
}

/// `transpose`, in semitones.
pub fn transpose(value: &Value) -> Read<i8> {
    let semitones = value.as_i64().and_then(|n| i8::try_from(n).ok());
    semitones.ok_or_else(|| "`transpose` must be an integer of semitones, -128 to 127".into())
}

/// `humanise`, such as `{ ms: 12, velocity: 8 }` or `{ beats: 1/32 }`.
pub fn humanise(value: &Value) -> Read<Humanise> {
    const EXPECTED: &str =
        "expected a map of `ms` (0 to 200) or `beats` (0 to 1/2), and `velocity` (0 to 64)";
    let map = value.as_object().ok_or(EXPECTED)?;
    if map.is_empty() {
        return Err(EXPECTED.into());
    }
    for key in map.keys() {
        if !["ms", "beats", "velocity"].contains(&key.as_str()) {
            let message =
                format!("unknown key `{key}` in `humanise`; available: ms, beats, velocity");
            return Err(ValueError::new(message).under(key));
        }
    }
    let time = match (map.get("ms"), map.get("beats")) {
        (None, None) => Spread::Millis(0.0),
        (Some(ms), None) => {
            let ms = ms.as_f64().filter(|ms| (0.0..=200.0).contains(ms));
            let ms = ms.ok_or_else(|| ValueError::from("`ms` must be from 0 to 200").under("ms"));
            Spread::Millis(ms?)
        }
        (None, Some(value)) => match fraction(value).map_err(|error| error.under("beats"))? {
            beats if beats >= Beats::ZERO && beats <= Beats::new(1, 2) => Spread::Beats(beats),
            _ => return Err(ValueError::from("`beats` must be from 0 to 1/2").under("beats")),
        },
        (Some(_), Some(_)) => {
            let message = "`humanise` takes either `ms` or `beats`, not both";
            return Err(ValueError::from(message).under("beats"));
        }
    };
    let velocity = match map.get("velocity") {
        None => Some(0),
        Some(value) => value.as_u64().and_then(|v| u8::try_from(v).ok()),
    };
    let velocity = velocity.filter(|velocity| *velocity <= 64);
    let velocity = velocity
        .ok_or_else(|| ValueError::from("`velocity` must be from 0 to 64").under("velocity"))?;
    Ok(Humanise { time, velocity })
}

/// A tempo in beats per minute.
pub fn bpm(value: &Value) -> Read<f64> {
    let tempo = value.as_f64().and_then(Tempo::new);
    let tempo = tempo.ok_or_else(|| format!("expected {}", Tempo::RANGE))?;
    Ok(tempo.beats_per_minute())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_out_of_range_are_refused() {
        for wrong in [
            json!(3),
            json!({}),
            json!({"ms": -1}),
            json!({"ms": 1, "beats": 1}),
            json!({"time": 1}),
            json!({"velocity": 65}),
        ] {
            assert!(humanise(&wrong).is_err(), "{wrong}");
        }
        assert!(gate(&json!(0)).is_err() && gate(&json!(1.5)).is_ok());
        assert!(swing(&json!(1.1)).is_err() && swing(&json!("1/3")).is_ok());
        assert!(transpose(&json!(200)).is_err() && transpose(&json!(-12)).is_ok());
        assert!(start(&json!("soon")).is_err());
        assert!(bpm(&json!(0.5)).is_err() && bpm(&json!(120.5)).is_ok());
    }

    #[test]
    fn errors_point_at_the_wrong_part() {
        let error = humanise(&json!({"ms": 5, "velocity": 99})).unwrap_err();
        assert_eq!(error.pointer, "/velocity");
        let error = dynamics(&json!("90 [80 loud]")).unwrap_err();
        assert_eq!(error.at, 7);
        assert!(error.to_string().contains("`loud` is not a velocity"));
    }
}
