//! The comparison of two runs: one above the other on one axis of time, with their differences.
//!
//! | file | contents |
//! |---|---|
//! | this one | the panel: title, buttons, caption |
//! | `lanes` | both lanes, the line where they part, and the playhead |
//! | `rows` | what differs, row by row |

mod lanes;
mod rows;

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    caption::hint_of,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    ruler,
    theme::{Font, Sizes, color32, layout_line, layout_wrapped, text, text_fitted, text_within},
};
use crate::{
    conductor::{
        Direction,
        control_surface::{ControlAction, LaneTarget},
    },
    view::{Action, ComparedRuns, MadeComparison, Overlay, Rgb, Stop},
};

/// Paints it below the top bar, and its caption in the place of the window's.
pub(super) fn show(
    ui: &Ui,
    body: Rect,
    foot: Rect,
    comparison: &MadeComparison,
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    ui.painter_at(body.union(foot))
        .rect_filled(body.union(foot), 0.0, color32(Rgb::BACKGROUND));
    let behind = button::area(ui, body, "comparison", Role::Pane, "Comparison");
    // It covers what is behind it.
    drop(behind);
    let runs = match comparison {
        MadeComparison::Made(runs) => runs,
        MadeComparison::Making => {
            return caption(
                ui,
                foot,
                "Both histories are read and compared …",
                &[],
                frame,
            );
        }
        MadeComparison::Failed(problem) => return caption(ui, foot, problem, &[], frame),
    };
    let areas = Areas::of(body, ruler::height(frame), &sizes);
    let shown = frame.state.shown_difference(runs, frame.now);
    title(ui, areas.title, runs, shown, frame);
    lanes::show(ui, &areas, runs, frame);
    rows::show(ui, areas.rows, runs, shown, frame);
    caption(ui, foot, &runs.sentence(shown), &hints(frame), frame);
}

/// The parts of the panel.
struct Areas {
    title: Rect,
    ruler: Rect,
    lanes: [Rect; 2],
    parting: Rect,
    rows: Rect,
}

impl Areas {
    fn of(body: Rect, ruler: f32, sizes: &Sizes) -> Self {
        let inner = body.shrink2(vec2(sizes.pt(40.0), 0.0));
        let (title, rest) = inner.split_top_bottom_at_y(inner.top() + sizes.pt(78.0));
        let (ruler, rest) = rest.split_top_bottom_at_y(rest.top() + ruler);
        let (rest, _) = rest.split_top_bottom_at_y(rest.bottom() - sizes.pt(24.0));
        let (rest, rows) = rest.split_top_bottom_at_y(rest.bottom() - sizes.pt(112.0));
        let (both, parting) = rest.split_top_bottom_at_y(rest.bottom() - sizes.pt(56.0));
        let gap = sizes.pt(18.0);
        let middle = both.center().y;
        let (upper, _) = both.split_top_bottom_at_y(middle - gap / 2.0);
        let (_, lower) = both.split_top_bottom_at_y(middle + gap / 2.0);
        Self {
            title,
            ruler,
            lanes: [upper, lower],
            parting,
            rows,
        }
    }
}

/// The background of a part.
fn panel(ui: &Ui, rect: Rect, sizes: &Sizes) {
    let mut mesh = MeshBuilder::default();
    mesh.round(rect, sizes.pt(9.0), color32(Rgb::PANEL));
    mesh.flush(ui.painter());
}

fn title(
    ui: &Ui,
    rect: Rect,
    runs: &ComparedRuns,
    shown: Option<usize>,
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    let y = rect.center().y;
    let label = runs.label(shown);
    let color = match shown {
        Some(_) => Rgb::ALARM,
        None => Rgb::GOOD,
    };
    let place = text_within(
        &painter,
        pos2(rect.right(), y),
        Align2::RIGHT_CENTER,
        &label,
        Font::Bold.id(sizes.pt(26.0)),
        color32(color),
        rect.width() * 0.48,
    );
    button::label(ui, place, "difference", Role::Status, &label);
    let height = sizes.pt(40.0);
    let choose = button_width(ui, "other run …", &sizes);
    let room = place.left() - rect.left() - choose - sizes.pt(64.0);
    let words = text_fitted(
        &painter,
        pos2(rect.left(), y),
        &runs.title,
        sizes.pt(36.0),
        color32(Rgb::TEXT),
        room,
    );
    button::label(ui, words, "compared", Role::Heading, &runs.title);
    let at = pos2(words.right() + sizes.pt(28.0), y - height / 2.0);
    let area = Rect::from_min_size(at, vec2(choose, height));
    if word_button(ui, area, "other run …", "Compare with another run", &sizes) {
        frame.act(Action::Compare);
    }
}

/// The width of a button with a word.
fn button_width(ui: &Ui, word: &str, sizes: &Sizes) -> f32 {
    let font = Font::Bold.id(sizes.pt(19.0).max(12.0));
    let galley = layout_line(ui.painter(), word, font, color32(Rgb::TEXT));
    galley.size().x + sizes.pt(32.0)
}

/// A button with a word. Returns whether it was pressed.
fn word_button(ui: &Ui, rect: Rect, word: &str, name: &str, sizes: &Sizes) -> bool {
    let response = button::plain(ui, rect, ("comparison", name), name);
    text(
        ui.painter(),
        rect.center(),
        Align2::CENTER_CENTER,
        word,
        Font::Bold.id(sizes.pt(19.0).max(12.0)),
        color32(Rgb::TEXT),
    );
    response.clicked()
}

/// The most useful keys, the most important last.
fn hints(frame: &FrameContext<'_>) -> [(Action, &'static str); 4] {
    let play = match frame.state.is_playing_back() {
        true => "stop",
        false => "play both",
    };
    let pause = ControlAction::Pause(LaneTarget::Selected);
    [
        (Action::Step(Stop::Event, Direction::Forward), "step"),
        (Action::Control(pause), play),
        (
            Action::Step(Stop::Failure, Direction::Forward),
            "next difference",
        ),
        (Action::Escape, "close"),
    ]
}

/// The caption, and keys at the right as buttons.
fn caption(
    ui: &Ui,
    rect: Rect,
    words: &str,
    hints: &[(Action, &'static str)],
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.hline(rect.x_range(), rect.top(), (1.0, color32(Rgb::LINE)));
    let (margin, y) = (sizes.pt(28.0), rect.center().y);
    let size = sizes.pt(17.0).max(12.0);
    let covered = frame.state.overlay != Overlay::None;
    let mut right = rect.right() - margin;
    for (action, word) in hints.iter().rev() {
        let (key, color) = hint_of(action);
        let plain = Font::Medium.id(size);
        let muted = color32(Rgb::MUTED);
        let at = pos2(right, y);
        let word_at = text(&painter, at, Align2::RIGHT_CENTER, word, plain, muted);
        let at = pos2(word_at.left() - sizes.pt(7.0), y);
        let bold = Font::Bold.id(size);
        let key_at = text(
            &painter,
            at,
            Align2::RIGHT_CENTER,
            key,
            bold,
            color32(color),
        );
        let area = key_at
            .union(word_at)
            .expand2(vec2(sizes.pt(8.0), sizes.pt(10.0)));
        let name = name_of(action, word);
        let pressed = button::area(ui, area, ("hint", word), Role::Button, &name).clicked();
        right = key_at.left() - sizes.pt(24.0);
        if pressed && !covered {
            frame.act(action.clone());
        }
    }
    let left = rect.left() + margin;
    let (room, color) = (right - left - margin, color32(Rgb::TEXT));
    let line = |size: f32| layout_line(&painter, words, Font::Bold.id(size), color);
    if line(sizes.pt(26.0)).size().x * 0.72 <= room {
        text_fitted(&painter, pos2(left, y), words, sizes.pt(26.0), color, room);
    } else {
        // What does not fit on one line is read better on two.
        let font = Font::Bold.id(sizes.pt(20.0).max(12.0));
        let galley = layout_wrapped(&painter, words, font, color, room, 2);
        let at = pos2(left, y - galley.size().y / 2.0);
        painter.galley(at, galley, color);
    }
    let whole = Rect::from_min_max(rect.min, pos2(right, rect.bottom()));
    button::label(ui, whole, "caption", Role::Label, words);
}

/// The name of a key's button for screen readers.
fn name_of(action: &Action, word: &str) -> String {
    match action {
        Action::Escape => "Close the comparison".to_owned(),
        Action::Step(Stop::Event, _) => "Next event".to_owned(),
        Action::Step(..) => "Next difference".to_owned(),
        _ => {
            let mut name = word.to_owned();
            if let Some(first) = name.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            name
        }
    }
}
