//! The bar at the bottom: the caption, and the most useful shortcuts.

use egui::{Align2, FontId, Rect, Role, Ui, pos2};

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
    view::{Action, Answer, AnswerStage, Rgb, Stop},
};

/// Paints it. The caption comes first; the shortcuts get the space that is left.
pub(super) fn show(ui: &Ui, rect: Rect, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.hline(rect.x_range(), rect.top(), (1.0, color32(Rgb::LINE)));
    let margin = sizes.pt(28.0);
    let answered = answered(frame);
    let right = match &answered {
        Some((answer, _)) => plate(ui, rect, answer, frame).left(),
        None => rect.right(),
    };
    let left = match &frame.guided.key {
        Some(key) => key_cap(ui, rect, key, frame),
        None => rect.left(),
    };
    let room = right - left - 2.0 * margin;
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
        pos2(left + margin, rect.center().y),
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

/// Paints the key that a tour has pressed, at the left edge; returns its right edge.
fn key_cap(ui: &Ui, rect: Rect, key: &str, frame: &FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let font = Font::Bold.id(sizes.pt(26.0));
    let painter = ui.painter_at(rect);
    let words = layout_line(&painter, key, font, color32(Rgb::TEXT));
    let (pad, inset) = (sizes.pt(18.0), sizes.pt(7.0));
    let left = rect.left() + sizes.pt(28.0);
    let cap = Rect::from_min_max(
        pos2(left, rect.top() + inset),
        pos2(left + words.size().x + 2.0 * pad, rect.bottom() - inset),
    );
    let mut mesh = MeshBuilder::default();
    mesh.round(cap, sizes.pt(9.0), color32(Rgb::BUTTON));
    mesh.outline(cap, sizes.pt(9.0), 2.0, color32(Rgb::TEXT));
    mesh.flush(&painter);
    let at = cap.center() - words.size() / 2.0;
    painter.galley(at, words, color32(Rgb::TEXT));
    button::label(ui, cap, "pressed key", Role::Status, key);
    cap.right()
}

/// Paints the answer to the last command on a plate at the right edge, above everything.
pub(super) fn show_answer(ui: &Ui, rect: Rect, frame: &FrameContext<'_>) {
    let Some((answer, part)) = answered(frame) else {
        return;
    };
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    let plate = plate(ui, rect, &answer, frame);
    let mut mesh = MeshBuilder::default();
    mesh.round(plate, sizes.pt(9.0), color32(Rgb::BUTTON));
    if part > 0.0 {
        let (filled, _) = plate.split_left_right_at_fraction(part);
        let ground = Rgb::ALARM.over(Rgb::BUTTON, 0.35);
        mesh.round(filled, sizes.pt(9.0), color32(ground));
    }
    let edge = match answer.stage {
        AnswerStage::Pending => Rgb::PENDING,
        AnswerStage::Done => Rgb::MUTED,
        AnswerStage::Rejected => Rgb::ALARM,
    };
    mesh.outline(plate, sizes.pt(9.0), 1.5, color32(edge));
    mesh.flush(&painter);
    let Sizes { font, pad, gap } = answer_sizes(&answer, frame);
    let key = layout_line(&painter, &answer.key, font.clone(), color32(Rgb::PENDING));
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
}

/// What is said of the key or button that is held, or else of the last command, and how long it was held, 0 to
/// 1.
fn answered(frame: &FrameContext<'_>) -> Option<(Answer, f32)> {
    let holding = frame.state.holding(frame.wall);
    let held = holding.and_then(|(command, part)| {
        let answer = Answer::to_hold(command, frame.live.performance())?;
        Some((answer, part))
    });
    held.or_else(|| Some((frame.state.answered(frame.wall)?.0, 0.0)))
}

struct Sizes {
    font: FontId,
    /// The space at both ends.
    pad: f32,
    /// The space between key and effect.
    gap: f32,
}

fn answer_sizes(answer: &Answer, frame: &FrameContext<'_>) -> Sizes {
    let size = frame.sizes.pt(22.0).max(13.0);
    Sizes {
        font: Font::Bold.id(size),
        pad: frame.sizes.pt(20.0),
        gap: match answer.key.is_empty() {
            true => 0.0,
            false => size * 0.5,
        },
    }
}

/// The plate of an answer.
fn plate(ui: &Ui, rect: Rect, answer: &Answer, frame: &FrameContext<'_>) -> Rect {
    let Sizes { font, pad, gap } = answer_sizes(answer, frame);
    let wide = |words: &str| {
        let galley = layout_line(ui.painter(), words, font.clone(), color32(Rgb::TEXT));
        galley.size().x
    };
    let width = wide(&answer.key) + gap + wide(&answer.effect) + 2.0 * pad;
    // A reason may be long.
    let most = match answer.stage {
        AnswerStage::Rejected => rect.width() * 0.9,
        _ => rect.width() * 0.55,
    };
    let right = rect.right() - frame.sizes.pt(20.0);
    let inset = frame.sizes.pt(9.0);
    Rect::from_min_max(
        pos2(right - width.min(most), rect.top() + inset),
        pos2(right, rect.bottom() - inset),
    )
}

/// The most useful shortcuts, from the right edge as far as they fit.
fn hints(ui: &Ui, rect: Rect, left: f32, frame: &FrameContext<'_>) {
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
    paint_hints(ui, rect, left, hints, frame);
}

/// Paints shortcuts, each with what it does, from the right edge as far as they fit; returns the left edge
/// of the last one.
pub(super) fn paint_hints(
    ui: &Ui,
    rect: Rect,
    left: f32,
    hints: Vec<(Action, &str)>,
    frame: &FrameContext<'_>,
) -> f32 {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
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
            return right;
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
    right
}

/// The keys of an action in a hint, and their color.
pub(super) fn hint_of(action: &Action) -> (String, Rgb) {
    match action {
        Action::Escape => (action.keys(), Rgb::REPLAY),
        Action::Step(Stop::Event, _) => ("← →".to_owned(), Rgb::TEXT),
        _ => (action.keys(), Rgb::TEXT),
    }
}
