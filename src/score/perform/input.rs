//! The input of an instance of a score.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;

use super::Position;
use crate::{
    engine::Payload,
    music::Beat,
    score::{
        ControlState, Document,
        listening::{FamilyListening, Listening},
    },
};

/// What an instance of a score is started with. It keeps the document, so that a later change of
/// the file cannot disturb its replay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreInput {
    /// The text of the score.
    pub score: String,
    /// The workflow's input.
    pub input: Value,
    /// Where the run before this one ended, of a score that loops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Beat>,
    /// The tempo that this run's text asks for, if that before asked for another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tempo: Option<f64>,
    /// How often the runs before this one have played each of their `play` tasks, by its pointer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cycles: BTreeMap<String, u64>,
    /// The channels that the instruments had in the run before this one, from 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, u8>,
    /// What the runs before this one have set the controllers of its instruments to.
    #[serde(default, skip_serializing_if = "ControlState::is_empty")]
    pub controls: ControlState,
    /// Runs hand on what they have set controllers to. Histories of builds without this do not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_controls: bool,
    /// The texts of the scores that it may run with `run.workflow`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Arc<str>>,
    /// Its depth among scores that run each other; 0 for one that was started by hand.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nested: u32,
    /// It continues as new when its history is long. Instances that were started by builds without this
    /// do not: their histories show that they continued in the same run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renews: bool,
    /// Branches that only make music have no output. In instances that were started by builds without
    /// this, a fork lists a copy of its input for them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub music_has_no_output: bool,
    /// Captions of rests may be expressions. Instances that were started by builds without this have the text of
    /// the expression in their histories.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub computes_captions: bool,
    /// The rules that it follows where the standard leaves them open.
    #[serde(default, skip_serializing_if = "Edition::is_first")]
    pub edition: Edition,
    /// Where the run before this one stopped, if that continued as new because its history was long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Box<Position>>,
    /// How often one with `schedule.after` is performed, this time counted; `None`: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<u32>,
    /// The text of the listening score that its head names, or that of the score that runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listening: Option<Arc<str>>,
    /// Whether the events of this score and of those that it runs sound, if their heads say nothing.
    #[serde(default, skip_serializing_if = "FamilyListening::is_unsaid")]
    pub family: FamilyListening,
}

/// Rules of the language that have changed. An instance keeps those with which it was started, so that its
/// replay leads to the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Edition {
    /// The first rules: a task that is skipped goes on with the next one, `count` includes the first
    /// attempt, `catch.when` sees the task's input, a child has no input of its own, only the first result
    /// of an expression counts, and `schedule.on` gives whole events.
    #[default]
    First,
    /// What the runtimes of the standard agree on: `then` is followed even if a task is skipped, `count` is
    /// the number of retries, `catch.when` sees the error, a child gets the task's input, several results
    /// are a list, and `schedule.on` gives the data of events.
    Present,
}

impl Edition {
    fn is_first(&self) -> bool {
        *self == Self::First
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl ScoreInput {
    /// Whether a run with this input resumes what the run before it had not finished.
    pub fn resumes(input: &Payload) -> bool {
        #[derive(Deserialize)]
        struct Next {
            #[serde(default)]
            position: Option<IgnoredAny>,
        }
        let next = input.decode::<Next>();
        next.is_ok_and(|next| next.position.is_some())
    }

    /// A start of a score, with the texts of those that it runs.
    pub fn new(document: &Document, input: Value) -> Self {
        Self {
            score: document.source.to_string(),
            input,
            from: None,
            tempo: None,
            cycles: BTreeMap::new(),
            channels: BTreeMap::new(),
            controls: ControlState::default(),
            keeps_controls: true,
            scores: document.companions.clone(),
            nested: 0,
            renews: true,
            music_has_no_output: true,
            computes_captions: true,
            edition: Edition::Present,
            position: None,
            runs: None,
            listening: match &document.listening {
                Some(Listening::By(text)) => text.clone(),
                _ => None,
            },
            family: FamilyListening::of(document),
        }
    }
}
