//! The heading of a group of lanes: a thin row with its name and how many lanes have which status. A click
//! folds the group.

use egui::{Align2, Rect, Role, Ui, pos2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text, text_within},
};
use crate::view::{Fold, LaneGroup, Rgb};

/// Paints it, clipped to `clip`.
pub(super) fn show(
    ui: &Ui,
    row: Rect,
    clip: Rect,
    group: &LaneGroup,
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(clip);
    let (verb, points) = match group.fold {
        Fold::Unfolded => ("Fold", icons::Points::Down),
        Fold::Folded => ("Unfold", icons::Points::Right),
    };
    let words = group.words();
    let name = format!("{verb} the group {}: {words}", group.name);
    let seen = row.intersect(clip);
    let response = button::area(ui, seen, ("group", &group.name), Role::Button, &name);
    let plate = Rect::from_min_max(row.min, pos2(row.right(), row.bottom() - 2.0));
    let mut mesh = MeshBuilder::default();
    mesh.rect(plate, button::hover_color(&response, Rgb::BUTTON));
    button::focus_ring(&mut mesh, &response, plate.shrink(4.0));
    let size = (plate.height() * 0.64).min(sizes.pt(18.0));
    let at = pos2(plate.left() + sizes.pt(20.0), plate.center().y);
    icons::arrow(&mut mesh, at, size * 0.8, points, color32(Rgb::TEXT));
    mesh.flush(&painter);
    let left = pos2(plate.left() + sizes.pt(36.0), plate.center().y);
    let placed = text_within(
        &painter,
        left,
        Align2::LEFT_CENTER,
        &group.name,
        Font::Bold.id(size),
        color32(Rgb::TEXT),
        plate.width() * 0.5,
    );
    let color = match group.failed() {
        0 => Rgb::MUTED,
        _ => Rgb::ALARM,
    };
    // Beside the names of the lanes, or after a long name.
    let from = (row.left() + sizes.lane_header).max(placed.right() + size) + sizes.pt(8.0);
    text(
        &painter,
        pos2(from, plate.center().y),
        Align2::LEFT_CENTER,
        &words,
        Font::Medium.id(size),
        color32(color),
    );
    if response.clicked() {
        frame.state.fold_group(&group.name);
    }
}
