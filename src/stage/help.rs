//! The sheet of keys, from the one table of actions.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    ink::Ink,
    scene::Scene,
    theme::{Face, faint, ink, layout_line, text, text_within},
};
use crate::view::{Action, Chapter, Overlay, Rgb};

/// Paints it over everything.
pub(super) fn show(ui: &Ui, window: Rect, scene: &mut Scene<'_>) {
    let sizes = scene.sizes;
    let behind = button::area(
        ui,
        window,
        "help",
        Role::Pane,
        "Keyboard shortcuts: click to close",
    );
    ui.painter()
        .rect_filled(window, 0.0, faint(Rgb::BACKGROUND, 0.80));
    let sheet = window.shrink2(vec2(window.width() * 0.05, window.height() * 0.08));
    let mut face = Ink::default();
    face.round(sheet, sizes.pt(16.0), ink(Rgb::PANEL));
    face.outline(sheet, sizes.pt(16.0), 1.0, ink(Rgb::LINE));
    let inner = sheet.shrink(sizes.pt(40.0));
    let columns = Chapter::ALL.len() as f32;
    let wide = inner.width() / columns;
    let most = Chapter::ALL.map(|chapter| lines(chapter).len());
    let most = most.into_iter().max().unwrap_or(1).max(10) as f32;
    let mut caps = Ink::default();
    face.flush(ui.painter());
    for (place, chapter) in Chapter::ALL.into_iter().enumerate() {
        let left = inner.left() + wide * place as f32;
        let heading = pos2(left, inner.top() + sizes.pt(14.0));
        text(
            ui.painter(),
            heading,
            Align2::LEFT_CENTER,
            chapter.heading(),
            Face::Bold.font(sizes.pt(30.0)),
            ink(Rgb::TEXT),
        );
        let step = (inner.height() - sizes.pt(86.0)) / most;
        let step = step.min(sizes.pt(66.0));
        let mut y = inner.top() + sizes.pt(86.0);
        for (key, words) in lines(chapter) {
            let font = Face::Bold.font(sizes.pt(18.0));
            let galley = layout_line(ui.painter(), key, font, ink(Rgb::TEXT));
            let cap = Rect::from_min_size(
                pos2(left, y - sizes.pt(17.0)),
                vec2(
                    (galley.size().x + sizes.pt(22.0)).max(sizes.pt(38.0)),
                    sizes.pt(34.0),
                ),
            );
            caps.round(cap, sizes.pt(7.0), ink(Rgb::BUTTON));
            caps.flush(ui.painter());
            ui.painter()
                .galley(cap.center() - galley.size() / 2.0, galley, ink(Rgb::TEXT));
            let from = (left + sizes.pt(136.0)).max(cap.right() + sizes.pt(12.0));
            let room = left + wide - from - sizes.pt(16.0);
            text_within(
                ui.painter(),
                pos2(from, y),
                Align2::LEFT_CENTER,
                &words,
                Face::Medium.font(sizes.pt(21.0)),
                ink(Rgb::TEXT.over(Rgb::MUTED, 0.5)),
                room,
            );
            y += step;
        }
    }
    if behind.clicked() {
        scene.state.overlay = Overlay::None;
    }
}

/// Keys and their meaning; the ten digits are one line.
fn lines(chapter: Chapter) -> Vec<(String, String)> {
    let mut lines: Vec<_> = Action::all()
        .filter(|action| action.chapter() == chapter && !matches!(action, Action::Lane(_)))
        .map(|action| {
            let key = match (action, action.chord()) {
                (Action::Terminate, Some(chord)) => format!("Hold {chord}"),
                (Action::Panic, _) => "Esc Esc".to_owned(),
                (_, Some(chord)) => chord.to_string(),
                (_, None) => String::new(),
            };
            (key, action.text())
        })
        .collect();
    if chapter == Chapter::Look {
        lines.insert(0, ("1 … 0".to_owned(), "Select a lane".to_owned()));
        lines.push(("Ctrl+wheel".to_owned(), "Zoom at the pointer".to_owned()));
    }
    lines
}
