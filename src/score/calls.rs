//! What a score asks its performer for: the activities behind its music calls and `emit`.
//!
//! Each is one durable activity. The score speaks in beats; the performer answers with the beat at
//! which it really happened.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use serde_json::Value;

use crate::{
    engine::{Activity, InstanceId, Payload, RetryPolicy, Timestamp},
    music::{Beat, Beats, Key, Velocity},
};

/// Failure type of a note whose device is not there.
pub const PORT_MISSING: &str = "PortMissing";

/// How a note waits for its device if the score has no words about it: long enough to find another
/// cable.
pub fn patience() -> RetryPolicy {
    RetryPolicy {
        initial_interval: Duration::from_millis(250),
        max_interval: Duration::from_secs(2),
        retry_timeout: Some(Duration::from_secs(120)),
        ..RetryPolicy::attempts(0)
    }
}

/// Asks when to come in. The first activity of every score that makes music.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enter {
    /// Where the run before this one ended; without it there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Beat>,
}

/// When a score came in, and where its instruments play.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entered {
    /// When.
    #[serde(flatten)]
    pub performed: Performed,
    /// The MIDI channel of each instrument, from 1 to 16: the same one after a restart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, u8>,
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

/// Asks where a phrase begins that waits for a place of the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cue {
    /// Name of the task in the score, for people.
    pub task: String,
    /// The voice is here.
    pub at: Beat,
    /// It begins on a multiple of this; zero: anywhere.
    pub grid: Beats,
}

impl Cue {
    /// The first place of the grid at or after `earliest`.
    pub fn placed(&self, earliest: Beat) -> Beat {
        match self.grid > Beats::ZERO {
            true => Beat(self.grid * (earliest.0 / self.grid).ceil()),
            false => earliest,
        }
    }
}

/// What `call: control` can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Controller {
    /// A controller by its number, 0 to 119.
    Cc(u8),
    /// The sound.
    Program,
    /// The bank that the next program is of, 0 to 16383.
    Bank,
    /// Pitch bend, 0 to 16383; 8192 is the centre.
    Bend,
    /// Pressure on the whole channel.
    Pressure,
}

/// A controller takes a value, or goes evenly from one to another, the last one not included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Control {
    /// Name of the task in the score, for people.
    pub task: String,
    /// Which instrument of the score.
    pub instrument: String,
    /// What changes.
    pub controller: Controller,
    /// The first value.
    pub from: u16,
    /// The value that it goes to.
    pub to: u16,
    /// When it begins.
    pub at: Beat,
    /// How long it takes, at most a beat; zero: it takes `from` at once.
    pub length: Beats,
}

/// The tempo changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetTempo {
    /// Name of the task in the score, for people.
    pub task: String,
    /// The tempo that it goes to, in beats per minute.
    pub bpm: f64,
    /// When it begins.
    pub at: Beat,
    /// In how many beats from there that tempo is reached; zero: at once.
    pub over: Beats,
    /// The part of them that is done here, at most a beat.
    pub length: Beats,
}

/// When the tempo changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paced {
    /// When.
    #[serde(flatten)]
    pub performed: Performed,
    /// The tempo at its end, in beats per minute.
    pub tempo: f64,
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
    type Output = Entered;
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

/// Asks who may hear an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Emit {
    /// Name of the task in the score, for people.
    pub task: String,
    /// The event, a CloudEvent in its JSON format.
    pub event: Value,
}

/// The activity `emit`: the open instances whose scores may hear an event, the oldest first. It does
/// nothing to the world; the score sends the event to them itself, once, however often it is asked.
pub struct EmitActivity;
impl Activity for EmitActivity {
    const NAME: &'static str = "emit";
    type Input = Emit;
    type Output = Vec<InstanceId>;
}

/// The activity `cue`.
pub struct CueActivity;
impl Activity for CueActivity {
    const NAME: &'static str = "cue";
    type Input = Cue;
    type Output = Performed;
}

/// The activity `control`.
pub struct ControlActivity;
impl Activity for ControlActivity {
    const NAME: &'static str = "control";
    type Input = Control;
    type Output = Performed;
}

/// The activity `tempo`.
pub struct TempoActivity;
impl Activity for TempoActivity {
    const NAME: &'static str = "tempo";
    type Input = SetTempo;
    type Output = Paced;
}

/// The beat that an activity is asked for; `None` for those that make no music, and for the first
/// one of a score, which asks for none.
pub fn asked(name: &str, input: &Payload) -> Option<Beat> {
    match name {
        PlayActivity::NAME => input.decode::<Play>().ok().map(|play| play.at),
        RestActivity::NAME => input.decode::<Rest>().ok().map(|rest| rest.at),
        CueActivity::NAME => input.decode::<Cue>().ok().map(|cue| cue.at),
        ControlActivity::NAME => input.decode::<Control>().ok().map(|control| control.at),
        TempoActivity::NAME => input.decode::<SetTempo>().ok().map(|tempo| tempo.at),
        AgainActivity::NAME => input.decode::<Again>().ok().map(|again| again.at),
        _ => None,
    }
}
