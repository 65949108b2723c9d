//! Scores that loop: each round is a run of its own, so that no history grows for ever, and each may
//! have another text than the one before.

use super::{Performance, Raised, ScoreInput, Standard, tasks::Ending};
use crate::{music::Beat, score::calls};

/// How a round ended.
pub(super) struct End {
    /// The beat at which it began.
    pub begun: Beat,
    /// The beat at which it ended.
    pub at: Beat,
    pub ending: Ending,
}

impl Performance {
    /// What the next round begins with; none where the score does not loop, or says `then: end`.
    pub(super) async fn encore(
        &self,
        start: ScoreInput,
        end: End,
    ) -> Result<Option<ScoreInput>, Raised> {
        if !self.document.loops || end.ending == Ending::Workflow {
            return Ok(None);
        }
        if end.at <= end.begun {
            let detail = "a round of this loop took no time: let it play or rest".to_owned();
            return Err(Raised::standard(Standard::Runtime, "/", detail));
        }
        let asked = calls::Again { at: end.at };
        let encore = self.context.activity(calls::AgainActivity, &asked).await;
        let encore = encore.map_err(|failure| Raised::failure("/", &failure))?;
        Ok(match encore {
            calls::Encore::Over => None,
            calls::Encore::Again { at, score } => Some(ScoreInput {
                score: score.unwrap_or(start.score),
                from: Some(at),
                ..start
            }),
        })
    }
}
