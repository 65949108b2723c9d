//! The built-in patches of the synth: names, and the nearest General MIDI programs.

use super::Message;

/// A built-in patch of the synth. A [`Bank`](super::Bank) adds the user's own ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Patch(u8);

/// A place for a patch in a synth. The first ones are the built-in patches, the others the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PatchSlot(u8);

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

static BUILT_IN: [BuiltInPatch; 29] = [
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
    built_in!("timpani"),
    built_in!("oboe"),
    built_in!("clarinet"),
    built_in!("bassoon"),
    built_in!("sax"),
    built_in!("fret"),
    built_in!("breath"),
    built_in!("seashore"),
    built_in!("bird"),
    built_in!("telephone"),
    built_in!("helicopter"),
    built_in!("applause"),
    built_in!("gunshot"),
];

/// The programs of [`BUILT_IN`], in the same order.
const PROGRAMS: [u8; BUILT_IN.len()] = [
    24, 4, 33, 80, 89, 11, 16, 48, 0, 61, 12, 38, 39, 52, 73, 27, 47, 68, 71, 70, 66, 120, 121,
    122, 123, 124, 125, 126, 127,
];

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
    /// Kettledrums.
    pub const TIMPANI: Self = Self(16);
    /// Oboe.
    pub const OBOE: Self = Self(17);
    /// Clarinet.
    pub const CLARINET: Self = Self(18);
    /// Bassoon.
    pub const BASSOON: Self = Self(19);
    /// Saxophone.
    pub const SAX: Self = Self(20);
    /// Fingers that slide over strings.
    pub const FRET: Self = Self(21);
    /// A breath.
    pub const BREATH: Self = Self(22);
    /// Waves that come and go.
    pub const SEASHORE: Self = Self(23);
    /// A bird that chirps.
    pub const BIRD: Self = Self(24);
    /// A telephone that rings.
    pub const TELEPHONE: Self = Self(25);
    /// The blades of a helicopter.
    pub const HELICOPTER: Self = Self(26);
    /// An audience that claps.
    pub const APPLAUSE: Self = Self(27);
    /// A shot.
    pub const GUNSHOT: Self = Self(28);

    /// The patches that play a key at its pitch.
    pub const INSTRUMENTS: [Self; 21] = [
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
        Self::TIMPANI,
        Self::OBOE,
        Self::CLARINET,
        Self::BASSOON,
        Self::SAX,
    ];

    /// Noises, the General MIDI programs from 120 on.
    pub const EFFECTS: [Self; 8] = [
        Self::FRET,
        Self::BREATH,
        Self::SEASHORE,
        Self::BIRD,
        Self::TELEPHONE,
        Self::HELICOPTER,
        Self::APPLAUSE,
        Self::GUNSHOT,
    ];

    /// All built-in patches: the instruments, then the effects.
    pub const ALL: [Self; BUILT_IN.len()] = {
        let mut all = [Self(0); BUILT_IN.len()];
        let mut index = 0;
        while index < all.len() {
            all[index] = Self(index as u8);
            index += 1;
        }
        all
    };

    /// The General MIDI program (0 to 127) that selects it on other synths.
    pub fn program(self) -> u8 {
        // There are only the constants above.
        PROGRAMS[usize::from(self.0)]
    }

    /// The patch nearest to a General MIDI program; above 127 counts as 127.
    pub fn nearest(program: u8) -> Self {
        match program {
            0..=3 => Self::PIANO,
            4 | 5 => Self::EPIANO,
            8..=11 | 14 | 112 | 113 => Self::BELL,
            12 | 13 | 114 | 115 => Self::MARIMBA,
            47 | 116..=119 => Self::TIMPANI,
            16..=23 => Self::ORGAN,
            6 | 7 | 15 | 24 | 25 | 45 | 46 | 104..=108 => Self::PLUCK,
            26..=31 => Self::GUITAR,
            32..=37 | 43 => Self::BASS,
            38 => Self::ACID,
            39 => Self::SUB,
            40..=44 | 48..=51 | 55 | 110 => Self::STRINGS,
            52..=54 => Self::CHOIR,
            56..=63 => Self::BRASS,
            64..=67 => Self::SAX,
            68 | 69 | 109 | 111 => Self::OBOE,
            70 => Self::BASSOON,
            71 => Self::CLARINET,
            72..=79 => Self::FLUTE,
            80..=87 => Self::LEAD,
            120 => Self::FRET,
            121 => Self::BREATH,
            122 => Self::SEASHORE,
            123 => Self::BIRD,
            124 => Self::TELEPHONE,
            125 => Self::HELICOPTER,
            126 => Self::APPLAUSE,
            127.. => Self::GUNSHOT,
            _ => Self::PAD,
        }
    }

    /// The name in scores.
    pub fn name(self) -> &'static str {
        self.built_in().name
    }

    /// The patch of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|patch| patch.name() == name)
    }

    /// The text of its file.
    pub(super) fn text(self) -> &'static str {
        self.built_in().text
    }

    fn built_in(self) -> &'static BuiltInPatch {
        // There are only the constants above.
        &BUILT_IN[usize::from(self.0)]
    }
}

impl PatchSlot {
    /// The number of slots.
    pub const COUNT: usize = 111;
    /// The slots of the first built-in patches. Those that were added later have the last slots, from the last one
    /// down, so that every other patch keeps its slot when there are more.
    const FIRST: usize = 16;
    /// The first slot of the later built-in patches.
    const LATER: usize = Self::COUNT - (BUILT_IN.len() - Self::FIRST);

    /// The slot of one of the user's own patches; `None` if there are too many.
    pub fn of_own(index: usize) -> Option<Self> {
        let slot = Self::FIRST.checked_add(index)?;
        let slot = u8::try_from(slot).ok()?;
        (usize::from(slot) < Self::LATER).then_some(Self(slot))
    }

    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The value of [`Message::SOUND`] that selects it.
    pub fn choice(self) -> u8 {
        self.0 + 1
    }
}

impl From<Patch> for PatchSlot {
    fn from(patch: Patch) -> Self {
        match usize::from(patch.0).checked_sub(Self::FIRST) {
            None => Self(patch.0),
            // There are fewer patches than slots.
            Some(later) => Self((Self::COUNT - 1 - later) as u8),
        }
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
    fn every_patch_is_nearest_to_its_own_program() {
        for patch in Patch::ALL {
            assert_eq!(Patch::nearest(patch.program()), patch);
            assert_eq!(Patch::from_name(patch.name()), Some(patch));
        }
    }

    #[test]
    fn programs_of_reeds_kettledrums_and_noises_play_their_own_patches() {
        for (program, name) in [
            (47, "timpani"),
            (116, "timpani"),
            (64, "sax"),
            (67, "sax"),
            (68, "oboe"),
            (69, "oboe"),
            (70, "bassoon"),
            (71, "clarinet"),
            (73, "flute"),
            (56, "brass"),
            (48, "strings"),
            (110, "strings"),
            (120, "fret"),
            (121, "breath"),
            (122, "seashore"),
            (123, "bird"),
            (124, "telephone"),
            (125, "helicopter"),
            (126, "applause"),
            (127, "gunshot"),
        ] {
            assert_eq!(Patch::nearest(program).name(), name, "{program}");
        }
    }

    #[test]
    fn every_patch_has_a_slot_and_own_ones_have_those_in_between() {
        assert_eq!(PatchSlot::from(Patch::GUITAR).choice(), 16);
        assert_eq!(PatchSlot::of_own(0).unwrap().choice(), 17);
        let last = PatchSlot::COUNT - Patch::ALL.len() - 1;
        let last_choice = PatchSlot::of_own(last).unwrap().choice();
        assert_eq!(PatchSlot::from(Patch::GUNSHOT).choice(), last_choice + 1);
        assert_eq!(PatchSlot::from(Patch::TIMPANI).choice(), 111);
        assert_eq!(PatchSlot::of_own(last + 1), None);
        assert_eq!(PatchSlot::of_own(usize::MAX), None);
    }
}
