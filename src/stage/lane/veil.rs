//! The veil over what two compared runs have in common: it dims bars and notes, and names stay readable.

use egui::{Painter, Rect, pos2};

use super::super::theme::{color32, translucent};
use crate::view::Rgb;

/// Covers the left part of a lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::stage) struct Veil {
    /// Its right edge on the screen.
    pub until: f32,
}

impl Veil {
    /// How much of what it covers is gone. Even on a white bar names are readable then.
    const OPACITY: f32 = 0.6;

    /// Covers its part of a rectangle.
    pub fn paint(self, painter: &Painter, rect: Rect) {
        let left = self.covered(rect);
        if left.is_positive() {
            painter.rect_filled(left, 0.0, translucent(Rgb::PANEL, Self::OPACITY));
        }
    }

    /// Calls `paint` for the covered part of a name and for the rest of it, each with its color. In the
    /// open the name has the color `open`.
    pub fn each_part(
        veil: Option<Self>,
        painter: &Painter,
        open: Rgb,
        mut paint: impl FnMut(&Painter, egui::Color32),
    ) {
        let all = painter.clip_rect();
        let Some(veil) = veil else {
            return paint(painter, color32(open));
        };
        let covered = veil.covered(all);
        if covered.is_positive() {
            paint(&painter.with_clip_rect(covered), color32(Rgb::TEXT));
        }
        let rest = Rect::from_min_max(pos2(veil.until.max(all.left()), all.top()), all.max);
        if rest.is_positive() {
            paint(&painter.with_clip_rect(rest), color32(open));
        }
    }

    fn covered(self, rect: Rect) -> Rect {
        Rect::from_min_max(rect.min, pos2(self.until.min(rect.right()), rect.bottom()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_on_every_bar_under_the_veil() {
        let white = Rgb([255, 255, 255]);
        let bars = Rgb::LANES.into_iter();
        for bar in bars.chain([white, Rgb::QUEUED, Rgb::ALARM, Rgb::BACKGROUND]) {
            let dimmed = Rgb::PANEL.over(bar, Veil::OPACITY);
            assert!(Rgb::TEXT.contrast(dimmed) >= 4.5, "on {bar:?}: {dimmed:?}");
        }
    }
}
