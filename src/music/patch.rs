//! The patches of the built-in synth: names, and the nearest General MIDI programs.

use std::sync::{PoisonError, RwLock};

use super::Message;

/// A patch of the built-in synth: a built-in one, or one of the performer's own.
///
/// The performer's own patches have names once a [`Bank`](super::Bank) has read their files; the
/// names last until the program ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Patch(u8);

/// A built-in patch.
struct BuiltInPatch {
    name: &'static str,
    text: &'static str,
}

macro_rules! built_in {
    ($name:literal) => {
        BuiltInPatch {
            name: $name,
            text: include_str!(concat!("../../assets/patches/", $name, ".toml")),
        }
    };
}

const BUILT_IN: [BuiltInPatch; 16] = [
    built_in!("pluck"),
    built_in!("epiano"),
    built_in!("bass"),
    built_in!("lead"),
    built_in!("pad"),
    built_in!("bell"),
    built_in!("organ"),
    built_in!("strings"),
    built_in!("piano"),
    built_in!("brass"),
    built_in!("marimba"),
    built_in!("acid"),
    built_in!("sub"),
    built_in!("choir"),
    built_in!("flute"),
    built_in!("guitar"),
];

/// The programs of [`BUILT_IN`], in the same order.
const PROGRAMS: [u8; BUILT_IN.len()] =
    [24, 4, 33, 80, 89, 11, 16, 48, 0, 61, 12, 38, 39, 52, 73, 27];

/// One of the performer's own patches.
struct UserPatch {
    name: &'static str,
    program: u8,
}

/// The performer's own patches, in the order in which they were read. Names are never removed.
static USER_PATCHES: RwLock<Vec<UserPatch>> = RwLock::new(Vec::new());

impl Message {
    /// The controller that selects a sound of the built-in synth beyond the General MIDI programs: a
    /// patch or a SoundFont. Other synths ignore it. A program change resets it.
    pub const SOUND: u8 = 119;
}

impl Patch {
    /// A plucked string.
    pub const PLUCK: Self = Self(0);
    /// Electric piano.
    pub const EPIANO: Self = Self(1);
    /// Electric bass.
    pub const BASS: Self = Self(2);
    /// A bright lead.
    pub const LEAD: Self = Self(3);
    /// A slow, wide pad.
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
    /// A bass that is little more than its fundamental.
    pub const SUB: Self = Self(12);
    /// Voices on an open vowel.
    pub const CHOIR: Self = Self(13);
    /// Flute.
    pub const FLUTE: Self = Self(14);
    /// Electric guitar, clean.
    pub const GUITAR: Self = Self(15);

    /// All built-in patches.
    pub const ALL: [Self; BUILT_IN.len()] = [
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

    /// The most patches that there can be.
    pub const MAX_COUNT: usize = 111;

    /// The General MIDI program (0 to 127) that selects it on other synths.
    pub fn program(self) -> u8 {
        match PROGRAMS.get(self.index()) {
            Some(program) => *program,
            None => self.user_patch(|patch| patch.program).unwrap_or(0),
        }
    }

    /// The value of [`Message::SOUND`] that selects it.
    pub fn choice(self) -> u8 {
        self.0 + 1
    }

    /// The patch nearest to a General MIDI program; above 127 counts as 127.
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

    /// The name in scores.
    pub fn name(self) -> &'static str {
        match BUILT_IN.get(self.index()) {
            Some(patch) => patch.name,
            None => self.user_patch(|patch| patch.name).unwrap_or("unknown"),
        }
    }

    /// The patch of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|patch| patch.name() == name)
    }

    /// All known patches, the built-in ones first.
    pub fn all() -> Vec<Self> {
        let patches = USER_PATCHES
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .len();
        (0..BUILT_IN.len() + patches)
            .filter_map(|index| u8::try_from(index).ok().map(Self))
            .collect()
    }

    /// The patch of a name, a new one if necessary; `None` if there are too many.
    pub(super) fn register(name: &str, program: u8) -> Option<Self> {
        if let Some(index) = BUILT_IN.iter().position(|patch| patch.name == name) {
            return u8::try_from(index).ok().map(Self);
        }
        let mut patches = USER_PATCHES.write().unwrap_or_else(PoisonError::into_inner);
        let index = patches.iter().position(|patch| patch.name == name);
        let index = index.unwrap_or(patches.len());
        if BUILT_IN.len() + index >= Self::MAX_COUNT {
            return None;
        }
        match patches.get_mut(index) {
            Some(patch) => patch.program = program,
            None => patches.push(UserPatch {
                // At most `MAX_COUNT` short names in the life of the program.
                name: Box::leak(name.to_owned().into_boxed_str()),
                program,
            }),
        }
        u8::try_from(BUILT_IN.len() + index).ok().map(Self)
    }

    /// The text of a built-in patch.
    pub(super) fn text(self) -> Option<&'static str> {
        BUILT_IN.get(self.index()).map(|patch| patch.text)
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    fn user_patch<T>(self, read: impl Fn(&UserPatch) -> T) -> Option<T> {
        let patches = USER_PATCHES.read().unwrap_or_else(PoisonError::into_inner);
        let index = self.index().checked_sub(BUILT_IN.len())?;
        patches.get(index).map(read)
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
        let patch = Patch::register("patch-test", 81).unwrap();
        assert_eq!(Patch::from_name("patch-test"), Some(patch));
        assert_eq!(Patch::register("patch-test", 82), Some(patch));
        assert_eq!((patch.name(), patch.program()), ("patch-test", 82));
        assert_eq!(Patch::register("bass", 1), Some(Patch::BASS));
        assert_eq!(Patch::BASS.program(), 33);
    }
}
