//! Replay of a score's history with the current interpreter. Nothing plays.

use super::ConductorError;
use crate::{
    engine::{self, Event, EventKind, History, InstanceId, Payload, Registry, Walk},
    score::{
        Document, ScoreInput,
        calls::{
            ControlActivity, CueActivity, EmitActivity, EnterActivity, HttpActivity, LoopActivity,
            PhraseActivity, PlayActivity, RestActivity, TempoActivity,
        },
        perform, perform_with_data,
    },
};

/// Replays the history of a score, with the recorded text or with that of another score. Returns the
/// number of events that match.
pub fn replay(mut history: History, score: Option<&Document>) -> Result<usize, ConductorError> {
    let not_a_score = || ConductorError::NoScore(history.instance.clone());
    let first = history.events.first().map(|event| &event.kind);
    let Some(EventKind::ExecutionStarted { input, .. }) = first else {
        return Err(not_a_score());
    };
    let recorded: ScoreInput = input.decode().map_err(|_| not_a_score())?;
    if let Some(score) = score {
        let given = ScoreInput {
            score: score.source.to_string(),
            ..recorded
        };
        // A text and a JSON value always become JSON.
        let given = Payload::encode(&given).map_err(|_| not_a_score())?;
        if let Some(event) = history.events.first_mut()
            && let EventKind::ExecutionStarted { input, .. } = &mut event.kind
        {
            *input = given;
        }
    }
    engine::replay(&interpreter(), &history)?;
    Ok(history.events.len())
}

/// Walks through the replay of a score's history with the current interpreter: what the engine does with
/// each event, and what the score asks for in return.
pub fn walk(instance: &InstanceId, history: &[Event]) -> Walk {
    engine::walk(&interpreter(), instance, history)
}

/// As [`walk`], with the data of the score in the annotations.
pub(super) fn walk_with_data(instance: &InstanceId, history: &[Event]) -> Walk {
    let interpreter = Registry::new().any_workflow(perform_with_data);
    engine::walk(&interpreter, instance, history)
}

/// Scores as workflows, without activities that play.
pub(super) fn interpreter() -> Registry {
    Registry::new().any_workflow(perform)
}

/// Scores as workflows, with activities that never return: for an engine that changes a store and starts
/// no activities.
pub fn store_only_registry() -> Registry {
    use std::future::pending;
    interpreter()
        .activity(EnterActivity, |_, _| pending())
        .activity(PlayActivity, |_, _| pending())
        .activity(PhraseActivity, |_, _| pending())
        .activity(LoopActivity, |_, _| pending())
        .activity(EmitActivity, |_, _| pending())
        .activity(RestActivity, |_, _| pending())
        .activity(HttpActivity, |_, _| pending())
        .activity(CueActivity, |_, _| pending())
        .activity(ControlActivity, |_, _| pending())
        .activity(TempoActivity, |_, _| pending())
}
