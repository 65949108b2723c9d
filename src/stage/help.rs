//! The help sheet: all shortcuts, from the table of actions.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, layout_wrapped, text, translucent},
};
use crate::{
    conductor::Direction,
    view::{Action, HelpSection, Overlay, Rgb},
};

/// Paints it over everything.
pub(super) fn show(ui: &Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let behind = button::area(
        ui,
        window,
        "help",
        Role::Pane,
        "Keyboard shortcuts: click to close",
    );
    ui.painter()
        .rect_filled(window, 0.0, translucent(Rgb::BACKGROUND, 0.80));
    let sheet = window.shrink2(vec2(window.width() * 0.03, window.height() * 0.06));
    let mut mesh = MeshBuilder::default();
    mesh.round(sheet, sizes.pt(16.0), color32(Rgb::PANEL));
    mesh.outline(sheet, sizes.pt(16.0), 1.0, color32(Rgb::LINE));
    let inner = sheet.shrink(sizes.pt(40.0));
    let columns = HelpSection::ALL.len() as f32;
    let wide = inner.width() / columns;
    let most = HelpSection::ALL.map(|section| lines(section).len());
    let most = most.into_iter().max().unwrap_or(1).max(10) as f32;
    let mut caps = MeshBuilder::default();
    mesh.flush(ui.painter());
    for (place, section) in HelpSection::ALL.into_iter().enumerate() {
        let left = inner.left() + wide * place as f32;
        let heading = pos2(left, inner.top() + sizes.pt(14.0));
        text(
            ui.painter(),
            heading,
            Align2::LEFT_CENTER,
            section.heading(),
            Font::Bold.id(sizes.pt(30.0)),
            color32(Rgb::TEXT),
        );
        let step = (inner.height() - sizes.pt(86.0)) / most;
        let step = step.min(sizes.pt(66.0));
        let mut y = inner.top() + sizes.pt(86.0);
        for (key, words) in lines(section) {
            let font = Font::Bold.id(sizes.pt(18.0));
            let galley = layout_line(ui.painter(), key, font, color32(Rgb::TEXT));
            let cap = Rect::from_min_size(
                pos2(left, y - sizes.pt(17.0)),
                vec2(
                    (galley.size().x + sizes.pt(22.0)).max(sizes.pt(38.0)),
                    sizes.pt(34.0),
                ),
            );
            caps.round(cap, sizes.pt(7.0), color32(Rgb::BUTTON));
            caps.flush(ui.painter());
            ui.painter().galley(
                cap.center() - galley.size() / 2.0,
                galley,
                color32(Rgb::TEXT),
            );
            let from = (left + sizes.pt(150.0)).max(cap.right() + sizes.pt(12.0));
            let room = left + wide - from - sizes.pt(16.0);
            let color = color32(Rgb::TEXT.over(Rgb::MUTED, 0.5));
            let line = Font::Medium.id(sizes.pt(21.0));
            let mut galley = layout_line(ui.painter(), words.clone(), line, color);
            if galley.size().x > room {
                let small = Font::Medium.id(sizes.pt(18.0).min(step * 0.4));
                galley = layout_wrapped(ui.painter(), &words, small, color, room, 2);
            }
            let top = y - galley.size().y / 2.0;
            ui.painter().galley(pos2(from, top), galley, color);
            y += step;
        }
    }
    if behind.clicked() {
        frame.state.overlay = Overlay::None;
    }
}

/// Keys and texts of the actions of a section. The ten digits share one line, and so do steps back and
/// forward.
fn lines(section: HelpSection) -> Vec<(String, String)> {
    let mut lines: Vec<_> = Action::all()
        .filter(|action| action.section() == section && !matches!(action, Action::Lane(_)))
        // What has no key is in the search.
        .filter(|action| !action.keys().is_empty())
        .filter_map(|action| match action {
            Action::Step(_, Direction::Forward) => None,
            Action::Step(stop, Direction::Backward) => {
                let forward = Action::Step(stop, Direction::Forward);
                let words = format!("Previous, next {stop}");
                Some((both_keys(&action.keys(), &forward.keys()), words))
            }
            action => Some((action.keys(), action.text())),
        })
        .collect();
    if section == HelpSection::Timeline {
        lines.insert(0, ("1 … 0".to_owned(), "Select a lane".to_owned()));
        lines.push(("Ctrl+wheel".to_owned(), "Zoom at the pointer".to_owned()));
    }
    lines
}

/// Two keys in one: `Shift+Left/Right`.
fn both_keys(back: &str, forward: &str) -> String {
    match (back.rsplit_once('+'), forward.rsplit_once('+')) {
        (Some((held, _)), Some((same, key))) if held == same => format!("{back}/{key}"),
        _ => format!("{back}, {forward}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_back_and_forward_share_a_line() {
        assert_eq!(both_keys("Ctrl+Left", "Ctrl+Right"), "Ctrl+Left/Right");
        assert_eq!(both_keys("Left", "Right"), "Left, Right");
        let replay = lines(HelpSection::Replay);
        let bar = (
            "Ctrl+Left/Right".to_owned(),
            "Previous, next bar".to_owned(),
        );
        assert!(replay.contains(&bar), "{replay:?}");
    }
}
