//! `call: control` and `call: tempo`.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Argument, ArgumentError, Variables,
    calls::{ControlPoint, Controller},
    controllers,
    instrument_choice::InstrumentChoice,
    values,
};
use crate::music::Beats;

/// `call: control`.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlTask {
    /// Who is controlled.
    pub instrument: InstrumentChoice,
    /// The changes, in order, all at the same beat.
    pub changes: Vec<Change>,
    /// `changes`: changes at beats of their own, in order. If there are any, there is nothing else.
    pub points: Arc<[ControlPoint]>,
}

impl ControlTask {
    /// The points in groups of at most a beat, each an activity: the beat of the group from the start of the task,
    /// and its points.
    pub fn groups(&self) -> impl Iterator<Item = (Beats, &[ControlPoint])> {
        let groups = self
            .points
            .chunk_by(|a, b| a.after.floor() == b.after.floor());
        groups.filter_map(|group| Some((group.first()?.after, group)))
    }
}

/// A change of one controller.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The controller.
    pub controller: Controller,
    /// Its values.
    pub automation: Automation,
}

/// The automation of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Automation {
    /// Sets the value at once.
    Set(Argument<u16>),
    /// Moves linearly from one value to another.
    Ramp {
        /// The first value.
        from: Argument<u16>,
        /// The last value.
        to: Argument<u16>,
        /// The length in beats.
        over: Argument<Beats>,
    },
}

/// An automation with evaluated arguments; setting a value at once has no length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ramp {
    /// The first value.
    pub from: u16,
    /// The last value.
    pub to: u16,
    /// The length in beats.
    pub over: Beats,
}

/// `call: tempo`.
#[derive(Debug, Clone, PartialEq)]
pub struct TempoChange {
    /// The new tempo in beats per minute.
    pub bpm: Argument<f64>,
    /// The length of the change in beats. `None`: at once.
    pub over: Option<Argument<Beats>>,
}

impl Change {
    /// The evaluated automation.
    pub fn ramp(&self, input: &Value, variables: &Variables) -> Result<Ramp, ArgumentError> {
        let read = |value: &Value| controllers::value(self.controller, value);
        match &self.automation {
            Automation::Set(value) => {
                let value = value.get("value", input, variables, read)?;
                Ok(Ramp {
                    from: value,
                    to: value,
                    over: Beats::ZERO,
                })
            }
            Automation::Ramp { from, to, over } => Ok(Ramp {
                from: from.get("from", input, variables, read)?,
                to: to.get("to", input, variables, read)?,
                over: over.get("over", input, variables, values::beats)?,
            }),
        }
    }
}

impl Ramp {
    /// The ramp in parts of at most one beat, followed by its last value. Each becomes an activity.
    pub fn parts(self) -> impl Iterator<Item = Self> {
        let beats = self.over.ceil().max(0);
        let value = move |beat: i64| {
            let share = (Beats::whole(beat).min(self.over) / self.over).as_f64();
            let reach = f64::from(self.to) - f64::from(self.from);
            (f64::from(self.from) + reach * share).round() as u16
        };
        let part = move |beat: i64| Self {
            from: value(beat),
            to: value(beat + 1),
            over: (self.over - Beats::whole(beat)).min(Beats::whole(1)),
        };
        let end = Self {
            from: self.to,
            to: self.to,
            over: Beats::ZERO,
        };
        (0..beats).map(part).chain(std::iter::once(end))
    }
}

impl TempoChange {
    /// The new tempo, and the length of the change in beats.
    pub fn evaluate(
        &self,
        input: &Value,
        variables: &Variables,
    ) -> Result<(f64, Beats), ArgumentError> {
        let bpm = self.bpm.get("bpm", input, variables, values::bpm)?;
        let over = match &self.over {
            Some(over) => over.get("over", input, variables, values::beats)?,
            None => Beats::ZERO,
        };
        Ok((bpm, over))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ramps_have_steps_of_a_fraction_of_a_beat() {
        let ramp = |from, to, over| Ramp { from, to, over };
        let parts: Vec<Ramp> = ramp(0, 100, Beats::new(5, 2)).parts().collect();
        let half = Beats::new(1, 2);
        let one = Beats::whole(1);
        let expected = [
            ramp(0, 40, one),
            ramp(40, 80, one),
            ramp(80, 100, half),
            ramp(100, 100, Beats::ZERO),
        ];
        assert_eq!(parts, expected);
        let jump = ramp(7, 7, Beats::ZERO);
        assert_eq!(jump.parts().collect::<Vec<_>>(), [jump]);
    }
}
