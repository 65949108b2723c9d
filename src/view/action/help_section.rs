//! The sections of the help sheet.

use super::Action;

/// A section of the help sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HelpSection {
    /// Workflows, tempo and sound.
    Performance,
    /// The playhead.
    Replay,
    /// The timeline.
    Timeline,
    /// The window and its panels.
    Window,
}

impl HelpSection {
    /// All sections, in the order of the help sheet.
    pub const ALL: [Self; 4] = [
        Self::Performance,
        Self::Replay,
        Self::Timeline,
        Self::Window,
    ];

    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Performance => "Performance",
            Self::Replay => "Replay",
            Self::Timeline => "Timeline",
            Self::Window => "Window",
        }
    }
}

impl Action {
    /// Its section of the help sheet.
    pub fn section(&self) -> HelpSection {
        match self {
            Self::Control(_)
            | Self::RaiseWithData
            | Self::StartWithInput
            | Self::Restart
            | Self::BreakCode
            | Self::Crash
            | Self::NewShow
            | Self::EarlierLanes
            | Self::Record
            | Self::Faster
            | Self::Slower => HelpSection::Performance,
            Self::Live
            | Self::Replay
            | Self::ReplayBackward
            | Self::Loop
            | Self::Step(..)
            | Self::Start
            | Self::End
            | Self::GoTo
            | Self::Rerun
            | Self::Compare
            | Self::Mark => HelpSection::Replay,
            Self::Lane(_)
            | Self::LaneAbove
            | Self::LaneBelow
            | Self::Focus
            | Self::EndedLanes
            | Self::FoldChildren
            | Self::Filter
            | Self::Pin
            | Self::MoveLane(_)
            | Self::Group
            | Self::Follow
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::ShowAll
            | Self::FoldIdle
            | Self::Clock
            | Self::Earlier
            | Self::Later => HelpSection::Timeline,
            Self::Setlist
            | Self::Scores
            | Self::OpenFile
            | Self::Attach
            | Self::Detach
            | Self::Serve
            | Self::Export
            | Self::Histories
            | Self::Purge
            | Self::Schedules
            | Self::Faults
            | Self::Dismiss
            | Self::Explain
            | Self::Inspector
            | Self::NextToken
            | Self::EditScore
            | Self::SaveScore
            | Self::Meters
            | Self::ReadingDistance
            | Self::Motion
            | Self::FullScreen
            | Self::Quit
            | Self::AudienceWindow
            | Self::Blackout
            | Self::AudienceText
            | Self::Learn
            | Self::Palette
            | Self::FindLane
            | Self::Help
            | Self::Escape => HelpSection::Window,
        }
    }
}
