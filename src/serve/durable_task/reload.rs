//! Instances that stalled are tried again when a worker connects: it may have other code.

use super::state::is_remote;
use crate::engine::{Engine, EngineError, EventId, Search, Status};

/// The stalled instances that are looked at at once.
const PAGE: usize = 100;

/// Has a worker take the turns at which instances stalled again.
pub(super) async fn reload_stalled(engine: Engine) {
    if let Err(error) = reload_all(&engine).await {
        tracing::warn!(%error, "stalled instances are not tried again");
    }
}

async fn reload_all(engine: &Engine) -> Result<(), EngineError> {
    let stalled = Search {
        status: Some(Status::Stalled),
        ..Search::default()
    };
    let mut from = None;
    loop {
        let page = engine.archive().search(&stalled, from, PAGE)?;
        for instance in page.instances {
            let archive = engine.archive();
            let first = archive.history_of_run(&instance.id, instance.run, EventId(0), 1)?;
            if first.first().is_some_and(is_remote) {
                let reloaded = engine.reload(&instance.id).await;
                // It may have closed since, or be damaged: the others are tried all the same.
                if let Err(error) = reloaded {
                    tracing::warn!(instance = %instance.id, %error, "it is not tried again");
                }
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(()),
        }
    }
}
