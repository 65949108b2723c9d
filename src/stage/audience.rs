//! The audience's window: lanes, captions and the playhead, large, and nothing to press.

use egui::{Align2, Rect, Role, Ui, ViewportBuilder, ViewportId, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    heat_row, icons, keys, lane,
    lane_row::{self, Chosen},
    mesh_builder::MeshBuilder,
    ruler, scrubber,
    theme::{Font, Sizes, color32, layout_line, layout_wrapped, text, text_fitted, text_within},
    window_place,
};
use crate::view::{
    Camera, Curtain, Focus, LaneModel, Rgb, RowSpace, RowStyle, Rows, StageLanes, WindowExtent,
    WindowPlace,
};

/// The size of the window the first time, in points.
const SIZE: [f32; 2] = [1280.0, 720.0];

/// The audience's window, apart from what it shows.
#[derive(Debug, Default)]
pub(super) struct AudienceWindow {
    /// Where it opened; `None` while it is closed.
    opened: Option<WindowPlace>,
    /// Whether it has the keyboard: then its keys count, and not those of the operator's window.
    has_focus: bool,
}

impl AudienceWindow {
    /// Whether it has the keyboard.
    pub fn has_focus(&self) -> bool {
        self.has_focus
    }

    /// Shows it if it is to be open. `place` is where it was last, and is updated.
    pub fn show(&mut self, ui: &Ui, frame: &mut FrameContext<'_>, place: &mut WindowPlace) {
        if !frame.state.audience.is_open() {
            *self = Self::default();
            return;
        }
        let opened = *self.opened.get_or_insert(*place);
        let full_screen = frame.state.audience.extent == WindowExtent::FullScreen;
        let mut builder = ViewportBuilder::default()
            .with_title("Fermata: audience")
            .with_app_id("fermata-audience")
            .with_inner_size(opened.size.unwrap_or(SIZE))
            .with_fullscreen(full_screen);
        builder.position = opened.position.map(Into::into);
        let id = ViewportId::from_hash_of("audience");
        ui.ctx()
            .show_viewport_immediate(id, builder, |ui, _| self.contents(ui, frame, place));
    }

    fn contents(&mut self, ui: &Ui, frame: &mut FrameContext<'_>, place: &mut WindowPlace) {
        self.has_focus = ui.input(|input| input.focused);
        if ui.input(|input| input.viewport().close_requested()) {
            frame.state.audience.toggle();
        }
        if self.has_focus {
            keys_of_audience(ui, frame);
        }
        *place = window_place::of(ui, place, frame.state.audience.extent);
        paint(ui, frame);
    }
}

/// The keys are those of the operator's window, but full screen is this window's own.
fn keys_of_audience(ui: &Ui, frame: &mut FrameContext<'_>) {
    let before = frame.state.full_screen;
    keys::handle(ui, frame);
    if frame.state.full_screen != before {
        frame.state.full_screen = before;
        frame.state.audience.toggle_extent();
    }
}

fn paint(ui: &Ui, frame: &FrameContext<'_>) {
    let window = ui.max_rect();
    ui.painter().rect_filled(window, 0.0, egui::Color32::BLACK);
    if frame.state.audience.curtain == Curtain::Black {
        button::label(ui, window, "curtain", Role::Pane, "The audience sees black");
        return;
    }
    ui.painter()
        .rect_filled(window, 0.0, color32(Rgb::BACKGROUND));
    let scale = frame.state.audience.text.scale();
    let sizes = Sizes::of(window, frame.state.reading_distance).times(scale);
    let edge = window.bottom() - sizes.pt(116.0);
    let (upper, foot) = window.split_top_bottom_at_y(edge);
    let header = (sizes.lane_header * 0.86).min(window.width() * 0.34);
    let left = upper.left() + header;
    let mut state = frame.state.for_audience(upper.right() - left);
    if state.camera == Camera::Following {
        state.viewport.follow(frame.now);
    }
    let seen = FrameContext {
        state: &mut state,
        sizes,
        guided: frame.guided.clone(),
        lit: None,
        replayed: None,
        next_shelving: None,
        commands: Vec::new(),
        bindable: Vec::new(),
        clock: frame.clock.clone(),
        ..*frame
    };
    let top = upper.top() + ruler::height(&seen);
    let (ruler, lanes) = upper.split_top_bottom_at_y(top);
    paint_lanes(ui, ruler, lanes, left, &seen);
    caption(ui, foot, &seen);
    if seen.state.is_replay() {
        let stroke = egui::Stroke::new(sizes.pt(5.0), color32(Rgb::REPLAY));
        ui.painter()
            .rect_stroke(window, 0.0, stroke, egui::StrokeKind::Inside);
    }
}

fn paint_lanes(ui: &Ui, ruler: Rect, lanes: Rect, left: f32, seen: &FrameContext<'_>) {
    let shown = StageLanes::of(seen.snapshot, seen.state, seen.now);
    let selected = seen.state.lane(seen.snapshot);
    let selected = selected.and_then(|lane| shown.row_of(seen.snapshot, &lane.id));
    let rows = Rows::new(RowSpace {
        rows: shown.rows.len(),
        headings: shown.headings(),
        pinned: shown.pinned,
        // Only in focus: what keys act on does not concern the audience.
        selected: selected.filter(|_| seen.state.focus == Focus::Selected),
        focus: seen.state.focus,
        height: lanes.height(),
        scroll: seen.state.scroll,
        scale: seen.sizes.pt(1.0),
    });
    // What scrolls is below the pinned lanes.
    let edge = lanes.top() + rows.fixed_height();
    let below = Rect::from_min_max(pos2(lanes.left(), edge), lanes.max);
    let seen_in = |row| match rows.is_fixed(row) {
        true => lanes,
        false => below,
    };
    let in_view: Vec<_> = rows
        .in_view()
        .filter_map(|(row, band)| {
            let lane = shown.lane(seen.snapshot, row)?;
            Some((row, lane_row::rect_of(band, lanes), lane))
        })
        .collect();
    let grounds = in_view.iter();
    let grounds = grounds.map(|(place, row, _)| (*row, seen_in(*place), Chosen::No));
    lane_row::grounds(ui, grounds, left);
    ruler::paint(ui, ruler, lanes, left, seen);
    let mut heat = MeshBuilder::default();
    for (place, row, lane) in &in_view {
        let field = Rect::from_min_max(pos2(left, row.top()), row.max);
        let style = rows.style(*place);
        let lanes = seen_in(*place);
        match style {
            RowStyle::Full | RowStyle::Compact if !lane.is_dense_in(&seen.state.viewport) => {
                lane::paint(ui, field.intersect(lanes), field, lane, seen);
            }
            _ => heat_row::add(&mut heat, field, lane, seen),
        }
        let head = Rect::from_min_max(row.min, pos2(left, row.bottom()));
        lane_head(ui, head.intersect(lanes), lane, style, seen);
        if rows.is_fixed(*place) {
            // The next row may be seen in another area.
            heat.flush(&ui.painter_at(lanes));
        }
    }
    heat.flush(&ui.painter_at(below));
    scrubber::paint_folds(ui, ruler, lanes, left, seen);
    scrubber::paint_outages(ui, ruler, lanes, left, seen);
    scrubber::paint(ui, ruler, lanes, left, seen);
}

/// The name of a lane, and its state in words if there is room.
fn lane_head(ui: &Ui, rect: Rect, lane: &LaneModel, style: RowStyle, seen: &FrameContext<'_>) {
    let sizes = seen.sizes;
    let painter = ui.painter_at(rect);
    let state = lane.state();
    let (title, status) = match lane.status.is_closed() {
        true => (Rgb::MUTED, Rgb::MUTED),
        false => (Rgb::TEXT, state.color()),
    };
    let from = rect.left() + sizes.pt(24.0);
    let room = rect.right() - from - sizes.pt(16.0);
    let mut mesh = MeshBuilder::default();
    let stripe = Rect::from_min_size(rect.min, vec2(sizes.pt(6.0), rect.height()));
    mesh.rect(stripe, color32(lane.color()));
    let name = format!("{}, {}", lane.title(), state.label());
    if style == RowStyle::Full && rect.height() > sizes.pt(64.0) {
        let size = sizes.pt(31.0).min(rect.height() * 0.4);
        let at = pos2(from, rect.center().y - size * 0.5);
        text_fitted(&painter, at, lane.title(), size, color32(title), room);
        let below = pos2(from, rect.center().y + size * 0.62);
        let small = size * 0.68;
        let mark = below + vec2(small * 0.4, 0.0);
        icons::status(&mut mesh, state.icon(), mark, small * 0.8, color32(status));
        text_within(
            &painter,
            below + vec2(small * 1.2, 0.0),
            Align2::LEFT_CENTER,
            state.label(),
            Font::Bold.id(small),
            color32(status),
            room - small * 1.2,
        );
    } else {
        let size = (rect.height() * 0.72).clamp(8.0, sizes.pt(26.0));
        let mark = pos2(rect.right() - size, rect.center().y);
        icons::status(&mut mesh, state.icon(), mark, size * 0.7, color32(status));
        text_within(
            &painter,
            pos2(from, rect.center().y),
            Align2::LEFT_CENTER,
            lane.title(),
            Font::Bold.id(size),
            color32(title),
            room - size * 1.4,
        );
    }
    mesh.flush(&painter);
    button::label(ui, rect, ("audience lane", &lane.id), Role::Label, &name);
}

/// The caption: its first sentence large, what follows below it.
fn caption(ui: &Ui, rect: Rect, seen: &FrameContext<'_>) {
    let sizes = seen.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    let line = seen.caption();
    let (first, rest) = sentences(&line);
    let margin = sizes.pt(28.0);
    let width = rect.width() - 2.0 * margin;
    let mut room = width;
    if seen.state.is_replay() {
        room -= replay_badge(ui, rect, seen);
    }
    let size = sizes.pt(30.0);
    let font = Font::Bold.id(size);
    let whole = layout_line(&painter, first, font, color32(Rgb::TEXT));
    let fitted = (size * room / whole.size().x.max(1.0)).clamp(size * 0.6, size);
    let y = match rest.is_empty() {
        true => rect.center().y,
        false => rect.top() + rect.height() * 0.36,
    };
    let at = pos2(rect.left() + margin, y);
    text_within(
        &painter,
        at,
        Align2::LEFT_CENTER,
        first,
        Font::Bold.id(fitted),
        color32(Rgb::TEXT),
        room,
    );
    let small = Font::Medium.id(sizes.pt(22.0));
    let below = layout_wrapped(&painter, rest, small, color32(Rgb::MUTED), width, 1);
    let top = rect.top() + rect.height() * 0.58;
    painter.galley(pos2(rect.left() + margin, top), below, color32(Rgb::MUTED));
    button::label(ui, rect, "audience caption", Role::Label, &line);
}

/// The word REPLAY at the right edge; returns its width with the space before it.
fn replay_badge(ui: &Ui, rect: Rect, seen: &FrameContext<'_>) -> f32 {
    let sizes = seen.sizes;
    let at = pos2(
        rect.right() - sizes.pt(28.0),
        rect.top() + rect.height() * 0.36,
    );
    let font = Font::Bold.id(sizes.pt(26.0));
    let place = text(
        ui.painter(),
        at,
        Align2::RIGHT_CENTER,
        "REPLAY",
        font,
        color32(Rgb::REPLAY),
    );
    place.width() + sizes.pt(24.0)
}

/// The first sentence of a caption, and the others.
fn sentences(line: &str) -> (&str, &str) {
    match line.find(". ") {
        Some(end) => (&line[..=end], &line[end + 2..]),
        None => (line, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_is_split_after_its_first_sentence() {
        assert_eq!(sentences("One. Two. Three."), ("One.", "Two. Three."));
        assert_eq!(sentences("Retrying in 1.5 s."), ("Retrying in 1.5 s.", ""));
    }
}
