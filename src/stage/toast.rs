//! Short messages above the caption, for a few seconds each, and one that stays while it is true:
//! that the store cannot be written.

use std::time::Duration;

use egui::{Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    ink::Ink,
    scene::Scene,
    theme::{Face, ink, layout_wrapped},
};
use crate::{
    engine::Timestamp,
    view::{Notice, Rgb},
};

/// For how long a message stays.
const STAY: Duration = Duration::from_secs(6);

/// The messages that are shown.
#[derive(Default)]
pub(super) struct Toasts {
    seen: u64,
    shown: Vec<(Notice, Timestamp)>,
}

impl Toasts {
    /// Paints them, newest at the bottom.
    pub(super) fn show(&mut self, ui: &Ui, window: Rect, scene: &Scene<'_>) {
        for notice in scene.snapshot.notices.iter() {
            if notice.number > self.seen {
                self.seen = notice.number;
                self.shown.push((notice.clone(), scene.wall));
            }
        }
        self.shown
            .retain(|(_, since)| scene.wall.since(*since) < STAY);
        let mut bottom = window.bottom() - scene.sizes.caption - scene.sizes.pt(16.0);
        if let Some(trouble) = &scene.snapshot.trouble {
            let words = format!("The store cannot be written: {trouble}. Everything waits.");
            let place = plate(ui, window, bottom, &words, Rgb::ALARM, scene);
            button::label(ui, place, "trouble", Role::Alert, &words);
            bottom = place.top() - scene.sizes.pt(10.0);
        }
        for (notice, _) in self.shown.iter().rev() {
            let place = plate(ui, window, bottom, &notice.text, Rgb::MUTED, scene);
            bottom = place.top() - scene.sizes.pt(10.0);
        }
    }

    /// After how long the next message goes away.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<Duration> {
        let first = self.shown.first()?;
        Some(STAY.saturating_sub(now.since(first.1)))
    }
}

/// Paints words on a plate whose lower edge is given.
fn plate(ui: &Ui, window: Rect, bottom: f32, words: &str, edge: Rgb, scene: &Scene<'_>) -> Rect {
    let sizes = scene.sizes;
    let font = Face::Bold.font(sizes.pt(20.0).max(13.0));
    let width = window.width() * 0.5;
    let painter = ui.painter();
    let galley = layout_wrapped(painter, words, font, ink(Rgb::TEXT), width, 8);
    let size = galley.size() + vec2(sizes.pt(44.0), sizes.pt(24.0));
    let left = window.center().x - size.x / 2.0;
    let place = Rect::from_min_size(pos2(left, bottom - size.y), size);
    let mut face = Ink::default();
    face.round(place, sizes.pt(9.0), ink(Rgb::BUTTON));
    face.outline(place, sizes.pt(9.0), 1.5, ink(edge));
    face.flush(painter);
    let at = place.min + vec2(sizes.pt(22.0), sizes.pt(12.0));
    painter.galley(at, galley, ink(Rgb::TEXT));
    place
}
