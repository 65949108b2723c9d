//! The inspector: state, data, events and score of the selected lane at the moment that is shown.

use egui::{Align2, Painter, Rect, Role, Ui, pos2};

use super::{
    button, data_card, event_table,
    frame_context::FrameContext,
    links::{self, LinkLine},
    mesh_builder::MeshBuilder,
    run_data,
    theme::{
        Font, color32, layout_line, layout_wrapped, text, text_fitted, text_within, translucent,
    },
};
use crate::view::{Edit, Highlight, HighlightTarget, LaneModel, LineRange, Rgb};

/// Paints it.
pub(super) fn show(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.vline(rect.left(), rect.y_range(), (1.0, color32(Rgb::LINE)));
    let snapshot = frame.snapshot;
    let Some(lane) = frame.state.lane(snapshot) else {
        return;
    };
    let inner = rect.shrink2(egui::vec2(sizes.pt(24.0), sizes.pt(14.0)));
    let mut top = title(ui, &painter, inner, lane, frame);
    let data = run_data::of(lane, frame);
    let area = Rect::from_min_max(pos2(inner.left(), top), inner.max);
    top = run_data::show(ui, area, lane, &data, frame);
    let source = lane.facts.as_ref().map(|facts| facts.source.clone());
    let has_score = source.as_ref().is_some_and(|s| !s.is_empty());
    let share = if has_score { 0.56 } else { 1.0 };
    let table_bottom = top + (inner.bottom() - top) * share;
    let columns = data_card::columns(&painter, inner.width(), &sizes);
    let card = run_data::card(lane, &data, columns, frame);
    let card = card.or_else(|| event_table::card(lane, columns, frame));
    let card_height = match &card {
        Some(_) => (table_bottom - top) * 0.5,
        None => 0.0,
    };
    let list_bottom = table_bottom - card_height;
    let table_area = Rect::from_min_max(pos2(inner.left(), top), pos2(inner.right(), list_bottom));
    event_table::show(ui, table_area, lane, frame);
    if let Some(card) = card {
        let area = Rect::from_min_max(
            pos2(inner.left() - sizes.pt(10.0), list_bottom + sizes.pt(6.0)),
            pos2(inner.right() + sizes.pt(10.0), table_bottom),
        );
        data_card::show(ui, area, &card, frame);
    }
    if let Some(source) = source.filter(|_| has_score) {
        let area = Rect::from_min_max(pos2(inner.left(), table_bottom + sizes.pt(20.0)), inner.max);
        score(ui, &painter, area, lane, &source, frame);
    }
}

fn title(
    ui: &Ui,
    painter: &Painter,
    rect: Rect,
    lane: &LaneModel,
    frame: &mut FrameContext<'_>,
) -> f32 {
    let sizes = frame.sizes;
    text_fitted(
        painter,
        pos2(rect.left(), rect.top() + sizes.pt(17.0)),
        lane.title(),
        sizes.pt(27.0),
        color32(Rgb::TEXT),
        rect.width(),
    );
    let small = sizes.pt(16.5).max(11.0);
    let id = text_within(
        painter,
        pos2(rect.left(), rect.top() + sizes.pt(45.0)),
        Align2::LEFT_CENTER,
        &lane.lineage(),
        Font::Medium.id(small),
        color32(Rgb::MUTED),
        rect.width(),
    );
    let mut y = rect.top() + sizes.pt(74.0);
    if links::has_any(lane, frame) {
        let line = LinkLine {
            painter,
            at: pos2(rect.left(), id.bottom() + sizes.pt(11.0)),
            room: rect.width(),
            size: small,
            place: "inspector",
        };
        links::show(ui, &line, lane, frame);
        y += sizes.pt(24.0);
    }
    let state = lane.state();
    let words = lane.status_line(frame.now);
    let color = state.color();
    let line = text_within(
        painter,
        pos2(rect.left(), y),
        Align2::LEFT_CENTER,
        &words,
        Font::Bold.id(sizes.pt(18.0).max(12.0)),
        color32(color),
        rect.width(),
    );
    let name = format!("Inspector: {}, {words}", lane.title());
    button::label(ui, line, "inspector", Role::Label, &name);
    y + sizes.pt(30.0)
}

/// The score's text around the lines that are playing. If the file was saved with an error, the text
/// around the error.
fn score(
    ui: &Ui,
    painter: &Painter,
    rect: Rect,
    lane: &LaneModel,
    source: &str,
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    let small = Font::Medium.id(sizes.pt(16.5).max(11.0));
    let head = pos2(rect.left(), rect.top() + sizes.pt(8.0));
    let (words, tone) = heading(lane);
    let place = text_within(
        painter,
        head,
        Align2::LEFT_CENTER,
        words,
        small.clone(),
        color32(tone),
        rect.width(),
    );
    let mut top = rect.top() + sizes.pt(26.0);
    let mut label = words.to_owned();
    let (source, now, color) = match lane.edit.as_deref() {
        Some(Edit::Invalid {
            source,
            line,
            message,
        }) => {
            let error = format!("Line {line}: {message}");
            let font = Font::Bold.id(sizes.pt(17.0).max(11.5));
            let galley =
                layout_wrapped(painter, &error, font, color32(Rgb::ALARM), rect.width(), 4);
            let height = galley.size().y;
            painter.galley(pos2(rect.left(), top), galley, color32(Rgb::ALARM));
            top += height + sizes.pt(10.0);
            label += &format!(", line {line}: {message}");
            let (first, last) = (*line, *line);
            (&**source, Some(LineRange { first, last }), Rgb::ALARM)
        }
        _ => (source, playing(lane, frame), lane.color()),
    };
    button::label(ui, place, "score", Role::Label, &label);
    let step = sizes.pt(23.0).max(15.0);
    let room = ((rect.bottom() - top) / step).floor().max(1.0) as usize;
    let font = Font::Mono.id(sizes.pt(16.0).max(11.0));
    let letter = layout_line(painter, "0", font.clone(), color32(Rgb::TEXT))
        .size()
        .x;
    let columns = (rect.width() / letter.max(1.0)) as usize;
    let is_invalid = matches!(lane.edit.as_deref(), Some(Edit::Invalid { .. }));
    // The text around an error is not that of the run.
    let facts = lane.facts.clone().filter(|_| !is_invalid);
    let lit = facts.as_ref().and_then(|_| lit_lines(lane, frame));
    let centered = match (&lit, frame.lit_in(lane)) {
        // The pointer is on a row or a bar: its line comes into view.
        (Some(lit), Some(HighlightTarget::Event(_))) => Some(*lit),
        _ => now,
    };
    // The text does not move away under the pointer.
    if !is_read(ui, rect) {
        frame.state.score_center = centered;
    }
    let rows = excerpt(source, frame.state.score_center, room, columns);
    let runs = |line: usize| now.is_some_and(|now| (now.first..=now.last).contains(&line));
    let mut marks = MeshBuilder::default();
    for (place, (line, words)) in rows.iter().enumerate() {
        let y = top + step * place as f32;
        let band = Rect::from_min_max(
            pos2(rect.left() - sizes.pt(10.0), y),
            pos2(rect.right() + sizes.pt(10.0), y + step),
        );
        let name = format!("Line {line}: {}", words.trim());
        let response = button::label(ui, band, ("score line", place), Role::Label, &name);
        let task = facts.as_ref().and_then(|facts| facts.task_at(*line));
        if let Some(task) = task.filter(|_| response.hovered()) {
            frame.state.highlight = Some(Highlight::task(&lane.id, &task.pointer));
        }
        if lit.is_some_and(|lit| lit.contains(*line)) {
            button::select(ui, &response);
            button::lit_row(&mut marks, band);
        }
        if runs(*line) {
            let edge = Rect::from_min_max(band.min, pos2(band.left() + 3.0, band.bottom()));
            marks.rect(band, translucent(color, 0.20));
            marks.rect(edge, color32(color));
        }
    }
    marks.flush(painter);
    for (place, (line, words)) in rows.iter().enumerate() {
        let color = match runs(*line) || lit.is_some_and(|lit| lit.contains(*line)) {
            true => Rgb::TEXT,
            false => Rgb::MUTED,
        };
        let at = pos2(rect.left(), top + step * (place as f32 + 0.5));
        text(
            painter,
            at,
            Align2::LEFT_CENTER,
            words,
            font.clone(),
            color32(color),
        );
    }
}

/// Whether the pointer is on the text, and has not been left there.
fn is_read(ui: &Ui, rect: Rect) -> bool {
    const LEFT_BEHIND: f32 = 4.0;
    let rests = ui.input(|input| input.pointer.time_since_last_movement());
    ui.rect_contains_pointer(rect) && rests < LEFT_BEHIND
}

/// The lines that are playing. A history that was opened has no reports of its tasks; a replay has.
fn playing(lane: &LaneModel, frame: &FrameContext<'_>) -> Option<LineRange> {
    if lane.progress.is_some() || lane.status.is_closed() {
        return lane.progress;
    }
    frame.links(lane)?.playing()
}

/// The lines that belong to what the pointer is on.
fn lit_lines(lane: &LaneModel, frame: &FrameContext<'_>) -> Option<LineRange> {
    frame.links(lane)?.lines(frame.lit_in(lane)?)
}

/// The heading of the score's text.
fn heading(lane: &LaneModel) -> (&'static str, Rgb) {
    let loops = lane.facts.as_ref().is_some_and(|facts| facts.loops);
    match lane.edit.as_deref() {
        None => ("Score", Rgb::MUTED),
        Some(Edit::Saved) if loops => ("Score · changed: plays from the next loop", Rgb::GOOD),
        Some(Edit::Saved) => ("Score · changed: plays from the next start", Rgb::GOOD),
        Some(Edit::Invalid { .. }) => ("Score · saved with an error: not loaded", Rgb::ALARM),
    }
}

/// The visible rows of a score's text, each with its line number. The lines that are playing are in the
/// middle, and long lines wrap.
fn excerpt(
    source: &str,
    now: Option<LineRange>,
    room: usize,
    columns: usize,
) -> Vec<(usize, String)> {
    // A tab is as wide as two spaces.
    let lines: Vec<String> = source
        .lines()
        .map(|line| line.replace('\t', "  "))
        .collect();
    let (first, last) = now.map_or((1, 1), |now| (now.first, now.last));
    let around = |line: &usize| line + room > first && *line < last + room;
    // Common indentation is removed.
    let indent_of = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let near = lines
        .iter()
        .enumerate()
        .map(|(place, line)| (place + 1, line.as_str()));
    let near: Vec<_> = near.filter(|(line, _)| around(line)).collect();
    let framed = |line: usize| line + room / 3 >= first && line <= last + room / 3;
    let least = near
        .iter()
        .filter(|(line, text)| framed(*line) && !text.trim().is_empty())
        .map(|(_, text)| indent_of(text))
        .min()
        .unwrap_or(0);
    let mut rows = Vec::new();
    for (line, text) in near {
        let hang = " ".repeat((indent_of(text).saturating_sub(least) + 2).min(columns / 2));
        let mut row: String = text.chars().skip(least.min(indent_of(text))).collect();
        while row.chars().count() > columns.max(8) {
            let fits: String = row.chars().take(columns.max(8)).collect();
            let cut = match fits.trim_start().rfind(' ') {
                Some(at) if at > columns / 3 => at + (fits.len() - fits.trim_start().len()),
                _ => fits.len(),
            };
            let rest = row.split_off(cut);
            rows.push((line, std::mem::take(&mut row)));
            row = format!("{hang}{}", rest.trim_start());
        }
        rows.push((line, row));
    }
    let of_now = |row: &(usize, String)| (first..=last).contains(&row.0);
    let begin = rows.iter().position(of_now).unwrap_or(0);
    let count = rows.iter().filter(|row| of_now(row)).count();
    let above = room.saturating_sub(count) / 2;
    let skip = begin
        .saturating_sub(above)
        .min(rows.len().saturating_sub(room));
    rows.into_iter().skip(skip).take(room).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_are_playing_are_in_the_middle() {
        let source: String = (1..=60).map(|n| format!("    line {n}\n")).collect();
        let now = Some(LineRange {
            first: 30,
            last: 31,
        });
        let rows = excerpt(&source, now, 10, 40);
        assert_eq!(rows.len(), 10);
        assert_eq!(rows[4], (30, "line 30".to_owned()));
        assert_eq!(excerpt(&source, None, 10, 40)[0].0, 1);
    }

    #[test]
    fn a_long_line_wraps() {
        let source = "do:\n  - a: one two three four five\n";
        let rows = excerpt(source, None, 10, 16);
        assert_eq!(rows[1], (2, "  - a: one two".to_owned()));
        assert_eq!(rows[2], (2, "    three four".to_owned()));
        assert!(rows.iter().all(|(_, row)| row.chars().count() <= 16));
    }
}
