//! The score of a lane is edited.

use std::sync::Arc;

use super::UiState;
use crate::view::{
    command::Command,
    score_editor::{
        EditNumber, EditedScore, EditorAnswer, EditorLeaving, ScoreEditor, ScoreTextCommand,
    },
    snapshot::Snapshot,
};

impl UiState {
    /// Opens the editor for the score of the selected lane, or closes it.
    pub(super) fn edit_score(&mut self, snapshot: &Snapshot) -> Vec<Command> {
        if self.comparing.is_some() {
            return Vec::new();
        }
        if self.editor.is_some() {
            return self.leave_editor().into_iter().collect();
        }
        let lane = self.lane(snapshot);
        let facts = lane.and_then(|lane| Some((lane.id.clone(), lane.facts.clone()?)));
        let Some((lane, facts)) = facts else {
            return Vec::new();
        };
        self.edits += 1;
        let number = EditNumber(self.edits);
        let (title, source) = (facts.title.clone(), Arc::clone(&facts.source));
        let line = self.score.center.map_or(1, |center| center.first);
        let (editor, command) = ScoreEditor::open(number, lane, title, source, line);
        self.explainer = None;
        self.editor = Some(editor);
        vec![command.into()]
    }

    /// Takes what the application knows of the text that is edited. Returns the command to send.
    pub fn follow_edited(&mut self, known: Option<&Arc<EditedScore>>) -> Option<Command> {
        let command = self.editor.as_mut()?.follow(known?);
        command.map(Command::from)
    }

    pub(super) fn save_score(&mut self) -> Option<Command> {
        self.editor.as_mut()?.save().map(Command::from)
    }

    /// Closes the editor, unless it has to ask first.
    pub(super) fn leave_editor(&mut self) -> Option<Command> {
        let leaving = self.editor.as_mut()?.leave();
        self.close_editor(leaving)
    }

    /// Takes the answer to what the editor asks. Returns the command to send.
    pub fn answer_editor(&mut self, answer: EditorAnswer) -> Option<Command> {
        let (leaving, command) = self.editor.as_mut()?.answer(answer);
        let closed = self.close_editor(leaving);
        closed.or(command.map(Command::from))
    }

    fn close_editor(&mut self, leaving: EditorLeaving) -> Option<Command> {
        if leaving == EditorLeaving::Stays {
            return None;
        }
        self.editor = None;
        Some(ScoreTextCommand::Close.into())
    }

    /// Whether the editor waits for an answer by a key.
    pub fn asks_about_the_score(&self) -> bool {
        let is_covered = self.explainer.is_some() || self.comparing.is_some();
        let question = self.editor.as_ref().and_then(|editor| editor.question);
        question.is_some() && !is_covered
    }
}
