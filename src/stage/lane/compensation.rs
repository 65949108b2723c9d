//! Compensations: brackets that run backward in time, from what undoes to what is undone.

use egui::{Pos2, Rect, pos2, vec2};

use super::{
    super::{
        icons,
        mesh_builder::MeshBuilder,
        theme::{Font, color32, layout_line, translucent},
    },
    LanePainter,
};
use crate::view::{Band, Item, ItemKind, LaneParts, Outcome, Rgb, UndoneItem};

/// The thickness of a bracket, in points.
const LINE: f32 = 2.0;

impl LanePainter<'_> {
    /// The most compensations that have levels of their own.
    const LEVELS: u32 = 12;

    /// Finds how much room the brackets need: the last operation is undone first, so that they nest.
    pub(super) fn measure_compensations(&mut self, items: &[Item]) {
        let orders = items.iter().filter_map(|item| match &item.kind {
            ItemKind::Compensation { order, .. } => Some(*order + 1),
            _ => None,
        });
        self.compensations = orders.max().unwrap_or(0).min(Self::LEVELS);
    }

    /// The height of the horizontal line of a bracket, and the distance to the next.
    fn level(&self, order: u32) -> (f32, f32) {
        let bottom = self.parts.strip.top - self.frame.sizes.pt(13.0);
        let top = self.row.top() + self.frame.sizes.pt(14.0).min(self.row.height() * 0.2);
        let levels = self.compensations.max(1) as f32;
        let pitch = ((bottom - top) / levels).clamp(0.0, self.frame.sizes.pt(34.0));
        let place = order.min(Self::LEVELS - 1) as f32;
        ((bottom - pitch * (place + 0.5)).max(top.min(bottom)), pitch)
    }

    /// The color of a bracket.
    fn compensation_color(outcome: Outcome) -> Rgb {
        match outcome {
            Outcome::Failed => Rgb::ALARM,
            _ => Rgb::PENDING,
        }
    }

    /// From the start of a compensation up, back and down to what it undoes, with an arrow; what is undone
    /// has an outline in the same color.
    pub(super) fn compensation(
        &mut self,
        item: &Item,
        outcome: Outcome,
        undone: UndoneItem,
        order: u32,
    ) {
        let color = color32(Self::compensation_color(outcome));
        let (y, _) = self.level(order);
        let bar = self.undone_bar(undone);
        let from = self.row.left() + item.left;
        let to = bar.center().x.clamp(bar.left(), bar.left() + 40.0);
        let foot = self.parts.strip.top + 1.0;
        let clip = self.row.x_range().expand(LINE);
        let mut line = |a: Pos2, b: Pos2| {
            let rect = Rect::from_two_pos(a, b).expand(LINE / 2.0);
            let seen = rect.x_range().intersection(clip);
            if seen.span() > 0.0 {
                self.brackets
                    .rect(Rect::from_x_y_ranges(seen, rect.y_range()), color);
            }
        };
        line(pos2(from, foot), pos2(from, y));
        line(pos2(from, y), pos2(to, y));
        if clip.contains(to) {
            let tip = bar.top() - 1.0;
            line(pos2(to, y), pos2(to, tip - 6.0));
            let (wide, high) = (5.5, 8.0);
            self.brackets.polygon(
                &[
                    pos2(to - wide, tip - high),
                    pos2(to + wide, tip - high),
                    pos2(to, tip),
                ],
                color,
            );
        }
        if undone.row.is_some() {
            self.brackets.outline(bar.expand(1.5), 4.0, LINE, color);
        }
        // What belongs to the compensation is underlined.
        let under = Band {
            top: self.parts.strip.bottom + 2.0,
            bottom: self.parts.strip.bottom + 4.0,
        };
        let under = self.span(item.left, item.right, under);
        self.brackets.rect(under, color);
    }

    /// Where what is undone is on the screen.
    fn undone_bar(&self, undone: UndoneItem) -> Rect {
        let band = self.parts.sub_row(undone.row.unwrap_or_default());
        let x = |at: f32| (self.row.left() + at).clamp(-1e5, 1e6);
        Rect::from_min_max(
            pos2(x(undone.left), band.top),
            pos2(x(undone.right).max(x(undone.left) + 1.0), band.bottom),
        )
    }

    /// What a compensation undoes, on its bracket, with an arrow that turns back.
    pub(super) fn compensation_label(
        &self,
        item: &Item,
        outcome: Outcome,
        words: &str,
        undone: UndoneItem,
        order: u32,
    ) {
        let (y, pitch) = self.level(order);
        let low = self.row.height() < LaneParts::LOW;
        let size = self.frame.sizes.pt(17.0).max(11.0);
        if low || pitch < size {
            return;
        }
        let color = color32(Self::compensation_color(outcome));
        let galley = layout_line(&self.painter, words, Font::Bold.id(size), color);
        let icon = size * 1.35;
        let width = galley.size().x + icon;
        let right = (self.row.left() + item.left).min(self.row.right()) - 10.0;
        let left = self.undone_bar(undone).left().max(self.row.left());
        // On the line where there is room, else beside the compensation.
        let at = match right - left > width + 24.0 {
            true => pos2(right - width, y - galley.size().y / 2.0),
            false => pos2(right + 18.0, y - galley.size().y / 2.0),
        };
        let whole = Rect::from_min_size(at, vec2(width, galley.size().y));
        let mut mesh = MeshBuilder::default();
        mesh.round(
            whole.expand2(vec2(5.0, 1.0)),
            4.0,
            translucent(Rgb::BACKGROUND, 0.92),
        );
        icons::turn_back(
            &mut mesh,
            whole.left_center() + vec2(size * 0.5, 0.0),
            size,
            color,
        );
        mesh.flush(&self.painter);
        self.painter.galley(at + vec2(icon, 0.0), galley, color);
    }
}
