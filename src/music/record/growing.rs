//! A Standard MIDI File that grows in place and is valid at all times.
//!
//! The tracks of a file follow one another, so only the last one could grow. Therefore every track
//! ends with a *gap*: a meta event that readers ignore, with room in it. New events are written
//! into the gap first, followed by the start of a smaller gap; then the seven bytes at the start of
//! the old gap are replaced in a single write within one page, which makes all of them visible at
//! once. A reader in between, or after a killed process, finds the old or the new state.
//!
//! When a gap is full, the file is rewritten with twice the room, so that a long performance costs
//! only a few times its length.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

use super::encode::{END, FILLER, GAP_HEADER, gap, header};

/// The smallest gap, in bytes.
const MIN_CAPACITY: usize = 1024;
/// A write within a page is atomic.
const PAGE: u64 = 4096;

/// The encoded events of a track, and the tick of the last one.
pub(super) struct Bytes {
    pub events: Vec<u8>,
    pub last: u32,
}

pub(super) struct GrowingFile {
    file: File,
    tracks: Vec<Gap>,
    #[cfg(test)]
    written: u64,
}

/// The gap of a track.
struct Gap {
    /// The offset of the gap in the file.
    at: u64,
    /// Its size, without its start.
    length: usize,
    /// The tick of the last event before it.
    last: u32,
}

impl GrowingFile {
    /// Writes a file with gaps next to `path` and renames it.
    pub fn create(path: &Path, ticks: u16, tracks: Vec<Bytes>) -> io::Result<Self> {
        let mut bytes = header(tracks.len(), ticks);
        let mut rooms = Vec::new();
        for mut track in tracks {
            let begins = bytes.len() as u64 + 8;
            align(begins, &mut track.events, 0);
            let length = track.events.len().max(MIN_CAPACITY);
            rooms.push(Gap {
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

    /// Appends events to a track. Returns false, and writes nothing, if the gap is too small.
    pub fn append(&mut self, track: usize, mut more: Bytes) -> io::Result<bool> {
        let Some(room) = self.tracks.get_mut(track) else {
            return Ok(false);
        };
        align(room.at, &mut more.events, GAP_HEADER);
        let used = more.events.len();
        let Some(left) = room.length.checked_sub(used) else {
            return Ok(false);
        };
        let Some((head, rest)) = more.events.split_at_checked(GAP_HEADER) else {
            return Ok(false);
        };
        let hidden = [rest, &gap(to_u32(left))].concat();
        write_at(&mut self.file, room.at + GAP_HEADER as u64, &hidden)?;
        write_at(&mut self.file, room.at, head)?;
        #[cfg(test)]
        {
            self.written += (used + GAP_HEADER) as u64;
        }
        room.at += used as u64;
        room.length = left;
        room.last = room.last.max(more.last);
        Ok(true)
    }

    /// Adds the bytes that were written to previous files.
    #[cfg(test)]
    pub fn after(self, written: u64) -> Self {
        Self {
            written: self.written + written,
            ..self
        }
    }

    /// The number of bytes written so far.
    #[cfg(test)]
    pub fn written(&self) -> u64 {
        self.written
    }
}

/// Writes the final file, without gaps, and syncs it to disk.
pub(super) fn finished(path: &Path, ticks: u16, tracks: Vec<Bytes>) -> io::Result<()> {
    let mut bytes = header(tracks.len(), ticks);
    for track in tracks {
        chunk(&track.events, &mut bytes);
    }
    put_in_place(path, &bytes)?.sync_data()
}

/// Adds filler until the events have at least `least` bytes and the start of a gap after them lies
/// within a page.
fn align(begins: u64, events: &mut Vec<u8>, least: usize) {
    let torn = |length: usize| (begins + length as u64) % PAGE > PAGE - GAP_HEADER as u64;
    while events.len() < least || torn(events.len()) {
        events.extend(FILLER);
    }
}

fn chunk(events: &[u8], bytes: &mut Vec<u8>) {
    bytes.extend(b"MTrk");
    bytes.extend(to_u32(events.len() + END.len()).to_be_bytes());
    bytes.extend(events);
    bytes.extend(END);
}

/// Writes a new file in the same folder and renames it, so that the path always names a complete
/// file. The new file's name is unused: nothing is written through a link or over another file.
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

    /// The number of channel events of each track; the file must be valid.
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
    fn the_file_is_valid_between_any_two_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("take.mid");
        let empty = || Bytes {
            events: Vec::new(),
            last: 0,
        };
        let mut file = GrowingFile::create(&path, 960, vec![empty(), empty()]).unwrap();
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
            // The state that a process leaves that is killed between the two writes.
            let mut between = after.clone();
            between[at..at + GAP_HEADER].copy_from_slice(&before[at..at + GAP_HEADER]);
            assert_eq!(count(&between), count(&before));
            let mut expected = count(&before);
            expected[track] += (n % 5) as usize;
            assert_eq!(count(&after), expected);
            let page = PAGE as usize;
            assert_eq!(
                at / page,
                (at + GAP_HEADER - 1) / page,
                "torn between two pages"
            );
        }
        assert_eq!(rooms, 2, "the room never ended");
    }
}
