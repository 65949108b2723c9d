//! The ghost of a rerun: what its original did, as thin outlines behind what the rerun does.

use egui::{Rect, Role, Ui, pos2, vec2};

use super::{
    super::{
        button,
        mesh_builder::MeshBuilder,
        theme::{Font, color32, layout_line, translucent},
    },
    LanePainter,
};
use crate::view::{Band, BarColors, Ghost, Item, ItemKind, Rgb};

/// How much of the color of an outline is there: less than of anything that is real.
const FAINT: f32 = 0.38;
/// A failure of the original.
const FAINT_FAILURE: f32 = 0.5;

impl LanePainter<'_> {
    /// Paints the outlines, before anything else.
    pub(super) fn ghost(&mut self, ghost: &Ghost) {
        for item in ghost.items(&self.frame.state.viewport, self.parts.rows) {
            self.outline_of(&item);
        }
        let x = self.frame.state.viewport.x(ghost.begins);
        let seam = self.span(x - 0.5, x + 0.5, self.whole());
        let y = [seam.top(), seam.bottom()];
        let color = translucent(Rgb::TEXT, 0.45);
        self.mesh
            .vertical_dashes(seam.center().x, y, [3.0, 5.0], 1.4, color);
    }

    fn outline_of(&mut self, item: &Item) {
        let strip = self.rows(item.rows);
        let band = match &item.kind {
            ItemKind::Note {
                key, instrument, ..
            } => self.note_band(instrument, *key),
            ItemKind::Notes { low, high, .. } => Band {
                top: self.key_band(*high).top,
                bottom: self.key_band(*low).bottom,
            },
            ItemKind::Failure { .. } => {
                let tick = self.span(item.left - 1.0, item.left + 1.0, strip);
                self.mesh.rect(tick, translucent(Rgb::ALARM, FAINT_FAILURE));
                return;
            }
            _ => strip,
        };
        let right = (item.right - 1.5).max(item.left + 2.0);
        let rect = self.span(item.left, right, band);
        let radius = (rect.height() / 2.0).min(3.5);
        self.mesh
            .outline(rect, radius, 1.0, translucent(Rgb::TEXT, FAINT));
    }

    /// Names the ghost where it begins, below the top of the lane.
    pub(super) fn ghost_label(&self, ui: &Ui, ghost: &Ghost) {
        let x = self.row.left() + self.frame.state.viewport.x(ghost.begins);
        if x < self.row.left() - 1.0 || x > self.row.right() {
            return;
        }
        let font = Font::Medium.id(self.frame.sizes.pt(15.0).max(10.5));
        let label = ghost.label();
        let galley = layout_line(&self.painter, &label, font, color32(Rgb::MUTED));
        let at = pos2(x + 8.0, self.row.top() + 4.0);
        let plate = Rect::from_min_size(at, galley.size()).expand2(vec2(4.0, 1.0));
        let mut mesh = MeshBuilder::default();
        mesh.round(plate, 4.0, translucent(Rgb::BACKGROUND, BarColors::PLATE));
        mesh.flush(&self.painter);
        self.painter.galley(at, galley, color32(Rgb::MUTED));
        let name = format!("Ghost of {}, from event {}", ghost.original.id, ghost.from);
        let seen = plate.intersect(self.painter.clip_rect());
        button::label(
            ui,
            seen,
            ("ghost", &ghost.original.id, at.y.to_bits()),
            Role::Label,
            &name,
        );
    }
}
