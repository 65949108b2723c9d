//! The veil over what two compared runs have in common: it dims bars and notes, and names stay readable.

use egui::{Painter, Rect, pos2};

use super::super::theme::translucent;
use crate::view::Rgb;

/// Covers the left part of a lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::stage) struct Veil {
    /// Its right edge on the screen.
    pub until: f32,
}

impl Veil {
    /// How much of what it covers is gone. Even on a white bar names are readable then.
    const OPACITY: f32 = 0.72;

    /// Covers its part of a rectangle.
    pub fn paint(self, painter: &Painter, rect: Rect) {
        let left = Rect::from_min_max(rect.min, pos2(self.until.min(rect.right()), rect.bottom()));
        if left.is_positive() {
            painter.rect_filled(left, 0.0, translucent(Rgb::PANEL, Self::OPACITY));
        }
    }

    /// The color of a name at a place that would be `open` in the open.
    pub fn text_color(veil: Option<Self>, place: Rect, open: Rgb) -> Rgb {
        match veil.is_some_and(|veil| place.left() < veil.until) {
            true => Rgb::TEXT,
            false => open,
        }
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
            assert!(Rgb::TEXT.contrast(dimmed) >= 7.0, "on {bar:?}: {dimmed:?}");
        }
    }
}
