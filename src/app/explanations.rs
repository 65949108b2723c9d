//! Explained replays for the window. A history is read and replayed on a thread of its own: the window
//! never waits for it.

use std::sync::{Arc, Mutex, PoisonError};

use super::application::App;
use crate::{
    engine::{EngineError, History, InstanceId, Timestamp},
    stage::Wake,
    view::{Explanation, HistorySource},
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
    let make = move || match history_of(&app, &instance) {
        Ok(history) => keep(&app, at, Explanation::of_score(history)),
        Err(error) => app.report(Err(error)),
    };
    let named = std::thread::Builder::new().name("fermata-explain".into());
    if let Err(error) = named.spawn(make) {
        // The system is out of threads; asking again later may work.
        tracing::warn!(%error, "a replay cannot be explained");
    }
    None
}

/// The history of the latest run, of an instance of the store or from an opened file.
fn history_of(app: &App, instance: &InstanceId) -> Result<History, EngineError> {
    let snapshot = app.snapshot();
    let opened = snapshot.histories.opened(instance);
    match opened.filter(|opened| opened.source != HistorySource::Store) {
        Some(opened) => Ok(opened.lane.latest_run()),
        None => app.conductor.engine().archive().export(instance),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test_app::{LOOP, TestApp, until};

    #[tokio::test(flavor = "multi_thread")]
    async fn the_window_gets_an_explained_replay_once_it_is_made() {
        let test = TestApp::open().await;
        let id = test.perform(LOOP).await;
        until("it plays", || test.history(&id).len() > 6).await;
        let ask = |at| explanation(&test.app, &id, Timestamp(at));
        assert!(ask(1).is_none(), "it waits for no disk and no replay");
        until("it is made", || ask(1).is_some()).await;
        let made = ask(1).unwrap();
        assert_eq!((&made.instance, made.title.as_str()), (&id, "loop"));
        assert!(made.last().0 >= 6);
        assert!(
            ask(2).is_none(),
            "opened again, it explains what came since"
        );
        until("it is made again", || ask(2).is_some()).await;
    }
}
