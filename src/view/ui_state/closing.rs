//! Closing the window.

use super::{Overlay, UiState};
use crate::{engine::Status, view::snapshot::Snapshot};

/// What becomes of the program when the window closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// It ends. Open workflows go on the next time.
    Quit,
    /// It goes on without a window.
    KeepPlaying,
}

impl UiState {
    /// The user closes the window. While pieces play, the first time is a question, and the second time is
    /// the answer.
    pub fn ask_to_close(&mut self, snapshot: &Snapshot) {
        if self.overlay == Overlay::Closing || playing(snapshot) == 0 {
            self.leave(Leaving::Quit);
        } else {
            self.overlay = Overlay::Closing;
        }
    }

    /// Closes the window.
    pub fn leave(&mut self, leaving: Leaving) {
        self.overlay = Overlay::None;
        self.leaving = Some(leaving);
    }
}

impl Snapshot {
    /// The question that is asked before the window closes.
    pub fn closing_question(&self) -> String {
        match playing(self) {
            1 => "1 piece is playing".to_owned(),
            count => format!("{count} pieces are playing"),
        }
    }
}

/// How many pieces play. Those that are paused stay as they are, and children belong to a piece.
fn playing(snapshot: &Snapshot) -> usize {
    let lanes = snapshot.performance().lanes.iter();
    let plays = lanes.filter(|lane| lane.parent.is_none() && lane.status == Status::Running);
    plays.count()
}
