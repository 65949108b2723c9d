//! Requests for the window from other processes and from the end of the program.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
};

use super::{
    Library,
    application::{App, AppEvent},
    control_socket::{ShowWindow, WindowRequest, WindowShown},
};
use crate::{
    stage::Wake,
    view::{EngineCommand, HistoryCommand, ScoreId},
};

/// What the main thread does while there is no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WindowRequested {
    /// Open one.
    Open,
    /// End the program.
    End,
}

/// The requests, shared by all threads.
pub(super) struct WindowRequests {
    is_open: AtomicBool,
    send: Mutex<Sender<WindowRequested>>,
    app: OnceLock<Weak<App>>,
}

impl WindowRequests {
    /// Requests, and the receiver for the main thread. A window is about to open.
    pub fn new() -> (Arc<Self>, Receiver<WindowRequested>) {
        let (send, receive) = mpsc::channel();
        let requests = Self {
            is_open: AtomicBool::new(true),
            send: Mutex::new(send),
            app: OnceLock::new(),
        };
        (Arc::new(requests), receive)
    }

    /// Sets the application that the requests are for.
    pub fn serve(&self, app: &Arc<App>) {
        // There is one in a program.
        let _ = self.app.set(Arc::downgrade(app));
    }

    /// There is no window from now on.
    pub fn closed(&self) {
        self.is_open.store(false, Ordering::SeqCst);
    }

    /// Ends the wait for a window, since the program ends.
    pub fn end(&self) {
        self.send(WindowRequested::End);
    }

    fn send(&self, requested: WindowRequested) {
        let send = self.send.lock().unwrap_or_else(PoisonError::into_inner);
        // The main thread has ended its wait for good.
        let _ = send.send(requested);
    }
}

impl ShowWindow for WindowRequests {
    fn show(&self, request: &WindowRequest) -> Result<WindowShown, String> {
        let app = self.app.get().and_then(Weak::upgrade);
        let app = app.ok_or("the program is starting or ending: try again")?;
        start_scores(&app, &request.scores);
        for history in &request.histories {
            app.send(HistoryCommand::OpenFile(history.clone()));
        }
        if self.is_open.swap(true, Ordering::SeqCst) {
            app.wake(Wake::Focus);
            return Ok(WindowShown::Raised);
        }
        self.send(WindowRequested::Open);
        Ok(WindowShown::Opened)
    }
}

/// Adds scores to the library and starts those that are valid. The others have a message in the window.
fn start_scores(app: &Arc<App>, scores: &[PathBuf]) {
    if scores.is_empty() {
        return;
    }
    let given = {
        let library = app.library.lock().unwrap_or_else(PoisonError::into_inner);
        library.given()
    };
    let before = given.iter().map(|id| PathBuf::from(&*id.0));
    let files: Vec<_> = before.chain(scores.iter().cloned()).collect();
    // Reads all files, so the window's library is not locked meanwhile.
    let fresh = Library::with(&files, app.conductor.bank());
    for problem in fresh.problems() {
        // The first line; the lines below show the text with a mark under the place.
        let problem = problem.to_string();
        let line = problem.lines().next().unwrap_or_default().to_owned();
        app.emit(AppEvent::Notice(line));
    }
    for document in fresh.file_documents() {
        app.conductor.revise(document);
    }
    let valid = fresh.given();
    app.emit(AppEvent::Scores(fresh.cards()));
    let mut library = app.library.lock().unwrap_or_else(PoisonError::into_inner);
    *library = fresh;
    drop(library);
    for score in scores {
        let id = ScoreId(score.display().to_string().into());
        if valid.contains(&id) {
            app.send(EngineCommand::StartScore(id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test_app::{LOOP, TestApp};

    #[tokio::test]
    async fn a_second_process_starts_scores_and_opens_a_window_that_was_closed() {
        let test = TestApp::open().await;
        let folder = tempfile::tempdir().unwrap();
        let score = folder.path().join("late.yaml");
        std::fs::write(&score, LOOP).unwrap();
        let (requests, receiver) = WindowRequests::new();
        let request = WindowRequest {
            scores: vec![score, folder.path().join("missing.yaml")],
            histories: Vec::new(),
        };
        assert!(requests.show(&request).is_err(), "it has not started");
        requests.serve(&test.app);
        assert_eq!(requests.show(&request), Ok(WindowShown::Raised));
        assert!(receiver.try_recv().is_err());
        requests.closed();
        let nothing = WindowRequest::default();
        assert_eq!(requests.show(&nothing), Ok(WindowShown::Opened));
        assert_eq!(requests.show(&nothing), Ok(WindowShown::Raised));
        let asked: Vec<_> = receiver.try_iter().collect();
        assert_eq!(asked, [WindowRequested::Open]);
        let started = || test.app.conductor.engine().archive().open_instances();
        while started().unwrap().len() != 1 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}
