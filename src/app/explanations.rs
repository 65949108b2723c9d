//! Explained replays for the window. A history is read and replayed on a thread of its own: the window
//! never waits for it.

use std::sync::{Arc, Mutex, PoisonError};

use super::application::App;
use crate::{
    engine::{InstanceId, Timestamp},
    stage::Wake,
    view::Explanation,
};

/// What the window asked for last.
#[derive(Default)]
pub(super) struct Explanations(Mutex<Option<Asked>>);

struct Asked {
    instance: InstanceId,
    at: Timestamp,
    /// `None` while it is being made, and if the history cannot be read.
    made: Option<Arc<Explanation>>,
}

impl Explanations {
    fn asked(&self) -> std::sync::MutexGuard<'_, Option<Asked>> {
        // No code that holds the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The replay of an instance, explained as asked for at a moment. `None` while it is being made: the
/// window is woken when it is there.
pub(super) fn explanation(
    app: &Arc<App>,
    instance: &InstanceId,
    at: Timestamp,
) -> Option<Arc<Explanation>> {
    let mut asked = app.explanations.asked();
    if let Some(asked) = asked.as_ref()
        && (&asked.instance, asked.at) == (instance, at)
    {
        return asked.made.clone();
    }
    let instance = instance.clone();
    *asked = Some(Asked {
        instance: instance.clone(),
        at,
        made: None,
    });
    drop(asked);
    let app = Arc::clone(app);
    let make = move || {
        let history = app.conductor.engine().archive().export(&instance);
        match history {
            Ok(history) => keep(&app, at, Explanation::of_score(history)),
            Err(error) => app.report(Err(error)),
        }
    };
    let named = std::thread::Builder::new().name("fermata-explain".into());
    if let Err(error) = named.spawn(make) {
        // The system is out of threads; asking again later may work.
        tracing::warn!(%error, "a replay cannot be explained");
    }
    None
}

fn keep(app: &App, at: Timestamp, explanation: Explanation) {
    let mut asked = app.explanations.asked();
    if let Some(asked) = asked.as_mut()
        && (&asked.instance, asked.at) == (&explanation.instance, at)
    {
        asked.made = Some(Arc::new(explanation));
    }
    drop(asked);
    app.wake(Wake::Repaint);
}
