//! `meter`: one meter, or a list of meters and the beats from which they hold.

use super::Reader;
use crate::{
    music::{Beats, Meter, MeterMap},
    score::{
        source::{Node, Value},
        values,
    },
};

/// The most meters of a score.
const MAX_METERS: usize = 1001;

impl Reader<'_> {
    /// A meter such as `3/4`, or a list: the first meter, then `{ at: 8, meter: 7/8 }` in the order of their
    /// beats.
    pub(super) fn meters(&mut self, node: &Node) -> Option<MeterMap> {
        if !matches!(node.value, Value::List(_)) {
            return self.meter(node).map(MeterMap::from);
        }
        let items = self.list(node, "a meter such as 3/4, or a list of meters")?;
        let Some((first, later)) = items.split_first().filter(|_| items.len() <= MAX_METERS) else {
            let message = format!("a list of meters has from 1 to {MAX_METERS} of them");
            return self.report(node.place, message.into());
        };
        let first = self.meter(first);
        let mut changes: Vec<(Beats, Meter)> = Vec::new();
        for node in later {
            let change = self.meter_change(node)?;
            let before = changes.last().map_or(Beats::ZERO, |(at, _)| *at);
            if change.0 <= before {
                let message = format!("this meter must begin after beat {before}");
                return self.report(node.place, message.into());
            }
            changes.push(change);
        }
        Some(MeterMap::new(first?, changes))
    }

    fn meter_change(&mut self, node: &Node) -> Option<(Beats, Meter)> {
        let map = self.map(node, "a change of meter", &["at", "meter"])?;
        let at = self.require(map, "at")?;
        let meter = self.require(map, "meter")?;
        match values::onset(&at.to_json()) {
            Ok(beats) => Some((beats, self.meter(meter)?)),
            Err(error) => self.wrong_value(at, error),
        }
    }

    fn meter(&mut self, node: &Node) -> Option<Meter> {
        self.parsed(node, "a meter such as 3/4", |text| text.parse().ok())
    }
}
