//! What a score says about the sounds of events for itself and for those that it runs.

use serde::{Deserialize, Serialize};

use super::Listening;
use crate::score::{Document, TaskKind};

/// What the score that was started by hand says about the sounds of events. Scores that it runs keep to it,
/// unless their heads say something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FamilyListening {
    /// Nothing: they sound if no score of the family plays.
    #[default]
    Unsaid,
    /// They are silent: it plays itself, or does not want them.
    No,
    /// They sound, whatever else plays.
    Yes,
}

impl FamilyListening {
    /// What a score says that is started by hand.
    pub fn of(document: &Document) -> Self {
        match document.listening {
            Some(Listening::Off) => Self::No,
            Some(Listening::On | Listening::By(_)) => Self::Yes,
            None if document.has_own_music() => Self::No,
            None => Self::Unsaid,
        }
    }

    /// Whether nothing is said.
    pub fn is_unsaid(&self) -> bool {
        *self == Self::Unsaid
    }
}

impl Document {
    /// Whether it plays notes, or says itself how its events sound.
    pub fn has_own_music(&self) -> bool {
        let mut plays = false;
        self.each_task(&mut |task| plays |= matches!(task.kind, TaskKind::Play(_)));
        plays || !self.sounds.is_empty()
    }
}
