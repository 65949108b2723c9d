//! The program between two windows.

use std::sync::{Arc, mpsc::Receiver};

use super::{
    AppError, Tell,
    window_requests::{WindowRequested, WindowRequests},
};
use crate::stage::{Closed, Host, Opening, StageError, WindowLoop};

/// How the user gets the window back.
const WAYS_ON: &str = "`fermata` with the same store opens it again; Ctrl+C ends the program";

/// What is needed for another window.
pub(super) struct NextWindow {
    pub windows: WindowLoop,
    pub requests: Arc<WindowRequests>,
    pub requested: Receiver<WindowRequested>,
    pub tell: Tell,
}

impl NextWindow {
    /// Opens windows on a program until the user or a signal ends it. `shown` is how the first window
    /// closed.
    ///
    /// # Errors
    ///
    /// That of the first window.
    pub fn serve(
        &mut self,
        host: &Arc<dyn Host>,
        shown: Result<Closed, StageError>,
    ) -> Result<(), AppError> {
        let mut closed = match shown {
            // The program has started since.
            Err(StageError::Failed(notice)) => {
                let opening = Opening::AfterFailure(Arc::clone(host), notice);
                self.windows.show(opening)?
            }
            shown => shown?,
        };
        loop {
            match closed {
                Closed::ByRequest => return Ok(()),
                Closed::KeepPlaying => self.tell("The music goes on without a window"),
                Closed::Failed(notice) => {
                    self.tell(&format!(
                        "{notice}. It failed too often; the music goes on without it"
                    ));
                }
            }
            closed = match self.wait(host) {
                Some(closed) => closed,
                None => return Ok(()),
            };
        }
    }

    /// Waits for a request and shows the window. `None`: the program ends.
    fn wait(&mut self, host: &Arc<dyn Host>) -> Option<Closed> {
        loop {
            self.requests.closed();
            match self.requested.recv() {
                Ok(WindowRequested::Open) => {}
                Ok(WindowRequested::End) | Err(_) => return None,
            }
            match self.windows.show(Opening::Stage(Arc::clone(host))) {
                Ok(closed) => return Some(closed),
                Err(error) => self.tell(&error.to_string()),
            }
        }
    }

    fn tell(&self, what: &str) {
        (self.tell)(&format!("{what}. {WAYS_ON}."));
    }
}
