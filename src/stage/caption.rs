//! The bar at the bottom: the caption, and the most useful shortcuts.

use egui::{Align2, Rect, Role, Ui, pos2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text, text_within},
};
use crate::{
    conductor::{
        Direction,
        control_surface::{ControlAction, LaneTarget},
    },
    view::{Action, Answer, Rgb, Stop},
};

/// Paints it. The caption comes first; the shortcuts get the space that is left.
pub(super) fn show(ui: &Ui, rect: Rect, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.hline(rect.x_range(), rect.top(), (1.0, color32(Rgb::LINE)));
    let margin = sizes.pt(28.0);
    let answered = frame.state.answered(frame.wall);
    let right = match answered {
        Some((answer, _)) => self::answer(ui, rect, answer, frame).left(),
        None => rect.right(),
    };
    let room = right - rect.left() - 2.0 * margin;
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
    if answered.is_none() {
        hints(ui, rect, words.right() + margin, frame);
    }
    button::label(ui, rect, "caption", Role::Label, &line);
}

/// The answer to the last command, on a plate at the right edge; returns the plate.
fn answer(ui: &Ui, rect: Rect, answer: &Answer, frame: &FrameContext<'_>) -> Rect {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    let (size, pad) = (sizes.pt(22.0).max(13.0), sizes.pt(20.0));
    let most = rect.width() * 0.55;
    let font = Font::Bold.id(size);
    let key = layout_line(&painter, &answer.key, font.clone(), color32(Rgb::PENDING));
    let gap = if answer.key.is_empty() {
        0.0
    } else {
        size * 0.5
    };
    let whole = layout_line(&painter, &answer.effect, font.clone(), color32(Rgb::TEXT));
    let width = (key.size().x + gap + whole.size().x + 2.0 * pad).min(most);
    let right = rect.right() - sizes.pt(20.0);
    let plate = Rect::from_min_max(
        pos2(right - width, rect.top() + sizes.pt(9.0)),
        pos2(right, rect.bottom() - sizes.pt(9.0)),
    );
    let mut mesh = MeshBuilder::default();
    mesh.round(plate, sizes.pt(9.0), color32(Rgb::BUTTON));
    mesh.outline(plate, sizes.pt(9.0), 1.5, color32(Rgb::MUTED));
    mesh.flush(&painter);
    let left = plate.left() + pad;
    let at = pos2(left, plate.center().y - key.size().y / 2.0);
    let from = left + key.size().x + gap;
    painter.galley(at, key, color32(Rgb::PENDING));
    text_within(
        &painter,
        pos2(from, plate.center().y),
        Align2::LEFT_CENTER,
        &answer.effect,
        font,
        color32(Rgb::TEXT),
        plate.right() - pad - from + 1.0,
    );
    button::label(ui, plate, "answer", Role::Status, &answer.to_string());
    plate
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
        let (key, color) = hint_of(&action);
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

/// The keys of an action in a hint, and their color.
pub(super) fn hint_of(action: &Action) -> (String, Rgb) {
    match action {
        Action::Escape => (action.keys(), Rgb::REPLAY),
        Action::Step(Stop::Event, _) => ("← →".to_owned(), Rgb::TEXT),
        _ => (action.keys(), Rgb::TEXT),
    }
}
