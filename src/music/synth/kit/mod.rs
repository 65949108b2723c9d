//! Drum kits, with the drums on the keys of the General MIDI drum map.

mod electronic;
mod studio;

use super::drum::DrumSound;

/// A drum kit of the built-in synth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kit {
    /// Drums in a room.
    Studio,
    /// A drum machine.
    Electronic,
}

impl Kit {
    /// Every kit.
    pub const ALL: [Self; 2] = [Self::Studio, Self::Electronic];

    /// The name in scores.
    pub fn name(self) -> &'static str {
        match self {
            Self::Studio => "studio",
            Self::Electronic => "electronic",
        }
    }

    /// The kit of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kit| kit.name() == name)
    }

    /// The program that selects it on the drum channel, also of other synths.
    pub fn program(self) -> u8 {
        match self {
            Self::Studio => 0,
            Self::Electronic => 25,
        }
    }

    /// The kit that a program of the drum channel selects.
    pub fn of_program(program: u8) -> Self {
        match program {
            24..=31 => Self::Electronic,
            _ => Self::Studio,
        }
    }
}

/// The drum of a key.
pub(super) fn sound(kit: Kit, key: u8) -> &'static DrumSound {
    match kit {
        Kit::Studio => studio::sound(key),
        Kit::Electronic => electronic::sound(key),
    }
}
