//! The line at the bottom: what happens, in plain words, and the keys that matter now.

use egui::{Align2, Rect, Role, Ui, pos2};

use super::{
    button,
    scene::Scene,
    theme::{Face, ink, layout_line, text, text_within},
};
use crate::view::{Action, Rgb, caption};

/// Paints it. The words come first: the keys get the room that is left.
pub(super) fn show(ui: &Ui, rect: Rect, scene: &Scene<'_>) {
    let sizes = scene.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, ink(Rgb::PANEL));
    painter.hline(rect.x_range(), rect.top(), (1.0, ink(Rgb::LINE)));
    let margin = sizes.pt(28.0);
    let room = rect.width() - 2.0 * margin;
    let line = caption(scene.snapshot, scene.wall);
    let width = |size: f32| {
        let font = Face::Bold.font(size);
        layout_line(&painter, &line, font, ink(Rgb::TEXT)).size().x
    };
    let size = sizes.pt(26.0);
    let size = (size * room / width(size)).clamp(size * 0.65, size);
    let words = text_within(
        &painter,
        pos2(rect.left() + margin, rect.center().y),
        Align2::LEFT_CENTER,
        &line,
        Face::Bold.font(size),
        ink(Rgb::TEXT),
        room,
    );
    hints(ui, rect, words.right() + margin, scene);
    button::label(ui, rect, "caption", Role::Label, &line);
}

/// The keys that matter now, from the right edge as far as they fit.
fn hints(ui: &Ui, rect: Rect, left: f32, scene: &Scene<'_>) {
    let sizes = scene.sizes;
    let painter = ui.painter_at(rect);
    let keys: &[_] = match scene.state.follow {
        true => &[
            (Action::Help, "help"),
            (Action::Scores, "scores"),
            (Action::Pause, "pause"),
        ],
        false => &[(Action::Follow, "return to live"), (Action::Help, "help")],
    };
    let size = sizes.pt(17.0).max(12.0);
    let (y, gap) = (rect.center().y, sizes.pt(24.0));
    let mut right = rect.right() - sizes.pt(28.0);
    for (action, word) in keys {
        let color = match action {
            Action::Follow => Rgb::PENDING,
            _ => Rgb::TEXT,
        };
        let key = action.chord().map(|c| c.to_string()).unwrap_or_default();
        let bold = Face::Bold.font(size);
        let wide = layout_line(&painter, format!("{key} {word}"), bold.clone(), ink(color))
            .size()
            .x;
        if right - wide < left {
            return;
        }
        let at = pos2(right, y);
        let plain = Face::Medium.font(size);
        let word = text(
            &painter,
            at,
            Align2::RIGHT_CENTER,
            word,
            plain,
            ink(Rgb::MUTED),
        );
        let at = pos2(word.left() - 6.0, y);
        right = text(&painter, at, Align2::RIGHT_CENTER, key, bold, ink(color)).left() - gap;
    }
}
