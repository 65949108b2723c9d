//! Actions and fields that text is typed into.

use super::Action;

impl Action {
    /// Whether its key acts while text is typed.
    pub fn acts_while_typing(&self) -> bool {
        matches!(
            self,
            Self::Escape | Self::Palette | Self::Filter | Self::Quit | Self::SaveScore
        )
    }

    /// Whether what is typed after its key is for the field that it opens.
    pub fn opens_field(&self) -> bool {
        matches!(
            self,
            Self::Palette
                | Self::Histories
                | Self::Compare
                | Self::Mark
                | Self::Filter
                | Self::RaiseWithData
                | Self::StartWithInput
                | Self::GoTo
                | Self::OpenFile
                | Self::Attach
                | Self::EditScore
        )
    }
}
