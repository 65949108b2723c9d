//! What differs: the event of each run, one row below the other.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::panel;
use crate::{
    conductor::Direction,
    stage::{
        button,
        frame_context::FrameContext,
        mesh_builder::MeshBuilder,
        theme::{Font, color32, text_within},
    },
    view::{Action, ComparedRuns, Rgb, Row, RowStatus, Stop},
};

/// The widths of the columns: which run, number, title, status. The payload gets the rest.
const COLUMNS: [f32; 4] = [250.0, 62.0, 280.0, 140.0];

/// Paints the rows of a difference, and the buttons that go to the next and the previous one.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    runs: &ComparedRuns,
    shown: Option<usize>,
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    panel(ui, rect, &sizes);
    let inner = rect.shrink2(vec2(sizes.pt(24.0), sizes.pt(12.0)));
    let difference = shown.and_then(|number| runs.comparison.differences.get(number));
    let Some(difference) = difference else {
        let words = "Both did the same.";
        let font = Font::Bold.id(sizes.pt(22.0));
        let (at, color) = (inner.left_center(), color32(Rgb::GOOD));
        text_within(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            words,
            font,
            color,
            inner.width(),
        );
        button::label(ui, rect, "no difference", Role::Label, words);
        return;
    };
    let buttons = buttons(ui, inner, runs, frame);
    let inner = Rect::from_min_max(inner.min, pos2(buttons - sizes.pt(20.0), inner.bottom()));
    let (upper, lower) = inner.split_top_bottom_at_y(inner.center().y);
    let rows = [difference.left.as_ref(), difference.right.as_ref()];
    for ((side, row), area) in runs.sides.iter().zip(rows).zip([upper, lower]) {
        paint(ui, area, &side.word, row, frame);
    }
}

/// Returns their left edge.
fn buttons(ui: &Ui, rect: Rect, runs: &ComparedRuns, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    if runs.comparison.differences.len() < 2 {
        return rect.right();
    }
    let size = vec2(sizes.pt(64.0), sizes.pt(44.0));
    let mut right = rect.right();
    for (name, direction) in [
        ("To the next difference", Direction::Forward),
        ("To the previous difference", Direction::Backward),
    ] {
        let at = pos2(right - size.x, rect.center().y - size.y / 2.0);
        let area = Rect::from_min_size(at, size);
        if arrow(ui, area, name, direction) {
            frame.act(Action::Step(Stop::Failure, direction));
        }
        right = area.left() - sizes.pt(10.0);
    }
    right
}

/// A button with an arrow. Returns whether it was pressed.
fn arrow(ui: &Ui, rect: Rect, name: &str, direction: Direction) -> bool {
    let response = button::plain(ui, rect, ("comparison", name), name);
    let half = rect.height() * 0.22;
    let side = match direction {
        Direction::Forward => half,
        Direction::Backward => -half,
    };
    let center = rect.center();
    let corners = [
        center + vec2(side, 0.0),
        center + vec2(-side, -half),
        center + vec2(-side, half),
    ];
    let mut mesh = MeshBuilder::default();
    mesh.polygon(&corners, color32(Rgb::TEXT));
    mesh.flush(ui.painter());
    response.clicked()
}

fn paint(ui: &Ui, rect: Rect, word: &str, row: Option<&Row>, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    let y = rect.center().y;
    let mut left = rect.left();
    let mut column = |words: &str, font: Font, color: Rgb, width: f32| {
        let size = sizes.pt(21.0).max(12.5);
        let room = width - sizes.pt(14.0);
        let (at, align) = (pos2(left, y), Align2::LEFT_CENTER);
        text_within(
            &painter,
            at,
            align,
            words,
            font.id(size),
            color32(color),
            room,
        );
        left += width;
    };
    let [which, number, title, status] = COLUMNS.map(|width| sizes.pt(width));
    column(word, Font::Medium, Rgb::MUTED, which);
    let rest = rect.width() - which;
    let Some(row) = row else {
        let nothing = "nothing here";
        column(nothing, Font::Medium, Rgb::MUTED, rest);
        let name = format!("{word}: {nothing}");
        button::label(ui, rect, ("compared row", word), Role::Row, &name);
        return;
    };
    let color = match row.status {
        RowStatus::Failed | RowStatus::Stalled | RowStatus::Terminated => Rgb::ALARM,
        RowStatus::Completed => Rgb::GOOD,
        _ => Rgb::TEXT,
    };
    let event = row.event.to_string();
    column(&event, Font::Mono, Rgb::MUTED, number);
    column(&row.title, Font::Bold, Rgb::TEXT, title);
    column(row.status.label(), Font::Bold, color, status);
    column(
        &row.payload,
        Font::Mono,
        Rgb::TEXT,
        rest - number - title - status,
    );
    let name = format!(
        "{word}: event {event}, {}, {}, {}",
        row.title,
        row.status.label(),
        row.payload
    );
    button::label(ui, rect, ("compared row", word), Role::Row, &name);
}
