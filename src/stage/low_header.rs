//! The header of a lane whose row is too low for buttons: number, name, and state.

use egui::{Align2, Rect, Ui, pos2};

use super::{
    family,
    frame_context::FrameContext,
    icons,
    lane_header::{self, Head},
    lane_row::{self, Chosen},
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text_fitted, text_within},
};
use crate::{
    backend::BackendName,
    view::{LaneModel, Rgb, RowStyle},
};

/// Paints it, clipped to `clip`.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    clip: Rect,
    lane: &LaneModel,
    style: RowStyle,
    chosen: Chosen,
    frame: &mut FrameContext<'_>,
) {
    let head = lane_header::head(ui, rect, clip, lane, frame);
    let painter = ui.painter_at(rect.intersect(clip));
    let mut mesh = MeshBuilder::default();
    lane_header::stripe(rect, lane, chosen, &mut mesh, frame);
    let pin = match frame.state.arrangement.is_pinned(&lane.id) {
        true => (rect.height() * 0.8).min(frame.sizes.pt(17.0)),
        false => 0.0,
    };
    let row = Row {
        rect,
        pin,
        color: match lane.status.is_closed() {
            true => Rgb::MUTED,
            false => Rgb::TEXT,
        },
    };
    let side = match style {
        RowStyle::Heat => rect.height() * 1.3,
        _ => (rect.height() * 0.8).min(frame.sizes.pt(40.0)),
    };
    let center = pos2(rect.left() + frame.sizes.pt(33.0), rect.center().y);
    let number = frame.live.numbers.of(&lane.id);
    lane_row::number(&painter, &mut mesh, center, side, number, chosen);
    match style {
        RowStyle::Heat => heat(&painter, &mut mesh, &row, lane, &head, frame),
        _ => {
            let family = family::plate(ui, rect, rect.center().y, clip, lane, frame);
            compact(&painter, &mut mesh, &row, lane, &head, family, frame)
        }
    }
    mesh.flush(&painter);
}

/// Where the text of a header is, and its color.
struct Row {
    rect: Rect,
    /// The size of the pin before the name; 0: it is not pinned.
    pin: f32,
    color: Rgb,
}

impl Row {
    /// Paints the pin, if there is one. Returns where the name begins.
    fn pinned(&self, mesh: &mut MeshBuilder, from: f32) -> f32 {
        if self.pin > 0.0 {
            let at = pos2(from + self.pin * 0.3, self.rect.center().y);
            icons::pin(mesh, at, self.pin, color32(Rgb::TEXT));
        }
        from + self.pin
    }
}

/// The name, and the shape of the state.
fn heat(
    painter: &egui::Painter,
    mesh: &mut MeshBuilder,
    row: &Row,
    lane: &LaneModel,
    head: &Head,
    frame: &FrameContext<'_>,
) {
    let Row { rect, color, .. } = *row;
    let size = (rect.height() * 0.86).clamp(8.0, 15.0);
    let from = rect.left() + frame.sizes.pt(56.0) + family::indent(lane, frame);
    let from = row.pinned(mesh, from);
    let mark = rect.right() - size * 1.2;
    let status = color32(head.color());
    let at = pos2(mark, rect.center().y);
    icons::status(mesh, head.icon(), at, size * 0.72, status);
    text_within(
        painter,
        pos2(from, rect.center().y),
        Align2::LEFT_CENTER,
        // Many rows are instances of one workflow: only their ids tell them apart.
        &format!("{} · {}", lane.title(), BackendName::shown(&lane.id)),
        Font::Medium.id(size),
        color32(color),
        mark - size - from,
    );
}

/// The name with the state below it, or beside it if there is no room.
fn compact(
    painter: &egui::Painter,
    mesh: &mut MeshBuilder,
    row: &Row,
    lane: &LaneModel,
    head: &Head,
    family: f32,
    frame: &FrameContext<'_>,
) {
    let Row { rect, color, .. } = *row;
    let sizes = frame.sizes;
    let from = rect.left() + sizes.pt(62.0) + family::indent(lane, frame);
    let from = row.pinned(mesh, from);
    let right = rect.right() - sizes.pt(10.0) - family;
    let status = color32(head.color());
    let two = rect.height() >= sizes.pt(50.0);
    let word = head.words();
    let title = (rect.height() * if two { 0.38 } else { 0.52 }).min(sizes.pt(26.0));
    let small = (title * 0.82).min(sizes.pt(20.0)).max(9.5);
    if two {
        let (upper, lower) = (
            rect.top() + rect.height() * 0.31,
            rect.top() + rect.height() * 0.72,
        );
        text_fitted(
            painter,
            pos2(from, upper),
            lane.title(),
            title,
            color32(color),
            right - from,
        );
        let mark = pos2(from + small * 0.4, lower);
        icons::status(mesh, head.icon(), mark, small * 0.8, status);
        let at = pos2(from + small * 1.25, lower);
        let placed = text_within(
            painter,
            at,
            Align2::LEFT_CENTER,
            &word,
            Font::Bold.id(small),
            status,
            right - at.x,
        );
        let rest = pos2(placed.right() + small * 0.6, lower);
        if right - rest.x > small * 4.0 {
            let font = Font::Medium.id(small * 0.9);
            let detail = color32(Rgb::MUTED);
            text_within(
                painter,
                rest,
                Align2::LEFT_CENTER,
                &head.detail,
                font,
                detail,
                right - rest.x,
            );
        }
        return;
    }
    let y = rect.center().y;
    let wide = (rect.width() * 0.34).max(small * 5.5);
    let placed = text_within(
        painter,
        pos2(right, y),
        Align2::RIGHT_CENTER,
        &word,
        Font::Bold.id(small),
        status,
        wide,
    );
    let mark = pos2(placed.left() - small * 0.75, y);
    icons::status(mesh, head.icon(), mark, small * 0.8, status);
    let room = mark.x - small - from;
    text_fitted(
        painter,
        pos2(from, y),
        lane.title(),
        title,
        color32(color),
        room,
    );
}
