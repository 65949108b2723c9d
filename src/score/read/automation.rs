//! `changes` of `call: control`: controller changes at beats of their own.

use super::{Map, Reader};
use crate::{
    music::Beats,
    score::{
        calls::{ControlPoint, Controller},
        control::ControlTask,
        controllers,
        error::Problem,
        instrument_choice::InstrumentChoice,
        source::{Entry, Node},
        value_error::ValueError,
        values,
    },
};

/// The most changes of a list.
pub(in crate::score) const MAX_POINTS: usize = 66_000;
/// The controllers that have a key of their own.
const KEYS: [(&str, Controller); 4] = [
    ("bank", Controller::Bank),
    ("program", Controller::Program),
    ("bend", Controller::Bend),
    ("pressure", Controller::Pressure),
];

impl Reader<'_> {
    /// The task that a list of changes makes.
    pub(super) fn control_points(
        &mut self,
        with: Map<'_>,
        entry: &Entry,
        instrument: InstrumentChoice,
    ) -> Option<ControlTask> {
        let others = with
            .entries
            .iter()
            .find(|other| !["instrument", "changes"].contains(&&*other.key));
        if let Some(other) = others {
            let (owner, either) = ("`call: control`", "`changes` or single changes");
            return self.report(other.place, Problem::Conflict { owner, either });
        }
        let items = self.list(
            &entry.node,
            "a list of changes such as { at: 0, cc: volume, value: 100 }",
        )?;
        if items.is_empty() || items.len() > MAX_POINTS {
            let message = format!("a list has from 1 to {MAX_POINTS} changes");
            return self.report(entry.node.place, message.into());
        }
        let mut points: Vec<ControlPoint> = Vec::new();
        for item in items {
            let point = self.control_point(item)?;
            if points
                .last()
                .is_some_and(|before| before.after > point.after)
            {
                let message = "the changes must be in the order of their beats";
                return self.report(item.place, message.into());
            }
            points.push(point);
        }
        Some(ControlTask {
            instrument,
            changes: Vec::new(),
            points: points.into(),
        })
    }

    fn control_point(&mut self, node: &Node) -> Option<ControlPoint> {
        let known = ["at", "cc", "value", "bank", "program", "bend", "pressure"];
        let map = self.map(node, "a change of a controller", &known)?;
        let after = match map.get("at") {
            Some(at) => self.read_value(at, values::onset)?,
            None => Beats::ZERO,
        };
        let own = KEYS.into_iter();
        let mut own = own.filter_map(|(key, controller)| Some((controller, map.get(key)?)));
        let (controller, value) = match (map.get("cc"), own.next(), own.next()) {
            (Some(cc), None, _) => {
                let controller = self.read_value(cc, controllers::controller)?;
                (controller, self.require(map, "value")?)
            }
            (None, Some(one), None) => one,
            _ => {
                let message = "a change needs one of `cc` (with `value`), `program`, `bank`, `bend` and \
                               `pressure`";
                return self.report(node.place, message.into());
            }
        };
        let read = self.controller_values();
        let value = self.read_value(value, |value| read(controller, value))?;
        Some(ControlPoint {
            after,
            controller,
            value,
        })
    }

    /// What reads values of controllers. A stored score keeps what it was accepted with.
    pub(super) fn controller_values(
        &self,
    ) -> fn(Controller, &serde_json::Value) -> Result<u16, ValueError> {
        match self.is_stored() {
            true => controllers::value,
            false => controllers::written_value,
        }
    }

    fn read_value<T>(
        &mut self,
        node: &Node,
        read: impl Fn(&serde_json::Value) -> Result<T, ValueError>,
    ) -> Option<T> {
        match read(&node.to_json()) {
            Ok(value) => Some(value),
            Err(error) => self.wrong_value(node, error),
        }
    }
}
