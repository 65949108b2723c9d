//! How scores are started in a Temporal cluster, for the workers that perform them there: builds of this program
//! with the feature `temporal-worker`.

use serde_json::Value;

use crate::{
    backend::StartInstance,
    score::{Document, ScoreInput},
};

/// The type of the workflow that performs a score.
pub const WORKFLOW: &str = "fermata.score";

/// The task queue from which workers take scores.
pub const TASK_QUEUE: &str = "fermata";

/// A score as a workflow of a cluster. `input`: the input of the score.
///
/// # Errors
///
/// Its input cannot be written as JSON.
pub fn score_in_cluster(
    document: &Document,
    id: String,
    queue: String,
    input: Value,
) -> Result<StartInstance, serde_json::Error> {
    Ok(StartInstance {
        id,
        workflow: WORKFLOW.to_owned(),
        queue,
        input: serde_json::to_value(ScoreInput::new(document, input))?,
    })
}
