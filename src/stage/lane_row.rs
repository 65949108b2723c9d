//! What all rows have in common, however high they are: the ground, the number, and the frame of the selected
//! lane.

use egui::{
    Align2, Color32, Painter, Pos2, Rect, Stroke, StrokeKind, Ui, emath::GuiRounding as _, pos2,
};

use super::{
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text, translucent},
};
use crate::view::{Band, Rgb};

/// Whether keys act on the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chosen {
    /// It is the selected one.
    Yes,
    /// It is another one.
    No,
}

/// The rectangle of a band in the lane area.
pub(super) fn rect_of(band: Band, area: Rect) -> Rect {
    Rect::from_min_max(
        pos2(area.left(), area.top() + band.top),
        pos2(area.right(), area.top() + band.bottom),
    )
}

/// The space below a row.
pub(super) fn gap(row: Rect) -> f32 {
    match row.height() < 20.0 {
        true => 1.0,
        false => 2.0,
    }
}

/// A row whose ground is painted: where it is, where it is seen, and whether keys act on its lane.
pub(super) type GroundRow = (Rect, Rect, Chosen);

/// Paints the grounds of rows, as one mesh. `left` is the edge between headers and timelines.
pub(super) fn grounds(ui: &Ui, rows: impl IntoIterator<Item = GroundRow>, left: f32) {
    let mut mesh = MeshBuilder::default();
    let pixels = ui.pixels_per_point();
    for (row, seen, chosen) in rows {
        for (rect, color) in ground(row, left, chosen) {
            mesh.rect(rect.intersect(seen).round_to_pixels(pixels), color);
        }
    }
    mesh.flush(ui.painter());
}

/// The grounds of a timeline and its header, with their colors.
fn ground(row: Rect, left: f32, chosen: Chosen) -> [(Rect, Color32); 2] {
    let row = Rect::from_min_max(row.min, pos2(row.right(), row.bottom() - gap(row)));
    let (header, field) = row.split_left_right_at_x(left);
    let (dark, light) = match chosen {
        Chosen::Yes => (Rgb::SELECTED, Rgb::SELECTED),
        Chosen::No => (Rgb::PANEL.over(Rgb::BACKGROUND, 0.75), Rgb::PANEL),
    };
    [(field, color32(dark)), (header, color32(light))]
}

/// Paints the frame of the selected lane, above everything in its row.
pub(super) fn frame_of(painter: &Painter, row: Rect, frame: &FrameContext<'_>) {
    let row = Rect::from_min_max(row.min, pos2(row.right(), row.bottom() - gap(row)));
    let width = frame_width(row, frame);
    let stroke = Stroke::new(width, color32(Rgb::TEXT));
    painter.rect_stroke(row, 2.0, stroke, StrokeKind::Inside);
}

/// The width of the frame.
pub(super) fn frame_width(row: Rect, frame: &FrameContext<'_>) -> f32 {
    frame.sizes.pt(6.0).min(row.height() * 0.12).max(2.0)
}

/// Darkens a row that is not in focus.
pub(super) fn dim(ui: &Ui, row: Rect, clip: Rect) {
    let painter = ui.painter_at(clip);
    painter.rect_filled(row, 0.0, translucent(Rgb::BACKGROUND, 0.45));
}

/// Paints the number of a lane: on a bright plate, if it is the selected one.
pub(super) fn number(
    painter: &Painter,
    mesh: &mut MeshBuilder,
    center: Pos2,
    side: f32,
    number: Option<u8>,
    chosen: Chosen,
) {
    let Some(number) = number else { return };
    // The key of the tenth lane is 0.
    let digits = match number {
        10 => 0,
        number => number,
    };
    let color = match chosen {
        Chosen::Yes => {
            let plate = Rect::from_center_size(center, egui::Vec2::splat(side));
            mesh.round(plate, side * 0.14, color32(Rgb::TEXT));
            mesh.flush(painter);
            Rgb::BACKGROUND
        }
        Chosen::No => Rgb::MUTED,
    };
    let size = match (number, chosen) {
        (11.., _) => side * 0.5,
        (_, Chosen::Yes) => side * 0.76,
        (_, Chosen::No) => side * 0.6,
    };
    text(
        painter,
        center,
        Align2::CENTER_CENTER,
        digits,
        Font::Bold.id(size),
        color32(color),
    );
}
