//! The explainer: what the engine does when it replays one instance, step by step.
//!
//! | file | contents |
//! |---|---|
//! | this one | the panel: title, question and answer, buttons, caption |
//! | `code` | the text of the score, or the list of commands |
//! | `table` | the events so far |

mod code;
mod table;

use egui::{Align2, Painter, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    caption::paint_hints,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, Sizes, color32, layout_wrapped, text, text_fitted, text_within},
};
use crate::{
    conductor::Direction,
    view::{Action, ExplainedStep, Explanation, Rgb, Stop},
};

/// Paints it below the top bar, and its caption in the place of the window's.
pub(super) fn show(ui: &Ui, body: Rect, foot: Rect, frame: &mut FrameContext<'_>) {
    let Some(mut explainer) = frame.state.explainer.clone() else {
        return;
    };
    let sizes = frame.sizes;
    let painter = ui.painter_at(body.union(foot));
    painter.rect_filled(body.union(foot), 0.0, color32(Rgb::BACKGROUND));
    let behind = button::area(ui, body, "explainer", Role::Pane, "Replay explained");
    // It covers what is behind it.
    drop(behind);
    let explanation = frame
        .host
        .explanation(&explainer.instance, explainer.opened);
    let Some(explanation) = explanation else {
        caption(ui, foot, "The history is read and replayed …", frame);
        return;
    };
    explainer.set_last(explanation.last());
    let number = explainer.step();
    frame.state.explainer = Some(explainer);
    let step = explanation.at(number);
    let areas = Areas::of(body, &sizes);
    title(ui, areas.title, &explanation, &step, &sizes);
    let lane = frame.live.lane(&explanation.instance);
    let shown = code::ShownCode {
        explanation: &explanation,
        number,
        step: &step,
        color: lane.map_or(Rgb::LANES[0], |lane| lane.color()),
    };
    let running = code::show(ui, areas.code, &shown, &sizes);
    table::show(ui, areas.table, &explanation, &step, &sizes);
    if let Some(to) = running.filter(|_| step.starts_again) {
        arrow(&painter, &areas, to, &sizes);
    }
    match &step.parted {
        Some(parted) => {
            let left = ("The code asks for now", parted.expected.as_str());
            let right = ("The history has", parted.found.as_str());
            pair(ui, areas.answer, [left, right], Rgb::ALARM, &sizes);
        }
        None => {
            let asked = step.asked.as_deref().unwrap_or("nothing");
            let left = ("The code asked for", asked);
            let right = ("History answers", step.answer.as_str());
            pair(ui, areas.answer, [left, right], Rgb::PENDING, &sizes);
        }
    }
    buttons(ui, areas.buttons, frame);
    let words = match &step.parted {
        Some(parted) => format!("{} Likely cause: {}.", step.caption, parted.cause),
        None => step.caption.clone(),
    };
    caption(ui, foot, &words, frame);
}

/// The parts of the panel.
struct Areas {
    title: Rect,
    code: Rect,
    table: Rect,
    answer: Rect,
    buttons: Rect,
}

impl Areas {
    fn of(body: Rect, sizes: &Sizes) -> Self {
        let margin = sizes.pt(40.0);
        let inner = body.shrink2(vec2(margin, 0.0));
        let (title, rest) = inner.split_top_bottom_at_y(inner.top() + sizes.pt(76.0));
        let (rest, buttons) = rest.split_top_bottom_at_y(rest.bottom() - sizes.pt(92.0));
        let (middle, answer) = rest.split_top_bottom_at_y(rest.bottom() - sizes.pt(118.0));
        let (middle, _) = middle.split_top_bottom_at_y(middle.bottom() - sizes.pt(22.0));
        let left = middle.left() + middle.width() * 0.49;
        let right = middle.right() - middle.width() * 0.435;
        Self {
            title,
            code: Rect::from_min_max(middle.min, pos2(left, middle.bottom())),
            table: Rect::from_min_max(pos2(right, middle.top()), middle.max),
            answer,
            buttons,
        }
    }
}

/// The background of a part.
fn panel(ui: &Ui, rect: Rect, sizes: &Sizes) -> Painter {
    let mut mesh = MeshBuilder::default();
    mesh.round(rect, sizes.pt(9.0), color32(Rgb::PANEL));
    mesh.flush(ui.painter());
    ui.painter_at(rect)
}

fn title(ui: &Ui, rect: Rect, explanation: &Explanation, step: &ExplainedStep, sizes: &Sizes) {
    let painter = ui.painter_at(rect);
    let y = rect.center().y;
    let place = text(
        &painter,
        pos2(rect.right(), y),
        Align2::RIGHT_CENTER,
        &step.place,
        Font::Bold.id(sizes.pt(25.0)),
        color32(Rgb::PENDING),
    );
    button::label(ui, place, "explained step", Role::Status, &step.place);
    let words = text(
        &painter,
        pos2(rect.left(), y),
        Align2::LEFT_CENTER,
        "Replay explained",
        Font::Bold.id(sizes.pt(36.0)),
        color32(Rgb::TEXT),
    );
    let left = words.right() + sizes.pt(16.0);
    let name = format!("{} · {}", explanation.instance, explanation.title);
    let about = text_within(
        &painter,
        pos2(left, y + sizes.pt(4.0)),
        Align2::LEFT_CENTER,
        &name,
        Font::Medium.id(sizes.pt(24.0).max(13.0)),
        color32(Rgb::MUTED),
        place.left() - left - sizes.pt(24.0),
    );
    let name = format!("Replay of {name}");
    button::label(ui, about, "explained instance", Role::Heading, &name);
}

/// From the top of the code down to what runs now, while it starts again.
fn arrow(painter: &Painter, areas: &Areas, to: f32, sizes: &Sizes) {
    let color = color32(Rgb::PENDING);
    let x = areas.code.right() + sizes.pt(16.0);
    let top = areas.code.top() + sizes.pt(70.0);
    let bend = x + (areas.table.left() - x) * 0.5;
    let corners = [pos2(x, top), pos2(bend, top), pos2(bend, to), pos2(x, to)];
    painter.add(egui::epaint::CubicBezierShape::from_points_stroke(
        corners,
        false,
        egui::Color32::TRANSPARENT,
        egui::Stroke::new(sizes.pt(3.0), color),
    ));
    let (tip, wing) = (pos2(x, to), sizes.pt(13.0));
    let mut mesh = MeshBuilder::default();
    mesh.line(tip, tip + vec2(wing, -wing * 0.7), sizes.pt(3.0), color);
    mesh.line(tip, tip + vec2(wing, wing * 0.7), sizes.pt(3.0), color);
    mesh.flush(painter);
    text(
        painter,
        pos2(x + (bend - x) * 0.75 + sizes.pt(10.0), (top + to) / 2.0),
        Align2::LEFT_CENTER,
        "replay",
        Font::Bold.id(sizes.pt(18.0).max(12.0)),
        color,
    );
}

/// Two statements side by side: question and answer, or expected and found.
fn pair(ui: &Ui, rect: Rect, sides: [(&str, &str); 2], color: Rgb, sizes: &Sizes) {
    let painter = panel(ui, rect, sizes);
    let inner = rect.shrink2(vec2(sizes.pt(24.0), sizes.pt(12.0)));
    let middle = inner.left() + inner.width() * 0.39;
    let ends = [middle - sizes.pt(24.0), inner.right()];
    let colors = [Rgb::TEXT, color];
    let lefts = [inner.left(), middle];
    let columns = sides.into_iter().zip(lefts).zip(ends).zip(colors);
    for (((side, left), right), color) in columns {
        let (heading, words) = side;
        text(
            &painter,
            pos2(left, inner.top() + sizes.pt(10.0)),
            Align2::LEFT_CENTER,
            heading,
            Font::Medium.id(sizes.pt(18.0).max(12.0)),
            color32(Rgb::MUTED),
        );
        let font = match left == inner.left() {
            true => Font::Mono.id(sizes.pt(21.0).max(12.0)),
            false => Font::Bold.id(sizes.pt(22.0).max(13.0)),
        };
        let width = right - left;
        let galley = layout_wrapped(&painter, words, font, color32(color), width, 2);
        let at = pos2(left, inner.top() + sizes.pt(26.0));
        let place = Rect::from_min_size(at, galley.size());
        painter.galley(at, galley, color32(color));
        let name = format!("{heading}: {words}");
        button::label(ui, place, heading, Role::Label, &name);
    }
}

fn buttons(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let (size, gap) = (vec2(sizes.pt(98.0), sizes.pt(62.0)), sizes.pt(12.0));
    let step = |direction| Action::Step(Stop::Event, direction);
    let all = [
        (Action::Start, "First step", -1.0, true),
        (step(Direction::Backward), "Previous step", -1.0, false),
        (step(Direction::Forward), "Next step", 1.0, false),
        (Action::End, "Last step", 1.0, true),
    ];
    let left = rect.center().x - size.x * 2.0 - gap * 1.5;
    for (place, (action, name, side, to_end)) in all.into_iter().enumerate() {
        let x = left + (size.x + gap) * place as f32;
        let area = Rect::from_min_size(pos2(x, rect.center().y - size.y / 2.0), size);
        let response = button::plain(ui, area, ("explainer", place), name);
        let mut mesh = MeshBuilder::default();
        let (center, icon) = (area.center(), sizes.pt(28.0));
        let color = color32(Rgb::TEXT);
        let tip = center + vec2(side * icon * 0.45, 0.0);
        let back = center.x - side * icon * 0.45;
        let corners = [
            tip,
            pos2(back, center.y - icon * 0.5),
            pos2(back, center.y + icon * 0.5),
        ];
        mesh.polygon(&corners, color);
        if to_end {
            let bar = Rect::from_center_size(tip, vec2(sizes.pt(4.0), icon));
            mesh.rect(bar, color);
        }
        mesh.flush(ui.painter());
        if response.clicked() {
            frame.act(action);
        }
    }
}

fn caption(ui: &Ui, rect: Rect, words: &str, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.hline(rect.x_range(), rect.top(), (1.0, color32(Rgb::LINE)));
    let (margin, y) = (sizes.pt(28.0), rect.center().y);
    let hints = vec![
        (Action::Escape, "back to live"),
        (Action::Step(Stop::Event, Direction::Forward), "step"),
    ];
    let hints = paint_hints(ui, rect, rect.left(), hints, frame);
    let left = rect.left() + margin;
    text_fitted(
        &painter,
        pos2(left, y),
        words,
        sizes.pt(26.0),
        color32(Rgb::TEXT),
        hints - left - margin,
    );
    button::label(ui, rect, "caption", Role::Label, words);
}

/// A tick: this is done.
fn tick(mesh: &mut MeshBuilder, center: egui::Pos2, size: f32, color: Rgb) {
    icons::status(
        mesh,
        crate::view::StatusIcon::Tick,
        center,
        size,
        color32(color),
    );
}
