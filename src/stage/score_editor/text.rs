//! The text of a score as it is typed, with line numbers, and errors in place: the line is marked, and the
//! message stands behind it.

use std::sync::Arc;

use egui::{
    Align2, Event, FontId, Galley, Id, Key, Pos2, Rect, Role, ScrollArea, TextBuffer, TextEdit, Ui,
    UiBuilder, pos2,
    text::{CCursor, CCursorRange, LayoutJob, TextFormat},
    text_edit::{TextEditOutput, TextEditState},
    vec2,
};

use super::frame_of_text;
use crate::{
    stage::{
        button,
        mesh_builder::MeshBuilder,
        theme::{self, Font, Sizes, color32, text_within, translucent},
    },
    view::{Rgb, ScoreEditor, ScoreTextCommand, Severity, TextProblem, line_break},
};

/// What a press of Tab inserts: YAML has no tabs.
const TAB: &str = "  ";

/// Paints it, and handles what is typed. Returns the command to send.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    editor: &mut ScoreEditor,
    sizes: &Sizes,
) -> Option<ScoreTextCommand> {
    let id = Id::unique(("score text", editor.number.0));
    let is_typed_into = ui.memory(|memory| memory.has_focus(id));
    frame_of_text(&ui.painter_at(rect.expand(2.0)), rect, is_typed_into);
    editor.known()?;
    if is_typed_into {
        adapt_keys(ui, id, &editor.text);
    }
    let font = Font::Mono.id(sizes.pt(18.0).max(12.0));
    let inside = rect.shrink(4.0);
    let (_, right) = inside.split_left_right_at_x(inside.left() + gutter(&font));
    let mut inner = ui.new_child(UiBuilder::new().max_rect(right));
    inner.set_clip_rect(right.intersect(ui.clip_rect()));
    let mut scroll = ScrollArea::both().id_salt(id).auto_shrink(false);
    if let Some(line) = editor.go_to {
        let row = font.size * 1.3 * line.saturating_sub(1) as f32;
        scroll = scroll.vertical_scroll_offset((row - inside.height() / 2.0).max(0.0));
    }
    let output = scroll
        .show(&mut inner, |ui| edit(ui, id, editor, &font))
        .inner;
    if let Some(line) = editor.go_to.take() {
        put_cursor(&inner, id, &editor.text, line);
        editor.wants_focus = true;
    }
    let rows = Rows::of(&output, inside);
    rows.paint(ui, &editor.text, editor.problems(), &font);
    if !editor.takes_text() {
        output.response.surrender_focus();
    } else if std::mem::take(&mut editor.wants_focus) {
        output.response.request_focus();
    }
    output.response.changed().then(|| editor.typed())
}

/// The room for line numbers.
fn gutter(font: &FontId) -> f32 {
    font.size * 3.2
}

fn edit(ui: &mut Ui, id: Id, editor: &mut ScoreEditor, font: &FontId) -> TextEditOutput {
    let takes_text = editor.takes_text();
    let laid_out = font.clone();
    let mut layouter = move |ui: &Ui, text: &dyn TextBuffer, _: f32| layout(ui, text, &laid_out);
    let wide = ui.available_width();
    let margin = egui::Margin {
        left: 6,
        right: 24,
        top: 4,
        bottom: 24,
    };
    let output = TextEdit::multiline(&mut editor.text)
        .id(id)
        .font(font.clone())
        .layouter(&mut layouter)
        .interactive(takes_text)
        .lock_focus(true)
        .frame(egui::Frame::NONE)
        .margin(margin)
        .desired_width(wide)
        .min_size(vec2(wide, ui.available_height()))
        .show(ui);
    output.response.widget_info(|| {
        egui::WidgetInfo::labeled(Role::MultilineTextInput, takes_text, "Text of the score")
    });
    output
}

/// Lines do not wrap; comments are darker.
fn layout(ui: &Ui, text: &dyn TextBuffer, font: &FontId) -> Arc<Galley> {
    let mut job = LayoutJob::default();
    for line in text.as_str().split_inclusive('\n') {
        let color = match line.trim_start().starts_with('#') {
            true => Rgb::MUTED,
            false => Rgb::TEXT,
        };
        job.append(line, 0.0, TextFormat::simple(font.clone(), color32(color)));
    }
    if text.as_str().is_empty() {
        job.append(
            "",
            0.0,
            TextFormat::simple(font.clone(), color32(Rgb::TEXT)),
        );
    }
    job.wrap.max_width = f32::INFINITY;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Tab inserts spaces, and Enter indents the next line.
fn adapt_keys(ui: &mut Ui, id: Id, text: &str) {
    let state = TextEditState::load(ui.ctx(), id);
    let cursor = state.and_then(|state| state.cursor.char_range());
    let at = cursor.map_or(0, |range| usize::from(range.as_sorted_char_range().start));
    ui.input_mut(|input| {
        for event in &mut input.events {
            let Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } = event
            else {
                continue;
            };
            if modifiers.any() {
                continue;
            }
            match key {
                Key::Tab => *event = Event::Text(TAB.to_owned()),
                Key::Enter => {
                    let before: String = text.chars().take(at).collect();
                    let inserted = line_break(&before);
                    // Text that is a line break alone is left to the key.
                    if inserted.len() > 1 {
                        *event = Event::Text(inserted);
                    }
                }
                _ => {}
            }
        }
    });
}

/// Puts the cursor at the start of a line.
fn put_cursor(ui: &Ui, id: Id, text: &str, line: usize) {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    let at = before.map(|line| line.chars().count()).sum::<usize>();
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let range = CCursorRange::one(CCursor::new(at));
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), id);
}

/// The lines on screen.
struct Rows<'a> {
    galley: &'a Galley,
    at: Pos2,
    seen: Rect,
}

impl<'a> Rows<'a> {
    fn of(output: &'a TextEditOutput, seen: Rect) -> Self {
        Self {
            galley: &output.galley,
            at: output.galley_pos,
            seen,
        }
    }

    /// The lines in view, with their rectangles.
    fn lines(&self) -> impl Iterator<Item = (usize, Rect)> {
        let rows = (1..).zip(self.galley.rows.iter());
        let placed = rows.map(|(line, row)| (line, row.rect().translate(self.at.to_vec2())));
        let seen = self.seen;
        placed.filter(move |(_, row)| row.bottom() > seen.top() && row.top() < seen.bottom())
    }

    /// Numbers the lines, and marks those with problems.
    fn paint(&self, ui: &Ui, text: &str, problems: &[TextProblem], font: &FontId) {
        let painter = ui.painter_at(self.seen);
        let strip = Rect::from_min_max(
            self.seen.min,
            pos2(self.seen.left() + gutter(font) - 6.0, self.seen.bottom()),
        );
        let mut ground = MeshBuilder::default();
        ground.rect(strip, color32(Rgb::BACKGROUND));
        ground.flush(&painter);
        let last = text.split('\n').count();
        for (line, row) in self.lines().filter(|(line, _)| *line <= last) {
            let problem = problems.iter().find(|problem| problem.line == line);
            let tone = problem.map_or(Rgb::MUTED, tone);
            if let Some(problem) = problem {
                self.mark(ui, row, problem, font);
            }
            let number = pos2(strip.right() - 8.0, row.center().y);
            let small = Font::Mono.id(font.size * 0.86);
            theme::text(
                &painter,
                number,
                Align2::RIGHT_CENTER,
                line.to_string(),
                small,
                color32(tone),
            );
        }
    }

    /// The band of a line with a problem, and what is wrong.
    fn mark(&self, ui: &Ui, row: Rect, problem: &TextProblem, font: &FontId) {
        let painter = ui.painter_at(self.seen);
        let tone = tone(problem);
        let band = Rect::from_min_max(
            pos2(self.seen.left(), row.top()),
            pos2(self.seen.right(), row.bottom()),
        );
        let (edge, _) = band.split_left_right_at_x(band.left() + 4.0);
        let mut mesh = MeshBuilder::default();
        mesh.rect(band, translucent(tone, 0.18));
        mesh.rect(edge, color32(tone));
        mesh.flush(&painter);
        let name = match problem.severity {
            Severity::Error => format!("Error in line {}: {}", problem.line, problem.message),
            Severity::Warning => format!("Warning in line {}: {}", problem.line, problem.message),
        };
        button::label(ui, band, ("problem", problem.line), Role::Label, &name);
        let left = row.right().max(self.seen.left() + gutter(font)) + font.size * 1.6;
        let room = self.seen.right() - left - 14.0;
        if room > font.size * 6.0 {
            text_within(
                &painter,
                pos2(left, row.center().y),
                Align2::LEFT_CENTER,
                &problem.message,
                Font::Bold.id(font.size * 0.92),
                color32(tone),
                room,
            );
        }
    }
}

fn tone(problem: &TextProblem) -> Rgb {
    match problem.severity {
        Severity::Error => Rgb::ALARM,
        Severity::Warning => Rgb::PENDING,
    }
}
