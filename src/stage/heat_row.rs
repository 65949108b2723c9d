//! The timeline of a lane whose row is too low for bars: how much happened when, and failures.

use egui::{Painter, Rect, pos2};

use super::{
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{color32, translucent},
};
use crate::{
    engine::Status,
    view::{Heat, HeatLevel, LaneModel, Rgb},
};

/// Paints it alone.
pub(super) fn paint(painter: &Painter, field: Rect, lane: &LaneModel, frame: &FrameContext<'_>) {
    let mut mesh = MeshBuilder::default();
    add(&mut mesh, field, lane, frame);
    mesh.flush(painter);
}

/// Adds it to a mesh that all heat rows share.
pub(super) fn add(mesh: &mut MeshBuilder, field: Rect, lane: &LaneModel, frame: &FrameContext<'_>) {
    let heat = Heat::of(lane, &frame.state.viewport, frame.now);
    let color = lane.color();
    let inner = Rect::from_min_max(
        pos2(field.left(), field.top() + 1.0),
        pos2(field.right(), field.bottom() - 2.0),
    );
    let between = |left: f32, right: f32, part: f32| {
        let half = inner.height() * part / 2.0;
        let middle = inner.center().y;
        let right = (inner.left() + right).min(inner.right());
        Rect::from_min_max(
            pos2(inner.left() + left, middle - half),
            pos2(right, middle + half),
        )
    };
    for stretch in &heat.stretches {
        let (height, color) = match stretch.level {
            HeatLevel::Busy(level) => {
                let part = f32::from(level) / f32::from(Heat::MOST);
                let color = color.over(Rgb::BACKGROUND, 0.42 + 0.58 * part);
                (0.62 + 0.38 * part, color32(color))
            }
            HeatLevel::Waits => (0.16, translucent(Rgb::PENDING, 0.85)),
            HeatLevel::Paused => (0.34, translucent(Rgb::HELD, 0.55)),
        };
        mesh.rect(between(stretch.left, stretch.right, height), color);
    }
    for at in &heat.undone {
        let mark = between(at - 1.5, at + 1.5, 1.0);
        // The upper half, so that it is no failure.
        let upper = Rect::from_min_max(mark.min, pos2(mark.right(), mark.center().y));
        mesh.rect(upper, color32(Rgb::PENDING));
    }
    for at in &heat.failures {
        mesh.rect(between(at - 1.5, at + 1.5, 1.0), color32(Rgb::ALARM));
    }
    if let Some((at, status)) = heat.closed {
        let color = match status {
            Status::Failed => Rgb::ALARM,
            Status::Completed => Rgb::GOOD,
            _ => Rgb::HELD,
        };
        mesh.rect(between(at - 1.0, at + 1.0, 1.0), color32(color));
    }
}
