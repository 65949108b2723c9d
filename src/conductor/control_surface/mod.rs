//! The performer's hands: what pads, faders and keys do.
//!
//! [`ControlSurface`] is pure: it is told of messages with their moments, and of how things stand, and says
//! what is wanted. It knows no port and no workflow; whoever owns it carries out what it says. Beside
//! it stand the inputs themselves, and what needs no decision: thru, and a clock that is followed.

mod binding;
mod button;
mod control_action;
mod fader;
mod follow;
mod inputs;
mod source;
#[cfg(test)]
mod tests;
mod thru;

use crate::music::{Message, Nanos};
pub use binding::{Binding, Glow, Lamp, Press, Range};
use button::Button;
pub use control_action::{ControlAction, ControlKind, LaneTarget, Strip};
use fader::Fader;
pub use follow::{Cue, Follow};
pub use inputs::{Inputs, Tended};
pub use source::{Control, Source, Touch};
pub use thru::Route;

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlIntent {
    /// What is to be done.
    pub action: ControlAction,
    /// How.
    pub gesture: Gesture,
}

/// How something is to be done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gesture {
    /// The other way than it is.
    Toggle,
    /// On, as long as a button is held.
    On,
    /// Off: the button was let go.
    Off,
    /// At this value.
    At(f64),
}

/// Listens to hands.
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
}

impl ControlSurface {
    /// With these bindings.
    pub fn new(bindings: impl IntoIterator<Item = Binding>) -> Self {
        let bound = bindings.into_iter().map(|binding| Bound {
            state: match binding.action.kind() {
                ControlKind::Button => State::Button(Button::default()),
                ControlKind::Fader { .. } => State::Fader(Fader::default()),
            },
            binding,
        });
        Self {
            bound: bound.collect(),
        }
    }

    /// What the controls do.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.bound.iter().map(|bound| &bound.binding)
    }

    /// A message came in. `present` tells how the things stand that have faders, in their own unit.
    pub fn hear(
        &mut self,
        input: &str,
        at: Nanos,
        message: Message,
        present: impl Fn(&ControlAction) -> Option<f64>,
    ) -> Vec<ControlIntent> {
        let mut wishes = self.settle(at);
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
                    let present = present(&binding.action);
                    let place = present.map(|value| binding.range.place(value));
                    let moved = fader.touch(touch, at, place);
                    moved.map(|place| Gesture::At(binding.range.value(place)))
                }
            };
            wishes.extend(gesture.map(|gesture| ControlIntent {
                action: binding.action.clone(),
                gesture,
            }));
        }
        wishes
    }

    /// Time has passed: buttons that were let go stay so.
    pub fn settle(&mut self, now: Nanos) -> Vec<ControlIntent> {
        let mut wishes = Vec::new();
        for Bound { binding, state } in &mut self.bound {
            if let State::Button(button) = state
                && button.settle(now)
                && binding.press == Press::Momentary
            {
                wishes.push(ControlIntent {
                    action: binding.action.clone(),
                    gesture: Gesture::Off,
                });
            }
        }
        wishes
    }

    /// An input is gone: what was held down there is let go.
    pub fn lost(&mut self, input: &str) {
        for Bound { binding, state } in &mut self.bound {
            if let State::Button(button) = state
                && binding.source.is_on(input)
            {
                button.drop();
            }
        }
    }

    /// When [`Self::settle`] has something to do.
    pub fn settles_at(&self) -> Option<Nanos> {
        let momentary = self.bound.iter().filter_map(|bound| match &bound.state {
            State::Button(button) if bound.binding.press == Press::Momentary => button.settles_at(),
            _ => None,
        });
        momentary.min()
    }
}
