//! The panel of schedules: pause or resume one, or start a run of it now.

use egui::{Align2, Rect, Role, Ui, pos2};

use super::{
    button,
    frame_context::FrameContext,
    panel::{self, Frame},
    theme::{Font, color32, text_within},
};
use crate::view::{Overlay, Rgb, ScheduleCard};

const HINT: &str = "↑ ↓ choose · Space pauses or resumes · Enter starts a run now · Esc closes";
const NONE: &str =
    "No schedule. A score with `schedule: every` or `cron` makes one when it is started.";

/// Paints it.
pub(super) fn show(ui: &Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let Overlay::Schedules(line) = frame.state.overlay else {
        return;
    };
    let cards = frame.live.performance().schedules.clone();
    let line = line.min(cards.len().saturating_sub(1));
    let hint = if cards.is_empty() { NONE } else { HINT };
    let shown = Frame {
        title: "Schedules",
        hint,
        lines: cards.len(),
        selected: line,
    };
    let lines = panel::show(ui, window, &shown, frame);
    let places = (lines.first..).zip(&lines.rects);
    for (place, row) in places {
        if let Some(card) = cards.get(place) {
            if place == line {
                panel::selected(ui, *row, frame);
            }
            paint(ui, *row, card, place, frame);
        }
    }
}

fn paint(ui: &Ui, row: Rect, card: &ScheduleCard, place: usize, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let due = card.due(frame.wall);
    let name = format!("{}, {}, {due}, {}", card.name, card.times, card.overlap);
    let response = button::area(ui, row, ("schedule", place), Role::Button, &name);
    if frame.state.overlay == Overlay::Schedules(place) {
        button::select(ui, &response);
    }
    if response.clicked() && frame.state.overlay != Overlay::None {
        frame.state.overlay = Overlay::Schedules(place);
    }
    let y = row.center().y;
    let right = row.right() - sizes.pt(12.0);
    let trigger = format!("Start {} now", card.name);
    let (starts, left) = panel::word_button(ui, (right, y), "Start now", &trigger, frame);
    let verb = if card.paused { "Resume" } else { "Pause" };
    let pause = format!("{verb} the schedule {}", card.name);
    let apart = left - sizes.pt(10.0);
    let (pauses, left) = panel::word_button(ui, (apart, y), verb, &pause, frame);
    if starts {
        frame.send(card.trigger());
    }
    if pauses {
        frame.send(card.pause_or_resume());
    }
    let from = row.left() + sizes.pt(16.0);
    let wide = left - from - sizes.pt(12.0);
    let size = sizes.pt(20.0).max(12.0);
    let column = |x: f32, room: f32, words: &str, font: Font, color: Rgb| {
        text_within(
            ui.painter(),
            pos2(from + x * wide, y),
            Align2::LEFT_CENTER,
            words,
            font.id(size),
            color32(color),
            room * wide - sizes.pt(14.0),
        );
    };
    let color = if card.paused { Rgb::HELD } else { Rgb::GOOD };
    column(0.0, 0.3, card.name.as_str(), Font::Bold, Rgb::TEXT);
    column(0.3, 0.22, &due, Font::Bold, color);
    match &card.problem {
        Some(problem) => column(0.52, 0.48, problem, Font::Medium, Rgb::ALARM),
        None => {
            column(0.52, 0.2, &card.times, Font::Medium, Rgb::TEXT);
            column(0.72, 0.28, card.overlap, Font::Medium, Rgb::MUTED);
        }
    }
}
