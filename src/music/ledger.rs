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
    /// The beat at which it ends; `None` while a performer holds it.
    pub until: Option<Beat>,
    /// Its note-off is pending.
    pub ending: bool,
}

/// The keys of one port: 128 for each channel.
///
/// The latest note of a key owns it. Earlier notes that still sound on the same key end by themselves: a receiver
/// gets as many note-offs as note-ons.
pub(super) struct Ledger {
    keys: Box<[Option<Sounding>]>,
    /// Earlier notes, oldest first, with the index of their key. Never grows beyond its capacity.
    earlier: Vec<(usize, Sounding)>,
    sounding: usize,
}

impl Ledger {
    const KEYS: usize = 128;
    /// The most notes that sound on keys that were struck again.
    const EARLIER: usize = 2048;

    pub fn new() -> Self {
        Self {
            keys: vec![None; Channel::PARTS * Self::KEYS].into_boxed_slice(),
            earlier: Vec::with_capacity(Self::EARLIER),
            sounding: 0,
        }
    }

    /// The number of notes that sound.
    pub fn sounding(&self) -> usize {
        self.sounding
    }

    /// The latest note of a key.
    pub fn owner(&self, channel: Channel, key: Key) -> Option<Sounding> {
        *self.keys.get(Self::number(channel, key))?
    }

    /// Whether a note sounds on a key.
    pub fn holds(&self, channel: Channel, key: Key, note: u64) -> bool {
        let number = Self::number(channel, key);
        let earlier = |(at, other): &(usize, Sounding)| *at == number && other.note == note;
        self.owner(channel, key)
            .is_some_and(|owner| owner.note == note)
            || self.earlier.iter().any(earlier)
    }

    /// Whether a note may begin on a key that is down, so that both sound.
    pub fn has_room(&self) -> bool {
        self.earlier.len() < Self::EARLIER
    }

    /// Makes `note` the owner of a key. A note that owned it goes on, if there is [room](Self::has_room).
    pub fn strike(&mut self, channel: Channel, key: Key, note: Sounding) {
        let number = Self::number(channel, key);
        let has_room = self.has_room();
        let Some(place) = self.keys.get_mut(number) else {
            return;
        };
        match place.replace(note) {
            Some(before) if has_room => self.earlier.push((number, before)),
            Some(_) => return,
            None => {}
        }
        self.sounding += 1;
    }

    /// Marks the note-off of a note as pending.
    pub fn end(&mut self, channel: Channel, key: Key, note: u64) {
        if let Some(found) = self.find_mut(channel, key, note) {
            found.ending = true;
        }
    }

    /// Ends a note. Returns it.
    pub fn lift(&mut self, channel: Channel, key: Key, note: u64) -> Option<Sounding> {
        let number = Self::number(channel, key);
        let owned = self.owner(channel, key).filter(|owner| owner.note == note);
        let is_it = |(at, other): &(usize, Sounding)| *at == number && other.note == note;
        let lifted = match owned {
            Some(owner) => {
                let next = self.earlier.iter().rposition(|(at, _)| *at == number);
                let next = next.map(|place| self.earlier.remove(place).1);
                *self.keys.get_mut(number)? = next;
                owner
            }
            None => {
                let place = self.earlier.iter().position(is_it)?;
                self.earlier.remove(place).1
            }
        };
        self.sounding -= 1;
        Some(lifted)
    }

    fn find_mut(&mut self, channel: Channel, key: Key, note: u64) -> Option<&mut Sounding> {
        let number = Self::number(channel, key);
        let owner = self.keys.get_mut(number)?.as_mut();
        match owner.filter(|owner| owner.note == note) {
            Some(owner) => Some(owner),
            None => {
                let mut earlier = self.earlier.iter_mut();
                let found = earlier.find(|(at, other)| *at == number && other.note == note);
                found.map(|(_, found)| found)
            }
        }
    }

    /// The first note that `which` selects among the earlier notes and the keys from index `from` on, with the index
    /// to go on from. Indices run through the keys of all channels.
    pub fn find(
        &self,
        from: usize,
        which: impl Fn(&Sounding) -> bool,
    ) -> Option<(usize, Channel, Key, Sounding)> {
        if self.sounding == 0 {
            return None;
        }
        let mut earlier = self.earlier.iter();
        let found = match earlier.find(|(_, note)| which(note)) {
            Some((number, note)) => Some((0, *number, *note)),
            None => {
                let keys = self.keys.iter().enumerate().skip(from);
                let mut down =
                    keys.filter_map(|(number, note)| Some((number, note.filter(&which)?)));
                down.next().map(|(number, note)| (number + 1, number, note))
            }
        };
        let (next, number, note) = found?;
        let (channel, key) = Self::key(number)?;
        Some((next, channel, key, note))
    }

    /// The channel and key of an index.
    pub fn key(number: usize) -> Option<(Channel, Key)> {
        let channel = u8::try_from(number / Self::KEYS + 1).ok()?;
        let key = u8::try_from(number % Self::KEYS).ok()?;
        Some((Channel::from_part(channel)?, Key::new(key)?))
    }

    fn number(channel: Channel, key: Key) -> usize {
        channel.index() * Self::KEYS + usize::from(key.number())
    }
}
