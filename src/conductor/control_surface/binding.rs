//! A control and what it does.

use super::{ControlAction, ControlKind, Source};
use crate::music::Channel;

/// A control and what it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// Which control.
    pub source: Source,
    /// What it does.
    pub action: ControlAction,
    /// What a button does while it is down.
    pub press: Press,
    /// What a fader means at its lower and at its upper end.
    pub range: Range,
    /// How its lamp is lit; `None`: it has none.
    pub lamp: Option<Lamp>,
}

/// What a button does while it is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Press {
    /// Each press turns it over.
    #[default]
    Toggle,
    /// It is on while it is held.
    Momentary,
}

/// What a fader means at its ends. They are not the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// At the lower end.
    pub from: f64,
    /// At the upper end.
    pub to: f64,
}

impl Range {
    /// The value at a place from 0 to 1.
    pub fn value(self, place: f64) -> f64 {
        self.from + (self.to - self.from) * place
    }

    /// The place of a value, 0 to 1; of one beyond the ends the nearer end.
    pub fn place(self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }
}

/// How a lamp is lit: a velocity for pads, a value for controllers, 0 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lamp {
    /// What it stands for goes on, or is on.
    pub on: u8,
    /// It is held.
    pub held: u8,
    /// It waits for somebody.
    pub waiting: u8,
    /// There is nothing to do.
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

/// What a lamp tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glow {
    /// What it stands for goes on, or is on.
    On,
    /// It is held.
    Held,
    /// It waits for somebody.
    Waiting,
    /// There is nothing to do.
    Off,
}

impl Lamp {
    /// Parts of the names of devices that are known to have lamps under their pads, and no sound of
    /// their own that a note would start.
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

    /// Where lamps are lit whose control is heard on any channel.
    pub const CHANNEL: Channel = Channel::FIRST;

    /// The lamp of a control on the input of that name, as far as can be told from it.
    pub fn of(input: &str) -> Option<Self> {
        let name = input.to_lowercase();
        let known = Self::KNOWN.iter().any(|known| name.contains(known));
        known.then(Self::default)
    }

    /// How bright it is.
    pub fn brightness(self, glow: Glow) -> u8 {
        match glow {
            Glow::On => self.on,
            Glow::Held => self.held,
            Glow::Waiting => self.waiting,
            Glow::Off => self.off,
        }
    }
}

impl Binding {
    /// A control that was just learned.
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
    /// The range of a action for which the rig names none.
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
