//! The score in the inspector: its text as a token game. Running tasks are lit in the color of their branch,
//! with a caret for each; finished ones are dimmed and say how often they have run.

use std::sync::Arc;

use egui::{Align2, Painter, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    score_editor::word_button,
    score_map::{self, MapView},
    theme::{Font, color32, layout_line, layout_wrapped, text, text_within, translucent},
    token,
};
use crate::view::{
    Action, BranchNumber, Edit, Highlight, HighlightTarget, LaneModel, LineRange, Rgb, ScoreFacts,
    ScoreRow, ScoreTokens, score_rows,
};

/// The text of a task that has not run yet.
const AHEAD: f32 = 0.55;

/// Paints the text around the tokens. If the file was saved with an error, the text around the error.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    lane: &LaneModel,
    source: &str,
    frame: &mut FrameContext<'_>,
) {
    let painter = ui.painter_at(rect.expand2(vec2(frame.sizes.pt(24.0), 0.0)));
    let error = match lane.edit.as_deref() {
        Some(Edit::Invalid {
            source,
            line,
            message,
        }) => Some((source, *line, message)),
        _ => None,
    };
    let mut top = rect.top() + frame.sizes.pt(38.0);
    let (heading, tone) = heading(lane);
    let mut name = heading.to_owned();
    if let Some((_, line, message)) = error {
        name += &format!(", line {line}: {message}");
        top = error_words(&painter, rect, top, (line, message), frame);
    }
    heading_words(ui, &painter, rect, (heading, tone), &name, frame);
    // The text around an error is not that of the run.
    let facts = lane.facts.clone().filter(|_| error.is_none());
    let tokens = match &facts {
        Some(_) => frame.links(lane).map(|links| links.tokens(lane)),
        None => None,
    };
    let text = Text {
        source: error.map_or(source, |(source, ..)| &**source),
        facts,
        tokens: tokens.unwrap_or_default(),
        error: error.map(|(_, line, _)| line),
    };
    let area = Rect::from_min_max(pos2(rect.left(), top), rect.max);
    text.show(ui, &painter, area, lane, frame);
}

/// The text that is shown, and what is known of its lines.
struct Text<'a> {
    source: &'a str,
    facts: Option<Arc<ScoreFacts>>,
    tokens: ScoreTokens,
    /// The line of an error.
    error: Option<usize>,
}

/// Sizes of the rows.
struct Grid {
    area: Rect,
    step: f32,
    gutter: f32,
    letter: f32,
    room: usize,
}

impl Grid {
    fn of(painter: &Painter, area: Rect, frame: &FrameContext<'_>) -> Self {
        let sizes = frame.sizes;
        let step = sizes.pt(23.0).max(15.0);
        let font = mono(frame);
        let letter = layout_line(painter, "0", font, color32(Rgb::TEXT)).size().x;
        Self {
            area,
            step,
            gutter: sizes.pt(34.0).max(24.0),
            letter: letter.max(1.0),
            room: (area.height() / step).floor().max(1.0) as usize,
        }
    }

    fn columns(&self) -> usize {
        ((self.area.width() - self.gutter) / self.letter) as usize
    }

    fn band(&self, place: usize) -> Rect {
        let top = self.area.top() + self.step * place as f32;
        Rect::from_min_size(
            pos2(self.area.left(), top),
            vec2(self.area.width(), self.step),
        )
    }
}

fn mono(frame: &FrameContext<'_>) -> egui::FontId {
    Font::Mono.id(frame.sizes.pt(16.0).max(11.0))
}

impl Text<'_> {
    fn show(
        &self,
        ui: &Ui,
        painter: &Painter,
        rect: Rect,
        lane: &LaneModel,
        frame: &mut FrameContext<'_>,
    ) {
        let lines = self.source.lines().count();
        let whole = Grid::of(painter, rect, frame);
        let strip = frame.sizes.pt(30.0).max(19.0);
        let has_map = lines > whole.room && !self.tokens.tokens.is_empty();
        let mut area = rect;
        if has_map {
            area.max.x -= strip + frame.sizes.pt(8.0);
        }
        let grid = Grid { area, ..whole };
        let lit = self.facts.as_ref().and_then(|_| lit_lines(lane, frame));
        let here = self.error.map(|line| LineRange {
            first: line,
            last: line,
        });
        let followed = frame
            .state
            .score
            .show(lane, &self.tokens, grid.room * 4 / 5);
        let center = match (&lit, frame.lit_in(lane)) {
            // The pointer is on a row or a bar: its line comes into view.
            (Some(lit), Some(HighlightTarget::Event(_))) => Some(*lit),
            _ => here.or(followed),
        };
        // The text does not move away under the pointer, and stays where the last token was.
        if !is_read(ui, rect) && (center.is_some() || self.facts.is_none()) {
            frame.state.score.center = center;
        }
        let columns = grid.columns();
        let columns = |line: usize| match self.count_on(line) {
            0 => columns,
            count => columns.saturating_sub(count_words(count).chars().count() + 1),
        };
        let rows = score_rows(self.source, frame.state.score.center, grid.room, columns);
        self.paint_rows(ui, painter, &grid, &rows, lit, (lane, frame));
        if let (true, Some(first), Some(last)) = (has_map, rows.first(), rows.last()) {
            let map = MapView {
                lines,
                visible: LineRange {
                    first: first.line,
                    last: last.line,
                },
                tokens: &self.tokens,
            };
            let left = rect.right() - strip;
            let strip = Rect::from_min_max(pos2(left, rect.top()), rect.max);
            score_map::show(ui, strip, &map, lane, frame);
        }
    }

    fn paint_rows(
        &self,
        ui: &Ui,
        painter: &Painter,
        grid: &Grid,
        rows: &[ScoreRow],
        lit: Option<LineRange>,
        (lane, frame): (&LaneModel, &mut FrameContext<'_>),
    ) {
        let mut before = None;
        for (place, row) in rows.iter().enumerate() {
            let band = grid.band(place);
            let is_first = before.replace(row.line) != Some(row.line);
            let name = self.name(row);
            let response = button::label(ui, band, ("score line", place), Role::Label, &name);
            let task = self.facts.as_ref().and_then(|f| f.task_at(row.line));
            if let Some(task) = task.filter(|_| response.hovered()) {
                frame.state.highlight = Some(Highlight::task(&lane.id, &task.pointer));
            }
            let is_lit = lit.is_some_and(|lit| lit.contains(row.line));
            let mut marks = MeshBuilder::default();
            if is_lit {
                button::select(ui, &response);
                button::lit_row(&mut marks, band);
            }
            let branches: Vec<_> = self.tokens.on(row.line).map(|token| token.branch).collect();
            let tone = match branches.first() {
                Some(first) => Some(first.color(lane.color())),
                None => (self.error == Some(row.line)).then_some(Rgb::ALARM),
            };
            if let Some(tone) = tone {
                let (edge, _) = band.split_left_right_at_x(band.left() + 3.0);
                if !is_lit {
                    marks.rect(band, translucent(tone, 0.16));
                }
                marks.rect(edge, color32(tone));
            }
            marks.flush(painter);
            let is_bright = is_lit || tone.is_some();
            self.paint_row(painter, grid, band, row, is_bright, frame);
            if is_first {
                self.paint_count(painter, band, row.line, frame);
                self.paint_carets(painter, grid, band, row.line, (&branches, lane));
            }
        }
    }

    fn paint_row(
        &self,
        painter: &Painter,
        grid: &Grid,
        band: Rect,
        row: &ScoreRow,
        is_bright: bool,
        frame: &FrameContext<'_>,
    ) {
        let color = match is_bright {
            true => Rgb::TEXT,
            false if self.is_done(row.line) => Rgb::MUTED,
            false => Rgb::TEXT.over(Rgb::MUTED, AHEAD),
        };
        text(
            painter,
            pos2(band.left() + grid.gutter, band.center().y),
            Align2::LEFT_CENTER,
            &row.text,
            mono(frame),
            color32(color),
        );
    }

    /// How often the task that begins on a line has run.
    fn paint_count(&self, painter: &Painter, band: Rect, line: usize, frame: &FrameContext<'_>) {
        let count = self.count_on(line);
        if count > 0 {
            text(
                painter,
                pos2(band.right() - frame.sizes.pt(6.0), band.center().y),
                Align2::RIGHT_CENTER,
                count_words(count),
                Font::Bold.id(frame.sizes.pt(15.0).max(11.0)),
                color32(Rgb::MUTED),
            );
        }
    }

    /// The tokens that are on this line and not on the one before.
    fn paint_carets(
        &self,
        painter: &Painter,
        grid: &Grid,
        band: Rect,
        line: usize,
        (branches, lane): (&[BranchNumber], &LaneModel),
    ) {
        let begins = |branch: &&BranchNumber| {
            let mut tokens = self.tokens.on(line);
            tokens.any(|token| token.branch == **branch && token.lines.first == line)
        };
        let begun: Vec<_> = branches.iter().filter(begins).copied().collect();
        let width = grid.gutter - 8.0;
        let caret = Rect::from_min_size(
            pos2(band.left() + 5.0, band.top() + 1.0),
            vec2(width, band.height() - 2.0),
        );
        token::paint(painter, caret, &begun, self.tokens.branches, lane.color());
    }

    /// How often the task that begins on a line has run to its end.
    fn count_on(&self, line: usize) -> usize {
        let tasks = self.facts.as_ref().map(|facts| facts.tasks.iter());
        let tasks = tasks.into_iter().flatten().enumerate();
        let begun = tasks.filter(|(_, task)| task.lines.first == line);
        let counts = begun.map(|(place, _)| self.tokens.finished(place));
        counts.max().unwrap_or(0)
    }

    /// Whether the task of a line has run, and does not run now.
    fn is_done(&self, line: usize) -> bool {
        let facts = self.facts.as_ref();
        let task = facts.and_then(|facts| facts.place_at(line));
        task.is_some_and(|task| self.tokens.finished(task) > 0)
    }

    /// The row for screen readers.
    fn name(&self, row: &ScoreRow) -> String {
        let mut name = format!("Line {}: {}", row.line, row.text.trim());
        for token in self.tokens.on(row.line) {
            name += match self.tokens.branches {
                0 | 1 => ", runs now".to_owned(),
                _ => format!(", runs now as token {}", token.branch.on_token()),
            }
            .as_str();
        }
        match self.count_on(row.line) {
            0 => {}
            1 => name += ", has run once",
            count => name += &format!(", has run {count} times"),
        }
        name
    }
}

fn count_words(count: usize) -> String {
    format!("×{count}")
}

/// Whether the pointer is on the text, and has not been left there.
fn is_read(ui: &Ui, rect: Rect) -> bool {
    const LEFT_BEHIND: f32 = 4.0;
    let rests = ui.input(|input| input.pointer.time_since_last_movement());
    ui.rect_contains_pointer(rect) && rests < LEFT_BEHIND
}

/// The lines that belong to what the pointer is on.
fn lit_lines(lane: &LaneModel, frame: &FrameContext<'_>) -> Option<LineRange> {
    frame.links(lane)?.lines(frame.lit_in(lane)?)
}

/// The heading of the score's text.
fn heading(lane: &LaneModel) -> (&'static str, Rgb) {
    let loops = lane.facts.as_ref().is_some_and(|facts| facts.loops);
    match lane.edit.as_deref() {
        None => ("Score", Rgb::MUTED),
        Some(Edit::Saved) if loops => ("Score · changed: plays from the next loop", Rgb::GOOD),
        Some(Edit::Saved) => ("Score · changed: plays from the next start", Rgb::GOOD),
        Some(Edit::Invalid { .. }) => ("Score · saved with an error: not loaded", Rgb::ALARM),
    }
}

fn heading_words(
    ui: &Ui,
    painter: &Painter,
    rect: Rect,
    (heading, tone): (&str, Rgb),
    name: &str,
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    let corner = pos2(rect.right(), rect.top() - sizes.pt(9.0));
    let (button, was_pressed) = word_button(ui, corner, "Edit", "Edit the score", &sizes);
    if was_pressed {
        frame.act(Action::EditScore);
    }
    let place = text_within(
        painter,
        pos2(rect.left(), rect.top() + sizes.pt(8.0)),
        Align2::LEFT_CENTER,
        heading,
        Font::Medium.id(sizes.pt(16.5).max(11.0)),
        color32(tone),
        button.left() - rect.left() - sizes.pt(10.0),
    );
    button::label(ui, place, "score", Role::Label, name);
}

/// What is wrong with the saved text. Returns where its bottom is.
fn error_words(
    painter: &Painter,
    rect: Rect,
    top: f32,
    (line, message): (usize, &str),
    frame: &FrameContext<'_>,
) -> f32 {
    let error = format!("Line {line}: {message}");
    let font = Font::Bold.id(frame.sizes.pt(17.0).max(11.5));
    let galley = layout_wrapped(painter, &error, font, color32(Rgb::ALARM), rect.width(), 4);
    let height = galley.size().y;
    painter.galley(pos2(rect.left(), top), galley, color32(Rgb::ALARM));
    top + height + frame.sizes.pt(10.0)
}
