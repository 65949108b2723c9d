//! The event table of the inspector: a virtual list over the history of the selected lane, with filters.
//! It follows the playhead until it is scrolled. A click on a row shows the event's whole data below it.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    data_card::Card,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text, text_within},
};
use crate::{
    engine::InstanceId,
    view::{EventFilter, EventPlace, Highlight, LaneModel, Rgb, Row, RowStatus, TableRows},
};

/// The left edges of the columns, as fractions of the width.
const COLUMNS: [f32; 4] = [0.0, 0.105, 0.40, 0.665];

/// Paints it.
pub(super) fn show(ui: &Ui, rect: Rect, lane: &LaneModel, frame: &mut FrameContext<'_>) {
    // The lane of a moment has no history of its own.
    let live = frame.live;
    let Some(live) = live.lane(&lane.id) else {
        return;
    };
    let count = frame.count_of(live);
    let rows = frame.state.table.rows(live, count);
    let top = filters(ui, rect, live, frame);
    let list = Rect::from_min_max(pos2(rect.left(), top), rect.max);
    list_of(ui, list, lane, live, &rows, frame);
}

/// The card with the whole data of the event that is open.
pub(super) fn card(lane: &LaneModel, columns: usize, frame: &FrameContext<'_>) -> Option<Card> {
    let (id, place) = frame.state.table.open.as_ref()?;
    let live = frame.live.lane(&lane.id).filter(|live| live.id == *id)?;
    if place.0 >= frame.count_of(live).0 || !live.is_shown(*place, frame.state.table.filter(live)) {
        return None;
    }
    let (row, text) = (live.event_row(*place)?, live.event_data(*place, columns)?);
    Some(Card {
        name: format!("Data of event {}: {text}", row.event),
        head: format!("{} · {} · {}", row.event, row.title, row.status.label()),
        color: color_of(row.status),
        text,
    })
}

/// The buttons of the filters; returns their lower edge.
fn filters(ui: &Ui, rect: Rect, lane: &LaneModel, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let height = sizes.pt(30.0).max(20.0);
    let gap = sizes.pt(8.0);
    let width = (rect.width() - 3.0 * gap) / 4.0;
    for (place, filter) in EventFilter::of(lane).into_iter().enumerate() {
        let left = rect.left() + (width + gap) * place as f32;
        let area = Rect::from_min_size(pos2(left, rect.top()), vec2(width, height));
        let name = match filter {
            EventFilter::All => "Show all events".to_owned(),
            filter => format!("Show only {}", filter.label()),
        };
        let response = button::area(ui, area, ("filter", place), Role::Button, &name);
        let is_chosen = frame.state.table.filter(lane) == filter;
        if is_chosen {
            button::select(ui, &response);
        }
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
            frame.state.table.chosen = Some(filter);
            frame.state.table.top = None;
        }
    }
    rect.top() + height + sizes.pt(10.0)
}

/// `shown`: the lane at the moment that is shown; `lane` has the history.
fn list_of(
    ui: &Ui,
    rect: Rect,
    shown: &LaneModel,
    lane: &LaneModel,
    rows: &TableRows,
    frame: &mut FrameContext<'_>,
) {
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
    reveal(rows, room, last_top, frame);
    let top = frame
        .state
        .table
        .top
        .map_or(last_top, |top| top.min(last_top));
    for (place, row) in (top..rows.len().min(top + room)).enumerate() {
        let Some((event, cells)) = rows
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
        let target = frame.lit_in(shown).zip(frame.links(shown));
        let emphasis = match target.is_some_and(|(target, links)| links.lights(target, event)) {
            true => Emphasis::Lit,
            false if is_last => Emphasis::Last,
            false => Emphasis::None,
        };
        row_button(ui, plate, (&lane.id, event), &cells, emphasis, frame);
        let y = plate.center().y;
        text(
            &painter,
            pos2(x(0), y),
            Align2::LEFT_CENTER,
            cells.event,
            small.clone(),
            muted,
        );
        let bold = Font::Bold.id(sizes.pt(17.0).max(11.5));
        let cell = |column: usize, words: &str, font, color| {
            let width = x(column + 1) - x(column) - sizes.pt(8.0);
            let at = pos2(x(column), y);
            text_within(&painter, at, Align2::LEFT_CENTER, words, font, color, width);
        };
        cell(1, &cells.title, bold.clone(), color32(Rgb::TEXT));
        cell(
            2,
            cells.status.label(),
            bold,
            color32(color_of(cells.status)),
        );
        let data = color32(Rgb::TEXT.over(Rgb::MUTED, 0.3));
        cell(3, &cells.payload, small.clone(), data);
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

/// Scrolls to a row that was asked for, unless it is on screen.
fn reveal(rows: &TableRows, room: usize, last_top: usize, frame: &mut FrameContext<'_>) {
    let table = &mut frame.state.table;
    let Some(row) = table.reveal.take().and_then(|place| rows.row_of(place)) else {
        return;
    };
    let top = table.top.unwrap_or(last_top).min(last_top);
    if !(top..top + room).contains(&row) {
        let top = row.saturating_sub(room / 2);
        table.top = (top < last_top).then_some(top);
    }
}

/// How a row differs from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Emphasis {
    None,
    /// It is the last one before the playhead.
    Last,
    /// It belongs to what the pointer is on, or its data is shown.
    Lit,
}

/// The ground of a row, which can be clicked. What belongs to the row under the pointer is highlighted in
/// timeline and score, and the other way round.
fn row_button(
    ui: &Ui,
    plate: Rect,
    (lane, place): (&InstanceId, EventPlace),
    row: &Row,
    emphasis: Emphasis,
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
    if response.clicked() {
        frame.state.toggle_event(lane, place);
    }
    if response.hovered() {
        frame.state.highlight = Some(Highlight::event(lane, place));
    }
    let mut mesh = MeshBuilder::default();
    match (emphasis, row.status) {
        (Emphasis::Lit, _) => {
            button::select(ui, &response);
            button::lit_row(&mut mesh, plate);
        }
        (Emphasis::Last, _) => mesh.round(plate, 5.0, color32(Rgb::BUTTON)),
        (Emphasis::None, RowStatus::Failed | RowStatus::Stalled) => {
            mesh.round(plate, 5.0, color32(Rgb::ALARM.over(Rgb::PANEL, 0.16)));
        }
        (Emphasis::None, _) => {}
    }
    mesh.flush(ui.painter());
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
