//! The editor of a score, beside the lanes: they play on while text is typed.
//!
//! | file | contents |
//! |---|---|
//! | this one | the panel: title, buttons, the state in a sentence, questions |
//! | `text` | the text with line numbers, and errors in place |

mod text;

use egui::{Align2, Key, Painter, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, Sizes, color32, layout_line, layout_wrapped, text_fitted, text_within},
};
use crate::view::{Action, EditorAnswer, Rgb, ScoreEditor};

/// Its width.
pub(super) fn width(body: Rect, sizes: &Sizes) -> f32 {
    let most = (body.width() - sizes.lane_header - sizes.pt(160.0)).max(0.0);
    (body.width() * 0.52).max(sizes.pt(760.0)).min(most)
}

/// Paints it, and handles what is typed.
pub(super) fn show(ui: &mut Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let Some(mut editor) = frame.state.editor.take() else {
        return;
    };
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.vline(rect.left(), rect.y_range(), (1.0, color32(Rgb::EDGE)));
    let inner = rect.shrink2(vec2(sizes.pt(24.0), sizes.pt(14.0)));
    let top = inner.top() + sizes.pt(72.0);
    let foot = sizes.pt(118.0).max(80.0);
    let head = Rect::from_min_max(inner.min, pos2(inner.right(), top));
    let body = Rect::from_min_max(
        pos2(inner.left(), top),
        pos2(inner.right(), inner.bottom() - foot),
    );
    let bottom = Rect::from_min_max(
        pos2(inner.left(), body.bottom() + sizes.pt(10.0)),
        inner.max,
    );
    let pressed = buttons(ui, head, &sizes);
    title(ui, &painter, head, &editor, &sizes);
    let command = text::show(ui, body, &mut editor, &sizes);
    frame.commands.extend(command.map(Into::into));
    sentence(ui, &painter, bottom, &mut editor, &sizes);
    let answer = answers(ui, bottom, &editor, &sizes);
    frame.state.editor = Some(editor);
    if let Some(answer) = answer {
        let command = frame.state.answer_editor(answer);
        frame.commands.extend(command);
    }
    if let Some(action) = pressed {
        frame.act(action);
    }
}

fn title(ui: &Ui, painter: &Painter, rect: Rect, editor: &ScoreEditor, sizes: &Sizes) {
    let room = rect.width() - sizes.pt(230.0).max(170.0);
    let words = format!("Edit · {}", editor.title);
    let place = text_fitted(
        painter,
        pos2(rect.left(), rect.top() + sizes.pt(17.0)),
        &words,
        sizes.pt(27.0),
        color32(Rgb::TEXT),
        room,
    );
    button::label(ui, place, "edited score", Role::Heading, &words);
    let path = editor.known().map_or("", |known| &known.path);
    let path = match editor.is_changed() {
        true => format!("changed · {path}"),
        false => path.to_owned(),
    };
    let place = text_within(
        painter,
        pos2(rect.left(), rect.top() + sizes.pt(46.0)),
        Align2::LEFT_CENTER,
        &path,
        Font::Medium.id(sizes.pt(16.5).max(11.0)),
        color32(Rgb::MUTED),
        room,
    );
    button::label(
        ui,
        place,
        "edited file",
        Role::Label,
        &format!("File: {path}"),
    );
}

/// The buttons at the top. Returns the action of the one that was pressed.
fn buttons(ui: &Ui, head: Rect, sizes: &Sizes) -> Option<Action> {
    let mut right = head.right();
    let mut pressed = None;
    for (words, name, action) in [
        ("Close", "Close the editor", Action::EditScore),
        ("Save", "Save the score", Action::SaveScore),
    ] {
        let (rect, was_pressed) = word_button(ui, pos2(right, head.top()), words, name, sizes);
        if was_pressed {
            pressed = Some(action);
        }
        right = rect.left() - sizes.pt(10.0);
    }
    pressed
}

/// A button with a word, whose right top corner is at a place.
pub(super) fn word_button(
    ui: &Ui,
    at: egui::Pos2,
    words: &str,
    name: &str,
    sizes: &Sizes,
) -> (Rect, bool) {
    let font = Font::Bold.id(sizes.pt(18.0).max(12.0));
    let galley = layout_line(ui.painter(), words, font, color32(Rgb::TEXT));
    let size = galley.size() + vec2(sizes.pt(28.0), sizes.pt(14.0));
    let rect = Rect::from_min_size(pos2(at.x - size.x, at.y), size);
    let response = button::plain(ui, rect, name, name);
    let place = rect.center() - galley.size() / 2.0;
    ui.painter().galley(place, galley, color32(Rgb::TEXT));
    (rect, response.clicked())
}

/// The state of the text. A click goes to the first error.
fn sentence(ui: &Ui, painter: &Painter, rect: Rect, editor: &mut ScoreEditor, sizes: &Sizes) {
    let (words, tone) = editor.sentence();
    let rows = match editor.question {
        Some(_) => 1,
        None => 4,
    };
    let font = Font::Bold.id(sizes.pt(18.0).max(12.0));
    let galley = layout_wrapped(painter, &words, font, color32(tone), rect.width(), rows);
    let place = Rect::from_min_size(rect.min, galley.size());
    painter.galley(rect.min, galley, color32(tone));
    match editor.problems().first().map(|problem| problem.line) {
        Some(line) => {
            let response = button::area(ui, place, "state of the text", Role::Button, &words);
            if response.clicked() {
                editor.go_to = Some(line);
            }
        }
        None => {
            button::label(ui, place, "state of the text", Role::Status, &words);
        }
    }
}

/// The answers to a question, by key or button.
fn answers(ui: &mut Ui, rect: Rect, editor: &ScoreEditor, sizes: &Sizes) -> Option<EditorAnswer> {
    let mut chosen = None;
    let mut left = rect.left();
    let top = rect.top() + sizes.pt(38.0).max(24.0);
    for answer in editor.answers() {
        let (key, words) = answer.words();
        let label = format!("{key}  {words}");
        let font = Font::Bold.id(sizes.pt(18.0).max(12.0));
        let wide = layout_line(ui.painter(), &label, font, color32(Rgb::TEXT))
            .size()
            .x;
        let right = pos2(left + wide + sizes.pt(28.0), top);
        let (rect, was_pressed) = word_button(ui, right, &label, words, sizes);
        left = rect.right() + sizes.pt(12.0);
        let by_key = ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key_of(key)));
        if was_pressed || by_key {
            chosen = Some(*answer);
        }
    }
    chosen
}

fn key_of(letter: char) -> Key {
    match letter {
        'D' => Key::D,
        'O' => Key::O,
        'R' => Key::R,
        _ => Key::K,
    }
}

/// The frame around the text, bright while keys are typed into it.
fn frame_of_text(painter: &Painter, rect: Rect, is_typed_into: bool) {
    let mut mesh = MeshBuilder::default();
    mesh.round(rect, 6.0, color32(Rgb::BACKGROUND));
    let (width, color) = match is_typed_into {
        true => (2.0, Rgb::TEXT),
        false => (1.0, Rgb::LINE),
    };
    mesh.outline(rect, 6.0, width, color32(color));
    mesh.flush(painter);
}
