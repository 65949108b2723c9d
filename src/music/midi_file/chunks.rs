//! The chunks of a file.

use super::MidiFileError;

/// The bytes of every track. `rest` is what follows the header in `file`. Unknown chunks are
/// skipped, as the standard requires.
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
    // Some programs pad files with a few bytes; a chunk needs eight.
    match declared(file) {
        Some(expected) if expected > tracks.len() => Err(MidiFileError::TracksMissing {
            expected,
            found: tracks.len(),
        }),
        _ => Ok(tracks),
    }
}

/// The number of tracks in the header.
fn declared(file: &[u8]) -> Option<usize> {
    let header = file.windows(4).position(|window| window == b"MThd")?;
    let count = file.get(header + 10..header + 12)?;
    let [high, low] = count else { return None };
    Some(usize::from(u16::from_be_bytes([*high, *low])))
}

/// Whether the header has a time code of -128 frames per second, which cannot be negated. The
/// parser would panic.
pub(super) fn has_frames_without_number(file: &[u8]) -> bool {
    let headers = file
        .windows(13)
        .filter(|window| window.starts_with(b"MThd"));
    headers
        .filter_map(<[u8]>::last)
        .any(|frames| *frames == 0x80)
}
