//! A real score that was performed for a while, in virtual time.

use std::time::Duration;

use fermata::{engine::Committed, score::parse};
use serde_json::Value;

use super::common::simulation::Simulation;

/// The instance of a score and its events after it has run for so long.
pub fn performed(score: &str, input: Value, length: Duration) -> Committed {
    let document = parse(score, "score").unwrap();
    Simulation::default().run(async |conductor| {
        let id = conductor.perform(&document, None, input).await.unwrap();
        tokio::time::sleep(length).await;
        let archive = conductor.engine().archive();
        Committed {
            instance: archive.summary(&id).unwrap(),
            events: archive.export(&id).unwrap().events,
            annotations: Vec::new(),
            log: Vec::new(),
        }
    })
}
