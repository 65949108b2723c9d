//! What a run of a score is started with.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use temporalio_common::{data_converters::RawValue, protos::temporal::api::common::v1::Payload};

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

    /// Reads what a workflow was started with.
    ///
    /// # Errors
    ///
    /// A failure that says what is wrong with it.
    pub fn read(input: Option<RawValue>) -> Result<Self, Failure> {
        let payloads = input.unwrap_or_default().payloads;
        let unusable = |why: String| Failure::new("Score", why).non_retryable();
        let Some(first) = payloads.first() else {
            return Err(unusable("the workflow was started without a score".into()));
        };
        let read = serde_json::from_slice(&first.data);
        read.map_err(|error| unusable(format!("this is not the input of a score ({error})")))
    }

    /// As data of a workflow.
    ///
    /// # Errors
    ///
    /// A [`Failure::PAYLOAD`] if it cannot be written.
    pub fn write(&self) -> Result<RawValue, Failure> {
        let data = serde_json::to_vec(self).map_err(|error| unwritable(&error))?;
        let encoding = ("encoding".to_owned(), b"json/plain".to_vec());
        Ok(RawValue::new(vec![Payload {
            metadata: [encoding].into(),
            data,
            ..Payload::default()
        }]))
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
