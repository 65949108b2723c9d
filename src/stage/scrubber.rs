//! The playhead: a slider in the ruler that can be dragged, with the selected range.

use egui::{Color32, CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, accesskit, pos2, vec2};

use super::{
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, translucent},
};
use crate::{
    conductor::Direction,
    engine::Timestamp,
    view::{Action, Rgb, Stop, TimeRange, format},
};

/// Handles the pointer in the ruler: a click or drag moves the playhead, with Shift it selects a range.
/// For screen readers it is a slider whose value is the time since the start, in seconds.
pub(super) fn show(ui: &Ui, ruler: Rect, frame: &mut FrameContext<'_>) {
    let id = ui.make_persistent_id("playhead");
    let response = ui.interact(ruler, id, Sense::click_and_drag());
    let whole = frame.live.extent(frame.wall);
    let seconds = |at: Timestamp| at.since(whole.from).as_secs_f64();
    let value = seconds(frame.now);
    let name = format!(
        "Playhead, {} after the start",
        format::seconds(frame.now.since(whole.from))
    );
    response.widget_info(|| WidgetInfo::slider(true, value, &name));
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(seconds(whole.until));
        node.add_action(accesskit::Action::SetValue);
        node.add_action(accesskit::Action::Increment);
        node.add_action(accesskit::Action::Decrement);
    });
    for request in ui.input(|input| {
        let requests = input.accesskit_action_requests(id, accesskit::Action::SetValue);
        requests.cloned().collect::<Vec<_>>()
    }) {
        if let Some(accesskit::ActionData::NumericValue(value)) = request.data {
            let ns = (value.max(0.0) * 1e9) as u64;
            frame.seek(Timestamp(whole.from.0.saturating_add(ns)));
        }
    }
    let requested = |action| ui.input(|input| input.has_accesskit_action_request(id, action));
    for (action, direction) in [
        (accesskit::Action::Increment, Direction::Forward),
        (accesskit::Action::Decrement, Direction::Backward),
    ] {
        if requested(action) {
            frame.act(Action::Step(Stop::Event, direction));
        }
    }
    if response.hovered() {
        ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    let Some(at) = response.interact_pointer_pos() else {
        return;
    };
    if !response.is_pointer_button_down_on() && !response.clicked() {
        return;
    }
    let moment = frame.state.viewport.time_at(at.x - ruler.left());
    let selects = ui.input(|input| input.modifiers.shift);
    let origin = ui.input(|input| input.pointer.press_origin());
    match origin.filter(|_| selects) {
        Some(origin) => {
            let start = frame.state.viewport.time_at(origin.x - ruler.left());
            frame.state.range = Some(TimeRange::between(start, moment));
        }
        None => frame.seek(moment),
    }
}

/// The mark of the playhead in the ruler.
pub(super) fn mark(ruler: Rect, left: f32, frame: &FrameContext<'_>) -> Rect {
    let x = left + frame.state.viewport.x(frame.now);
    let half = frame.sizes.pt(11.0);
    let top = ruler.bottom() - half * 1.6;
    Rect::from_min_max(pos2(x - half, top), pos2(x + half, top + half * 1.4))
}

/// Paints the playhead.
pub(super) fn paint(ui: &Ui, ruler: Rect, lanes: Rect, left: f32, frame: &FrameContext<'_>) {
    let x = left + frame.state.viewport.x(frame.now);
    if x < left || x > lanes.right() {
        return;
    }
    let painter = ui.painter_at(Rect::from_min_max(pos2(left, ruler.top()), lanes.max));
    let color = match frame.state.is_replay() {
        true => Rgb::REPLAY,
        false => Rgb::TEXT,
    };
    let mut light = MeshBuilder::default();
    let wide = frame.sizes.pt(74.0);
    let shine = Rect::from_min_max(pos2(x - wide, lanes.top()), pos2(x, lanes.bottom()));
    light.horizontal_gradient(shine, Color32::TRANSPARENT, translucent(color, 0.10));
    let line = Rect::from_min_max(
        pos2(x - 1.5, ruler.bottom() - 4.0),
        pos2(x + 1.5, lanes.bottom()),
    );
    light.rect(line, color32(color));
    let mark = mark(ruler, left, frame);
    light.polygon(
        &[mark.left_top(), mark.right_top(), mark.center_bottom()],
        color32(color),
    );
    light.flush(&painter);
}

/// Paints the selected range.
pub(super) fn paint_range(ui: &Ui, ruler: Rect, lanes: Rect, left: f32, frame: &FrameContext<'_>) {
    let painter = ui.painter_at(Rect::from_min_max(pos2(left, ruler.top()), lanes.max));
    let view = &frame.state.viewport;
    let x = |at: Timestamp| left + view.x(at).clamp(-50.0, view.width + 50.0);
    let mut mesh = MeshBuilder::default();
    if let Some(range) = frame.state.range {
        let band = Rect::from_min_max(
            pos2(x(range.from), ruler.top()),
            pos2(x(range.until), ruler.bottom()),
        );
        mesh.rect(band, translucent(Rgb::REPLAY, 0.18));
        let lanes = Rect::from_min_max(
            pos2(band.left(), lanes.top()),
            pos2(band.right(), lanes.bottom()),
        );
        mesh.rect(lanes, translucent(Rgb::REPLAY, 0.05));
        for edge in [band.left(), band.right()] {
            let edge = Rect::from_min_max(
                pos2(edge - 1.0, band.top()),
                pos2(edge + 1.0, band.bottom()),
            );
            mesh.rect(edge, color32(Rgb::REPLAY));
        }
    }
    mesh.flush(&painter);
}

/// Paints the folds of the time axis: a narrow break through all lanes, with its length in the ruler.
pub(super) fn paint_folds(ui: &Ui, ruler: Rect, lanes: Rect, left: f32, frame: &FrameContext<'_>) {
    let painter = ui.painter_at(Rect::from_min_max(pos2(left, ruler.top()), lanes.max));
    let sizes = frame.sizes;
    let mut labels_end = f32::MIN;
    for (place, fold) in frame.state.viewport.shown_folds().iter().enumerate() {
        let (from, until) = (left + fold.left, left + fold.right);
        let band = Rect::from_min_max(pos2(from, ruler.top()), pos2(until, lanes.bottom()));
        let mut mesh = MeshBuilder::default();
        mesh.rect(band, translucent(Rgb::BACKGROUND, 0.72));
        let lower = Rect::from_min_max(pos2(from, lanes.top()), band.max);
        mesh.hatch(
            lower,
            lower.left(),
            sizes.pt(9.0),
            translucent(Rgb::MUTED, 0.35),
        );
        for x in [from, until] {
            let edge = Rect::from_min_max(pos2(x - 0.5, lanes.top()), pos2(x + 0.5, band.bottom()));
            mesh.rect(edge, translucent(Rgb::MUTED, 0.8));
        }
        let font = Font::Bold.id(sizes.pt(15.0).max(11.0));
        let text = layout_line(&painter, &fold.label, font, color32(Rgb::TEXT));
        // Two strokes, as where an axis is cut.
        let strokes = sizes.pt(15.0);
        let wide = strokes + text.size().x;
        let at = pos2(
            band.center().x - wide / 2.0,
            ruler.center().y - text.size().y / 2.0,
        );
        let plate = Rect::from_min_size(at, vec2(wide, text.size().y)).expand2(vec2(7.0, 3.0));
        // A length that would cover the one before is left out.
        if plate.left() < labels_end {
            mesh.flush(&painter);
            continue;
        }
        labels_end = plate.right() + 2.0;
        mesh.round(plate, 5.0, color32(Rgb::BUTTON));
        for x in [at.x, at.x + strokes * 0.36] {
            let (low, high) = (plate.bottom() - 4.0, plate.top() + 4.0);
            let slant = strokes * 0.36;
            mesh.line(pos2(x, low), pos2(x + slant, high), 1.6, color32(Rgb::TEXT));
        }
        mesh.flush(&painter);
        painter.galley(pos2(at.x + strokes, at.y), text, color32(Rgb::TEXT));
        let name = format!("Folded: {} without events", fold.label);
        super::button::label(ui, plate, ("fold", place), Role::Label, &name);
    }
}

/// Paints a seam through all lanes where the process was gone, with a label in the ruler.
pub(super) fn paint_outages(
    ui: &Ui,
    ruler: Rect,
    lanes: Rect,
    left: f32,
    frame: &FrameContext<'_>,
) {
    let painter = ui.painter_at(Rect::from_min_max(pos2(left, ruler.top()), lanes.max));
    let view = &frame.state.viewport;
    for (place, outage) in frame.snapshot.outages.iter().enumerate() {
        if outage.until > frame.now {
            continue;
        }
        let (from, until) = (left + view.x(outage.from), left + view.x(outage.until));
        if until < left - 300.0 || from > lanes.right() {
            continue;
        }
        let mut mesh = MeshBuilder::default();
        let gap = Rect::from_min_max(
            pos2(from.max(left - 50.0), lanes.top()),
            pos2(until, lanes.bottom()),
        );
        mesh.rect(gap, translucent(Rgb::BACKGROUND, 0.6));
        for x in [from, until] {
            let seam =
                Rect::from_min_max(pos2(x - 1.0, ruler.bottom()), pos2(x + 1.0, lanes.bottom()));
            mesh.rect(seam, color32(Rgb::TEXT));
        }
        let font = Font::Bold.id(frame.sizes.pt(17.0).max(12.0));
        let label = outage.label();
        let galley = layout_line(&painter, &label, font, color32(Rgb::BACKGROUND));
        let middle = (from.max(left) + until) / 2.0;
        let at = pos2(
            (middle - galley.size().x / 2.0).max(left + 10.0),
            lanes.top() + frame.sizes.pt(4.0),
        );
        let plate = Rect::from_min_size(at, galley.size()).expand2(vec2(9.0, 4.0));
        mesh.round(plate, 5.0, color32(Rgb::TEXT));
        mesh.flush(&painter);
        painter.galley(at, galley, color32(Rgb::BACKGROUND));
        super::button::label(ui, plate, ("outage", place), Role::Label, &label);
    }
}
