//! Three hints for a newcomer, each with a line to what it is about.

use egui::{Pos2, Rect, Role, Ui, Vec2, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, Sizes, color32, layout_line, layout_wrapped},
};
use crate::{
    conductor::control_surface::ControlAction,
    view::{Hint, Rgb},
};

/// The width of a hint.
const WIDTH: f32 = 400.0;

/// Paints the hints that are left over the lanes. `history` is the overview above them.
pub(super) fn show(ui: &Ui, history: Rect, lanes: Rect, frame: &mut FrameContext<'_>) {
    let Some(hints) = frame.state.hints.clone() else {
        return;
    };
    if frame.live.lanes.is_empty() {
        return;
    }
    let sizes = frame.sizes;
    let left = lanes.left() + sizes.lane_header;
    let width = sizes.pt(WIDTH).min((lanes.right() - left) * 0.46);
    for hint in hints.iter() {
        let (target, corner) = match hint {
            Hint::History => {
                let target = pos2(history.right() - sizes.pt(260.0), history.bottom());
                (
                    target,
                    pos2(target.x - width / 2.0, lanes.top() + sizes.pt(70.0)),
                )
            }
            Hint::Pause => {
                let button = pause_button(frame).unwrap_or(lanes.left_top());
                let below = button + vec2(0.0, sizes.pt(24.0));
                (below, button + vec2(sizes.pt(-30.0), sizes.pt(110.0)))
            }
            Hint::Lane => {
                // A step that has just been played: the lanes end with their steps.
                let played = left + frame.state.viewport.x(frame.now) - sizes.pt(70.0);
                let target = pos2(played.max(left), lanes.bottom() - sizes.pt(34.0));
                (
                    target,
                    target - vec2(width + sizes.pt(50.0), sizes.pt(190.0)),
                )
            }
        };
        let room = lanes.shrink(sizes.pt(16.0));
        callout(ui, hint, target, corner, width, room, sizes);
    }
    close_button(ui, lanes, frame);
}

/// The middle of the pause button of the first lane.
fn pause_button(frame: &FrameContext<'_>) -> Option<Pos2> {
    let mut buttons = frame.bindable.iter();
    let pause = buttons.find(|bindable| matches!(bindable.action, ControlAction::Pause(_)));
    pause.map(|bindable| bindable.rect.center())
}

fn callout(ui: &Ui, hint: Hint, target: Pos2, corner: Pos2, width: f32, room: Rect, sizes: Sizes) {
    let painter = ui.painter();
    let ink = color32(Rgb::BACKGROUND);
    let inner = width - sizes.pt(40.0);
    let heading = layout_line(painter, hint.heading(), Font::Bold.id(sizes.pt(25.0)), ink);
    let font = Font::Medium.id(sizes.pt(21.0).max(12.0));
    let words = layout_wrapped(painter, hint.text(), font, ink, inner, 4);
    let height = heading.size().y + words.size().y + sizes.pt(40.0);
    let space = (room.max - vec2(width, height)).max(room.min);
    let rect = Rect::from_min_size(corner.clamp(room.min, space), vec2(width, height));
    let mut mesh = MeshBuilder::default();
    let from = rect.clamp(target);
    let line = sizes.pt(3.0);
    mesh.line(from, target, line + 4.0, color32(Rgb::BACKGROUND));
    mesh.line(from, target, line, color32(Rgb::TEXT));
    let spot = Rect::from_center_size(target, Vec2::splat(sizes.pt(16.0)));
    mesh.round(spot.expand(2.0), sizes.pt(10.0), color32(Rgb::BACKGROUND));
    mesh.round(spot, sizes.pt(8.0), color32(Rgb::TEXT));
    mesh.round(rect.expand(2.0), sizes.pt(12.0), color32(Rgb::BACKGROUND));
    mesh.round(rect, sizes.pt(11.0), color32(Rgb::TEXT));
    mesh.flush(painter);
    let at = rect.min + Vec2::splat(sizes.pt(18.0));
    let below = at + vec2(0.0, heading.size().y + sizes.pt(4.0));
    painter.galley(at, heading, ink);
    painter.galley(below, words, ink);
    let name = format!("{}: {}", hint.heading(), hint.text());
    button::label(ui, rect, ("hint", hint), Role::Note, &name);
}

fn close_button(ui: &Ui, lanes: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let ink = color32(Rgb::TEXT);
    let font = Font::Bold.id(sizes.pt(22.0));
    let words = layout_line(ui.painter(), "Got it   Esc", font, ink);
    let size = words.size() + vec2(sizes.pt(44.0), sizes.pt(24.0));
    let corner = lanes.max - size - Vec2::splat(sizes.pt(20.0));
    let bounds = Rect::from_min_size(corner, size);
    let response = button::plain(ui, bounds, "close hints", "Close the hints");
    let at = bounds.center() - words.size() / 2.0;
    ui.painter().galley(at, words, ink);
    if response.clicked() {
        frame.state.close_hints();
    }
}
