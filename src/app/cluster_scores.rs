//! How scores are started in a Temporal cluster, for the workers that perform them there: builds of this program
//! with the feature `temporal-worker`.

use std::time::Duration;

use serde_json::Value;

use crate::{
    backend::StartInstance,
    score::{Document, ScoreInput},
};

/// The type of the workflow that performs a score.
pub const WORKFLOW: &str = "fermata.score";

/// The task queue from which workers take scores.
pub const TASK_QUEUE: &str = "fermata";

/// A workflow task that a worker has taken and not answered by then is given to another worker. Short: a
/// killed worker silences its performance until then.
pub(super) const TASK_TIMEOUT: Duration = Duration::from_secs(2);

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
        task_timeout: Some(TASK_TIMEOUT),
    })
}
