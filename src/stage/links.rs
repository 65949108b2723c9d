//! Links between a history and its reruns: a click selects and shows the other one.

use egui::{Align2, CursorIcon, Painter, Pos2, Rect, Role, Ui, pos2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text_within},
};
use crate::view::{LaneLink, LaneModel, Rgb};

/// Where links are painted: on one line, from a point on, within a width.
pub(super) struct LinkLine<'a> {
    /// The painter, with the clip of the surrounding panel.
    pub painter: &'a Painter,
    /// The left end of the line, vertically in its middle.
    pub at: Pos2,
    /// The most points from there to the right.
    pub room: f32,
    /// The size of the text.
    pub size: f32,
    /// Tells the places of the window apart that show the links of the same lane.
    pub place: &'static str,
}

/// The space between two links, in parts of the size of the text.
const APART: f32 = 0.9;
/// A link is cut down to this many times the size of the text, and left out if there is less room.
const SHORTEST: f32 = 6.0;
/// The smallest text of a link, in parts of the size of the text.
const SMALLEST: f32 = 0.68;

/// Paints the links of a lane. What does not fit is counted: `+2`.
pub(super) fn show(ui: &Ui, line: &LinkLine<'_>, lane: &LaneModel, frame: &mut FrameContext<'_>) {
    let links = frame.live.links(lane);
    let mut x = line.at.x;
    let end = line.at.x + line.room;
    for (number, link) in links.iter().enumerate() {
        let room = end - x;
        if number > 0 && room < line.size * SHORTEST {
            more(line, x, links.len() - number);
            return;
        }
        let bounds = one(ui, line, pos2(x, line.at.y), room, lane, link, frame);
        x = bounds.right() + line.size * APART;
    }
}

/// Whether a lane has links.
pub(super) fn has_any(lane: &LaneModel, frame: &FrameContext<'_>) -> bool {
    !frame.live.links(lane).is_empty()
}

fn one(
    ui: &Ui,
    line: &LinkLine<'_>,
    at: Pos2,
    room: f32,
    lane: &LaneModel,
    link: &LaneLink,
    frame: &mut FrameContext<'_>,
) -> Rect {
    let color = match link.to {
        Some(_) => LINK,
        None => Rgb::MUTED,
    };
    // Long text gets a little smaller before it is cut.
    let whole = Font::Medium.id(line.size);
    let whole = layout_line(line.painter, &link.text, whole, color32(color))
        .size()
        .x;
    let size = line.size * (room / whole.max(1.0)).clamp(SMALLEST, 1.0);
    let font = Font::Medium.id(size.max(10.0));
    let bounds = text_within(
        line.painter,
        at,
        Align2::LEFT_CENTER,
        &link.text,
        font,
        color32(color),
        room,
    );
    let Some(to) = &link.to else {
        return bounds;
    };
    let touch = bounds.expand(2.0).intersect(line.painter.clip_rect());
    let id = (line.place, &lane.id, to, link.text.len());
    let name = format!("{}, {}", link.text, lane.title());
    let response = button::area(ui, touch, id, Role::Link, &name);
    let mut mesh = MeshBuilder::default();
    if response.hovered() {
        ui.set_cursor_icon(CursorIcon::PointingHand);
        let y = bounds.bottom() - 1.0;
        mesh.line(
            pos2(bounds.left(), y),
            pos2(bounds.right(), y),
            1.4,
            color32(LINK),
        );
    }
    button::focus_ring(&mut mesh, &response, touch);
    mesh.flush(line.painter);
    if response.clicked() {
        frame.follow_link(to);
    }
    bounds
}

/// The color of links.
const LINK: Rgb = Rgb([86, 180, 233]);

/// The number of links that did not fit.
fn more(line: &LinkLine<'_>, x: f32, count: usize) {
    let font = Font::Medium.id(line.size);
    let galley = layout_line(line.painter, format!("+{count}"), font, color32(Rgb::MUTED));
    let top = line.at.y - galley.size().y / 2.0;
    line.painter
        .galley(pos2(x, top), galley, color32(Rgb::MUTED));
}
