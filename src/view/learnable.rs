//! What learn mode offers although it has no widget of its own in the window.

use std::sync::Arc;

use crate::{
    conductor::{
        EndAt, FaultTarget,
        control_surface::{ControlAction, LaneTarget, PlayheadAction, StripTarget},
    },
    music::Offset,
};

/// The actions that learn mode offers in its panel, in order: for everything, for the selected lane, for
/// the set list, for the playhead, and for these instruments.
pub fn learnable(instruments: impl Iterator<Item = Arc<str>>) -> Vec<ControlAction> {
    let selected = || LaneTarget::Selected;
    let mut actions = vec![
        ControlAction::Tap,
        ControlAction::Nudge(Offset::Earlier(ControlAction::NUDGE)),
        ControlAction::Nudge(Offset::Later(ControlAction::NUDGE)),
        ControlAction::Pause(LaneTarget::All),
        ControlAction::EndFaults,
        ControlAction::Pause(selected()),
        ControlAction::Cue(selected()),
        ControlAction::Retry(selected()),
        ControlAction::Mute(StripTarget::Lane(selected())),
        ControlAction::Solo(StripTarget::Lane(selected())),
        ControlAction::Volume(selected()),
        ControlAction::Louder(selected()),
        ControlAction::Softer(selected()),
        ControlAction::ResetVolume(selected()),
        ControlAction::Cancel(selected()),
        ControlAction::TerminateAt(selected(), EndAt::Note),
        ControlAction::TerminateAt(selected(), EndAt::Bar),
        ControlAction::Terminate(selected()),
        ControlAction::NextPiece,
        ControlAction::PreviousPiece,
        ControlAction::ResetScene,
    ];
    // The badge that returns to live is in the window.
    let playhead = PlayheadAction::all().filter(|action| *action != PlayheadAction::Live);
    actions.extend(playhead.map(ControlAction::Playhead));
    for name in instruments {
        let strip = StripTarget::Instrument(Arc::clone(&name));
        actions.push(ControlAction::Mute(strip));
        actions.push(ControlAction::Faults(FaultTarget::Instrument(name)));
    }
    actions
}
