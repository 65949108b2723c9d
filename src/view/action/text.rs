//! What actions do, in a few words: for the palette and the help sheet.

use super::Action;
use crate::{
    conductor::Direction,
    view::{arrangement::Side, navigation::Stop},
};

impl Action {
    /// What it does, in a few words.
    pub fn text(&self) -> String {
        match self {
            Self::Control(action) => return action.description(),
            Self::Record => "Start or stop recording",
            Self::Faster => "Tempo up 1 BPM",
            Self::Slower => "Tempo down 1 BPM",
            Self::Learn => "Map pads, faders and keys",
            Self::Lane(number) => return format!("Select lane {number}"),
            Self::LaneAbove => "Select the lane above",
            Self::LaneBelow => "Select the lane below",
            Self::Focus => "Give the selected lane most of the window",
            Self::EndedLanes => "Show or hide the lanes that have ended",
            Self::FoldChildren => "Fold the children of the lane, or unfold them",
            Self::Filter => "Filter the lanes, or show all",
            Self::RaiseWithData => "Raise an event with data",
            Self::StartWithInput => "Start a score with an input",
            Self::Restart => "Restart the lane with the same input",
            Self::GoTo => "Go to a bar, a time or an event",
            Self::OpenFile => "Open a score, a MIDI file or a history",
            Self::Attach => "Attach another engine: a Temporal cluster",
            Self::Detach => "Detach other engines",
            Self::Serve => "Serve Dapr and Durable Task programs, or stop",
            Self::Export => "Export the history of the lane",
            Self::Pin => "Pin the lane to the top, or unpin it",
            Self::MoveLane(Side::Above) => "Move the lane up",
            Self::MoveLane(Side::Below) => "Move the lane down",
            Self::Group => "Group the lanes: workflow, status, tags, not at all",
            Self::NewShow => "New show: hide what has ended",
            Self::EarlierLanes => "Show the lanes of earlier shows again",
            Self::Setlist => "Show or hide the set list",
            Self::Scores => "Show or hide the scores",
            Self::Histories => "Open a history from the store",
            Self::Purge => "Delete ended histories by search",
            Self::Schedules => "Show or hide the schedules",
            Self::Faults => "Show or hide the injected faults",
            Self::BreakCode => "Break the code of the lane, or fix it",
            Self::Crash => "Crash the program",
            Self::Dismiss => "Close the opened history",
            Self::Compare => "Compare two runs",
            Self::Live => "Return to live",
            Self::Replay => "Play the past, or stop",
            Self::ReplayBackward => "Play the past backward, or stop",
            Self::Loop => "Repeat the selected range",
            Self::Step(stop, direction) => return step_text(*stop, *direction),
            Self::Start => "Go to the start of the performance",
            Self::End => "Go to the latest moment",
            Self::Rerun => "Rerun the lane from here",
            Self::Mark => "Set, name or remove a marker",
            Self::Follow => "Follow the playhead",
            Self::ZoomIn => "Zoom in",
            Self::ZoomOut => "Zoom out",
            Self::ShowAll => "Show the whole performance",
            Self::FoldIdle => "Fold idle time, or unfold it",
            Self::Clock => "Show elapsed time or the wall clock",
            Self::Earlier => "Scroll back",
            Self::Later => "Scroll forward",
            Self::Explain => "Explain how this workflow is replayed",
            Self::Inspector => "Show or hide the inspector",
            Self::NextToken => "Follow the next token of the score",
            Self::EditScore => "Edit the score of the lane",
            Self::SaveScore => "Save the score that is edited",
            Self::Meters => "Show or hide the meters",
            Self::ReadingDistance => "Text size: desk, stage, hall, poster",
            Self::Motion => "Turn motion on or off",
            Self::FullScreen => "Toggle full screen",
            Self::Quit => "Close the window",
            Self::AudienceWindow => "Open or close the audience's window",
            Self::Blackout => "Black out the audience's window",
            Self::AudienceText => "Text size of the audience's window",
            Self::Palette => "Find anything: actions, lanes, activities, scores",
            Self::FindLane => "Find a lane",
            Self::Help => "Show keyboard shortcuts",
            Self::Escape => "Close the top panel",
        }
        .to_owned()
    }
}

fn step_text(stop: Stop, direction: Direction) -> String {
    match direction {
        Direction::Forward => format!("Go to the next {stop}"),
        Direction::Backward => format!("Go to the previous {stop}"),
    }
}
