//! The selected lane from near: what it waits on, its events, its score.

use egui::{Align2, Painter, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use super::{
    app::Scene,
    ink::Ink,
    theme::{Face, Sizes, faint, ink, text, text_within},
};
use crate::view::{LaneModel, Rank, Rgb, Row, RowStatus};

/// Paints it.
pub(super) fn show(ui: &Ui, rect: Rect, scene: &Scene<'_>) {
    let sizes = scene.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, ink(Rgb::PANEL));
    painter.vline(rect.left(), rect.y_range(), (1.0, ink(Rgb::LINE)));
    let Some(lane) = scene.state.lane(scene.snapshot) else {
        return;
    };
    let inner = rect.shrink2(egui::vec2(sizes.pt(24.0), sizes.pt(14.0)));
    let top = title(ui, &painter, inner, lane, scene);
    let source = lane.facts.as_ref().map(|facts| facts.source.clone());
    let has_score = source.as_ref().is_some_and(|s| !s.is_empty());
    let share = if has_score { 0.50 } else { 1.0 };
    let table_bottom = top + (inner.bottom() - top) * share;
    let table_area = Rect::from_min_max(pos2(inner.left(), top), pos2(inner.right(), table_bottom));
    table(&painter, table_area, lane, &sizes);
    if let Some(source) = source.filter(|_| has_score) {
        let area = Rect::from_min_max(pos2(inner.left(), table_bottom + sizes.pt(20.0)), inner.max);
        score(&painter, area, lane, &source, &sizes);
    }
}

fn title(ui: &Ui, painter: &Painter, rect: Rect, lane: &LaneModel, scene: &Scene<'_>) -> f32 {
    let sizes = scene.sizes;
    let name = text_within(
        painter,
        pos2(rect.left(), rect.top() + sizes.pt(17.0)),
        Align2::LEFT_CENTER,
        lane.title(),
        Face::Bold.font(sizes.pt(26.0)),
        ink(Rgb::TEXT),
        rect.width() * 0.62,
    );
    text_within(
        painter,
        pos2(name.right() + sizes.pt(8.0), rect.top() + sizes.pt(20.0)),
        Align2::LEFT_CENTER,
        lane.id.as_str(),
        Face::Medium.font(sizes.pt(16.5).max(11.0)),
        ink(Rgb::MUTED),
        rect.right() - name.right() - sizes.pt(8.0),
    );
    let doing = lane.doing();
    let words = lane.waits_on(scene.wall);
    let color = doing.color().unwrap_or(lane.color());
    let line = text_within(
        painter,
        pos2(rect.left(), rect.top() + sizes.pt(50.0)),
        Align2::LEFT_CENTER,
        &words,
        Face::Bold.font(sizes.pt(18.0).max(12.0)),
        ink(color),
        rect.width(),
    );
    let id = ui.make_persistent_id("inspector");
    let name = format!("Inspector: {}, {}, {words}", lane.title(), doing.word());
    ui.interact(line, id, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    rect.top() + sizes.pt(84.0)
}

/// Where the columns of the table begin, as parts of its width.
const COLUMNS: [f32; 4] = [0.0, 0.105, 0.44, 0.70];

fn table(painter: &Painter, rect: Rect, lane: &LaneModel, sizes: &Sizes) {
    let x = |column: usize| {
        let part = COLUMNS.get(column).copied().unwrap_or(1.0);
        rect.left() + part * rect.width()
    };
    let small = Face::Medium.font(sizes.pt(16.5).max(11.0));
    for (column, word) in ["#", "Event", "Status", "Payload"].into_iter().enumerate() {
        let at = pos2(x(column), rect.top() + sizes.pt(10.0));
        text(
            painter,
            at,
            Align2::LEFT_CENTER,
            word,
            small.clone(),
            ink(Rgb::MUTED),
        );
    }
    let head = rect.top() + sizes.pt(26.0);
    painter.hline(rect.x_range(), head, (1.0, ink(Rgb::LINE)));
    let step = sizes.pt(33.0).max(21.0);
    let room = ((rect.bottom() - head) / step).floor().max(0.0) as usize;
    let rows: Vec<&Row> = lane.rows.iter().rev().take(room).collect();
    for (place, row) in rows.iter().rev().enumerate() {
        let y = head + sizes.pt(6.0) + step * (place as f32 + 0.5);
        if place + 1 == rows.len() {
            let mut band = Ink::default();
            let plate = Rect::from_min_max(
                pos2(rect.left() - sizes.pt(10.0), y - step / 2.0),
                pos2(rect.right() + sizes.pt(10.0), y + step / 2.0),
            );
            band.round(plate, 5.0, ink(Rgb::BUTTON));
            band.flush(painter);
        }
        let part = row.rank == Rank::Part;
        if !part {
            text(
                painter,
                pos2(x(0), y),
                Align2::LEFT_CENTER,
                row.event,
                small.clone(),
                ink(Rgb::MUTED),
            );
        }
        let indent = if part { sizes.pt(14.0) } else { 0.0 };
        let bold = Face::Bold.font(sizes.pt(17.0).max(11.5));
        let cell = |column: usize, words: &str, font, color, indent: f32| {
            let left = x(column) + indent;
            let width = x(column + 1) - left - sizes.pt(8.0);
            let at = pos2(left, y);
            text_within(painter, at, Align2::LEFT_CENTER, words, font, color, width);
        };
        cell(1, &row.title, bold.clone(), ink(Rgb::TEXT), indent);
        cell(2, row.status.word(), bold, ink(color_of(row.status)), 0.0);
        let width = rect.right() - x(3);
        text_within(
            painter,
            pos2(x(3), y),
            Align2::LEFT_CENTER,
            &row.payload,
            small.clone(),
            ink(Rgb::TEXT.over(Rgb::MUTED, 0.3)),
            width,
        );
    }
}

fn color_of(status: RowStatus) -> Rgb {
    match status {
        RowStatus::Completed | RowStatus::Started | RowStatus::Resumed => Rgb::GOOD,
        RowStatus::Failed | RowStatus::Stalled | RowStatus::Terminated => Rgb::ALARM,
        RowStatus::Pending | RowStatus::Running | RowStatus::Suspended => Rgb::PENDING,
        RowStatus::Raised => Rgb::LANES[0],
        RowStatus::Scheduled | RowStatus::Fired | RowStatus::Canceled | RowStatus::Noted => {
            Rgb::MUTED
        }
    }
}

/// The score's text around the lines that are performed now.
fn score(painter: &Painter, rect: Rect, lane: &LaneModel, source: &str, sizes: &Sizes) {
    let small = Face::Medium.font(sizes.pt(16.5).max(11.0));
    let head = pos2(rect.left(), rect.top() + sizes.pt(8.0));
    text(
        painter,
        head,
        Align2::LEFT_CENTER,
        "score",
        small,
        ink(Rgb::MUTED),
    );
    let top = rect.top() + sizes.pt(26.0);
    let step = sizes.pt(23.0).max(15.0);
    let room = ((rect.bottom() - top) / step).floor().max(1.0) as usize;
    let lines: Vec<&str> = source.lines().collect();
    let now = lane.progress;
    let first = match now {
        Some(now) => now.first.saturating_sub(1 + room / 3),
        None => 0,
    };
    let first = first.min(lines.len().saturating_sub(room));
    let mut marks = Ink::default();
    let indent = lines
        .iter()
        .skip(first)
        .take(room)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let shown = || lines.iter().enumerate().skip(first).take(room);
    let runs = |place: usize| now.is_some_and(|now| (now.first..=now.last).contains(&(place + 1)));
    for (row, (place, _)) in shown().enumerate() {
        if runs(place) {
            let y = top + step * row as f32;
            let band = Rect::from_min_max(
                pos2(rect.left() - sizes.pt(10.0), y),
                pos2(rect.right() + sizes.pt(10.0), y + step),
            );
            let edge = Rect::from_min_max(band.min, pos2(band.left() + 3.0, band.bottom()));
            marks.rect(band, faint(lane.color(), 0.20));
            marks.rect(edge, ink(lane.color()));
        }
    }
    marks.flush(painter);
    for (row, (place, line)) in shown().enumerate() {
        let color = match runs(place) {
            true => Rgb::TEXT,
            false => Rgb::MUTED,
        };
        let line = line.get(indent..).unwrap_or("");
        let at = pos2(rect.left(), top + step * (row as f32 + 0.5));
        let font = Face::Mono.font(sizes.pt(16.0).max(11.0));
        text_within(
            painter,
            at,
            Align2::LEFT_CENTER,
            line,
            font,
            ink(color),
            rect.width(),
        );
    }
}
