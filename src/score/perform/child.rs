//! `run.workflow`: another score as a child workflow.

use serde_json::{Value, json};

use super::{
    Edition, Performance, Raised, ScoreInput, Standard, Voice, WorkflowContext, line::Doing,
};
use crate::{
    engine::Failure,
    score::{ProcessOutput, RunWorkflow, Task, repertoire},
};

/// How deep scores may run each other.
const MAX_DEPTH: u32 = 16;

/// How many steps it costs to start a score without waiting for it.
const LEFT_ALONE: u32 = 100;

impl<C: WorkflowContext> Performance<C> {
    pub(super) async fn run_workflow(
        &self,
        task: &Task,
        run: &RunWorkflow,
        input: Value,
        voice: &Voice,
    ) -> Result<Value, Raised> {
        let pointer = task.pointer.as_str();
        let given = match (&run.input, self.edition) {
            (None, Edition::First) => json!({}),
            (None, Edition::Present) => input.clone(),
            (given, _) => self.transformed(pointer, given.as_ref(), input.clone(), voice)?,
        };
        let Some(score) = repertoire::resolve(&self.companions, run) else {
            let detail = format!("the score {}/{} is not at hand", run.namespace, run.name);
            return Err(Raised::standard(Standard::Configuration, pointer, detail));
        };
        if self.nested >= MAX_DEPTH {
            let detail = format!("scores run each other deeper than {MAX_DEPTH} levels");
            return Err(Raised::standard(Standard::Runtime, pointer, detail));
        }
        let start = ScoreInput {
            scores: self.scores.clone(),
            nested: self.nested + 1,
            renews: self.renews,
            music_has_no_output: self.music_has_no_output,
            computes_captions: self.computes_captions,
            edition: self.edition,
            listening: self.listening.clone(),
            family: self.family,
            ..ScoreInput::new(score, given)
        };
        let Some(returned) = run.output else {
            self.since_wait.set(self.since_wait.get() + LEFT_ALONE);
            self.context
                .detached_child(&score.name, &start)
                .map_err(|failure| Raised::failure(pointer, &failure))?;
            return Ok(input);
        };
        let child = self.context.child(&score.name, &start);
        let output = self.waiting(voice, Doing::Busy, child).await;
        let output = output.map_err(|failure| of_child(pointer, &failure))?;
        Ok(match returned {
            ProcessOutput::Stdout => output,
            ProcessOutput::Stderr => json!(""),
            ProcessOutput::Code => json!(0),
            ProcessOutput::All => json!({ "code": 0, "stdout": output, "stderr": "" }),
            ProcessOutput::Nothing => Value::Null,
        })
    }
}

/// The child's own error, raised by the task that ran it.
fn of_child(pointer: &str, failure: &Failure) -> Raised {
    let error = failure.details.as_ref();
    let error = error.and_then(|details| details.decode::<Raised>().ok());
    match error {
        Some(error) => Raised {
            instance: Some(pointer.to_owned()),
            ..error
        },
        None if failure.is_canceled() => Raised::failure(pointer, failure),
        None => Raised::standard(Standard::Runtime, pointer, failure.message.clone()),
    }
}
