//! Which keys of a port are down, and whose they are.

use super::{Beat, Channel, Key, LaneId, PartId};

/// A note that sounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sounding {
    /// Number of the note; no other note has it.
    pub note: u64,
    /// Where it began.
    pub began: Beat,
    pub lane: LaneId,
    pub part: PartId,
    pub source: Option<u64>,
    /// Its note-off is on its way.
    pub ending: bool,
}

/// The keys of one port: 16 channels of 128.
///
/// A key has at most one owner, the note that went down last. Only the owner lets it go.
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

    /// How many keys are down.
    pub fn sounding(&self) -> usize {
        self.sounding
    }

    /// Whose key it is.
    pub fn owner(&self, channel: Channel, key: Key) -> Option<Sounding> {
        *self.place(channel, key)?
    }

    /// The key goes down for `note`; gives the note that held it.
    pub fn strike(&mut self, channel: Channel, key: Key, note: Sounding) -> Option<Sounding> {
        let before = self.place_mut(channel, key)?.replace(note);
        self.sounding += usize::from(before.is_none());
        before
    }

    /// The note-off of the key's owner is on its way.
    pub fn end(&mut self, channel: Channel, key: Key) {
        if let Some(owner) = self.place_mut(channel, key).and_then(Option::as_mut) {
            owner.ending = true;
        }
    }

    /// The key comes up, whoever holds it; gives that note.
    pub fn lift(&mut self, channel: Channel, key: Key) -> Option<Sounding> {
        let before = self.place_mut(channel, key)?.take();
        self.sounding -= usize::from(before.is_some());
        before
    }

    /// The first key at or after number `from` that is down and that `which` picks. Keys are
    /// numbered 0 to 2047 through all channels.
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

    /// Channel and key of a number from 0 to 2047.
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
