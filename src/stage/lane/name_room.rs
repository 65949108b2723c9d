//! Where a name has room: no line through all lanes crosses it.

use egui::{Rect, pos2};

use super::LanePainter;

impl LanePainter<'_> {
    /// The larger part of a rectangle that neither the edge of the veil nor a time in which the process
    /// was gone crosses; what the process left behind needs no name where it was gone.
    pub(super) fn room_for_name(&self, rect: Rect) -> Rect {
        let view = &self.frame.state.viewport;
        let outages = self.frame.snapshot.outages.iter();
        let gone = outages.filter(|outage| outage.until <= self.frame.now);
        let gone =
            gone.map(|outage| [outage.from, outage.until].map(|at| self.row.left() + view.x(at)));
        let edge = self.veil.map(|veil| [veil.until; 2]);
        gone.chain(edge).fold(rect, larger_part)
    }
}

/// The larger part of a rectangle beside a band from one offset to another.
fn larger_part(rect: Rect, [from, until]: [f32; 2]) -> Rect {
    if until < rect.left() || from > rect.right() {
        return rect;
    }
    let before = Rect::from_min_max(rect.min, pos2(from, rect.bottom()));
    let after = Rect::from_min_max(pos2(until, rect.top()), rect.max);
    match before.width() > after.width() {
        true => before,
        false => after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_beside_what_crosses_its_bar() {
        let bar = Rect::from_min_max(pos2(100.0, 0.0), pos2(200.0, 10.0));
        let room = |band| {
            let room = larger_part(bar, band);
            (room.left(), room.right())
        };
        assert_eq!(room([0.0, 50.0]), (100.0, 200.0));
        assert_eq!(room([250.0, 260.0]), (100.0, 200.0));
        assert_eq!(room([120.0, 140.0]), (140.0, 200.0));
        assert_eq!(room([170.0, 170.0]), (100.0, 170.0));
        assert!(
            room([90.0, 210.0]).0 > room([90.0, 210.0]).1,
            "none is left"
        );
    }
}
