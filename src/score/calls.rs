//! What a score asks its performer for: the activities behind `call: play` and `call: rest`.
//!
//! Each is one durable activity. The score speaks in beats; the performer answers with the beat at
//! which it really happened.

use serde::{Deserialize, Serialize};

use crate::{
    engine::{Activity, Timestamp},
    music::{Beat, Beats, Key, Velocity},
};

/// Asks when to come in. The first activity of every score that makes music.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enter {
    /// Where the run before this one ended; without it there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Beat>,
}

/// One note or chord.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Play {
    /// Name of the task in the score, for people.
    pub task: String,
    /// Which instrument of the score.
    pub instrument: String,
    /// The keys to strike, at least one.
    pub keys: Vec<Key>,
    /// When.
    pub at: Beat,
    /// How long the keys stay down.
    pub length: Beats,
    /// How hard.
    pub velocity: Velocity,
}

/// Silence: done when the beat `at + length` is near.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rest {
    /// Name of the task in the score, for people.
    pub task: String,
    /// When it begins.
    pub at: Beat,
    /// How long it lasts.
    pub length: Beats,
}

/// A score that loops has come to its end: asks whether, and with which text, it begins again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Again {
    /// Where it ended.
    pub at: Beat,
}

/// What becomes of a score that loops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Encore {
    /// It has been played often enough.
    Over,
    /// It begins again.
    Again {
        /// Where its end really was: as asked, or whole bars later.
        at: Beat,
        /// Its text by now, if that has changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<String>,
    },
}

/// When it really happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Performed {
    /// The beat at which it began: as asked, or whole bars later.
    pub at: Beat,
    /// When that was by the wall clock.
    pub onset: Timestamp,
    /// When it ended, or will have ended, by the wall clock.
    pub until: Timestamp,
}

/// The activity `enter`.
pub struct EnterActivity;
impl Activity for EnterActivity {
    const NAME: &'static str = "enter";
    type Input = Enter;
    type Output = Performed;
}

/// The activity `again`.
pub struct AgainActivity;
impl Activity for AgainActivity {
    const NAME: &'static str = "again";
    type Input = Again;
    type Output = Encore;
}

/// The activity `play`.
pub struct PlayActivity;
impl Activity for PlayActivity {
    const NAME: &'static str = "play";
    type Input = Play;
    type Output = Performed;
}

/// The activity `rest`.
pub struct RestActivity;
impl Activity for RestActivity {
    const NAME: &'static str = "rest";
    type Input = Rest;
    type Output = Performed;
}
