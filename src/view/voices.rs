//! Who plays in a lane, and in which register.

use std::sync::Arc;

use super::lane::LaneModel;
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
    /// The voices of a lane with those that are foreseen, the highest first.
    pub fn of(lane: &LaneModel) -> Self {
        let mut voices = lane.voices.clone();
        for play in lane.foreseen.iter() {
            for key in &play.keys {
                voices.hear(&play.instrument, *key);
            }
        }
        let middle = |v: &Voice| u16::from(v.low.number()) + u16::from(v.high.number());
        voices.0.sort_by_key(|v| std::cmp::Reverse(middle(v)));
        voices
    }

    /// An instrument plays a key.
    pub(super) fn hear(&mut self, name: &str, key: Key) {
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

    /// Every voice.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Voice> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Nobody plays.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The place of an instrument, and the instrument.
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
    fn high_instruments_stand_above_low_ones() {
        let mut lane = LaneModel::new(crate::engine::InstanceId::new("band").unwrap(), 0);
        for (name, number) in [("bass", 36), ("flute", 84), ("bass", 43), ("harp", 60)] {
            lane.voices.hear(name, key(number));
        }
        let voices = Voices::of(&lane);
        let names: Vec<_> = voices.iter().map(|voice| &*voice.name).collect();
        assert_eq!(names, ["flute", "harp", "bass"]);
        assert_eq!(voices.keys(), Some((key(36), key(84))));
        assert_eq!(voices.find("bass").unwrap().1.high, key(43));
    }
}
