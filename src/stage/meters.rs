//! The last minutes of the machine room: how long commits take, how late notes leave.

use std::collections::VecDeque;

use egui::{Align2, Rect, Ui, UiBuilder, pos2};
use egui_plot::{Line, Plot, PlotPoints};

use super::{
    scene::Scene,
    theme::{Face, ink, text},
};
use crate::{
    engine::Timestamp,
    music::Priority,
    view::{Rgb, Snapshot},
};

/// Seconds that the strip shows.
const WINDOW: f64 = 180.0;
/// At most this many points; two a second.
const MAX_POINTS: usize = 360;

/// The figures of the last minutes.
#[derive(Default)]
pub(super) struct Meters {
    points: VecDeque<(Timestamp, u64, u64)>,
}

impl Meters {
    /// Notes the figures, twice a second at most.
    pub(super) fn record(&mut self, snapshot: &Snapshot, now: Timestamp) {
        let due = self
            .points
            .back()
            .is_none_or(|(at, ..)| now.since(*at).as_millis() >= 500);
        if due {
            let meters = &snapshot.meters;
            self.points
                .push_back((now, meters.commit_us, meters.late_us));
            while self.points.len() > MAX_POINTS {
                self.points.pop_front();
            }
        }
    }

    /// Paints them.
    pub(super) fn show(&self, ui: &mut Ui, rect: Rect, scene: &Scene<'_>) {
        let sizes = scene.sizes;
        ui.painter().rect_filled(rect, 0.0, ink(Rgb::PANEL));
        ui.painter()
            .hline(rect.x_range(), rect.top(), (1.0, ink(Rgb::LINE)));
        let legend = [("Commit, ms", Rgb::LANES[0]), ("Late, ms", Rgb::ALARM)];
        for (place, (word, color)) in legend.into_iter().enumerate() {
            let at = pos2(
                rect.left() + sizes.pt(52.0),
                rect.top() + sizes.pt(36.0 + 32.0 * place as f32),
            );
            text(
                ui.painter(),
                at,
                Align2::LEFT_CENTER,
                word,
                Face::Bold.font(sizes.pt(20.0)),
                ink(color),
            );
        }
        self.counts(ui, rect, scene);
        let field = Rect::from_min_max(
            pos2(rect.left() + sizes.head, rect.top() + 6.0),
            rect.max - egui::vec2(12.0, 6.0),
        );
        let series = |pick: fn(&(Timestamp, u64, u64)) -> u64| -> PlotPoints<'static> {
            self.points
                .iter()
                .map(|point| {
                    let ago = scene.wall.since(point.0).as_secs_f64();
                    [-ago, pick(point) as f64 / 1000.0]
                })
                .collect()
        };
        let lines = [
            Line::new("commit", series(|p| p.1))
                .color(ink(Rgb::LANES[0]))
                .width(2.0),
            Line::new("late", series(|p| p.2))
                .color(ink(Rgb::ALARM))
                .width(2.0),
        ];
        let mut inner = ui.new_child(UiBuilder::new().max_rect(field));
        Plot::new("meters")
            .allow_zoom(false)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .show_background(false)
            .include_x(-WINDOW)
            .include_x(0.0)
            .include_y(0.0)
            .include_y(2.0)
            .x_axis_formatter(|mark, _| format!("{:.0} s", mark.value))
            .show(&mut inner, |plot| {
                for line in lines {
                    plot.line(line);
                }
            });
    }

    /// How the player keeps time, since the start.
    fn counts(&self, ui: &Ui, rect: Rect, scene: &Scene<'_>) {
        let meters = &scene.snapshot.meters;
        let (priority, color) = match &meters.priority {
            Some(Priority::Denied { .. }) => ("No real-time priority", Rgb::ALARM),
            Some(_) => ("Real-time priority", Rgb::GOOD),
            None => ("", Rgb::MUTED),
        };
        let count = |what: &str, count: u64| (format!("{count} {what}"), alarming(count));
        let lines = [
            (priority.to_owned(), color),
            count("late", meters.late),
            count("skipped", meters.left_out),
            count("lost", meters.lost),
            (
                format!("{} delayed by a port", meters.held_back),
                Rgb::MUTED,
            ),
        ];
        let sizes = scene.sizes;
        for (place, (words, color)) in lines.into_iter().enumerate() {
            let at = pos2(
                rect.left() + sizes.pt(190.0),
                rect.top() + sizes.pt(28.0 + 24.0 * place as f32),
            );
            let font = Face::Medium.font(sizes.pt(16.0));
            text(
                ui.painter(),
                at,
                Align2::LEFT_CENTER,
                words,
                font,
                ink(color),
            );
        }
    }
}

/// What should be none.
fn alarming(count: u64) -> Rgb {
    match count {
        0 => Rgb::MUTED,
        _ => Rgb::PENDING,
    }
}
