//! Actions of the window: one table feeds keys, the palette and the help sheet.

use super::shortcut::{KeyCap, Modifier, Shortcut};
use crate::{
    conductor::control_surface::{ControlAction, LaneTarget, StripTarget},
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
    /// Show or hide the scores.
    Scores,
    /// Follow the playhead.
    Follow,
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
    /// Show the whole performance.
    ShowAll,
    /// Scroll to earlier moments.
    Earlier,
    /// Scroll to later moments.
    Later,
    /// Explain the replay of the selected lane, step by step.
    Explain,
    /// Go to the last step of an explained replay.
    LastStep,
    /// Show or hide the inspector.
    Inspector,
    /// Show or hide the meters.
    Meters,
    /// Switch to the next reading distance.
    ReadingDistance,
    /// Enter or leave full screen.
    FullScreen,
    /// Open the search for actions and scores.
    Palette,
    /// Show or hide the help sheet.
    Help,
    /// Close the panel on top. Pressed twice, it silences everything.
    Escape,
}

/// A section of the help sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HelpSection {
    /// Workflows, tempo and sound.
    Performance,
    /// The timeline.
    Timeline,
    /// The window and its panels.
    Window,
}

impl HelpSection {
    /// All sections, in the order of the help sheet.
    pub const ALL: [Self; 3] = [Self::Performance, Self::Timeline, Self::Window];

    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Performance => "Performance",
            Self::Timeline => "Timeline",
            Self::Window => "Window",
        }
    }
}

impl Action {
    /// Every action, in the order of the help sheet.
    pub fn all() -> impl Iterator<Item = Self> {
        let lane = || StripTarget::Lane(LaneTarget::Selected);
        let performance = [
            Self::Control(ControlAction::Pause(LaneTarget::Selected)),
            Self::Control(ControlAction::Pause(LaneTarget::All)),
            Self::Control(ControlAction::Terminate(LaneTarget::Selected)),
            Self::Control(ControlAction::Cue(LaneTarget::Selected)),
            Self::Control(ControlAction::PlayStop),
            Self::Record,
            Self::Faster,
            Self::Slower,
            Self::Control(ControlAction::Tap),
            Self::Control(ControlAction::Nudge(Offset::Earlier(ControlAction::NUDGE))),
            Self::Control(ControlAction::Nudge(Offset::Later(ControlAction::NUDGE))),
            Self::Control(ControlAction::Mute(lane())),
            Self::Control(ControlAction::Solo(lane())),
            Self::Control(ControlAction::Panic),
        ];
        let timeline = [
            Self::LaneAbove,
            Self::LaneBelow,
            Self::Follow,
            Self::ZoomIn,
            Self::ZoomOut,
            Self::ShowAll,
            Self::Earlier,
            Self::Later,
        ];
        let window = [
            Self::Scores,
            Self::Explain,
            Self::LastStep,
            Self::Inspector,
            Self::Meters,
            Self::ReadingDistance,
            Self::FullScreen,
            Self::Learn,
            Self::Palette,
            Self::Help,
            Self::Escape,
        ];
        let lanes = (1..=10).map(Self::Lane);
        let actions = performance.into_iter().chain(timeline).chain(window);
        actions.chain(lanes)
    }

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
            Self::Scores => "Show or hide the scores",
            Self::Follow => "Return to live",
            Self::ZoomIn => "Zoom in",
            Self::ZoomOut => "Zoom out",
            Self::ShowAll => "Show the whole performance",
            Self::Earlier => "Scroll back",
            Self::Later => "Scroll forward",
            Self::Explain => "Explain how this workflow is replayed",
            Self::LastStep => "Last step of an explained replay",
            Self::Inspector => "Show or hide the inspector",
            Self::Meters => "Show or hide the meters",
            Self::ReadingDistance => "Text size: desk, stage, hall, poster",
            Self::FullScreen => "Toggle full screen",
            Self::Palette => "Find an action or a score",
            Self::Help => "Show keyboard shortcuts",
            Self::Escape => "Close the top panel",
        }
        .to_owned()
    }

    /// Its shortcut. Panic has none of its own: it is Escape, twice.
    pub fn shortcut(&self) -> Option<Shortcut> {
        use KeyCap::Character;
        let (modifier, key) = match self {
            Self::Control(action) => control_shortcut(action)?,
            Self::Record => (Modifier::Shift, Character('r')),
            Self::Faster => (Modifier::None, Character(']')),
            Self::Slower => (Modifier::None, Character('[')),
            Self::Learn => (Modifier::Control, Character('m')),
            Self::Lane(10) => (Modifier::None, Character('0')),
            Self::Lane(number) => {
                let digit = char::from_digit(u32::from(*number), 10)?;
                (Modifier::None, Character(digit))
            }
            Self::LaneAbove => (Modifier::None, KeyCap::Up),
            Self::LaneBelow => (Modifier::None, KeyCap::Down),
            Self::Scores => (Modifier::None, Character('s')),
            Self::Follow => (Modifier::None, Character('f')),
            Self::ZoomIn => (Modifier::None, Character('+')),
            Self::ZoomOut => (Modifier::None, Character('-')),
            Self::ShowAll => (Modifier::None, KeyCap::Home),
            Self::Earlier => (Modifier::None, KeyCap::Left),
            Self::Later => (Modifier::None, KeyCap::Right),
            Self::Explain => (Modifier::None, Character('e')),
            Self::LastStep => (Modifier::None, KeyCap::End),
            Self::Inspector => (Modifier::None, Character('i')),
            Self::Meters => (Modifier::None, Character('m')),
            Self::ReadingDistance => (Modifier::None, Character('r')),
            Self::FullScreen => (Modifier::None, KeyCap::F11),
            Self::Palette => (Modifier::Control, Character('p')),
            Self::Help => (Modifier::None, Character('?')),
            Self::Escape => (Modifier::None, KeyCap::Escape),
        };
        Some(Shortcut { modifier, key })
    }

    /// Its keys as the help sheet shows them: `Space`, `Hold T`, `Esc Esc`.
    pub fn keys(&self) -> String {
        match (self, self.shortcut()) {
            (Self::Control(ControlAction::Panic), _) => "Esc Esc".to_owned(),
            (action, Some(shortcut)) if action.is_held() => format!("Hold {shortcut}"),
            (_, Some(shortcut)) => shortcut.to_string(),
            (_, None) => String::new(),
        }
    }

    /// Whether its key must be held for a moment.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Control(ControlAction::Terminate(_)))
    }

    /// Its section of the help sheet.
    pub fn section(&self) -> HelpSection {
        match self {
            Self::Control(_) | Self::Record | Self::Faster | Self::Slower => {
                HelpSection::Performance
            }
            Self::Lane(_)
            | Self::LaneAbove
            | Self::LaneBelow
            | Self::Follow
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::ShowAll
            | Self::Earlier
            | Self::Later => HelpSection::Timeline,
            Self::Scores
            | Self::Explain
            | Self::LastStep
            | Self::Inspector
            | Self::Meters
            | Self::ReadingDistance
            | Self::FullScreen
            | Self::Learn
            | Self::Palette
            | Self::Help
            | Self::Escape => HelpSection::Window,
        }
    }
}

/// The shortcut of an action that a control surface can do as well.
fn control_shortcut(action: &ControlAction) -> Option<(Modifier, KeyCap)> {
    use KeyCap::Character;
    Some(match action {
        ControlAction::Pause(LaneTarget::Selected) => (Modifier::None, KeyCap::Space),
        ControlAction::Pause(LaneTarget::All) => (Modifier::Shift, KeyCap::Space),
        ControlAction::Terminate(LaneTarget::Selected) => (Modifier::None, Character('t')),
        ControlAction::Cue(LaneTarget::Selected) => (Modifier::None, Character('c')),
        ControlAction::PlayStop => (Modifier::None, Character('p')),
        ControlAction::Tap => (Modifier::None, Character('b')),
        ControlAction::Nudge(Offset::Earlier(_)) => (Modifier::None, Character(',')),
        ControlAction::Nudge(Offset::Later(_)) => (Modifier::None, Character('.')),
        ControlAction::Mute(StripTarget::Lane(LaneTarget::Selected)) => {
            (Modifier::None, Character('x'))
        }
        ControlAction::Solo(StripTarget::Lane(LaneTarget::Selected)) => {
            (Modifier::None, Character('o'))
        }
        _ => return None,
    })
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
            } else {
                assert_eq!(action, Action::Control(ControlAction::Panic));
            }
        }
        assert_eq!(keys.len(), 42);
    }
}
