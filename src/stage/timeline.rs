//! The lanes: headers at the left, timelines at the right, the ruler above, and the playhead.

use std::sync::Arc;

use egui::{CursorIcon, Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{
    backends, button,
    frame_context::FrameContext,
    group_heading, heat_row, lane, lane_drag, lane_filter, lane_header,
    lane_row::{self, Chosen},
    low_header, markers,
    mesh_builder::MeshBuilder,
    motion, ruler, scrubber, shelf,
    theme::{Font, color32, layout_line, translucent},
};
use crate::view::{
    Camera, EventPlace, Focus, Highlight, LaneArea, LaneModel, LaneParts, Overlay, Rgb, RowSpace,
    RowStyle, Rows, ShownRows, StageLanes, TimelineEntry, entry_at, tooltip,
};

/// Paints ruler, lanes and playhead, and handles gestures.
pub(super) fn show(ui: &mut Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let (ruler, below) =
        rect.split_top_bottom_at_y(rect.top() + ruler::height(frame) + markers::height(frame));
    let left = rect.left() + sizes.lane_header;
    let on_stage = StageLanes::of(frame.snapshot, frame.state, frame.now);
    frame.next_shelving = on_stage.next;
    ruler::clock_name(ui, ruler, left, frame);
    let edge = below.top() + backends::height(frame);
    let (strips, below) = below.split_top_bottom_at_y(edge);
    backends::show(ui, strips, left, frame);
    let edge = below.bottom() - shelf::height(&on_stage, frame);
    let (below, shelf) = below.split_top_bottom_at_y(edge);
    let lanes = lane_filter::show(ui, below, &on_stage, frame);
    let field = Rect::from_min_max(pos2(left, lanes.top()), lanes.max);
    let clicked = gestures(ui, field, frame);
    scrubber::show(
        ui,
        Rect::from_min_max(pos2(left, ruler.top()), ruler.max),
        frame,
    );
    let rows = rows(ui, lanes, &on_stage, frame);
    let area = Area {
        lanes,
        left,
        rows,
        on_stage,
    };
    if let Some(at) = clicked {
        click(at, &area, frame);
    }
    paint_rows(ui, ruler, &area, frame);
    scrubber::paint_folds(ui, ruler, lanes, left, frame);
    scrubber::paint_outages(ui, ruler, lanes, left, frame);
    scrubber::paint_range(ui, ruler, lanes, left, frame);
    markers::show(ui, ruler, lanes, left, frame);
    scrubber::paint(ui, ruler, lanes, left, frame);
    scroll_bar(ui, lanes, &area.rows);
    lane_drag::show(ui, lanes, &area.rows, &area.on_stage, frame);
    shelf::show(ui, shelf, &area.on_stage, frame);
    show_tooltip(ui, &area, frame);
}

/// The area of the lanes, and what is where in it.
struct Area {
    lanes: Rect,
    /// The edge between headers and timelines.
    left: f32,
    rows: Rows,
    on_stage: StageLanes,
}

/// Selects the lane under a click, and opens the event that was clicked in the table.
fn click(at: Pos2, area: &Area, frame: &mut FrameContext<'_>) {
    if let Some(row) = area.rows.row_at(at.y - area.lanes.top())
        && let Some(lane) = area.on_stage.lane(frame.snapshot, row)
    {
        frame.state.select(&lane.id);
    }
    if let Some((lane, entry)) = entry_under(at, area, frame)
        && let Some(place) = event_of(lane, entry, frame)
    {
        frame.state.open_event(&lane.id, place);
    }
}

/// Paints the rows in view: grounds, the grid above them, timelines and headers.
fn paint_rows(ui: &mut Ui, ruler: Rect, area: &Area, frame: &mut FrameContext<'_>) {
    let Area { lanes, left, .. } = *area;
    let clip = ui.painter_at(lanes);
    let selected = frame.state.lane(frame.snapshot).map(|lane| lane.id.clone());
    let snapshot = frame.snapshot;
    // What scrolls is below the pinned lanes.
    let edge = lanes.top() + area.rows.fixed_height();
    let below = Rect::from_min_max(pos2(lanes.left(), edge), lanes.max);
    let seen_in = |row| match area.rows.is_fixed(row) {
        true => lanes,
        false => below,
    };
    let rows: Vec<_> = area
        .rows
        .in_view()
        .filter_map(|(row, band)| {
            let lane = area.on_stage.lane(snapshot, row)?;
            let chosen = match selected.as_ref() == Some(&lane.id) {
                true => Chosen::Yes,
                false => Chosen::No,
            };
            Some((row, lane_row::rect_of(band, lanes), lane, chosen))
        })
        .collect();
    let grounds = rows.iter();
    let grounds = grounds.map(|(place, row, _, chosen)| (*row, seen_in(*place), *chosen));
    lane_row::grounds(ui, grounds, left);
    ruler::paint(ui, ruler, lanes, left, frame);
    let heat_id = ui.make_persistent_id("heat rows");
    let mut heat = MeshBuilder::from_last_frame(ui, heat_id);
    for (place, row, lane, chosen) in &rows {
        let field = Rect::from_min_max(pos2(left, row.top()), row.max);
        let lanes = seen_in(*place);
        let seen = field.intersect(lanes);
        let header = Rect::from_min_max(row.min, pos2(left, row.bottom() - lane_row::gap(*row)));
        let style = area.rows.style(*place);
        let dims = frame.state.focus == Focus::Selected && *chosen == Chosen::No && rows.len() > 1;
        // Most rows share a mesh, which is painted last.
        let covered = dims || area.rows.is_fixed(*place);
        let is_dense = || lane.is_dense_in(&frame.state.viewport);
        if style == RowStyle::Heat || style == RowStyle::Compact && is_dense() {
            match covered {
                false => heat_row::add(&mut heat, field, lane, frame),
                true => heat_row::paint(&ui.painter_at(lanes), field, lane, frame),
            }
        } else {
            lane::paint(ui, seen, field, lane, frame);
            motion::paint(ui, seen, field, lane, frame);
        }
        highlight(ui, seen, lane, frame);
        match style {
            RowStyle::Full => lane_header::show(ui, header, lanes, lane, *chosen, frame),
            style => low_header::show(ui, header, lanes, lane, style, *chosen, frame),
        }
        if dims {
            lane_row::dim(ui, *row, lanes);
        }
    }
    heat.flush_and_keep(&ui.painter_at(below), heat_id);
    for (row, band) in area.rows.in_view() {
        if let Some(group) = area.on_stage.heading(row) {
            let rect = lane_row::rect_of(band, lanes);
            group_heading::show(ui, rect, below, group, frame);
        }
    }
    if edge > lanes.top() && edge < lanes.bottom() {
        let line = Rect::from_min_max(pos2(lanes.left(), edge - 2.0), pos2(lanes.right(), edge));
        clip.rect_filled(line, 0.0, color32(Rgb::EDGE));
    }
    for (place, row, ..) in rows.iter().filter(|(.., chosen)| *chosen == Chosen::Yes) {
        lane_row::frame_of(&ui.painter_at(seen_in(*place)), *row, frame);
    }
}

/// Handles dragging, scrolling and double clicks; returns the position of a click.
fn gestures(ui: &Ui, field: Rect, frame: &mut FrameContext<'_>) -> Option<Pos2> {
    let id = ui.make_persistent_id("timeline");
    let response = ui.interact(field, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollView, true, "Timeline"));
    // A hand that shakes while it clicks does not move the window.
    let drag = match ui.input(|input| input.pointer.is_decidedly_dragging()) {
        true => response.drag_delta(),
        false => vec2(0.0, 0.0),
    };
    if drag.x != 0.0 {
        frame.state.viewport.pan(drag.x);
        frame.state.moved();
    }
    frame.state.scroll -= drag.y;
    if response.dragged() {
        ui.set_cursor_icon(CursorIcon::Grabbing);
    }
    if response.double_clicked() {
        frame.state.camera = Camera::Following;
    }
    let at = response.hover_pos()?;
    let (scroll, zoom) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta()));
    if zoom != 1.0 {
        let x = match frame.state.camera {
            Camera::Following => frame.state.viewport.x(frame.now),
            Camera::Free => at.x - field.left(),
        };
        frame.state.viewport.zoom_at(x, f64::from(zoom));
    }
    if scroll.x != 0.0 {
        frame.state.viewport.pan(scroll.x);
        frame.state.moved();
    }
    frame.state.scroll -= scroll.y;
    response.clicked().then_some(at)
}

fn rows(ui: &Ui, lanes: Rect, on_stage: &StageLanes, frame: &mut FrameContext<'_>) -> Rows {
    let heads = Rect::from_min_size(lanes.min, vec2(frame.sizes.lane_header, lanes.height()));
    if ui.rect_contains_pointer(heads) {
        frame.state.scroll -= ui.input(|i| i.smooth_scroll_delta().y);
    }
    let selected = frame.state.lane(frame.snapshot);
    let selected = selected.and_then(|lane| on_stage.row_of(frame.snapshot, &lane.id));
    let space = RowSpace {
        rows: on_stage.rows.len(),
        headings: on_stage.headings(),
        pinned: on_stage.pinned,
        selected,
        focus: frame.state.focus,
        height: lanes.height(),
        scroll: frame.state.scroll,
        scale: frame.sizes.pt(1.0),
    };
    let mut rows = Rows::new(space.clone());
    if std::mem::take(&mut frame.state.reveal)
        && let Some(row) = selected
    {
        let scroll = rows.scroll_to(row);
        rows = Rows::new(RowSpace { scroll, ..space });
    }
    frame.state.scroll = rows.scroll;
    rows
}

/// Highlights the entries that belong to what the pointer is on.
fn highlight(ui: &Ui, field: Rect, lane: &LaneModel, frame: &FrameContext<'_>) {
    let Some(target) = frame.lit_in(lane) else {
        return;
    };
    let Some(links) = frame.links(lane) else {
        return;
    };
    let view = &frame.state.viewport;
    let spans = links.spans(target, view, frame.now);
    let x = |at| field.left() + view.x(at).clamp(-20.0, view.width + 20.0);
    let mut mesh = MeshBuilder::default();
    for span in &spans {
        let band = Rect::from_min_max(
            pos2(x(span.from) - 2.0, field.top() + 1.0),
            pos2(x(span.until) + 2.0, field.bottom() - 3.0),
        );
        mesh.rect(band, translucent(Rgb::TEXT, 0.10));
        mesh.outline(band, 3.0, 1.6, color32(Rgb::TEXT));
    }
    mesh.flush(&ui.painter_at(field));
    let name = match spans.len() {
        0 => return,
        1 => format!("Highlighted in {}", lane.title()),
        n => format!("Highlighted in {}: {n} places", lane.title()),
    };
    button::label(ui, field, ("highlighted", &lane.id), Role::Label, &name);
}

/// The scroll bar, unless all lanes fit.
fn scroll_bar(ui: &Ui, lanes: Rect, rows: &Rows) {
    if let Some((from, to)) = rows.part_in_view() {
        let top = lanes.top() + rows.fixed_height();
        let height = lanes.bottom() - top;
        let bar = Rect::from_min_max(
            pos2(lanes.right() - 6.0, top + from * height),
            pos2(lanes.right() - 2.0, top + to * height),
        );
        ui.painter()
            .rect_filled(bar, 2.0, translucent(Rgb::MUTED, 0.7));
    }
}

/// A lane's timeline entry under a point, with the lane.
fn entry_under<'a>(
    at: Pos2,
    area: &Area,
    frame: &FrameContext<'a>,
) -> Option<(&'a Arc<LaneModel>, &'a TimelineEntry)> {
    let y = at.y - area.lanes.top();
    let row = area.rows.row_at(y)?;
    let lane = area.on_stage.lane(frame.snapshot, row)?;
    let band = area.rows.band(row)?;
    let parts = LaneParts::of(band, lane.voices().len(), lane.sub_rows());
    let place = match area.rows.style(row) {
        // All of it is in one line.
        RowStyle::Heat => LaneArea::Activities {
            row: 0,
            rows: ShownRows::new(1, 1),
        },
        _ if y < parts.strip.top => LaneArea::Notes,
        _ => LaneArea::Activities {
            row: parts.sub_row_at(y),
            rows: parts.rows,
        },
    };
    let view = &frame.state.viewport;
    let entry = entry_at(lane, view, frame.now, at.x - area.left, place)?;
    Some((lane, entry))
}

/// The event that opened an entry.
fn event_of(
    lane: &LaneModel,
    entry: &TimelineEntry,
    frame: &FrameContext<'_>,
) -> Option<EventPlace> {
    frame.live.lane(&lane.id)?.place_of(entry)
}

/// The tooltip of the entry under the pointer. It disappears when the pointer rests.
fn show_tooltip(ui: &Ui, area: &Area, frame: &mut FrameContext<'_>) {
    let Area { lanes, left, .. } = *area;
    let (at, rests) = ui.input(|i| (i.pointer.hover_pos(), i.pointer.time_since_last_movement()));
    let covered = frame.state.overlay != Overlay::None;
    let Some(at) = at.filter(|_| !covered) else {
        return;
    };
    let field = Rect::from_min_max(pos2(left, lanes.top()), lanes.max);
    if !field.contains(at) || !ui.rect_contains_pointer(field) {
        return;
    }
    let Some((lane, entry)) = entry_under(at, area, frame) else {
        return;
    };
    let place = event_of(lane, entry, frame);
    frame.state.highlight = place.map(|place| Highlight::event(&lane.id, place));
    if rests >= 4.0 {
        return;
    }
    let line = tooltip(lane, entry, frame.now);
    let sizes = frame.sizes;
    let font = Font::Medium.id(sizes.pt(17.0).max(12.0));
    let galley = layout_line(ui.painter(), line, font, color32(Rgb::TEXT));
    // In the ruler, so that it never covers the lanes.
    let corner = pos2(left + 8.0, lanes.top() - galley.size().y - 14.0);
    let plate = Rect::from_min_size(corner, galley.size() + vec2(20.0, 10.0));
    let mut mesh = MeshBuilder::default();
    mesh.round(plate, 6.0, color32(Rgb::BUTTON));
    mesh.flush(ui.painter());
    ui.painter()
        .galley(corner + vec2(10.0, 5.0), galley, color32(Rgb::TEXT));
}
