//! The data of the selected lane at the moment that is shown: input, context, status, tags, outputs. A
//! click on a value shows it as a whole.

use egui::{Align2, Rect, Role, Ui, pos2};

use super::{
    button,
    data_card::Card,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text_within},
};
use crate::view::{DataKey, DataValue, Highlight, LaneModel, Rgb, RunData};

/// The most values on screen; the wheel scrolls.
const ROWS: usize = 5;

/// The data of a lane at the moment that is shown.
pub(super) fn of(lane: &LaneModel, frame: &FrameContext<'_>) -> RunData {
    let Some(live) = frame.live.lane(&lane.id) else {
        return RunData::default();
    };
    let replayed = frame.replayed.as_deref();
    RunData::of(live, lane, frame.count_of(live), replayed)
}

/// The card with the whole value that is open.
pub(super) fn card(
    lane: &LaneModel,
    data: &RunData,
    columns: usize,
    frame: &FrameContext<'_>,
) -> Option<Card> {
    let (id, key) = frame.state.data.as_ref()?;
    let value = data.get(key).filter(|_| *id == lane.id)?;
    let text = value.text(columns);
    Some(Card {
        name: format!("Whole {}: {text}", value.name),
        head: value.name.to_string(),
        color: Rgb::TEXT,
        text,
    })
}

/// Paints the values below `rect`'s top; returns their lower edge.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    lane: &LaneModel,
    data: &RunData,
    frame: &mut FrameContext<'_>,
) -> f32 {
    let sizes = frame.sizes;
    let step = sizes.pt(28.0).max(18.0);
    let last_top = data.values.len().saturating_sub(ROWS);
    let height = step * data.values.len().min(ROWS) as f32;
    let list = Rect::from_min_max(rect.min, pos2(rect.right(), rect.top() + height));
    scroll(ui, list, last_top, frame);
    let top = frame.state.data_top.min(last_top);
    for (place, value) in data.values.iter().skip(top).take(ROWS).enumerate() {
        let y = rect.top() + step * place as f32;
        let plate = Rect::from_min_max(
            pos2(rect.left() - sizes.pt(10.0), y),
            pos2(rect.right() + sizes.pt(10.0), y + step),
        );
        row(ui, plate, lane, value, frame);
    }
    let mut bottom = list.bottom();
    let more = data.values.len() - (top + ROWS).min(data.values.len());
    let note = match (data.missing, more) {
        (Some(missing), _) => missing.to_owned(),
        (None, 0) => String::new(),
        (None, 1) => "1 more value".to_owned(),
        (None, more) => format!("{more} more values"),
    };
    if !note.is_empty() {
        let at = pos2(rect.left(), bottom + step * 0.5);
        let font = Font::Medium.id(sizes.pt(15.0).max(10.5));
        let muted = color32(Rgb::MUTED);
        let width = rect.width();
        let painter = ui.painter();
        let place = text_within(painter, at, Align2::LEFT_CENTER, &note, font, muted, width);
        button::label(ui, place, "data note", Role::Label, &note);
        bottom += step;
    }
    match bottom > rect.top() {
        true => bottom + sizes.pt(12.0),
        false => bottom,
    }
}

fn scroll(ui: &Ui, rect: Rect, last_top: usize, frame: &mut FrameContext<'_>) {
    if !ui.rect_contains_pointer(rect) {
        return;
    }
    let by = ui.input(|input| input.smooth_scroll_delta().y);
    let top = frame.state.data_top.min(last_top);
    frame.state.data_top = match by {
        by if by < 0.0 => (top + 1).min(last_top),
        by if by > 0.0 => top.saturating_sub(1),
        _ => top,
    };
}

fn row(ui: &Ui, plate: Rect, lane: &LaneModel, value: &DataValue, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let line = value.line();
    let name = format!("Data: {}, {line}", value.name);
    let response = button::area(ui, plate, ("data", &value.key), Role::Button, &name);
    if response.clicked() {
        frame.state.toggle_data(&lane.id, &value.key);
    }
    if response.hovered() {
        frame.state.highlight = match &value.key {
            DataKey::Output(task) => Some(Highlight::task(&lane.id, task)),
            DataKey::Result(place) => Some(Highlight::event(&lane.id, *place)),
            _ => None,
        };
    }
    let open = frame.state.data.as_ref();
    let is_open = open.is_some_and(|(id, key)| *id == lane.id && *key == value.key);
    let mut mesh = MeshBuilder::default();
    if is_open || response.hovered() {
        button::lit_row(&mut mesh, plate);
    }
    button::focus_ring(&mut mesh, &response, plate);
    mesh.flush(ui.painter());
    if is_open {
        button::select(ui, &response);
    }
    let inner = plate.shrink2(egui::vec2(sizes.pt(10.0), 0.0));
    let middle = inner.left() + inner.width() * 0.27;
    let painter = ui.painter();
    let is_output = matches!(value.key, DataKey::Output(_) | DataKey::Result(_));
    let ink = match is_output {
        true => lane.color(),
        false => Rgb::MUTED,
    };
    text_within(
        painter,
        pos2(inner.left(), inner.center().y),
        Align2::LEFT_CENTER,
        &value.name,
        Font::Bold.id(sizes.pt(16.0).max(11.0)),
        color32(ink),
        middle - inner.left() - sizes.pt(8.0),
    );
    text_within(
        painter,
        pos2(middle, inner.center().y),
        Align2::LEFT_CENTER,
        &line,
        Font::Mono.id(sizes.pt(16.0).max(11.0)),
        color32(Rgb::TEXT),
        inner.right() - middle,
    );
}
