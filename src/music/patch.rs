//! The voices of the built-in synth by name, and their places among the General MIDI programs.

use std::sync::{PoisonError, RwLock};

use super::Message;

/// A voice of the built-in synth: one that Fermata brings, or one of the performer's own.
///
/// The names of own voices are known once their files have been read, see
/// [`Bank`](super::Bank); they stay known until the program ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Patch(u8);

/// A voice that Fermata brings.
struct Own {
    name: &'static str,
    text: &'static str,
}

macro_rules! own {
    ($name:literal) => {
        Own {
            name: $name,
            text: include_str!(concat!("../../assets/patches/", $name, ".toml")),
        }
    };
}

const OWN: [Own; 16] = [
    own!("pluck"),
    own!("epiano"),
    own!("bass"),
    own!("lead"),
    own!("pad"),
    own!("bell"),
    own!("organ"),
    own!("strings"),
    own!("piano"),
    own!("brass"),
    own!("marimba"),
    own!("acid"),
    own!("sub"),
    own!("choir"),
    own!("flute"),
    own!("guitar"),
];

/// The programs of [`OWN`], in its order.
const PROGRAMS: [u8; OWN.len()] = [24, 4, 33, 80, 89, 11, 16, 48, 0, 61, 12, 38, 39, 52, 73, 27];

/// An own voice of the performer.
struct Guest {
    name: &'static str,
    program: u8,
}

/// The performer's own voices, in the order in which they became known. Names are never given back.
static GUESTS: RwLock<Vec<Guest>> = RwLock::new(Vec::new());

impl Message {
    /// The controller that chooses a sound of the built-in synth beyond the General MIDI programs: a
    /// patch, or a SoundFont. Other synths know nothing of it. A program puts it back.
    pub const SOUND: u8 = 119;
}

impl Patch {
    /// A plucked string.
    pub const PLUCK: Self = Self(0);
    /// Electric piano.
    pub const EPIANO: Self = Self(1);
    /// Electric bass.
    pub const BASS: Self = Self(2);
    /// A bright solo voice.
    pub const LEAD: Self = Self(3);
    /// A slow, wide carpet.
    pub const PAD: Self = Self(4);
    /// Bell, vibraphone.
    pub const BELL: Self = Self(5);
    /// Drawbar organ.
    pub const ORGAN: Self = Self(6);
    /// A string section.
    pub const STRINGS: Self = Self(7);
    /// A piano.
    pub const PIANO: Self = Self(8);
    /// A brass section.
    pub const BRASS: Self = Self(9);
    /// Marimba.
    pub const MARIMBA: Self = Self(10);
    /// A resonant synth bass.
    pub const ACID: Self = Self(11);
    /// A bass of little more than its fundamental.
    pub const SUB: Self = Self(12);
    /// Voices on an open vowel.
    pub const CHOIR: Self = Self(13);
    /// Flute.
    pub const FLUTE: Self = Self(14);
    /// Electric guitar, clean.
    pub const GUITAR: Self = Self(15);

    /// Every voice that Fermata brings.
    pub const ALL: [Self; OWN.len()] = [
        Self::PLUCK,
        Self::EPIANO,
        Self::BASS,
        Self::LEAD,
        Self::PAD,
        Self::BELL,
        Self::ORGAN,
        Self::STRINGS,
        Self::PIANO,
        Self::BRASS,
        Self::MARIMBA,
        Self::ACID,
        Self::SUB,
        Self::CHOIR,
        Self::FLUTE,
        Self::GUITAR,
    ];

    /// The most voices that there can be.
    pub const MAX_COUNT: usize = 111;

    /// The General MIDI program (0 to 127) that other synths are asked for.
    pub fn program(self) -> u8 {
        match PROGRAMS.get(self.index()) {
            Some(program) => *program,
            None => self.guest(|guest| guest.program).unwrap_or(0),
        }
    }

    /// The value of [`Message::SOUND`] that chooses it.
    pub fn choice(self) -> u8 {
        self.0 + 1
    }

    /// The voice nearest to a General MIDI program; above 127 counts as 127.
    pub fn nearest(program: u8) -> Self {
        match program {
            0..=3 => Self::PIANO,
            4 | 5 => Self::EPIANO,
            8..=11 | 14 | 112 | 113 => Self::BELL,
            12 | 13 | 114..=119 => Self::MARIMBA,
            16..=23 => Self::ORGAN,
            6 | 7 | 15 | 24 | 25 | 45 | 46 | 104..=108 => Self::PLUCK,
            26..=31 => Self::GUITAR,
            32..=37 | 43 => Self::BASS,
            38 => Self::ACID,
            39 => Self::SUB,
            40..=51 | 55 => Self::STRINGS,
            52..=54 => Self::CHOIR,
            56..=67 => Self::BRASS,
            68..=79 => Self::FLUTE,
            80..=87 | 109..=111 => Self::LEAD,
            _ => Self::PAD,
        }
    }

    /// Its name as scores write it.
    pub fn name(self) -> &'static str {
        match OWN.get(self.index()) {
            Some(own) => own.name,
            None => self.guest(|guest| guest.name).unwrap_or("unknown"),
        }
    }

    /// The voice of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|patch| patch.name() == name)
    }

    /// Every voice that is known, those that Fermata brings first.
    pub fn all() -> Vec<Self> {
        let guests = GUESTS.read().unwrap_or_else(PoisonError::into_inner).len();
        (0..OWN.len() + guests)
            .filter_map(|index| u8::try_from(index).ok().map(Self))
            .collect()
    }

    /// The voice of a name, which becomes known if it is not yet; `None` if there are too many.
    pub(super) fn known_as(name: &str, program: u8) -> Option<Self> {
        if let Some(own) = OWN.iter().position(|own| own.name == name) {
            return u8::try_from(own).ok().map(Self);
        }
        let mut guests = GUESTS.write().unwrap_or_else(PoisonError::into_inner);
        let place = guests.iter().position(|guest| guest.name == name);
        let place = place.unwrap_or(guests.len());
        if OWN.len() + place >= Self::MAX_COUNT {
            return None;
        }
        match guests.get_mut(place) {
            Some(guest) => guest.program = program,
            None => guests.push(Guest {
                // At most `MAX_COUNT` short names in the life of the program.
                name: Box::leak(name.to_owned().into_boxed_str()),
                program,
            }),
        }
        u8::try_from(OWN.len() + place).ok().map(Self)
    }

    /// The text of a voice that Fermata brings.
    pub(super) fn text(self) -> Option<&'static str> {
        OWN.get(self.index()).map(|own| own.text)
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    fn guest<T>(self, read: impl Fn(&Guest) -> T) -> Option<T> {
        let guests = GUESTS.read().unwrap_or_else(PoisonError::into_inner);
        let place = self.index().checked_sub(OWN.len())?;
        guests.get(place).map(read)
    }
}

impl std::fmt::Debug for Patch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patch({})", self.name())
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

    #[test]
    fn an_own_name_becomes_known_and_stays_itself() {
        assert_eq!(Patch::from_name("patch-test"), None);
        let patch = Patch::known_as("patch-test", 81).unwrap();
        assert_eq!(Patch::from_name("patch-test"), Some(patch));
        assert_eq!(Patch::known_as("patch-test", 82), Some(patch));
        assert_eq!((patch.name(), patch.program()), ("patch-test", 82));
        assert_eq!(Patch::known_as("bass", 1), Some(Patch::BASS));
        assert_eq!(Patch::BASS.program(), 33);
    }
}
