//! The events of a track, byte by byte. What no file may contain is skipped and reported.

use super::{
    fault::{FaultKind, Faults},
    layout::Body,
};

/// An event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Event<'a> {
    /// A channel message: the upper half of its status, its channel, its data.
    Channel(u8, u8, [u8; 2]),
    /// A meta event: its kind and its bytes.
    Meta(u8, &'a [u8]),
    /// A system exclusive message.
    SystemExclusive,
}

/// The kind of the meta event that ends a track.
const END: u8 = 0x2F;
/// This many events without a fault show that a place is not in the middle of something else.
const SOUND_EVENTS: usize = 4;

/// An event with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a> {
    /// The ticks from the start of the track.
    pub now: u64,
    /// The offset in the file.
    pub at: usize,
    pub event: Event<'a>,
}

/// The events of a track.
pub(super) struct TrackEvents<'a> {
    pub events: Vec<Placed<'a>>,
    /// The length of the track in ticks.
    pub end: u64,
    /// The offset behind it.
    pub after: usize,
}

/// Reads the events of a track with this number.
pub(super) fn events<'a>(
    file: &'a [u8],
    body: Body,
    track: usize,
    faults: &mut Faults,
) -> TrackEvents<'a> {
    let mut reader = Reader::new(file, body, track, faults);
    let mut events = Vec::new();
    let mut at = reader.at;
    while let Some(event) = reader.next() {
        let now = reader.now;
        events.push(Placed { now, at, event });
        at = reader.at;
    }
    TrackEvents {
        events,
        end: reader.now,
        after: reader.at,
    }
}

/// Moves the tracks of a file of format 2, its sequences: each begins where the one before ends.
pub(super) fn one_after_another(tracks: &mut [TrackEvents<'_>]) {
    let mut start = 0;
    for track in tracks {
        for placed in &mut track.events {
            placed.now += start;
        }
        track.end += start;
        start = track.end;
    }
}

/// Reads events.
struct Reader<'a, 'f> {
    file: &'a [u8],
    body: Body,
    at: usize,
    track: usize,
    /// The status of the last channel message.
    running: Option<u8>,
    /// A meta event or a system exclusive message came since.
    is_interrupted: bool,
    now: u64,
    is_over: bool,
    /// The place of a byte that belongs to no message.
    lost: Option<usize>,
    faults: &'f mut Faults,
}

impl<'a, 'f> Reader<'a, 'f> {
    fn new(file: &'a [u8], body: Body, track: usize, faults: &'f mut Faults) -> Self {
        Self {
            file,
            body,
            at: body.start,
            track,
            running: None,
            is_interrupted: false,
            now: 0,
            is_over: false,
            lost: None,
            faults,
        }
    }

    fn fault(&mut self, at: usize, what: FaultKind) {
        self.faults.add(Some(self.track), at, what);
    }

    /// The next event. `None` at the end of the track.
    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            if self.is_over || self.at >= self.body.end {
                self.end();
                return None;
            }
            let start = self.at;
            let Some(read) = self.event() else {
                self.fault(start, FaultKind::CutOff);
                self.at = self.body.end;
                continue;
            };
            match read {
                Some(Event::Meta(END, _)) => {
                    self.is_over = true;
                    self.length();
                    return None;
                }
                Some(event) => return Some(event),
                None => {}
            }
            if let Some(at) = self.lost.take() {
                self.at = self.next_sound_place(at);
            }
        }
    }

    fn end(&mut self) {
        if !self.is_over {
            self.is_over = true;
            self.at = self.body.end;
            self.fault(self.body.end, FaultKind::NoEnd);
            self.length();
        }
    }

    /// Compares the length of the track with that in its head.
    fn length(&mut self) {
        let (expected, found) = (self.body.claimed, self.at - self.body.start);
        // Some programs pad tracks.
        let is_padded = found < expected && self.body.end == self.body.start + expected;
        if found != expected && !is_padded {
            self.fault(self.body.start, FaultKind::WrongLength { expected, found });
        }
    }

    /// An event; `Some(None)` for one that was skipped. `None`: the track ends within it.
    fn event(&mut self) -> Option<Option<Event<'a>>> {
        let delta = self.number()?;
        self.now += u64::from(delta);
        let at = self.at;
        let first = self.byte()?;
        match first {
            0x00..=0x7F => {
                let Some(status) = self.running else {
                    self.fault(at, FaultKind::NoStatus(first));
                    self.lost = Some(at);
                    // What was read as time before it was none.
                    self.now -= u64::from(delta);
                    return Some(None);
                };
                if self.is_interrupted {
                    self.is_interrupted = false;
                    self.fault(at, FaultKind::RunningStatus);
                }
                self.message(status, first, at).map(Some)
            }
            0x80..=0xEF => {
                self.running = Some(first);
                self.is_interrupted = false;
                let at = self.at;
                let data = self.byte()?;
                self.message(first, data, at).map(Some)
            }
            0xF0 | 0xF7 => {
                self.is_interrupted = true;
                self.sized()?;
                Some(Some(Event::SystemExclusive))
            }
            0xFF => {
                self.is_interrupted = true;
                let kind = self.byte()?;
                let bytes = self.sized()?;
                Some(Some(Event::Meta(kind, bytes)))
            }
            _ => {
                self.fault(at, FaultKind::Status(first));
                let data = match first {
                    0xF2 => 2,
                    0xF1 | 0xF3 => 1,
                    _ => 0,
                };
                for _ in 0..data {
                    self.byte()?;
                }
                Some(None)
            }
        }
    }

    /// The first place from `at` on where some events follow one another without a fault; otherwise the end.
    fn next_sound_place(&self, at: usize) -> usize {
        let is_sound = |place: &usize| {
            let mut faults = Faults::default();
            let mut reader = Reader::new(self.file, self.body, self.track, &mut faults);
            reader.at = *place;
            for _ in 0..SOUND_EVENTS {
                match reader.event() {
                    Some(Some(Event::Meta(END, _))) => break,
                    Some(Some(_)) => {}
                    _ => return false,
                }
            }
            faults.is_empty()
        };
        (at..self.body.end).find(is_sound).unwrap_or(self.body.end)
    }

    fn message(&mut self, status: u8, first: u8, at: usize) -> Option<Event<'a>> {
        let kind = status >> 4;
        let first = self.data(first, at);
        let second = match kind {
            0xC | 0xD => 0,
            _ => {
                let at = self.at;
                let second = self.byte()?;
                self.data(second, at)
            }
        };
        Some(Event::Channel(kind, status & 15, [first, second]))
    }

    /// A data byte. One above 127 is a value that its writer did not limit.
    fn data(&mut self, byte: u8, at: usize) -> u8 {
        if byte > 127 {
            self.fault(at, FaultKind::Data(byte));
        }
        byte.min(127)
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = match self.at < self.body.end {
            true => self.file.get(self.at).copied(),
            false => None,
        };
        self.at += usize::from(byte.is_some());
        byte
    }

    /// A variable-length quantity.
    fn number(&mut self) -> Option<u32> {
        let (start, mut number) = (self.at, 0_u32);
        for place in 0.. {
            let byte = self.byte()?;
            number = number.wrapping_shl(7) | u32::from(byte & 127);
            if place == 4 {
                self.fault(start, FaultKind::LongNumber);
            }
            if byte < 128 {
                break;
            }
        }
        Some(number & 0x0FFF_FFFF)
    }

    /// Bytes that are preceded by their number.
    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let end = self.at.checked_add(length)?;
        let bytes = match end <= self.body.end {
            true => self.file.get(self.at..end)?,
            false => return None,
        };
        self.at = end;
        Some(bytes)
    }
}
