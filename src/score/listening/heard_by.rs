//! By which listening score the events of an instance sound.

use std::sync::Arc;

use super::{FamilyListening, Listening, ListeningScore};
use crate::score::{Document, ScoreInput, parse_stored};

/// By which listening score the events of an instance sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeardBy {
    /// By the one in use.
    #[default]
    InUse,
    /// By the one whose text its start keeps.
    Own,
    /// By none: it plays notes itself, belongs to a score that does, or does not want it.
    Nothing,
}

impl HeardBy {
    /// What a score and its start say.
    pub fn of(document: &Document, start: &ScoreInput) -> Self {
        let own = || match start.listening {
            Some(_) => Self::Own,
            None => Self::InUse,
        };
        match document.listening {
            Some(Listening::Off) => Self::Nothing,
            Some(Listening::On) => Self::InUse,
            Some(Listening::By(_)) => own(),
            None => match start.family {
                FamilyListening::No => Self::Nothing,
                FamilyListening::Yes => own(),
                FamilyListening::Unsaid if has_music(document, start) => Self::Nothing,
                FamilyListening::Unsaid => own(),
            },
        }
    }

    /// What the listening score is called: `in_use` is the one in use, `None` if listening is off.
    pub fn words(self, in_use: Option<&str>) -> Option<String> {
        let in_use = in_use?;
        match self {
            Self::Nothing => None,
            Self::Own => Some("that of its score".into()),
            Self::InUse if in_use == ListeningScore::BUILT_IN => Some("the built-in one".into()),
            Self::InUse => Some(in_use.to_owned()),
        }
    }
}

/// Whether a score, or one that it may run, has music of its own.
fn has_music(document: &Document, start: &ScoreInput) -> bool {
    let plays = |text: &Arc<str>| parse_stored(text).is_ok_and(|other| other.has_own_music());
    document.has_own_music() || start.scores.iter().any(plays)
}
