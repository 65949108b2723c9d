//! The voices of the built-in synth and their places among the General MIDI programs.

use serde::{Deserialize, Serialize};

/// A voice of the built-in synth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Patch {
    /// A plucked string.
    Pluck,
    /// Electric piano.
    Epiano,
    /// Electric bass.
    Bass,
    /// A bright solo voice.
    Lead,
    /// A slow, wide carpet.
    Pad,
    /// Bell, vibraphone.
    Bell,
    /// Drawbar organ.
    Organ,
    /// A string section.
    Strings,
}

impl Patch {
    /// Every voice.
    pub const ALL: [Self; 8] = [
        Self::Pluck,
        Self::Epiano,
        Self::Bass,
        Self::Lead,
        Self::Pad,
        Self::Bell,
        Self::Organ,
        Self::Strings,
    ];

    /// The General MIDI program (0 to 127) that other synths are asked for.
    pub fn program(self) -> u8 {
        match self {
            Self::Pluck => 24,
            Self::Epiano => 4,
            Self::Bass => 33,
            Self::Lead => 80,
            Self::Pad => 89,
            Self::Bell => 11,
            Self::Organ => 16,
            Self::Strings => 48,
        }
    }

    /// The voice nearest to a General MIDI program; above 127 counts as 127.
    pub fn nearest(program: u8) -> Self {
        match program {
            0..=7 => Self::Epiano,
            8..=15 => Self::Bell,
            16..=23 => Self::Organ,
            24..=31 | 45 | 46 | 104..=108 => Self::Pluck,
            32..=39 | 43 => Self::Bass,
            40..=55 => Self::Strings,
            56..=87 | 109..=111 => Self::Lead,
            88..=103 => Self::Pad,
            112..=119 => Self::Bell,
            _ => Self::Pad,
        }
    }

    /// Its name as scores write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pluck => "pluck",
            Self::Epiano => "epiano",
            Self::Bass => "bass",
            Self::Lead => "lead",
            Self::Pad => "pad",
            Self::Bell => "bell",
            Self::Organ => "organ",
            Self::Strings => "strings",
        }
    }

    /// The voice of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|patch| patch.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voice_is_nearest_to_its_own_program() {
        for patch in Patch::ALL {
            assert_eq!(Patch::nearest(patch.program()), patch);
            assert_eq!(Patch::from_name(patch.name()), Some(patch));
        }
    }
}
