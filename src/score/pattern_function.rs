//! Functions of patterns as words of `with:`, such as `rev: true` and `every: { cycles: 4, fast: 2 }`.
//!
//! They are applied in the order of [`WORDS`], however a score orders them: chords become single notes first,
//! then the time changes, then copies are added, and notes are dropped last.

use serde_json::{Map, Value};

use super::{
    Argument, ArgumentError, Variables,
    pattern::{Arp, Pattern},
    tone::PatternNote,
    value_error::ValueError,
    values, velocity,
};
use crate::music::{Beats, Velocity};

/// The words in the order in which they are applied.
pub const WORDS: [&str; 8] = [
    "arp", "fast", "slow", "rev", "ply", "off", "every", "degrade",
];
/// The words within `off` and `every`, in the order in which they are applied.
const NESTED: [&str; 10] = [
    "arp",
    "fast",
    "slow",
    "rev",
    "ply",
    "transpose",
    "velocity",
    "off",
    "every",
    "degrade",
];
/// The most copies that a step can have.
const MAX_PLY: i64 = 64;
/// The most cycles that a copy can be later.
const MAX_LATE: i64 = 64;
/// The most cycles between two changes.
const MAX_CYCLES: u64 = 10_000;

/// A value, or why it cannot be read.
type Read<T> = Result<T, ValueError>;

/// A function of a pattern, with its value.
#[derive(Debug, Clone, PartialEq)]
pub enum PatternFunction {
    /// The notes of chords one after the other.
    Arp(Arp),
    /// Plays this many cycles in the time of one.
    Fast(Pattern<Beats>),
    /// Stretches one cycle over this many.
    Slow(Pattern<Beats>),
    /// Each cycle backwards, if it is so.
    Reverse(bool),
    /// Repeats each step this many times within its own duration.
    Ply(Pattern<Beats>),
    /// Semitones to add.
    Transpose(i8),
    /// The same velocity for all notes.
    Velocity(Velocity),
    /// Copies at the same time: how much later in cycles, and what else is changed in them.
    Off(Vec<(Beats, Vec<PatternFunction>)>),
    /// What changes in every nth cycle, starting with the first.
    Every(Vec<(u32, Vec<PatternFunction>)>),
    /// Each step dropped with this probability.
    Degrade(f64),
}

/// The functions of a `play` task, in the order in which they are applied.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PatternFunctions(pub Vec<(&'static str, Argument<PatternFunction>)>);

impl PatternFunctions {
    /// The pattern after all functions.
    pub fn apply(
        &self,
        mut pattern: Pattern<PatternNote>,
        input: &Value,
        variables: &Variables,
    ) -> Result<Pattern<PatternNote>, ArgumentError> {
        let mut marks = 0;
        for (word, function) in &self.0 {
            let read = |value: &Value| PatternFunction::read(word, value);
            let function = function.get(word, input, variables, read)?;
            pattern = function.apply(pattern, &mut marks).map_err(|error| {
                let value = "a change that this pattern cannot have".to_owned();
                ArgumentError::Invalid {
                    argument: word,
                    value,
                    error,
                }
            })?;
        }
        Ok(pattern)
    }

    /// The first function that the pattern cannot have, as far as there are no expressions.
    pub fn check(&self, pattern: &Pattern<PatternNote>) -> Result<(), (&'static str, ValueError)> {
        let (mut pattern, mut marks) = (pattern.clone(), 0);
        for (word, function) in &self.0 {
            let Argument::Fixed(function) = function else {
                return Ok(());
            };
            let changed = function.apply(pattern, &mut marks);
            pattern = changed.map_err(|error| (*word, error))?;
        }
        Ok(())
    }
}

impl PatternFunction {
    /// Reads the value of a word: that of a function, `transpose` or `velocity`.
    pub fn read(word: &str, value: &Value) -> Read<Self> {
        match word {
            "arp" => arp(value).map(Self::Arp),
            "fast" => speed(value).map(Self::Fast),
            "slow" => speed(value).map(Self::Slow),
            "rev" => yes(value).map(Self::Reverse),
            "ply" => ply(value).map(Self::Ply),
            "transpose" => values::transpose(value).map(Self::Transpose),
            "velocity" => velocity::of_value(value).map(Self::Velocity),
            "off" => each(value, |map| nested(map, ("off", "by"), late)).map(Self::Off),
            "every" => each(value, every).map(Self::Every),
            _ => odds(value).map(Self::Degrade),
        }
    }

    /// The pattern after this function. `marks` counts the sources of chance.
    fn apply(&self, pattern: Pattern<PatternNote>, marks: &mut u32) -> Read<Pattern<PatternNote>> {
        match self {
            Self::Arp(order) => pattern.arpeggio(*order),
            Self::Fast(factor) => pattern.fast(factor.clone()),
            Self::Slow(factor) => pattern.slow(factor.clone()),
            Self::Reverse(true) => Ok(pattern.reversed()),
            Self::Reverse(false) => Ok(pattern),
            Self::Ply(times) => pattern.ply(times.clone()),
            Self::Transpose(semitones) => pattern.map(|note| {
                let tone = note.tone.transposed(*semitones)?;
                Ok(PatternNote { tone, ..note })
            }),
            Self::Velocity(velocity) => pattern.map(|note| {
                let velocity = Some(*velocity);
                Ok(PatternNote { velocity, ..note })
            }),
            Self::Off(copies) => copies.iter().try_fold(pattern, |pattern, (by, functions)| {
                let copy = all(functions, pattern.clone().late(*by)?, marks)?;
                pattern.stacked(copy)
            }),
            Self::Every(changes) => {
                changes
                    .iter()
                    .try_fold(pattern, |pattern, (cycles, functions)| {
                        let changed = all(functions, pattern.clone(), marks)?;
                        pattern.every(*cycles, changed)
                    })
            }
            Self::Degrade(odds) => {
                *marks += 1;
                Ok(pattern.degraded(*odds, *marks))
            }
        }
    }
}

fn all(
    functions: &[PatternFunction],
    pattern: Pattern<PatternNote>,
    marks: &mut u32,
) -> Read<Pattern<PatternNote>> {
    let mut functions = functions.iter();
    functions.try_fold(pattern, |pattern, function| function.apply(pattern, marks))
}

/// One map, or a list of them.
fn each<T>(value: &Value, read: impl Fn(&Map<String, Value>) -> Read<T>) -> Read<Vec<T>> {
    let expected = || ValueError::from("expected a map, or a list of maps");
    let one = |value: &Value| read(value.as_object().ok_or_else(expected)?);
    match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| one(item).map_err(|error| error.under(index)))
                .collect()
        }
        value => Ok(vec![one(value)?]),
    }
}

/// A map of `parameter`, which `read` reads, and of functions.
fn nested<T>(
    map: &Map<String, Value>,
    (owner, parameter): (&str, &str),
    read: impl Fn(&Value) -> Read<T>,
) -> Read<(T, Vec<PatternFunction>)> {
    let words = || std::iter::once(parameter).chain(NESTED);
    for (key, value) in map {
        if !words().any(|word| word == key) {
            let words: Vec<&str> = words().collect();
            let message = format!(
                "unknown key `{key}` in `{owner}`; available: {}",
                words.join(", ")
            );
            return Err(ValueError::new(message).under(key));
        }
        if value.as_str().is_some_and(|text| text.contains("${")) {
            let message =
                format!("an expression must be the whole value of `{owner}`: it can return a map");
            return Err(ValueError::new(message).under(key));
        }
    }
    let given = map.get(parameter).ok_or_else(|| {
        ValueError::from(match parameter {
            "by" => "`off` needs `by`: how much later the copy is, in cycles, such as 1/8",
            _ => "`every` needs `cycles`: how often it happens, such as 4 for every fourth cycle",
        })
    })?;
    let parameter = read(given).map_err(|error| error.under(parameter))?;
    let functions = NESTED.iter().filter_map(|word| {
        let value = map.get(*word)?;
        Some(PatternFunction::read(word, value).map_err(|error| error.under(word)))
    });
    Ok((parameter, functions.collect::<Read<_>>()?))
}

fn every(map: &Map<String, Value>) -> Read<(u32, Vec<PatternFunction>)> {
    let (cycles, functions) = nested(map, ("every", "cycles"), cycles)?;
    match functions.is_empty() {
        true => Err("`every` needs what changes in those cycles, such as `rev: true`".into()),
        false => Ok((cycles, functions)),
    }
}

fn cycles(value: &Value) -> Read<u32> {
    let cycles = value.as_u64().filter(|n| (1..=MAX_CYCLES).contains(n));
    cycles
        .and_then(|cycles| u32::try_from(cycles).ok())
        .ok_or_else(|| format!("`cycles` must be an integer from 1 to {MAX_CYCLES}").into())
}

fn late(value: &Value) -> Read<Beats> {
    match values::fraction(value)? {
        by if by > Beats::ZERO && by <= Beats::whole(MAX_LATE) => Ok(by),
        _ => Err(format!("`by` must be above 0 and at most {MAX_LATE} cycles").into()),
    }
}

fn arp(value: &Value) -> Read<Arp> {
    let found = value.as_str().and_then(Arp::from_word);
    found.ok_or_else(|| {
        let words: Vec<&str> = Arp::ALL.iter().map(|(word, _)| *word).collect();
        format!("expected the order of an arpeggio: {}", words.join(", ")).into()
    })
}

fn yes(value: &Value) -> Read<bool> {
    value
        .as_bool()
        .ok_or_else(|| "expected true or false".into())
}

/// `degrade`: true, or a probability.
fn odds(value: &Value) -> Read<f64> {
    match (value, value.as_f64()) {
        (Value::Bool(true), _) => Ok(0.5),
        (Value::Bool(false), _) => Ok(0.0),
        (_, Some(odds)) if (0.0..=1.0).contains(&odds) => Ok(odds),
        _ => Err("`degrade` is the probability that a note is dropped, 0 to 1; true is 0.5".into()),
    }
}

/// A number of times: a number, a fraction, or a pattern of them.
fn numbers(value: &Value) -> Read<Pattern<Beats>> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return Err("expected a number, or a pattern of numbers such as \"<1 2>\"".into()),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A fraction, as elsewhere in a score; in a pattern it would be a step that is slower.
    let text = match text.split_once('/') {
        Some((above, below)) if is_number(above) && is_number(below) => format!("{above}%{below}"),
        _ => text,
    };
    Ok(Pattern::of_factors(&text)?)
}

fn speed(value: &Value) -> Read<Pattern<Beats>> {
    let factors = numbers(value)?;
    match factors.has_only(|factor| factor > Beats::ZERO) {
        true => Ok(factors),
        false => Err("a factor must be above 0; `rev: true` plays backwards".into()),
    }
}

fn ply(value: &Value) -> Read<Pattern<Beats>> {
    let times = numbers(value)?;
    let is_whole = |number: Beats| number == Beats::whole(number.floor());
    let most = Beats::whole(MAX_PLY);
    match times.has_only(|n| is_whole(n) && n >= Beats::whole(1) && n <= most) {
        true => Ok(times),
        false => Err(format!("`ply` must be an integer from 1 to {MAX_PLY}").into()),
    }
}
