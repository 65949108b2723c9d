//! Closing the window.

use super::{Overlay, UiState};
use crate::{
    engine::Status,
    view::{command::Command, score_editor::ScoreEditor, snapshot::Snapshot},
};

/// What becomes of the program when the window closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// It ends. Open workflows go on the next time.
    Quit,
    /// It goes on without a window.
    KeepPlaying,
}

impl UiState {
    /// The user closes the window. The first question is about the text of a score that was not saved, the
    /// second one about pieces that play. While the second one is asked, closing once more is the answer.
    pub fn ask_to_close(&mut self, snapshot: &Snapshot) {
        match self.overlay {
            Overlay::Closing => self.leave(Leaving::Quit),
            _ if self.unsaved().is_some() => self.overlay = Overlay::Unsaved,
            _ => self.ask_about_pieces(snapshot),
        }
    }

    fn ask_about_pieces(&mut self, snapshot: &Snapshot) {
        match playing_pieces(snapshot) {
            0 => self.leave(Leaving::Quit),
            _ => self.overlay = Overlay::Closing,
        }
    }

    /// The editor, if it has changes that were not saved.
    fn unsaved(&self) -> Option<&ScoreEditor> {
        self.editor.as_ref().filter(|editor| editor.is_changed())
    }

    /// The question about the text that was not saved.
    pub fn unsaved_question(&self) -> String {
        let known = self.unsaved().and_then(ScoreEditor::known);
        let path = known.map_or("the score", |known| &*known.path);
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        format!("{name} has unsaved changes")
    }

    /// The changes are lost when the window closes. Until then, they stay in the editor.
    pub fn close_without_saving(&mut self, snapshot: &Snapshot) {
        self.ask_about_pieces(snapshot);
    }

    /// Saves the text. Once that is done, the window closes. Returns the command to send.
    pub fn save_and_close(&mut self) -> Option<Command> {
        let editor = self.editor.as_mut()?;
        if self.closes_once_saved {
            return None;
        }
        editor.question = None;
        let command = editor.save();
        match &command {
            Some(_) => self.closes_once_saved = true,
            None => self.stay_open(),
        }
        command.map(Command::from)
    }

    /// The text that was to be saved is saved, or could not be. Called once per frame.
    pub fn close_once_saved(&mut self, snapshot: &Snapshot) {
        let is_saving = self.editor.as_ref().is_some_and(ScoreEditor::is_saving);
        if !self.closes_once_saved || is_saving {
            return;
        }
        self.closes_once_saved = false;
        match self.unsaved() {
            // The editor says why.
            Some(_) => self.stay_open(),
            None => self.ask_about_pieces(snapshot),
        }
    }

    /// The window stays open.
    pub fn stay_open(&mut self) {
        self.overlay = Overlay::None;
        self.closes_once_saved = false;
        if let Some(editor) = &mut self.editor {
            editor.wants_focus = true;
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
        match playing_pieces(self) {
            1 => "1 piece is playing".to_owned(),
            count => format!("{count} pieces are playing"),
        }
    }
}

/// How many pieces play. Those that are paused stay as they are, and children belong to a piece.
pub fn playing_pieces(snapshot: &Snapshot) -> usize {
    // Other engines go on without this window.
    let lanes = snapshot.performance().own_lanes();
    let plays = lanes.filter(|lane| lane.parent.is_none() && lane.status == Status::Running);
    plays.count()
}
