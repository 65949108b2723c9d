//! The header of a lane: title, state, buttons, and a level meter.

use egui::{Align2, Rect, Response, Role, Ui, pos2, vec2};

use super::{
    button, family,
    frame_context::FrameContext,
    icons, lane_buttons, lane_drag,
    lane_row::{self, Chosen},
    links::{self, LinkLine},
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text_fitted, text_within},
    volume_fader,
};
use crate::{
    conductor::{EndAt, Strip},
    music::Volume,
    view::{LaneModel, LaneState, Rgb, StatusIcon},
};

/// What every header shows, however low it is.
pub(super) struct Head {
    /// Its area.
    response: Response,
    /// The state of the lane.
    state: LaneState,
    /// Whether its engine answers.
    reach: Reach,
    /// What the lane does, in a few words.
    pub detail: String,
    /// The effect of the mixer, or that it ends soon.
    mixed: Option<String>,
    /// Where an opened history is from.
    origin: Option<String>,
}

/// Whether the engine of a lane answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Here,
    Away,
}

impl Head {
    /// The state in a word, with the effect of the mixer.
    pub fn words(&self) -> String {
        match &self.mixed {
            Some(mixed) => format!("{} · {mixed}", self.label()),
            None => self.label().to_owned(),
        }
    }

    /// The state in a word.
    fn label(&self) -> &'static str {
        match self.reach {
            Reach::Here => self.state.label(),
            Reach::Away => "Away",
        }
    }

    /// The shape of the state.
    pub fn icon(&self) -> StatusIcon {
        match self.reach {
            Reach::Here => self.state.icon(),
            Reach::Away => StatusIcon::Ring,
        }
    }

    /// The color of the state.
    pub fn color(&self) -> Rgb {
        match self.reach {
            Reach::Here => self.state.color(),
            Reach::Away => Rgb::PENDING,
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
    let ending = ending(lane, frame);
    let detail = match (ending, frame.live.away(lane)) {
        (Some(at), _) => format!("will be terminated at {at}"),
        (None, Some(backend)) => format!("{backend} is away"),
        (None, None) => lane.detail(frame.now),
    };
    let mixed = match ending {
        Some(EndAt::Note) => Some("ends with the note".to_owned()),
        Some(EndAt::Bar) => Some("ends with the bar".to_owned()),
        None => mix_state(lane, frame),
    };
    let mix = mixed.as_ref();
    let mix = mix.map_or(String::new(), |mixed| format!(", {mixed}"));
    let origin = frame.live.opened_lane(&lane.id);
    let origin = origin.map(|opened| format!("opened {}", opened.origin()));
    let marked = origin.as_ref().map_or(String::new(), |o| format!(", {o}"));
    let pinned = match frame.state.arrangement.is_pinned(&lane.id) {
        true => ", pinned",
        false => "",
    };
    let reach = match frame.live.away(lane) {
        Some(_) => Reach::Away,
        None => Reach::Here,
    };
    let word = match reach {
        Reach::Here => state.label(),
        Reach::Away => "Away",
    };
    let title = lane.title();
    let name = format!("{title}, {word}, {detail}{mix}{marked}{pinned}");
    let seen = rect.intersect(clip);
    let response = button::handle(ui, seen, ("lane", &lane.id), Role::Button, &name);
    if response.clicked() {
        frame.state.select(&lane.id);
    }
    lane_drag::follow(ui, &response, lane, frame);
    Head {
        response,
        state,
        reach,
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
    let (icon, color, word) = (head.icon(), head.color(), head.label());
    let Head {
        mut detail,
        mixed,
        origin,
        ..
    } = head;

    // In replay the fader would act on what is not shown.
    let rect = match closed || frame.state.is_replay() {
        true => rect,
        false => volume_fader::show(ui, rect, clip, lane, number, frame),
    };
    // Four lines of text share the height, down to a readable size.
    let unit = (rect.height() / 112.0).min(sizes.pt(1.0) * 1.3);
    let size = |at_112: f32| at_112 * unit.min(sizes.pt(1.0) * 1.3).max(0.62);
    let top = rect.top() + (rect.height() - 112.0 * unit).max(0.0) * 0.1;
    let left = rect.left() + sizes.pt(72.0) + family::indent(lane, frame);
    let side = size(46.0).min(sizes.pt(46.0));
    let center = pos2(rect.left() + sizes.pt(41.0), top + 41.0 * unit);
    lane_row::number(&painter, &mut mesh, center, side, number, chosen);
    if frame.state.arrangement.is_pinned(&lane.id) {
        let at = pos2(center.x, top + 80.0 * unit);
        icons::pin(&mut mesh, at, size(19.0), color32(Rgb::TEXT));
    }
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
    // Buttons beside the text: there are none in replay.
    let beside = !below && !closed && !frame.state.is_replay();
    let id_room = match beside {
        true => room - lane_buttons::width(lane, side),
        false => room,
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
    let status = color32(color);
    let y = top + 78.0 * unit;
    icons::status(
        &mut mesh,
        icon,
        pos2(left + size(7.0), y),
        size(15.0),
        status,
    );
    let from = left + size(26.0);
    let right = match below {
        true => left + lane_buttons::width(lane, side),
        false => rect.right() - sizes.pt(14.0),
    };
    // The buttons beside the text come first: the word gets smaller, and the mixer moves down a line.
    let free = match beside {
        true => right - lane_buttons::width(lane, side) - size(10.0),
        false => rect.right() - sizes.pt(8.0),
    };
    let at = pos2(from, y);
    let word = text_fitted(&painter, at, word, size(19.0), status, free - from);
    let mixed_at = word.right() + size(14.0);
    if let Some(mixed) = mixed {
        let font = Font::Bold.id(size(17.0));
        let galley = layout_line(&painter, &mixed, font, color32(Rgb::PENDING));
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
        let row = lane_buttons::ButtonRow {
            right,
            middle,
            side,
        };
        lane_buttons::show(ui, row, lane, number, frame, &mut mesh);
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

/// The moment at which a lane is terminated, if one is set.
fn ending(lane: &LaneModel, frame: &FrameContext<'_>) -> Option<EndAt> {
    let endings = &frame.live.performance().endings;
    let set = endings.get(&lane.id).filter(|_| !frame.state.is_replay());
    set.copied()
}

/// The effect of the mixer on a lane, if there is one.
fn mix_state(lane: &LaneModel, frame: &FrameContext<'_>) -> Option<String> {
    let mixer = &frame.snapshot.mixer;
    let strip = Strip::Lane(lane.id.clone());
    let switched = if mixer.is_muted(&strip) {
        Some("muted")
    } else if mixer.is_solo(&strip) {
        Some("solo")
    } else {
        (!mixer.hears_lane(&lane.id)).then_some("muted by solo")
    };
    let volume = mixer.volume(&lane.id);
    match (switched, volume == Volume::UNITY) {
        (switched, true) => switched.map(str::to_owned),
        (None, false) => Some(volume.to_string()),
        (Some(switched), false) => Some(format!("{switched} · {volume}")),
    }
}
