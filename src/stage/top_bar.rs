//! The top bar: transport, recording, position, tempo, ports, figures, panic.

use egui::{Align2, CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    health, icons,
    mesh_builder::MeshBuilder,
    position,
    theme::{Font, color32, text, translucent},
};
use crate::{
    conductor::control_surface::{ControlAction, PlayheadAction},
    view::{Action, PlayerCommand, Rgb, format},
};

/// Paints it.
pub(super) fn show(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.hline(rect.x_range(), rect.bottom(), (1.0, color32(Rgb::LINE)));
    let left = logo(ui, rect, frame);
    let left = play_button(ui, rect, left, frame);
    let left = record_button(ui, rect, left, frame);
    let mut left = position::show(ui, rect, left, frame);
    if frame.has_music {
        left = tempo(ui, rect, left, frame);
    }
    let mut right = panic(ui, rect, frame);
    if frame.sizes.design_points(rect.width()) > 1560.0 {
        right = figures(ui, rect, right, frame);
    }
    health::show(ui, rect, left..right, frame);
}

fn logo(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let y = rect.center().y;
    let mut mesh = MeshBuilder::default();
    let icon = pos2(rect.left() + sizes.pt(43.0), y);
    icons::fermata(&mut mesh, icon, sizes.pt(40.0), color32(Rgb::TEXT));
    let mut left = rect.left() + sizes.pt(82.0);
    if sizes.design_points(rect.width()) > 1500.0 {
        let font = Font::Bold.id(sizes.pt(27.0));
        let color = color32(Rgb::TEXT);
        let name = text(
            ui.painter(),
            pos2(left, y),
            Align2::LEFT_CENTER,
            "Fermata",
            font,
            color,
        );
        left = name.right() + sizes.pt(20.0);
    }
    badge(ui, pos2(left, y), frame, mesh)
}

/// The badge that says whether the window shows live or replay.
fn badge(ui: &Ui, left: egui::Pos2, frame: &mut FrameContext<'_>, mut mesh: MeshBuilder) -> f32 {
    let sizes = frame.sizes;
    let is_replay = frame.state.is_replay() || frame.state.explainer.is_some();
    let (word, name, color, width) = match is_replay {
        true => ("REPLAY", "Replay: return to live", Rgb::REPLAY, 132.0),
        false => ("LIVE", "Live", Rgb::TEXT, 104.0),
    };
    let badge = Rect::from_min_size(
        left - vec2(0.0, sizes.pt(19.0)),
        vec2(sizes.pt(width), sizes.pt(38.0)),
    );
    let response = button::area(ui, badge, "live", Role::Button, name);
    frame.bindable(badge, ControlAction::Playhead(PlayheadAction::Live));
    if response.clicked() {
        frame.state.explainer = None;
        frame.act(Action::Live);
    }
    button::focus_ring(&mut mesh, &response, badge);
    match is_replay {
        true => mesh.round(badge, sizes.pt(9.0), color32(color)),
        false => mesh.outline(badge, sizes.pt(9.0), 2.0, color32(color)),
    }
    let (ink, offset) = match is_replay {
        true => (Rgb::BACKGROUND, 0.0),
        false => (color, sizes.pt(9.0)),
    };
    mesh.flush(ui.painter());
    let place = text(
        ui.painter(),
        badge.center() + vec2(offset, 0.0),
        Align2::CENTER_CENTER,
        word,
        Font::Bold.id(sizes.pt(20.0)),
        color32(ink),
    );
    if !is_replay {
        let mut dot = MeshBuilder::default();
        let at = pos2(place.left() - sizes.pt(14.0), left.y);
        icons::dot(&mut dot, at, sizes.pt(5.0), color32(color));
        dot.flush(ui.painter());
    }
    badge.right()
}

fn play_button(ui: &Ui, rect: Rect, left: f32, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let side = sizes.pt(46.0);
    let bounds = Rect::from_center_size(
        pos2(left + sizes.pt(34.0) + side / 2.0, rect.center().y),
        vec2(side, side),
    );
    let rolling = frame.snapshot.transport.rolling;
    let name = if rolling {
        "Stop the transport"
    } else {
        "Start the transport"
    };
    frame.bindable(bounds, ControlAction::PlayStop);
    if button::plain(ui, bounds, "play", name).clicked() {
        frame.act(Action::Control(ControlAction::PlayStop));
    }
    let mut mesh = MeshBuilder::default();
    match rolling {
        true => icons::stop(&mut mesh, bounds.center(), side * 0.34, color32(Rgb::TEXT)),
        false => icons::play(&mut mesh, bounds.center(), side * 0.42, color32(Rgb::TEXT)),
    }
    mesh.flush(ui.painter());
    bounds.right()
}

/// A red dot; while recording, a red square and the elapsed time.
fn record_button(ui: &Ui, rect: Rect, left: f32, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let side = sizes.pt(46.0);
    let since = frame.snapshot.recording;
    let width = match since {
        Some(_) => sizes.pt(124.0),
        None => side,
    };
    let bounds = Rect::from_min_size(
        pos2(left + sizes.pt(10.0), rect.center().y - side / 2.0),
        vec2(width, side),
    );
    let name = match since {
        Some(_) => "Stop recording",
        None => "Start recording",
    };
    let response = button::area(ui, bounds, "record", Role::Button, name);
    let mut mesh = MeshBuilder::default();
    let ground = match since {
        Some(_) => translucent(Rgb::ALARM, if response.hovered() { 0.45 } else { 0.3 }),
        None => button::hover_color(&response, Rgb::BUTTON),
    };
    mesh.round(bounds, side * 0.2, ground);
    button::focus_ring(&mut mesh, &response, bounds);
    let center = pos2(bounds.left() + side / 2.0, bounds.center().y);
    match since {
        Some(_) => icons::stop(&mut mesh, center, side * 0.3, color32(Rgb::ALARM)),
        None => icons::dot(&mut mesh, center, side * 0.2, color32(Rgb::ALARM)),
    }
    mesh.flush(ui.painter());
    if let Some(since) = since {
        text(
            ui.painter(),
            pos2(bounds.left() + side * 0.92, bounds.center().y),
            Align2::LEFT_CENTER,
            format::elapsed(frame.wall.since(since)),
            Font::Bold.id(sizes.pt(20.0)),
            color32(Rgb::TEXT),
        );
    }
    if response.clicked() {
        frame.act(Action::Record);
    }
    bounds.right()
}

fn tempo(ui: &Ui, rect: Rect, left: f32, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let transport = &frame.snapshot.transport;
    let y = rect.center().y;
    let number = text(
        ui.painter(),
        pos2(left + sizes.pt(14.0), y),
        Align2::LEFT_CENTER,
        format!("{:.0}", transport.tempo),
        Font::Bold.id(sizes.pt(30.0)),
        color32(Rgb::TEXT),
    );
    let unit = text(
        ui.painter(),
        pos2(number.right() + sizes.pt(5.0), y + sizes.pt(4.0)),
        Align2::LEFT_CENTER,
        "BPM",
        Font::Medium.id(sizes.pt(17.0)),
        color32(Rgb::MUTED),
    );
    let meter = text(
        ui.painter(),
        pos2(unit.right() + sizes.pt(26.0), y),
        Align2::LEFT_CENTER,
        transport.meter(frame.now),
        Font::Bold.id(sizes.pt(24.0)),
        color32(Rgb::MUTED),
    );
    let grip = number.union(unit).expand(sizes.pt(6.0));
    frame.bindable(grip, ControlAction::Tempo);
    let id = ui.make_persistent_id("tempo");
    let response = ui.interact(grip, id, Sense::drag());
    let label = format!("Tempo, {:.0} beats per minute", transport.tempo);
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, &label));
    if response.hovered() {
        ui.set_cursor_icon(CursorIcon::ResizeVertical);
    }
    let wheel = match response.hovered() {
        true => ui.input(|i| i.smooth_scroll_delta().y) * 0.1,
        false => 0.0,
    };
    let by = f64::from(wheel - response.drag_delta().y * 0.25);
    if by.abs() > 0.01 {
        let tempo = (transport.tempo + by).clamp(20.0, 400.0);
        frame.send(PlayerCommand::SetTempo(tempo));
    }
    meter.right()
}

fn figures(ui: &Ui, rect: Rect, right: f32, frame: &FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let meters = &frame.snapshot.meters;
    let figures = [
        ("voices", meters.voices.to_string()),
        ("commit", format::micros(meters.commit_us)),
        ("late", format::micros(meters.late_us)),
    ];
    let mut x = right - sizes.pt(116.0);
    for (name, figure) in figures {
        let y = rect.center().y;
        text(
            ui.painter(),
            pos2(x, y - sizes.pt(7.0)),
            Align2::LEFT_CENTER,
            name,
            Font::Medium.id(sizes.pt(15.0).max(10.5)),
            color32(Rgb::MUTED),
        );
        text(
            ui.painter(),
            pos2(x, y + sizes.pt(14.0)),
            Align2::LEFT_CENTER,
            figure,
            Font::Bold.id(sizes.pt(20.0)),
            color32(Rgb::TEXT),
        );
        x -= sizes.pt(98.0);
    }
    x + sizes.pt(98.0)
}

fn panic(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let bounds = Rect::from_center_size(
        pos2(rect.right() - sizes.pt(98.0), rect.center().y),
        vec2(sizes.pt(152.0), sizes.pt(50.0)),
    );
    let response = button::area(
        ui,
        bounds,
        "panic",
        Role::Button,
        "Panic: silence everything",
    );
    let mut mesh = MeshBuilder::default();
    let part = if response.hovered() { 0.25 } else { 0.08 };
    mesh.round(bounds, sizes.pt(10.0), translucent(Rgb::ALARM, part));
    mesh.outline(bounds, sizes.pt(10.0), 2.0, color32(Rgb::ALARM));
    button::focus_ring(&mut mesh, &response, bounds);
    mesh.flush(ui.painter());
    text(
        ui.painter(),
        bounds.center(),
        Align2::CENTER_CENTER,
        "PANIC",
        Font::Bold.id(sizes.pt(22.0)),
        color32(Rgb::ALARM),
    );
    frame.bindable(bounds, ControlAction::Panic);
    if response.clicked() {
        frame.send(PlayerCommand::Panic);
    }
    bounds.left()
}
