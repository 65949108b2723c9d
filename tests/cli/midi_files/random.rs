//! Random songs with everything that real files have.

use super::song::{Song, Track};

/// A source of numbers; equal seeds give equal numbers.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(end)) as u32
    }

    fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    fn value(&mut self) -> u8 {
        self.below(128) as u8
    }
}

/// A song for a seed.
pub fn song(seed: u64) -> Song {
    let mut dice = Dice::new(seed);
    let divisions = [96, 120, 384, 480, 960, 1024];
    let division = divisions[dice.below(6) as usize];
    let beat = u32::from(division);
    let mut song = Song::of([conductor(&mut dice, beat)]);
    song.division = division;
    // The controllers of a channel stand in one track, as sequencers write them.
    let mut controlled = Vec::new();
    for _ in 0..1 + dice.below(5) {
        let port = match dice.once_in(8) {
            true => Some(1),
            false => None,
        };
        song.tracks
            .push(player(&mut dice, beat, port, &mut controlled));
    }
    if dice.once_in(4) {
        // One track with everything.
        let track = song.tracks.pop().unwrap_or_default();
        song.tracks = vec![track];
        song.format = 0;
    }
    song
}

/// The first track: tempi, meters, and the programs of some channels.
fn conductor(dice: &mut Dice, beat: u32) -> Track {
    let mut track = Track::new().name("Conductor");
    track = track.tempo(0, 300_000 + dice.below(500_000));
    if dice.once_in(2) {
        track = track.meter(0, 3, 2);
    }
    for _ in 0..dice.below(6) {
        track = track.tempo(dice.below(24) * beat, 150_000 + dice.below(2_000_000));
    }
    let mut at = 0;
    for _ in 0..dice.below(5) {
        at += (1 + dice.below(3)) * 12 * beat / 2;
        track = track.meter(at, 2 + dice.below(6) as u8, 2 + dice.below(2) as u8);
    }
    for _ in 0..dice.below(4) {
        track = track.program(0, dice.below(6) as u8, dice.value());
    }
    track
}

/// A track of one or two channels.
fn player(
    dice: &mut Dice,
    beat: u32,
    port: Option<u8>,
    controlled: &mut Vec<(Option<u8>, u8)>,
) -> Track {
    let mut track = Track::new();
    if let Some(port) = port {
        track = track.meta(0, 0x21, &[port]);
    }
    let channels = match dice.once_in(6) {
        true => vec![9],
        false => vec![dice.below(6) as u8, dice.below(6) as u8],
    };
    for channel in &channels {
        if !controlled.contains(&(port, *channel)) {
            controlled.push((port, *channel));
            track = controls(track, dice, beat, *channel);
        }
    }
    for _ in 0..20 + dice.below(60) {
        let channel = channels[dice.below(channels.len() as u32) as usize];
        let (at, length) = (dice.below(24 * 24) * beat / 24, dice.below(60) * beat / 24);
        let (key, velocity) = (40 + dice.below(24) as u8, 1 + dice.below(127) as u8);
        track = track.note(at, length, (channel, key, velocity));
        if dice.once_in(12) {
            track = track.note(at, length, (channel, key, velocity));
        }
    }
    track
}

fn controls(mut track: Track, dice: &mut Dice, beat: u32, channel: u8) -> Track {
    let grid = beat / 24;
    for _ in 0..dice.below(4) {
        track = track.program(dice.below(24) * beat, channel, dice.value());
    }
    if dice.once_in(4) {
        track = track.control(0, channel, 0, dice.value());
        track = track.control(0, channel, 32, dice.value());
        track = track.program(0, channel, dice.value());
    }
    if dice.once_in(3) {
        let range = 1 + dice.below(24) as u8;
        for (number, value) in [
            (101, 0),
            (100, 0),
            (6, range),
            (38, 0),
            (101, 127),
            (100, 127),
        ] {
            track = track.control(0, channel, number, value);
        }
    }
    for (number, most) in [(1, 20), (7, 8), (10, 8), (11, 60), (64, 300), (91, 3)] {
        if dice.once_in(2) {
            for _ in 0..dice.below(most) {
                track = track.control(dice.below(576) * grid, channel, number, dice.value());
            }
        }
    }
    if dice.once_in(2) {
        for _ in 0..dice.below(400) {
            track = track.bend(dice.below(576) * grid, channel, dice.below(16_384) as u16);
        }
    }
    if dice.once_in(5) {
        track = track.control(dice.below(24) * beat, channel, 123, 0);
    }
    track
}
