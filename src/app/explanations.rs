//! Explained replays for the window. A history is read and replayed on a thread of its own: the window
//! never waits for it.

use std::sync::Arc;

use super::{answers::Answers, application::App};
use crate::{
    engine::{EngineError, History, InstanceId, Timestamp},
    view::{Explanation, HistorySource},
};

/// The explained replay that the window asked for last: of an instance, at a moment.
pub(super) type Explanations = Answers<(InstanceId, Timestamp), Arc<Explanation>>;

/// The replay of an instance, explained as asked for at a moment. `None` while it is being made: the
/// window is woken when it is there.
pub(super) fn explanation(
    app: &Arc<App>,
    instance: &InstanceId,
    at: Timestamp,
) -> Option<Arc<Explanation>> {
    let question = (instance.clone(), at);
    Answers::ask(
        app,
        |app| &app.explanations,
        &question,
        |app, (instance, _)| match history_of(app, instance) {
            Ok(history) => Some(Arc::new(Explanation::of_score(history))),
            Err(error) => {
                app.report(Err(error));
                None
            }
        },
    )
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
