//! Scores that loop: each round is a run of its own, so that no history grows for ever, and each may
//! have another text than the one before.

use super::{
    Performance, Raised, ScoreInput, Standard, Voice, WorkflowContext, calls, parse_stored,
    tasks::Ending,
};
use crate::music::{Beat, Beats};

/// How a round ended.
pub(super) struct End {
    /// The beat at which it began.
    pub begun: Beat,
    /// The beat at which it ended.
    pub at: Beat,
    pub ending: Ending,
}

impl<C: WorkflowContext> Performance<C> {
    /// The input of the next round; none if the score does not loop, or says `then: end`.
    pub(super) async fn next_repetition(
        &self,
        start: &ScoreInput,
        end: End,
    ) -> Result<Option<ScoreInput>, Raised> {
        // A score that another one runs is performed once.
        let once = !self.document.loops || start.nested > 0;
        if once || end.ending == Ending::Workflow {
            return Ok(None);
        }
        if end.at <= end.begun {
            let detail = "a round of this loop took no time: let it play or rest".to_owned();
            return Err(Raised::standard(Standard::Runtime, "/", detail));
        }
        let asked = calls::LoopEnd { at: end.at };
        let decision = self.context.activity(calls::LoopActivity, &asked).await;
        let decision = decision.map_err(|failure| Raised::failure("/", &failure))?;
        Ok(match decision {
            calls::LoopDecision::Stop => None,
            calls::LoopDecision::Repeat { at, score } => Some(ScoreInput {
                tempo: score.as_deref().and_then(|text| self.other_tempo(text)),
                cycles: self.cycles.borrow().clone(),
                channels: self.channels.borrow().clone(),
                controls: match &score {
                    Some(_) => self.controls().without_programs(),
                    None => self.controls(),
                },
                score: score.unwrap_or_else(|| start.score.clone()),
                from: Some(at),
                position: None,
                ..start.clone()
            }),
        })
    }

    /// The tempo that a text asks for, if that is another one.
    fn other_tempo(&self, text: &str) -> Option<f64> {
        let next = parse_stored(text).ok()?;
        let is_other = next.tempo != self.document.tempo;
        is_other.then(|| next.tempo.beats_per_minute())
    }

    /// A text that was changed asks for another tempo, from its first beat on.
    pub(super) async fn change_tempo(&self, bpm: f64, voice: &mut Voice) -> Result<(), Raised> {
        let change = calls::SetTempo {
            task: "tempo".to_owned(),
            bpm,
            at: voice.cursor,
            over: Beats::ZERO,
            length: Beats::ZERO,
        };
        let changed = self.context.activity(calls::TempoActivity, &change).await;
        let changed = changed.map_err(|failure| Raised::failure("/", &failure))?;
        voice.cursor = changed.performed.at;
        Ok(())
    }
}
