//! Dragging a lane by its header to another place: a line shows where it will be.

use egui::{CursorIcon, Rect, Response, Ui, pos2};

use super::{
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{color32, translucent},
};
use crate::view::{LaneModel, Rgb, Rows, Side, StageLanes};

/// Notes that a header is dragged, or let go.
pub(super) fn follow(ui: &Ui, header: &Response, lane: &LaneModel, frame: &mut FrameContext<'_>) {
    let decided = ui.input(|input| input.pointer.is_decidedly_dragging());
    if header.dragged() && decided && frame.state.dragged.is_none() && !header.drag_stopped() {
        let stage = StageLanes::default();
        frame
            .state
            .drag_lane(&lane.id, None, frame.snapshot, &stage);
    }
}

/// Paints where the dragged lane will be, and drops it there when it is let go.
pub(super) fn show(
    ui: &Ui,
    lanes: Rect,
    rows: &Rows,
    stage: &StageLanes,
    frame: &mut FrameContext<'_>,
) {
    let Some(dragged) = frame.state.dragged.clone() else {
        return;
    };
    let (at, down) = ui.input(|input| (input.pointer.latest_pos(), input.pointer.any_down()));
    if !down {
        return frame.state.drop_lane(frame.snapshot);
    }
    ui.set_cursor_icon(CursorIcon::Grabbing);
    let over = at.and_then(|at| {
        let y = at.y - lanes.top();
        let row = rows.row_at(y)?;
        let band = rows.band(row)?;
        Some(match y < (band.top + band.bottom) / 2.0 {
            true => (row, Side::Above),
            false => (row, Side::Below),
        })
    });
    frame
        .state
        .drag_lane(&dragged.lane, over, frame.snapshot, stage);
    let painter = ui.painter_at(lanes);
    let row_of = stage.row_of(frame.snapshot, &dragged.lane);
    if let Some(band) = row_of.and_then(|row| rows.band(row)) {
        let own = super::lane_row::rect_of(band, lanes);
        painter.rect_filled(own, 0.0, translucent(Rgb::BACKGROUND, 0.45));
    }
    let drop = frame.state.dragged.as_ref().and_then(|d| d.drop.clone());
    if let Some(drop) = drop
        && let Some(band) = rows.band(drop.row)
    {
        let y = lanes.top()
            + match drop.side {
                Side::Above => band.top,
                Side::Below => band.bottom,
            };
        let half = frame.sizes.pt(3.0).max(2.0);
        let line = Rect::from_min_max(pos2(lanes.left(), y - half), pos2(lanes.right(), y + half));
        let mut mesh = MeshBuilder::default();
        mesh.rect(line.expand(1.0), color32(Rgb::BACKGROUND));
        mesh.rect(line, color32(Rgb::TEXT));
        let tip = pos2(lanes.left() + half * 5.0, y);
        let corners = [
            pos2(lanes.left(), y - half * 4.0),
            tip,
            pos2(lanes.left(), y + half * 4.0),
        ];
        mesh.polygon(&corners, color32(Rgb::TEXT));
        mesh.flush(&painter);
        let name = match drop.side {
            Side::Above => format!("Drop above {}", drop.anchor),
            Side::Below => format!("Drop below {}", drop.anchor),
        };
        super::button::label(ui, line, "drop lane", egui::Role::Status, &name);
    }
}
