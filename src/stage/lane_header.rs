//! The header of a lane: title, state, buttons, and a level meter.

use egui::{Align2, Rect, Response, Role, Ui, accesskit, pos2, vec2};

use super::{
    button, family,
    frame_context::FrameContext,
    icons,
    lane_row::{self, Chosen},
    links::{self, LinkLine},
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text, text_fitted, text_within},
};
use crate::{
    conductor::{
        Strip,
        control_surface::{ControlAction, LaneTarget},
    },
    view::{EngineCommand, LaneModel, LaneState, Rgb, pause_or_resume},
};

/// What every header shows, however low it is.
pub(super) struct Head {
    /// Its area.
    response: Response,
    /// The state of the lane.
    pub state: LaneState,
    /// What the lane does, in a few words.
    pub detail: String,
    /// The effect of the mixer.
    mixed: Option<&'static str>,
    /// Where an opened history is from.
    origin: Option<String>,
}

impl Head {
    /// The state in a word, with the effect of the mixer.
    pub fn words(&self) -> String {
        match self.mixed {
            Some(mixed) => format!("{} · {mixed}", self.state.label()),
            None => self.state.label().to_owned(),
        }
    }
}

/// The area of a header with its name. A click selects the lane.
pub(super) fn head(
    ui: &Ui,
    rect: Rect,
    clip: Rect,
    lane: &LaneModel,
    frame: &mut FrameContext<'_>,
) -> Head {
    let state = lane.state();
    let detail = lane.detail(frame.now);
    let mixed = mix_state(lane, frame);
    let mix = mixed.map_or(String::new(), |mixed| format!(", {mixed}"));
    let origin = frame.live.opened_lane(&lane.id);
    let origin = origin.map(|opened| format!("opened {}", opened.origin()));
    let marked = origin.as_ref().map_or(String::new(), |o| format!(", {o}"));
    let name = format!("{}, {}, {detail}{mix}{marked}", lane.title(), state.label());
    let seen = rect.intersect(clip);
    let response = button::area(ui, seen, ("lane", &lane.id), Role::Button, &name);
    if response.clicked() {
        frame.state.select(&lane.id);
    }
    Head {
        response,
        state,
        detail,
        mixed,
        origin,
    }
}

/// The stripe in the color of a lane, and its level.
pub(super) fn stripe(
    rect: Rect,
    lane: &LaneModel,
    chosen: Chosen,
    mesh: &mut MeshBuilder,
    frame: &FrameContext<'_>,
) {
    let color = lane.color();
    let closed = lane.status.is_closed();
    // The frame of the selected lane is beside it.
    let left = match chosen {
        Chosen::Yes => rect.left() + lane_row::frame_width(rect, frame),
        Chosen::No => rect.left(),
    };
    let right = left + frame.sizes.pt(6.0);
    let stripe = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
    let bright = if closed { 0.5 } else { 1.0 };
    mesh.rect(stripe, color32(color.over(Rgb::BACKGROUND, bright)));
    if !closed && !frame.state.is_replay() {
        level_meter(rect, frame.host.loudness(&lane.id), color, mesh);
    }
}

/// Paints it, clipped to `clip`.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    clip: Rect,
    lane: &LaneModel,
    chosen: Chosen,
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    let head = head(ui, rect, clip, lane, frame);
    let closed = lane.status.is_closed();
    let number = frame.live.numbers.of(&lane.id);
    let painter = ui.painter_at(rect.intersect(clip));
    let mut mesh = MeshBuilder::default();
    stripe(rect, lane, chosen, &mut mesh, frame);
    button::focus_ring(&mut mesh, &head.response, rect.shrink(4.0));
    let Head {
        state,
        mut detail,
        mixed,
        origin,
        ..
    } = head;

    // Four lines of text share the height, down to a readable size.
    let unit = (rect.height() / 112.0).min(sizes.pt(1.0) * 1.3);
    let size = |at_112: f32| at_112 * unit.min(sizes.pt(1.0) * 1.3).max(0.62);
    let top = rect.top() + (rect.height() - 112.0 * unit).max(0.0) * 0.1;
    let left = rect.left() + sizes.pt(72.0) + family::indent(lane, frame);
    let side = size(46.0).min(sizes.pt(46.0));
    let center = pos2(rect.left() + sizes.pt(41.0), top + 41.0 * unit);
    lane_row::number(&painter, &mut mesh, center, side, number, chosen);
    let mut room = rect.right() - left - sizes.pt(10.0);
    if origin.is_some() {
        room -= dismiss(ui, rect, clip, lane, frame);
    }
    room -= family::plate(ui, rect, top + 29.0 * unit, clip, lane, frame);
    let title = if closed { Rgb::MUTED } else { Rgb::TEXT };
    let at = pos2(left, top + 29.0 * unit);
    text_fitted(&painter, at, lane.title(), size(28.0), color32(title), room);
    // In a low lane the buttons are to the right of the text, in a high one below it.
    let lowest = top + 98.0 * unit;
    let side = sizes.pt(36.0).min(rect.height() * 0.32);
    let below = rect.bottom() - lowest > side + size(22.0);
    let id_room = match below || closed {
        true => room,
        false => room - buttons_width(lane, side),
    };
    let at = pos2(left, top + 54.0 * unit);
    let lineage = match &origin {
        Some(origin) => format!("{origin} · {}", lane.lineage()),
        None => lane.lineage(),
    };
    // In a low lane, links are more use than the id of the lane itself.
    let linked = links::has_any(lane, frame);
    let under = lowest + size(14.0) + side + size(18.0);
    let link_at = match below && under + size(12.0) < rect.bottom() {
        true => pos2(left, under),
        false => at,
    };
    if !linked || link_at.y > at.y {
        let font = Font::Medium.id(size(16.5));
        let color = color32(Rgb::MUTED);
        text_within(
            &painter,
            at,
            Align2::LEFT_CENTER,
            &lineage,
            font,
            color,
            id_room,
        );
    }
    if linked {
        let line = LinkLine {
            painter: &painter,
            at: link_at,
            room: if link_at.y > at.y { room } else { id_room },
            size: size(16.5),
            place: "header",
        };
        links::show(ui, &line, lane, frame);
    }
    let status = color32(state.color());
    let y = top + 78.0 * unit;
    icons::status(
        &mut mesh,
        state.icon(),
        pos2(left + size(7.0), y),
        size(15.0),
        status,
    );
    let from = left + size(26.0);
    let right = match below {
        true => left + buttons_width(lane, side),
        false => rect.right() - sizes.pt(14.0),
    };
    // The buttons beside the text come first: the word gets smaller, and the mixer moves down a line.
    let free = match below || closed {
        true => rect.right() - sizes.pt(8.0),
        false => right - buttons_width(lane, side) - size(10.0),
    };
    let at = pos2(from, y);
    let word = text_fitted(&painter, at, state.label(), size(19.0), status, free - from);
    let mixed_at = word.right() + size(14.0);
    if let Some(mixed) = mixed {
        let font = Font::Bold.id(size(17.0));
        let galley = layout_line(&painter, mixed, font, color32(Rgb::PENDING));
        match mixed_at + galley.size().x <= free {
            true => {
                let at = pos2(mixed_at, y - galley.size().y / 2.0);
                painter.galley(at, galley, color32(Rgb::PENDING));
            }
            false => detail = format!("{mixed} · {detail}"),
        }
    }
    let middle = match below {
        true => lowest + size(14.0) + side / 2.0,
        false => top + 71.0 * unit,
    };
    let clipped = middle - side / 2.0 < clip.top() || middle + side / 2.0 > clip.bottom();
    // In replay the buttons would act on a state that is not shown.
    if !clipped && !closed && !frame.state.is_replay() {
        let row = ButtonRow {
            right,
            middle,
            side,
        };
        buttons(ui, row, lane, number, frame, &mut mesh);
    }
    let whole = rect.right() - from - sizes.pt(8.0);
    text_within(
        &painter,
        pos2(from, lowest),
        Align2::LEFT_CENTER,
        &detail,
        Font::Medium.id(size(16.5)),
        color32(Rgb::TEXT.over(Rgb::MUTED, 0.4)),
        whole,
    );
    mesh.flush(&painter);
}

/// The button that puts an opened history away. Returns the room that it takes from the title.
fn dismiss(ui: &Ui, rect: Rect, clip: Rect, lane: &LaneModel, frame: &mut FrameContext<'_>) -> f32 {
    let side = frame.sizes.pt(30.0).min(rect.height() * 0.3);
    let corner = pos2(rect.right() - side - 12.0, rect.top() + 10.0);
    let bounds = Rect::from_min_size(corner, vec2(side, side));
    if !clip.contains_rect(bounds) {
        return 0.0;
    }
    let name = format!("Dismiss {}", lane.title());
    let response = button::plain(ui, bounds, ("dismiss", &lane.id), &name);
    let mut cross = MeshBuilder::default();
    let arm = side * 0.2;
    for end in [vec2(arm, arm), vec2(arm, -arm)] {
        let (from, to) = (bounds.center() - end, bounds.center() + end);
        cross.line(from, to, 2.2, color32(Rgb::TEXT));
    }
    cross.flush(ui.painter());
    if response.clicked() {
        let command = frame.state.dismiss_history(&lane.id);
        frame.send(command);
    }
    side + 12.0
}

/// The level meter: a bar at the edge of the timeline.
fn level_meter(rect: Rect, level: f32, color: Rgb, mesh: &mut MeshBuilder) {
    /// The range of the meter, in decibels below full scale.
    const RANGE_DECIBELS: f32 = 48.0;
    const WIDTH: f32 = 5.0;
    let part = 1.0 + 20.0 * level.max(1e-6).log10() / RANGE_DECIBELS;
    if part > 0.0 {
        let right = rect.right() - 1.0;
        let top = rect.bottom() - rect.height() * part.min(1.0);
        let bar = Rect::from_min_max(pos2(right - WIDTH, top), pos2(right, rect.bottom()));
        mesh.rect(bar, color32(color));
    }
}

/// The effect of the mixer on a lane, if there is one.
fn mix_state(lane: &LaneModel, frame: &FrameContext<'_>) -> Option<&'static str> {
    let mixer = &frame.snapshot.mixer;
    let strip = Strip::Lane(lane.id.clone());
    if mixer.is_muted(&strip) {
        Some("muted")
    } else if mixer.is_solo(&strip) {
        Some("solo")
    } else {
        (!mixer.hears_lane(&lane.id)).then_some("muted by solo")
    }
}

/// The position of a lane's buttons: right edge, vertical center, height.
struct ButtonRow {
    right: f32,
    middle: f32,
    side: f32,
}

/// The space between two buttons, as a fraction of their height.
const APART: f32 = 0.22;
/// The width of the cue button, as a multiple of its height.
const CUE: f32 = 1.8;

/// The width of all buttons of a lane.
fn buttons_width(lane: &LaneModel, side: f32) -> f32 {
    let pause = if pause_or_resume(lane).is_some() {
        1.0 + APART
    } else {
        0.0
    };
    let cue = if lane.cues().next().is_some() {
        CUE + APART
    } else {
        0.0
    };
    (1.0 + pause + cue) * side
}

/// Paints the buttons of a lane.
fn buttons(
    ui: &Ui,
    row: ButtonRow,
    lane: &LaneModel,
    number: Option<u8>,
    frame: &mut FrameContext<'_>,
    mesh: &mut MeshBuilder,
) {
    let target = || number.map(LaneTarget::Number);
    let ButtonRow {
        mut right,
        middle,
        side,
    } = row;
    let mut next = |width: f32| {
        let corner = pos2(right - width, middle - side / 2.0);
        right -= width + side * APART;
        Rect::from_min_size(corner, vec2(width, side))
    };
    let bounds = next(side);
    terminate(ui, bounds, lane, frame, mesh);
    if let Some(target) = target() {
        frame.bindable(bounds, ControlAction::Terminate(target));
    }
    if let Some(command) = pause_or_resume(lane) {
        let bounds = next(side);
        let resumes = matches!(command, EngineCommand::Resume(_));
        let verb = if resumes { "Resume" } else { "Pause" };
        let response = button::plain(
            ui,
            bounds,
            ("pause", &lane.id),
            &format!("{verb} {}", lane.title()),
        );
        match resumes {
            true => icons::play(mesh, bounds.center(), side * 0.42, color32(Rgb::TEXT)),
            false => icons::pause(mesh, bounds.center(), side * 0.42, color32(Rgb::TEXT)),
        }
        if response.clicked() {
            frame.send(command);
        }
        if let Some(target) = target() {
            frame.bindable(bounds, ControlAction::Pause(target));
        }
    }
    if let Some(cue) = lane.cues().next() {
        let bounds = next(side * CUE);
        let name = format!("Send “{}” to {}", cue, lane.title());
        let response = button::area(ui, bounds, ("cue", &lane.id), Role::Button, &name);
        let mut plate = MeshBuilder::default();
        plate.round(
            bounds,
            side * 0.2,
            button::hover_color(&response, lane.color()),
        );
        plate.flush(ui.painter());
        text(
            ui.painter(),
            bounds.center(),
            Align2::CENTER_CENTER,
            "Cue",
            Font::Bold.id(side * 0.5),
            color32(Rgb::BACKGROUND),
        );
        if response.clicked() {
            frame.send(EngineCommand::raise(&lane.id, cue));
        }
        if let Some(target) = target() {
            frame.bindable(bounds, ControlAction::Cue(target));
        }
    }
}

/// The terminate button. It must be held, so that an accidental click ends nothing.
fn terminate(
    ui: &Ui,
    bounds: Rect,
    lane: &LaneModel,
    frame: &mut FrameContext<'_>,
    mesh: &mut MeshBuilder,
) {
    let name = format!("Terminate {} (hold to confirm)", lane.title());
    let response = button::plain(ui, bounds, ("end", &lane.id), &name);
    let held = response.is_pointer_button_down_on();
    let holding = frame.state.holding(frame.wall);
    let part = holding.and_then(|(id, part)| (*id == lane.id).then_some(part));
    let color = if part.is_some() {
        Rgb::ALARM
    } else {
        Rgb::TEXT
    };
    icons::stop(
        mesh,
        bounds.center(),
        bounds.height() * 0.34,
        color32(color),
    );
    if let Some(part) = part {
        icons::progress(
            mesh,
            bounds.center(),
            bounds.height() * 0.62,
            part,
            color32(Rgb::ALARM),
        );
    }
    if held {
        let id = lane.id.clone();
        frame.state.begin_hold(id, frame.wall);
    }
    // A screen reader cannot hold a button; its click counts.
    if ui.input(|i| i.has_accesskit_action_request(response.id, accesskit::Action::Click)) {
        frame.send(EngineCommand::Terminate(lane.id.clone()));
    }
}
