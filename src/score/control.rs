//! `call: control` and `call: tempo`: what a task changes once its values are known.

use serde_json::Value;

use super::{CallError, Given, Variables, calls::Controller, instrument::Instrument, play};
use crate::music::{Beats, Tempo};

/// `call: control`.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// Whose. A copy of the document's instrument.
    pub instrument: Instrument,
    /// What changes, one after the other at the same beat.
    pub changes: Vec<Change>,
}

/// A change of one controller.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which one.
    pub controller: Controller,
    /// How.
    pub course: Course,
}

/// The course of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    /// At once.
    Jump(Given<u16>),
    /// Evenly over some beats.
    Ramp {
        /// The first value.
        from: Given<u16>,
        /// The last value.
        to: Given<u16>,
        /// How long it takes.
        over: Given<Beats>,
    },
}

/// A course whose values are known; a jump takes no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ramp {
    /// The first value.
    pub from: u16,
    /// The last value.
    pub to: u16,
    /// How long it takes.
    pub over: Beats,
}

/// `call: tempo`.
#[derive(Debug, Clone, PartialEq)]
pub struct TempoChange {
    /// The new tempo in beats per minute.
    pub bpm: Given<f64>,
    /// How many beats it takes to get there. `None`: at once.
    pub over: Option<Given<Beats>>,
}

/// Controllers with a name, as General MIDI has them.
pub(super) const NAMES: [(&str, u8); 30] = [
    ("modulation", 1),
    ("breath", 2),
    ("foot", 4),
    ("portamento-time", 5),
    ("volume", 7),
    ("balance", 8),
    ("pan", 10),
    ("expression", 11),
    ("sustain", 64),
    ("portamento", 65),
    ("sostenuto", 66),
    ("soft", 67),
    ("legato", 68),
    ("hold", 69),
    ("variation", 70),
    ("resonance", 71),
    ("release", 72),
    ("attack", 73),
    ("cutoff", 74),
    ("brightness", 74),
    ("decay", 75),
    ("vibrato-rate", 76),
    ("vibrato-depth", 77),
    ("vibrato-delay", 78),
    ("reverb", 91),
    ("tremolo", 92),
    ("chorus", 93),
    ("detune", 94),
    ("phaser", 95),
    ("mod", 1),
];

impl Change {
    /// The course in numbers.
    pub fn ramp(&self, input: &Value, variables: &Variables) -> Result<Ramp, CallError> {
        let read = |value: &Value| read_value(self.controller, value);
        match &self.course {
            Course::Jump(value) => {
                let value = value.get("value", input, variables, read)?;
                Ok(Ramp {
                    from: value,
                    to: value,
                    over: Beats::ZERO,
                })
            }
            Course::Ramp { from, to, over } => Ok(Ramp {
                from: from.get("from", input, variables, read)?,
                to: to.get("to", input, variables, read)?,
                over: over.get("over", input, variables, play::read_beats)?,
            }),
        }
    }
}

impl Ramp {
    /// The ramp in parts of at most one beat, and then its last value: each becomes an activity.
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
    /// The tempo and over how many beats.
    pub fn course(&self, input: &Value, variables: &Variables) -> Result<(f64, Beats), CallError> {
        let bpm = self.bpm.get("bpm", input, variables, read_bpm)?;
        let over = match &self.over {
            Some(over) => over.get("over", input, variables, play::read_beats)?,
            None => Beats::ZERO,
        };
        Ok((bpm, over))
    }
}

/// Beats per minute.
pub(super) fn read_bpm(value: &Value) -> Result<f64, String> {
    let tempo = value.as_f64().and_then(Tempo::new);
    let tempo = tempo.ok_or("a tempo is from 10 to 400 beats per minute")?;
    Ok(tempo.beats_per_minute())
}

/// A controller of the kind that `cc` names: a name, or a number.
pub(super) fn read_controller(value: &Value) -> Result<Controller, String> {
    const EXPECTED: &str = "a controller is a number from 0 to 119, or one of";
    let names = || {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        format!("{EXPECTED} {}", names.join(" "))
    };
    match value {
        Value::String(text) => {
            let found = NAMES.iter().find(|(name, _)| name == text);
            let (_, number) = found.ok_or_else(names)?;
            Ok(Controller::Cc(*number))
        }
        _ => {
            let number = value.as_u64().filter(|number| *number < 120);
            let number = number.and_then(|number| u8::try_from(number).ok());
            number.map(Controller::Cc).ok_or_else(names)
        }
    }
}

/// The value of a controller as MIDI has it.
pub(super) fn read_value(controller: Controller, value: &Value) -> Result<u16, String> {
    let within = |most: u16, what: &str| {
        let number = value.as_f64().map(f64::round);
        let number = number.filter(|number| (0.0..=f64::from(most)).contains(number));
        number
            .map(|number| number as u16)
            .ok_or_else(|| format!("{what} is a number from 0 to {most}"))
    };
    match controller {
        Controller::Cc(_) => within(127, "the value of a controller"),
        Controller::Pressure => within(127, "a pressure"),
        Controller::Program => within(127, "a program"),
        Controller::Bank => within(16_383, "a bank"),
        Controller::Bend => {
            let bend = value.as_f64().filter(|bend| (-1.0..=1.0).contains(bend));
            let bend =
                bend.ok_or("a bend is a number from -1 (down) to 1 (up), 0 is the centre")?;
            let reach = if bend < 0.0 { 8192.0 } else { 8191.0 };
            Ok((8192.0 + bend * reach).round() as u16)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ramps_go_in_parts_of_a_beat() {
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

    #[test]
    fn values_are_as_midi_has_them() {
        let bend = |value| read_value(Controller::Bend, &json!(value));
        assert_eq!(
            (bend(-1.0), bend(0.0), bend(1.0)),
            (Ok(0), Ok(8192), Ok(16_383))
        );
        assert!(bend(1.5).is_err());
        assert_eq!(read_value(Controller::Cc(7), &json!(99.6)), Ok(100));
        assert!(read_value(Controller::Cc(7), &json!(128)).is_err());
        assert_eq!(read_value(Controller::Bank, &json!(16_383)), Ok(16_383));
        assert_eq!(read_controller(&json!("pan")), Ok(Controller::Cc(10)));
        assert_eq!(read_controller(&json!(74)), Ok(Controller::Cc(74)));
        assert!(read_controller(&json!(123)).is_err());
        assert!(
            read_controller(&json!("loud"))
                .unwrap_err()
                .contains("volume")
        );
        assert!(read_bpm(&json!(5)).is_err() && read_bpm(&json!(120.5)).is_ok());
    }
}
