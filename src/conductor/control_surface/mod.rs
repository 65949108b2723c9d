//! The control surface: pads, faders and keys, and the actions that they are bound to.
//!
//! [`ControlSurface`] is pure: it turns MIDI messages with their times into [`ControlIntent`]s, and the
//! application executes them. [`Inputs`] are the MIDI inputs, [`Route`] is MIDI thru, and [`Follow`]
//! lets the transport follow a MIDI clock.

mod binding;
mod button;
mod control_action;
mod encoder;
mod fader;
mod follow;
mod inputs;
mod playhead_action;
mod source;
#[cfg(test)]
mod tests;
mod thru;

use crate::music::{Message, Nanos};
pub use binding::{Binding, Lamp, LampState, Press, Range};
use button::Button;
pub use control_action::{ControlAction, ControlActionName, ControlKind, LaneTarget, StripTarget};
pub use encoder::Encoding;
use fader::Fader;
pub use follow::{Cue, Follow};
pub use inputs::{InputChanges, Inputs};
pub use playhead_action::{PlayheadAction, Stop};
pub use source::{Control, Source, Touch};
pub use thru::Route;

/// An action that a control requests.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlIntent {
    /// The action.
    pub action: ControlAction,
    /// The gesture.
    pub gesture: Gesture,
}

/// A gesture on a control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gesture {
    /// A button was pressed: toggle.
    Toggle,
    /// A momentary button was pressed: on.
    On,
    /// A momentary button was released: off.
    Off,
    /// A fader was moved to this value.
    Value(f64),
    /// A jog wheel was turned by this many ticks; negative is backward.
    Ticks(i32),
}

/// The bindings and the state of their controls.
#[derive(Debug, Default)]
pub struct ControlSurface {
    bound: Vec<Bound>,
}

#[derive(Debug)]
struct Bound {
    binding: Binding,
    state: State,
}

#[derive(Debug)]
enum State {
    Button(Button),
    Fader(Fader),
    /// A wheel has none: it only says how far it was turned.
    Wheel,
}

impl ControlSurface {
    /// A control surface with these bindings.
    pub fn new(bindings: impl IntoIterator<Item = Binding>) -> Self {
        let bound = bindings.into_iter().map(|binding| Bound {
            state: match binding.action.kind() {
                ControlKind::Button => State::Button(Button::default()),
                ControlKind::Fader { .. } => State::Fader(Fader::default()),
                ControlKind::Wheel => State::Wheel,
            },
            binding,
        });
        Self {
            bound: bound.collect(),
        }
    }

    /// The bindings.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.bound.iter().map(|bound| &bound.binding)
    }

    /// Handles a message of an input. `value` returns the present value for a fader, in its own
    /// unit.
    pub fn receive(
        &mut self,
        input: &str,
        at: Nanos,
        message: Message,
        value: impl Fn(&ControlAction) -> Option<f64>,
    ) -> Vec<ControlIntent> {
        let mut intents = self.settle(at);
        for Bound { binding, state } in &mut self.bound {
            let Some(touch) = binding.source.touch(input, message) else {
                continue;
            };
            let gesture = match state {
                State::Button(button) => button.touch(touch, at).then_some(match binding.press {
                    Press::Toggle => Gesture::Toggle,
                    Press::Momentary => Gesture::On,
                }),
                State::Fader(fader) => {
                    let value = value(&binding.action);
                    let place = value.map(|value| binding.range.place(value));
                    let moved = fader.touch(touch, at, place);
                    moved.map(|place| Gesture::Value(binding.range.value(place)))
                }
                State::Wheel => match touch {
                    Touch::Value(value) => Some(binding.encoding.ticks(value))
                        .filter(|ticks| *ticks != 0)
                        .map(Gesture::Ticks),
                    // A key cannot turn.
                    Touch::Down(_) | Touch::Up => None,
                },
            };
            intents.extend(gesture.map(|gesture| ControlIntent {
                action: binding.action.clone(),
                gesture,
            }));
        }
        intents
    }

    /// Handles buttons that have stayed up since their release.
    pub fn settle(&mut self, now: Nanos) -> Vec<ControlIntent> {
        let mut intents = Vec::new();
        for Bound { binding, state } in &mut self.bound {
            if let State::Button(button) = state
                && button.settle(now)
                && binding.press == Press::Momentary
            {
                intents.push(ControlIntent {
                    action: binding.action.clone(),
                    gesture: Gesture::Off,
                });
            }
        }
        intents
    }

    /// Releases every button of an input that was disconnected.
    pub fn lost(&mut self, input: &str) {
        for Bound { binding, state } in &mut self.bound {
            if let State::Button(button) = state
                && binding.source.is_on(input)
            {
                button.release();
            }
        }
    }

    /// When [`Self::settle`] has to be called next.
    pub fn settles_at(&self) -> Option<Nanos> {
        let momentary = self.bound.iter().filter_map(|bound| match &bound.state {
            State::Button(button) if bound.binding.press == Press::Momentary => button.settles_at(),
            _ => None,
        });
        momentary.min()
    }
}
