//! Bindings of controls to actions.

use super::{Control, ControlAction, ControlKind, Encoding, Source};
use crate::music::Channel;

/// A control and its action.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The control.
    pub source: Source,
    /// Its action.
    pub action: ControlAction,
    /// Whether a button toggles or is momentary.
    pub press: Press,
    /// The values at the lower and the upper end of a fader.
    pub range: Range,
    /// How a wheel writes its ticks.
    pub encoding: Encoding,
    /// The brightness of its lamp; `None` if it has no lamp.
    pub lamp: Option<Lamp>,
}

/// The behavior of a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Press {
    /// Each press toggles.
    #[default]
    Toggle,
    /// On while it is held.
    Momentary,
}

/// The values at the ends of a fader. They differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// At the lower end.
    pub from: f64,
    /// At the upper end.
    pub to: f64,
}

impl Range {
    /// The value at a position from 0 to 1.
    pub fn value(self, place: f64) -> f64 {
        self.from + (self.to - self.from) * place
    }

    /// The position of a value, 0 to 1. A value beyond an end is at that end.
    pub fn place(self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }
}

/// The brightness of a lamp in each state: a velocity for pads, a value for controllers, 0 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lamp {
    /// Running, or on.
    pub on: u8,
    /// Paused.
    pub paused: u8,
    /// Waiting for an event.
    pub waiting: u8,
    /// Nothing to control, or off.
    pub off: u8,
}

impl Default for Lamp {
    fn default() -> Self {
        Self {
            on: 127,
            paused: 16,
            waiting: 64,
            off: 0,
        }
    }
}

/// The state that a lamp shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LampState {
    /// Running, or on.
    On,
    /// Paused.
    Paused,
    /// Waiting for an event.
    Waiting,
    /// Nothing to control, or off.
    Off,
}

impl Lamp {
    /// Parts of the names of devices that light their pads on note messages and have no sound of their
    /// own.
    const KNOWN: [&'static str; 9] = [
        "launchpad",
        "launch control",
        "apc",
        "lpd8",
        "mpd",
        "nanokontrol",
        "nanopad",
        "x-touch",
        "midimix",
    ];

    /// The channel of lamps whose binding has no channel.
    pub const CHANNEL: Channel = Channel::FIRST;

    /// The lamp of a control of this input, if the input's name is known to have lamps.
    pub fn of(input: &str) -> Option<Self> {
        let name = input.to_lowercase();
        let known = Self::KNOWN.iter().any(|known| name.contains(known));
        known.then(Self::default)
    }

    /// The brightness for a state.
    pub fn brightness(self, state: LampState) -> u8 {
        match state {
            LampState::On => self.on,
            LampState::Paused => self.paused,
            LampState::Waiting => self.waiting,
            LampState::Off => self.off,
        }
    }
}

impl Binding {
    /// The binding of a control that was learned.
    pub fn learned(source: Source, input: &str, action: ControlAction) -> Self {
        Self {
            range: Range::of(&action),
            press: Press::Toggle,
            encoding: Encoding::default(),
            lamp: Lamp::of(input),
            source,
            action,
        }
    }
}

impl Binding {
    /// Whether a control can do an action: a wheel sends a controller.
    pub fn is_possible(source: &Source, action: &ControlAction) -> bool {
        action.kind() != ControlKind::Wheel || matches!(source.control, Control::Cc(_))
    }
}

impl Range {
    /// The default range of an action.
    pub fn of(action: &ControlAction) -> Self {
        let (from, to) = match action.kind() {
            ControlKind::Fader { from, to } => (from, to),
            ControlKind::Button | ControlKind::Wheel => (0, 1),
        };
        Self {
            from: f64::from(from),
            to: f64::from(to),
        }
    }
}
