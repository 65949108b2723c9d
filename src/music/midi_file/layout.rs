//! The header of a file, and where its tracks are, also if their lengths are wrong.

use super::{
    MidiFileError,
    fault::{FaultKind, Faults},
};

/// The start of a header may be this far into a file, behind the header of an archive.
const MAX_LEADING: usize = 512;
/// The length of the head of a chunk: its kind and its length.
const HEAD: usize = 8;

/// The header of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub format: u16,
    pub tracks: usize,
    pub division: u16,
    /// The offset behind the header.
    pub end: usize,
}

/// The offset of the header, if the bytes look like a MIDI file.
pub(super) fn header_at(file: &[u8]) -> Option<usize> {
    let is_wrapped = file.starts_with(b"RIFF") && file.get(8..12) == Some(b"RMID");
    let searched = match is_wrapped {
        true => file,
        false => file.get(..MAX_LEADING + 4).unwrap_or(file),
    };
    find(searched, 0, b"MThd")
}

pub(super) fn header(file: &[u8], faults: &mut Faults) -> Result<Header, MidiFileError> {
    let missing = |reason: &str| MidiFileError::NoHeader(reason.to_owned());
    let start = header_at(file).ok_or_else(|| missing("it has no header"))?;
    if start > 0 && !file.starts_with(b"RIFF") {
        faults.add(None, 0, FaultKind::LeadingBytes);
    }
    let number = |at: usize| {
        let bytes = file.get(start + at..start + at + 2)?;
        Some(u16::from_be_bytes(bytes.try_into().ok()?))
    };
    let (format, tracks, division) = (number(8), number(10), number(12));
    let (Some(format), Some(tracks), Some(division)) = (format, tracks, division) else {
        return Err(missing("its header is cut off"));
    };
    let mut length = length(file, start).unwrap_or(0);
    let ends_at_track = |length: usize| is_track(file, start + HEAD + length);
    if length < 6 || (!ends_at_track(length) && ends_at_track(6)) {
        faults.add(None, start, FaultKind::ShortHeader);
        length = 6;
    }
    Ok(Header {
        format,
        tracks: tracks.into(),
        division,
        end: start.saturating_add(HEAD).saturating_add(length),
    })
}

/// The bytes without the carriage returns that a transfer as text added, if that makes the lengths of all chunks
/// right.
pub(super) fn without_carriage_returns(file: &[u8]) -> Option<Vec<u8>> {
    if !file.starts_with(b"MThd") || is_whole(file) {
        return None;
    }
    let next = file.iter().skip(1).copied().map(Some).chain([None]);
    let both = file.iter().copied().zip(next);
    let kept = both.filter(|both| *both != (b'\r', Some(b'\n')));
    let restored: Vec<u8> = kept.map(|(byte, _)| byte).collect();
    (restored.len() < file.len() && is_whole(&restored)).then_some(restored)
}

/// Whether a file consists of chunks with the right lengths.
fn is_whole(file: &[u8]) -> bool {
    let mut at = 0;
    while at < file.len() {
        let Some(length) = length(file, at).filter(|_| is_chunk(file, at)) else {
            return false;
        };
        at = at.saturating_add(HEAD).saturating_add(length);
    }
    at == file.len()
}

/// The bytes of a track.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body {
    pub start: usize,
    /// Where it ends at the latest.
    pub end: usize,
    /// The length in its head.
    pub claimed: usize,
}

/// Finds the tracks one after the other.
pub(super) struct Tracks<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Tracks<'a> {
    pub fn after(file: &'a [u8], header: Header) -> Self {
        let at = header.end;
        Self { file, at }
    }

    /// The next track. Other chunks are skipped, as the standard requires.
    pub fn next(&mut self, faults: &mut Faults) -> Option<Body> {
        loop {
            let file = self.file;
            if self.at.saturating_add(HEAD) > file.len() {
                return None;
            }
            if is_track(file, self.at) {
                return Some(self.body());
            }
            let end = length(file, self.at).map(|length| self.at + HEAD + length);
            match end.filter(|end| is_chunk(file, self.at) && is_boundary(file, *end)) {
                Some(end) => self.at = end,
                None => {
                    let next = find(file, self.at, b"MTrk");
                    // Some programs pad files with zeros.
                    let is_padding = next.is_none()
                        && file
                            .get(self.at..)
                            .is_some_and(|rest| rest.iter().all(|byte| *byte == 0));
                    let after_riff = next.is_none() && file.starts_with(b"RIFF");
                    if !is_padding && !after_riff {
                        faults.add(None, self.at, FaultKind::NoChunk);
                    }
                    self.at = next?;
                }
            }
        }
    }

    fn body(&self) -> Body {
        let file = self.file;
        let start = self.at + HEAD;
        let claimed = length(file, self.at).unwrap_or(0);
        let end = start + claimed;
        let end = match is_boundary(file, end) {
            true => end,
            false => find(file, start, b"MTrk").unwrap_or(file.len()),
        };
        Body {
            start,
            end,
            claimed,
        }
    }

    /// The track ended at `end` by its own messages. The next chunk is where its head says, unless one
    /// begins right behind the end.
    pub fn ended(&mut self, body: Body, end: usize) {
        let claimed = body.start + body.claimed;
        self.at = match end {
            end if claimed != end && is_track(self.file, end) => end,
            _ if is_boundary(self.file, claimed) => claimed,
            end => find(self.file, end, b"MTrk").unwrap_or(self.file.len()),
        };
    }
}

/// Whether a track may end here: at the end of the file or the head of a chunk.
fn is_boundary(file: &[u8], at: usize) -> bool {
    at == file.len() || (at < file.len() && (file.len() - at < HEAD || is_chunk(file, at)))
}

fn is_track(file: &[u8], at: usize) -> bool {
    file.get(at..).is_some_and(|rest| rest.starts_with(b"MTrk"))
}

/// Whether the kind of a chunk stands here: four letters.
fn is_chunk(file: &[u8], at: usize) -> bool {
    let kind = at.checked_add(4).and_then(|end| file.get(at..end));
    kind.is_some_and(|kind| {
        kind.iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
    })
}

/// The length in the head of the chunk at an offset.
fn length(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at.checked_add(4)?..at.checked_add(8)?)?;
    usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
}

fn find(file: &[u8], from: usize, what: &[u8; 4]) -> Option<usize> {
    let rest = file.get(from..)?;
    let place = rest.windows(4).position(|window| window == what)?;
    Some(from + place)
}
