//! The plate on the header of a lane with children: how many there are, and whether they have rows.

use egui::{Align2, Rect, Ui, pos2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text_within},
};
use crate::view::{Family, Fold, LaneModel, Rgb};

/// Paints it with its right edge at the right of a header. Returns the room that it takes.
pub(super) fn plate(
    ui: &Ui,
    header: Rect,
    middle: f32,
    clip: Rect,
    lane: &LaneModel,
    frame: &mut FrameContext<'_>,
) -> f32 {
    let place = frame.snapshot.lanes.iter().position(|l| l.id == lane.id);
    let family = place.and_then(|place| Family::of(frame.snapshot, place, frame.state));
    let Some(family) = family else { return 0.0 };
    let height = (header.height() * 0.7).min(frame.sizes.pt(30.0));
    let size = height * 0.6;
    let width = size * (2.6 + 0.62 * family.count.to_string().len() as f32);
    let right = header.right() - frame.sizes.pt(10.0);
    let bounds = Rect::from_min_max(
        pos2(right - width, middle - height / 2.0),
        pos2(right, middle + height / 2.0),
    );
    if !clip.contains_rect(bounds) {
        return width + size;
    }
    let (verb, points) = match family.fold {
        Fold::Unfolded => ("Fold", icons::Points::Down),
        Fold::Folded => ("Unfold", icons::Points::Right),
    };
    let name = format!("{verb} {} of {}", family.words(), lane.title());
    let response = button::plain(ui, bounds, ("family", &lane.id), &name);
    let color = match family.failed {
        0 => Rgb::TEXT,
        _ => Rgb::ALARM,
    };
    let mut mesh = MeshBuilder::default();
    let at = pos2(bounds.left() + size * 0.9, middle);
    icons::arrow(&mut mesh, at, size * 0.8, points, color32(color));
    mesh.flush(ui.painter());
    text_within(
        ui.painter(),
        pos2(bounds.left() + size * 1.7, middle),
        Align2::LEFT_CENTER,
        &family.count.to_string(),
        Font::Bold.id(size),
        color32(color),
        width,
    );
    if response.clicked() {
        frame.state.fold_children(&lane.id, frame.snapshot);
    }
    width + size
}

/// How far the content of a child is moved to the right.
pub(super) fn indent(lane: &LaneModel, frame: &FrameContext<'_>) -> f32 {
    match lane.parent {
        Some(_) => frame.sizes.pt(18.0),
        None => 0.0,
    }
}
