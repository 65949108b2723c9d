//! The shortcuts of actions.

use super::Action;
use crate::{
    conductor::{
        Direction, EndAt,
        control_surface::{ControlAction, LaneTarget, StripTarget},
    },
    music::Offset,
    view::{
        arrangement::Side,
        navigation::Stop,
        shortcut::{KeyCap, Modifier, Shortcut},
    },
};

impl Action {
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
            Self::Focus => (Modifier::None, Character('w')),
            Self::EndedLanes => (Modifier::Shift, Character('e')),
            Self::FoldChildren => (Modifier::Shift, Character('f')),
            Self::Filter => (Modifier::Control, Character('f')),
            Self::RaiseWithData => (Modifier::Shift, Character('c')),
            Self::StartWithInput => (Modifier::Shift, Character('s')),
            Self::Restart => (Modifier::Control, Character('r')),
            Self::GoTo => (Modifier::Control, Character('g')),
            Self::OpenFile => (Modifier::Control, Character('o')),
            Self::Attach => (Modifier::Control, Character('a')),
            Self::Detach | Self::Serve => return None,
            Self::Export => (Modifier::Control, Character('e')),
            Self::Pin => (Modifier::Shift, Character('p')),
            Self::MoveLane(Side::Above) => (Modifier::Shift, KeyCap::Up),
            Self::MoveLane(Side::Below) => (Modifier::Shift, KeyCap::Down),
            Self::Group => (Modifier::Shift, Character('w')),
            Self::NewShow => (Modifier::Control, Character('n')),
            Self::EarlierLanes => (Modifier::Control, Character('b')),
            Self::Setlist => (Modifier::Control, Character('l')),
            Self::Scores => (Modifier::None, Character('s')),
            Self::Histories => (Modifier::None, Character('h')),
            Self::Purge => return None,
            Self::Schedules => (Modifier::Shift, Character('h')),
            Self::Faults => (Modifier::None, Character('u')),
            Self::BreakCode => (Modifier::Shift, Character('u')),
            Self::Crash => (Modifier::Control, Character('u')),
            Self::Compare => (Modifier::None, Character('v')),
            Self::Dismiss => (Modifier::None, Character('d')),
            Self::Live => (Modifier::None, Character('l')),
            Self::Replay => (Modifier::None, Character('g')),
            Self::ReplayBackward => (Modifier::Shift, Character('g')),
            Self::Loop => (Modifier::Shift, Character('l')),
            Self::Step(stop, direction) => step_shortcut(*stop, *direction),
            Self::Start => (Modifier::None, KeyCap::Home),
            Self::End => (Modifier::None, KeyCap::End),
            Self::Rerun => (Modifier::None, KeyCap::Enter),
            Self::Mark => (Modifier::None, Character('k')),
            Self::Follow => (Modifier::None, Character('f')),
            Self::ZoomIn => (Modifier::None, Character('+')),
            Self::ZoomOut => (Modifier::None, Character('-')),
            Self::ShowAll => (Modifier::None, Character('a')),
            Self::FoldIdle => (Modifier::None, Character('z')),
            Self::Clock => (Modifier::Shift, Character('v')),
            Self::Earlier => (Modifier::Shift, KeyCap::PageUp),
            Self::Later => (Modifier::Shift, KeyCap::PageDown),
            Self::Explain => (Modifier::None, Character('e')),
            Self::Inspector => (Modifier::None, Character('i')),
            Self::Meters => (Modifier::None, Character('m')),
            Self::ReadingDistance => (Modifier::None, Character('r')),
            Self::Motion => (Modifier::Shift, Character('m')),
            Self::AudienceWindow => (Modifier::None, KeyCap::F10),
            Self::Blackout => (Modifier::None, KeyCap::F9),
            Self::AudienceText => (Modifier::Shift, KeyCap::F10),
            Self::FullScreen => (Modifier::None, KeyCap::F11),
            Self::Quit => (Modifier::Control, Character('q')),
            Self::Palette => (Modifier::Control, Character('p')),
            Self::FindLane => return None,
            Self::Help => (Modifier::None, Character('?')),
            Self::Escape => (Modifier::None, KeyCap::Escape),
            Self::NextToken => return None,
            Self::EditScore => (Modifier::Shift, Character('i')),
            Self::SaveScore => (Modifier::Control, Character('s')),
        };
        Some(Shortcut { modifier, key })
    }
}

fn step_shortcut(stop: Stop, direction: Direction) -> (Modifier, KeyCap) {
    let arrow = match direction {
        Direction::Forward => KeyCap::Right,
        Direction::Backward => KeyCap::Left,
    };
    match (stop, direction) {
        (Stop::Event, _) => (Modifier::None, arrow),
        (Stop::Beat, _) => (Modifier::Shift, arrow),
        (Stop::Bar, _) => (Modifier::Control, arrow),
        (Stop::Failure, Direction::Forward) => (Modifier::None, KeyCap::Character('n')),
        (Stop::Failure, Direction::Backward) => (Modifier::Shift, KeyCap::Character('n')),
        (Stop::Marker, Direction::Forward) => (Modifier::None, KeyCap::Character('j')),
        (Stop::Marker, Direction::Backward) => (Modifier::Shift, KeyCap::Character('j')),
    }
}

/// The shortcut of an action that a control surface can do as well.
fn control_shortcut(action: &ControlAction) -> Option<(Modifier, KeyCap)> {
    use KeyCap::Character;
    Some(match action {
        ControlAction::Pause(LaneTarget::Selected) => (Modifier::None, KeyCap::Space),
        ControlAction::Pause(LaneTarget::All) => (Modifier::Shift, KeyCap::Space),
        ControlAction::Terminate(LaneTarget::Selected) => (Modifier::None, Character('t')),
        ControlAction::TerminateAt(LaneTarget::Selected, EndAt::Note) => {
            (Modifier::Shift, Character('t'))
        }
        ControlAction::TerminateAt(LaneTarget::Selected, EndAt::Bar) => {
            (Modifier::Control, Character('t'))
        }
        ControlAction::Cancel(LaneTarget::Selected) => (Modifier::None, Character('q')),
        ControlAction::Retry(LaneTarget::Selected) => (Modifier::None, Character('y')),
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
        ControlAction::Louder(LaneTarget::Selected) => (Modifier::Control, KeyCap::Up),
        ControlAction::Softer(LaneTarget::Selected) => (Modifier::Control, KeyCap::Down),
        ControlAction::ResetVolume(LaneTarget::Selected) => (Modifier::Shift, Character('x')),
        ControlAction::NextPiece => (Modifier::None, KeyCap::PageDown),
        ControlAction::PreviousPiece => (Modifier::None, KeyCap::PageUp),
        ControlAction::ResetScene => (Modifier::None, KeyCap::Backspace),
        _ => return None,
    })
}
