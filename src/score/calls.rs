//! The activities behind the calls of a score: music, `emit` and HTTP.
//!
//! A score asks in beats; the performer answers with the beat at which it really happened.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::http::HttpCall;
use crate::{
    engine::{Activity, InstanceId, Payload, RetryPolicy, Timestamp},
    music::{Beat, Beats, Channel, Key, Message, MeterMap, Velocity},
};

/// Failure type of a note whose MIDI port is missing.
pub const PORT_MISSING: &str = "PortMissing";

/// The retry policy of a note whose MIDI port is missing, unless the score has one: long enough to
/// find another cable.
pub fn port_retry_policy() -> RetryPolicy {
    RetryPolicy {
        initial_interval: Duration::from_millis(250),
        max_interval: Duration::from_secs(2),
        retry_timeout: Some(Duration::from_secs(120)),
        ..RetryPolicy::attempts(0)
    }
}

/// Asks for the beat at which the score starts. The first activity of every score that makes music.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enter {
    /// The beat at which the previous run ended, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Beat>,
}

/// The start of a score, and the channels of its instruments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entered {
    /// When it happened.
    #[serde(flatten)]
    pub performed: Performed,
    /// The channel of each instrument, from 1 to 16, or to 64 on the built-in synth: the same one after a restart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, u8>,
    /// The instruments that share a channel of a device because it has no free one, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<String>,
}

/// One note or chord.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Play {
    /// The name of the task in the score, for display.
    pub task: String,
    /// The name of the instrument in the score.
    pub instrument: String,
    /// The keys, at least one.
    pub keys: Vec<Key>,
    /// The onset.
    pub at: Beat,
    /// The length.
    pub length: Beats,
    /// The velocity.
    pub velocity: Velocity,
}

/// The notes and chords of a phrase, in order: one activity in engines whose steps are slow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Phrase {
    /// The name of the task in the score, for display.
    pub task: String,
    /// The notes, at least one.
    pub notes: Vec<Play>,
}

/// A phrase that was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhrasePlayed {
    /// When its last note sounded.
    #[serde(flatten)]
    pub last: Performed,
    /// By how much its last note came later than was asked, in whole bars.
    pub moved: Beats,
}

/// A rest: completes shortly before the beat `at + length`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rest {
    /// The name of the task in the score, for display.
    pub task: String,
    /// The start.
    pub at: Beat,
    /// The length.
    pub length: Beats,
    /// What the lane shows meanwhile, such as a syllable; `None`: the name of the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

impl Rest {
    /// What the lane shows.
    pub fn label(&self) -> &str {
        self.caption.as_deref().unwrap_or(&self.task)
    }
}

/// A score that loops has ended: asks whether it repeats, and with which text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoopEnd {
    /// The beat at which it ended.
    pub at: Beat,
}

/// Whether a score that loops repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LoopDecision {
    /// It stops.
    #[serde(rename = "over")]
    Stop,
    /// It repeats.
    #[serde(rename = "again")]
    Repeat {
        /// The beat at which it starts: as asked, or whole bars later.
        at: Beat,
        /// Its current text, if that has changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<String>,
    },
}

/// Asks for the beat at which a phrase starts that waits for a grid line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cue {
    /// The name of the task in the score, for display.
    pub task: String,
    /// The cursor of the voice.
    pub at: Beat,
    /// It starts on a multiple of this; 0: anywhere.
    pub grid: Beats,
    /// It starts on a bar line of these meters instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meters: Option<MeterMap>,
}

impl Cue {
    /// The first grid line at or after `earliest`.
    pub fn snapped(&self, earliest: Beat) -> Beat {
        if let Some(meters) = &self.meters {
            return meters.next_bar(earliest);
        }
        match self.grid > Beats::ZERO {
            true => Beat(self.grid * (earliest.0 / self.grid).ceil()),
            false => earliest,
        }
    }
}

/// A controller that `call: control` can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Controller {
    /// A MIDI controller (CC) by number, 0 to 127; from 120 on they are channel mode messages.
    Cc(u8),
    /// The program.
    Program,
    /// The bank of the next program, 0 to 16383.
    Bank,
    /// Pitch bend, 0 to 16383; 8192 is the center.
    Bend,
    /// Channel pressure (aftertouch).
    Pressure,
}

/// Sets a controller, or moves it linearly from one value to another, the last one excluded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Control {
    /// The name of the task in the score, for display.
    pub task: String,
    /// The name of the instrument in the score.
    pub instrument: String,
    /// The controller.
    pub controller: Controller,
    /// The first value.
    pub from: u16,
    /// The value that it moves to.
    pub to: u16,
    /// The start.
    pub at: Beat,
    /// The length, at most a beat; 0: it is set to `from` at once.
    pub length: Beats,
    /// If there are any, they are sent instead: several changes within `length`, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<ControlPoint>,
}

/// The most messages that a ramp of a controller sends in a beat: one for each tick of the MIDI clock.
const MAX_MESSAGES: i64 = 24;

impl Control {
    /// The values of controllers, each with its offset from the first one. Equal values of a ramp are sent once.
    pub fn course(&self) -> Vec<(Beats, Controller, u16)> {
        if !self.points.is_empty() {
            let points = self.points.iter();
            return points.map(|p| (p.after, p.controller, p.value)).collect();
        }
        let steps = (self.length * MAX_MESSAGES).ceil().clamp(1, MAX_MESSAGES);
        let (from, to) = (f64::from(self.from), f64::from(self.to));
        let value = |step: i64| {
            let value = from + (to - from) * step as f64 / steps as f64;
            let after = self.length * Beats::new(step, steps);
            (after, self.controller, value.round() as u16)
        };
        let mut values: Vec<_> = (0..steps).map(value).collect();
        values.dedup_by_key(|(.., value)| *value);
        values
    }
}

impl Controller {
    /// The messages that set it to a value.
    pub fn messages(self, value: u16, channel: Channel) -> Vec<Message> {
        let low = (value & 127) as u8;
        match self {
            Self::Cc(number) => vec![Message::Control(channel, number, low)],
            Self::Program => vec![Message::Program(channel, low)],
            Self::Bank => vec![
                Message::Control(channel, 0, ((value >> 7) & 127) as u8),
                Message::Control(channel, 32, low),
            ],
            Self::Bend => vec![Message::Bend(channel, value)],
            Self::Pressure => vec![Message::Pressure(channel, low)],
        }
    }
}

/// A change of a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlPoint {
    /// When: in beats, from the start.
    pub after: Beats,
    /// The controller.
    pub controller: Controller,
    /// Its value.
    pub value: u16,
}

/// Changes the tempo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetTempo {
    /// The name of the task in the score, for display.
    pub task: String,
    /// The new tempo in beats per minute.
    pub bpm: f64,
    /// The start.
    pub at: Beat,
    /// The beats from there to the new tempo; 0: at once.
    pub over: Beats,
    /// The part of them that this activity covers, at most a beat.
    pub length: Beats,
}

/// A performed change of tempo.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TempoChanged {
    /// When it happened.
    #[serde(flatten)]
    pub performed: Performed,
    /// The tempo at its end in beats per minute.
    pub tempo: f64,
}

/// When an activity really happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Performed {
    /// The beat at which it started: as asked, or whole bars later.
    pub at: Beat,
    /// The wall-clock time of that beat.
    pub onset: Timestamp,
    /// The wall-clock time at which it ends.
    pub until: Timestamp,
}

/// Asks which instances may consume an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Emit {
    /// The name of the task in the score, for display.
    pub task: String,
    /// The event, a CloudEvent in its JSON format.
    pub event: Value,
}

/// Defines the marker types of activities: name in the history, input and output.
macro_rules! activities {
    ($($(#[$doc:meta])* $marker:ident: $name:literal, $input:ty => $output:ty;)*) => {$(
        $(#[$doc])*
        pub struct $marker;
        impl Activity for $marker {
            const NAME: &'static str = $name;
            type Input = $input;
            type Output = $output;
        }
    )*};
}

activities! {
    /// The activity `enter`: asks for the beat at which the score starts.
    EnterActivity: "enter", Enter => Entered;
    /// The activity `again`: asks whether a score that loops repeats.
    LoopActivity: "again", LoopEnd => LoopDecision;
    /// The activity `play`: plays one note or chord.
    PlayActivity: "play", Play => Performed;
    /// The activity `phrase`: plays several notes.
    PhraseActivity: "phrase", Phrase => PhrasePlayed;
    /// The activity `rest`: waits until a rest is over.
    RestActivity: "rest", Rest => Performed;
    /// The activity `cue`: asks for the beat at which a phrase starts.
    CueActivity: "cue", Cue => Performed;
    /// The activity `control`: changes a controller.
    ControlActivity: "control", Control => Performed;
    /// The activity `tempo`: changes the tempo.
    TempoActivity: "tempo", SetTempo => TempoChanged;
    /// The activity `emit`: the open instances whose scores may consume an event, the oldest first. It
    /// has no side effect: the score itself sends the event, once, however often this is retried.
    EmitActivity: "emit", Emit => Vec<InstanceId>;
    /// The activity `http`: one call of a service. It returns the output of the task, or fails with
    /// problem details.
    HttpActivity: "http", HttpCall => Value;
}

/// The beat for which an activity is scheduled. `None` for activities without music, and for the
/// first one of a score.
pub fn scheduled_beat(name: &str, input: &Payload) -> Option<Beat> {
    match name {
        PlayActivity::NAME => input.decode::<Play>().ok().map(|play| play.at),
        PhraseActivity::NAME => {
            let phrase = input.decode::<Phrase>().ok()?;
            phrase.notes.first().map(|note| note.at)
        }
        RestActivity::NAME => input.decode::<Rest>().ok().map(|rest| rest.at),
        CueActivity::NAME => input.decode::<Cue>().ok().map(|cue| cue.at),
        ControlActivity::NAME => input.decode::<Control>().ok().map(|control| control.at),
        TempoActivity::NAME => input.decode::<SetTempo>().ok().map(|tempo| tempo.at),
        LoopActivity::NAME => input.decode::<LoopEnd>().ok().map(|end| end.at),
        _ => None,
    }
}

/// The beat at which a rest ends. `None` for other activities.
pub fn end_of_rest(name: &str, input: &Payload) -> Option<Beat> {
    match name {
        RestActivity::NAME => input
            .decode::<Rest>()
            .ok()
            .map(|rest| rest.at + rest.length),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(from: u16, to: u16, length: Beats) -> Control {
        Control {
            task: "t".into(),
            instrument: "i".into(),
            controller: Controller::Cc(7),
            from,
            to,
            at: Beat::ZERO,
            length,
            points: Vec::new(),
        }
    }

    #[test]
    fn a_ramp_sends_at_most_24_messages_per_beat_and_none_twice() {
        let one = Beats::whole(1);
        let wide = control(0, 127, one).course();
        assert_eq!(wide.len(), 24);
        assert_eq!(
            (wide[0], wide[12]),
            (
                (Beats::ZERO, Controller::Cc(7), 0),
                (Beats::new(1, 2), Controller::Cc(7), 64)
            )
        );
        let narrow = control(10, 13, one).course();
        let values: Vec<u16> = narrow.iter().map(|(.., value)| *value).collect();
        assert_eq!(values, [10, 11, 12, 13]);
        assert_eq!(
            control(5, 5, Beats::ZERO).course(),
            [(Beats::ZERO, Controller::Cc(7), 5)]
        );
    }
}
