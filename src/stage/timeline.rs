//! The lanes: heads at the left, the timeline beside them, ruler above, playhead across.

use egui::{Align2, CursorIcon, Painter, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::{
    app::Scene,
    head, icons,
    ink::Ink,
    theme::{Face, faint, ink, text, text_within},
};
use crate::{
    engine::Status,
    music::Key,
    view::{
        Band, Item, LaneModel, LaneParts, Look, Outcome, Overlay, Part, PieceKind, Rgb, Rows,
        StatusIcon, Tense, WaitOn, piece_at, visible_items, words,
    },
};

/// Paints ruler, lanes and playhead, and hears the gestures on them.
pub(super) fn show(ui: &Ui, rect: Rect, scene: &mut Scene<'_>) {
    let sizes = scene.sizes;
    let (ruler, lanes) = rect.split_top_bottom_at_y(rect.top() + sizes.ruler);
    let left = rect.left() + sizes.head;
    let field = Rect::from_min_max(pos2(left, rect.top()), rect.max);
    gestures(ui, field, scene);
    let rows = rows(ui, lanes, scene);
    let clip = ui.painter_at(lanes);
    clip.rect_filled(lanes, 0.0, ink(Rgb::GROUND));
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
        clip.rect_filled(line, 0.0, ink(ground.over(Rgb::GROUND, 0.75)));
        let head = Rect::from_min_max(line.min, pos2(left, line.bottom())).intersect(lanes);
        clip.rect_filled(head, 0.0, ink(ground));
    }
    grid(ui, ruler, lanes, left, scene);
    for (place, lane) in scene.snapshot.lanes.iter().enumerate() {
        if let Some(band) = rows.band(place) {
            let row = head::rect_of(band, lanes, rect.left(), rect.right());
            let field = Rect::from_min_max(pos2(left, row.top()), row.max);
            paint_lane(ui, field.intersect(lanes), field, lane, scene);
            let head = Rect::from_min_max(row.min, pos2(left, row.bottom() - 2.0));
            head::show(ui, head, lanes, lane, place + 1, scene);
        }
    }
    playhead(ui, ruler, lanes, left, scene);
    pointed(ui, lanes, left, &rows, scene);
}

/// Drags, wheels and double clicks on the timeline.
fn gestures(ui: &Ui, field: Rect, scene: &mut Scene<'_>) {
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
    let Some(at) = response.hover_pos() else {
        return;
    };
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
        lines.rect(tick, ink(Rgb::MUTED.over(Rgb::GROUND, 0.6)));
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

/// Geometry of one lane while it is painted.
struct LanePaint<'a> {
    painter: Painter,
    row: Rect,
    parts: LaneParts,
    /// The lowest and the highest key; `None`: the lane plays no notes.
    keys: Option<(Key, Key)>,
    color: Rgb,
    scene: &'a Scene<'a>,
    ink: Ink,
}

fn paint_lane(ui: &Ui, clip: Rect, row: Rect, lane: &LaneModel, scene: &Scene<'_>) {
    let band = Band {
        top: row.top(),
        bottom: row.bottom(),
    };
    let low = lane.foreseen.iter().flat_map(|p| &p.keys).min();
    let high = lane.foreseen.iter().flat_map(|p| &p.keys).max();
    let keys = match (lane.pieces.keys(), low, high) {
        (Some((l, h)), Some(a), Some(b)) => Some((l.min(*a), h.max(*b))),
        (Some(keys), ..) => Some(keys),
        (None, Some(a), Some(b)) => Some((*a, *b)),
        (None, ..) => None,
    };
    let mut paint = LanePaint {
        painter: ui.painter_at(clip),
        row,
        parts: LaneParts::of(band),
        keys,
        color: lane.color(),
        scene,
        ink: Ink::default(),
    };
    let items = visible_items(
        lane,
        &scene.state.viewport,
        &scene.snapshot.transport,
        scene.now,
    );
    for item in &items {
        paint.item(item);
    }
    paint.ink.flush(&paint.painter);
    let mut items = items.iter().peekable();
    while let Some(item) = items.next() {
        let next = items.peek().map_or(f32::MAX, |next| next.left);
        paint.words(item, next - item.left);
    }
}

impl LanePaint<'_> {
    fn span(&self, left: f32, right: f32, band: Band) -> Rect {
        // Far ends are cut so that no coordinate is too large for the screen's arithmetic.
        let from = (self.row.left() + left).max(self.row.left() - 50.0);
        let to = (self.row.left() + right).min(self.row.right() + 50.0);
        Rect::from_min_max(pos2(from, band.top), pos2(to.max(from + 1.0), band.bottom))
    }

    fn key(&self, key: Key) -> Band {
        self.parts.note(key, self.keys.unwrap_or((key, key)))
    }

    fn whole(&self) -> Band {
        Band {
            top: self.row.top() + 2.0,
            bottom: self.row.bottom() - 4.0,
        }
    }

    fn middle(&self) -> Band {
        let height = self.row.height();
        Band {
            top: self.row.top() + height * 0.19,
            bottom: self.row.top() + height * 0.66,
        }
    }

    fn item(&mut self, item: &Item) {
        let strip = self.parts.strip;
        match &item.look {
            Look::Note { key, color, tense } => {
                let band = self.key(*key);
                let rect = self.span(item.left, item.right - 1.5, band);
                self.note(rect, *color, *tense);
            }
            Look::Notes { low, high, color } => {
                let top = self.key(*high).top;
                let bottom = self.key(*low).bottom;
                let rect = self.span(
                    item.left,
                    item.right.max(item.left + 2.0),
                    Band { top, bottom },
                );
                self.ink.rect(rect, faint(*color, 0.8));
            }
            Look::Queued => {
                let thin = Band {
                    top: strip.top + strip.height() * 0.25,
                    bottom: strip.bottom - strip.height() * 0.25,
                };
                let rect = self.span(item.left, item.right, thin);
                self.ink.rect(rect, ink(Rgb::QUEUED));
            }
            Look::Attempt { outcome, .. } => {
                let rect = self.span(item.left, (item.right - 1.0).max(item.left + 1.5), strip);
                let color = match outcome {
                    Outcome::Failed => ink(Rgb::ALARM),
                    Outcome::Lost => ink(Rgb::QUEUED),
                    Outcome::Open => ink(self.color),
                    Outcome::Done => ink(self.color.over(Rgb::GROUND, 0.66)),
                };
                self.ink.round(rect, 2.5, color);
            }
            Look::Works => {
                let rect = self.span(item.left, item.right.max(item.left + 2.0), strip);
                self.ink.rect(rect, ink(self.color.over(Rgb::GROUND, 0.55)));
            }
            Look::Pause { due, open } => self.pause(item, *due, *open),
            Look::Wait { on, deadline, open } => self.wait(item, on, *deadline, *open),
            Look::Held => {
                let rect = self.span(item.left, item.right, self.whole());
                self.ink.rect(rect, faint(Rgb::MUTED, 0.05));
                let anchor = self.row.left() + item.left;
                self.ink.hatch(rect, anchor, 17.0, faint(Rgb::MUTED, 0.42));
            }
            Look::Stalled => {
                let rect = self.span(item.left, item.right, self.whole());
                self.ink
                    .hatch(rect, rect.left(), 17.0, faint(Rgb::ALARM, 0.6));
            }
            Look::Failure { .. } => {
                let rect = self.span(item.left - 2.0, item.left + 2.0, self.whole());
                self.ink.rect(rect, ink(Rgb::ALARM));
            }
            Look::Raised { .. } => {
                let rect = self.span(item.left - 1.0, item.left + 1.0, self.whole());
                self.ink.rect(rect, faint(self.color, 0.9));
            }
            Look::Ended { status } => self.ended(item, *status),
            Look::Marks => {
                let rect = self.span(item.left, item.left + 2.0, self.middle());
                self.ink.rect(rect, faint(Rgb::MUTED, 0.6));
            }
        }
    }

    fn note(&mut self, rect: Rect, color: Rgb, tense: Tense) {
        let radius = (rect.height() / 2.0).min(3.5);
        match tense {
            Tense::Past => self.ink.round(rect, radius, faint(color, 0.92)),
            Tense::Future => self.ink.outline(rect, radius, 1.4, faint(color, 0.62)),
            Tense::Present => {
                self.ink.glow(rect, radius + 2.0, 9.0, faint(color, 0.55));
                self.ink.round(
                    rect.expand(1.0),
                    radius + 1.0,
                    ink(Rgb::TEXT.over(color, 0.18)),
                );
            }
        }
    }

    fn pause(&mut self, item: &Item, due: f32, open: bool) {
        let y = (self.parts.strip.top + self.parts.strip.bottom) / 2.0;
        let end = if open {
            due.max(item.right)
        } else {
            item.right
        };
        let x = [
            self.row.left() + item.left,
            (self.row.left() + end).min(self.row.right()),
        ];
        self.ink.dashes(x, y, [4.0, 4.0], 2.0, ink(Rgb::ALARM));
        if open {
            let tip = pos2(self.row.left() + due, y);
            let ring = Rect::from_center_size(tip, Vec2::splat(9.0));
            self.ink.outline(ring, 4.5, 1.8, ink(Rgb::ALARM));
        }
    }

    fn wait(&mut self, item: &Item, on: &WaitOn, deadline: Option<f32>, open: bool) {
        let color = match on {
            WaitOn::Event(_) => self.color,
            WaitOn::Moment(_) => Rgb::MUTED,
        };
        let part = if open { 1.0 } else { 0.55 };
        let rect = self.span(item.left, item.right, self.middle());
        if rect.width() > 3.0 {
            self.ink
                .round(rect, 8.0, faint(color, if open { 0.10 } else { 0.05 }));
            self.dashed(rect, faint(color, part), [6.0, 5.0]);
        }
        if let (Some(deadline), true) = (deadline, open)
            && deadline > item.right
        {
            let rest = self.span(item.right, deadline, self.middle());
            self.dashed(rest, faint(color, 0.55), [2.0, 5.0]);
        }
    }

    fn dashed(&mut self, rect: Rect, color: egui::Color32, dash: [f32; 2]) {
        let x = [rect.left(), rect.right()];
        let y = [rect.top(), rect.bottom()];
        self.ink.dashes(x, rect.top(), dash, 1.6, color);
        self.ink.dashes(x, rect.bottom(), dash, 1.6, color);
        self.ink.dashes_down(rect.left(), y, dash, 1.6, color);
        self.ink.dashes_down(rect.right(), y, dash, 1.6, color);
    }

    fn ended(&mut self, item: &Item, status: Status) {
        let (icon, color) = match status {
            Status::Failed => (StatusIcon::Cross, Rgb::ALARM),
            Status::Terminated | Status::Canceled => (StatusIcon::Square, Rgb::MUTED),
            _ => (StatusIcon::Tick, Rgb::GOOD),
        };
        let bar = self.span(item.left - 1.0, item.left + 1.0, self.whole());
        self.ink.rect(bar, faint(color, 0.8));
        let at = pos2(self.row.left() + item.left + 18.0, self.row.center().y);
        icons::status(&mut self.ink, icon, at, 16.0, ink(color));
    }

    /// The words on an item, where they fit. Failures stand last among the items, from left to
    /// right, so that `room` is the way to the next of them.
    fn words(&mut self, item: &Item, room: f32) {
        let sizes = self.scene.sizes;
        let left = self.row.left() + item.left;
        let bold = |size: f32| Face::Bold.font(sizes.pt(size).max(11.0));
        match &item.look {
            Look::Failure { nth } => {
                let word = match item.count {
                    1 => format!("failed {nth}"),
                    n => format!("{n} failures"),
                };
                let at = pos2(left + 7.0, self.row.top() + self.row.height() * 0.14);
                let long = self
                    .painter
                    .layout_no_wrap(word, bold(16.0), ink(Rgb::ALARM));
                if long.size().x + 12.0 <= room {
                    let top = at.y - long.size().y / 2.0;
                    self.painter.galley(pos2(at.x, top), long, ink(Rgb::ALARM));
                } else if room > 18.0 {
                    let count = if item.count == 1 { *nth } else { item.count };
                    text(
                        &self.painter,
                        at,
                        Align2::LEFT_CENTER,
                        count,
                        bold(16.0),
                        ink(Rgb::ALARM),
                    );
                }
            }
            Look::Wait { on, deadline, open } => self.wait_words(item, on, *deadline, *open),
            Look::Held if item.right - item.left > 90.0 => self.held_words(item),
            Look::Raised { name } => {
                let at = pos2(left + 6.0, self.row.top() + self.row.height() * 0.14);
                text(
                    &self.painter,
                    at,
                    Align2::LEFT_CENTER,
                    name,
                    bold(15.5),
                    ink(self.color),
                );
            }
            Look::Attempt { task, .. } if item.right - item.left > 64.0 && self.wordless() => {
                let rect = self
                    .span(item.left, item.right, self.parts.notes)
                    .intersect(self.row);
                let at = pos2(rect.left() + 2.0, self.parts.strip.top - sizes.pt(12.0));
                text_within(
                    &self.painter,
                    at,
                    Align2::LEFT_CENTER,
                    task,
                    Face::Medium.font(sizes.pt(16.0).max(11.0)),
                    ink(Rgb::MUTED),
                    rect.width() - 4.0,
                );
            }
            _ => {}
        }
    }

    /// The words may reach into the future: nothing is foreseen while a lane is held.
    fn held_words(&mut self, item: &Item) {
        let sizes = self.scene.sizes;
        let rect = self
            .span(item.left, item.right, self.whole())
            .intersect(self.row);
        let font = Face::Bold.font(sizes.pt(19.0).max(12.0));
        let words = "held by the conductor".to_owned();
        let galley = self.painter.layout_no_wrap(words, font, ink(Rgb::TEXT));
        let size = galley.size() + vec2(sizes.pt(54.0), sizes.pt(12.0));
        let left = (rect.center().x - size.x / 2.0).max(rect.left() + sizes.pt(14.0));
        let plate = Rect::from_min_size(pos2(left, rect.center().y - size.y / 2.0), size);
        let mut sign = Ink::default();
        sign.round(plate, sizes.pt(8.0), ink(Rgb::GROUND));
        let bars = pos2(plate.left() + sizes.pt(20.0), plate.center().y);
        icons::pause(&mut sign, bars, sizes.pt(15.0), ink(Rgb::TEXT));
        sign.flush(&self.painter);
        let at = pos2(plate.left() + sizes.pt(38.0), plate.top() + sizes.pt(6.0));
        self.painter.galley(at, galley, ink(Rgb::TEXT));
    }

    /// The lane plays no notes, so that its upper part is free for words.
    fn wordless(&self) -> bool {
        self.keys.is_none()
    }

    fn wait_words(&mut self, item: &Item, on: &WaitOn, deadline: Option<f32>, open: bool) {
        let sizes = self.scene.sizes;
        let (words, color) = match on {
            WaitOn::Event(name) => (format!("waits for “{name}”"), self.color),
            WaitOn::Moment(name) if name.is_empty() => ("waits".to_owned(), Rgb::MUTED),
            WaitOn::Moment(name) => (name.to_string(), Rgb::MUTED),
        };
        let end = deadline
            .filter(|_| open)
            .unwrap_or(item.right)
            .max(item.right);
        let rect = self.span(item.left, end, self.middle()).intersect(self.row);
        if rect.width() > sizes.pt(56.0) {
            let font = Face::Bold.font(sizes.pt(19.0).max(12.0));
            let part = if open { 1.0 } else { 0.75 };
            let at = pos2(rect.left() + sizes.pt(14.0), rect.center().y);
            let width = rect.width() - sizes.pt(24.0);
            text_within(
                &self.painter,
                at,
                Align2::LEFT_CENTER,
                &words,
                font,
                faint(color, part),
                width,
            );
        }
        if let (Some(deadline), true) = (deadline, open)
            && deadline > item.right
        {
            let at = pos2(self.row.left() + deadline + sizes.pt(8.0), rect.center().y);
            let font = Face::Medium.font(sizes.pt(16.0).max(11.0));
            text(
                &self.painter,
                at,
                Align2::LEFT_CENTER,
                "timeout",
                font,
                ink(Rgb::MUTED),
            );
        }
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
    let found = scene
        .snapshot
        .lanes
        .iter()
        .enumerate()
        .find_map(|(place, lane)| {
            let band = rows.band(place)?;
            let y = at.y - lanes.top();
            (y >= band.top && y < band.bottom).then_some((lane, band, y))
        });
    let Some((lane, band, y)) = found else { return };
    let part = match y < LaneParts::of(band).strip.top {
        true => Part::Notes,
        false => Part::Strip,
    };
    let view = &scene.state.viewport;
    let Some(piece) = piece_at(lane, view, scene.now, at.x - left, part) else {
        return;
    };
    let what = match &piece.kind {
        PieceKind::Note {
            key,
            velocity,
            instrument,
        } => {
            format!(
                "{} · {instrument} · velocity {}",
                words::key(*key),
                velocity.number()
            )
        }
        kind => kind.to_string(),
    };
    let length = words::seconds(piece.end(scene.now).since(piece.from));
    let ago = words::seconds(scene.now.since(piece.from));
    let line = format!(
        "{} #{} · {what} · {length}, {ago} ago",
        lane.title(),
        piece.event
    );
    let sizes = scene.sizes;
    let font = Face::Medium.font(sizes.pt(17.0).max(12.0));
    let galley = ui.painter().layout_no_wrap(line, font, ink(Rgb::TEXT));
    // In the ruler, over bars of the past: never over the data.
    let corner = pos2(left + 8.0, lanes.top() - galley.size().y - 14.0);
    let plate = Rect::from_min_size(corner, galley.size() + vec2(20.0, 10.0));
    let mut sign = Ink::default();
    sign.round(plate, 6.0, ink(Rgb::BUTTON));
    sign.flush(ui.painter());
    ui.painter()
        .galley(corner + vec2(10.0, 5.0), galley, ink(Rgb::TEXT));
}
