//! The controller changes of a file, channel by channel. If there are more than a score can have, they are
//! thinned where it is heard least.

use std::collections::{BTreeMap, HashMap};

use super::piece::Point;
use crate::music::{Beats, ChangeTo, FileChannel, MidiChange, MidiTrack};

/// Changes within this part of a beat after the last one belong to one movement.
const MOVEMENT: (i64, i64) = (1, 4);

/// The changes of all channels.
pub(super) struct Changes {
    of: BTreeMap<FileChannel, Vec<MidiChange>>,
    /// Changes of how a device receives, which have no sound of their own.
    pub modes: usize,
}

impl Changes {
    pub fn of(tracks: &[MidiTrack]) -> Self {
        let mut all: Vec<&MidiChange> = tracks.iter().flat_map(|track| &track.changes).collect();
        all.sort_by_key(|change| change.at);
        let mut changes = Self {
            of: BTreeMap::new(),
            modes: 0,
        };
        for change in all {
            // Local control, omni, mono and poly.
            if matches!(change.to, ChangeTo::Control(122 | 124.., _)) {
                changes.modes += 1;
                continue;
            }
            changes.of.entry(change.channel).or_default().push(*change);
        }
        changes
    }

    /// The program that a channel has when its first note begins. It is removed from the changes, unless
    /// they need it.
    pub fn first_program(&mut self, channel: FileChannel, first: Beats) -> u8 {
        let Some(all) = self.of.get_mut(&channel) else {
            return 0;
        };
        let program = |change: &MidiChange| match change.to {
            ChangeTo::Program(program) if change.at <= first => Some(program),
            _ => None,
        };
        let found = all.iter().rev().find_map(program);
        // A bank is selected by the program after it.
        let has_banks = all
            .iter()
            .any(|change| matches!(change.to, ChangeTo::Control(0 | 32, _)));
        if !has_banks {
            all.retain(|change| program(change).is_none());
        }
        found.unwrap_or(0)
    }

    /// Removes the channels that play no note. Returns the number of their changes.
    pub fn keep(&mut self, plays: impl Fn(FileChannel) -> bool) -> usize {
        let before = self.len();
        self.of
            .retain(|channel, all| plays(*channel) && !all.is_empty());
        before - self.len()
    }

    pub fn len(&self) -> usize {
        self.of.values().map(Vec::len).sum()
    }

    /// Thins them until they fit. Returns the size of the largest steps that were left out, in units of a
    /// controller.
    pub fn thin(&mut self, fit: impl Fn(&Self) -> bool) -> Option<u16> {
        let mut thinned = None;
        let movement = Beats::new(MOVEMENT.0, MOVEMENT.1);
        for (step, pause) in [
            (1, movement),
            (2, movement),
            (4, movement),
            (8, movement),
            (16, movement),
            (32, Beats::whole(1)),
            (128, Beats::whole(4)),
        ] {
            if fit(self) {
                break;
            }
            for all in self.of.values_mut() {
                *all = without_small_steps(all, step, pause);
            }
            thinned = Some(step - 1);
        }
        thinned
    }

    pub fn points(&self) -> impl Iterator<Item = (FileChannel, Vec<Point>)> {
        self.of
            .iter()
            .map(|(channel, all)| {
                let points = all.iter().map(|change| Point {
                    at: change.at,
                    to: argument(change.to),
                });
                (*channel, points.collect())
            })
            .filter(|(_, points): &(_, Vec<Point>)| !points.is_empty())
    }
}

/// The changes that differ by at least `step` from the one before that is kept, and those after which the
/// controller rests for `pause`. Programs, parameters, and where a switch goes on or off stay.
fn without_small_steps(all: &[MidiChange], step: u16, pause: Beats) -> Vec<MidiChange> {
    let mut next: HashMap<u8, Beats> = HashMap::new();
    let mut rests = vec![true; all.len()];
    for (rests, change) in rests.iter_mut().zip(all).rev() {
        if let Some((stream, _)) = continuous(change.to) {
            let later = next.insert(stream, change.at);
            *rests = later.is_none_or(|later| later - change.at >= pause);
        }
    }
    let mut kept: HashMap<u8, u16> = HashMap::new();
    let keeps = |(change, rests): &(&MidiChange, bool)| {
        let Some((stream, value)) = continuous(change.to) else {
            if matches!(change.to, ChangeTo::Control(121, _)) {
                kept.clear();
            }
            return true;
        };
        let before = kept.get(&stream).copied();
        let keeps = before.is_none_or(|before| {
            let distance = before.abs_diff(value);
            let switches = is_switch(stream) && (before >= ON) != (value >= ON);
            distance >= step.saturating_mul(UNIT) || switches || (*rests && distance > 0)
        });
        if keeps {
            kept.insert(stream, value);
        }
        keeps
    };
    let both = all.iter().zip(rests).filter(keeps);
    both.map(|(change, _)| *change).collect()
}

/// The resolution of a bend in the unit of a controller.
const UNIT: u16 = 128;
/// From here on a pedal or another switch is on.
const ON: u16 = 64 * UNIT;

/// Whether a controller is a pedal or another switch. Pianos write pedals as curves of many values.
fn is_switch(controller: u8) -> bool {
    matches!(controller, 64..=69)
}

/// The controller and value of a change of something that moves; the value of 14 bits.
fn continuous(to: ChangeTo) -> Option<(u8, u16)> {
    match to {
        ChangeTo::Control(0 | 6 | 32 | 38 | 96..=101 | 120.., _) => None,
        ChangeTo::Control(number, value) => Some((number, u16::from(value) * UNIT)),
        ChangeTo::Pressure(value) => Some((128, u16::from(value) * UNIT)),
        ChangeTo::Bend(bend) => Some((129, bend)),
        ChangeTo::Program(_) => None,
    }
}

/// A change as an argument of `call: control`.
fn argument(to: ChangeTo) -> String {
    match to {
        ChangeTo::Control(controller, value) => format!("cc: {controller}, value: {value}"),
        ChangeTo::Program(program) => format!("program: {program}"),
        ChangeTo::Pressure(pressure) => format!("pressure: {pressure}"),
        ChangeTo::Bend(bend) => {
            let (center, reach) = (8192.0, if bend < 8192 { 8192.0 } else { 8191.0 });
            let bend = (f64::from(bend) - center) / reach;
            // Five digits distinguish all 16,384 values.
            format!("bend: {}", (bend * 1e5).round() / 1e5)
        }
    }
}
