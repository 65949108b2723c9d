//! The meters: commit duration and note lateness over the last minutes.

use std::collections::VecDeque;

use egui::{Align2, Rect, Ui, UiBuilder, pos2};
use egui_plot::{Line, Plot, PlotPoints};

use super::{
    frame_context::FrameContext,
    theme::{Font, color32, text},
};
use crate::{
    engine::Timestamp,
    music::Priority,
    view::{Rgb, Snapshot},
};

/// Length of the plot, in seconds.
const WINDOW: f64 = 180.0;
/// The most points that are kept: two per second.
const MAX_POINTS: usize = 360;

/// Measurements of the last minutes.
#[derive(Default)]
pub(super) struct Meters {
    points: VecDeque<(Timestamp, u64, u64)>,
}

impl Meters {
    /// Records a measurement, at most twice a second.
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
    pub(super) fn show(&self, ui: &mut Ui, rect: Rect, frame: &FrameContext<'_>) {
        let sizes = frame.sizes;
        ui.painter().rect_filled(rect, 0.0, color32(Rgb::PANEL));
        ui.painter()
            .hline(rect.x_range(), rect.top(), (1.0, color32(Rgb::LINE)));
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
                Font::Bold.id(sizes.pt(20.0)),
                color32(color),
            );
        }
        self.counts(ui, rect, frame);
        let field = Rect::from_min_max(
            pos2(rect.left() + sizes.lane_header, rect.top() + 6.0),
            rect.max - egui::vec2(12.0, 6.0),
        );
        let series = |pick: fn(&(Timestamp, u64, u64)) -> u64| -> PlotPoints<'static> {
            self.points
                .iter()
                .map(|point| {
                    let ago = frame.wall.since(point.0).as_secs_f64();
                    [-ago, pick(point) as f64 / 1000.0]
                })
                .collect()
        };
        let lines = [
            Line::new("commit", series(|p| p.1))
                .color(color32(Rgb::LANES[0]))
                .width(2.0),
            Line::new("late", series(|p| p.2))
                .color(color32(Rgb::ALARM))
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

    /// Counters of the player since the start.
    fn counts(&self, ui: &Ui, rect: Rect, frame: &FrameContext<'_>) {
        let meters = &frame.snapshot.meters;
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
            (format!("{} delayed", meters.held_back), Rgb::MUTED),
        ];
        let sizes = frame.sizes;
        for (place, (words, color)) in lines.into_iter().enumerate() {
            let at = pos2(
                rect.left() + sizes.pt(190.0),
                rect.top() + sizes.pt(28.0 + 24.0 * place as f32),
            );
            let font = Font::Medium.id(sizes.pt(16.0));
            text(
                ui.painter(),
                at,
                Align2::LEFT_CENTER,
                words,
                font,
                color32(color),
            );
        }
    }
}

/// The color of a counter that should be zero.
fn alarming(count: u64) -> Rgb {
    match count {
        0 => Rgb::MUTED,
        _ => Rgb::PENDING,
    }
}
