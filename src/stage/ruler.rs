//! The ruler: bars in its upper line, the second clock in the lower one. Without music there is only the
//! clock.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    scrubber,
    theme::{Font, color32, layout_line, text_within},
};
use crate::view::{Action, LabelRoom, Rgb, RulerLine, clock_ticks};

/// The height of the line of the second clock.
const CLOCK: f32 = 26.0;

/// The height of the ruler, without that of the markers above it.
pub(super) fn height(frame: &FrameContext<'_>) -> f32 {
    let clock = match frame.has_music {
        true => frame.sizes.pt(CLOCK),
        false => 0.0,
    };
    frame.sizes.ruler + clock
}

/// The line of the second clock.
fn clock_line(ruler: Rect, frame: &FrameContext<'_>) -> Rect {
    let height = match frame.has_music {
        true => frame.sizes.pt(CLOCK),
        false => frame.sizes.ruler,
    };
    Rect::from_min_max(pos2(ruler.left(), ruler.bottom() - height), ruler.max)
}

/// Paints the lines of both clocks and their labels.
pub(super) fn paint(ui: &Ui, ruler: Rect, lanes: Rect, left: f32, frame: &FrameContext<'_>) {
    if frame.has_music {
        bars(ui, ruler, lanes, left, frame);
    }
    clock(ui, ruler, lanes, left, frame);
}

/// Bars and beats, where the transport rolled.
fn bars(ui: &Ui, ruler: Rect, lanes: Rect, left: f32, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let view = &frame.state.viewport;
    let painter = ui.painter_at(ruler.union(lanes));
    let mut mesh = MeshBuilder::default();
    let mut free = left - 1.0;
    let mark = scrubber::mark(ruler, left, frame);
    let bottom = clock_line(ruler, frame).top();
    for line in bar_lines(frame) {
        let x = (left + view.x(line.at)).round();
        let bar = line.beat == 1;
        let height = sizes.pt(if bar { 22.0 } else { 8.0 });
        let tick = Rect::from_min_max(pos2(x - 0.5, bottom - height), pos2(x + 0.5, bottom));
        mesh.rect(tick, color32(Rgb::MUTED.over(Rgb::BACKGROUND, 0.6)));
        if !bar {
            continue;
        }
        let down = Rect::from_min_max(pos2(x - 0.5, lanes.top()), pos2(x + 0.5, lanes.bottom()));
        mesh.rect(down, color32(Rgb::LINE));
        if x < free {
            continue;
        }
        let at = pos2(x + sizes.pt(7.0), bottom - sizes.pt(13.0));
        let font = Font::Bold.id(sizes.pt(18.0));
        let number = layout_line(&painter, line.bar, font, color32(Rgb::TEXT));
        let place = Align2::LEFT_CENTER.anchor_size(at, number.size());
        free = place.right() + 8.0;
        // The top bar shows the bar of the playhead.
        if !place.intersects(mark) {
            painter.galley(place.min, number, color32(Rgb::TEXT));
        }
    }
    mesh.flush(&painter);
}

/// The bars in view, with their beats if these are far enough apart.
fn bar_lines(frame: &FrameContext<'_>) -> Vec<RulerLine> {
    let view = &frame.state.viewport;
    let lines_at = |apart: f32| {
        let apart = view.ns_per_point * f64::from(frame.sizes.pt(apart));
        let times = view.unfolded().into_iter();
        let lines =
            times.flat_map(|time| frame.snapshot.time_map.lines(time.from, time.until, apart));
        lines.collect::<Vec<_>>()
    };
    let found = lines_at(26.0);
    match found.iter().all(|line| line.beat == 1) {
        // Without beats, bars are far enough apart for their numbers.
        true => lines_at(58.0),
        false => found,
    }
}

/// The second clock. Where there are no bars, its lines go through the lanes.
fn clock(ui: &Ui, ruler: Rect, lanes: Rect, left: f32, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(ruler.union(lanes));
    let line = clock_line(ruler, frame);
    let (size, font) = match frame.has_music {
        true => (sizes.pt(16.0).max(10.5), Font::Medium),
        false => (sizes.pt(18.0).max(12.0), Font::Bold),
    };
    let color = match frame.has_music {
        true => Rgb::MUTED,
        false => Rgb::TEXT,
    };
    let zero = layout_line(&painter, "0", font.id(size), color32(color));
    let room = LabelRoom {
        // Letters of months are wider than digits.
        character: zero.size().x * 1.08,
        gap: sizes.pt(26.0),
    };
    let mark = scrubber::mark(ruler, left, frame);
    let mut mesh = MeshBuilder::default();
    for tick in clock_ticks(&frame.clock, &frame.state.viewport, room, frame.wall) {
        let x = (left + tick.x).round();
        let height = sizes.pt(if tick.label.is_some() { 14.0 } else { 6.0 });
        let place = Rect::from_min_max(
            pos2(x - 0.5, line.bottom() - height),
            pos2(x + 0.5, line.bottom()),
        );
        mesh.rect(place, color32(Rgb::MUTED.over(Rgb::BACKGROUND, 0.6)));
        let Some(label) = tick.label else { continue };
        if !frame.has_music {
            let down =
                Rect::from_min_max(pos2(x - 0.5, lanes.top()), pos2(x + 0.5, lanes.bottom()));
            mesh.rect(down, color32(Rgb::LINE));
        }
        let galley = layout_line(&painter, label, font.id(size), color32(color));
        let at = pos2(x + sizes.pt(7.0), line.center().y);
        let place = Align2::LEFT_CENTER.anchor_size(at, galley.size());
        if !place.intersects(mark) {
            painter.galley(place.min, galley, color32(color));
        }
    }
    mesh.flush(&painter);
}

/// What the second clock shows, and the day at the left edge if it is not today; a button that switches
/// the clock. Left of the ruler.
pub(super) fn clock_name(ui: &Ui, ruler: Rect, left: f32, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let line = clock_line(ruler, frame);
    let right = left - sizes.pt(14.0);
    let name = frame.clock.shows.name();
    let from = frame.state.viewport.from.max(frame.clock.start);
    let words = match frame.clock.other_day(from, frame.wall) {
        Some(day) => format!("{day} · {name}"),
        None => name.to_owned(),
    };
    let place = text_within(
        ui.painter(),
        pos2(right, line.center().y),
        Align2::RIGHT_CENTER,
        &words,
        Font::Medium.id(sizes.pt(16.0).max(10.5)),
        color32(Rgb::MUTED),
        right - ruler.left() - sizes.pt(14.0),
    );
    let grip = place.expand2(vec2(sizes.pt(6.0), 2.0));
    let spoken = format!("Second clock: {words}");
    let response = button::area(ui, grip, "clock name", Role::Button, &spoken);
    let mut mesh = MeshBuilder::default();
    if response.hovered() {
        mesh.outline(grip, sizes.pt(6.0), 1.5, color32(Rgb::EDGE));
    }
    button::focus_ring(&mut mesh, &response, grip);
    mesh.flush(ui.painter());
    if response.clicked() {
        frame.act(Action::Clock);
    }
}
