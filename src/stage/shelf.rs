//! The shelf: a thin strip with the lanes that have ended.

use egui::{Align2, Rect, Role, Ui, pos2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text_within},
};
use crate::view::{Action, Rgb, Shelf, StageLanes};

/// The height of the shelf; 0 while it is empty.
pub(super) fn height(lanes: &StageLanes, frame: &FrameContext<'_>) -> f32 {
    match lanes.ended.is_empty() {
        true => 0.0,
        false => frame.sizes.pt(40.0),
    }
}

/// Paints it. A click on its name opens or closes it, one on a lane selects that lane.
pub(super) fn show(ui: &Ui, rect: Rect, lanes: &StageLanes, frame: &mut FrameContext<'_>) {
    if lanes.ended.is_empty() {
        return;
    }
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::BACKGROUND));
    let inner = rect.shrink2(egui::vec2(sizes.pt(8.0), sizes.pt(5.0)));
    let (name, field) = inner.split_left_right_at_x(rect.left() + sizes.lane_header);
    title(ui, name, lanes, frame);
    if frame.state.shelf == Shelf::Open {
        return;
    }
    let size = sizes.pt(16.0).max(11.0);
    let widest = sizes.pt(200.0);
    let mut left = field.left();
    for (count, place) in lanes.ended.iter().enumerate() {
        let Some(lane) = frame.snapshot.lanes.get(*place) else {
            continue;
        };
        let font = Font::Medium.id(size);
        let rest = lanes.ended.len() - count;
        let words = layout_line(&painter, lane.title(), font.clone(), color32(Rgb::MUTED));
        let width = (words.size().x + size * 2.4).min(widest);
        let more = sizes.pt(60.0);
        if left + width > field.right() - if rest > 1 { more } else { 0.0 } {
            let at = pos2(left + sizes.pt(6.0), field.center().y);
            let words = format!("+{rest}");
            text_within(
                &painter,
                at,
                Align2::LEFT_CENTER,
                &words,
                font,
                color32(Rgb::MUTED),
                more,
            );
            return;
        }
        let plate = Rect::from_min_max(pos2(left, field.top()), pos2(left + width, field.bottom()));
        let state = lane.state();
        let name = format!("Show {}, {}", lane.title(), state.label());
        let response = button::area(ui, plate, ("shelf", &lane.id), Role::Button, &name);
        let mut mesh = MeshBuilder::default();
        let ground = lane.color().over(Rgb::BACKGROUND, 0.16);
        mesh.round(plate, 4.0, button::hover_color(&response, ground));
        let edge = Rect::from_min_max(plate.min, pos2(plate.left() + 4.0, plate.bottom()));
        mesh.rect(edge, color32(lane.color().over(Rgb::BACKGROUND, 0.6)));
        let mark = pos2(plate.left() + size * 0.95, plate.center().y);
        icons::status(
            &mut mesh,
            state.icon(),
            mark,
            size * 0.7,
            color32(state.color()),
        );
        button::focus_ring(&mut mesh, &response, plate.shrink(3.0));
        mesh.flush(&painter);
        text_within(
            &painter,
            pos2(plate.left() + size * 1.7, plate.center().y),
            Align2::LEFT_CENTER,
            lane.title(),
            font,
            color32(Rgb::MUTED),
            width - size * 2.0,
        );
        if response.clicked() {
            let id = lane.id.clone();
            frame.state.select(&id);
        }
        left += width + sizes.pt(6.0);
    }
}

/// The name of the shelf, with the number of its lanes.
fn title(ui: &Ui, rect: Rect, lanes: &StageLanes, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let count = lanes.ended.len();
    let (verb, points) = match frame.state.shelf {
        Shelf::Closed => ("Show", icons::Points::Right),
        Shelf::Open => ("Hide", icons::Points::Down),
    };
    let bounds = Rect::from_min_max(rect.min, pos2(rect.left() + sizes.pt(190.0), rect.bottom()));
    let response = button::plain(
        ui,
        bounds,
        "shelf",
        &format!("{verb} the ended lanes ({count})"),
    );
    let size = sizes.pt(17.0).max(11.5);
    let mut mesh = MeshBuilder::default();
    let at = pos2(bounds.left() + size, bounds.center().y);
    icons::arrow(&mut mesh, at, size * 0.7, points, color32(Rgb::TEXT));
    mesh.flush(ui.painter());
    text_within(
        ui.painter(),
        pos2(bounds.left() + size * 1.9, bounds.center().y),
        Align2::LEFT_CENTER,
        &format!("ended ({count})"),
        Font::Bold.id(size),
        color32(Rgb::TEXT),
        bounds.width() - size * 2.0,
    );
    if response.clicked() {
        frame.act(Action::EndedLanes);
    }
}
