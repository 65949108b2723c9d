//! Forks, and operations without a sub-row of their own.

use egui::{Pos2, Rect, Shape, Stroke, epaint::CubicBezierShape, pos2, vec2};

use super::{
    super::{
        mesh_builder::MeshBuilder,
        theme::{Font, color32, layout_line, translucent},
    },
    LanePainter, middle,
};
use crate::view::{Item, LaneParts, Rgb};

/// The width of a brace, in points.
pub(super) const BRACE: f32 = 15.0;
/// Shorter forks have no braces: those of neighbors would cross.
const SHORTEST: f32 = 64.0;

impl LanePainter<'_> {
    /// Several operations at once: a brace from one point to their rows, and one back where they join.
    pub(super) fn branches(&mut self, item: &Item, joined: bool) {
        if item.right - item.left < SHORTEST || !self.has_sub_rows() {
            return;
        }
        let left = self.row.left() + item.left;
        self.brace(pos2(left - BRACE, 0.0), left - 1.0, item);
        if joined {
            let right = self.row.left() + item.right;
            self.brace(pos2(right + BRACE, 0.0), right + 1.0, item);
        }
    }

    /// Curves from a point in the middle of the rows of an item to each of them, at `x`.
    fn brace(&mut self, point: Pos2, x: f32, item: &Item) {
        let clip = self.row.x_range().expand(2.0 * BRACE);
        if !clip.contains(x) {
            return;
        }
        let tip = pos2(point.x, middle(self.rows(item.rows)));
        let stroke = Stroke::new(1.8, translucent(Rgb::TEXT, 0.75));
        for row in item.rows.first..=item.rows.last {
            let end = pos2(x, middle(self.parts.sub_row(row)));
            let bend = pos2(tip.x, end.y);
            let points = [tip, bend, bend, end];
            self.braces
                .push(Shape::CubicBezier(CubicBezierShape::from_points_stroke(
                    points,
                    false,
                    egui::Color32::TRANSPARENT,
                    stroke,
                )));
        }
        let dot = Rect::from_center_size(tip, vec2(7.0, 7.0));
        self.dots.round(dot, 3.5, color32(Rgb::TEXT));
    }

    /// The open operations that share the last row: a light band, with a plate that counts all.
    pub(super) fn open(&mut self, item: &Item) {
        let right = item.right.max(item.left + 2.0);
        let rect = self.span(item.left, right, self.rows(item.rows));
        self.mesh.rect(rect, translucent(self.color, 0.30));
        self.mesh
            .hatch(rect, rect.left(), 6.0, translucent(self.color, 0.55));
    }

    /// The operations that have ended in the last row.
    pub(super) fn crowd(&mut self, item: &Item) {
        let right = item.right.max(item.left + 2.0);
        let rect = self.span(item.left, right, self.rows(item.rows));
        self.mesh
            .rect(rect, color32(self.color.over(Rgb::BACKGROUND, 0.45)));
    }

    /// The plate that counts the open operations, beside the playhead.
    pub(super) fn open_label(&self, item: &Item, all: u32) {
        let low = self.row.height() < LaneParts::LOW;
        let (most, most_pad) = match low {
            true => (self.row.height() * 0.42, 1.0),
            false => (f32::MAX, 4.0),
        };
        let font = Font::Bold.id(self.frame.sizes.pt(18.0).max(12.0).min(most));
        let words = format!("{all} open");
        let galley = layout_line(&self.painter, words, font, color32(Rgb::TEXT));
        let size = galley.size() + vec2(20.0, 2.0 * most_pad);
        let y = match low {
            true => self.row.center().y,
            false => middle(self.parts.strip),
        };
        let x = (self.row.left() + item.right + 10.0).min(self.row.right() - size.x - 6.0);
        let plate = Rect::from_min_size(pos2(x, y - size.y / 2.0), size);
        let mut mesh = MeshBuilder::default();
        mesh.round(plate, 6.0, color32(Rgb::BUTTON));
        mesh.outline(plate, 6.0, 1.5, color32(self.color));
        mesh.flush(&self.painter);
        let at = plate.min + vec2(10.0, most_pad);
        self.painter.galley(at, galley, color32(Rgb::TEXT));
    }
}
