//! The invitation to a newcomer, and the hints that follow it.

use super::{Overlay, UiState};
use crate::{
    engine::Timestamp,
    view::{
        command::EngineCommand,
        hints::{Hint, Hints},
        snapshot::{ScoreCard, Snapshot},
    },
};

impl UiState {
    /// The score that the window invites to start, if it does.
    pub fn invitation<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a ScoreCard> {
        let is_covered = self.overlay == Overlay::Scores;
        snapshot.invitation().filter(|_| !is_covered)
    }

    /// Starts the score of the invitation; hints come with its lane.
    pub fn accept_invitation(
        &mut self,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Option<EngineCommand> {
        let score = self.invitation(snapshot)?.id.clone();
        let start = self.start_score(&score, now)?;
        self.hints = Some(Hints::default());
        Some(start)
    }

    /// A hint was followed.
    pub fn follow_hint(&mut self, hint: Hint) {
        if let Some(hints) = &mut self.hints
            && !hints.followed(hint)
        {
            self.hints = None;
        }
    }

    /// Takes the hints away.
    pub fn close_hints(&mut self) {
        self.hints = None;
    }
}
