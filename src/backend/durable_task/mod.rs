//! Durable Task and Dapr Workflow, which is built on it: their events, and their translation. Their words
//! are those of this engine, or nearly.
//!
//! | file | contents |
//! |---|---|
//! | this one | exported histories |
//! | `event` | an event as its JSON |
//! | `translate` | the translation |

mod event;
#[cfg(test)]
mod tests;
mod translate;

use serde_json::Value;

use super::{
    history_file::{HistoryFileError, Private},
    imported::{Imported, SourceEngine},
};
use event::DurableTaskEvent;
use translate::Translator;

/// Reads an exported history.
pub(super) fn history(
    events: Vec<Value>,
    name: &str,
    private: Private,
) -> Result<Imported, HistoryFileError> {
    let engine = match events.iter().any(is_of_dapr) {
        true => SourceEngine::Dapr,
        false => SourceEngine::DurableTask,
    };
    let wrong = |place, reason| HistoryFileError::Event {
        engine,
        place,
        reason,
    };
    let mut read = Vec::with_capacity(events.len());
    for (event, place) in events.into_iter().zip(1..) {
        let event =
            DurableTaskEvent::read(event, private).map_err(|reason| wrong(place, reason))?;
        read.push((place, event));
    }
    // Before the start of the workflow stands the turn that begins it.
    let is_start = |(_, event): &(usize, DurableTaskEvent)| event.name == "executionStarted";
    let Some(start) = read.iter().position(is_start) else {
        return Err(match read.is_empty() {
            true => HistoryFileError::Empty(engine),
            false => HistoryFileError::NoStart {
                engine,
                expected: "executionStarted",
            },
        });
    };
    let begins = read.iter().map(|(_, event)| event.at);
    let begins = begins
        .into_iter()
        .find(|at| !at.is_unknown())
        .unwrap_or_default();
    if let Some(start) = read.get_mut(..=start) {
        start.rotate_right(1);
    }
    let mut translator = Translator::new(begins.0);
    for (place, event) in read {
        let translated = translator.translate(place, &event);
        translated.map_err(|reason| wrong(place, reason))?;
    }
    Ok(translator.finish(engine, name))
}

/// Dapr has its own words for a few things.
fn is_of_dapr(event: &Value) -> bool {
    const OWN: [&str; 9] = [
        "workflowStarted",
        "workflowCompleted",
        "childWorkflowInstanceCreated",
        "childWorkflowInstanceCompleted",
        "childWorkflowInstanceFailed",
        "detachedWorkflowInstanceCreated",
        "workflow_started",
        "workflow_completed",
        "router",
    ];
    OWN.iter().any(|name| event.get(name).is_some())
}
