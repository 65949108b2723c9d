//! What the controls of a performance have set so far, instrument by instrument.
//!
//! It is a fold of the control steps in a history. Whoever resumes a piece sends it before the first note, so that
//! the piece sounds as it would without the interruption.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::calls::{Control, Controller};
use crate::music::{Channel, ChannelMemory, Message};

/// The last values of the controllers of each instrument.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ControlState(BTreeMap<String, Vec<(Controller, u16)>>);

impl ControlState {
    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A control was performed.
    pub fn apply(&mut self, control: &Control) {
        let set = self.0.entry(control.instrument.clone()).or_default();
        let mut memory = ChannelMemory::default();
        let performed = control.course().into_iter();
        let performed = performed.map(|(_, controller, value)| (controller, value));
        for (controller, value) in std::mem::take(set).into_iter().chain(performed) {
            for message in controller.messages(value, Channel::FIRST) {
                memory.update(message);
            }
        }
        *set = memory.messages().filter_map(setting).collect();
    }

    /// Without programs and banks: the instruments may have other sounds.
    pub fn without_programs(mut self) -> Self {
        for set in self.0.values_mut() {
            set.retain(|(controller, _)| {
                !matches!(
                    controller,
                    Controller::Program | Controller::Bank | Controller::Cc(0 | 32)
                )
            });
        }
        self.0.retain(|_, set| !set.is_empty());
        self
    }

    /// The messages that set a channel as an instrument was set, in order.
    pub fn messages(&self, instrument: &str, channel: Channel) -> Vec<Message> {
        let set = self.0.get(instrument).into_iter().flatten();
        set.flat_map(|(controller, value)| controller.messages(*value, channel))
            .collect()
    }
}

/// The controller and value of a message.
fn setting(message: Message) -> Option<(Controller, u16)> {
    match message {
        Message::Control(_, number, value) => Some((Controller::Cc(number), value.into())),
        Message::Program(_, program) => Some((Controller::Program, program.into())),
        Message::Bend(_, bend) => Some((Controller::Bend, bend)),
        Message::Pressure(_, pressure) => Some((Controller::Pressure, pressure.into())),
        Message::NoteOn(..) | Message::NoteOff(..) | Message::Volume(..) | Message::Clock(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Beat, Beats};

    fn control(instrument: &str, controller: Controller, value: u16) -> Control {
        Control {
            task: "t".into(),
            instrument: instrument.into(),
            controller,
            from: value,
            to: value,
            at: Beat::ZERO,
            length: Beats::ZERO,
            points: Vec::new(),
        }
    }

    #[test]
    fn the_last_value_of_every_controller_counts() {
        let mut state = ControlState::default();
        for (controller, value) in [
            (Controller::Cc(7), 20),
            (Controller::Program, 40),
            (Controller::Cc(7), 90),
            (Controller::Bend, 12_288),
            (Controller::Cc(64), 127),
            (Controller::Cc(64), 0),
        ] {
            state.apply(&control("a", controller, value));
        }
        state.apply(&control("b", Controller::Cc(10), 3));
        let one = Channel::FIRST;
        let expected = [
            Message::Program(one, 40),
            Message::Control(one, 7, 90),
            Message::Bend(one, 12_288),
        ];
        assert_eq!(state.messages("a", one), expected);
        assert_eq!(state.messages("b", one), [Message::Control(one, 10, 3)]);
        assert_eq!(state.messages("c", one), []);
        let stored = serde_json::to_string(&state).unwrap();
        assert_eq!(
            serde_json::from_str::<ControlState>(&stored).unwrap(),
            state
        );
    }
}
