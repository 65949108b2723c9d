//! Actions of the window: one table feeds keys, the palette and the help sheet.

use crate::{
    conductor::control_surface::{ControlAction, LaneTarget, StripTarget},
    music::Offset,
};

/// An action of the window. Those that a pad can do as well are the same
/// [`ControlAction`]: see [`Action::control`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Pause the selected lane, or resume it.
    Pause,
    /// Pause every lane, or resume all.
    PauseAll,
    /// End the selected lane, if the key is held long enough.
    Terminate,
    /// Raise the event that the selected lane, or else any lane, waits for.
    Cue,
    /// Silence everything.
    Panic,
    /// Start or stop the transport.
    PlayStop,
    /// Record the performance, or end the recording.
    Record,
    /// A little faster.
    Faster,
    /// A little slower.
    Slower,
    /// Tell the tempo by tapping it.
    Tap,
    /// Everything still to come a little earlier.
    NudgeEarlier,
    /// Everything still to come a little later.
    NudgeLater,
    /// Mute the selected lane, or let it be heard.
    Mute,
    /// Hear only the selected lane, or all.
    Solo,
    /// Learn what pads, faders and keys do.
    Learn,
    /// Select the lane with that digit, 1 to 10.
    Lane(u8),
    /// Select the lane above.
    LaneAbove,
    /// Select the lane below.
    LaneBelow,
    /// Show the scores, or put them away.
    Scores,
    /// Follow the playhead.
    Follow,
    /// More detail.
    ZoomIn,
    /// Less detail.
    ZoomOut,
    /// The whole performance.
    ShowAll,
    /// Move to earlier moments.
    Earlier,
    /// Move to later moments.
    Later,
    /// Show the inspector, or put it away.
    Inspector,
    /// Show the meters, or put them away.
    Meters,
    /// The next reading distance.
    Reading,
    /// The whole screen, or a window.
    FullScreen,
    /// Find an action by its name.
    Palette,
    /// Show every key.
    Help,
    /// Put away what lies on top; twice is [`Action::Panic`].
    Escape,
}

/// A key on the keyboard, as people name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyCap {
    /// A letter, digit or sign.
    Sign(char),
    /// The space bar.
    Space,
    /// Escape.
    Escape,
    /// An arrow.
    Left,
    /// An arrow.
    Right,
    /// An arrow.
    Up,
    /// An arrow.
    Down,
    /// Home.
    Home,
    /// The function key.
    F11,
}

/// A key and what is held down with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    /// What is held down.
    pub with: Modifier,
    /// The key.
    pub cap: KeyCap,
}

/// What is held down with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// Nothing.
    Nothing,
    /// Shift.
    Shift,
    /// Control.
    Control,
}

impl std::fmt::Display for Chord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.with {
            Modifier::Nothing => "",
            Modifier::Shift => "Shift+",
            Modifier::Control => "Ctrl+",
        })?;
        match self.cap {
            KeyCap::Sign('-') => f.write_str("−"),
            KeyCap::Sign(sign) => write!(f, "{}", sign.to_uppercase()),
            KeyCap::Space => f.write_str("Space"),
            KeyCap::Escape => f.write_str("Esc"),
            KeyCap::Left => f.write_str("Left"),
            KeyCap::Right => f.write_str("Right"),
            KeyCap::Up => f.write_str("Up"),
            KeyCap::Down => f.write_str("Down"),
            KeyCap::Home => f.write_str("Home"),
            KeyCap::F11 => f.write_str("F11"),
        }
    }
}

/// The part of the help sheet that an action belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chapter {
    /// What happens to workflows.
    Conduct,
    /// What the timeline shows.
    Look,
    /// The window.
    Stage,
}

impl Chapter {
    /// All, in the order of the help sheet.
    pub const ALL: [Self; 3] = [Self::Conduct, Self::Look, Self::Stage];

    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Conduct => "Performance",
            Self::Look => "Timeline",
            Self::Stage => "Window",
        }
    }
}

impl Action {
    /// Every action, in the order of the help sheet.
    pub fn all() -> impl Iterator<Item = Self> {
        const PLAIN: [Action; 31] = [
            Action::Pause,
            Action::PauseAll,
            Action::Terminate,
            Action::Cue,
            Action::PlayStop,
            Action::Record,
            Action::Faster,
            Action::Slower,
            Action::Tap,
            Action::NudgeEarlier,
            Action::NudgeLater,
            Action::Mute,
            Action::Solo,
            Action::Scores,
            Action::Escape,
            Action::Panic,
            Action::LaneAbove,
            Action::LaneBelow,
            Action::Follow,
            Action::ZoomIn,
            Action::ZoomOut,
            Action::ShowAll,
            Action::Earlier,
            Action::Later,
            Action::Inspector,
            Action::Meters,
            Action::Reading,
            Action::FullScreen,
            Action::Learn,
            Action::Palette,
            Action::Help,
        ];
        PLAIN.into_iter().chain((1..=10).map(Action::Lane))
    }

    /// What it does, in a few words.
    pub fn text(self) -> String {
        match self {
            Self::Pause => "Pause or resume the selected lane",
            Self::PauseAll => "Pause or resume all lanes",
            Self::Terminate => "Terminate the selected lane",
            Self::Cue => "Send the cue a lane is waiting for",
            Self::Panic => "Panic: silence everything",
            Self::PlayStop => "Start or stop the transport",
            Self::Record => "Start or stop recording",
            Self::Faster => "Tempo up 1 BPM",
            Self::Slower => "Tempo down 1 BPM",
            Self::Tap => "Tap the tempo",
            Self::NudgeEarlier => "Nudge earlier",
            Self::NudgeLater => "Nudge later",
            Self::Mute => "Toggle mute",
            Self::Solo => "Toggle solo",
            Self::Learn => "Map pads, faders and keys",
            Self::Lane(digit) => return format!("Select lane {digit}"),
            Self::LaneAbove => "Select the lane above",
            Self::LaneBelow => "Select the lane below",
            Self::Scores => "Show or hide the scores",
            Self::Follow => "Return to live",
            Self::ZoomIn => "Zoom in",
            Self::ZoomOut => "Zoom out",
            Self::ShowAll => "Show the whole performance",
            Self::Earlier => "Scroll back",
            Self::Later => "Scroll forward",
            Self::Inspector => "Show or hide the inspector",
            Self::Meters => "Show or hide the meters",
            Self::Reading => "Text size: desk, stage, hall, poster",
            Self::FullScreen => "Toggle full screen",
            Self::Palette => "Find an action or a score",
            Self::Help => "Show keyboard shortcuts",
            Self::Escape => "Close the top panel",
        }
        .to_owned()
    }

    /// The control surface's action that does the same to the selected lane, if there is one.
    pub fn control(self) -> Option<ControlAction> {
        let selected = || StripTarget::Lane(LaneTarget::Selected);
        Some(match self {
            Self::Pause => ControlAction::Pause(LaneTarget::Selected),
            Self::PauseAll => ControlAction::Pause(LaneTarget::All),
            Self::Cue => ControlAction::Cue(LaneTarget::Selected),
            Self::Mute => ControlAction::Mute(selected()),
            Self::Solo => ControlAction::Solo(selected()),
            Self::PlayStop => ControlAction::PlayStop,
            Self::Tap => ControlAction::Tap,
            Self::NudgeEarlier => ControlAction::Nudge(Offset::Earlier(ControlAction::NUDGE)),
            Self::NudgeLater => ControlAction::Nudge(Offset::Later(ControlAction::NUDGE)),
            Self::Panic => ControlAction::Panic,
            _ => return None,
        })
    }

    /// Its key. [`Action::Panic`] has none of its own: it is Escape twice.
    pub fn chord(self) -> Option<Chord> {
        let (with, cap) = match self {
            Self::Pause => (Modifier::Nothing, KeyCap::Space),
            Self::PauseAll => (Modifier::Shift, KeyCap::Space),
            Self::Terminate => (Modifier::Nothing, KeyCap::Sign('t')),
            Self::Cue => (Modifier::Nothing, KeyCap::Sign('c')),
            Self::Panic => return None,
            Self::PlayStop => (Modifier::Nothing, KeyCap::Sign('p')),
            Self::Record => (Modifier::Shift, KeyCap::Sign('r')),
            Self::Faster => (Modifier::Nothing, KeyCap::Sign(']')),
            Self::Slower => (Modifier::Nothing, KeyCap::Sign('[')),
            Self::Tap => (Modifier::Nothing, KeyCap::Sign('b')),
            Self::NudgeEarlier => (Modifier::Nothing, KeyCap::Sign(',')),
            Self::NudgeLater => (Modifier::Nothing, KeyCap::Sign('.')),
            Self::Mute => (Modifier::Nothing, KeyCap::Sign('x')),
            Self::Solo => (Modifier::Nothing, KeyCap::Sign('o')),
            Self::Learn => (Modifier::Control, KeyCap::Sign('m')),
            Self::Lane(10) => (Modifier::Nothing, KeyCap::Sign('0')),
            Self::Lane(digit) => (
                Modifier::Nothing,
                KeyCap::Sign(char::from_digit(u32::from(digit), 10)?),
            ),
            Self::LaneAbove => (Modifier::Nothing, KeyCap::Up),
            Self::LaneBelow => (Modifier::Nothing, KeyCap::Down),
            Self::Scores => (Modifier::Nothing, KeyCap::Sign('s')),
            Self::Follow => (Modifier::Nothing, KeyCap::Sign('f')),
            Self::ZoomIn => (Modifier::Nothing, KeyCap::Sign('+')),
            Self::ZoomOut => (Modifier::Nothing, KeyCap::Sign('-')),
            Self::ShowAll => (Modifier::Nothing, KeyCap::Home),
            Self::Earlier => (Modifier::Nothing, KeyCap::Left),
            Self::Later => (Modifier::Nothing, KeyCap::Right),
            Self::Inspector => (Modifier::Nothing, KeyCap::Sign('i')),
            Self::Meters => (Modifier::Nothing, KeyCap::Sign('m')),
            Self::Reading => (Modifier::Nothing, KeyCap::Sign('r')),
            Self::FullScreen => (Modifier::Nothing, KeyCap::F11),
            Self::Palette => (Modifier::Control, KeyCap::Sign('p')),
            Self::Help => (Modifier::Nothing, KeyCap::Sign('?')),
            Self::Escape => (Modifier::Nothing, KeyCap::Escape),
        };
        Some(Chord { with, cap })
    }

    /// Where it stands on the help sheet.
    pub fn chapter(self) -> Chapter {
        match self {
            Self::Pause
            | Self::PauseAll
            | Self::Terminate
            | Self::Cue
            | Self::Panic
            | Self::PlayStop
            | Self::Record
            | Self::Faster
            | Self::Slower
            | Self::Tap
            | Self::NudgeEarlier
            | Self::NudgeLater
            | Self::Mute
            | Self::Solo => Chapter::Conduct,
            Self::Lane(_)
            | Self::LaneAbove
            | Self::LaneBelow
            | Self::Follow
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::ShowAll
            | Self::Earlier
            | Self::Later => Chapter::Look,
            Self::Scores
            | Self::Inspector
            | Self::Meters
            | Self::Reading
            | Self::FullScreen
            | Self::Learn
            | Self::Palette
            | Self::Help
            | Self::Escape => Chapter::Stage,
        }
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
            if let Some(chord) = action.chord() {
                let before = keys.insert(chord.to_string(), action);
                assert_eq!(before, None, "{chord} is taken");
            } else {
                assert_eq!(action, Action::Panic);
            }
        }
        assert_eq!(keys.len(), 40);
    }
}
