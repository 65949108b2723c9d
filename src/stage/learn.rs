//! Learn mode: everything that a pad, fader or key can control is outlined. A click chooses it, and the
//! next control that is touched is mapped to it.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::{Bindable, FrameContext},
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, layout_wrapped, text, text_within, translucent},
};
use crate::{
    conductor::control_surface::{ControlAction, ControlKind},
    view::{ControlSurfaceCommand, Rgb, learnable},
};

/// Paints it on top, in learn mode.
pub(super) fn show(ui: &Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let Some(learning) = &frame.state.learning else {
        return;
    };
    // Once the chosen action is mapped, nothing is chosen.
    let chosen = learning.chosen.clone();
    let chosen =
        chosen.filter(|action| frame.snapshot.control_surface.control_of(action).is_none());
    frame.set_chosen(chosen);
    let sizes = frame.sizes;
    button::area(ui, window, "learn", Role::Pane, "Map pads, faders and keys");
    ui.painter()
        .rect_filled(window, 0.0, translucent(Rgb::BACKGROUND, 0.62));
    let mut outline_mesh = MeshBuilder::default();
    outline_mesh.outline(window.shrink(2.0), 0.0, sizes.pt(4.0), color32(LEARN));
    outline_mesh.flush(ui.painter());
    let others = unpainted(frame);
    let (panel, rows) = panel(ui, window, frame, &others);
    let bindable = std::mem::take(&mut frame.bindable);
    for Bindable { rect, action } in bindable {
        // The panel offers it as well, with its name.
        let is_offered = rows.iter().any(|(_, offered)| *offered == action);
        if !panel.intersects(rect) && !is_offered {
            target(ui, rect, &action, frame, Label::Below);
        }
    }
    for (rect, action) in rows {
        target(ui, rect, &action, frame, Label::Inside);
    }
}

/// The color of the outlines.
const LEARN: Rgb = Rgb([86, 180, 233]);

/// Where the name of the mapped control is painted.
#[derive(Clone, Copy, PartialEq)]
enum Label {
    Below,
    Inside,
}

/// Actions that have no widget of their own in the window, or one that may be covered.
fn unpainted(frame: &FrameContext<'_>) -> Vec<ControlAction> {
    let lane = frame.state.lane(frame.snapshot);
    let facts = lane.and_then(|lane| lane.facts.as_ref());
    let instruments = facts.iter().flat_map(|facts| &facts.instruments).take(6);
    let mut actions = learnable(instruments.map(|one| one.name.as_str().into()));
    // Mappings of lanes that no longer exist can still be removed.
    let shown = |action: &ControlAction| {
        actions.contains(action)
            || frame
                .bindable
                .iter()
                .any(|bindable| bindable.action == *action)
    };
    let bound = frame
        .snapshot
        .control_surface
        .bound
        .iter()
        .map(|bound| &bound.action);
    let others: Vec<_> = bound.filter(|action| !shown(action)).cloned().collect();
    actions.extend(others);
    actions
}

/// Paints the panel at the bottom; returns its rectangle, and that of each action.
fn panel(
    ui: &Ui,
    window: Rect,
    frame: &FrameContext<'_>,
    actions: &[ControlAction],
) -> (Rect, Vec<(Rect, ControlAction)>) {
    let sizes = frame.sizes;
    let apart = sizes.pt(10.0);
    let inner = window.shrink2(vec2(sizes.pt(28.0), 0.0));
    let high = sizes.pt(54.0);
    let columns = (inner.width() / sizes.pt(216.0)).floor().max(1.0);
    let wide = (inner.width() - apart * (columns - 1.0)) / columns;
    let rows = (actions.len() as f32 / columns).ceil();
    let height = sizes.pt(78.0) + rows * (high + apart);
    let top = (window.bottom() - height).max(window.top());
    let panel = Rect::from_min_max(pos2(window.left(), top), window.max);
    let mut mesh = MeshBuilder::default();
    mesh.rect(panel, color32(Rgb::PANEL));
    mesh.line(panel.left_top(), panel.right_top(), 2.0, color32(LEARN));
    mesh.flush(ui.painter());
    let y = top + sizes.pt(36.0);
    let chosen = frame
        .state
        .learning
        .as_ref()
        .and_then(|l| l.chosen.as_ref());
    let (words, color) = match chosen {
        Some(action) if action.kind() == ControlKind::Wheel => {
            (format!("Now turn a wheel slowly forward to map it to: {action}"), Rgb::PENDING)
        }
        Some(action) => (format!("Now touch a pad, key or fader to map it to: {action}"), Rgb::PENDING),
        None => (
            "Click an outlined item, then touch a pad, key, fader or wheel. Click again to unmap. Press Esc when done."
                .to_owned(),
            Rgb::TEXT,
        ),
    };
    let message = text_within(
        ui.painter(),
        pos2(inner.left(), y),
        Align2::LEFT_CENTER,
        &words,
        Font::Bold.id(sizes.pt(22.0)),
        color32(color),
        inner.width() * 0.72,
    );
    text_within(
        ui.painter(),
        pos2(inner.right(), y),
        Align2::RIGHT_CENTER,
        &inputs(frame),
        Font::Medium.id(sizes.pt(18.0)),
        color32(Rgb::MUTED),
        inner.right() - message.right() - sizes.pt(30.0),
    );
    let place = |n: usize| {
        let (row, column) = ((n as f32 / columns).floor(), n as f32 % columns);
        let corner = pos2(
            inner.left() + column * (wide + apart),
            top + sizes.pt(66.0) + row * (high + apart),
        );
        Rect::from_min_size(corner, vec2(wide, high))
    };
    let rows = actions.iter().enumerate();
    let rows = rows.map(|(n, action)| (place(n), action.clone())).collect();
    (panel, rows)
}

fn inputs(frame: &FrameContext<'_>) -> String {
    let inputs: Vec<&str> = frame
        .snapshot
        .control_surface
        .inputs
        .iter()
        .map(|i| &**i)
        .collect();
    match inputs.is_empty() {
        true => "No MIDI input connected".to_owned(),
        false => format!("Listening to {}", inputs.join(", ")),
    }
}

/// Outlines a widget. A click chooses its action, or removes its mapping.
fn target(ui: &Ui, rect: Rect, action: &ControlAction, frame: &mut FrameContext<'_>, label: Label) {
    let sizes = frame.sizes;
    let control = frame.snapshot.control_surface.control_of(action).cloned();
    let chosen = frame
        .state
        .learning
        .as_ref()
        .and_then(|l| l.chosen.as_ref());
    let is_chosen = chosen == Some(action);
    let name = match &control {
        Some(control) => format!("Unmap {control} from {action}"),
        None => format!("Map {action}"),
    };
    let color = match (&control, is_chosen) {
        (Some(_), _) => Rgb::GOOD,
        (None, true) => Rgb::PENDING,
        (None, false) => LEARN,
    };
    let bounds = if label == Label::Below {
        rect.expand(sizes.pt(3.0))
    } else {
        rect
    };
    let response = button::area(ui, bounds, ("learn", &name), Role::Button, &name);
    let mut outline = MeshBuilder::default();
    let part = match (is_chosen, response.hovered()) {
        (true, _) => 0.42,
        (false, true) => 0.32,
        (false, false) => 0.16,
    };
    outline.round(bounds, sizes.pt(8.0), translucent(color, part));
    outline.outline(bounds, sizes.pt(8.0), 2.0, color32(color));
    outline.flush(ui.painter());
    match label {
        Label::Inside => action_label(ui, bounds, action, control.as_deref(), frame),
        Label::Below => {
            if let Some(control) = &control {
                plate(ui, bounds, control, frame);
            }
        }
    }
    if response.clicked() {
        let (chosen, command) = match (control, is_chosen) {
            (Some(_), _) | (None, true) => (None, ControlSurfaceCommand::Unmap(action.clone())),
            (None, false) => (
                Some(action.clone()),
                ControlSurfaceCommand::Learn(action.clone()),
            ),
        };
        frame.set_chosen(chosen);
        frame.send(command);
    }
}

/// The text of an action in the panel, and the control that is mapped to it.
fn action_label(
    ui: &Ui,
    bounds: Rect,
    action: &ControlAction,
    control: Option<&str>,
    frame: &FrameContext<'_>,
) {
    let sizes = frame.sizes;
    let (painter, color) = (ui.painter(), color32(Rgb::TEXT));
    let room = bounds.width() - sizes.pt(20.0);
    let words = action.to_string();
    let font = |size: f32| Font::Medium.id(sizes.pt(size));
    let one = layout_line(painter, words.as_str(), font(17.5), color);
    // What does not fit on one line is read better on two than cut.
    let words = match one.size().x <= room {
        true => one,
        false => layout_wrapped(painter, &words, font(15.0), color, room, 2),
    };
    let bold = Font::Bold.id(sizes.pt(14.5));
    let control =
        control.map(|control| layout_wrapped(painter, control, bold, color32(Rgb::GOOD), room, 1));
    let below = control.as_ref().map_or(0.0, |control| control.size().y);
    let x = bounds.left() + sizes.pt(12.0);
    let top = bounds.center().y - (words.size().y + below) / 2.0;
    let bottom = top + words.size().y;
    painter.galley(pos2(x, top), words, color);
    if let Some(control) = control {
        painter.galley(pos2(x, bottom), control, color32(Rgb::GOOD));
    }
}

/// The name of the mapped control, below the widget.
fn plate(ui: &Ui, bounds: Rect, control: &str, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let font = Font::Bold.id(sizes.pt(14.5).max(10.5));
    let galley = layout_line(
        ui.painter(),
        control,
        font.clone(),
        color32(Rgb::BACKGROUND),
    );
    let size = galley.size() + vec2(sizes.pt(12.0), sizes.pt(4.0));
    let screen = ui.max_rect();
    let left = (bounds.center().x - size.x / 2.0)
        .clamp(screen.left(), (screen.right() - size.x).max(screen.left()));
    let plate = Rect::from_min_size(pos2(left, bounds.bottom() - size.y * 0.2), size);
    let mut ground = MeshBuilder::default();
    ground.round(plate, sizes.pt(5.0), color32(Rgb::GOOD));
    ground.flush(ui.painter());
    text(
        ui.painter(),
        plate.center(),
        Align2::CENTER_CENTER,
        control,
        font,
        color32(Rgb::BACKGROUND),
    );
}
