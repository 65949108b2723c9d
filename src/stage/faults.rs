//! The panel of injected faults: how many of the notes of an instrument, or of the attempts of an activity,
//! fail on purpose.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    panel::{self, Frame},
    theme::{Font, color32, text_within},
};
use crate::view::{FAULT_STEP, FaultRow, Overlay, PlayerCommand, Rgb, fault_rows};

const HINT: &str = "↑ ↓ choose · ← → 5 % · 1 … 9 tens of % · , . 50 ms · O outage · N fails the next · 0 ends all · Esc closes";

/// Paints it.
pub(super) fn show(ui: &Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let Overlay::Faults(line) = frame.state.overlay else {
        return;
    };
    let rows = fault_rows(frame.live);
    let line = line.min(rows.len().saturating_sub(1));
    let shown = Frame {
        title: "Faults",
        hint: HINT,
        lines: rows.len(),
        selected: line,
    };
    let lines = panel::show(ui, window, &shown, frame);
    let sizes = frame.sizes;
    let corner = (
        lines.sheet.right() - sizes.pt(22.0),
        lines.sheet.top() + sizes.pt(42.0),
    );
    let words = "End all faults";
    if panel::word_button(ui, corner, words, words, frame).0 {
        frame.send(PlayerCommand::EndFaults);
    }
    for (place, rect) in (lines.first..).zip(&lines.rects) {
        if let Some(row) = rows.get(place) {
            if place == line {
                panel::selected(ui, *rect, frame);
            }
            paint(ui, *rect, row, place, frame);
        }
    }
}

fn paint(ui: &Ui, rect: Rect, row: &FaultRow, place: usize, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let (y, left) = (rect.center().y, rect.left() + sizes.pt(16.0));
    let title = row.target.title();
    let words = format!("{title}, {}: {}", row.target.kind(), row.words());
    let response = button::area(ui, rect, ("fault", place), Role::Button, &words);
    if frame.state.overlay == Overlay::Faults(place) {
        button::select(ui, &response);
    }
    if response.clicked() && frame.state.overlay != Overlay::None {
        frame.state.overlay = Overlay::Faults(place);
    }
    let size = sizes.pt(20.0).max(12.0);
    let column = |x: f32, words: &str, font: Font, color: Rgb, room: f32| {
        let at = pos2(left + x, y);
        let (font, color) = (font.id(size), color32(color));
        text_within(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            words,
            font,
            color,
            room,
        );
    };
    let wide = rect.width();
    column(0.0, title, Font::Bold, Rgb::TEXT, wide * 0.16);
    column(
        wide * 0.18,
        row.target.kind(),
        Font::Medium,
        Rgb::MUTED,
        wide * 0.1,
    );
    let right = rect.right() - sizes.pt(12.0);
    let edge = match row.is_graded() {
        true => rate_buttons(ui, (right, y), row, frame) - sizes.pt(20.0),
        false => right,
    };
    let edge = more_faults(ui, (edge, y), row, frame);
    let color = match row.fault.is_active() {
        true => Rgb::ALARM,
        false => Rgb::MUTED,
    };
    let from = left + wide * 0.29;
    let room = edge - sizes.pt(32.0) - from;
    let share = text_within(
        ui.painter(),
        pos2(edge - sizes.pt(16.0), y),
        Align2::RIGHT_CENTER,
        &row.words(),
        Font::Bold.id(size),
        color32(color),
        room,
    );
    let until = (edge - sizes.pt(150.0)).min(share.left() - sizes.pt(16.0));
    if row.is_graded() && until - from > sizes.pt(60.0) {
        let track = Rect::from_min_size(
            pos2(from, y - sizes.pt(14.0)),
            vec2(until - from, sizes.pt(28.0)),
        );
        slider(ui, track, row, frame);
    }
}

/// The buttons of the rate. Returns their left edge.
fn rate_buttons(
    ui: &Ui,
    (right, y): (f32, f32),
    row: &FaultRow,
    frame: &mut FrameContext<'_>,
) -> f32 {
    let title = row.target.title();
    let more = format!("More faults of {title}");
    let (raises, edge) = panel::word_button(ui, (right, y), "+", &more, frame);
    let apart = edge - frame.sizes.pt(8.0);
    let fewer = format!("Fewer faults of {title}");
    let (lowers, edge) = panel::word_button(ui, (apart, y), "−", &fewer, frame);
    if raises {
        frame.send(row.step(FAULT_STEP));
    }
    if lowers {
        frame.send(row.step(-FAULT_STEP));
    }
    edge
}

/// The buttons of what is not a rate. Returns their left edge.
fn more_faults(
    ui: &Ui,
    (right, y): (f32, f32),
    row: &FaultRow,
    frame: &mut FrameContext<'_>,
) -> f32 {
    let title = row.target.title();
    let (outage, outage_name) = row.outage_button();
    let next = format!("Fail the next of {title}");
    let mut buttons = vec![
        ("Next", next, row.fail_next()),
        (outage, outage_name, row.toggle_outage()),
        ("+ ms", format!("{title} 50 ms later"), row.later()),
        ("− ms", format!("{title} 50 ms sooner"), row.less_late()),
    ];
    if !row.is_graded() {
        buttons = buttons.drain(1..2).collect();
    }
    let mut edge = right;
    for (word, name, command) in buttons {
        let (clicked, left) = panel::word_button(ui, (edge, y), word, &name, frame);
        edge = left - frame.sizes.pt(8.0);
        if clicked {
            frame.send(command);
        }
    }
    edge
}

/// The share as a bar. A press or a drag sets it.
fn slider(ui: &Ui, track: Rect, row: &FaultRow, frame: &mut FrameContext<'_>) {
    let title = row.target.title();
    let id = ui.make_persistent_id(("faults of", title, row.target.kind()));
    let response = ui.interact(track, id, Sense::click_and_drag());
    let rate = row.fault.rate.unwrap_or(0.0);
    response.widget_info(|| {
        WidgetInfo::slider(true, rate * 100.0, format!("Faults of {title}, percent"))
    });
    let mut mesh = MeshBuilder::default();
    let radius = frame.sizes.pt(5.0);
    let middle = track.shrink2(vec2(0.0, track.height() * 0.3));
    mesh.round(middle, radius, color32(Rgb::BACKGROUND));
    mesh.outline(middle, radius, 1.2, color32(Rgb::EDGE));
    let filled = Rect::from_min_size(
        middle.min,
        vec2(middle.width() * rate as f32, middle.height()),
    );
    mesh.round(filled, radius, color32(Rgb::ALARM));
    button::focus_ring(&mut mesh, &response, track);
    mesh.flush(ui.painter());
    if (response.clicked() || response.dragged())
        && let Some(at) = response.interact_pointer_pos()
    {
        let part = f64::from((at.x - track.left()) / track.width());
        // In steps, so that a drag is not a hundred commands.
        let rate = (part.clamp(0.0, 1.0) / FAULT_STEP).round() * FAULT_STEP;
        if row.fault.rate.is_none_or(|now| (now - rate).abs() > 0.001) {
            frame.send(row.set(rate));
        }
    }
}
