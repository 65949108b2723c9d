//! A Standard MIDI File that grows in its place and is whole at every moment.
//!
//! The tracks of a file lie one after the other, so none but the last could grow. Therefore each
//! ends with a *gap*: an event that means nothing and holds room. New events are written into the
//! room first, where readers skip them, with the head of a smaller gap behind them; then the first
//! seven bytes of the old gap are replaced, in one write within one page of memory, and all of them
//! are there. Whoever looks in between, or after a killed process, finds one or the other.
//!
//! When a gap is used up the file is made anew with twice the room, so that a long performance costs
//! only a few times its length.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

use super::encode::{END, GAP, NOTHING, gap, header};

/// The least room in a track.
const MIN_CAPACITY: usize = 1024;
/// Within one of these a write is all there or not at all.
const PAGE: u64 = 4096;

/// A track as bytes, and the tick of its last event.
pub(super) struct Bytes {
    pub events: Vec<u8>,
    pub last: u32,
}

pub(super) struct Growing {
    file: File,
    tracks: Vec<Room>,
    #[cfg(test)]
    written: u64,
}

/// What is left to write into.
struct Room {
    /// Where the gap begins in the file.
    at: u64,
    /// How much it holds.
    length: usize,
    /// The tick of the last event before it.
    last: u32,
}

impl Growing {
    /// Writes a file with room in every track beside `path` and puts it in its place.
    pub fn create(path: &Path, ticks: u16, tracks: Vec<Bytes>) -> io::Result<Self> {
        let mut bytes = header(tracks.len(), ticks);
        let mut rooms = Vec::new();
        for mut track in tracks {
            let begins = bytes.len() as u64 + 8;
            align(begins, &mut track.events, 0);
            let length = track.events.len().max(MIN_CAPACITY);
            rooms.push(Room {
                at: begins + track.events.len() as u64,
                length,
                last: track.last,
            });
            track.events.extend(gap(to_u32(length)));
            track.events.resize(track.events.len() + length, 0);
            chunk(&track.events, &mut bytes);
        }
        let file = put_in_place(path, &bytes)?;
        Ok(Self {
            file,
            tracks: rooms,
            #[cfg(test)]
            written: bytes.len() as u64,
        })
    }

    /// The tick of the last event of a track; `None` if there is no such track.
    pub fn last(&self, track: usize) -> Option<u32> {
        self.tracks.get(track).map(|room| room.last)
    }

    /// More events at the end of a track. False if there is no room for them: nothing is written.
    pub fn append(&mut self, track: usize, mut more: Bytes) -> io::Result<bool> {
        let Some(room) = self.tracks.get_mut(track) else {
            return Ok(false);
        };
        align(room.at, &mut more.events, GAP);
        let used = more.events.len();
        let Some(left) = room.length.checked_sub(used) else {
            return Ok(false);
        };
        let Some((head, rest)) = more.events.split_at_checked(GAP) else {
            return Ok(false);
        };
        let hidden = [rest, &gap(to_u32(left))].concat();
        write_at(&mut self.file, room.at + GAP as u64, &hidden)?;
        write_at(&mut self.file, room.at, head)?;
        #[cfg(test)]
        {
            self.written += (used + GAP) as u64;
        }
        room.at += used as u64;
        room.length = left;
        room.last = room.last.max(more.last);
        Ok(true)
    }

    /// The same after another one that so many bytes went into.
    #[cfg(test)]
    pub fn after(self, written: u64) -> Self {
        Self {
            written: self.written + written,
            ..self
        }
    }

    /// Bytes written so far.
    #[cfg(test)]
    pub fn written(&self) -> u64 {
        self.written
    }
}

/// Writes the file as it is to be kept, without room, and sees that it is on the disk.
pub(super) fn finished(path: &Path, ticks: u16, tracks: Vec<Bytes>) -> io::Result<()> {
    let mut bytes = header(tracks.len(), ticks);
    for track in tracks {
        chunk(&track.events, &mut bytes);
    }
    put_in_place(path, &bytes)?.sync_data()
}

/// Adds what means nothing until the events are `least` long and a gap behind them lies within a page.
fn align(begins: u64, events: &mut Vec<u8>, least: usize) {
    let torn = |length: usize| (begins + length as u64) % PAGE > PAGE - GAP as u64;
    while events.len() < least || torn(events.len()) {
        events.extend(NOTHING);
    }
}

fn chunk(events: &[u8], bytes: &mut Vec<u8>) {
    bytes.extend(b"MTrk");
    bytes.extend(to_u32(events.len() + END.len()).to_be_bytes());
    bytes.extend(events);
    bytes.extend(END);
}

/// Writes a new file in the same folder and renames it, so that the path always names a whole file.
/// The new file's name is unused: nothing is written through a link or over another file.
fn put_in_place(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&name).suffix(".part");
    // The mode of any other new file, and not the private one of temporary files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    Ok(file.persist(path)?)
}

fn write_at(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use midly::{MetaMessage, Smf, TrackEventKind};

    use super::*;
    use crate::music::record::encode::{Entry, events};
    use crate::music::{Channel, Message};

    fn program(tick: u32, number: u8) -> (u32, Entry<'static>) {
        let channel = Channel::from_number(1).unwrap();
        (tick, Entry::Message(Message::Program(channel, number)))
    }

    /// How many events each track has that mean something; the file is whole.
    fn count(bytes: &[u8]) -> Vec<usize> {
        let file = Smf::parse(bytes).unwrap();
        let tracks = file.tracks.iter().map(|track| {
            let end = TrackEventKind::Meta(MetaMessage::EndOfTrack);
            assert_eq!(track.last().unwrap().kind, end);
            let means =
                |event: &&midly::TrackEvent<'_>| matches!(event.kind, TrackEventKind::Midi { .. });
            track.iter().filter(means).count()
        });
        tracks.collect()
    }

    #[test]
    fn between_any_two_writes_the_file_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("take.mid");
        let empty = || Bytes {
            events: Vec::new(),
            last: 0,
        };
        let mut file = Growing::create(&path, 960, vec![empty(), empty()]).unwrap();
        let mut rooms = 0;
        for n in 1..400_u32 {
            let track = (n % 2) as usize;
            let before = std::fs::read(&path).unwrap();
            let at = usize::try_from(file.tracks[track].at).unwrap();
            let more = Bytes {
                events: events(n, (0..n % 5).map(|_| program(n + 1, 5))),
                last: n + 1,
            };
            if !file.append(track, more).unwrap() {
                assert_eq!(std::fs::read(&path).unwrap(), before);
                rooms += 1;
                if rooms == 2 {
                    break;
                }
                continue;
            }
            let after = std::fs::read(&path).unwrap();
            assert_eq!(after.len(), before.len());
            // As a process leaves it that dies between the two writes.
            let mut between = after.clone();
            between[at..at + GAP].copy_from_slice(&before[at..at + GAP]);
            assert_eq!(count(&between), count(&before));
            let mut expected = count(&before);
            expected[track] += (n % 5) as usize;
            assert_eq!(count(&after), expected);
            let page = PAGE as usize;
            assert_eq!(at / page, (at + GAP - 1) / page, "torn between two pages");
        }
        assert_eq!(rooms, 2, "the room never ended");
    }
}
