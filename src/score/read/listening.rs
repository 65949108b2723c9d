//! Listening scores, and what a score says about its own: `metadata.fermata.listen`.

use std::path::Path;

use super::{Map, Origin, Reader};
use crate::{
    music::{Beats, Tempo},
    score::{
        error::Diagnostic,
        instrument::Instrument,
        listening::{Change, Glob, Grid, Listening, ListeningScore, Rule, RulePlay},
        scale::Scale,
        source::{Node, Value},
        values,
    },
};

/// The tempo of a listening score that gives none, in beats per minute.
const TEMPO: f64 = 84.0;
const KEY: &str = "d4:dorian";
const DENSITY: u8 = 4;
const LONGEST: i64 = 32;
/// The most rules.
const MAX_RULES: usize = 200;
const VERSION: i64 = 1;

const KEYS: [&str; 8] = [
    "listening",
    "key",
    "grid",
    "tempo",
    "density",
    "longest",
    "instruments",
    "rules",
];

/// Reads a whole listening score.
pub(in crate::score) fn listening_score(
    node: &Node,
    text: &str,
    origin: Origin<'_>,
) -> Result<ListeningScore, Vec<Diagnostic>> {
    let mut reader = Reader::new(text, origin);
    let read = reader.listening_score(node);
    match read {
        Some(read) if reader.diagnostics.is_empty() => Ok(read),
        _ => Err(reader.diagnostics),
    }
}

impl Reader<'_> {
    fn listening_score(&mut self, node: &Node) -> Option<ListeningScore> {
        let map = self.map(node, "a listening score", &KEYS)?;
        let version = self.require(map, "listening")?;
        if !matches!(version.value, Value::Int(VERSION)) {
            return self.invalid(version, "1, the version of the format: `listening: 1`");
        }
        let key = match map.get("key") {
            Some(node) => self.key(node),
            None => Scale::read(KEY).ok(),
        };
        let grid = match map.get("grid") {
            Some(node) => self.grid(node),
            None => Some(Grid::Step(Beats::new(1, 4))),
        };
        let tempo = match map.get("tempo") {
            Some(node) => {
                let bpm = self.number(node, 20.0..=400.0, "a tempo from 20 to 400");
                bpm.and_then(Tempo::new)
            }
            None => Tempo::new(TEMPO),
        };
        let density = match map.get("density") {
            Some(node) => self.integer(node, 1..=16, "a number of notes from 1 to 16"),
            None => Some(DENSITY),
        };
        let longest = match map.get("longest") {
            Some(node) => self.beats(node),
            None => Some(Beats::whole(LONGEST)),
        };
        self.declares_instruments = true;
        match map.get("instruments") {
            Some(node) => {
                self.instruments(node);
                if self.instruments.is_empty() && self.diagnostics.is_empty() {
                    let message = "no instruments: name one after its role, such as `note: { patch: epiano }`, \
                                   or leave `instruments` out";
                    return self.report(node.place, message.into());
                }
            }
            None => self.instruments = ListeningScore::built_in().instruments.clone(),
        }
        let rules = map.get("rules").and_then(|node| self.rules(node));
        Some(ListeningScore {
            name: Default::default(),
            source: self.text.into(),
            key: key?,
            grid: grid?,
            tempo: tempo?,
            density: usize::from(density?),
            longest: longest?,
            instruments: self.instruments.clone(),
            rules: rules.unwrap_or_default(),
        })
    }

    fn key(&mut self, node: &Node) -> Option<Scale> {
        let text = self.string(node, "a key such as \"d:dorian\"")?;
        match Scale::read(text) {
            Ok(scale) => Some(scale),
            Err(error) => self.wrong_value(node, error),
        }
    }

    fn grid(&mut self, node: &Node) -> Option<Grid> {
        match &node.value {
            Value::String(text) if text == "free" => Some(Grid::Free),
            _ => match values::beats(&node.to_json()) {
                Ok(step) => Some(Grid::Step(step)),
                Err(_) => self.invalid(node, "a number of beats such as 1/4, or `free`"),
            },
        }
    }

    fn rules(&mut self, node: &Node) -> Option<Vec<Rule>> {
        let items = self.list(node, "a list of rules")?;
        if items.len() > MAX_RULES {
            let message = format!("more than {MAX_RULES} rules: use `*` in names");
            return self.report(node.place, message.into());
        }
        items.iter().map(|item| self.rule(item)).collect()
    }

    fn rule(&mut self, node: &Node) -> Option<Rule> {
        let known = ["workflows", "activities", "on", "play"];
        let map = self.map(node, "a rule", &known)?;
        let workflows = self.glob(map, "workflows");
        let activities = self.glob(map, "activities");
        let on = match map.get("on") {
            None => Some(Vec::new()),
            Some(Node {
                value: Value::List(items),
                ..
            }) => items.iter().map(|item| self.event_name(item)).collect(),
            Some(node) => self.event_name(node).map(|event| vec![event]),
        };
        let play = self.require(map, "play")?;
        let play = self.rule_play(play);
        Some(Rule {
            workflows: workflows?,
            activities: activities?,
            on: on?,
            play: play?,
        })
    }

    fn glob(&mut self, map: Map<'_>, key: &str) -> Option<Option<Glob>> {
        match map.get(key) {
            None => Some(None),
            Some(node) => {
                let text = self.string(node, "a name, in which `*` stands for any text")?;
                Some(Some(Glob::new(text)))
            }
        }
    }

    fn rule_play(&mut self, node: &Node) -> Option<RulePlay> {
        if matches!(node.value, Value::Bool(false)) {
            return Some(RulePlay::Silent);
        }
        let known = ["instrument", "note", "octave", "velocity", "length"];
        let map = self.map(node, "`play` (or `play: false`, for silence)", &known)?;
        let instrument = match map.get("instrument") {
            Some(node) => Some(self.instrument_named(node)?),
            None => None,
        };
        // Without an instrument, the note is as written.
        let any = || {
            let first = self.instruments.first().cloned();
            first.map(|first| Instrument {
                transpose: 0,
                ..first
            })
        };
        let by = instrument.clone().or_else(any);
        let keys = match (map.get("note"), by) {
            (Some(note), Some(by)) => match values::keys(&note.to_json(), &by) {
                Ok(keys) => Some(Some(keys)),
                Err(error) => self.wrong_value(note, error),
            },
            _ => Some(None),
        };
        let octave = match map.get("octave") {
            Some(node) => self.integer(node, -4..=4, "octaves from -4 to 4"),
            None => Some(0),
        };
        let velocity = map.get("velocity").map(|node| self.velocity(node));
        let length = map.get("length").map(|node| self.beats(node));
        let place = instrument.and_then(|named| {
            let mut all = self.instruments.iter();
            all.position(|instrument| instrument.name == named.name)
        });
        Some(RulePlay::As(Change {
            instrument: place,
            keys: keys?,
            octave: octave?,
            velocity: super::task::optional(velocity)?,
            length: super::task::optional(length)?,
        }))
    }

    /// `listen` in the head of a score.
    pub(super) fn listening(&mut self, node: &Node) -> Option<Listening> {
        let text = match &node.value {
            Value::Bool(true) => return Some(Listening::On),
            Value::Bool(false) => return Some(Listening::Off),
            Value::String(text) => text,
            _ => return self.wrong_type(node, "true, false or the file of a listening score"),
        };
        match self.origin {
            Origin::History => Some(Listening::By(None)),
            Origin::Text => {
                let message = "a score without a file cannot name a listening score: write `listen: true` or \
                               `listen: false`";
                self.report(node.place, message.into())
            }
            Origin::Folder(folder, bank) => {
                let path = folder.join(Path::new(text));
                match ListeningScore::load(&path, bank) {
                    Ok(read) => Some(Listening::By(Some(read.source))),
                    Err(errors) => {
                        let text = errors.to_string();
                        let first = text.lines().next().unwrap_or_default().to_owned();
                        self.report(node.place, first.into())
                    }
                }
            }
        }
    }
}
