//! Status of ports in the top bar: external clock, MIDI outputs, audio.

use std::ops::Range;

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text_within},
};
use crate::view::{AudioView, Rgb, Snapshot, StatusIcon, escape::escape};

/// Paints them between two x coordinates, as many as fit.
pub(super) fn show(ui: &Ui, rect: Rect, room: Range<f32>, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let y = rect.center().y;
    let mut mesh = MeshBuilder::default();
    let mut x = room.start + sizes.pt(46.0);
    for StatusBadge { name, ok, tooltip } in badges(frame.snapshot) {
        let width = room.end - x - sizes.pt(60.0);
        if width < sizes.pt(50.0) {
            break;
        }
        let (color, words) = match ok {
            true => (Rgb::GOOD, Rgb::TEXT),
            false => (Rgb::MUTED, Rgb::MUTED),
        };
        match ok {
            true => icons::dot(&mut mesh, pos2(x, y), sizes.pt(6.0), color32(color)),
            false => icons::status(
                &mut mesh,
                StatusIcon::Ring,
                pos2(x, y),
                sizes.pt(13.0),
                color32(color),
            ),
        }
        let name = text_within(
            ui.painter(),
            pos2(x + sizes.pt(14.0), y),
            Align2::LEFT_CENTER,
            &name,
            Font::Medium.id(sizes.pt(20.0)),
            color32(words),
            width,
        );
        let badge = name.expand2(vec2(sizes.pt(24.0), sizes.pt(12.0)));
        let id = ("port", name.left() as i32);
        let response = button::label(ui, badge, id, Role::Label, &tooltip);
        response.on_hover_text(escape(&tooltip));
        x = name.right() + sizes.pt(30.0);
    }
    mesh.flush(ui.painter());
}

/// The status of a connection.
struct StatusBadge {
    name: String,
    ok: bool,
    tooltip: String,
}

fn badges(snapshot: &Snapshot) -> Vec<StatusBadge> {
    let clock = snapshot
        .control_surface
        .clock
        .as_ref()
        .map(|clock| match clock.tempo {
            Some(tempo) => StatusBadge {
                name: format!("Synced to {}, {tempo:.1} BPM", clock.from),
                ok: true,
                tooltip: "The tempo and the bar position follow this clock.".to_owned(),
            },
            None => StatusBadge {
                name: format!("No clock from {}", clock.from),
                ok: false,
                tooltip: "No clock is coming in; the tempo stays as it was.".to_owned(),
            },
        });
    let ports = snapshot.meters.ports.iter().map(|port| StatusBadge {
        name: match port.waiting {
            0 => port.name.clone(),
            waiting => format!("{} ({waiting} queued)", port.name),
        },
        ok: port.ok,
        tooltip: match port.ok {
            true => format!("Sends MIDI to {}.", port.name),
            false => format!(
                "{} is not connected: check that it is plugged in and switched on.",
                port.name
            ),
        },
    });
    let audio = match &snapshot.meters.audio {
        AudioView::Off => None,
        AudioView::On(device) => Some(StatusBadge {
            name: "Synth".to_owned(),
            ok: true,
            tooltip: format!("The built-in synth plays on {device}."),
        }),
        AudioView::Lost(why) => Some(StatusBadge {
            name: "No sound".to_owned(),
            ok: false,
            tooltip: format!("The built-in synth is silent: {why}. The workflows keep running."),
        }),
    };
    clock.into_iter().chain(ports).chain(audio).collect()
}
