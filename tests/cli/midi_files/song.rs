//! MIDI files, made event by event.

/// A track: events at their ticks.
#[derive(Clone, Default)]
pub struct Track {
    events: Vec<(u32, Vec<u8>)>,
}

/// A file.
#[derive(Clone)]
pub struct Song {
    pub format: u16,
    pub division: u16,
    pub tracks: Vec<Track>,
}

impl Song {
    /// Of format 1, with 480 ticks per beat.
    pub fn of(tracks: impl IntoIterator<Item = Track>) -> Self {
        Self {
            format: 1,
            division: 480,
            tracks: tracks.into_iter().collect(),
        }
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = header(self.format, self.tracks.len(), self.division);
        for track in &self.tracks {
            bytes.extend(chunk(&track.body()));
        }
        bytes
    }
}

pub fn header(format: u16, tracks: usize, division: u16) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06".to_vec();
    for number in [format, tracks as u16, division] {
        bytes.extend(number.to_be_bytes());
    }
    bytes
}

pub fn chunk(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"MTrk".to_vec();
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(body);
    bytes
}

/// A variable-length quantity.
pub fn number(value: u32) -> Vec<u8> {
    let mut bytes = vec![(value & 127) as u8];
    let mut rest = value >> 7;
    while rest > 0 {
        bytes.insert(0, (rest & 127) as u8 | 128);
        rest >>= 7;
    }
    bytes
}

impl Track {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the bytes of an event at a tick. Events on the same tick stay in their order.
    pub fn event(mut self, at: u32, bytes: impl Into<Vec<u8>>) -> Self {
        self.events.push((at, bytes.into()));
        self
    }

    pub fn meta(self, at: u32, kind: u8, data: &[u8]) -> Self {
        let mut bytes = vec![0xFF, kind];
        bytes.extend(number(data.len() as u32));
        bytes.extend(data);
        self.event(at, bytes)
    }

    pub fn name(self, name: &str) -> Self {
        self.meta(0, 3, name.as_bytes())
    }

    pub fn tempo(self, at: u32, micros: u32) -> Self {
        let [_, a, b, c] = micros.to_be_bytes();
        self.meta(at, 0x51, &[a, b, c])
    }

    /// A meter; the note value as a power of two.
    pub fn meter(self, at: u32, beats: u8, unit: u8) -> Self {
        self.meta(at, 0x58, &[beats, unit, 24, 8])
    }

    pub fn program(self, at: u32, channel: u8, program: u8) -> Self {
        self.event(at, [0xC0 | channel, program])
    }

    pub fn control(self, at: u32, channel: u8, number: u8, value: u8) -> Self {
        self.event(at, [0xB0 | channel, number, value])
    }

    pub fn bend(self, at: u32, channel: u8, bend: u16) -> Self {
        self.event(at, [0xE0 | channel, (bend & 127) as u8, (bend >> 7) as u8])
    }

    pub fn on(self, at: u32, channel: u8, key: u8, velocity: u8) -> Self {
        self.event(at, [0x90 | channel, key, velocity])
    }

    pub fn off(self, at: u32, channel: u8, key: u8) -> Self {
        self.event(at, [0x80 | channel, key, 64])
    }

    pub fn note(self, at: u32, length: u32, (channel, key, velocity): (u8, u8, u8)) -> Self {
        self.on(at, channel, key, velocity)
            .off(at + length, channel, key)
    }

    /// The events in the order of their ticks, with the ticks since the one before.
    pub fn deltas(&self) -> Vec<(u32, Vec<u8>)> {
        let mut events = self.events.clone();
        events.sort_by_key(|(at, _)| *at);
        let mut before = 0;
        let delta = |(at, bytes): (u32, Vec<u8>)| {
            let delta = at - before;
            before = at;
            (delta, bytes)
        };
        events.into_iter().map(delta).collect()
    }

    /// The bytes of the track, with its end.
    pub fn body(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (delta, event) in self.deltas() {
            bytes.extend(number(delta));
            bytes.extend(event);
        }
        bytes.extend([0, 0xFF, 0x2F, 0]);
        bytes
    }
}
