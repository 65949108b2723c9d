//! The calls that make music.

use super::{Map, Reader, task::whole};
use crate::{
    music::Beats,
    score::{
        Given,
        calls::Controller,
        control::{self, Change, Control, Course, TempoChange},
        document::TaskKind,
        error::Problem,
        expressiveness::{self, Humanise, Start},
        instrument::{Instrument, Voice},
        pattern::{Pattern, PatternError},
        play::{self, Dynamics, Music, Note, Options, Play, RestLength},
        scale::Scale,
        source::{Node, Value},
        tone::{Strike, Tuning, strike},
    },
};

/// The functions that make music.
pub(super) const FUNCTIONS: [&str; 4] = ["play", "rest", "control", "tempo"];

impl Reader<'_> {
    /// A call of one of [`FUNCTIONS`].
    pub(super) fn music(&mut self, function: &str, task: Map<'_>) -> Option<TaskKind> {
        let with = self.need(task, "with")?;
        match function {
            "play" => self.play(with).map(|play| TaskKind::Play(play.into())),
            "rest" => self.rest(with).map(TaskKind::Rest),
            "control" => self
                .control(with)
                .map(|control| TaskKind::Control(control.into())),
            _ => self.tempo(with).map(TaskKind::Tempo),
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
            "scale",
            "at",
            "swing",
            "gate",
            "humanise",
            "transpose",
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
        let options = self.options(with, &instrument)?;
        let music = match (with.get("pattern"), with.entry("notes")) {
            (Some(node), None) => self
                .pattern(node, &instrument, &options)
                .map(Music::Pattern),
            (None, Some(entry)) if options.scale.is_some() => {
                let message = "`scale` is for a `pattern`; `notes` have names and key numbers";
                self.wrong(entry.place, Problem::Other(message.into()))
            }
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
            bars: whole(bars)?,
            velocity: whole(velocity)?,
            repeat: repeat?,
            options,
        })
    }

    fn options(&mut self, with: Map<'_>, instrument: &Instrument) -> Option<Options> {
        let scale = with.get("scale").map(|node| self.scale(node, instrument));
        let transpose = with
            .get("transpose")
            .map(|node| self.given(node, expressiveness::read_transpose));
        let at = with.get("at").map(|node| self.given(node, Start::read));
        let swing = with
            .get("swing")
            .map(|node| self.given(node, expressiveness::read_swing));
        let gate = with
            .get("gate")
            .map(|node| self.given(node, expressiveness::read_gate));
        let humanise = with
            .get("humanise")
            .map(|node| self.given(node, Humanise::read));
        Some(Options {
            scale: whole(scale)?,
            transpose: whole(transpose)?,
            at: whole(at)?,
            swing: whole(swing)?,
            gate: whole(gate)?,
            humanise: whole(humanise)?,
        })
    }

    fn scale(&mut self, node: &Node, instrument: &Instrument) -> Option<Given<Scale>> {
        if matches!(instrument.voice, Voice::Kit(_)) {
            let message = "a drum kit has no `scale`: its numbers are keys";
            return self.wrong(node.place, Problem::Other(message.into()));
        }
        self.given(node, play::read_scale)
    }

    fn pattern(
        &mut self,
        node: &Node,
        instrument: &Instrument,
        options: &Options,
    ) -> Option<Given<Pattern<Strike>>> {
        if let Some(expression) = self.given_expression(node) {
            return expression.map(Given::Expression);
        }
        let text = self.pattern_text(node)?;
        let tuning = fixed_tuning(instrument, options);
        let read = |word: &str| {
            let strike = strike(instrument, word, options.scale.is_some())?;
            if let Some(tuning) = &tuning {
                tuning.key(strike.tone)?;
            }
            Ok(strike)
        };
        match Pattern::parse(&text, read) {
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
        if items.len() > play::MAX_NOTES {
            return self.invalid(node, "a list of at most 33000 notes");
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

    fn tempo(&mut self, node: &Node) -> Option<TempoChange> {
        let with = self.map(node, "`call: tempo`", &["bpm", "over"])?;
        let over = with
            .get("over")
            .map(|node| self.given(node, play::read_beats));
        let bpm = self.need(with, "bpm")?;
        Some(TempoChange {
            bpm: self.given(bpm, control::read_bpm)?,
            over: whole(over)?,
        })
    }

    fn control(&mut self, node: &Node) -> Option<Control> {
        let known = [
            "instrument",
            "cc",
            "value",
            "from",
            "to",
            "over",
            "bank",
            "program",
            "bend",
            "pressure",
        ];
        let with = self.map(node, "`call: control`", &known)?;
        let instrument = self.need(with, "instrument")?;
        let instrument = self.instrument_named(instrument)?;
        let mut changes = Vec::new();
        for (word, controller) in [
            ("bank", Controller::Bank),
            ("program", Controller::Program),
            ("bend", Controller::Bend),
            ("pressure", Controller::Pressure),
        ] {
            if let Some(node) = with.get(word) {
                changes.push(self.change(node, controller)?);
            }
        }
        if let Some(node) = with.get("cc") {
            changes.push(self.cc(with, node)?);
        }
        let stray = ["value", "from", "to", "over"];
        let stray = stray.into_iter().find_map(|word| with.entry(word));
        if let (Some(entry), None) = (stray, with.get("cc")) {
            let message = format!(
                "`{}` belongs to a `cc`: a ramp of a bend is written `bend: {{ from: 0, to: 1, over: 4 }}`",
                entry.key
            );
            return self.wrong(entry.place, Problem::Other(message));
        }
        let ramps = |change: &Change| matches!(change.course, Course::Ramp { .. });
        match changes.is_empty() {
            true => {
                let message = "`call: control` needs `cc`, `program`, `bank`, `bend` or `pressure`";
                self.wrong(node.place, Problem::Other(message.into()))
            }
            false if changes.len() > 1 && changes.iter().any(ramps) => {
                let message =
                    "a ramp stands alone in its task: two at a time are branches of a `fork`";
                self.wrong(node.place, Problem::Other(message.into()))
            }
            false => Some(Control {
                instrument,
                changes,
            }),
        }
    }

    /// `cc` with its value or ramp beside it.
    fn cc(&mut self, with: Map<'_>, node: &Node) -> Option<Change> {
        let controller = match control::read_controller(&node.to_json()) {
            Ok(controller) => controller,
            Err(message) => return self.wrong(node.place, Problem::Other(message)),
        };
        let course = match with.get("value") {
            Some(value) if with.get("from").is_none() && with.get("to").is_none() => {
                Course::Jump(self.value(value, controller)?)
            }
            Some(value) => {
                let message = "a `cc` has either a `value`, or `from`, `to` and `over`";
                return self.wrong(value.place, Problem::Other(message.into()));
            }
            None => self.ramp(with, controller)?,
        };
        Some(Change { controller, course })
    }

    /// A value, or a map with a ramp.
    fn change(&mut self, node: &Node, controller: Controller) -> Option<Change> {
        let steady = matches!(controller, Controller::Bank | Controller::Program);
        let course = match &node.value {
            Value::Map(_) if !steady => {
                let map = self.map(node, "a ramp", &["from", "to", "over"])?;
                self.ramp(map, controller)?
            }
            _ => Course::Jump(self.value(node, controller)?),
        };
        Some(Change { controller, course })
    }

    fn ramp(&mut self, map: Map<'_>, controller: Controller) -> Option<Course> {
        let from = self.need(map, "from");
        let to = self.need(map, "to");
        let over = self.need(map, "over");
        Some(Course::Ramp {
            from: self.value(from?, controller)?,
            to: self.value(to?, controller)?,
            over: self.given(over?, play::read_beats)?,
        })
    }

    fn value(&mut self, node: &Node, controller: Controller) -> Option<Given<u16>> {
        self.given(node, |value| control::read_value(controller, value))
    }
}

/// The tuning of a pattern if the score fixes it; else notes off the keyboard show up later.
fn fixed_tuning(instrument: &Instrument, options: &Options) -> Option<Tuning> {
    let scale = match &options.scale {
        None => None,
        Some(Given::Fixed(scale)) => Some(scale.clone()),
        Some(Given::Expression(_)) => return None,
    };
    let transpose = match &options.transpose {
        None => 0,
        Some(Given::Fixed(semitones)) => *semitones,
        Some(Given::Expression(_)) => return None,
    };
    Some(Tuning {
        scale,
        transpose: i16::from(transpose) + i16::from(instrument.transpose),
    })
}
