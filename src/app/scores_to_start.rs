//! Which of the scores on the command line are to be started.

use super::{
    AppError,
    application::App,
    supervisor::{Started, Supervised},
};
use crate::view::ScoreId;

/// The scores that are to be started: after a crash those that had not been started before it.
pub(super) fn not_started(
    app: &App,
    mut scores: Vec<ScoreId>,
    restarted: Option<Supervised>,
) -> Result<Vec<ScoreId>, AppError> {
    if let Some(restarted) = restarted {
        let archive = app.conductor.engine().archive();
        let mut started = Started::since(archive, restarted.since)?;
        scores.retain(|score| {
            let document = app.document(score);
            document.is_none_or(|document| started.take(&document.name).is_none())
        });
    }
    Ok(scores)
}
