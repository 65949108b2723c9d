//! Drum kits as their files describe them: drums on the keys of the General MIDI drum map.
//! `assets/kits/README.md` explains every parameter.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::LazyLock};

use serde::{Deserialize, Deserializer, de::Error};

use super::drum::DrumSound;

/// The number of keys.
const KEYS: usize = 128;

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

    fn text(self) -> &'static str {
        match self {
            Self::Studio => include_str!("../../../assets/kits/studio.toml"),
            Self::Electronic => include_str!("../../../assets/kits/electronic.toml"),
        }
    }
}

/// The kits, read once.
static KITS: LazyLock<Kits> = LazyLock::new(|| {
    let read = |kit: Kit| Drums::read(kit.text()).expect("a test reads every kit");
    Kits {
        studio: read(Kit::Studio),
        electronic: read(Kit::Electronic),
    }
});

/// The drums of every kit.
#[derive(Debug)]
pub(super) struct Kits {
    studio: Drums,
    electronic: Drums,
}

impl Kits {
    /// All kits. The first call reads them, so it allocates.
    pub(super) fn all() -> &'static Self {
        &KITS
    }

    /// The drum on a key of a kit.
    pub(super) fn drum(&self, kit: Kit, key: u8) -> &DrumSound {
        match kit {
            Kit::Studio => self.studio.on(key),
            Kit::Electronic => self.electronic.on(key),
        }
    }
}

/// The drums of a kit, one for every key.
#[derive(Debug)]
struct Drums([DrumSound; KEYS]);

/// The contents of a file: keys and drums by the name of the drum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KitFile {
    keys: BTreeMap<String, Vec<KeyRange>>,
    drum: BTreeMap<String, DrumSound>,
}

/// A key, or the keys from the first to the last.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a key or [first, last] is expected")]
enum KeyRange {
    One(u8),
    From(u8, u8),
}

impl KeyRange {
    fn keys(&self) -> RangeInclusive<u8> {
        match *self {
            Self::One(key) => key..=key,
            Self::From(first, last) => first..=last,
        }
    }
}

impl Drums {
    fn read(text: &str) -> Result<Self, toml_edit::de::Error> {
        toml_edit::de::from_str(text)
    }

    fn on(&self, key: u8) -> &DrumSound {
        let Self(drums) = self;
        // MIDI keys have seven bits.
        &drums[usize::from(key) % KEYS]
    }
}

impl<'de> Deserialize<'de> for Drums {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let file = KitFile::deserialize(from)?;
        let mut drums = [None; KEYS];
        for (name, ranges) in &file.keys {
            let Some(drum) = file.drum.get(name) else {
                return Err(D::Error::custom(format!("there is no [drum.{name}]")));
            };
            for key in ranges.iter().flat_map(KeyRange::keys) {
                match drums.get_mut(usize::from(key)) {
                    Some(place @ None) => *place = Some(*drum),
                    Some(Some(_)) => {
                        return Err(D::Error::custom(format!("key {key} has two drums")));
                    }
                    None => {
                        return Err(D::Error::custom(format!(
                            "a key from 0 to 127 is expected, not {key}"
                        )));
                    }
                }
            }
        }
        match drums.iter().position(Option::is_none) {
            Some(key) => Err(D::Error::custom(format!("key {key} has no drum"))),
            None => Ok(Self(drums.map(Option::unwrap_or_default))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kit_has_a_drum_on_every_key() {
        for kit in Kit::ALL {
            let drums = Drums::read(kit.text()).unwrap_or_else(|error| panic!("{kit:?}: {error}"));
            for key in 0..=127 {
                assert!(drums.on(key).gain > 0.0, "{kit:?}: {key}");
            }
        }
    }

    #[test]
    fn a_mistake_in_a_kit_is_an_error() {
        let text = Kit::Studio.text();
        let error = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            Drums::read(&text.replacen(from, to, 1))
                .unwrap_err()
                .to_string()
        };
        let missing = error("kick = [[0, 36]]", "kick = [[1, 36]]");
        assert!(missing.contains("key 0 has no drum"), "{missing}");
        let twice = error("kick = [[0, 36]]", "kick = [[0, 37]]");
        assert!(twice.contains("key 37 has two drums"), "{twice}");
        let nameless = error("clap = [39]", "calp = [39]");
        assert!(nameless.contains("no [drum.calp]"), "{nameless}");
        let loud = error("gain = 0.93", "gain = 9");
        assert!(loud.contains("a level from 0 to 4"), "{loud}");
        let unknown = error("drive = 1.15", "drvie = 1.15");
        assert!(unknown.contains("drvie"), "{unknown}");
    }
}
