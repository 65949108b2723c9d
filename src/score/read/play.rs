//! `call: play`.

use serde_json::Value as Json;

use super::{Map, Reader, task::optional};
use crate::score::{
    Argument, chord_symbol,
    error::Problem,
    instrument::{Instrument, Voice},
    pattern_function::{self, PatternFunction, PatternFunctions},
    play::{MAX_NOTES, Music, PlayOptions, PlayTask},
    scale::Scale,
    source::{Node, Value},
    tone::Tuning,
    value_error::ValueError,
    values,
};

/// The keys of `with`, besides the functions of patterns.
const KEYS: [&str; 12] = [
    "instrument",
    "pattern",
    "notes",
    "bars",
    "velocity",
    "repeat",
    "scale",
    "at",
    "swing",
    "gate",
    "humanise",
    "transpose",
];

impl Reader<'_> {
    pub(super) fn play(&mut self, node: &Node) -> Option<PlayTask> {
        let known = [&KEYS[..], &pattern_function::WORDS].concat();
        let with = self.map(node, "`call: play`", &known)?;
        let bars = with
            .get("bars")
            .map(|node| self.argument(node, values::bars));
        let velocity = with.get("velocity").map(|node| {
            self.warn_of_full_share(node);
            self.argument(node, values::dynamics)
        });
        if let Some(repeat) = with.get("repeat")
            && matches!(repeat.value, Value::Int(0))
        {
            self.warn(
                repeat.place,
                "`repeat: 0` plays nothing: remove it, or write how often the music is played",
            );
        }
        let repeat = match with.get("repeat") {
            Some(node) => self.argument(node, values::repeat),
            None => Some(Argument::Fixed(1)),
        };
        let instrument = self.instrument_choice(with)?;
        let players = instrument.candidates();
        let options = self.options(with, players)?;
        let music = self.played(with, players, &options)?;
        self.check_functions(with, &music, &options);
        Some(PlayTask {
            instrument,
            music,
            bars: optional(bars)?,
            velocity: optional(velocity)?,
            repeat: repeat?,
            options,
        })
    }

    /// The pattern or the notes, which one of the players at least can play.
    fn played(
        &mut self,
        with: Map<'_>,
        players: &[Instrument],
        options: &PlayOptions,
    ) -> Option<Music> {
        match (with.entry("pattern"), with.entry("notes")) {
            (Some(entry), None) => {
                self.warn_of_pattern(&entry.node, players, options);
                let has_scale = options.scale.is_some();
                self.music_of(&entry.node, players, |value, player| {
                    let tuning = fixed_tuning(player, options);
                    values::pattern(value, player, has_scale, tuning.as_ref())
                })
                .map(Music::Pattern)
            }
            (None, Some(entry)) => {
                if let Some(word) = only_for_patterns(with) {
                    let message = format!(
                        "`{word}` only applies to a `pattern`; `notes` are played as they are listed"
                    );
                    return self.report(entry.place, message.into());
                }
                self.listed(&entry.node, players).map(Music::Notes)
            }
            (Some(_), Some(entry)) => {
                let (owner, either) = ("`call: play`", "`pattern` or `notes`");
                self.report(entry.place, Problem::Conflict { owner, either })
            }
            (None, None) => {
                let message = "`call: play` needs `pattern` or `notes`";
                self.report(with.node.place, message.into())
            }
        }
    }

    /// Music that `read` reads for a player. If an expression chooses the player, it is read again when that is
    /// known.
    fn music_of<T>(
        &mut self,
        node: &Node,
        players: &[Instrument],
        read: impl Fn(&Json, &Instrument) -> Result<T, ValueError>,
    ) -> Option<Argument<T>> {
        if let [player] = players {
            return self.argument(node, |value| read(value, player));
        }
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(Argument::Expression);
        }
        let value = node.to_json();
        let mut results = players.iter().map(|player| read(&value, player));
        if let Some(Err(error)) = results.next()
            && !results.any(|result| result.is_ok())
        {
            return self.wrong_value(node, error);
        }
        let literal = self.literal(node, &value);
        literal.map(Argument::Expression)
    }

    fn listed(
        &mut self,
        node: &Node,
        players: &[Instrument],
    ) -> Option<Argument<Vec<crate::score::ListedNote>>> {
        if !matches!(node.value, Value::List(_)) && self.inline_expression(node).is_none() {
            const EXPECTED: &str = "a list of notes such as { at: 0, note: c4, length: 1 }";
            return self.wrong_type(node, EXPECTED);
        }
        let [player] = players else {
            return self.music_of(node, players, values::notes);
        };
        let Value::List(items) = &node.value else {
            return self.music_of(node, players, values::notes);
        };
        if items.len() > MAX_NOTES {
            let message = format!("a list can have at most {MAX_NOTES} notes");
            return self.report(node.place, message.into());
        }
        // One by one, so that each wrong one is reported.
        let mut notes = Vec::new();
        for item in items {
            match values::note(&item.to_json(), player) {
                Ok(note) => notes.push(note),
                Err(error) => self.wrong_value(item, error).unwrap_or_default(),
            }
        }
        (notes.len() == items.len()).then_some(Argument::Fixed(notes))
    }

    fn options(&mut self, with: Map<'_>, players: &[Instrument]) -> Option<PlayOptions> {
        let functions = self.functions_of(with);
        let scale = with.get("scale").map(|node| self.scale(node, players));
        let transpose = with
            .get("transpose")
            .map(|node| self.argument(node, values::transpose));
        let at = with
            .get("at")
            .map(|node| self.argument(node, values::start));
        let swing = with
            .get("swing")
            .map(|node| self.argument(node, values::swing));
        let gate = with
            .get("gate")
            .map(|node| self.argument(node, values::gate));
        let humanise = with
            .get("humanise")
            .map(|node| self.argument(node, values::humanise));
        Some(PlayOptions {
            functions: functions?,
            scale: optional(scale)?,
            transpose: optional(transpose)?,
            at: optional(at)?,
            swing: optional(swing)?,
            gate: optional(gate)?,
            humanise: optional(humanise)?,
        })
    }

    fn functions_of(&mut self, with: Map<'_>) -> Option<PatternFunctions> {
        let given = pattern_function::WORDS.into_iter();
        let given = given.filter_map(|word| Some((word, with.get(word)?)));
        let functions: Vec<_> = given
            .map(|(word, node)| {
                let read = |value: &Json| PatternFunction::read(word, value);
                Some((word, self.argument(node, read)?))
            })
            .collect();
        let functions: Option<_> = functions.into_iter().collect();
        functions.map(PatternFunctions)
    }

    /// Reports a function that the pattern cannot have.
    fn check_functions(&mut self, with: Map<'_>, music: &Music, options: &PlayOptions) {
        if let Music::Pattern(Argument::Fixed(pattern)) = music
            && let Err((word, error)) = options.functions.check(pattern)
            && let Some(node) = with.get(word)
        {
            self.wrong_value::<()>(node, error);
        }
    }

    fn scale(&mut self, node: &Node, players: &[Instrument]) -> Option<Argument<Scale>> {
        let is_kit = |player: &Instrument| matches!(player.voice, Voice::Kit(_));
        if players.iter().all(is_kit) {
            let message = "`scale` does not apply to a drum kit: its numbers are keys";
            return self.report(node.place, message.into());
        }
        self.argument(node, values::scale)
    }

    /// Warns of patterns that hardly mean what they say.
    fn warn_of_pattern(&mut self, node: &Node, players: &[Instrument], options: &PlayOptions) {
        if players
            .iter()
            .all(|player| matches!(player.voice, Voice::Kit(_)))
        {
            return;
        }
        if options.scale.is_none() && are_degrees(&node.value) {
            let message = "without a scale these numbers are keys of MIDI, too low to be heard: add a `scale` such \
                           as c4:major for degrees, or write names such as c4";
            self.warn(node.place, message);
        }
        if let Value::String(text) = &node.value
            && let Some((at, message)) = chord_symbol::note_beside_chords(text)
        {
            let place = self.inside(node, text, at);
            self.warn(place, message);
        }
    }
}

/// The first word that needs a pattern.
fn only_for_patterns(with: Map<'_>) -> Option<&'static str> {
    let words = std::iter::once("scale").chain(pattern_function::WORDS);
    words.into_iter().find(|word| with.get(word).is_some())
}

/// The tuning of a pattern, if it has no expressions. Otherwise notes out of range show up when it is
/// evaluated.
fn fixed_tuning(instrument: &Instrument, options: &PlayOptions) -> Option<Tuning> {
    let scale = match &options.scale {
        None => None,
        Some(Argument::Fixed(scale)) => Some(scale.clone()),
        Some(Argument::Expression(_)) => return None,
    };
    let transpose = match &options.transpose {
        None => 0,
        Some(Argument::Fixed(semitones)) => *semitones,
        Some(Argument::Expression(_)) => return None,
    };
    Some(Tuning {
        scale,
        transpose: i16::from(transpose) + i16::from(instrument.transpose),
    })
}

/// Whether a pattern has only numbers, all of them below the lowest key of a piano.
fn are_degrees(pattern: &Value) -> bool {
    const LOWEST: i64 = 21;
    let text = match pattern {
        Value::Int(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return false,
    };
    let is_sign = |letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '.';
    let mut words = text
        .split(is_sign)
        .filter(|word| !word.is_empty() && *word != "-")
        .peekable();
    words.peek().is_some() && words.all(|word| word.parse().is_ok_and(|key: i64| key < LOWEST))
}
