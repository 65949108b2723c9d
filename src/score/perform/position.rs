//! The position of a performance, from which the next run of the instance continues.
//!
//! A history cannot grow without end. When it is long, the score continues as new once the next run can
//! continue all of its lines without a gap; see [`super::line`].
//!
//! **Deadlines** are moments of the performance's own clock, which stops while the instance is suspended
//! with its time frozen: `now` minus [`Position::frozen`].

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Undo;
use crate::{
    engine::Timestamp,
    music::{Beat, Beats},
    score::{
        Then,
        events::{EventIdentity, ListenerState},
    },
};

/// The state of a performance between two runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The workflow's input.
    pub input: Value,
    /// When the first of these runs started.
    pub started: Timestamp,
    /// For how long these runs were suspended with their time frozen.
    #[serde(default, skip_serializing_if = "Duration::is_zero")]
    pub frozen: Duration,
    /// The beat at which the instance entered.
    pub entered: Beat,
    /// The latest beat that was played, or until which a line has rested.
    pub played: Beat,
    /// The tempo that the last `call: tempo` led to, in beats per minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tempo: Option<f64>,
    /// `$context`.
    pub context: Value,
    /// How often each `play` task was played to its end, by its pointer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cycles: BTreeMap<String, u64>,
    /// The seed of random patterns, once it was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// When the workflow's `timeout` ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// The number of lines so far.
    pub lines: u64,
    /// Events that were consumed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumed: Vec<EventIdentity>,
    /// Events that were emitted, by the line that emitted them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub emitted: BTreeMap<u64, Vec<EventIdentity>>,
    /// The tasks that are undone if the workflow fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<Undo>,
    /// The line of the workflow itself.
    pub line: LinePosition,
}

/// The position of a line of tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinePosition {
    /// Its number.
    pub number: u64,
    /// What is in progress, outermost first.
    pub frames: Vec<Frame>,
}

/// Something in progress in a line of tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Frame {
    /// A list of tasks.
    List {
        /// The task that is next or in progress.
        index: usize,
        /// Its raw input.
        given: Arc<Value>,
    },
    /// A task whose condition was met.
    Task {
        /// Its input before `input.from`.
        raw: Arc<Value>,
        /// When it started.
        started: Timestamp,
        /// Its input.
        input: Arc<Value>,
        /// When its `timeout` ends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
    },
    /// A function of the score.
    Call {
        /// Its raw input.
        given: Arc<Value>,
    },
    /// A `for`.
    For {
        /// The items.
        items: Arc<Vec<Value>>,
        /// The iteration that is in progress.
        index: usize,
    },
    /// A `fork`.
    Fork {
        /// Its branches.
        branches: Vec<Branch>,
    },
    /// A `try`.
    Try {
        /// When it started.
        begun: Timestamp,
        /// The beat at which each attempt starts.
        at: Beat,
        /// The number of the attempt: 1, 2, ...
        attempt: u32,
        /// When the time limit of the attempt ends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
        /// The error, while `catch` handles it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caught: Option<Value>,
        /// The end of the delay before the attempt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay: Option<Timestamp>,
    },
    /// A phrase.
    Play(PlayPosition),
    /// A rest.
    Rest {
        /// The beat at which it starts.
        at: Beat,
        /// Its length.
        length: Beats,
    },
    /// Changes of controllers.
    Control {
        /// The beat at which the next part starts.
        at: Beat,
        /// The changes that are done.
        done: usize,
        /// The parts of the current change that are done.
        parts: usize,
        /// `$context` when it started, if that has changed since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        context: Option<Arc<Value>>,
    },
    /// A change of the tempo.
    Tempo {
        /// The beat at which the next part starts.
        at: Beat,
        /// The tempo at its end, in beats per minute.
        bpm: f64,
        /// Its length from there.
        over: Beats,
    },
    /// A `wait`.
    Wait {
        /// Its end.
        until: Timestamp,
        /// The beat of the line.
        at: Beat,
    },
    /// A `listen`.
    Listen(Box<ListenPosition>),
}

impl Frame {
    /// The frame as it is stored. `context`: the present `$context`.
    pub(super) fn stored(&self, context: &Arc<Value>) -> Self {
        let mut frame = self.clone();
        let before = match &mut frame {
            Self::Play(position) => &mut position.context,
            Self::Control { context, .. } => context,
            Self::Listen(position) => &mut position.context,
            _ => return frame,
        };
        before.take_if(|before| Arc::ptr_eq(before, context));
        frame
    }
}

/// The position in a phrase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlayPosition {
    /// The beat at which this repetition starts.
    pub at: Beat,
    /// The number of repetitions.
    pub repeat: u32,
    /// The repetitions that were played.
    pub done: u32,
    /// The cycle of this repetition; `None`: it has not started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<u64>,
    /// The notes of this repetition that were played.
    pub notes: usize,
    /// By how much the player has moved them.
    pub moved: Beats,
    /// `$context` when the task started, if that has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Arc<Value>>,
}

/// The position in a `listen`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListenPosition {
    /// When its time limit ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// The beat of the line.
    pub at: Beat,
    /// The state of the listener.
    pub listener: ListenerState,
    /// The events that were consumed, as they are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumed: Vec<Value>,
    /// What each of them adds to the output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Value>,
    /// `$context` when it started, if that has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Arc<Value>>,
    /// `foreach` is handling the last of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_handling: bool,
}

/// A branch of a `fork`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Branch {
    /// It is in progress.
    Open(LinePosition),
    /// It has ended.
    Done {
        /// Its output.
        output: Value,
        /// What runs after it.
        then: Then,
        /// The beat at which it ended.
        at: Beat,
    },
}
