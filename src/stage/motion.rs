//! What moves over the timeline of a lane: the light of a resume, the shutter of a termination, and the
//! light over what was answered from history after a return.

use egui::{Color32, Rect, Ui, pos2};

use super::{
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{color32, translucent},
};
use crate::view::{LaneModel, ResumeLight, Rgb, Shutter, SweepLight};

/// Paints it, clipped to `clip`.
pub(super) fn paint(ui: &Ui, clip: Rect, field: Rect, lane: &LaneModel, frame: &FrameContext<'_>) {
    let view = &frame.state.viewport;
    let sweep = frame.state.sweep.filter(|_| !frame.state.is_replay());
    let recovered = sweep.and_then(|sweep| sweep.light(lane, view, frame.wall));
    let motion = frame.motion(lane);
    let resumed = motion
        .resume
        .map(|light| light_of(light, view.x(frame.now).clamp(0.0, view.width)));
    let mut mesh = MeshBuilder::default();
    for light in recovered.into_iter().chain(resumed) {
        sweep_light(&mut mesh, field, light);
    }
    if let Some(shutter) = motion.shutter {
        close(&mut mesh, field, shutter);
    }
    mesh.flush(&ui.painter_at(clip));
}

/// The light of a resume, which goes to the playhead.
fn light_of(light: ResumeLight, playhead: f32) -> SweepLight {
    const TAIL: f32 = 220.0;
    const FRONT: f32 = 30.0;
    // It begins near the playhead: what matters is there.
    let begin = (playhead - 900.0).max(0.0);
    let head = begin + (playhead - begin) * light.place;
    SweepLight {
        tail: (head - TAIL).max(0.0),
        head,
        front: (head + FRONT).min(playhead.max(head)),
        strength: light.strength,
    }
}

fn sweep_light(mesh: &mut MeshBuilder, field: Rect, light: SweepLight) {
    let bright = translucent(Rgb::TEXT, 0.45 * light.strength);
    let between = |from: f32, to: f32| {
        Rect::from_min_max(
            pos2(field.left() + from, field.top()),
            pos2(field.left() + to, field.bottom() - 2.0),
        )
    };
    let (behind, before) = (
        between(light.tail, light.head),
        between(light.head, light.front),
    );
    mesh.horizontal_gradient(behind, Color32::TRANSPARENT, bright);
    mesh.horizontal_gradient(before, bright, Color32::TRANSPARENT);
}

/// Two blinds that close from above and below and meet in the middle.
fn close(mesh: &mut MeshBuilder, field: Rect, shutter: Shutter) {
    let dark = translucent(Rgb::PANEL, 0.92 * shutter.opacity);
    let edge = color32(Rgb::HELD).gamma_multiply(shutter.opacity);
    let reach = (field.height() - 2.0) / 2.0 * shutter.closed;
    let (top, bottom) = (field.top(), field.bottom() - 2.0);
    for (from, to, lip) in [
        (top, top + reach, top + reach - 2.0),
        (bottom - reach, bottom, bottom - reach),
    ] {
        let blind =
            |a: f32, b: f32| Rect::from_min_max(pos2(field.left(), a), pos2(field.right(), b));
        mesh.rect(blind(from, to), dark);
        mesh.rect(blind(lip, lip + 2.0), edge);
    }
}
