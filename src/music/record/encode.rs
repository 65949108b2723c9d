//! The encoding of Standard MIDI Files.

use std::iter;

use crate::music::{Message, Meter, Tempo};

/// An event of a track.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry<'a> {
    Name(&'a str),
    /// The number of a port: sixteen channels of their own.
    Port(u8),
    Meter(Meter),
    Tempo(Tempo),
    Message(Message),
}

/// The header of a format 1 file.
pub(super) fn header(tracks: usize, ticks: u16) -> Vec<u8> {
    let tracks = u16::try_from(tracks).unwrap_or(u16::MAX);
    let mut bytes = b"MThd\0\0\0\x06\0\x01".to_vec();
    bytes.extend(tracks.to_be_bytes());
    bytes.extend(ticks.to_be_bytes());
    bytes
}

/// The end of every track.
pub(super) const END: [u8; 4] = [0, 0xFF, 0x2F, 0];
/// An empty meta event, used as filler.
pub(super) const FILLER: [u8; 4] = [0, 0xFF, 0x7F, 0];
/// The largest variable-length quantity.
const MAX_VARIABLE_LENGTH: u32 = 0x0FFF_FFFF;

/// The start of an ignored meta event of `length` bytes. Always the same number of bytes.
pub(super) fn gap(length: u32) -> [u8; GAP_HEADER] {
    let [a, b, c, d] =
        [21, 14, 7, 0].map(|shift| (length.min(MAX_VARIABLE_LENGTH) >> shift & 127) as u8);
    [0, 0xFF, 0x7F, a | 128, b | 128, c | 128, d]
}

/// The size of the start of a gap.
pub(super) const GAP_HEADER: usize = 7;

/// Encodes entries at their ticks, which must not decrease, after an event at tick `now`.
pub(super) fn events<'a>(
    mut now: u32,
    entries: impl IntoIterator<Item = (u32, Entry<'a>)>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (tick, entry) in entries {
        // Clock messages have no place in a file.
        if matches!(entry, Entry::Message(message) if message.channel().is_none()) {
            continue;
        }
        number(tick.saturating_sub(now), &mut bytes);
        now = now.max(tick);
        match entry {
            Entry::Name(name) => meta(0x03, name.as_bytes(), &mut bytes),
            Entry::Port(port) => meta(0x21, &[port], &mut bytes),
            Entry::Meter(meter) => {
                let unit = meter.unit().trailing_zeros() as u8;
                let clicks = 96 / meter.unit().min(96);
                meta(0x58, &[meter.beats(), unit, clicks, 8], &mut bytes);
            }
            Entry::Tempo(tempo) => {
                let micros = (tempo.beat_nanos() / 1000.0).round() as u32;
                let [_, a, b, c] = micros.to_be_bytes();
                meta(0x51, &[a, b, c], &mut bytes);
            }
            Entry::Message(message) => bytes.extend_from_slice(&message.bytes()),
        }
    }
    bytes
}

fn meta(kind: u8, data: &[u8], bytes: &mut Vec<u8>) {
    let length = u32::try_from(data.len())
        .unwrap_or(0)
        .min(MAX_VARIABLE_LENGTH);
    bytes.extend([0xFF, kind]);
    number(length, bytes);
    bytes.extend(data.iter().take(length as usize));
}

/// Encodes a variable-length quantity.
fn number(value: u32, bytes: &mut Vec<u8>) {
    let value = value.min(MAX_VARIABLE_LENGTH);
    let sevens = iter::successors(Some(value), |rest| (*rest > 127).then_some(rest >> 7)).count();
    for place in (0..sevens).rev() {
        let more = if place > 0 { 128 } else { 0 };
        bytes.push((value >> (7 * place) & 127) as u8 | more);
    }
}
