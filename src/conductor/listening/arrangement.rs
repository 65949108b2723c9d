//! From sounds to notes in time: on the grid, not too many at once, and each with its end.

use std::collections::{BTreeMap, HashMap};

use super::{
    pace::{Pace, later},
    sound::{Sound, Tone, Weight},
};
use crate::{
    engine::{Event, EventId},
    music::{Beats, HORIZON, Key, Velocity},
};

/// How many steps of the grid a note may wait for room.
const MAX_WAIT: u64 = 8;

/// How far behind its event a sound may be that comes in turn, in beats.
const MAX_BEHIND: i64 = 32;

/// A note in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::conductor) struct Placed {
    /// Its number in the lane.
    pub number: u64,
    /// The event whose sound it is.
    pub source: EventId,
    /// The place of its instrument in the listening score.
    pub instrument: usize,
    pub key: Key,
    pub velocity: Velocity,
    /// When it begins and ends, in nanoseconds of the history's clock.
    pub onset: u64,
    pub until: u64,
}

/// A change of what sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Note(Placed),
    /// The note of that number ends earlier than it was said.
    End {
        number: u64,
        at: u64,
    },
    /// Everything that sounds ends, and nothing of it begins later.
    Silence {
        at: u64,
    },
}

/// What is planned of a lane. Every note has an end from the start, so none can hang.
#[derive(Debug)]
pub(super) struct Arrangement {
    density: usize,
    longest: Beats,
    next: u64,
    /// The notes that have not ended.
    notes: BTreeMap<u64, Placed>,
    held: HashMap<EventId, Vec<u64>>,
    /// When the next sound may begin that comes in turn.
    turn: u64,
    /// Notes that begin in a step, and whether a tick is among them.
    steps: BTreeMap<i128, (usize, bool)>,
}

impl Arrangement {
    pub fn new(density: usize, longest: Beats) -> Self {
        Self {
            density,
            longest,
            next: 0,
            notes: BTreeMap::new(),
            held: HashMap::new(),
            turn: 0,
            steps: BTreeMap::new(),
        }
    }

    /// Places the sounds of an event. Nothing begins before `earliest`.
    pub fn arrange(
        &mut self,
        event: &Event,
        sounds: Vec<Sound>,
        pace: &Pace,
        earliest: u64,
    ) -> Vec<Change> {
        let horizon = HORIZON.as_nanos() as u64;
        let moment = later(event.at, horizon).max(earliest);
        let here = pace.step_of(moment) - i128::from(MAX_WAIT);
        self.steps = self.steps.split_off(&here);
        self.notes.retain(|_, note| note.until > event.at.0);
        let notes = &self.notes;
        self.held
            .retain(|_, numbers| numbers.iter().any(|number| notes.contains_key(number)));
        let mut changes = Vec::new();
        for sound in sounds {
            self.place(event, sound, pace, moment, &mut changes);
        }
        changes
    }

    /// Forgets everything that is planned.
    pub fn silence(&mut self) {
        self.notes.clear();
        self.held.clear();
        self.steps.clear();
        self.turn = 0;
    }

    fn place(
        &mut self,
        event: &Event,
        sound: Sound,
        pace: &Pace,
        moment: u64,
        changes: &mut Vec<Change>,
    ) {
        match sound {
            Sound::Strike {
                tone,
                weight,
                after,
                length,
            } => {
                let begin = match weight {
                    Weight::Ending => self.after_everything(event, pace, moment),
                    // Those that are too late are left out.
                    Weight::InTurn
                        if self.turn > later_by(moment, pace, Beats::whole(MAX_BEHIND)) =>
                    {
                        return;
                    }
                    Weight::InTurn => pace.begin(moment.max(self.turn)),
                    Weight::Tick | Weight::Note => pace.begin(moment),
                };
                let begin = begin.saturating_add(pace.nanos(after));
                let lasts = pace.nanos(length);
                let numbers = self.sound(event.id, &tone, weight, (begin, lasts), pace, changes);
                let placed = numbers.first().and_then(|number| self.notes.get(number));
                if let (Weight::InTurn, Some(note)) = (weight, placed) {
                    self.turn = later_by(note.onset, pace, Beats::new(1, 2));
                }
            }
            Sound::Begin { held, tone } => {
                let span = (pace.begin(moment), pace.nanos(self.longest));
                let numbers = self.sound(event.id, &tone, Weight::Note, span, pace, changes);
                self.held.insert(held, numbers);
            }
            Sound::End { held } => {
                let numbers = self.held.remove(&held).unwrap_or_default();
                self.release(&numbers, pace, moment, changes);
            }
            Sound::EndHeld => {
                let numbers: Vec<_> = self.held.drain().flat_map(|(_, numbers)| numbers).collect();
                self.release(&numbers, pace, moment, changes);
            }
            Sound::Silence => {
                self.silence();
                changes.push(Change::Silence { at: event.at.0 });
            }
        }
    }

    /// The first beat at which an ending may begin: the notes before have begun. An ending itself is not
    /// waited for by its own later chords.
    fn after_everything(&self, event: &Event, pace: &Pace, moment: u64) -> u64 {
        let others = self.notes.values().filter(|note| note.source != event.id);
        let last = others.map(|note| note.onset).max().unwrap_or(0);
        pace.on_grid(moment.max(last.saturating_add(1)), Beats::whole(1))
    }

    /// Places a chord in the first step that has room. Returns the numbers of its notes; there are none
    /// if no step has.
    fn sound(
        &mut self,
        source: EventId,
        tone: &Tone,
        weight: Weight,
        (begin, lasts): (u64, u64),
        pace: &Pace,
        changes: &mut Vec<Change>,
    ) -> Vec<u64> {
        let keys = tone.keys.len().min(self.density);
        let Some(onset) = self.room(begin, keys, weight, pace) else {
            return Vec::new();
        };
        let mut numbers = Vec::new();
        for key in tone.keys.iter().take(keys) {
            let mut note = Placed {
                number: self.next,
                source,
                instrument: tone.instrument,
                key: *key,
                velocity: tone.velocity,
                onset,
                until: onset.saturating_add(lasts.max(1)),
            };
            if !self.clear_key(&mut note, changes) {
                if let Some((count, _)) = self.steps.get_mut(&pace.step_of(onset)) {
                    *count -= 1;
                }
                continue;
            }
            self.next += 1;
            self.notes.insert(note.number, note);
            numbers.push(note.number);
            changes.push(Change::Note(note));
        }
        numbers
    }

    /// The onset in the first step with room for that many notes.
    fn room(&mut self, begin: u64, keys: usize, weight: Weight, pace: &Pace) -> Option<u64> {
        let waits = match weight {
            Weight::Tick => 0,
            Weight::Note | Weight::InTurn | Weight::Ending => MAX_WAIT,
        };
        for wait in 0..=waits {
            let onset = begin.saturating_add(pace.step().saturating_mul(wait));
            let (count, has_tick) = self.steps.entry(pace.step_of(onset)).or_default();
            let is_full = *count + keys > self.density;
            match weight {
                Weight::Tick if *has_tick || is_full => {}
                _ if is_full => {}
                _ => {
                    *count += keys;
                    *has_tick |= weight == Weight::Tick;
                    return Some(onset);
                }
            }
        }
        None
    }

    /// A key sounds once at a time: an earlier note on it ends, and this one ends before a later one.
    /// Returns `false` if that leaves no time for the new one.
    fn clear_key(&mut self, note: &mut Placed, changes: &mut Vec<Change>) -> bool {
        let new = *note;
        let same = self.notes.values_mut().filter(|other| {
            (other.instrument, other.key) == (new.instrument, new.key)
                && other.until > new.onset
                && other.onset < new.until
        });
        for other in same {
            if other.onset == note.onset {
                return false;
            }
            if other.onset > note.onset {
                note.until = note.until.min(other.onset);
            } else {
                other.until = note.onset;
                changes.push(Change::End {
                    number: other.number,
                    at: note.onset,
                });
            }
        }
        true
    }

    /// Ends notes, on the grid, but none before it has been heard for half a beat.
    fn release(&mut self, numbers: &[u64], pace: &Pace, moment: u64, changes: &mut Vec<Change>) {
        for number in numbers {
            let Some(note) = self.notes.get_mut(number) else {
                continue;
            };
            let at = pace
                .begin(moment)
                .max(later_by(note.onset, pace, Beats::new(1, 2)));
            if at < note.until {
                note.until = at;
                changes.push(Change::End {
                    number: *number,
                    at,
                });
            }
        }
    }
}

/// A moment later by beats.
fn later_by(moment: u64, pace: &Pace, beats: Beats) -> u64 {
    moment.saturating_add(pace.nanos(beats))
}
