//! `call: play` and `call: rest`: what a task plays once its values are known.

use serde_json::Value;

use super::{
    CallError, Given, Scale, Variables,
    expressiveness::{self, Humanise, Start},
    instrument::Instrument,
    pattern::{Chord, Pattern, Seed, chords},
    tone::{Strike, Tone, Tuning, strike},
};
use crate::music::{Beats, Key, Meter, Tempo, Velocity};

/// The most bars that one phrase may last, and the most times that it may be repeated.
pub const MAX_REPEAT: i64 = 10_000;
/// The most notes in one list of `notes`.
pub const MAX_NOTES: usize = 33_000;

/// `call: play`.
#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    /// Who plays. A copy of the document's instrument.
    pub instrument: Instrument,
    /// What is played.
    pub music: Music,
    /// How many bars a cycle of the pattern or the list of notes lasts; greater than zero.
    /// `None`: one bar for a pattern, as many whole bars as are needed for notes.
    pub bars: Option<Given<Beats>>,
    /// How hard. `None`: as the instrument does.
    pub velocity: Option<Given<Dynamics>>,
    /// How many times. Each time is a cycle of its own for the pattern.
    pub repeat: Given<u32>,
    /// How, beside that.
    pub options: Options,
}

/// How a phrase is played; nothing given: as it is written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// Numbers in the pattern are degrees of this.
    pub scale: Option<Given<Scale>>,
    /// Semitones to add.
    pub transpose: Option<Given<i8>>,
    /// When it begins. `None`: where the voice is.
    pub at: Option<Given<Start>>,
    /// How much later every second eighth comes, as a share of an eighth.
    pub swing: Option<Given<Beats>>,
    /// Which share of its length a note is held.
    pub gate: Option<Given<Beats>>,
    /// Small differences.
    pub humanise: Option<Given<Humanise>>,
}

/// What a phrase depends on beside the score.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// How bars are counted.
    pub meter: Meter,
    /// The tempo that the score begins with.
    pub tempo: Tempo,
    /// How often this task has been played before over the whole instance, so that `< >` goes on
    /// in a loop.
    pub cycle: u64,
    /// What chance depends on beside the cycle.
    pub seed: Seed,
}

/// What is played.
#[derive(Debug, Clone, PartialEq)]
pub enum Music {
    /// A pattern.
    Pattern(Given<Pattern<Strike>>),
    /// Notes one by one.
    Notes(Given<Vec<Note>>),
}

/// A note of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// When, in beats from the beginning of the list.
    pub at: Beats,
    /// How long, in beats.
    pub length: Beats,
    /// The keys, at least one, transposed.
    pub keys: Vec<Key>,
    /// How hard. `None`: as the task says.
    pub velocity: Option<Velocity>,
}

/// How hard notes are struck.
#[derive(Debug, Clone, PartialEq)]
pub enum Dynamics {
    /// All alike.
    Even(Velocity),
    /// By a pattern of velocities: a note takes the one in whose time it begins.
    Pattern(Pattern<Velocity>),
}

/// What is to be played in one repetition.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// How long it lasts, in beats; the voice goes on after it.
    pub length: Beats,
    /// Its chords in the order of their onset; they may ring beyond its end.
    pub chords: Vec<Chord>,
}

impl Play {
    /// How many times the phrase is to be played.
    pub fn repeat(&self, input: &Value, variables: &Variables) -> Result<u32, CallError> {
        self.repeat.get("repeat", input, variables, read_repeat)
    }

    /// When it begins.
    pub fn start(&self, input: &Value, variables: &Variables) -> Result<Option<Start>, CallError> {
        let at = self.options.at.as_ref();
        at.map(|at| at.get("at", input, variables, Start::read))
            .transpose()
    }

    /// What to play in this repetition.
    pub fn phrase(
        &self,
        moment: &Moment,
        input: &Value,
        variables: &Variables,
    ) -> Result<Phrase, CallError> {
        let bar = moment.meter.bar();
        let bars = match &self.bars {
            Some(bars) => Some(bars.get("bars", input, variables, read_bars)?),
            None => None,
        };
        let dynamics = match &self.velocity {
            Some(given) => given.get("velocity", input, variables, read_dynamics)?,
            None => Dynamics::Even(self.instrument.velocity),
        };
        let levels = dynamics.levels(moment);
        let tuning = self.tuning(input, variables)?;
        let (length, notes) = match &self.music {
            Music::Pattern(pattern) => {
                let pattern = pattern.get("pattern", input, variables, |value| {
                    read_pattern(value, &self.instrument, &tuning)
                })?;
                let length = bars.unwrap_or(Beats::whole(1)) * bar;
                let notes = sounding(&pattern, moment, length, &levels, &tuning)?;
                (length, notes)
            }
            Music::Notes(notes) => {
                let notes = notes.get("notes", input, variables, |value| {
                    read_notes(value, &self.instrument)
                })?;
                let length = match bars {
                    Some(bars) => bars * bar,
                    None => whole_bars(&notes, bar),
                };
                let transpose = Tuning {
                    transpose: tuning.transpose - i16::from(self.instrument.transpose),
                    ..Tuning::default()
                };
                let mut all = Vec::new();
                for note in &notes {
                    let velocity = note.velocity.unwrap_or(levels.at(note.at / length));
                    for key in &note.keys {
                        let key = in_tune("notes", &transpose, Tone::Key(*key))?;
                        all.push((note.at, note.length, velocity, key));
                    }
                }
                (length, all)
            }
        };
        let chords = self.played(notes, moment, input, variables)?;
        Ok(Phrase { length, chords })
    }

    /// Notes with swing, gate and human differences.
    fn played(
        &self,
        mut notes: Vec<(Beats, Beats, Velocity, Key)>,
        moment: &Moment,
        input: &Value,
        variables: &Variables,
    ) -> Result<Vec<Chord>, CallError> {
        let options = &self.options;
        if let Some(swing) = &options.swing {
            let swing = swing.get("swing", input, variables, expressiveness::read_swing)?;
            for (at, length, ..) in &mut notes {
                let begin = expressiveness::swung(*at, swing);
                *length = expressiveness::swung(*at + *length, swing) - begin;
                *at = begin;
            }
        }
        if let Some(gate) = &options.gate {
            let gate = gate.get("gate", input, variables, expressiveness::read_gate)?;
            for (_, length, ..) in &mut notes {
                *length = *length * gate;
            }
        }
        let mut chords = chords(notes);
        if let Some(humanise) = &options.humanise {
            let humanise = humanise.get("humanise", input, variables, Humanise::read)?;
            let seed = moment.seed.of_name("humanise").of(moment.cycle);
            humanise.apply(&mut chords, moment.tempo, seed);
        }
        Ok(chords)
    }

    fn tuning(&self, input: &Value, variables: &Variables) -> Result<Tuning, CallError> {
        let scale = match &self.options.scale {
            Some(scale) => Some(scale.get("scale", input, variables, read_scale)?),
            None => None,
        };
        let transpose = match &self.options.transpose {
            Some(given) => given.get(
                "transpose",
                input,
                variables,
                expressiveness::read_transpose,
            )?,
            None => 0,
        };
        Ok(Tuning {
            scale,
            transpose: i16::from(transpose) + i16::from(self.instrument.transpose),
        })
    }
}

/// The notes of a pattern's cycle that lasts `length`.
fn sounding(
    pattern: &Pattern<Strike>,
    moment: &Moment,
    length: Beats,
    levels: &Levels,
    tuning: &Tuning,
) -> Result<Vec<(Beats, Beats, Velocity, Key)>, CallError> {
    let steps = pattern.cycle(moment.cycle, moment.seed).into_iter();
    steps
        .map(|step| {
            let velocity = step.value.velocity;
            let velocity = velocity.unwrap_or_else(|| levels.at(step.begin));
            let key = in_tune("pattern", tuning, step.value.tone)?;
            Ok((step.begin * length, step.length * length, velocity, key))
        })
        .collect()
}

fn in_tune(field: &'static str, tuning: &Tuning, tone: Tone) -> Result<Key, CallError> {
    tuning.key(tone).map_err(|message| CallError::Unusable {
        field,
        value: format!("a note transposed by {} semitones", tuning.transpose),
        message,
    })
}

/// `call: rest`: how long, in bars or beats.
#[derive(Debug, Clone, PartialEq)]
pub enum RestLength {
    /// So many beats.
    Beats(Given<Beats>),
    /// So many bars.
    Bars(Given<Beats>),
}

impl RestLength {
    /// In beats.
    pub fn beats(
        &self,
        meter: Meter,
        input: &Value,
        variables: &Variables,
    ) -> Result<Beats, CallError> {
        match self {
            Self::Beats(beats) => beats.get("beats", input, variables, read_beats),
            Self::Bars(bars) => Ok(bars.get("bars", input, variables, read_bars)? * meter.bar()),
        }
    }
}

/// The velocities of one cycle.
enum Levels {
    Even(Velocity),
    Steps(Vec<(Beats, Beats, Velocity)>),
}

impl Dynamics {
    fn levels(&self, moment: &Moment) -> Levels {
        match self {
            Self::Even(velocity) => Levels::Even(*velocity),
            Self::Pattern(pattern) => Levels::Steps(
                pattern
                    .cycle(moment.cycle, moment.seed)
                    .into_iter()
                    .map(|step| (step.begin, step.begin + step.length, step.value))
                    .collect(),
            ),
        }
    }
}

impl Levels {
    /// The velocity at a place of the cycle; the default where the pattern rests.
    fn at(&self, place: Beats) -> Velocity {
        match self {
            Self::Even(velocity) => *velocity,
            Self::Steps(steps) => steps
                .iter()
                .rev()
                .find(|(begin, end, _)| *begin <= place && place < *end)
                .map_or_else(Velocity::default, |(_, _, velocity)| *velocity),
        }
    }
}

/// The smallest number of whole bars, at least one, in which every note has come to its end.
fn whole_bars(notes: &[Note], bar: Beats) -> Beats {
    let ends = notes.iter().map(|note| note.at + note.length);
    let end = ends.max().unwrap_or(Beats::ZERO);
    bar * end.div_ceil(bar).max(1)
}

/// A number of beats: a number, or a fraction as text.
pub(super) fn read_fraction(value: &Value) -> Result<Beats, String> {
    const EXPECTED: &str = "a number or a fraction such as \"3/2\" is expected";
    let beats = match value {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) if whole.unsigned_abs() <= 1 << 32 => Beats::whole(whole),
            (None, Some(float)) if float.abs() <= 4e9 => Beats::from_f64(float),
            _ => return Err(EXPECTED.into()),
        },
        Value::String(text) => {
            let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
            let number = |text: &str| text.trim().parse().ok().filter(|n| in_reach(*n));
            match (number(numerator), number(denominator)) {
                (Some(n), Some(d)) if d > 0 => Beats::new(n, d),
                _ => return Err(EXPECTED.into()),
            }
        }
        _ => return Err(EXPECTED.into()),
    };
    Ok(beats)
}

/// Whether a numerator or denominator is small enough for exact sums and comparisons.
fn in_reach(number: i64) -> bool {
    number.unsigned_abs() <= 1 << 40
}

/// A length in beats: greater than zero, at most [`MAX_REPEAT`] bars of four beats.
pub(super) fn read_beats(value: &Value) -> Result<Beats, String> {
    match read_fraction(value)? {
        beats if beats > Beats::ZERO && beats <= Beats::whole(4 * MAX_REPEAT) => Ok(beats),
        _ => Err(format!(
            "it must be greater than 0 and at most {}",
            4 * MAX_REPEAT
        )),
    }
}

/// A number of bars: greater than zero, at most [`MAX_REPEAT`].
pub(super) fn read_bars(value: &Value) -> Result<Beats, String> {
    match read_fraction(value)? {
        bars if bars > Beats::ZERO && bars <= Beats::whole(MAX_REPEAT) => Ok(bars),
        _ => Err(format!(
            "it must be greater than 0 and at most {MAX_REPEAT}"
        )),
    }
}

/// How often: 0 to [`MAX_REPEAT`].
pub(super) fn read_repeat(value: &Value) -> Result<u32, String> {
    let times = value.as_u64().and_then(|times| u32::try_from(times).ok());
    times
        .filter(|times| i64::from(*times) <= MAX_REPEAT)
        .ok_or_else(|| format!("a whole number from 0 to {MAX_REPEAT} is expected"))
}

/// A velocity, 1 to 127.
pub(super) fn read_velocity(value: &Value) -> Result<Velocity, String> {
    let number = match value.as_f64() {
        Some(number) if (1.0..=127.0).contains(&number.round()) => number.round() as u8,
        _ => 0,
    };
    Velocity::new(number).ok_or_else(|| "a velocity is a number from 1 to 127".to_owned())
}

/// A velocity or a pattern of velocities.
pub(super) fn read_dynamics(value: &Value) -> Result<Dynamics, String> {
    match value {
        Value::String(text) => velocity_pattern(text)
            .map(Dynamics::Pattern)
            .map_err(|error| format!("in this pattern {error}")),
        _ => read_velocity(value).map(Dynamics::Even),
    }
}

/// A pattern of velocities.
pub(super) fn velocity_pattern(
    text: &str,
) -> Result<Pattern<Velocity>, super::pattern::PatternError> {
    Pattern::parse(text, |word| {
        let velocity = word.parse().ok().and_then(Velocity::new);
        velocity.ok_or_else(|| format!("`{word}` is not a velocity, a number from 1 to 127"))
    })
}

/// A scale.
pub(super) fn read_scale(value: &Value) -> Result<Scale, String> {
    Scale::read(
        value
            .as_str()
            .ok_or("a scale is a text such as \"c4:minor\"")?,
    )
}

fn read_pattern(
    value: &Value,
    instrument: &Instrument,
    tuning: &Tuning,
) -> Result<Pattern<Strike>, String> {
    let text = value.as_str().ok_or("a pattern is text")?;
    let word = |word: &str| {
        let strike = strike(instrument, word, tuning.scale.is_some())?;
        tuning.key(strike.tone).map(|_| strike)
    };
    Pattern::parse(text, word).map_err(|error| format!("in this pattern {error}"))
}

/// The key of a value: a note name or a key number.
pub(super) fn read_key(value: &Value, instrument: &Instrument) -> Result<Key, String> {
    match value {
        Value::String(word) => instrument.key(word),
        Value::Number(number) => instrument.key(&number.to_string()),
        _ => Err("a note is a name such as `c4` or a key number".to_owned()),
    }
}

/// The keys of a value: one, or a list of at least one.
pub(super) fn read_keys(value: &Value, instrument: &Instrument) -> Result<Vec<Key>, String> {
    match value {
        Value::Array(items) if items.is_empty() => Err("a note is missing".to_owned()),
        Value::Array(items) => items.iter().map(|v| read_key(v, instrument)).collect(),
        one => Ok(vec![read_key(one, instrument)?]),
    }
}

/// One note of a list.
pub(super) fn read_note(value: &Value, instrument: &Instrument) -> Result<Note, String> {
    let map = value
        .as_object()
        .ok_or("a map with `at`, `note` and `length` is expected")?;
    for key in map.keys() {
        if !["at", "note", "length", "velocity"].contains(&key.as_str()) {
            return Err(format!(
                "`{key}` is not a word of a note: there are at, note, length, velocity"
            ));
        }
    }
    let at = match map.get("at") {
        Some(at) => read_fraction(at)?,
        None => Beats::ZERO,
    };
    if at < Beats::ZERO || at > Beats::whole(4 * MAX_REPEAT) {
        return Err(format!("`at` must be from 0 to {}", 4 * MAX_REPEAT));
    }
    Ok(Note {
        at,
        length: map.get("length").map_or(Ok(Beats::whole(1)), read_beats)?,
        keys: read_keys(map.get("note").ok_or("`note` is missing")?, instrument)?,
        velocity: map.get("velocity").map(read_velocity).transpose()?,
    })
}

fn read_notes(value: &Value, instrument: &Instrument) -> Result<Vec<Note>, String> {
    let list = value.as_array().ok_or("a list of notes is expected")?;
    if list.len() > MAX_NOTES {
        return Err(format!("there are more than {MAX_NOTES} notes"));
    }
    list.iter()
        .map(|note| read_note(note, instrument))
        .collect()
}
