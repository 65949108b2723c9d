//! The music calls.

use std::sync::Arc;

use super::{Map, Reader, task::optional};
use crate::score::{
    Argument,
    calls::Controller,
    control::{Automation, Change, ControlTask, TempoChange},
    controllers,
    error::Problem,
    instrument::{Instrument, Voice},
    pattern::Pattern,
    play::{ListedNote, MAX_NOTES, Music, PlayOptions, PlayTask, RestLength, RestTask},
    scale::Scale,
    source::{Node, Value},
    task::TaskKind,
    tone::{PatternNote, Tuning},
    values,
};

/// The functions of the music calls.
pub(super) const FUNCTIONS: [&str; 4] = ["play", "rest", "control", "tempo"];

impl Reader<'_> {
    /// A call of one of [`FUNCTIONS`].
    pub(super) fn music(&mut self, function: &str, task: Map<'_>) -> Option<TaskKind> {
        let with = self.require(task, "with")?;
        match function {
            "play" => self.play(with).map(|play| TaskKind::Play(play.into())),
            "rest" => self.rest(with).map(TaskKind::Rest),
            "control" => self
                .control(with)
                .map(|control| TaskKind::Control(control.into())),
            _ => self.tempo(with).map(TaskKind::Tempo),
        }
    }

    fn play(&mut self, node: &Node) -> Option<PlayTask> {
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
            .map(|node| self.argument(node, values::bars));
        let velocity = with
            .get("velocity")
            .map(|node| self.argument(node, values::dynamics));
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
        let instrument = self.require(with, "instrument")?;
        let instrument = self.instrument_named(instrument)?;
        let options = self.options(with, &instrument)?;
        if let Some(pattern) = with.get("pattern")
            && options.scale.is_none()
            && are_degrees(&pattern.value)
            && !matches!(instrument.voice, Voice::Kit(_))
        {
            let message = "without a scale these numbers are keys of MIDI, too low to be heard: add a `scale` such \
                           as c4:major for degrees, or write names such as c4";
            self.warn(pattern.place, message);
        }
        let music = match (with.get("pattern"), with.entry("notes")) {
            (Some(node), None) => self
                .pattern(node, &instrument, &options)
                .map(Music::Pattern),
            (None, Some(entry)) if options.scale.is_some() => {
                let message =
                    "`scale` only applies to a `pattern`; `notes` take names and key numbers";
                self.report(entry.place, message.into())
            }
            (None, Some(entry)) => self.notes(&entry.node, &instrument).map(Music::Notes),
            (Some(_), Some(entry)) => {
                let (owner, either) = ("`call: play`", "`pattern` or `notes`");
                self.report(entry.place, Problem::Conflict { owner, either })
            }
            (None, None) => {
                let message = "`call: play` needs `pattern` or `notes`";
                self.report(node.place, message.into())
            }
        };
        Some(PlayTask {
            instrument,
            music: music?,
            bars: optional(bars)?,
            velocity: optional(velocity)?,
            repeat: repeat?,
            options,
        })
    }

    fn options(&mut self, with: Map<'_>, instrument: &Instrument) -> Option<PlayOptions> {
        let scale = with.get("scale").map(|node| self.scale(node, instrument));
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
            scale: optional(scale)?,
            transpose: optional(transpose)?,
            at: optional(at)?,
            swing: optional(swing)?,
            gate: optional(gate)?,
            humanise: optional(humanise)?,
        })
    }

    fn scale(&mut self, node: &Node, instrument: &Instrument) -> Option<Argument<Scale>> {
        if matches!(instrument.voice, Voice::Kit(_)) {
            let message = "`scale` does not apply to a drum kit: its numbers are keys";
            return self.report(node.place, message.into());
        }
        self.argument(node, values::scale)
    }

    fn pattern(
        &mut self,
        node: &Node,
        instrument: &Instrument,
        options: &PlayOptions,
    ) -> Option<Argument<Pattern<PatternNote>>> {
        let tuning = fixed_tuning(instrument, options);
        self.argument(node, |value| {
            values::pattern(value, instrument, options.scale.is_some(), tuning.as_ref())
        })
    }

    fn notes(&mut self, node: &Node, instrument: &Instrument) -> Option<Argument<Vec<ListedNote>>> {
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(Argument::Expression);
        }
        let items = self.list(
            node,
            "a list of notes such as { at: 0, note: c4, length: 1 }",
        )?;
        if items.len() > MAX_NOTES {
            let message = format!("a list can have at most {MAX_NOTES} notes");
            return self.report(node.place, message.into());
        }
        let mut notes = Vec::new();
        for item in items {
            match values::note(&item.to_json(), instrument) {
                Ok(note) => notes.push(note),
                Err(error) => self.wrong_value(item, error).unwrap_or_default(),
            }
        }
        (notes.len() == items.len()).then_some(Argument::Fixed(notes))
    }

    fn rest(&mut self, node: &Node) -> Option<RestTask> {
        let with = self.map(node, "`call: rest`", &["beats", "bars", "caption"])?;
        let caption = match with.get("caption") {
            Some(node) => Some(self.string(node, "a text")?),
            None => None,
        };
        let length = match (with.get("beats"), with.entry("bars")) {
            (Some(beats), None) => self.argument(beats, values::beats).map(RestLength::Beats),
            (None, Some(bars)) => self
                .argument(&bars.node, values::bars)
                .map(RestLength::Bars),
            (Some(_), Some(bars)) => {
                let (owner, either) = ("`call: rest`", "`beats` or `bars`");
                self.report(bars.place, Problem::Conflict { owner, either })
            }
            (None, None) => {
                let message = "`call: rest` needs `beats` or `bars`";
                self.report(node.place, message.into())
            }
        };
        Some(RestTask {
            length: length?,
            caption: caption.map(str::to_owned),
        })
    }

    fn tempo(&mut self, node: &Node) -> Option<TempoChange> {
        let with = self.map(node, "`call: tempo`", &["bpm", "over"])?;
        let over = with
            .get("over")
            .map(|node| self.argument(node, values::beats));
        let bpm = self.require(with, "bpm")?;
        Some(TempoChange {
            bpm: self.argument(bpm, values::bpm)?,
            over: optional(over)?,
        })
    }

    fn control(&mut self, node: &Node) -> Option<ControlTask> {
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
            "changes",
        ];
        let with = self.map(node, "`call: control`", &known)?;
        let instrument = self.require(with, "instrument")?;
        let instrument = self.instrument_named(instrument)?;
        if let Some(points) = with.entry("changes") {
            return self.control_points(with, points, instrument);
        }
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
                "`{}` needs `cc`; write a ramp of a bend as `bend: {{ from: 0, to: 1, over: 4 }}`",
                entry.key
            );
            return self.report(entry.place, message.into());
        }
        let ramps = |change: &Change| matches!(change.automation, Automation::Ramp { .. });
        match changes.is_empty() {
            true => {
                let message = "`call: control` needs `cc`, `program`, `bank`, `bend`, `pressure` or `changes`";
                self.report(node.place, message.into())
            }
            false if changes.len() > 1 && changes.iter().any(ramps) => {
                let message =
                    "a task can have only one ramp: use branches of a `fork` for several at once";
                self.report(node.place, message.into())
            }
            false => Some(ControlTask {
                instrument,
                changes,
                points: Arc::default(),
            }),
        }
    }

    /// `cc` with its value or ramp.
    fn cc(&mut self, with: Map<'_>, node: &Node) -> Option<Change> {
        let controller = match controllers::controller(&node.to_json()) {
            Ok(controller) => controller,
            Err(error) => return self.wrong_value(node, error),
        };
        let automation = match with.get("value") {
            Some(value) if with.get("from").is_none() && with.get("to").is_none() => {
                Automation::Set(self.value(value, controller)?)
            }
            Some(value) => {
                let message = "`cc` takes either `value`, or `from`, `to` and `over`";
                return self.report(value.place, message.into());
            }
            None => self.ramp(with, controller)?,
        };
        Some(Change {
            controller,
            automation,
        })
    }

    /// A value, or a map that describes a ramp.
    fn change(&mut self, node: &Node, controller: Controller) -> Option<Change> {
        let steady = matches!(controller, Controller::Bank | Controller::Program);
        let automation = match &node.value {
            Value::Map(_) if !steady => {
                let map = self.map(node, "a ramp", &["from", "to", "over"])?;
                self.ramp(map, controller)?
            }
            _ => Automation::Set(self.value(node, controller)?),
        };
        Some(Change {
            controller,
            automation,
        })
    }

    fn ramp(&mut self, map: Map<'_>, controller: Controller) -> Option<Automation> {
        let from = self.require(map, "from");
        let to = self.require(map, "to");
        let over = self.require(map, "over");
        Some(Automation::Ramp {
            from: self.value(from?, controller)?,
            to: self.value(to?, controller)?,
            over: self.argument(over?, values::beats)?,
        })
    }

    fn value(&mut self, node: &Node, controller: Controller) -> Option<Argument<u16>> {
        self.argument(node, |value| controllers::value(controller, value))
    }
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
