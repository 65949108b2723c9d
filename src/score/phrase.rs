//! Phrases: what `call: play` and `call: rest` come to once their arguments are evaluated.

use serde_json::Value;

use super::{
    ArgumentError, Variables,
    expressiveness::{self, Start},
    instrument::Instrument,
    pattern::{Chord, Pattern, Seed, chords},
    play::{Dynamics, ListedNote, Music, PlayTask, RestLength},
    tone::{PatternNote, Tone, Tuning},
    values,
};
use crate::music::{Beat, Beats, Key, MeterMap, Tempo, Velocity};

/// What a phrase depends on besides the score.
#[derive(Debug, Clone, Copy)]
pub struct PhraseContext {
    /// The meters of the score.
    pub meters: MeterMap,
    /// The beat at which the repetition starts.
    pub at: Beat,
    /// The tempo at the start of the score.
    pub tempo: Tempo,
    /// How many times the instance has played this task before, so that `< >` advances in a loop.
    pub cycle: u64,
    /// The seed of random choices.
    pub seed: Seed,
}

/// The music of one repetition.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// Its length in beats; the cursor moves by this much.
    pub length: Beats,
    /// Its chords in the order of their onset. They may sound beyond its end.
    pub chords: Vec<Chord>,
}

/// Onset, length, velocity and key of a note.
type TimedNote = (Beats, Beats, Velocity, Key);

impl PlayTask {
    /// The number of repetitions.
    pub fn repeat(&self, input: &Value, variables: &Variables) -> Result<u32, ArgumentError> {
        self.repeat.get("repeat", input, variables, values::repeat)
    }

    /// Where it starts. `None`: at the cursor.
    pub fn start(
        &self,
        input: &Value,
        variables: &Variables,
    ) -> Result<Option<Start>, ArgumentError> {
        let at = self.options.at.as_ref();
        at.map(|at| at.get("at", input, variables, values::start))
            .transpose()
    }

    /// The music of the repetition that `context` describes, for this instrument.
    pub fn phrase(
        &self,
        context: &PhraseContext,
        instrument: &Instrument,
        input: &Value,
        variables: &Variables,
    ) -> Result<Phrase, ArgumentError> {
        let given = match &self.bars {
            Some(bars) => {
                let bars = bars.get("bars", input, variables, values::bars)?;
                Some(context.meters.length_of(context.at, bars))
            }
            None => None,
        };
        let dynamics = match &self.velocity {
            Some(velocity) => velocity.get("velocity", input, variables, values::dynamics)?,
            None => Dynamics::Even(instrument.velocity),
        };
        let levels = dynamics.levels(context);
        let tuning = self.tuning(instrument, input, variables)?;
        let (length, notes) = match &self.music {
            Music::Pattern(pattern) => {
                let pattern = pattern.get("pattern", input, variables, |value| {
                    let has_scale = tuning.scale.is_some();
                    values::pattern(value, instrument, has_scale, Some(&tuning))
                })?;
                let pattern = self.options.functions.apply(pattern, input, variables)?;
                let one_bar = || context.meters.length_of(context.at, Beats::whole(1));
                let length = given.unwrap_or_else(one_bar);
                let notes = cycle_notes(&pattern, context, length, &levels, &tuning)?;
                (length, notes)
            }
            Music::Notes(notes) => {
                let notes = notes.get("notes", input, variables, |value| {
                    values::notes(value, instrument)
                })?;
                let length = given.unwrap_or_else(|| whole_bars(&notes, context));
                // The keys of listed notes are transposed by the instrument already.
                let transpose = Tuning {
                    transpose: tuning.transpose - i16::from(instrument.transpose),
                    ..Tuning::default()
                };
                let mut all = Vec::new();
                for note in &notes {
                    let velocity = note.velocity.unwrap_or(levels.at(note.at / length));
                    for key in &note.keys {
                        let key = tuned("notes", &transpose, Tone::Key(*key))?;
                        all.push((note.at, note.length, velocity, key));
                    }
                }
                (length, all)
            }
        };
        let chords = self.expressive(notes, context, input, variables)?;
        Ok(Phrase { length, chords })
    }

    /// Applies swing, gate and random variations.
    fn expressive(
        &self,
        mut notes: Vec<TimedNote>,
        context: &PhraseContext,
        input: &Value,
        variables: &Variables,
    ) -> Result<Vec<Chord>, ArgumentError> {
        let options = &self.options;
        if let Some(swing) = &options.swing {
            let swing = swing.get("swing", input, variables, values::swing)?;
            let swung = |at| context.swung(at, swing);
            for (at, length, ..) in &mut notes {
                let start = swung(*at);
                *length = swung(*at + *length) - start;
                *at = start;
            }
        }
        if let Some(gate) = &options.gate {
            let gate = gate.get("gate", input, variables, values::gate)?;
            for (_, length, ..) in &mut notes {
                *length = *length * gate;
            }
        }
        let mut chords = chords(notes);
        if let Some(humanise) = &options.humanise {
            let humanise = humanise.get("humanise", input, variables, values::humanise)?;
            let seed = context.seed.of_name("humanise").of(context.cycle);
            humanise.apply(&mut chords, context.tempo, seed);
        }
        Ok(chords)
    }

    fn tuning(
        &self,
        instrument: &Instrument,
        input: &Value,
        variables: &Variables,
    ) -> Result<Tuning, ArgumentError> {
        let scale = match &self.options.scale {
            Some(scale) => Some(scale.get("scale", input, variables, values::scale)?),
            None => None,
        };
        let transpose = match &self.options.transpose {
            Some(given) => given.get("transpose", input, variables, values::transpose)?,
            None => 0,
        };
        Ok(Tuning {
            scale,
            transpose: i16::from(transpose) + i16::from(instrument.transpose),
        })
    }
}

/// The notes of one cycle of a pattern, stretched to `length`.
fn cycle_notes(
    pattern: &Pattern<PatternNote>,
    context: &PhraseContext,
    length: Beats,
    levels: &Levels,
    tuning: &Tuning,
) -> Result<Vec<TimedNote>, ArgumentError> {
    let steps = pattern.cycle(context.cycle, context.seed).into_iter();
    steps
        .map(|step| {
            let velocity = step.value.velocity;
            let velocity = velocity.unwrap_or_else(|| levels.at(step.start));
            let key = tuned("pattern", tuning, step.value.tone)?;
            Ok((step.start * length, step.length * length, velocity, key))
        })
        .collect()
}

fn tuned(argument: &'static str, tuning: &Tuning, tone: Tone) -> Result<Key, ArgumentError> {
    tuning.key(tone).map_err(|error| ArgumentError::Invalid {
        argument,
        value: format!("a note transposed by {} semitones", tuning.transpose),
        error,
    })
}

impl RestLength {
    /// The length in beats.
    pub fn beats(
        &self,
        meters: &MeterMap,
        from: Beat,
        input: &Value,
        variables: &Variables,
    ) -> Result<Beats, ArgumentError> {
        match self {
            Self::Beats(beats) => beats.get("beats", input, variables, values::beats),
            Self::Bars(bars) => {
                let bars = bars.get("bars", input, variables, values::bars)?;
                Ok(meters.length_of(from, bars))
            }
        }
    }
}

/// The velocities of one cycle.
enum Levels {
    Even(Velocity),
    /// Start, end and velocity of each step.
    Steps(Vec<(Beats, Beats, Velocity)>),
}

impl Dynamics {
    fn levels(&self, context: &PhraseContext) -> Levels {
        match self {
            Self::Even(velocity) => Levels::Even(*velocity),
            Self::Pattern(pattern) => Levels::Steps(
                pattern
                    .cycle(context.cycle, context.seed)
                    .into_iter()
                    .map(|step| (step.start, step.start + step.length, step.value))
                    .collect(),
            ),
        }
    }
}

impl Levels {
    /// The velocity at a position in the cycle; the default where the pattern rests.
    fn at(&self, position: Beats) -> Velocity {
        match self {
            Self::Even(velocity) => *velocity,
            Self::Steps(steps) => steps
                .iter()
                .rev()
                .find(|(start, end, _)| *start <= position && position < *end)
                .map_or_else(Velocity::default, |(_, _, velocity)| *velocity),
        }
    }
}

/// The smallest number of whole bars, at least one, in which every note has ended.
fn whole_bars(notes: &[ListedNote], context: &PhraseContext) -> Beats {
    let ends = notes.iter().map(|note| note.at + note.length);
    let end = ends.max().unwrap_or(Beats::ZERO);
    let meters = &context.meters;
    if meters.is_constant() {
        let bar = meters.first().bar();
        return bar * end.div_ceil(bar).max(1);
    }
    let one_bar = meters.length_of(context.at, Beats::whole(1));
    (meters.next_bar(context.at + end) - context.at).max(one_bar)
}

impl PhraseContext {
    /// The swung position of a beat of the phrase. Where the meter changes, eighths are counted from each bar
    /// line.
    fn swung(&self, at: Beats, swing: Beats) -> Beats {
        if self.meters.is_constant() {
            return expressiveness::swung(at, swing);
        }
        let (_, position) = self.meters.bar_and_position(self.at + at);
        at + (expressiveness::swung(position, swing) - position)
    }
}
