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
    view::{ExplainedStep, Explanation, LineState, Rgb, ScoreText, ScoreTokens, StepNumber},
};

/// What the panel shows.
pub(super) struct ShownCode<'a> {
    pub(super) explanation: &'a Explanation,
    pub(super) number: StepNumber,
    pub(super) step: &'a ExplainedStep,
    /// The color of the lane, and of the first branch.
    pub(super) color: Rgb,
}

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
    /// In the color of its branch, as in the inspector.
    RunsNow(Rgb),
    Failed,
}

impl Look {
    /// The colors of its text and of its band.
    fn colors(self) -> (Rgb, Option<Rgb>) {
        match self {
            Self::Plain => (Rgb::MUTED, None),
            Self::Faint => (Rgb::QUEUED, None),
            // Branches have the other colors.
            Self::FromHistory => (Rgb::TEXT, Some(Rgb::HELD)),
            Self::RunsNow(branch) => (Rgb::TEXT, Some(branch)),
            Self::Failed => (Rgb::TEXT, Some(Rgb::ALARM)),
        }
    }
}

/// Paints it. Returns the height of the first line that runs now, if it is visible.
pub(super) fn show(ui: &Ui, rect: Rect, code: &ShownCode<'_>, sizes: &Sizes) -> Option<f32> {
    let &ShownCode {
        explanation,
        number,
        step,
        color,
    } = code;
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
        if matches!(line.look, Look::RunsNow(_)) {
            running.get_or_insert(y + height / 2.0);
        }
        let row = Rect::from_min_size(pos2(area.left(), y), vec2(area.width(), height - 2.0));
        paint_line(ui, &painter, row, name, line, sizes);
    };
    match &explanation.text {
        Some(text) => {
            let states = explanation.lines(number);
            let tokens = explanation.tokens(number);
            let first = first_line(&states, room);
            let lines = states.iter().enumerate().skip(first).take(room);
            for (place, (index, state)) in lines.enumerate() {
                let line = line_of(text, index, *state, &tokens, color);
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

/// `color`: that of the lane.
fn line_of<'a>(
    text: &'a ScoreText,
    index: usize,
    state: LineState,
    tokens: &ScoreTokens,
    color: Rgb,
) -> Line<'a> {
    let token = tokens.on(index + 1).next();
    let runs = Look::RunsNow(token.map_or(color, |token| token.branch.color(color)));
    let number = match token.filter(|_| tokens.branches > 1) {
        Some(token) => format!(" as token {}", token.branch.on_token()),
        None => String::new(),
    };
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
        LineState::RunsNow { times: 0 } => (runs, Some(format!("runs now{number}"))),
        LineState::RunsNow { times } => {
            let mark = format!("{times} from history, runs now{number}");
            (runs, Some(mark))
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
        CommandState::New => (Look::RunsNow(Rgb::PENDING), "runs now"),
        CommandState::Waiting => (Look::RunsNow(Rgb::PENDING), "in the history, no result yet"),
        CommandState::Answered => (Look::FromHistory, "from history"),
    };
    Line {
        words,
        mark: (!mark.is_empty()).then(|| mark.to_owned()),
        look,
    }
}

/// How much of its color a band has.
const BAND: f32 = 0.22;

/// The color of a mark: that of its band, as far as it can be read on it.
fn tone_of(band: Option<Rgb>) -> Rgb {
    let Some(band) = band else {
        return Rgb::MUTED;
    };
    let ground = band.over(Rgb::PANEL, BAND);
    match band.contrast(ground) >= Rgb::TEXT_CONTRAST {
        true => band,
        false => Rgb::TEXT,
    }
}

fn paint_line(ui: &Ui, painter: &Painter, row: Rect, name: &str, line: &Line<'_>, sizes: &Sizes) {
    let (color, band) = line.look.colors();
    let rect = row.expand2(vec2(sizes.pt(8.0), 0.0));
    if let Some(band) = band {
        let mut mesh = MeshBuilder::default();
        mesh.round(rect, sizes.pt(5.0), translucent(band, BAND));
        if line.look != Look::FromHistory {
            let edge = Rect::from_min_size(rect.min, vec2(sizes.pt(7.0), rect.height()));
            mesh.rect(edge, color32(band));
        }
        mesh.flush(painter);
    }
    let mut right = rect.right() - sizes.pt(16.0);
    let middle = rect.center().y;
    if let Some(mark) = &line.mark {
        let tone = tone_of(band);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        score::parse,
        view::{BranchNumber, LineRange, ScoreToken},
    };

    const SCORE: &str = "\
document: { dsl: 1.0.0, namespace: test, name: two, version: 1.0.0 }
do:
  - left: { wait: { seconds: 1 } }
  - right: { wait: { seconds: 1 } }
";

    #[test]
    fn the_mark_of_a_line_can_be_read_on_its_band() {
        let looks = Rgb::LANES.map(Look::RunsNow);
        for look in looks.into_iter().chain([Look::FromHistory, Look::Failed]) {
            let band = look.colors().1.unwrap();
            let ground = band.over(Rgb::PANEL, BAND);
            let contrast = tone_of(Some(band)).contrast(ground);
            assert!(contrast >= Rgb::TEXT_CONTRAST, "{band:?}: {contrast}");
        }
    }

    #[test]
    fn a_line_that_runs_has_the_color_of_its_branch_as_in_the_inspector() {
        let text = ScoreText::of(&parse(SCORE, "two").unwrap()).unwrap();
        let mut tokens = ScoreTokens::default();
        tokens.branches = 2;
        for (number, line) in [(0, 3), (1, 4)] {
            tokens.tokens.push(ScoreToken {
                task: None,
                branch: BranchNumber(number),
                lines: LineRange {
                    first: line,
                    last: line,
                },
            });
        }
        let lane = Rgb::LANES[2];
        for (number, index) in [(0, 2), (1, 3)] {
            let runs = LineState::RunsNow { times: 0 };
            let line = line_of(&text, index, runs, &tokens, lane);
            let color = BranchNumber(number).color(lane);
            assert_eq!(line.look.colors().1, Some(color));
            let words = format!("runs now as token {}", number + 1);
            assert_eq!(line.mark, Some(words));
        }
    }
}
