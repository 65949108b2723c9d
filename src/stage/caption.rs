//! The line at the bottom: what happens, in plain words, and the keys that matter now.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use super::{
    app::Scene,
    theme::{Face, ink, text, text_within},
};
use crate::view::{Action, Rgb, caption};

/// Paints it.
pub(super) fn show(ui: &Ui, rect: Rect, scene: &Scene<'_>) {
    let sizes = scene.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, ink(Rgb::PANEL));
    painter.hline(rect.x_range(), rect.top(), (1.0, ink(Rgb::LINE)));
    let hints = [
        (Action::Hold, "pause"),
        (Action::Scores, "scores"),
        (Action::Follow, "live"),
        (Action::Help, "help"),
    ];
    let mut right = rect.right() - sizes.pt(28.0);
    for (action, word) in hints.into_iter().rev() {
        let size = sizes.pt(17.0).max(12.0);
        let y = rect.center().y;
        let word = text(
            &painter,
            pos2(right, y),
            Align2::RIGHT_CENTER,
            word,
            Face::Medium.font(size),
            ink(Rgb::MUTED),
        );
        let key = action.chord().map(|c| c.to_string()).unwrap_or_default();
        let key = text(
            &painter,
            pos2(word.left() - 6.0, y),
            Align2::RIGHT_CENTER,
            key,
            Face::Bold.font(size),
            ink(Rgb::TEXT),
        );
        right = key.left() - sizes.pt(24.0);
    }
    let line = caption(scene.snapshot, scene.wall);
    text_within(
        &painter,
        pos2(rect.left() + sizes.pt(28.0), rect.center().y),
        Align2::LEFT_CENTER,
        &line,
        Face::Bold.font(sizes.pt(26.0)),
        ink(Rgb::TEXT),
        right - rect.left() - sizes.pt(40.0),
    );
    let id = ui.make_persistent_id("caption");
    ui.interact(rect, id, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &line));
}
