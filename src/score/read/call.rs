//! `call: play` and `call: rest`.

use super::{Map, Reader};
use crate::{
    music::{Beats, Key},
    score::{
        Given,
        document::TaskKind,
        error::Problem,
        instrument::Instrument,
        pattern::{Pattern, PatternError},
        play::{self, Dynamics, Music, Note, Play, RestLength},
        source::{Node, Value},
    },
};

impl Reader<'_> {
    pub(super) fn call(&mut self, node: &Node, task: Map<'_>) -> Option<TaskKind> {
        let name = self.string(node, "the name of a function")?;
        match name {
            "play" => {
                let with = self.need(task, "with")?;
                self.play(with).map(|play| TaskKind::Play(play.into()))
            }
            "rest" => {
                let with = self.need(task, "with")?;
                self.rest(with).map(TaskKind::Rest)
            }
            word if super::NOT_YET.iter().any(|(known, _)| *known == word) => {
                self.not_yet(node.place, word)
            }
            _ => {
                let problem = Problem::UnknownName {
                    kind: "function",
                    name: name.to_owned(),
                    scope: "to call",
                    hint: super::hint::hint(name, &["play", "rest"]),
                };
                self.wrong(node.place, problem)
            }
        }
    }

    fn play(&mut self, node: &Node) -> Option<Play> {
        let known = [
            "instrument",
            "pattern",
            "notes",
            "bars",
            "velocity",
            "repeat",
        ];
        let with = self.map(node, "`call: play`", &known)?;
        let bars = with
            .get("bars")
            .map(|node| self.given(node, play::read_bars));
        let velocity = with.get("velocity").map(|node| self.dynamics(node));
        let repeat = match with.get("repeat") {
            Some(node) => self.given(node, play::read_repeat),
            None => Some(Given::Fixed(1)),
        };
        let instrument = self.need(with, "instrument")?;
        let instrument = self.instrument_named(instrument)?;
        let music = match (with.get("pattern"), with.entry("notes")) {
            (Some(node), None) => self.pattern(node, &instrument).map(Music::Pattern),
            (None, Some(entry)) => self.notes(&entry.node, &instrument).map(Music::Notes),
            (Some(_), Some(entry)) => {
                let message = "`call: play` has either a `pattern` or `notes`, not both";
                self.wrong(entry.place, Problem::Other(message.into()))
            }
            (None, None) => {
                let message = "`call: play` needs a `pattern` or `notes`";
                self.wrong(node.place, Problem::Other(message.into()))
            }
        };
        Some(Play {
            instrument,
            music: music?,
            bars: super::task::whole(bars)?,
            velocity: super::task::whole(velocity)?,
            repeat: repeat?,
        })
    }

    fn pattern(&mut self, node: &Node, instrument: &Instrument) -> Option<Given<Pattern<Key>>> {
        if let Some(expression) = self.given_expression(node) {
            return expression.map(Given::Expression);
        }
        let text = self.pattern_text(node)?;
        match Pattern::parse(&text, |word| instrument.key(word)) {
            Ok(pattern) => Some(Given::Fixed(pattern)),
            Err(error) => self.wrong_pattern(node, &text, error),
        }
    }

    /// A pattern of one note may have been read as a number.
    fn pattern_text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Int(number) => Some(number.to_string()),
            _ => self.string(node, "a pattern, a text").map(str::to_owned),
        }
    }

    fn wrong_pattern<T>(&mut self, node: &Node, text: &str, error: PatternError) -> Option<T> {
        let place = self.inside(node, text, error.at);
        if text.contains("${") {
            let message = "an expression must be the whole text; its result may be a pattern";
            return self.wrong(place, Problem::Pattern(message.into()));
        }
        self.wrong(place, Problem::Pattern(error.message))
    }

    fn dynamics(&mut self, node: &Node) -> Option<Given<Dynamics>> {
        match &node.value {
            Value::String(text) if self.given_expression(node).is_none() => {
                match play::velocity_pattern(text) {
                    Ok(pattern) => Some(Given::Fixed(Dynamics::Pattern(pattern))),
                    Err(error) => self.wrong_pattern(node, text, error),
                }
            }
            _ => self.given(node, play::read_dynamics),
        }
    }

    fn notes(&mut self, node: &Node, instrument: &Instrument) -> Option<Given<Vec<Note>>> {
        if let Some(expression) = self.given_expression(node) {
            return expression.map(Given::Expression);
        }
        let items = self.list(node, "a list of notes, each { at, note, length }")?;
        if items.len() > play::MOST_NOTES {
            return self.invalid(node, "a list of at most 20000 notes");
        }
        let mut notes = Vec::new();
        for item in items {
            match play::read_note(&item.to_json(), instrument) {
                Ok(note) => notes.push(note),
                Err(message) => {
                    self.wrong::<()>(item.place, Problem::Other(message));
                }
            }
        }
        (notes.len() == items.len()).then_some(Given::Fixed(notes))
    }

    fn rest(&mut self, node: &Node) -> Option<RestLength> {
        let with = self.map(node, "`call: rest`", &["beats", "bars"])?;
        match (with.get("beats"), with.entry("bars")) {
            (Some(beats), None) => self
                .given::<Beats>(beats, play::read_beats)
                .map(RestLength::Beats),
            (None, Some(bars)) => self
                .given::<Beats>(&bars.node, play::read_bars)
                .map(RestLength::Bars),
            (Some(_), Some(bars)) => {
                let message = "`call: rest` has either `beats` or `bars`, not both";
                self.wrong(bars.place, Problem::Other(message.into()))
            }
            (None, None) => {
                let message = "`call: rest` needs `beats` or `bars`";
                self.wrong(node.place, Problem::Other(message.into()))
            }
        }
    }
}
