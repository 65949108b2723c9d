//! The fader of a lane: its volume, beside its level. Drag it, or double-click it for 0 dB.
//!
//! A drag moves the volume from where it was: a press in the wrong place is not heard.

use egui::{Rect, Response, Sense, Ui, WidgetInfo, accesskit, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{color32, translucent},
};
use crate::{
    conductor::control_surface::{ControlAction, LaneTarget},
    music::Volume,
    view::{LaneModel, PlayerCommand, Rgb, escape::escape_line},
};

/// The width of its column, in points.
const WIDTH: f32 = 24.0;
/// The room of the level beside it, in points.
const LEVEL: f32 = 8.0;

/// Where a drag began, and the volume that was sent last.
#[derive(Debug, Clone, Copy)]
struct Dragged {
    began: f32,
    from: Volume,
    sent: Volume,
}

/// Paints it at the right of a lane's header, clipped to `clip`. Returns the rest of the header.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    clip: Rect,
    lane: &LaneModel,
    number: Option<u8>,
    frame: &mut FrameContext<'_>,
) -> Rect {
    let wide = frame.sizes.pt(WIDTH);
    let right = rect.right() - LEVEL;
    let rest = Rect::from_min_max(rect.min, pos2(right - wide, rect.bottom()));
    let column = Rect::from_min_max(pos2(right - wide, rect.top()), pos2(right, rect.bottom()));
    let column = column.shrink2(vec2(0.0, frame.sizes.pt(6.0)));
    if !clip.contains_rect(column) {
        return rest;
    }
    let volume = frame.live.performance().mixer.volume(&lane.id);
    let response = area(ui, column, lane, volume);
    paint(ui, column, &response, volume, frame);
    if let Some(wanted) = wanted(ui, column, &response, volume) {
        frame.send(PlayerCommand::SetVolume(lane.id.clone(), wanted));
    }
    if let Some(number) = number {
        frame.bindable(column, ControlAction::Volume(LaneTarget::Number(number)));
    }
    rest
}

fn area(ui: &Ui, column: Rect, lane: &LaneModel, volume: Volume) -> Response {
    let id = ui.make_persistent_id(("volume", lane.id.as_str()));
    let response = ui.interact(column, id, Sense::click_and_drag());
    let title = escape_line(lane.title());
    let name = format!("Volume of {title}");
    response.widget_info(|| WidgetInfo::slider(true, volume.on_fader(), &name));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(Volume::FADER_FROM.into());
        node.set_max_numeric_value(Volume::FADER_TO.into());
        node.set_value(volume.to_string());
        node.add_action(accesskit::Action::Increment);
        node.add_action(accesskit::Action::Decrement);
        node.add_action(accesskit::Action::SetValue);
    });
    response
}

/// The track with a mark at 0 dB, and the handle at the volume.
fn paint(ui: &Ui, column: Rect, response: &Response, volume: Volume, frame: &FrameContext<'_>) {
    let pt = |size| frame.sizes.pt(size);
    let track = track(column);
    let y = |volume: Volume| track.bottom() - track.height() * volume.travel() as f32;
    let center = column.center().x;
    let mut mesh = MeshBuilder::default();
    let line = Rect::from_center_size(track.center(), vec2(pt(3.0), track.height()));
    mesh.round(line, pt(1.5), translucent(Rgb::MUTED, 0.75));
    let unity = y(Volume::UNITY);
    let mark = pt(7.0);
    mesh.line(
        pos2(center - mark, unity),
        pos2(center + mark, unity),
        1.5,
        color32(Rgb::MUTED),
    );
    let color = match volume == Volume::UNITY {
        true => Rgb::TEXT,
        false => Rgb::PENDING,
    };
    let size = vec2(
        pt(18.0),
        (column.height() * 0.09).clamp(5.0, pt(9.0).max(5.0)),
    );
    let handle = Rect::from_center_size(pos2(center, y(volume)), size);
    mesh.round(handle, size.y * 0.3, button::hover_color(response, color));
    button::focus_ring(&mut mesh, response, column);
    mesh.flush(ui.painter());
}

/// Where the center of the handle can be.
fn track(column: Rect) -> Rect {
    column.shrink2(vec2(0.0, (column.height() * 0.06).max(4.0)))
}

/// The volume that is asked for, if it is a new one.
fn wanted(ui: &Ui, column: Rect, response: &Response, volume: Volume) -> Option<Volume> {
    let asks = |action| ui.input(|input| input.has_accesskit_action_request(response.id, action));
    if asks(accesskit::Action::Increment) {
        return Some(volume.louder());
    }
    if asks(accesskit::Action::Decrement) {
        return Some(volume.softer());
    }
    if let Some(set) = set_value(ui, response) {
        return Some(Volume::from_decibels(set));
    }
    if response.double_clicked() {
        return Some(Volume::UNITY);
    }
    dragged(ui, column, response, volume)
}

/// What an assistive technology sets, in decibels.
fn set_value(ui: &Ui, response: &Response) -> Option<f64> {
    ui.input(|input| {
        let mut requests =
            input.accesskit_action_requests(response.id, accesskit::Action::SetValue);
        requests.find_map(|request| match &request.data {
            Some(accesskit::ActionData::NumericValue(value)) => Some(*value),
            _ => None,
        })
    })
}

fn dragged(ui: &Ui, column: Rect, response: &Response, volume: Volume) -> Option<Volume> {
    let at = response.interact_pointer_pos()?.y;
    if response.drag_started() {
        let origin = ui.input(|input| input.pointer.press_origin());
        let drag = Dragged {
            began: origin.map_or(at, |origin| origin.y),
            from: volume,
            sent: volume,
        };
        ui.data_mut(|data| data.insert_temp(response.id, drag));
    }
    if !response.dragged() {
        return None;
    }
    let drag = ui.data(|data| data.get_temp::<Dragged>(response.id))?;
    let moved = f64::from((drag.began - at) / track(column).height());
    let wanted = Volume::at_travel(drag.from.travel() + moved);
    if wanted == drag.sent {
        return None;
    }
    let drag = Dragged {
        sent: wanted,
        ..drag
    };
    ui.data_mut(|data| data.insert_temp(response.id, drag));
    Some(wanted)
}
