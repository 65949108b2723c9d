//! What an event sounds like, without time.

use crate::{
    engine::EventId,
    music::{Beats, Key, Velocity},
    score::listening::Role,
};

/// How much a sound matters if there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Of several in one step of the grid, only one sounds.
    Tick,
    /// It takes the next steps of the grid.
    Note,
    /// It comes half a beat or more after the one before: they are never a chord.
    InTurn,
    /// It comes on a beat, after everything before it.
    Ending,
}

/// Who plays, what and how loud.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tone {
    /// The place of the instrument in the listening score.
    pub instrument: usize,
    pub keys: Vec<Key>,
    pub velocity: Velocity,
}

/// A sound of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sound {
    /// A note or chord, `after` beats later.
    Strike {
        tone: Tone,
        weight: Weight,
        after: Beats,
        length: Beats,
    },
    /// A sound begins that another event ends.
    Begin { held: EventId, tone: Tone },
    /// It ends.
    End { held: EventId },
    /// Everything that is held ends.
    EndHeld,
    /// Everything falls silent at once, and nothing begins that was to begin later.
    Silence,
}

impl Sound {
    /// Whether a note begins.
    pub fn begins(&self) -> bool {
        matches!(self, Self::Strike { .. } | Self::Begin { .. })
    }
}

/// A sound before the rules and the instrument are applied: degrees of the key, and semitones beside it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Idea {
    pub role: Role,
    /// Degrees of the key, each with semitones above it.
    pub pitches: Vec<(i32, i32)>,
    /// A factor of the instrument's velocity.
    pub loudness: f64,
}

impl Idea {
    pub fn new(role: Role, degrees: &[i32], loudness: f64) -> Self {
        Self {
            role,
            pitches: degrees.iter().map(|degree| (*degree, 0)).collect(),
            loudness,
        }
    }

    /// A degree with its tritone.
    pub fn tritone(degree: i32, loudness: f64) -> Self {
        /// Semitones.
        const TRITONE: i32 = 6;
        Self {
            role: Role::Failure,
            pitches: vec![(degree, 0), (degree, TRITONE)],
            loudness,
        }
    }
}

/// A stable number for a name: FNV-1a.
pub(super) fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
