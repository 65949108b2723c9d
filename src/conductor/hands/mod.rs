//! The performer's hands: what pads, faders and keys do.
//!
//! [`Hands`] is pure: it is told of messages with their moments, and of how things stand, and says
//! what is wanted. It knows no port and no workflow; whoever owns it carries out what it says. Beside
//! it stand the inputs themselves, and what needs no decision: thru, and a clock that is followed.

mod binding;
mod button;
mod deed;
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
pub use deed::{Deed, Nature, Strip, Whom};
use fader::Fader;
pub use follow::{Cue, Follow};
pub use inputs::{Inputs, Tended};
pub use source::{Control, Source, Touch};
pub use thru::Route;

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// What is to be done.
    pub deed: Deed,
    /// How.
    pub how: How,
}

/// How something is to be done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum How {
    /// The other way than it is.
    Over,
    /// On, as long as a button is held.
    On,
    /// Off: the button was let go.
    Off,
    /// At this value.
    At(f64),
}

/// Listens to hands.
#[derive(Debug, Default)]
pub struct Hands {
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

impl Hands {
    /// With these bindings.
    pub fn new(bindings: impl IntoIterator<Item = Binding>) -> Self {
        let bound = bindings.into_iter().map(|binding| Bound {
            state: match binding.deed.nature() {
                Nature::Button => State::Button(Button::default()),
                Nature::Fader { .. } => State::Fader(Fader::default()),
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
        present: impl Fn(&Deed) -> Option<f64>,
    ) -> Vec<Wish> {
        let mut wishes = self.settle(at);
        for Bound { binding, state } in &mut self.bound {
            let Some(touch) = binding.source.touch(input, message) else {
                continue;
            };
            let how = match state {
                State::Button(button) => button.touch(touch, at).then_some(match binding.press {
                    Press::Toggle => How::Over,
                    Press::Momentary => How::On,
                }),
                State::Fader(fader) => {
                    let present = present(&binding.deed);
                    let place = present.map(|value| binding.range.place(value));
                    let moved = fader.touch(touch, at, place);
                    moved.map(|place| How::At(binding.range.value(place)))
                }
            };
            wishes.extend(how.map(|how| Wish {
                deed: binding.deed.clone(),
                how,
            }));
        }
        wishes
    }

    /// Time has passed: buttons that were let go stay so.
    pub fn settle(&mut self, now: Nanos) -> Vec<Wish> {
        let mut wishes = Vec::new();
        for Bound { binding, state } in &mut self.bound {
            if let State::Button(button) = state
                && button.settle(now)
                && binding.press == Press::Momentary
            {
                wishes.push(Wish {
                    deed: binding.deed.clone(),
                    how: How::Off,
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
