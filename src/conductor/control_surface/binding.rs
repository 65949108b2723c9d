//! Bindings: which control does what.

use super::{ControlAction, ControlKind, Source};
use crate::music::Channel;

/// A control and its action.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The control.
    pub source: Source,
    /// Its action.
    pub action: ControlAction,
    /// How a button acts.
    pub press: Press,
    /// The values at the lower and the upper end of a fader.
    pub range: Range,
    /// How its lamp is lit; `None` if it has no lamp.
    pub lamp: Option<Lamp>,
}

/// How a button acts.
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

/// How a lamp is lit: a velocity for pads, a value for controllers, 0 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lamp {
    /// Running, or on.
    pub on: u8,
    /// Paused.
    pub held: u8,
    /// Waiting for an event.
    pub waiting: u8,
    /// Nothing to control, or off.
    pub off: u8,
}

impl Default for Lamp {
    fn default() -> Self {
        Self {
            on: 127,
            held: 16,
            waiting: 64,
            off: 0,
        }
    }
}

/// What a lamp shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glow {
    /// Running, or on.
    On,
    /// It is paused.
    Paused,
    /// Waiting for an event.
    Waiting,
    /// Nothing to control, or off.
    Off,
}

impl Lamp {
    /// Parts of the names of devices that have lamps under their pads, and no sound of their own that
    /// a note would start.
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

    /// The channel of lamps whose control is received on any channel.
    pub const CHANNEL: Channel = Channel::FIRST;

    /// The lamp of a control of this input, if the input's name is known to have lamps.
    pub fn of(input: &str) -> Option<Self> {
        let name = input.to_lowercase();
        let known = Self::KNOWN.iter().any(|known| name.contains(known));
        known.then(Self::default)
    }

    /// The brightness for a glow.
    pub fn brightness(self, glow: Glow) -> u8 {
        match glow {
            Glow::On => self.on,
            Glow::Paused => self.held,
            Glow::Waiting => self.waiting,
            Glow::Off => self.off,
        }
    }
}

impl Binding {
    /// The binding of a control that was just learned.
    pub fn learned(source: Source, input: &str, action: ControlAction) -> Self {
        Self {
            range: Range::of(&action),
            press: Press::Toggle,
            lamp: Lamp::of(input),
            source,
            action,
        }
    }
}

impl Range {
    /// The default range of an action.
    pub fn of(action: &ControlAction) -> Self {
        let (from, to) = match action.kind() {
            ControlKind::Fader { from, to } => (from, to),
            ControlKind::Button => (0, 1),
        };
        Self {
            from: f64::from(from),
            to: f64::from(to),
        }
    }
}
