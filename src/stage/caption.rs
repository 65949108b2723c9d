//! The bar at the bottom: the caption, and the most useful shortcuts.

use egui::{Align2, Rect, Role, Ui, pos2};

use super::{
    button,
    frame_context::FrameContext,
    theme::{Font, color32, layout_line, text, text_within},
};
use crate::{
    conductor::control_surface::{ControlAction, LaneTarget},
    view::{Action, Direction, Rgb, Stop},
};

/// Paints it. The caption comes first; the shortcuts get the space that is left.
pub(super) fn show(ui: &Ui, rect: Rect, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.hline(rect.x_range(), rect.top(), (1.0, color32(Rgb::LINE)));
    let margin = sizes.pt(28.0);
    let room = rect.width() - 2.0 * margin;
    let line = frame.caption();
    let width = |size: f32| {
        let font = Font::Bold.id(size);
        layout_line(&painter, &line, font, color32(Rgb::TEXT))
            .size()
            .x
    };
    let size = sizes.pt(26.0);
    let size = (size * room / width(size)).clamp(size * 0.65, size);
    let words = text_within(
        &painter,
        pos2(rect.left() + margin, rect.center().y),
        Align2::LEFT_CENTER,
        &line,
        Font::Bold.id(size),
        color32(Rgb::TEXT),
        room,
    );
    hints(ui, rect, words.right() + margin, frame);
    button::label(ui, rect, "caption", Role::Label, &line);
}

/// The most useful shortcuts, from the right edge as far as they fit.
fn hints(ui: &Ui, rect: Rect, left: f32, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    let pause = ControlAction::Pause(LaneTarget::Selected);
    let play = match frame.state.is_playing_back() {
        true => "stop",
        false => "play",
    };
    let hints = match frame.state.is_replay() {
        true => vec![
            (Action::Escape, "back to live"),
            (Action::Step(Stop::Event, Direction::Forward), "step"),
            (Action::Control(pause), play),
        ],
        false if frame.live.lanes.is_empty() => vec![(Action::Help, "help")],
        false => vec![
            (Action::Help, "help"),
            (Action::Scores, "scores"),
            (Action::Control(pause), "pause"),
        ],
    };
    let size = sizes.pt(17.0).max(12.0);
    let (y, gap) = (rect.center().y, sizes.pt(24.0));
    let mut right = rect.right() - sizes.pt(28.0);
    for (action, word) in hints {
        let color = match action {
            Action::Escape => Rgb::REPLAY,
            _ => Rgb::TEXT,
        };
        let key = match action {
            Action::Step(Stop::Event, _) => "← →".to_owned(),
            _ => action.keys(),
        };
        let bold = Font::Bold.id(size);
        let wide = layout_line(
            &painter,
            format!("{key} {word}"),
            bold.clone(),
            color32(color),
        )
        .size()
        .x;
        if right - wide < left {
            return;
        }
        let at = pos2(right, y);
        let plain = Font::Medium.id(size);
        let word = text(
            &painter,
            at,
            Align2::RIGHT_CENTER,
            word,
            plain,
            color32(Rgb::MUTED),
        );
        let at = pos2(word.left() - 6.0, y);
        right = text(
            &painter,
            at,
            Align2::RIGHT_CENTER,
            key,
            bold,
            color32(color),
        )
        .left()
            - gap;
    }
}
