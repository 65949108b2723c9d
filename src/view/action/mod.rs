//! Actions of the window: one table feeds keys, the palette and the help sheet.

mod help_section;
mod shortcuts;
mod text;
mod typing;

pub use help_section::HelpSection;

use super::{arrangement::Side, navigation::Stop, ui_state::Overlay};
use crate::{
    conductor::{
        Direction, EndAt,
        control_surface::{ControlAction, LaneTarget, StripTarget},
    },
    music::Offset,
};

/// An action of the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// An action that pads, faders and keys can do as well.
    Control(ControlAction),
    /// Start or stop recording.
    Record,
    /// Raise the tempo by 1 BPM.
    Faster,
    /// Lower the tempo by 1 BPM.
    Slower,
    /// Start or stop mapping controls.
    Learn,
    /// Select the lane with this number, 1 to 10.
    Lane(u8),
    /// Select the lane above.
    LaneAbove,
    /// Select the lane below.
    LaneBelow,
    /// Give the selected lane most of the window, or all lanes an equal share.
    Focus,
    /// Show or hide the lanes that have ended.
    EndedLanes,
    /// Fold the children of the selected lane, or unfold them.
    FoldChildren,
    /// Filter the lanes, or show all.
    Filter,
    /// Raise the event that the selected lane waits for, with data that is asked for.
    RaiseWithData,
    /// Start a score with an input that is asked for.
    StartWithInput,
    /// Start the workflow of the selected lane again with the same input.
    Restart,
    /// Move the playhead to a time that is asked for.
    GoTo,
    /// Open a score, a MIDI file or an exported history.
    OpenFile,
    /// Show the workflows of another engine, whose address is asked for.
    Attach,
    /// Show those of other engines no longer.
    Detach,
    /// Run the workflows of other programs, whose workers connect; or stop that.
    Serve,
    /// Export the history of the selected lane.
    Export,
    /// Pin the selected lane to the top, or unpin it.
    Pin,
    /// Move the selected lane up or down.
    MoveLane(Side),
    /// Group the lanes by what comes next, or not at all.
    Group,
    /// Begin a new show: hide what has ended.
    NewShow,
    /// Show what was hidden by new shows.
    EarlierLanes,
    /// Show or hide the set list.
    Setlist,
    /// Show or hide the scores.
    Scores,
    /// Show or hide the histories of the store.
    Histories,
    /// Delete ended histories by search.
    Purge,
    /// Show or hide the schedules.
    Schedules,
    /// Show or hide the injected faults.
    Faults,
    /// Break the code of the selected lane, so that it no longer matches its history, or fix it.
    BreakCode,
    /// Kill the program: its supervisor starts it again, and it continues.
    Crash,
    /// Close the opened history.
    Dismiss,
    /// Compare the selected lane with another run.
    Compare,
    /// Return to live.
    Live,
    /// Play the past, or stop.
    Replay,
    /// Play the past backward, or stop.
    ReplayBackward,
    /// Repeat the selected range, or the visible one.
    Loop,
    /// Move the playhead to the next place to stop at.
    Step(Stop, Direction),
    /// Move the playhead to the start of the performance.
    Start,
    /// Move the playhead to the latest moment.
    End,
    /// Rerun the selected lane from the event that is open in the table, or from the playhead.
    Rerun,
    /// Set a marker at the playhead and name it, or remove the one that is there.
    Mark,
    /// Let the visible window follow the playhead.
    Follow,
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
    /// Show the whole performance.
    ShowAll,
    /// Fold idle time, or unfold it.
    FoldIdle,
    /// Let the second clock show elapsed time or the wall clock.
    Clock,
    /// Scroll to earlier moments.
    Earlier,
    /// Scroll to later moments.
    Later,
    /// Explain the replay of the selected lane, step by step.
    Explain,
    /// Show or hide the inspector.
    Inspector,
    /// Follow the next token of the score.
    NextToken,
    /// Edit the score of the selected lane, or close the editor.
    EditScore,
    /// Save the score that is edited.
    SaveScore,
    /// Show or hide the meters.
    Meters,
    /// Switch to the next reading distance.
    ReadingDistance,
    /// Turn motion on or off.
    Motion,
    /// Enter or leave full screen.
    FullScreen,
    /// Close the window; asks first while pieces play.
    Quit,
    /// Open or close the audience's window.
    AudienceWindow,
    /// Make the audience's window black, or show the performance again.
    Blackout,
    /// Switch to the next size of text in the audience's window.
    AudienceText,
    /// Open the search for everything.
    Palette,
    /// Open the search for lanes.
    FindLane,
    /// Show or hide the help sheet.
    Help,
    /// Close the panel on top. Pressed twice, it silences everything.
    Escape,
}

impl Action {
    /// Every action, in the order of the help sheet.
    pub fn all() -> impl Iterator<Item = Self> {
        let lane = || StripTarget::Lane(LaneTarget::Selected);
        let performance = [
            Self::Control(ControlAction::Pause(LaneTarget::Selected)),
            Self::Control(ControlAction::Pause(LaneTarget::All)),
            Self::Control(ControlAction::Cancel(LaneTarget::Selected)),
            Self::Control(ControlAction::Terminate(LaneTarget::Selected)),
            Self::Control(ControlAction::TerminateAt(
                LaneTarget::Selected,
                EndAt::Note,
            )),
            Self::Control(ControlAction::TerminateAt(LaneTarget::Selected, EndAt::Bar)),
            Self::Control(ControlAction::Retry(LaneTarget::Selected)),
            Self::Control(ControlAction::Cue(LaneTarget::Selected)),
            Self::Control(ControlAction::EndFaults),
            Self::BreakCode,
            Self::Crash,
            Self::RaiseWithData,
            Self::StartWithInput,
            Self::Restart,
            Self::Control(ControlAction::PlayStop),
            Self::Control(ControlAction::NextPiece),
            Self::Control(ControlAction::PreviousPiece),
            Self::Control(ControlAction::ResetScene),
            Self::NewShow,
            Self::EarlierLanes,
            Self::Record,
            Self::Faster,
            Self::Slower,
            Self::Control(ControlAction::Tap),
            Self::Control(ControlAction::Nudge(Offset::Earlier(ControlAction::NUDGE))),
            Self::Control(ControlAction::Nudge(Offset::Later(ControlAction::NUDGE))),
            Self::Control(ControlAction::Mute(lane())),
            Self::Control(ControlAction::Solo(lane())),
            Self::Control(ControlAction::Louder(LaneTarget::Selected)),
            Self::Control(ControlAction::Softer(LaneTarget::Selected)),
            Self::Control(ControlAction::ResetVolume(LaneTarget::Selected)),
            Self::Control(ControlAction::Panic),
        ];
        let timeline = [
            Self::LaneAbove,
            Self::LaneBelow,
            Self::Focus,
            Self::EndedLanes,
            Self::FoldChildren,
            Self::Filter,
            Self::Pin,
            Self::MoveLane(Side::Above),
            Self::MoveLane(Side::Below),
            Self::Group,
            Self::Follow,
            Self::ZoomIn,
            Self::ZoomOut,
            Self::ShowAll,
            Self::FoldIdle,
            Self::Clock,
            Self::Earlier,
            Self::Later,
        ];
        let steps = Stop::ALL.into_iter().flat_map(|stop| {
            let directions = [Direction::Backward, Direction::Forward];
            directions.map(|direction| Self::Step(stop, direction))
        });
        let replay = [
            Self::Live,
            Self::Replay,
            Self::ReplayBackward,
            Self::Loop,
            Self::Start,
            Self::End,
            Self::GoTo,
            Self::Rerun,
            Self::Compare,
            Self::Mark,
        ];
        let replay = replay.into_iter().chain(steps);
        let window = [
            Self::Setlist,
            Self::Scores,
            Self::OpenFile,
            Self::Attach,
            Self::Detach,
            Self::Serve,
            Self::Export,
            Self::Histories,
            Self::Purge,
            Self::Schedules,
            Self::Faults,
            Self::Dismiss,
            Self::Explain,
            Self::Inspector,
            Self::NextToken,
            Self::EditScore,
            Self::SaveScore,
            Self::Meters,
            Self::ReadingDistance,
            Self::Motion,
            Self::FullScreen,
            Self::Quit,
            Self::AudienceWindow,
            Self::Blackout,
            Self::AudienceText,
            Self::Learn,
            Self::Palette,
            Self::FindLane,
            Self::Help,
            Self::Escape,
        ];
        let lanes = (1..=10).map(Self::Lane);
        let actions = performance.into_iter().chain(replay);
        actions.chain(timeline).chain(window).chain(lanes)
    }

    /// Its keys as the help sheet shows them: `Space`, `Hold T`, `Esc Esc`.
    pub fn keys(&self) -> String {
        match (self, self.shortcut()) {
            (Self::Control(ControlAction::Panic), _) => "Esc Esc".to_owned(),
            // It is typed: where it is on the keyboard depends on the layout.
            (Self::FindLane, _) => "#".to_owned(),
            (action, Some(shortcut)) if action.is_held() => format!("Hold {shortcut}"),
            (_, Some(shortcut)) => shortcut.to_string(),
            (_, None) => String::new(),
        }
    }

    /// Whether its key must be held for a moment.
    pub fn is_held(&self) -> bool {
        matches!(
            self,
            Self::Control(
                ControlAction::Terminate(_)
                    | ControlAction::TerminateAt(..)
                    | ControlAction::Cancel(_)
            ) | Self::Crash
        )
    }

    /// Whether it acts again and again while its key is held down: a change by a small step.
    pub fn repeats(&self) -> bool {
        match self {
            Self::Control(action) => matches!(
                action,
                ControlAction::Nudge(_) | ControlAction::Louder(_) | ControlAction::Softer(_)
            ),
            Self::Faster
            | Self::Slower
            | Self::LaneAbove
            | Self::LaneBelow
            | Self::MoveLane(_)
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::Earlier
            | Self::Later
            | Self::Step(..) => true,
            _ => false,
        }
    }

    /// Whether its key acts while a panel is open: only on the panels and on the window, never on
    /// lanes that the panel covers.
    pub fn acts_behind(&self, overlay: &Overlay) -> bool {
        match overlay {
            Overlay::None => true,
            Overlay::Palette(_)
            | Overlay::Histories(_)
            | Overlay::CompareWith(_)
            | Overlay::Form(_) => matches!(self, Self::Escape | Self::Palette | Self::Quit),
            Overlay::Closing | Overlay::Unsaved => matches!(self, Self::Escape | Self::Quit),
            Overlay::Schedules(_) if self.acts_in_schedules() => true,
            Overlay::Faults(_) if self.acts_in_faults() => true,
            Overlay::Scores if matches!(self, Self::Lane(_) | Self::StartWithInput) => true,
            Overlay::Scores | Overlay::Help | Overlay::Schedules(_) | Overlay::Faults(_) => {
                matches!(
                    self,
                    Self::Escape
                        | Self::Palette
                        | Self::Help
                        | Self::Scores
                        | Self::Histories
                        | Self::OpenFile
                        | Self::Schedules
                        | Self::Faults
                        | Self::FullScreen
                        | Self::ReadingDistance
                        | Self::Quit
                )
            }
        }
    }
}

/// What acts on the lines of panels.
impl Action {
    fn acts_in_schedules(&self) -> bool {
        matches!(
            self,
            Self::LaneAbove
                | Self::LaneBelow
                | Self::Rerun
                | Self::Control(ControlAction::Pause(LaneTarget::Selected))
        )
    }

    fn acts_in_faults(&self) -> bool {
        matches!(
            self,
            Self::LaneAbove
                | Self::LaneBelow
                | Self::Lane(_)
                | Self::Step(Stop::Event, _)
                | Self::Step(Stop::Failure, Direction::Forward)
                | Self::Control(
                    ControlAction::Nudge(_)
                        | ControlAction::Solo(StripTarget::Lane(LaneTarget::Selected))
                )
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_action_has_a_text_and_no_two_share_a_key() {
        let mut keys = HashMap::new();
        for action in Action::all() {
            assert!(action.text().len() > 5, "{action:?}");
            if let Some(shortcut) = action.shortcut() {
                let before = keys.insert(shortcut.to_string(), action);
                assert_eq!(before, None, "{shortcut} is taken");
            }
        }
        let without_a_key = Action::all().filter(|action| action.shortcut().is_none());
        assert_eq!(keys.len(), Action::all().count() - without_a_key.count());
    }

    #[test]
    fn only_small_steps_repeat_while_their_key_is_held() {
        let repeating = Action::all().filter(Action::repeats);
        let mut keys: Vec<_> = repeating.map(|action| action.keys()).collect();
        keys.sort_unstable();
        let expected = [
            "+",
            ",",
            ".",
            "Ctrl+Down",
            "Ctrl+Left",
            "Ctrl+Right",
            "Ctrl+Up",
            "Down",
            "J",
            "Left",
            "N",
            "Right",
            "Shift+Down",
            "Shift+J",
            "Shift+Left",
            "Shift+N",
            "Shift+Page Down",
            "Shift+Page Up",
            "Shift+Right",
            "Shift+Up",
            "Up",
            "[",
            "]",
            "−",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn behind_the_help_sheet_no_action_changes_the_performance() {
        for action in Action::all().filter(|action| action.acts_behind(&Overlay::Help)) {
            assert_eq!(action.section(), HelpSection::Window, "{action:?}");
        }
    }
}
