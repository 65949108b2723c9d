//! The code of the explained instance: the text of its score with the state of each line, or the list of
//! the commands that it has issued.

use egui::{Align2, Painter, Rect, Role, Ui, pos2, vec2};

use super::{panel, tick};
use crate::{
    engine::CommandState,
    stage::{
        button,
        mesh_builder::MeshBuilder,
        theme::{Font, Sizes, color32, text, text_within, translucent},
    },
    view::{ExplainedStep, Explanation, LineState, Rgb, ScoreText, StepNumber},
};

/// A line of the panel.
struct Line<'a> {
    words: &'a str,
    /// Its mark, on the first line of a task.
    mark: Option<String>,
    look: Look,
}

/// The look of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Faint,
    FromHistory,
    RunsNow,
    Failed,
}

impl Look {
    /// The colors of its text and of its band.
    fn colors(self) -> (Rgb, Option<Rgb>) {
        match self {
            Self::Plain => (Rgb::MUTED, None),
            Self::Faint => (Rgb::QUEUED, None),
            Self::FromHistory => (Rgb::TEXT, Some(Rgb::LANES[0])),
            Self::RunsNow => (Rgb::TEXT, Some(Rgb::PENDING)),
            Self::Failed => (Rgb::TEXT, Some(Rgb::ALARM)),
        }
    }
}

/// Paints it. Returns the height of the first line that runs now, if it is visible.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    explanation: &Explanation,
    number: StepNumber,
    step: &ExplainedStep,
    sizes: &Sizes,
) -> Option<f32> {
    let painter = panel(ui, rect, sizes);
    let inner = rect.shrink2(vec2(sizes.pt(24.0), sizes.pt(14.0)));
    heading(ui, &painter, inner, step, sizes);
    let top = inner.top() + sizes.pt(42.0);
    let area = Rect::from_min_max(pos2(inner.left(), top), inner.max);
    let height = sizes.pt(40.0).max(21.0);
    let room = (area.height() / height).floor().max(1.0) as usize;
    let mut running = None;
    let mut paint = |place: usize, name: &str, line: &Line<'_>| {
        let y = area.top() + height * place as f32;
        if line.look == Look::RunsNow {
            running.get_or_insert(y + height / 2.0);
        }
        let row = Rect::from_min_size(pos2(area.left(), y), vec2(area.width(), height - 2.0));
        paint_line(ui, &painter, row, name, line, sizes);
    };
    match &explanation.text {
        Some(text) => {
            let states = explanation.lines(number);
            let first = first_line(&states, room);
            let lines = states.iter().enumerate().skip(first).take(room);
            for (place, (index, state)) in lines.enumerate() {
                let line = line_of(text, index, *state);
                paint(place, &format!("Line {}", index + 1), &line);
            }
        }
        None => {
            let first = step.commands.saturating_sub(room);
            for (place, index) in (first..step.commands).enumerate() {
                let Some(command) = explanation.command(index, number) else {
                    continue;
                };
                let line = command_line(&command.text, command.state);
                paint(place, &format!("Command {}", index + 1), &line);
            }
        }
    }
    running
}

fn heading(ui: &Ui, painter: &Painter, rect: Rect, step: &ExplainedStep, sizes: &Sizes) {
    let y = rect.top() + sizes.pt(12.0);
    let size = sizes.pt(22.0).max(13.0);
    let counter = text(
        painter,
        pos2(rect.right(), y),
        Align2::RIGHT_CENTER,
        &step.counter,
        Font::Bold.id(sizes.pt(19.0).max(12.0)),
        color32(Rgb::PENDING),
    );
    button::label(ui, counter, "walked", Role::Status, &step.counter);
    let heading = text_within(
        painter,
        pos2(rect.left(), y),
        Align2::LEFT_CENTER,
        &step.heading,
        Font::Bold.id(size),
        color32(Rgb::TEXT),
        counter.left() - rect.left() - sizes.pt(16.0),
    );
    button::label(ui, heading, "code", Role::Heading, &step.heading);
}

/// The first visible line: what runs is in the middle, or else what was done last.
fn first_line(states: &[LineState], room: usize) -> usize {
    let runs = |state: &LineState| matches!(state, LineState::RunsNow { .. });
    let done =
        |state: &LineState| matches!(state, LineState::FromHistory { .. } | LineState::Faulted);
    let any = |state: &LineState| *state != LineState::NoTask;
    let focus = states
        .iter()
        .position(runs)
        .or_else(|| states.iter().rposition(done))
        .or_else(|| states.iter().position(any));
    let above = focus.unwrap_or_default().saturating_sub(room / 2);
    above.min(states.len().saturating_sub(room))
}

fn line_of(text: &ScoreText, index: usize, state: LineState) -> Line<'_> {
    let often = |words: &str, times: u32| match times {
        0 | 1 => words.to_owned(),
        times => format!("{words} ×{times}"),
    };
    let (look, mark) = match state {
        LineState::NoTask | LineState::Entered => (Look::Plain, None),
        LineState::NotReached => (Look::Faint, None),
        LineState::Skipped => (Look::Faint, Some("skipped".to_owned())),
        LineState::FromHistory { times } => (Look::FromHistory, Some(often("from history", times))),
        LineState::Faulted => (Look::Failed, Some("failed".to_owned())),
        LineState::RunsNow { times: 0 } => (Look::RunsNow, Some("runs now".to_owned())),
        LineState::RunsNow { times } => {
            let mark = format!("{times} from history, runs now");
            (Look::RunsNow, Some(mark))
        }
    };
    Line {
        words: text.lines.get(index).map_or("", |line| line),
        mark: mark.filter(|_| text.starts_task(index)),
        look,
    }
}

fn command_line(words: &str, state: CommandState) -> Line<'_> {
    let (look, mark) = match state {
        CommandState::NotIssued => (Look::Faint, ""),
        CommandState::New => (Look::RunsNow, "runs now"),
        CommandState::Waiting => (Look::RunsNow, "in the history, no result yet"),
        CommandState::Answered => (Look::FromHistory, "from history"),
    };
    Line {
        words,
        mark: (!mark.is_empty()).then(|| mark.to_owned()),
        look,
    }
}

fn paint_line(ui: &Ui, painter: &Painter, row: Rect, name: &str, line: &Line<'_>, sizes: &Sizes) {
    let (color, band) = line.look.colors();
    let rect = row.expand2(vec2(sizes.pt(8.0), 0.0));
    if let Some(band) = band {
        let mut mesh = MeshBuilder::default();
        mesh.round(rect, sizes.pt(5.0), translucent(band, 0.22));
        if line.look != Look::FromHistory {
            let edge = Rect::from_min_size(rect.min, vec2(sizes.pt(7.0), rect.height()));
            mesh.rect(edge, color32(band));
        }
        mesh.flush(painter);
    }
    let mut right = rect.right() - sizes.pt(16.0);
    let middle = rect.center().y;
    if let (Some(mark), Some(tone)) = (&line.mark, band.or(Some(Rgb::MUTED))) {
        let words = text(
            painter,
            pos2(right, middle),
            Align2::RIGHT_CENTER,
            mark,
            Font::Bold.id(sizes.pt(18.0).max(12.0)),
            color32(tone),
        );
        right = words.left() - sizes.pt(14.0);
        if line.look == Look::FromHistory {
            let mut mesh = MeshBuilder::default();
            let size = sizes.pt(18.0).max(10.0);
            tick(&mut mesh, pos2(right - size * 0.5, middle), size, tone);
            mesh.flush(painter);
            right -= size + sizes.pt(14.0);
        }
    }
    let left = row.left() + sizes.pt(10.0);
    text_within(
        painter,
        pos2(left, middle),
        Align2::LEFT_CENTER,
        line.words,
        Font::Mono.id(sizes.pt(21.0).max(12.0)),
        color32(color),
        right - left,
    );
    let name = match &line.mark {
        Some(mark) => format!("{name}: {}, {mark}", line.words.trim()),
        None => format!("{name}: {}", line.words.trim()),
    };
    let id = ("explained line", row.top() as i32);
    button::label(ui, rect, id, Role::ListItem, &name);
}
