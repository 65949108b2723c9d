//! The sounding notes of a port, and the owner of each key.

use super::{Beat, Channel, Key, LaneId, PartId};

/// A sounding note.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sounding {
    /// The unique number of the note.
    pub note: u64,
    /// The beat at which it began.
    pub began: Beat,
    pub lane: LaneId,
    pub part: PartId,
    pub source: Option<u64>,
    /// Its note-off is pending.
    pub ending: bool,
}

/// The keys of one port: 16 channels of 128.
///
/// A key has at most one owner: the latest note. Only the owner's end releases the key.
pub(super) struct Ledger {
    keys: Box<[Option<Sounding>]>,
    sounding: usize,
}

impl Ledger {
    const KEYS: usize = 128;

    pub fn new() -> Self {
        Self {
            keys: vec![None; 16 * Self::KEYS].into_boxed_slice(),
            sounding: 0,
        }
    }

    /// The number of keys that are down.
    pub fn sounding(&self) -> usize {
        self.sounding
    }

    /// The note that owns a key.
    pub fn owner(&self, channel: Channel, key: Key) -> Option<Sounding> {
        *self.place(channel, key)?
    }

    /// Makes `note` the owner of a key. Returns the previous owner.
    pub fn strike(&mut self, channel: Channel, key: Key, note: Sounding) -> Option<Sounding> {
        let before = self.place_mut(channel, key)?.replace(note);
        self.sounding += usize::from(before.is_none());
        before
    }

    /// Marks the note-off of the key's owner as pending.
    pub fn end(&mut self, channel: Channel, key: Key) {
        if let Some(owner) = self.place_mut(channel, key).and_then(Option::as_mut) {
            owner.ending = true;
        }
    }

    /// Releases a key. Returns its owner.
    pub fn lift(&mut self, channel: Channel, key: Key) -> Option<Sounding> {
        let before = self.place_mut(channel, key)?.take();
        self.sounding -= usize::from(before.is_some());
        before
    }

    /// The first key at or after index `from` that is down and that `which` selects. Indices run
    /// from 0 to 2047 through all channels.
    pub fn find(
        &self,
        from: usize,
        which: impl Fn(&Sounding) -> bool,
    ) -> Option<(usize, Channel, Key, Sounding)> {
        if self.sounding == 0 {
            return None;
        }
        let (number, note) = self
            .keys
            .iter()
            .enumerate()
            .skip(from)
            .find_map(|(number, note)| Some((number, note.filter(&which)?)))?;
        let (channel, key) = Self::key(number)?;
        Some((number, channel, key, note))
    }

    /// The channel and key of an index from 0 to 2047.
    pub fn key(number: usize) -> Option<(Channel, Key)> {
        let channel = u8::try_from(number / Self::KEYS + 1).ok()?;
        let key = u8::try_from(number % Self::KEYS).ok()?;
        Some((Channel::from_number(channel)?, Key::new(key)?))
    }

    fn place(&self, channel: Channel, key: Key) -> Option<&Option<Sounding>> {
        self.keys.get(Self::number(channel, key))
    }

    fn place_mut(&mut self, channel: Channel, key: Key) -> Option<&mut Option<Sounding>> {
        self.keys.get_mut(Self::number(channel, key))
    }

    fn number(channel: Channel, key: Key) -> usize {
        channel.index() * Self::KEYS + usize::from(key.number())
    }
}
