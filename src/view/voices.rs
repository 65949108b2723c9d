//! The instruments of a lane and their registers.

use std::sync::Arc;

use crate::music::Key;

/// An instrument of a lane with the keys that it plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// The instrument's name in the score.
    pub name: Arc<str>,
    /// The lowest key.
    pub low: Key,
    /// The highest key.
    pub high: Key,
}

/// The instruments that have played in a lane or will soon.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Voices(Vec<Voice>);

impl Voices {
    /// Sorts the instruments by register, the highest first.
    pub(super) fn highest_first(&mut self) {
        let middle = |v: &Voice| u16::from(v.low.number()) + u16::from(v.high.number());
        self.0.sort_by_key(|v| std::cmp::Reverse(middle(v)));
    }

    /// Adds a key that an instrument plays.
    pub(super) fn add(&mut self, name: &str, key: Key) {
        match self.0.iter_mut().find(|voice| *voice.name == *name) {
            Some(voice) => {
                voice.low = voice.low.min(key);
                voice.high = voice.high.max(key);
            }
            None => self.0.push(Voice {
                name: name.into(),
                low: key,
                high: key,
            }),
        }
    }

    /// Adds what others play, so that both have their notes at the same height.
    pub fn join(&mut self, others: &Self) {
        for voice in &others.0 {
            self.add(&voice.name, voice.low);
            self.add(&voice.name, voice.high);
        }
        self.highest_first();
    }

    /// Every voice.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Voice> {
        self.0.iter()
    }

    /// Number of instruments.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An instrument and its index.
    pub fn find(&self, name: &str) -> Option<(usize, &Voice)> {
        let mut voices = self.0.iter().enumerate();
        voices.find(|(_, voice)| *voice.name == *name)
    }

    /// The lowest and the highest key of all.
    pub fn keys(&self) -> Option<(Key, Key)> {
        let low = self.0.iter().map(|v| v.low).min()?;
        let high = self.0.iter().map(|v| v.high).max()?;
        Some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Key {
        Key::new(number).unwrap()
    }

    #[test]
    fn high_instruments_come_before_low_ones() {
        let mut voices = Voices::default();
        for (name, number) in [("bass", 36), ("flute", 84), ("bass", 43), ("harp", 60)] {
            voices.add(name, key(number));
        }
        voices.highest_first();
        let names: Vec<_> = voices.iter().map(|voice| &*voice.name).collect();
        assert_eq!(names, ["flute", "harp", "bass"]);
        assert_eq!(voices.keys(), Some((key(36), key(84))));
        assert_eq!(voices.find("bass").unwrap().1.high, key(43));
    }
}
