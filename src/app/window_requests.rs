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
    application::{App, AppEvent},
    control_socket::{ShowWindow, WindowRequest, WindowShown},
    files,
};
use crate::{
    stage::Wake,
    view::{BackendCommand, EngineCommand, HistoryCommand},
};

/// What the main thread, which waits without a window, is asked to do.
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

    /// The window has closed.
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
        for address in &request.attach {
            app.send(BackendCommand::Attach(Arc::clone(address)));
        }
        if self.is_open.swap(true, Ordering::SeqCst) {
            app.wake(Wake::Focus);
            return Ok(WindowShown::Raised);
        }
        self.send(WindowRequested::Open);
        Ok(WindowShown::Opened)
    }
}

/// Opens scores and starts those that are valid. The others have a message in the window.
fn start_scores(app: &App, scores: &[PathBuf]) {
    for path in scores {
        match files::add_score(app, path) {
            Ok(added) => app.send(EngineCommand::StartScore(added.id)),
            Err(why) => {
                let name = path.display();
                app.emit(AppEvent::Notice(format!("{name} cannot be opened: {why}")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{
        library,
        test_app::{LOOP, TestApp},
    };

    #[tokio::test]
    async fn a_second_process_starts_scores_and_opens_a_window_that_was_closed() {
        let test = TestApp::open().await;
        let folder = tempfile::tempdir().unwrap();
        let score = folder.path().join("late.yaml");
        std::fs::write(&score, LOOP).unwrap();
        // A piece of the set list stays in the library.
        let piece = folder.path().join("piece.yaml");
        std::fs::write(&piece, LOOP).unwrap();
        let library = || test.app.library.lock().unwrap();
        library().add_pieces(std::slice::from_ref(&piece));
        let (requests, receiver) = WindowRequests::new();
        let request = WindowRequest {
            scores: vec![score, folder.path().join("missing.yaml")],
            histories: Vec::new(),
            attach: Vec::new(),
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
        assert!(library().document(&library::id_of(&piece)).is_some());
        let started = || test.app.conductor.engine().archive().open_instances();
        while started().unwrap().len() != 1 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}
