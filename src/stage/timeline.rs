//! The lanes: heads at the left, the timeline beside them, ruler above, playhead across.

use egui::{Align2, CursorIcon, Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{
    head,
    ink::Ink,
    lane,
    scene::Scene,
    theme::{Face, faint, ink, layout_line, text},
};
use crate::view::{LaneArea, LaneParts, Overlay, Rgb, Rows, entry_at, tooltip};

/// Paints ruler, lanes and playhead, and hears the gestures on them.
pub(super) fn show(ui: &Ui, rect: Rect, scene: &mut Scene<'_>) {
    let sizes = scene.sizes;
    let (ruler, lanes) = rect.split_top_bottom_at_y(rect.top() + sizes.ruler);
    let left = rect.left() + sizes.head;
    let field = Rect::from_min_max(pos2(left, rect.top()), rect.max);
    let clicked = gestures(ui, field, scene);
    let rows = rows(ui, lanes, scene);
    if let Some(at) = clicked
        && let Some(place) = rows.lane_at(at.y - lanes.top())
        && let Some(lane) = scene.snapshot.lanes.get(place)
    {
        scene.state.select(&lane.id);
    }
    let clip = ui.painter_at(lanes);
    let selected = scene.state.lane(scene.snapshot).map(|lane| lane.id.clone());
    for (place, lane) in scene.snapshot.lanes.iter().enumerate() {
        let Some(band) = rows.band(place) else {
            continue;
        };
        let row = head::rect_of(band, lanes, rect.left(), rect.right());
        let ground = match selected.as_ref() == Some(&lane.id) {
            true => Rgb::SELECTED,
            false => Rgb::PANEL,
        };
        let line = Rect::from_min_max(row.min, pos2(row.right(), row.bottom() - 2.0));
        clip.rect_filled(line, 0.0, ink(ground.over(Rgb::BACKGROUND, 0.75)));
        let head = Rect::from_min_max(line.min, pos2(left, line.bottom())).intersect(lanes);
        clip.rect_filled(head, 0.0, ink(ground));
    }
    grid(ui, ruler, lanes, left, scene);
    for (place, lane) in scene.snapshot.lanes.iter().enumerate() {
        if let Some(band) = rows.band(place) {
            let row = head::rect_of(band, lanes, rect.left(), rect.right());
            let field = Rect::from_min_max(pos2(left, row.top()), row.max);
            lane::paint(ui, field.intersect(lanes), field, lane, scene);
            let head = Rect::from_min_max(row.min, pos2(left, row.bottom() - 2.0));
            head::show(ui, head, lanes, lane, place + 1, scene);
        }
    }
    playhead(ui, ruler, lanes, left, scene);
    scroll_bar(ui, lanes, &rows);
    pointed(ui, lanes, left, &rows, scene);
}

/// Drags, wheels and double clicks on the timeline; returns where it was clicked.
fn gestures(ui: &Ui, field: Rect, scene: &mut Scene<'_>) -> Option<Pos2> {
    let id = ui.make_persistent_id("timeline");
    let response = ui.interact(field, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollView, true, "Timeline"));
    let drag = response.drag_delta();
    if drag.x != 0.0 {
        scene.state.viewport.pan(drag.x);
        scene.state.moved();
    }
    scene.state.scroll -= drag.y;
    if response.dragged() {
        ui.set_cursor_icon(CursorIcon::Grabbing);
    }
    if response.double_clicked() {
        scene.state.follow = true;
    }
    let at = response.hover_pos()?;
    let (scroll, zoom) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta()));
    if zoom != 1.0 {
        let x = match scene.state.follow {
            true => scene.state.viewport.x(scene.now),
            false => at.x - field.left(),
        };
        scene.state.viewport.zoom_at(x, f64::from(zoom));
    }
    if scroll.x != 0.0 {
        scene.state.viewport.pan(scroll.x);
        scene.state.moved();
    }
    scene.state.scroll -= scroll.y;
    response.clicked().then_some(at)
}

fn rows(ui: &Ui, lanes: Rect, scene: &mut Scene<'_>) -> Rows {
    let count = scene.snapshot.lanes.len();
    let (room, scale) = (lanes.height(), scene.sizes.pt(1.0));
    let heads = Rect::from_min_size(lanes.min, vec2(scene.sizes.head, lanes.height()));
    if ui.rect_contains_pointer(heads) {
        scene.state.scroll -= ui.input(|i| i.smooth_scroll_delta().y);
    }
    let mut rows = Rows::new(count, room, scene.state.scroll, scale);
    if std::mem::take(&mut scene.state.reveal)
        && let Some(id) = &scene.state.selected
        && let Some(place) = scene.snapshot.lanes.iter().position(|l| l.id == *id)
    {
        rows = Rows::new(count, room, rows.scroll_to(place), scale);
    }
    scene.state.scroll = rows.scroll;
    rows
}

/// Bars and beats, where beats passed.
fn grid(ui: &Ui, ruler: Rect, lanes: Rect, left: f32, scene: &Scene<'_>) {
    let sizes = scene.sizes;
    let view = &scene.state.viewport;
    let painter = ui.painter_at(ruler.union(lanes));
    let mut lines = Ink::default();
    let lines_at = |apart: f32| {
        let apart = view.ns_per_point * f64::from(sizes.pt(apart));
        scene
            .snapshot
            .time_map
            .lines(view.from, view.until(), apart)
    };
    let mut found = lines_at(26.0);
    if found.iter().all(|line| line.beat == 1) {
        // Bars alone keep far enough from each other for their numbers.
        found = lines_at(58.0);
    }
    let mut free = left - 1.0;
    for line in found {
        let x = (left + view.x(line.at)).round();
        let bar = line.beat == 1;
        let height = sizes.pt(if bar { 24.0 } else { 9.0 });
        let tick = Rect::from_min_max(
            pos2(x - 0.5, ruler.bottom() - height),
            pos2(x + 0.5, ruler.bottom()),
        );
        lines.rect(tick, ink(Rgb::MUTED.over(Rgb::BACKGROUND, 0.6)));
        if bar {
            let down =
                Rect::from_min_max(pos2(x - 0.5, lanes.top()), pos2(x + 0.5, lanes.bottom()));
            lines.rect(down, faint(Rgb::LINE, 0.9));
            if x >= free {
                let at = pos2(x + sizes.pt(7.0), ruler.bottom() - sizes.pt(15.0));
                let font = Face::Bold.font(sizes.pt(18.0));
                let color = ink(Rgb::MUTED);
                free = text(&painter, at, Align2::LEFT_CENTER, line.bar, font, color).right() + 8.0;
            }
        }
    }
    lines.flush(&painter);
}

fn playhead(ui: &Ui, ruler: Rect, lanes: Rect, left: f32, scene: &Scene<'_>) {
    let x = left + scene.state.viewport.x(scene.now);
    if x < left || x > lanes.right() {
        return;
    }
    let painter = ui.painter_at(Rect::from_min_max(pos2(left, ruler.top()), lanes.max));
    let mut light = Ink::default();
    let wide = scene.sizes.pt(74.0);
    let shine = Rect::from_min_max(pos2(x - wide, lanes.top()), pos2(x, lanes.bottom()));
    light.shade(shine, egui::Color32::TRANSPARENT, faint(Rgb::TEXT, 0.10));
    let line = Rect::from_min_max(
        pos2(x - 1.5, ruler.bottom() - 4.0),
        pos2(x + 1.5, lanes.bottom()),
    );
    light.rect(line, ink(Rgb::TEXT));
    let s = scene.sizes.pt(11.0);
    let top = ruler.bottom() - s * 1.6;
    light.polygon(
        &[pos2(x - s, top), pos2(x + s, top), pos2(x, top + s * 1.4)],
        ink(Rgb::TEXT),
    );
    light.flush(&painter);
}

/// How far down the lanes are scrolled, if not all of them fit.
fn scroll_bar(ui: &Ui, lanes: Rect, rows: &Rows) {
    if let Some((from, to)) = rows.in_view() {
        let bar = Rect::from_min_max(
            pos2(lanes.right() - 6.0, lanes.top() + from * lanes.height()),
            pos2(lanes.right() - 2.0, lanes.top() + to * lanes.height()),
        );
        ui.painter().rect_filled(bar, 2.0, faint(Rgb::MUTED, 0.7));
    }
}

/// Says what lies under the pointer, as long as somebody moves it.
fn pointed(ui: &Ui, lanes: Rect, left: f32, rows: &Rows, scene: &Scene<'_>) {
    let (at, rests) = ui.input(|i| (i.pointer.hover_pos(), i.pointer.time_since_last_movement()));
    let covered = scene.state.overlay != Overlay::None;
    let Some(at) = at.filter(|_| rests < 4.0 && !covered) else {
        return;
    };
    let field = Rect::from_min_max(pos2(left, lanes.top()), lanes.max);
    if !field.contains(at) || !ui.rect_contains_pointer(field) {
        return;
    }
    let y = at.y - lanes.top();
    let Some((lane, band)) = rows.lane_at(y).and_then(|place| {
        let lane = scene.snapshot.lanes.get(place)?;
        Some((lane, rows.band(place)?))
    }) else {
        return;
    };
    let area = match y < LaneParts::of(band).strip.top {
        true => LaneArea::Notes,
        false => LaneArea::Activities,
    };
    let view = &scene.state.viewport;
    let Some(entry) = entry_at(lane, view, scene.now, at.x - left, area) else {
        return;
    };
    let line = tooltip(lane, entry, scene.now);
    let sizes = scene.sizes;
    let font = Face::Medium.font(sizes.pt(17.0).max(12.0));
    let galley = layout_line(ui.painter(), line, font, ink(Rgb::TEXT));
    // In the ruler, over bars of the past: never over the data.
    let corner = pos2(left + 8.0, lanes.top() - galley.size().y - 14.0);
    let plate = Rect::from_min_size(corner, galley.size() + vec2(20.0, 10.0));
    let mut sign = Ink::default();
    sign.round(plate, 6.0, ink(Rgb::BUTTON));
    sign.flush(ui.painter());
    ui.painter()
        .galley(corner + vec2(10.0, 5.0), galley, ink(Rgb::TEXT));
}
