//! The music calls other than `play`.

use std::sync::Arc;

use super::{Map, Reader, task::optional};
use crate::score::{
    Argument,
    calls::Controller,
    control::{Automation, Change, ControlTask, TempoChange},
    controllers,
    error::Problem,
    play::{RestCaption, RestLength, RestTask},
    source::{Node, Value},
    task::TaskKind,
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

    fn rest(&mut self, node: &Node) -> Option<RestTask> {
        let with = self.map(node, "`call: rest`", &["beats", "bars", "caption"])?;
        let caption = match with.get("caption") {
            Some(node) => Some(RestCaption {
                written: self.string(node, "a text")?.to_owned(),
                says: self.argument(node, values::caption)?,
            }),
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
            caption,
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
        let instrument = self.instrument_choice(with)?;
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
        let read = self.controller_values();
        self.argument(node, |value| read(controller, value))
    }
}
