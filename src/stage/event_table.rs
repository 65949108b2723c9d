//! The event table of the inspector: a virtual list over the history of the selected lane, with filters.
//! It follows the playhead until it is scrolled. A click on a row shows the event's whole data.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, layout_wrapped, text, text_within},
};
use crate::view::{EventFilter, EventPlace, LaneModel, Rgb, Row, RowStatus, TableRows};

/// The left edges of the columns, as fractions of the width.
const COLUMNS: [f32; 4] = [0.0, 0.105, 0.40, 0.665];

/// Paints it.
pub(super) fn show(ui: &Ui, rect: Rect, lane: &LaneModel, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    // The lane of a moment has no history of its own.
    let live = frame.live;
    let Some(live) = live.lane(&lane.id) else {
        return;
    };
    let count = match frame.moment {
        Some(moment) => live.count_at(moment),
        None => live.history.len(),
    };
    let rows = TableRows::of(live, count, frame.state.table.filter);
    let top = filters(ui, rect, frame);
    let open = frame.state.table.open.clone();
    let open = open.filter(|(id, place)| *id == lane.id && rows.row_of(*place).is_some());
    let card = match &open {
        Some(_) => (rect.bottom() - top) * 0.45,
        None => 0.0,
    };
    let list = Rect::from_min_max(
        pos2(rect.left(), top),
        pos2(rect.right(), rect.bottom() - card),
    );
    list_of(ui, list, live, &rows, frame);
    if let Some((_, place)) = open {
        let area = Rect::from_min_max(
            pos2(rect.left() - sizes.pt(10.0), list.bottom() + sizes.pt(6.0)),
            pos2(rect.right() + sizes.pt(10.0), rect.bottom()),
        );
        data(ui, area, live, place, frame);
    }
}

/// The buttons of the filters; returns their lower edge.
fn filters(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let height = sizes.pt(30.0).max(20.0);
    let gap = sizes.pt(8.0);
    let width = (rect.width() - 3.0 * gap) / 4.0;
    for (place, filter) in EventFilter::ALL.into_iter().enumerate() {
        let left = rect.left() + (width + gap) * place as f32;
        let area = Rect::from_min_size(pos2(left, rect.top()), vec2(width, height));
        let name = match filter {
            EventFilter::All => "Show all events".to_owned(),
            filter => format!("Show only {}", filter.label()),
        };
        let response = button::area(ui, area, ("filter", place), Role::Button, &name);
        let is_chosen = frame.state.table.filter == filter;
        let (ground, ink) = match is_chosen {
            true => (color32(Rgb::TEXT), Rgb::BACKGROUND),
            false => (button::hover_color(&response, Rgb::BUTTON), Rgb::TEXT),
        };
        let mut mesh = MeshBuilder::default();
        mesh.round(area, height * 0.5, ground);
        button::focus_ring(&mut mesh, &response, area);
        mesh.flush(ui.painter());
        let font = Font::Bold.id(sizes.pt(16.0).max(11.0));
        text(
            ui.painter(),
            area.center(),
            Align2::CENTER_CENTER,
            filter.label(),
            font,
            color32(ink),
        );
        if response.clicked() {
            frame.state.table.filter = filter;
            frame.state.table.top = None;
        }
    }
    rect.top() + height + sizes.pt(10.0)
}

fn list_of(ui: &Ui, rect: Rect, lane: &LaneModel, rows: &TableRows, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect.expand2(vec2(sizes.pt(12.0), 0.0)));
    let small = Font::Medium.id(sizes.pt(16.5).max(11.0));
    let muted = color32(Rgb::MUTED);
    // Long numbers push the titles to the right.
    let widest = rows.len().checked_sub(1).and_then(|row| rows.get(row));
    let widest = widest.and_then(|place| lane.event_row(place));
    let widest = widest.map(|row| row.event.to_string()).unwrap_or_default();
    let numbers = layout_line(&painter, widest, small.clone(), muted).size().x;
    let titles = (COLUMNS[1] * rect.width()).max(numbers + sizes.pt(10.0));
    let x = |column: usize| {
        let part = COLUMNS.get(column).copied().unwrap_or(1.0) * rect.width();
        rect.left() + if column == 1 { titles } else { part }
    };
    for (column, word) in ["#", "Event", "Status", "Payload"].into_iter().enumerate() {
        let at = pos2(x(column), rect.top() + sizes.pt(10.0));
        text(
            &painter,
            at,
            Align2::LEFT_CENTER,
            word,
            small.clone(),
            muted,
        );
    }
    let head = rect.top() + sizes.pt(26.0);
    painter.hline(rect.x_range(), head, (1.0, color32(Rgb::LINE)));
    let step = sizes.pt(33.0).max(21.0);
    let room = ((rect.bottom() - head) / step).floor().max(1.0) as usize;
    let last_top = rows.len().saturating_sub(room);
    scroll(ui, rect, step, last_top, frame);
    let top = frame
        .state
        .table
        .top
        .map_or(last_top, |top| top.min(last_top));
    for (place, row) in (top..rows.len().min(top + room)).enumerate() {
        let Some((place_of, shown)) = rows
            .get(row)
            .and_then(|event| Some((event, lane.event_row(event)?)))
        else {
            continue;
        };
        let y = head + sizes.pt(6.0) + step * place as f32;
        let plate = Rect::from_min_max(
            pos2(rect.left() - sizes.pt(10.0), y),
            pos2(rect.right() + sizes.pt(10.0), y + step),
        );
        let is_last = row + 1 == rows.len();
        row_button(ui, plate, lane, place_of, &shown, is_last, frame);
        let y = plate.center().y;
        text(
            &painter,
            pos2(x(0), y),
            Align2::LEFT_CENTER,
            shown.event,
            small.clone(),
            muted,
        );
        let bold = Font::Bold.id(sizes.pt(17.0).max(11.5));
        let cell = |column: usize, words: &str, font, color| {
            let width = x(column + 1) - x(column) - sizes.pt(8.0);
            let at = pos2(x(column), y);
            text_within(&painter, at, Align2::LEFT_CENTER, words, font, color, width);
        };
        cell(1, &shown.title, bold.clone(), color32(Rgb::TEXT));
        cell(
            2,
            shown.status.label(),
            bold,
            color32(color_of(shown.status)),
        );
        let data = color32(Rgb::TEXT.over(Rgb::MUTED, 0.3));
        cell(3, &shown.payload, small.clone(), data);
    }
    scroll_bar(ui, rect, head, top, room, rows.len());
}

/// The wheel scrolls; at the end the table follows the playhead again.
fn scroll(ui: &Ui, rect: Rect, step: f32, last_top: usize, frame: &mut FrameContext<'_>) {
    if !ui.rect_contains_pointer(rect) {
        return;
    }
    let by = ui.input(|input| input.smooth_scroll_delta().y);
    if by == 0.0 {
        return;
    }
    frame.state.table_scroll += -by / step;
    let rows = frame.state.table_scroll.trunc();
    frame.state.table_scroll -= rows;
    let top = frame.state.table.top.unwrap_or(last_top).min(last_top);
    let top = top.saturating_add_signed(rows as isize);
    frame.state.table.top = (top < last_top).then_some(top);
}

fn scroll_bar(ui: &Ui, rect: Rect, head: f32, top: usize, room: usize, rows: usize) {
    if rows <= room {
        return;
    }
    let height = rect.bottom() - head;
    let length = (height * room as f32 / rows as f32).max(18.0);
    let y = head + (height - length) * top as f32 / (rows - room) as f32;
    let bar = Rect::from_min_size(pos2(rect.right() + 6.0, y), vec2(4.0, length));
    ui.painter().rect_filled(bar, 2.0, color32(Rgb::MUTED));
}

/// The ground of a row, which can be clicked. The entry of the event under the pointer is highlighted in
/// the timeline, and the other way round.
fn row_button(
    ui: &Ui,
    plate: Rect,
    lane: &LaneModel,
    place: EventPlace,
    row: &Row,
    is_last: bool,
    frame: &mut FrameContext<'_>,
) {
    let name = format!(
        "Event {}, {}, {}, {}",
        row.event,
        row.title,
        row.status.label(),
        row.payload
    );
    let response = button::area(ui, plate, ("event", place.0), Role::Button, &name);
    let is_open = frame.state.table.open.as_ref() == Some(&(lane.id.clone(), place));
    if response.clicked() {
        frame.state.table.open = (!is_open).then(|| (lane.id.clone(), place));
    }
    if response.hovered() {
        frame.state.highlight = Some((lane.id.clone(), place));
    }
    let is_lit = frame.lit.as_ref() == Some(&(lane.id.clone(), place));
    let ground = match (row.status, is_last || is_open || is_lit) {
        (_, true) => color32(Rgb::BUTTON),
        (RowStatus::Failed | RowStatus::Stalled, false) => {
            color32(Rgb::ALARM.over(Rgb::PANEL, 0.16))
        }
        _ => return,
    };
    let mut mesh = MeshBuilder::default();
    mesh.round(plate, 5.0, ground);
    mesh.flush(ui.painter());
}

/// The whole data of an event.
fn data(ui: &Ui, rect: Rect, lane: &LaneModel, place: EventPlace, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let (Some(row), Some(data)) = (lane.event_row(place), lane.event_data(place)) else {
        return;
    };
    let painter = ui.painter_at(rect);
    let mut mesh = MeshBuilder::default();
    mesh.round(rect, 8.0, color32(Rgb::BACKGROUND));
    mesh.flush(&painter);
    let inner = rect.shrink(sizes.pt(12.0));
    let head = format!("{} · {} · {}", row.event, row.title, row.status.label());
    let font = Font::Bold.id(sizes.pt(17.0).max(11.5));
    let at = pos2(inner.left(), inner.top() + sizes.pt(8.0));
    text_within(
        &painter,
        at,
        Align2::LEFT_CENTER,
        &head,
        font,
        color32(color_of(row.status)),
        inner.width(),
    );
    let font = Font::Mono.id(sizes.pt(15.0).max(11.0));
    let line = sizes.pt(19.0).max(14.0);
    let top = inner.top() + sizes.pt(26.0);
    let room = ((inner.bottom() - top) / line).floor().max(1.0) as usize;
    let galley = layout_wrapped(
        &painter,
        &data,
        font,
        color32(Rgb::TEXT),
        inner.width(),
        room,
    );
    painter.galley(pos2(inner.left(), top), galley, color32(Rgb::TEXT));
    let name = format!("Data of event {}: {data}", row.event);
    button::label(ui, rect, "event data", Role::Label, &name);
}

/// The color of a status.
pub(super) fn color_of(status: RowStatus) -> Rgb {
    match status {
        RowStatus::Completed | RowStatus::Started | RowStatus::Resumed | RowStatus::Continued => {
            Rgb::GOOD
        }
        RowStatus::Failed | RowStatus::Stalled | RowStatus::Terminated => Rgb::ALARM,
        RowStatus::Pending | RowStatus::Running | RowStatus::Suspended | RowStatus::Requested => {
            Rgb::PENDING
        }
        RowStatus::Raised | RowStatus::Sent => Rgb::LANES[0],
        RowStatus::Scheduled
        | RowStatus::Fired
        | RowStatus::Canceled
        | RowStatus::Recorded
        | RowStatus::Detached
        | RowStatus::Registered => Rgb::MUTED,
    }
}
