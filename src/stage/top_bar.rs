//! The bar at the top: where the music is, how fast, which ports are there, and the way out.

use egui::{Align2, CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{
    button, icons,
    ink::Ink,
    ports,
    scene::Scene,
    theme::{Face, faint, ink, layout_line, text},
};
use crate::{
    conductor::control_surface::ControlAction,
    view::{Action, PlayerCommand, Rgb, format},
};

/// Paints it.
pub(super) fn show(ui: &Ui, rect: Rect, scene: &mut Scene<'_>) {
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, ink(Rgb::PANEL));
    painter.hline(rect.x_range(), rect.bottom(), (1.0, ink(Rgb::LINE)));
    let left = logo(ui, rect, scene);
    let left = play_button(ui, rect, left, scene);
    let left = record_button(ui, rect, left, scene);
    let left = position(ui, rect, left, scene);
    let left = tempo(ui, rect, left, scene);
    let mut right = panic(ui, rect, scene);
    if scene.sizes.drawn(rect.width()) > 1560.0 {
        right = figures(ui, rect, right, scene);
    }
    ports::show(ui, rect, left..right, scene);
}

fn logo(ui: &Ui, rect: Rect, scene: &mut Scene<'_>) -> f32 {
    let sizes = scene.sizes;
    let y = rect.center().y;
    let mut signs = Ink::default();
    let sign = pos2(rect.left() + sizes.pt(43.0), y);
    icons::fermata(&mut signs, sign, sizes.pt(40.0), ink(Rgb::TEXT));
    let mut left = rect.left() + sizes.pt(82.0);
    if sizes.drawn(rect.width()) > 1180.0 {
        let font = Face::Bold.font(sizes.pt(27.0));
        let color = ink(Rgb::TEXT);
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
    let badge = Rect::from_min_size(
        pos2(left, y - sizes.pt(19.0)),
        vec2(sizes.pt(104.0), sizes.pt(38.0)),
    );
    let color = match scene.state.follow {
        true => Rgb::GOOD,
        false => Rgb::PENDING,
    };
    let name = match scene.state.follow {
        true => "Live",
        false => "Past: return to live",
    };
    let response = button::area(ui, badge, "live", Role::Button, name);
    if response.clicked() {
        scene.state.follow = true;
    }
    button::ring_of_focus(&mut signs, &response, badge);
    signs.outline(badge, sizes.pt(9.0), 2.0, ink(color));
    let word = match scene.state.follow {
        true => "LIVE",
        false => "PAST",
    };
    let middle = badge.center() + vec2(sizes.pt(9.0), 0.0);
    let word = text(
        ui.painter(),
        middle,
        Align2::CENTER_CENTER,
        word,
        Face::Bold.font(sizes.pt(20.0)),
        ink(color),
    );
    icons::dot(
        &mut signs,
        pos2(word.left() - sizes.pt(14.0), y),
        sizes.pt(5.0),
        ink(color),
    );
    signs.flush(ui.painter());
    badge.right()
}

fn play_button(ui: &Ui, rect: Rect, left: f32, scene: &mut Scene<'_>) -> f32 {
    let sizes = scene.sizes;
    let side = sizes.pt(46.0);
    let face = Rect::from_center_size(
        pos2(left + sizes.pt(34.0) + side / 2.0, rect.center().y),
        vec2(side, side),
    );
    let rolling = scene.snapshot.transport.rolling;
    let name = if rolling {
        "Stop the transport"
    } else {
        "Start the transport"
    };
    scene.bindable(face, ControlAction::PlayStop);
    if button::plain(ui, face, "play", name).clicked() {
        scene.act(Action::PlayStop);
    }
    let mut sign = Ink::default();
    match rolling {
        true => icons::stop(&mut sign, face.center(), side * 0.34, ink(Rgb::TEXT)),
        false => icons::play(&mut sign, face.center(), side * 0.42, ink(Rgb::TEXT)),
    }
    sign.flush(ui.painter());
    face.right()
}

/// A red dot; while it records a red square and for how long.
fn record_button(ui: &Ui, rect: Rect, left: f32, scene: &mut Scene<'_>) -> f32 {
    let sizes = scene.sizes;
    let side = sizes.pt(46.0);
    let since = scene.snapshot.recording;
    let width = match since {
        Some(_) => sizes.pt(124.0),
        None => side,
    };
    let face = Rect::from_min_size(
        pos2(left + sizes.pt(10.0), rect.center().y - side / 2.0),
        vec2(width, side),
    );
    let name = match since {
        Some(_) => "Stop recording",
        None => "Start recording",
    };
    let response = button::area(ui, face, "record", Role::Button, name);
    let mut sign = Ink::default();
    let ground = match since {
        Some(_) => faint(Rgb::ALARM, if response.hovered() { 0.45 } else { 0.3 }),
        None => button::shade(&response, Rgb::BUTTON),
    };
    sign.round(face, side * 0.2, ground);
    button::ring_of_focus(&mut sign, &response, face);
    let center = pos2(face.left() + side / 2.0, face.center().y);
    match since {
        Some(_) => icons::stop(&mut sign, center, side * 0.3, ink(Rgb::ALARM)),
        None => icons::dot(&mut sign, center, side * 0.2, ink(Rgb::ALARM)),
    }
    sign.flush(ui.painter());
    if let Some(since) = since {
        text(
            ui.painter(),
            pos2(face.left() + side * 0.92, face.center().y),
            Align2::LEFT_CENTER,
            format::elapsed(scene.wall.since(since)),
            Face::Bold.font(sizes.pt(20.0)),
            ink(Rgb::TEXT),
        );
    }
    if response.clicked() {
        scene.act(Action::Record);
    }
    face.right()
}

fn position(ui: &Ui, rect: Rect, left: f32, scene: &Scene<'_>) -> f32 {
    let sizes = scene.sizes;
    let transport = &scene.snapshot.transport;
    let (bar, beat) = transport.position(scene.wall);
    let y = rect.center().y;
    let right = left + sizes.pt(146.0);
    // A long performance pushes the rest to the right, never into the button.
    let number = format!("{bar}.{beat}");
    let font = Face::Bold.font(sizes.pt(50.0));
    let wide = layout_line(ui.painter(), &number, font.clone(), ink(Rgb::TEXT))
        .size()
        .x;
    let right = right.max(left + sizes.pt(28.0) + wide);
    let big = text(
        ui.painter(),
        pos2(right, y),
        Align2::RIGHT_CENTER,
        number,
        font,
        ink(Rgb::TEXT),
    );
    let unit = text(
        ui.painter(),
        pos2(big.right() + sizes.pt(8.0), y + sizes.pt(11.0)),
        Align2::LEFT_CENTER,
        "bar",
        Face::Medium.font(sizes.pt(17.0)),
        ink(Rgb::MUTED),
    );
    let mut dots = Ink::default();
    let count = i64::from(transport.beats_in_bar());
    let mut x = unit.right() + sizes.pt(38.0);
    let shown = match sizes.drawn(rect.width()) > 1000.0 {
        true => count.min(12),
        false => 0,
    };
    for n in 1..=shown {
        let lit = transport.rolling && n == beat;
        let color = match lit {
            true => ink(Rgb::TEXT),
            false => ink(Rgb::LINE.over(Rgb::MUTED, 0.75)),
        };
        if lit {
            let spot = Rect::from_center_size(pos2(x, y), vec2(sizes.pt(16.0), sizes.pt(16.0)));
            dots.glow(spot, sizes.pt(8.0), sizes.pt(10.0), faint(Rgb::TEXT, 0.3));
        }
        icons::dot(&mut dots, pos2(x, y), sizes.pt(8.0), color);
        x += sizes.pt(30.0);
    }
    dots.flush(ui.painter());
    x
}

fn tempo(ui: &Ui, rect: Rect, left: f32, scene: &mut Scene<'_>) -> f32 {
    let sizes = scene.sizes;
    let transport = &scene.snapshot.transport;
    let y = rect.center().y;
    let number = text(
        ui.painter(),
        pos2(left + sizes.pt(14.0), y),
        Align2::LEFT_CENTER,
        format!("{:.0}", transport.tempo),
        Face::Bold.font(sizes.pt(30.0)),
        ink(Rgb::TEXT),
    );
    let unit = text(
        ui.painter(),
        pos2(number.right() + sizes.pt(5.0), y + sizes.pt(4.0)),
        Align2::LEFT_CENTER,
        "BPM",
        Face::Medium.font(sizes.pt(17.0)),
        ink(Rgb::MUTED),
    );
    let meter = text(
        ui.painter(),
        pos2(unit.right() + sizes.pt(26.0), y),
        Align2::LEFT_CENTER,
        transport.meter(),
        Face::Bold.font(sizes.pt(24.0)),
        ink(Rgb::MUTED),
    );
    let grip = number.union(unit).expand(sizes.pt(6.0));
    scene.bindable(grip, ControlAction::Tempo);
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
        scene.send(PlayerCommand::SetTempo(tempo));
    }
    meter.right()
}

fn figures(ui: &Ui, rect: Rect, right: f32, scene: &Scene<'_>) -> f32 {
    let sizes = scene.sizes;
    let meters = &scene.snapshot.meters;
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
            Face::Medium.font(sizes.pt(15.0).max(10.5)),
            ink(Rgb::MUTED),
        );
        text(
            ui.painter(),
            pos2(x, y + sizes.pt(14.0)),
            Align2::LEFT_CENTER,
            figure,
            Face::Bold.font(sizes.pt(20.0)),
            ink(Rgb::TEXT),
        );
        x -= sizes.pt(98.0);
    }
    x + sizes.pt(98.0)
}

fn panic(ui: &Ui, rect: Rect, scene: &mut Scene<'_>) -> f32 {
    let sizes = scene.sizes;
    let face = Rect::from_center_size(
        pos2(rect.right() - sizes.pt(98.0), rect.center().y),
        vec2(sizes.pt(152.0), sizes.pt(50.0)),
    );
    let response = button::area(ui, face, "panic", Role::Button, "Panic: silence everything");
    let mut sign = Ink::default();
    let part = if response.hovered() { 0.25 } else { 0.08 };
    sign.round(face, sizes.pt(10.0), faint(Rgb::ALARM, part));
    sign.outline(face, sizes.pt(10.0), 2.0, ink(Rgb::ALARM));
    button::ring_of_focus(&mut sign, &response, face);
    sign.flush(ui.painter());
    text(
        ui.painter(),
        face.center(),
        Align2::CENTER_CENTER,
        "PANIC",
        Face::Bold.font(sizes.pt(22.0)),
        ink(Rgb::ALARM),
    );
    scene.bindable(face, ControlAction::Panic);
    if response.clicked() {
        scene.send(PlayerCommand::Panic);
    }
    face.left()
}
