//! How large everything is.

use serde::{Deserialize, Serialize};

/// The distance from which the window is read; it sets the size of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReadingDistance {
    /// At the screen.
    #[default]
    Desk,
    /// From the stage.
    Stage,
    /// From the seats.
    Hall,
    /// From the back of the room.
    Poster,
}

impl ReadingDistance {
    /// The zoom factor.
    pub fn zoom(self) -> f32 {
        match self {
            Self::Desk => 1.0,
            Self::Stage => 1.25,
            Self::Hall => 1.5,
            Self::Poster => 2.0,
        }
    }

    pub(super) fn next(self) -> Self {
        match self {
            Self::Desk => Self::Stage,
            Self::Stage => Self::Hall,
            Self::Hall => Self::Poster,
            Self::Poster => Self::Desk,
        }
    }
}
