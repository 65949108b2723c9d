//! Learning: everything that a pad, fader or key can do is outlined; click it, touch the control.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    ink::Ink,
    scene::{Bindable, Scene},
    theme::{Face, faint, ink, layout_line, text, text_within},
};
use crate::{
    conductor::control_surface::{ControlAction, LaneTarget, StripTarget},
    music::Offset,
    view::{ControlSurfaceCommand, Rgb},
};

/// Paints it over everything, while something is learned.
pub(super) fn show(ui: &Ui, window: Rect, scene: &mut Scene<'_>) {
    let Some(learning) = &scene.state.learning else {
        return;
    };
    // What was chosen is bound by now.
    let chosen = learning.chosen.clone();
    let chosen =
        chosen.filter(|action| scene.snapshot.control_surface.control_of(action).is_none());
    scene.set_chosen(chosen);
    let sizes = scene.sizes;
    button::area(ui, window, "learn", Role::Pane, "Map pads, faders and keys");
    ui.painter()
        .rect_filled(window, 0.0, faint(Rgb::BACKGROUND, 0.62));
    let mut frame = Ink::default();
    frame.outline(window.shrink(2.0), 0.0, sizes.pt(4.0), ink(LEARN));
    frame.flush(ui.painter());
    let chips = chips(scene);
    let (panel, rows) = panel(ui, window, scene, &chips);
    let bindable = std::mem::take(&mut scene.bindable);
    for Bindable { rect, action } in bindable {
        if !panel.intersects(rect) {
            target(ui, rect, &action, scene, Label::Beside);
        }
    }
    for (rect, action) in rows {
        target(ui, rect, &action, scene, Label::Inside);
    }
}

/// The colour of what can be learned.
const LEARN: Rgb = Rgb([86, 180, 233]);

/// Where the name of the control stands.
#[derive(Clone, Copy, PartialEq)]
enum Label {
    Beside,
    Inside,
}

/// What can be done and has no button of its own on the stage.
fn chips(scene: &Scene<'_>) -> Vec<ControlAction> {
    let mut chips = vec![
        ControlAction::Tap,
        ControlAction::Nudge(Offset::Earlier(ControlAction::NUDGE)),
        ControlAction::Nudge(Offset::Later(ControlAction::NUDGE)),
        ControlAction::Pause(LaneTarget::All),
        ControlAction::Pause(LaneTarget::Selected),
        ControlAction::Cue(LaneTarget::Selected),
        ControlAction::Mute(StripTarget::Lane(LaneTarget::Selected)),
        ControlAction::Solo(StripTarget::Lane(LaneTarget::Selected)),
    ];
    let lane = scene.state.lane(scene.snapshot);
    let facts = lane.and_then(|lane| lane.facts.as_ref());
    for instrument in facts.iter().flat_map(|facts| &facts.instruments).take(6) {
        let name = || instrument.name.as_str().into();
        chips.push(ControlAction::Mute(StripTarget::Instrument(name())));
        chips.push(ControlAction::Faults(name()));
    }
    // What was learned for lanes that are not there any more can still be unbound.
    let shown = |action: &ControlAction| {
        chips.contains(action)
            || scene
                .bindable
                .iter()
                .any(|bindable| bindable.action == *action)
    };
    let bound = scene
        .snapshot
        .control_surface
        .bound
        .iter()
        .map(|bound| &bound.action);
    let others: Vec<_> = bound.filter(|action| !shown(action)).cloned().collect();
    chips.extend(others);
    chips
}

/// Paints the panel at the foot, and gives where its chips are.
fn panel(
    ui: &Ui,
    window: Rect,
    scene: &Scene<'_>,
    chips: &[ControlAction],
) -> (Rect, Vec<(Rect, ControlAction)>) {
    let sizes = scene.sizes;
    let apart = sizes.pt(10.0);
    let inner = window.shrink2(vec2(sizes.pt(28.0), 0.0));
    let high = sizes.pt(54.0);
    let columns = (inner.width() / sizes.pt(216.0)).floor().max(1.0);
    let wide = (inner.width() - apart * (columns - 1.0)) / columns;
    let rows = (chips.len() as f32 / columns).ceil();
    let height = sizes.pt(78.0) + rows * (high + apart);
    let top = (window.bottom() - height).max(window.top());
    let panel = Rect::from_min_max(pos2(window.left(), top), window.max);
    let mut face = Ink::default();
    face.rect(panel, ink(Rgb::PANEL));
    face.line(panel.left_top(), panel.right_top(), 2.0, ink(LEARN));
    face.flush(ui.painter());
    let y = top + sizes.pt(36.0);
    let chosen = scene
        .state
        .learning
        .as_ref()
        .and_then(|l| l.chosen.as_ref());
    let (words, color) = match chosen {
        Some(action) => (format!("Now touch a pad, key or fader to map it to: {action}"), Rgb::PENDING),
        None => (
            "Click an outlined item, then touch a pad, key or fader. Click again to unmap. Press Esc when done."
                .to_owned(),
            Rgb::TEXT,
        ),
    };
    let told = text_within(
        ui.painter(),
        pos2(inner.left(), y),
        Align2::LEFT_CENTER,
        &words,
        Face::Bold.font(sizes.pt(22.0)),
        ink(color),
        inner.width() * 0.72,
    );
    text_within(
        ui.painter(),
        pos2(inner.right(), y),
        Align2::RIGHT_CENTER,
        &inputs(scene),
        Face::Medium.font(sizes.pt(18.0)),
        ink(Rgb::MUTED),
        inner.right() - told.right() - sizes.pt(30.0),
    );
    let place = |n: usize| {
        let (row, column) = ((n as f32 / columns).floor(), n as f32 % columns);
        let corner = pos2(
            inner.left() + column * (wide + apart),
            top + sizes.pt(66.0) + row * (high + apart),
        );
        Rect::from_min_size(corner, vec2(wide, high))
    };
    let rows = chips.iter().enumerate();
    let rows = rows.map(|(n, action)| (place(n), action.clone())).collect();
    (panel, rows)
}

fn inputs(scene: &Scene<'_>) -> String {
    let inputs: Vec<&str> = scene
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

/// Outlines something that can be learned; a click chooses or unbinds it.
fn target(ui: &Ui, rect: Rect, action: &ControlAction, scene: &mut Scene<'_>, label: Label) {
    let sizes = scene.sizes;
    let control = scene.snapshot.control_surface.control_of(action).cloned();
    let chosen = scene
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
    let face = if label == Label::Beside {
        rect.expand(sizes.pt(3.0))
    } else {
        rect
    };
    let response = button::area(ui, face, ("learn", &name), Role::Button, &name);
    let mut outline = Ink::default();
    let part = match (is_chosen, response.hovered()) {
        (true, _) => 0.42,
        (false, true) => 0.32,
        (false, false) => 0.16,
    };
    outline.round(face, sizes.pt(8.0), faint(color, part));
    outline.outline(face, sizes.pt(8.0), 2.0, ink(color));
    outline.flush(ui.painter());
    match label {
        Label::Inside => chip(ui, face, action, control.as_deref(), scene),
        Label::Beside => {
            if let Some(control) = &control {
                plate(ui, face, control, scene);
            }
        }
    }
    if response.clicked() {
        let (chosen, command) = match (control, is_chosen) {
            (Some(_), _) | (None, true) => (None, ControlSurfaceCommand::Forget(action.clone())),
            (None, false) => (
                Some(action.clone()),
                ControlSurfaceCommand::Learn(action.clone()),
            ),
        };
        scene.set_chosen(chosen);
        scene.send(command);
    }
}

/// The words of a chip: what it does, and by which control.
fn chip(ui: &Ui, face: Rect, action: &ControlAction, control: Option<&str>, scene: &Scene<'_>) {
    let sizes = scene.sizes;
    let room = face.width() - sizes.pt(20.0);
    let up = if control.is_some() {
        sizes.pt(11.0)
    } else {
        0.0
    };
    let x = face.left() + sizes.pt(12.0);
    text_within(
        ui.painter(),
        pos2(x, face.center().y - up),
        Align2::LEFT_CENTER,
        &action.to_string(),
        Face::Medium.font(sizes.pt(17.5)),
        ink(Rgb::TEXT),
        room,
    );
    if let Some(control) = control {
        text_within(
            ui.painter(),
            pos2(x, face.center().y + sizes.pt(12.0)),
            Align2::LEFT_CENTER,
            control,
            Face::Bold.font(sizes.pt(15.5)),
            ink(Rgb::GOOD),
            room,
        );
    }
}

/// The control's name on a plate beneath what it is bound to.
fn plate(ui: &Ui, face: Rect, control: &str, scene: &Scene<'_>) {
    let sizes = scene.sizes;
    let font = Face::Bold.font(sizes.pt(14.5).max(10.5));
    let galley = layout_line(ui.painter(), control, font.clone(), ink(Rgb::BACKGROUND));
    let size = galley.size() + vec2(sizes.pt(12.0), sizes.pt(4.0));
    let screen = ui.max_rect();
    let left = (face.center().x - size.x / 2.0)
        .clamp(screen.left(), (screen.right() - size.x).max(screen.left()));
    let plate = Rect::from_min_size(pos2(left, face.bottom() - size.y * 0.2), size);
    let mut ground = Ink::default();
    ground.round(plate, sizes.pt(5.0), ink(Rgb::GOOD));
    ground.flush(ui.painter());
    text(
        ui.painter(),
        plate.center(),
        Align2::CENTER_CENTER,
        control,
        font,
        ink(Rgb::BACKGROUND),
    );
}
