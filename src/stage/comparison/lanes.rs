//! Both lanes, one above the other, the line where they part, and the playhead.

use egui::{Align2, CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Areas, panel};
use crate::{
    stage::{
        button,
        frame_context::FrameContext,
        lane,
        mesh_builder::MeshBuilder,
        ruler, scrubber,
        theme::{Font, color32, text, text_within, translucent},
    },
    view::{ComparedRuns, ComparedSide, Rgb},
};

/// Paints them, and handles the pointer on them.
pub(super) fn show(ui: &Ui, areas: &Areas, runs: &ComparedRuns, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let pad = sizes.pt(10.0);
    let [upper, lower] = areas.lanes;
    let both = upper.union(lower);
    let field = both.shrink2(vec2(pad, 0.0));
    frame.state.fit_comparison(runs, field.width());
    frame.state.turn_page(frame.now);
    let ruler = Rect::from_min_max(
        pos2(field.left(), areas.ruler.top()),
        pos2(field.right(), areas.ruler.bottom()),
    );
    // Its lines end above the lanes: the line through them is where they part.
    let none = Rect::from_min_max(ruler.left_bottom(), ruler.right_bottom());
    ruler::paint(ui, ruler, none, field.left(), frame);
    drag(ui, field, frame);
    scrubber::show(ui, ruler, frame);
    let parts_at = runs
        .moment(0)
        .map(|at| field.left() + frame.state.viewport.x(at));
    let ears = ["left ear", "right ear"];
    for ((side, rect), ear) in runs.sides.iter().zip(areas.lanes).zip(ears) {
        panel(ui, rect, &sizes);
        if let Some(x) = parts_at {
            lighten(ui, rect, x);
        }
        let head = sizes.pt(46.0);
        let row = Rect::from_min_max(
            pos2(field.left(), rect.top() + head),
            pos2(field.right(), rect.bottom() - sizes.pt(8.0)),
        );
        let veil = parts_at.map(|until| lane::Veil { until });
        paint_lane(ui, row, side, veil, runs, frame);
        let head = Rect::from_min_max(rect.min, pos2(rect.right(), rect.top() + head));
        name(ui, head, side, ear, frame);
    }
    scrubber::paint(ui, ruler, both, field.left(), frame);
    if let Some(x) = parts_at {
        parting(ui, both, areas.parting, x, runs, frame);
    }
}

/// A drag moves the visible window, the wheel zooms, and a click moves the playhead.
fn drag(ui: &Ui, field: Rect, frame: &mut FrameContext<'_>) {
    let id = ui.make_persistent_id("compared lanes");
    let response = ui.interact(field, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollView, true, "Compared lanes"));
    let x = |at: egui::Pos2| at.x - field.left();
    if response.dragged() && ui.input(|input| input.pointer.is_decidedly_dragging()) {
        frame.state.viewport.pan(response.drag_delta().x);
        frame.state.moved();
        ui.set_cursor_icon(CursorIcon::Grabbing);
    }
    if let Some(at) = response
        .interact_pointer_pos()
        .filter(|_| response.clicked())
    {
        let moment = frame.state.viewport.time_at(x(at));
        frame.seek(moment);
    }
    if let Some(at) = response.hover_pos() {
        let (scroll, zoom) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta()));
        if zoom != 1.0 {
            frame.state.viewport.zoom_at(x(at), f64::from(zoom));
            frame.state.moved();
        }
        if scroll.x != 0.0 {
            frame.state.viewport.pan(scroll.x);
            frame.state.moved();
        }
    }
}

/// The whole lane, whatever the playhead is on: what is different is to be seen at once. Before the first
/// difference everything but the names is dimmed.
fn paint_lane(
    ui: &Ui,
    row: Rect,
    side: &ComparedSide,
    veil: Option<lane::Veil>,
    runs: &ComparedRuns,
    frame: &mut FrameContext<'_>,
) {
    let now = std::mem::replace(&mut frame.now, runs.range.until);
    lane::paint_veiled(ui, row, row, &side.lane, veil, frame);
    frame.now = now;
}

/// From the first difference on the ground is lighter.
fn lighten(ui: &Ui, rect: Rect, x: f32) {
    let right = Rect::from_min_max(pos2(x.max(rect.left()), rect.top()), rect.max);
    if right.is_positive() {
        ui.painter_at(rect)
            .rect_filled(right, 0.0, translucent(Rgb::TEXT, 0.055));
    }
}

/// The name of a lane, and the ear in which it is heard.
fn name(ui: &Ui, rect: Rect, side: &ComparedSide, ear: &str, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    let inner = rect.shrink2(vec2(sizes.pt(24.0), 0.0));
    let y = inner.top() + sizes.pt(27.0);
    let ear_at = text(
        &painter,
        pos2(inner.right(), y),
        Align2::RIGHT_CENTER,
        ear,
        Font::Bold.id(sizes.pt(20.0).max(12.0)),
        color32(Rgb::MUTED),
    );
    let words = format!("{} · {}", side.name, side.word);
    let place = text_within(
        &painter,
        pos2(inner.left(), y),
        Align2::LEFT_CENTER,
        &words,
        Font::Bold.id(sizes.pt(25.0).max(14.0)),
        color32(Rgb::TEXT),
        ear_at.left() - inner.left() - sizes.pt(24.0),
    );
    let name = format!("{words}, {ear}");
    button::label(ui, place, ("compared side", ear), Role::Heading, &name);
}

/// The line at the first difference, and what is at its sides.
fn parting(
    ui: &Ui,
    lanes: Rect,
    below: Rect,
    x: f32,
    runs: &ComparedRuns,
    frame: &FrameContext<'_>,
) {
    let sizes = frame.sizes;
    let shared = match runs.comparison.shared {
        0 => "nothing in common".to_owned(),
        1 => "the same event".to_owned(),
        shared => format!("the same {shared} events"),
    };
    let differ = "from here they differ";
    button::label(
        ui,
        below,
        "parting",
        Role::Label,
        &format!("{shared}; {differ}"),
    );
    if x < lanes.left() - 1.0 || x > lanes.right() + 1.0 {
        return;
    }
    let painter = ui.painter_at(lanes.union(below));
    let mut mesh = MeshBuilder::default();
    let end = below.top() + sizes.pt(8.0);
    let dash = [sizes.pt(10.0), sizes.pt(7.0)];
    mesh.vertical_dashes(x, [lanes.top(), end], dash, 2.5, color32(Rgb::TEXT));
    mesh.flush(&painter);
    let (y, gap) = (below.top() + sizes.pt(26.0), sizes.pt(14.0));
    let font = || Font::Bold.id(sizes.pt(21.0).max(12.5));
    let half = |side: f32| (side - sizes.pt(10.0)).max(1.0);
    let (left, right) = (x - gap - below.left(), below.right() - x - gap);
    let sides = [
        (Align2::RIGHT_CENTER, x - gap, shared, Rgb::MUTED, left),
        (
            Align2::LEFT_CENTER,
            x + gap,
            differ.to_owned(),
            Rgb::TEXT,
            right,
        ),
    ];
    for (align, at, words, color, room) in sides {
        // Text that would be cut to nothing is left out.
        if room > sizes.pt(90.0) {
            let at = pos2(at, y);
            text_within(
                &painter,
                at,
                align,
                &words,
                font(),
                color32(color),
                half(room),
            );
        }
    }
}
