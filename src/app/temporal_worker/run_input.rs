//! What a run of a score is started with.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::failure::unwritable;
use crate::{engine::Failure, score::ScoreInput};

/// The input of the workflow: that of the score, and what goes from run to run in the cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInput {
    /// The input of the score.
    #[serde(flatten)]
    pub start: ScoreInput,
    /// The task queue of the machine that plays the score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub player: Option<String>,
    /// Signals that the run before has not read, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

impl RunInput {
    /// The input of the first run of a score.
    pub fn first(start: ScoreInput) -> Self {
        Self {
            start,
            player: None,
            unread: Vec::new(),
        }
    }

    /// As JSON. The workflow takes any, so that a wrong one fails it with a sentence.
    ///
    /// # Errors
    ///
    /// A [`Failure::PAYLOAD`] if it cannot be written.
    pub fn to_value(&self) -> Result<Value, Failure> {
        serde_json::to_value(self).map_err(|error| unwritable(&error))
    }
}

/// A signal that nobody has read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unread {
    /// Its name.
    pub name: String,
    /// Its data.
    #[serde(default)]
    pub data: Value,
}
