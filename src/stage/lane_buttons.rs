//! The buttons of a lane: cue, an event with data, pause or resume, terminate.

use egui::{Align2, Rect, Role, Ui, accesskit, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text},
};
use crate::{
    conductor::control_surface::{ControlAction, LaneTarget},
    engine::InstanceId,
    view::{AskData, Command, EngineCommand, LaneModel, Rgb, pause_or_resume},
};

/// The position of a lane's buttons: right edge, vertical center, height.
pub(super) struct ButtonRow {
    pub right: f32,
    pub middle: f32,
    pub side: f32,
}

/// The space between two buttons, as a fraction of their height.
const APART: f32 = 0.22;
/// The width of the cue button, as a multiple of its height.
const CUE: f32 = 1.8;
/// The width of the button that asks for data, as a multiple of its height.
const DATA: f32 = 0.8;

/// The width of all buttons of a lane.
pub(super) fn width(lane: &LaneModel, side: f32) -> f32 {
    let pause = if pause_or_resume(lane).is_some() {
        1.0 + APART
    } else {
        0.0
    };
    let cue = match (lane.cues().next(), lane.takes_any_event()) {
        (Some(_), _) => CUE + DATA + 2.0 * APART,
        (None, true) => DATA + APART,
        (None, false) => 0.0,
    };
    let end = if lane.can_be_terminated() { 1.0 } else { 0.0 };
    (end + pause + cue) * side
}

/// Paints the buttons of a lane.
pub(super) fn show(
    ui: &Ui,
    row: ButtonRow,
    lane: &LaneModel,
    number: Option<u8>,
    frame: &mut FrameContext<'_>,
    mesh: &mut MeshBuilder,
) {
    let target = || number.map(LaneTarget::Number);
    let ButtonRow {
        mut right,
        middle,
        side,
    } = row;
    let mut next = |width: f32| {
        let corner = pos2(right - width, middle - side / 2.0);
        right -= width + side * APART;
        Rect::from_min_size(corner, vec2(width, side))
    };
    if lane.can_be_terminated() {
        let bounds = next(side);
        terminate(ui, bounds, lane, frame, mesh);
        if let Some(target) = target() {
            frame.bindable(bounds, ControlAction::Terminate(target));
        }
    }
    if let Some(command) = pause_or_resume(lane) {
        let bounds = next(side);
        pause(ui, bounds, lane, command, frame, mesh);
        if let Some(target) = target() {
            frame.bindable(bounds, ControlAction::Pause(target));
        }
    }
    if let Some(cue) = lane.cues().next() {
        let bounds = next(side * CUE);
        let name = format!("Send “{}” to {}", cue, lane.title());
        let response = button::area(ui, bounds, ("cue", &lane.id), Role::Button, &name);
        let mut plate = MeshBuilder::default();
        plate.round(
            bounds,
            side * 0.2,
            button::hover_color(&response, lane.color()),
        );
        plate.flush(ui.painter());
        text(
            ui.painter(),
            bounds.center(),
            Align2::CENTER_CENTER,
            "Cue",
            Font::Bold.id(side * 0.5),
            color32(Rgb::BACKGROUND),
        );
        if response.clicked() {
            frame.cue(lane, AskData::IfNeeded);
        }
        if let Some(target) = target() {
            frame.bindable(bounds, ControlAction::Cue(target));
        }
        data(ui, next(side * DATA), lane, frame, mesh);
    } else if lane.takes_any_event() {
        data(ui, next(side * DATA), lane, frame, mesh);
    }
}

/// The button that raises an event with data.
fn data(
    ui: &Ui,
    bounds: Rect,
    lane: &LaneModel,
    frame: &mut FrameContext<'_>,
    mesh: &mut MeshBuilder,
) {
    let name = format!("Raise an event with data on {}", lane.title());
    let response = button::plain(ui, bounds, ("data", &lane.id), &name);
    icons::dots(
        mesh,
        bounds.center(),
        bounds.height() * 0.3,
        color32(Rgb::TEXT),
    );
    if response.clicked() {
        frame.cue(lane, AskData::Always);
    }
}

/// The button that pauses or resumes. While the engine has not confirmed that, it says so.
fn pause(
    ui: &Ui,
    bounds: Rect,
    lane: &LaneModel,
    command: EngineCommand,
    frame: &mut FrameContext<'_>,
    mesh: &mut MeshBuilder,
) {
    let title = lane.title();
    let name = match (frame.state.pending.of(&lane.id), &command) {
        (Some(EngineCommand::Suspend(_)), _) => format!("Pausing {title}…"),
        (Some(EngineCommand::Resume(_)), _) => format!("Resuming {title}…"),
        (_, EngineCommand::Resume(_)) => format!("Resume {title}"),
        _ => format!("Pause {title}"),
    };
    let is_pending = name.ends_with('…');
    let response = button::plain(ui, bounds, ("pause", &lane.id), &name);
    let (center, size) = (bounds.center(), bounds.height() * 0.42);
    let color = color32(Rgb::TEXT);
    match (is_pending, &command) {
        (true, _) => icons::pending(mesh, center, size, color32(Rgb::PENDING)),
        (false, EngineCommand::Resume(_)) => icons::play(mesh, center, size, color),
        (false, _) => icons::pause(mesh, center, size, color),
    }
    if response.clicked() && !is_pending {
        frame.send(command);
    }
}

/// The terminate button. It must be held, so that an accidental click ends nothing.
fn terminate(
    ui: &Ui,
    bounds: Rect,
    lane: &LaneModel,
    frame: &mut FrameContext<'_>,
    mesh: &mut MeshBuilder,
) {
    let name = format!("Terminate {} (hold to confirm)", lane.title());
    let response = button::plain(ui, bounds, ("end", &lane.id), &name);
    let held = response.is_pointer_button_down_on();
    let command = Command::from(EngineCommand::Terminate(lane.id.clone()));
    let holding = frame.state.holding(frame.wall);
    let part = holding.and_then(|(held, part)| ends(held, &lane.id).then_some(part));
    let color = if part.is_some() {
        Rgb::ALARM
    } else {
        Rgb::TEXT
    };
    icons::stop(
        mesh,
        bounds.center(),
        bounds.height() * 0.34,
        color32(color),
    );
    if let Some(part) = part {
        icons::progress(
            mesh,
            bounds.center(),
            bounds.height() * 0.62,
            part,
            color32(Rgb::ALARM),
        );
    }
    if held {
        frame.state.begin_hold(command.clone(), frame.wall);
    }
    // A screen reader cannot hold a button; its click counts.
    if ui.input(|i| i.has_accesskit_action_request(response.id, accesskit::Action::Click)) {
        frame.send(command);
    }
}

/// Whether a command ends this lane, in one way or another.
fn ends(command: &Command, lane: &InstanceId) -> bool {
    let Command::Engine(command) = command else {
        return false;
    };
    let is_end = matches!(
        command,
        EngineCommand::Terminate(_) | EngineCommand::TerminateAt(..) | EngineCommand::Cancel(_)
    );
    is_end && command.instance() == Some(lane)
}
