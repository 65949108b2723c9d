//! The tracks of a file as bytes.

use super::MidiFileError;

/// The bytes of every track. `rest` is what follows the header in `file`. Chunks that are no tracks
/// are passed over, as the standard asks.
pub(super) fn tracks<'a>(file: &[u8], mut rest: &'a [u8]) -> Result<Vec<&'a [u8]>, MidiFileError> {
    let end = file.len();
    let mut tracks = Vec::new();
    while let Some((head, body)) = rest.split_at_checked(8) {
        let [kind @ .., a, b, c, d] = head else { break };
        let expected = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let Some((chunk, after)) = body.split_at_checked(expected) else {
            return Err(MidiFileError::CutOff {
                at: end.saturating_sub(rest.len()),
                expected,
                found: body.len(),
            });
        };
        if kind == b"MTrk" {
            tracks.push(chunk);
        }
        rest = after;
    }
    // Some programs fill a file up with a few bytes; a chunk needs eight.
    match declared(file) {
        Some(expected) if expected > tracks.len() => Err(MidiFileError::TracksMissing {
            expected,
            found: tracks.len(),
        }),
        _ => Ok(tracks),
    }
}

/// How many tracks the header says that there are.
fn declared(file: &[u8]) -> Option<usize> {
    let header = file.windows(4).position(|window| window == b"MThd")?;
    let count = file.get(header + 10..header + 12)?;
    let [high, low] = count else { return None };
    Some(usize::from(u16::from_be_bytes([*high, *low])))
}

/// Whether a header counts -128 frames a second, which no number of frames can be the opposite of.
/// The parser would stumble over it.
pub(super) fn has_frames_without_number(file: &[u8]) -> bool {
    let headers = file
        .windows(13)
        .filter(|window| window.starts_with(b"MThd"));
    headers
        .filter_map(<[u8]>::last)
        .any(|frames| *frames == 0x80)
}
