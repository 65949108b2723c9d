//! The head of a lane: who plays, how it is, and the buttons.

use egui::{Align2, Rect, Role, Ui, accesskit, pos2, vec2};

use super::{
    button, icons,
    ink::Ink,
    scene::Scene,
    theme::{Face, ink, text, text_fitted, text_within},
};
use crate::{
    conductor::{
        Strip,
        control_surface::{ControlAction, LaneTarget},
    },
    view::{Band, EngineCommand, LaneModel, Rgb, pause_or_resume},
};

/// Paints it, as far as it lies in `clip`. `digit` is the lane's key.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    clip: Rect,
    lane: &LaneModel,
    digit: usize,
    scene: &mut Scene<'_>,
) {
    let sizes = scene.sizes;
    let state = lane.state();
    let detail = lane.detail(scene.wall);
    let color = lane.color();
    let closed = lane.status.is_closed();
    let mixed = mixed(lane, scene);
    let told = mixed.map_or(String::new(), |mixed| format!(", {mixed}"));
    let name = format!("{}, {}, {detail}{told}", lane.title(), state.label());
    let head = button::area(
        ui,
        rect.intersect(clip),
        ("lane", &lane.id),
        Role::Button,
        &name,
    );
    if head.clicked() {
        let id = lane.id.clone();
        scene.state.select(&id);
    }
    let painter = ui.painter_at(rect.intersect(clip));
    let mut signs = Ink::default();
    let stripe = Rect::from_min_max(rect.min, pos2(rect.left() + sizes.pt(6.0), rect.bottom()));
    signs.rect(
        stripe,
        ink(color.over(Rgb::BACKGROUND, if closed { 0.5 } else { 1.0 })),
    );
    if !closed {
        loudness(rect, scene.host.loudness(&lane.id), color, &mut signs);
    }
    button::ring_of_focus(&mut signs, &head, rect.shrink(4.0));

    // Four lines of text share the height as far as they stay readable.
    let unit = (rect.height() / 112.0).min(sizes.pt(1.0) * 1.3);
    let size = |at_112: f32| at_112 * unit.min(sizes.pt(1.0) * 1.3).max(0.62);
    let top = rect.top() + (rect.height() - 112.0 * unit).max(0.0) * 0.1;
    let left = rect.left() + sizes.pt(52.0);
    if digit <= 10 {
        text(
            &painter,
            pos2(rect.left() + sizes.pt(31.0), top + 30.0 * unit),
            Align2::CENTER_CENTER,
            digit % 10,
            Face::Medium.font(size(18.0)),
            ink(Rgb::MUTED),
        );
    }
    let room = rect.right() - left - sizes.pt(10.0);
    let title = if closed { Rgb::MUTED } else { Rgb::TEXT };
    let at = pos2(left, top + 29.0 * unit);
    text_fitted(&painter, at, lane.title(), size(28.0), ink(title), room);
    // In a low lane the buttons stand beside the status, in a high one below everything.
    let lowest = top + 98.0 * unit;
    let side = sizes.pt(36.0).min(rect.height() * 0.32);
    let below = rect.bottom() - lowest > side + size(22.0);
    let id_room = match below || closed {
        true => room,
        false => room - buttons_width(lane, side),
    };
    text_within(
        &painter,
        pos2(left, top + 54.0 * unit),
        Align2::LEFT_CENTER,
        &lane.lineage(),
        Face::Medium.font(size(16.5)),
        ink(Rgb::MUTED),
        id_room,
    );
    let status = ink(state.color().unwrap_or(color));
    let y = top + 78.0 * unit;
    icons::status(
        &mut signs,
        state.icon(),
        pos2(left + size(7.0), y),
        size(15.0),
        status,
    );
    let from = left + size(26.0);
    let word = text(
        &painter,
        pos2(from, y),
        Align2::LEFT_CENTER,
        state.label(),
        Face::Bold.font(size(19.0)),
        status,
    );
    if let Some(mixed) = mixed {
        text(
            &painter,
            pos2(word.right() + size(14.0), y),
            Align2::LEFT_CENTER,
            mixed,
            Face::Bold.font(size(17.0)),
            ink(Rgb::PENDING),
        );
    }
    let right = match below {
        true => left + buttons_width(lane, side),
        false => rect.right() - sizes.pt(14.0),
    };
    let middle = match below {
        true => lowest + size(14.0) + side / 2.0,
        false => top + 71.0 * unit,
    };
    let clipped = middle - side / 2.0 < clip.top() || middle + side / 2.0 > clip.bottom();
    if !clipped && !closed {
        let place = Place {
            right,
            middle,
            side,
        };
        buttons(ui, place, lane, digit, scene, &mut signs);
    }
    let whole = rect.right() - from - sizes.pt(8.0);
    text_within(
        &painter,
        pos2(from, lowest),
        Align2::LEFT_CENTER,
        &detail,
        Face::Medium.font(size(16.5)),
        ink(Rgb::TEXT.over(Rgb::MUTED, 0.4)),
        whole,
    );
    signs.flush(&painter);
}

/// A bar at the edge of the timeline, as high as the lane is loud.
fn loudness(rect: Rect, loudness: f32, color: Rgb, signs: &mut Ink) {
    /// What is shown, in decibels below full scale.
    const RANGE_DECIBELS: f32 = 48.0;
    const WIDTH: f32 = 5.0;
    let part = 1.0 + 20.0 * loudness.max(1e-6).log10() / RANGE_DECIBELS;
    if part > 0.0 {
        let right = rect.right() - 1.0;
        let top = rect.bottom() - rect.height() * part.min(1.0);
        let bar = Rect::from_min_max(pos2(right - WIDTH, top), pos2(right, rect.bottom()));
        signs.rect(bar, ink(color));
    }
}

/// What the mixer does to a lane, if it does anything.
fn mixed(lane: &LaneModel, scene: &Scene<'_>) -> Option<&'static str> {
    let mixer = &scene.snapshot.mixer;
    let strip = Strip::Lane(lane.id.clone());
    if mixer.is_muted(&strip) {
        Some("muted")
    } else if mixer.is_solo(&strip) {
        Some("solo")
    } else {
        (!mixer.hears_lane(&lane.id)).then_some("muted by solo")
    }
}

/// Where the buttons of a lane stand: their right edge, their middle, their height.
struct Place {
    right: f32,
    middle: f32,
    side: f32,
}

/// The space between two buttons, as a part of their height.
const APART: f32 = 0.22;
/// The width of the cue button, as a part of its height.
const CUE: f32 = 1.8;

/// How wide the buttons of a lane are together.
fn buttons_width(lane: &LaneModel, side: f32) -> f32 {
    let hold = if pause_or_resume(lane).is_some() {
        1.0 + APART
    } else {
        0.0
    };
    let cue = if lane.cues().next().is_some() {
        CUE + APART
    } else {
        0.0
    };
    (1.0 + hold + cue) * side
}

/// Paints the buttons of a lane.
fn buttons(
    ui: &Ui,
    place: Place,
    lane: &LaneModel,
    digit: usize,
    scene: &mut Scene<'_>,
    signs: &mut Ink,
) {
    let whom = || u8::try_from(digit).ok().map(LaneTarget::Place);
    let Place {
        mut right,
        middle,
        side,
    } = place;
    let mut next = |width: f32| {
        let corner = pos2(right - width, middle - side / 2.0);
        right -= width + side * APART;
        Rect::from_min_size(corner, vec2(width, side))
    };
    let face = next(side);
    terminate(ui, face, lane, scene, signs);
    if let Some(whom) = whom() {
        scene.bindable(face, ControlAction::Terminate(whom));
    }
    if let Some(command) = pause_or_resume(lane) {
        let face = next(side);
        let resumes = matches!(command, EngineCommand::Resume(_));
        let verb = if resumes { "Resume" } else { "Pause" };
        let response = button::plain(
            ui,
            face,
            ("hold", &lane.id),
            &format!("{verb} {}", lane.title()),
        );
        match resumes {
            true => icons::play(signs, face.center(), side * 0.42, ink(Rgb::TEXT)),
            false => icons::pause(signs, face.center(), side * 0.42, ink(Rgb::TEXT)),
        }
        if response.clicked() {
            scene.send(command);
        }
        if let Some(whom) = whom() {
            scene.bindable(face, ControlAction::Pause(whom));
        }
    }
    if let Some(cue) = lane.cues().next() {
        let face = next(side * CUE);
        let name = format!("Send “{}” to {}", cue, lane.title());
        let response = button::area(ui, face, ("cue", &lane.id), Role::Button, &name);
        let mut plate = Ink::default();
        plate.round(face, side * 0.2, button::shade(&response, lane.color()));
        plate.flush(ui.painter());
        text(
            ui.painter(),
            face.center(),
            Align2::CENTER_CENTER,
            "Cue",
            Face::Bold.font(side * 0.5),
            ink(Rgb::BACKGROUND),
        );
        if response.clicked() {
            scene.send(EngineCommand::raise(&lane.id, cue));
        }
        if let Some(whom) = whom() {
            scene.bindable(face, ControlAction::Cue(whom));
        }
    }
}

/// The terminate button: it acts when it is held, so that a slip of the hand ends nothing.
fn terminate(ui: &Ui, face: Rect, lane: &LaneModel, scene: &mut Scene<'_>, signs: &mut Ink) {
    let name = format!("Terminate {} (hold to confirm)", lane.title());
    let response = button::plain(ui, face, ("end", &lane.id), &name);
    let held = response.is_pointer_button_down_on();
    let holding = scene.state.holding(scene.wall);
    let part = holding.and_then(|(id, part)| (*id == lane.id).then_some(part));
    let color = if part.is_some() {
        Rgb::ALARM
    } else {
        Rgb::TEXT
    };
    icons::stop(signs, face.center(), face.height() * 0.34, ink(color));
    if let Some(part) = part {
        icons::progress(
            signs,
            face.center(),
            face.height() * 0.62,
            part,
            ink(Rgb::ALARM),
        );
    }
    if held {
        let id = lane.id.clone();
        scene.state.begin_hold(id, scene.wall);
    }
    // Somebody who drives the stage by a screen reader presses without holding, and means it.
    if ui.input(|i| i.has_accesskit_action_request(response.id, accesskit::Action::Click)) {
        scene.send(EngineCommand::Terminate(lane.id.clone()));
    }
}

/// The rectangle of a band in the lane area.
pub(super) fn rect_of(band: Band, area: Rect, left: f32, right: f32) -> Rect {
    Rect::from_min_max(
        pos2(left, area.top() + band.top),
        pos2(right, area.top() + band.bottom),
    )
}
