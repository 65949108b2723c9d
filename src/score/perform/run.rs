//! One run of a score, from its input to its output.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Edition, Performance, Raised, ScoreInput, Voice, WorkflowContext, calls, is_musical,
    loop_end::End,
};
use crate::{
    engine::Failure,
    score::{Listen, ReadAs},
};

impl<C: WorkflowContext> Performance<C> {
    /// Waits for the events that the score begins with. They are its input.
    pub(super) async fn summoned(&self, summons: &Listen, input: Value) -> Result<Value, Failure> {
        let mut voice = self.voice();
        let whole = Listen {
            read: ReadAs::Envelope,
            ..summons.clone()
        };
        let summons = match self.edition {
            Edition::First => &whole,
            Edition::Present => summons,
        };
        let events = self.listen("/schedule/on", summons, None, input, &mut voice);
        let (events, _) = events.await.map_err(Failure::from)?;
        Ok(events)
    }

    /// Performs the score to its end. Fails with [`Failure::CONTINUE`] if it continues as new instead.
    /// `recorded`: the input of this run, with which `start` may differ in the workflow's input.
    pub(super) async fn run(
        &self,
        start: &ScoreInput,
        recorded: &ScoreInput,
    ) -> Result<(Value, End), Failure> {
        let mut voice = self.voice();
        let input = match &start.position {
            Some(_) => {
                self.report_context();
                Value::Null
            }
            None => self.begin(start, &mut voice).await?,
        };
        let begun = self.entered.get();
        let limit = self.span(
            "timeout",
            "/",
            self.document.timeout.as_ref(),
            &self.input,
            &voice,
        )?;
        let body = self.list(&self.document.tasks, input, &mut voice);
        let body = self.limited("/", limit, self.deadline.get(), body);
        let (output, ending) = self.until_checkpoint(recorded, body).await??;
        let output = self.transformed("/", self.document.output.as_ref(), output, &voice)?;
        self.fits(
            "/",
            self.document.schemas.output.as_ref(),
            &output,
            "output",
        )?;
        let end = End {
            begun,
            at: voice.cursor,
            ending,
        };
        Ok((output, end))
    }

    /// Checks the input and enters. Returns the raw input of the first task.
    pub(super) async fn begin(
        &self,
        start: &ScoreInput,
        voice: &mut Voice,
    ) -> Result<Value, Raised> {
        let schema = self.document.schemas.input.as_ref();
        self.fits("/", schema, &start.input, "input")?;
        let given = start.input.clone();
        let input = self.transformed("/", self.document.input.as_ref(), given, voice)?;
        self.shared.replace(Arc::new(input.clone()));
        self.report_context();
        if is_musical(&self.document) {
            let entered = self
                .context
                .activity(calls::EnterActivity, &calls::Enter { at: start.from })
                .await
                .map_err(|failure| Raised::failure("/", &failure))?;
            voice.cursor = entered.performed.at;
            self.channels.replace(entered.channels);
        }
        if let Some(bpm) = start.tempo {
            self.change_tempo(bpm, voice).await?;
        }
        self.entered.set(voice.cursor);
        let limit = self.span(
            "timeout",
            "/",
            self.document.timeout.as_ref(),
            &start.input,
            voice,
        )?;
        self.deadline.set(self.deadline(limit));
        Ok(input)
    }
}
