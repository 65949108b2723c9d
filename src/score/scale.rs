//! Scales: from degrees to keys.

use super::{pitch, value_error::ValueError};
use crate::music::Key;

/// A scale on a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    root: Key,
    /// Semitones above the root, ascending from 0, below 12.
    steps: &'static [u8],
}

/// The scales by name. Spaces, hyphens and letter case do not matter.
pub(super) const SCALES: [(&str, &[u8]); 58] = [
    ("major", &[0, 2, 4, 5, 7, 9, 11]),
    ("ionian", &[0, 2, 4, 5, 7, 9, 11]),
    ("minor", &[0, 2, 3, 5, 7, 8, 10]),
    ("natural minor", &[0, 2, 3, 5, 7, 8, 10]),
    ("aeolian", &[0, 2, 3, 5, 7, 8, 10]),
    ("dorian", &[0, 2, 3, 5, 7, 9, 10]),
    ("phrygian", &[0, 1, 3, 5, 7, 8, 10]),
    ("lydian", &[0, 2, 4, 6, 7, 9, 11]),
    ("mixolydian", &[0, 2, 4, 5, 7, 9, 10]),
    ("locrian", &[0, 1, 3, 5, 6, 8, 10]),
    ("harmonic minor", &[0, 2, 3, 5, 7, 8, 11]),
    ("melodic minor", &[0, 2, 3, 5, 7, 9, 11]),
    ("harmonic major", &[0, 2, 4, 5, 7, 8, 11]),
    ("double harmonic", &[0, 1, 4, 5, 7, 8, 11]),
    ("byzantine", &[0, 1, 4, 5, 7, 8, 11]),
    ("hungarian minor", &[0, 2, 3, 6, 7, 8, 11]),
    ("hungarian major", &[0, 3, 4, 6, 7, 9, 10]),
    ("romanian minor", &[0, 2, 3, 6, 7, 9, 10]),
    ("ukrainian dorian", &[0, 2, 3, 6, 7, 9, 10]),
    ("neapolitan minor", &[0, 1, 3, 5, 7, 8, 11]),
    ("neapolitan major", &[0, 1, 3, 5, 7, 9, 11]),
    ("phrygian dominant", &[0, 1, 4, 5, 7, 8, 10]),
    ("spanish", &[0, 1, 4, 5, 7, 8, 10]),
    ("hijaz", &[0, 1, 4, 5, 7, 8, 10]),
    ("dorian b2", &[0, 1, 3, 5, 7, 9, 10]),
    ("lydian augmented", &[0, 2, 4, 6, 8, 9, 11]),
    ("lydian dominant", &[0, 2, 4, 6, 7, 9, 10]),
    ("acoustic", &[0, 2, 4, 6, 7, 9, 10]),
    ("mixolydian b6", &[0, 2, 4, 5, 7, 8, 10]),
    ("half diminished", &[0, 2, 3, 5, 6, 8, 10]),
    ("altered", &[0, 1, 3, 4, 6, 8, 10]),
    ("super locrian", &[0, 1, 3, 4, 6, 8, 10]),
    ("persian", &[0, 1, 4, 5, 6, 8, 11]),
    ("enigmatic", &[0, 1, 4, 6, 8, 10, 11]),
    ("major pentatonic", &[0, 2, 4, 7, 9]),
    ("pentatonic", &[0, 2, 4, 7, 9]),
    ("minor pentatonic", &[0, 3, 5, 7, 10]),
    ("egyptian", &[0, 2, 5, 7, 10]),
    ("blues", &[0, 3, 5, 6, 7, 10]),
    ("minor blues", &[0, 3, 5, 6, 7, 10]),
    ("major blues", &[0, 2, 3, 4, 7, 9]),
    ("hirajoshi", &[0, 2, 3, 7, 8]),
    ("kumoi", &[0, 2, 3, 7, 9]),
    ("iwato", &[0, 1, 5, 6, 10]),
    ("in", &[0, 1, 5, 7, 8]),
    ("insen", &[0, 1, 5, 7, 10]),
    ("yo", &[0, 2, 5, 7, 9]),
    ("ritusen", &[0, 2, 5, 7, 9]),
    ("pelog", &[0, 1, 3, 7, 8]),
    ("whole tone", &[0, 2, 4, 6, 8, 10]),
    ("augmented", &[0, 3, 4, 7, 8, 11]),
    ("prometheus", &[0, 2, 4, 6, 9, 10]),
    ("tritone", &[0, 1, 4, 6, 7, 10]),
    ("diminished", &[0, 2, 3, 5, 6, 8, 9, 11]),
    ("half whole diminished", &[0, 1, 3, 4, 6, 7, 9, 10]),
    ("bebop", &[0, 2, 4, 5, 7, 9, 10, 11]),
    ("bebop major", &[0, 2, 4, 5, 7, 8, 9, 11]),
    ("chromatic", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
];

impl Scale {
    /// Reads a scale such as `c4:minor` or `eb:harmonic minor`.
    pub fn read(text: &str) -> Result<Self, ValueError> {
        let (root, name) = text
            .split_once(':')
            .ok_or("a scale is a root and a name with a colon between them, such as `c4:minor`")?;
        let name_at = root.len() + 1;
        let root = root.trim();
        if root.starts_with(|c: char| c.is_ascii_digit()) {
            let message =
                format!("`{root}` is not the root of a scale: write a note name such as `c4`");
            return Err(message.into());
        }
        let found = SCALES
            .iter()
            .find(|(known, _)| letters(known) == letters(name));
        let (_, steps) = found.ok_or_else(|| {
            let message = format!(
                "unknown scale `{}`; available: major, minor, dorian, phrygian, lydian, \
                 mixolydian, locrian, harmonic minor, melodic minor, pentatonic, minor pentatonic, \
                 blues, whole tone, chromatic, and more",
                name.trim()
            );
            ValueError::at(name_at, message)
        })?;
        Ok(Self {
            root: pitch::note(root)?,
            steps,
        })
    }

    /// The number of degrees in an octave.
    pub fn degrees(&self) -> usize {
        self.steps.len()
    }

    /// The semitones of a degree above key 0. Degree 0 is the root, -1 the note below it; the next
    /// octave starts at the degree that equals the number of notes in the scale.
    pub fn semitones(&self, degree: i32) -> i32 {
        let length = i32::try_from(self.steps.len()).unwrap_or(12);
        let place = usize::try_from(degree.rem_euclid(length)).unwrap_or(0);
        let step = self.steps.get(place).copied().unwrap_or(0);
        i32::from(self.root.number()) + 12 * degree.div_euclid(length) + i32::from(step)
    }
}

fn letters(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_count_from_the_root_in_both_directions() {
        let minor = Scale::read("c4:minor").unwrap();
        let keys: Vec<i32> = (-2..=8).map(|degree| minor.semitones(degree)).collect();
        assert_eq!(keys, [56, 58, 60, 62, 63, 65, 67, 68, 70, 72, 74]);
        let pentatonic = Scale::read("A3:Minor-Pentatonic").unwrap();
        assert_eq!(pentatonic.semitones(5), 57 + 12);
        assert_eq!(pentatonic.semitones(-1), 55);
    }

    #[test]
    fn every_scale_is_valid_and_found_in_any_spelling() {
        for (name, steps) in SCALES {
            assert!(
                steps.windows(2).all(|w| w[0] < w[1]) && steps[0] == 0,
                "{name}"
            );
            assert!(steps.iter().all(|step| *step < 12), "{name}");
            assert!(Scale::read(&format!("c:{name}")).is_ok(), "{name}");
        }
        let spelt = [
            "harmonic minor",
            "harmonicMinor",
            "Harmonic_Minor",
            "harmonic-minor",
        ];
        let scale = Scale::read("d:harmonic minor");
        assert!(
            spelt
                .iter()
                .all(|name| Scale::read(&format!("d:{name}")) == scale)
        );
        assert_eq!(scale.unwrap().semitones(6), 62 + 11);
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let error = |text| Scale::read(text).unwrap_err();
        assert!(error("minor").message.contains("c4:minor"));
        assert!(error("c4:mino").message.contains("dorian"));
        assert_eq!(error("c4:mino").at, 3);
        assert!(error("h4:minor").message.contains("not a note"));
        assert!(error("60:minor").message.contains("root"));
    }
}
