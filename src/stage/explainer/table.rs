//! The events that are known at a step of the explained replay, the newest at the end.

use egui::{Align2, Painter, Rect, Role, Ui, pos2, vec2};

use super::panel;
use crate::{
    stage::{
        button,
        mesh_builder::MeshBuilder,
        theme::{Font, Sizes, color32, text, text_within, translucent},
    },
    view::{ExplainedStep, Explanation, Rgb, Row, RowStatus},
};

/// The left edges of the columns, as fractions of the width.
const COLUMNS: [f32; 5] = [0.0, 0.11, 0.50, 0.715, 1.0];

/// Paints it.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    explanation: &Explanation,
    step: &ExplainedStep,
    sizes: &Sizes,
) {
    let painter = panel(ui, rect, sizes);
    let inner = rect.shrink2(vec2(sizes.pt(24.0), sizes.pt(14.0)));
    let small = Font::Medium.id(sizes.pt(18.0).max(12.0));
    let y = inner.top() + sizes.pt(16.0);
    for (column, word) in ["#", "Event", "Status", "Payload"].into_iter().enumerate() {
        let at = pos2(left(inner, column), y);
        text(
            &painter,
            at,
            Align2::LEFT_CENTER,
            word,
            small.clone(),
            color32(Rgb::MUTED),
        );
    }
    let top = inner.top() + sizes.pt(42.0);
    let height = sizes.pt(45.0).max(23.0);
    let room = ((inner.bottom() - top) / height).floor().max(1.0) as usize;
    let first = step.rows.saturating_sub(room);
    for (place, index) in (first..step.rows).enumerate() {
        let Some(row) = explanation.row(index) else {
            continue;
        };
        let at = pos2(inner.left(), top + height * place as f32);
        let area = Rect::from_min_size(at, vec2(inner.width(), height));
        let tone = match (index + 1 == step.rows, &step.parted) {
            (false, _) => None,
            (true, Some(_)) => Some(Rgb::ALARM),
            (true, None) => Some(Rgb::PENDING),
        };
        paint_row(ui, &painter, area, &row, tone, sizes);
    }
}

fn left(rect: Rect, column: usize) -> f32 {
    let part = COLUMNS.get(column).copied().unwrap_or(1.0);
    rect.left() + part * rect.width()
}

/// `tone`: the color of the row of this step.
fn paint_row(ui: &Ui, painter: &Painter, rect: Rect, row: &Row, tone: Option<Rgb>, sizes: &Sizes) {
    let y = rect.center().y;
    let band = rect.expand2(vec2(sizes.pt(12.0), 0.0));
    if let Some(tone) = tone {
        let mut mesh = MeshBuilder::default();
        mesh.round(band, sizes.pt(5.0), translucent(tone, 0.25));
        mesh.flush(painter);
    }
    let small = Font::Medium.id(sizes.pt(18.0).max(12.0));
    let bold = Font::Bold.id(sizes.pt(19.0).max(12.5));
    let number = row.event.to_string();
    let status = match (row.status, tone) {
        (RowStatus::Failed | RowStatus::Stalled | RowStatus::Terminated, _) => Rgb::ALARM,
        (_, Some(tone)) => tone,
        (RowStatus::Completed | RowStatus::Started, None) => Rgb::TEXT,
        _ => Rgb::MUTED,
    };
    let cells = [
        (number.as_str(), small.clone(), Rgb::MUTED),
        (&*row.title, bold.clone(), Rgb::TEXT),
        (row.status.label(), bold, status),
        (&*row.payload, small, Rgb::TEXT.over(Rgb::MUTED, 0.3)),
    ];
    for (column, (words, font, color)) in cells.into_iter().enumerate() {
        let from = left(rect, column);
        let width = left(rect, column + 1) - from - sizes.pt(10.0);
        let at = pos2(from, y);
        text_within(
            painter,
            at,
            Align2::LEFT_CENTER,
            words,
            font,
            color32(color),
            width,
        );
    }
    let name = format!(
        "Event {number}: {}, {}, {}",
        row.title,
        row.status.label(),
        row.payload
    );
    let id = ("explained event", y as i32);
    button::label(ui, band, id, Role::Row, &name);
}
