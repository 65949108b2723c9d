//! The ports in the bar at the top: the clock that is followed, MIDI outputs, the loudspeaker.

use std::ops::Range;

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button, icons,
    ink::Ink,
    scene::Scene,
    theme::{Face, ink, text_within},
};
use crate::view::{AudioView, Rgb, Snapshot, StatusIcon, escape::escape};

/// Paints them between two places of the bar, as many as have room.
pub(super) fn show(ui: &Ui, rect: Rect, room: Range<f32>, scene: &Scene<'_>) {
    let sizes = scene.sizes;
    let y = rect.center().y;
    let mut signs = Ink::default();
    let mut x = room.start + sizes.pt(46.0);
    for Chip { name, ok, told } in chips(scene.snapshot) {
        let width = room.end - x - sizes.pt(60.0);
        if width < sizes.pt(50.0) {
            break;
        }
        let (color, words) = match ok {
            true => (Rgb::GOOD, Rgb::TEXT),
            false => (Rgb::MUTED, Rgb::MUTED),
        };
        match ok {
            true => icons::dot(&mut signs, pos2(x, y), sizes.pt(6.0), ink(color)),
            false => icons::status(
                &mut signs,
                StatusIcon::Ring,
                pos2(x, y),
                sizes.pt(13.0),
                ink(color),
            ),
        }
        let name = text_within(
            ui.painter(),
            pos2(x + sizes.pt(14.0), y),
            Align2::LEFT_CENTER,
            &name,
            Face::Medium.font(sizes.pt(20.0)),
            ink(words),
            width,
        );
        let chip = name.expand2(vec2(sizes.pt(24.0), sizes.pt(12.0)));
        let id = ("port", name.left() as i32);
        let response = button::label(ui, chip, id, Role::Label, &told);
        response.on_hover_text(escape(&told));
        x = name.right() + sizes.pt(30.0);
    }
    signs.flush(ui.painter());
}

/// What the performance is connected to.
struct Chip {
    name: String,
    ok: bool,
    /// What is said of it when somebody points at it.
    told: String,
}

fn chips(snapshot: &Snapshot) -> Vec<Chip> {
    let clock = snapshot
        .control_surface
        .clock
        .as_ref()
        .map(|clock| match clock.tempo {
            Some(tempo) => Chip {
                name: format!("Synced to {}, {tempo:.1} BPM", clock.from),
                ok: true,
                told: "The tempo and the bar position follow this clock.".to_owned(),
            },
            None => Chip {
                name: format!("No clock from {}", clock.from),
                ok: false,
                told: "No clock is coming in; the tempo stays as it was.".to_owned(),
            },
        });
    let ports = snapshot.meters.ports.iter().map(|port| Chip {
        name: match port.waiting {
            0 => port.name.clone(),
            waiting => format!("{} ({waiting} queued)", port.name),
        },
        ok: port.ok,
        told: match port.ok {
            true => format!("Sends MIDI to {}.", port.name),
            false => format!(
                "{} is not connected: check that it is plugged in and switched on.",
                port.name
            ),
        },
    });
    let audio = match &snapshot.meters.audio {
        AudioView::Off => None,
        AudioView::On(device) => Some(Chip {
            name: "Synth".to_owned(),
            ok: true,
            told: format!("The built-in synth plays on {device}."),
        }),
        AudioView::Lost(why) => Some(Chip {
            name: "No sound".to_owned(),
            ok: false,
            told: format!("The built-in synth is silent: {why}. The workflows keep running."),
        }),
    };
    clock.into_iter().chain(ports).chain(audio).collect()
}
