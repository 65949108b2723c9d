//! The parts of a form: where they are, and how they look.

use egui::{Align2, Painter, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    form::{Pressed, line, words},
    mesh_builder::MeshBuilder,
    theme::{Font, Sizes, color32, layout_line, layout_wrapped, text, text_within},
};
use crate::view::{Field, Form, Rgb};

/// Lines of what was found that are shown at once, if there is room.
const LINES: usize = 9;
/// The same, as a step.
pub(super) const LINES_ON_PAGE: isize = 9;
const LABEL: f32 = 30.0;
const HELP: f32 = 24.0;
const BODY: f32 = 48.0;
const PROBLEM: f32 = 30.0;
const GAP: f32 = 18.0;
const OPTION: f32 = 48.0;
const LINE: f32 = 44.0;
const PADDING: f32 = 28.0;
const FOOT: f32 = 84.0;

/// Where the parts of a form are.
pub(super) struct Layout {
    pub sizes: Sizes,
    pub sheet: Rect,
    /// Where the fields are; those that do not fit are reached by scrolling.
    pub fields: Rect,
    pub rows: Vec<FieldRow>,
    /// Where what was found is listed.
    lines: Rect,
    foot: Rect,
}

/// Where the parts of a field are.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldRow {
    /// All of it.
    pub rect: Rect,
    label: f32,
    help: f32,
    /// What is typed into, or the options.
    pub body: Rect,
}

impl Layout {
    pub fn of(painter: &Painter, window: Rect, form: &Form, sizes: Sizes) -> Self {
        let pt = |size: f32| sizes.pt(size);
        let wide = pt(880.0).max(560.0).min(window.width() - pt(40.0));
        let inner = wide - 2.0 * pt(PADDING);
        let head = pt(PADDING + 44.0 + if form.hint.is_empty() { 8.0 } else { 40.0 });
        let heights: Vec<_> = form
            .fields
            .iter()
            .map(|field| field_height(painter, field, inner, sizes))
            .collect();
        let all: f32 = heights.iter().sum();
        let found = match form.found.len() {
            0 => 0.0,
            count => pt(LINE) * count.min(LINES) as f32 + pt(8.0),
        };
        let warned = if form.problem.is_some() {
            pt(PROBLEM)
        } else {
            0.0
        };
        let top = window.top() + pt(110.0);
        let most = window.bottom() - pt(40.0) - top;
        let foot = pt(FOOT) + warned;
        let shown = all.min((most - head - foot - found).max(pt(BODY + LABEL)));
        let high = (head + shown + found + foot).min(most);
        let sheet =
            Rect::from_min_size(pos2(window.center().x - wide / 2.0, top), vec2(wide, high));
        let left = sheet.left() + pt(PADDING);
        let fields = Rect::from_min_size(pos2(left, top + head), vec2(inner, shown));
        let before: f32 = heights.iter().take(form.focus).sum();
        let focused = heights.get(form.focus).copied().unwrap_or_default();
        let scroll = (before + focused / 2.0 - shown / 2.0).clamp(0.0, (all - shown).max(0.0));
        let mut y = fields.top() - scroll;
        let rows = form.fields.iter().zip(&heights).map(|(field, height)| {
            let rect = Rect::from_min_size(pos2(left, y), vec2(inner, *height));
            y += height;
            row(painter, rect, field, sizes)
        });
        let rows = rows.collect();
        let foot = Rect::from_min_max(
            pos2(left, sheet.bottom() - foot),
            pos2(left + inner, sheet.bottom()),
        );
        let lines = Rect::from_min_max(pos2(left, fields.bottom()), pos2(left + inner, foot.top()));
        Self {
            sizes,
            sheet,
            fields,
            rows,
            lines,
            foot,
        }
    }
}

fn body_height(painter: &Painter, field: &Field, width: f32, sizes: Sizes) -> f32 {
    match field.options() {
        None => sizes.pt(BODY),
        Some(_) => {
            let bottom = option_rects(painter, field, width, sizes);
            bottom.last().map_or(0.0, |last| last.bottom())
        }
    }
}

fn field_height(painter: &Painter, field: &Field, width: f32, sizes: Sizes) -> f32 {
    let help = if field.help.is_empty() { 0.0 } else { HELP };
    let said = field.problem.is_some() || field.note().is_some();
    let problem = if said { PROBLEM } else { 0.0 };
    sizes.pt(LABEL + help + problem + GAP) + body_height(painter, field, width, sizes)
}

fn row(painter: &Painter, rect: Rect, field: &Field, sizes: Sizes) -> FieldRow {
    let label = rect.top();
    let help = label + sizes.pt(LABEL);
    let help_height = if field.help.is_empty() { 0.0 } else { HELP };
    let top = help + sizes.pt(help_height);
    let high = body_height(painter, field, rect.width(), sizes);
    FieldRow {
        rect,
        label,
        help,
        body: Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), high)),
    }
}

/// Where the options of a field are, from the corner of its body: side by side, in rows.
fn option_rects(painter: &Painter, field: &Field, width: f32, sizes: Sizes) -> Vec<Rect> {
    let (gap, height) = (sizes.pt(10.0), sizes.pt(OPTION));
    let (mut x, mut y) = (0.0, 0.0);
    let options = field.options().unwrap_or_default();
    let rects = options.iter().map(|option| {
        let font = Font::Bold.id(option_size(sizes));
        let label = layout_line(painter, &option.label, font, color32(Rgb::TEXT));
        let wide = (label.size().x + sizes.pt(78.0))
            .max(sizes.pt(130.0))
            .min(width);
        if x > 0.0 && x + wide > width {
            (x, y) = (0.0, y + height + gap);
        }
        let rect = Rect::from_min_size(pos2(x, y), vec2(wide, height));
        x += wide + gap;
        rect
    });
    rects.collect()
}

fn option_size(sizes: Sizes) -> f32 {
    sizes.pt(21.0).max(13.0)
}

fn small(sizes: Sizes) -> egui::FontId {
    Font::Medium.id(sizes.pt(18.0).max(12.0))
}

/// Heading and hint.
pub(super) fn head(ui: &Ui, layout: &Layout, form: &Form) {
    let sizes = layout.sizes;
    let left = layout.fields.left();
    let room = layout.fields.width();
    let top = layout.sheet.top() + sizes.pt(PADDING);
    let font = Font::Bold.id(sizes.pt(28.0).max(16.0));
    let at = line(left, top - sizes.pt(6.0), sizes.pt(40.0));
    let place = words(ui, at, &form.heading, font, Rgb::TEXT, room);
    button::label(ui, place, "form heading", Role::Heading, &form.heading);
    if !form.hint.is_empty() {
        let at = line(left, top + sizes.pt(38.0), sizes.pt(28.0));
        let place = words(ui, at, &form.hint, small(sizes), Rgb::MUTED, room);
        button::label(ui, place, "form hint", Role::Label, &form.hint);
    }
}

/// The label of a field, and what it is for. Among several fields it says which need not be filled in.
pub(super) fn label(ui: &Ui, layout: &Layout, at: &FieldRow, field: &Field, fields: usize) {
    let sizes = layout.sizes;
    let (left, room) = (at.rect.left(), at.rect.width());
    let font = Font::Bold.id(sizes.pt(19.0).max(12.5));
    let place = line(left, at.label, sizes.pt(LABEL) - sizes.pt(4.0));
    let place = words(ui, place, &field.label, font, Rgb::TEXT, room);
    if !field.is_required && fields > 1 {
        let right = pos2(place.right() + sizes.pt(10.0), place.center().y);
        let room = at.rect.right() - right.x;
        words(ui, right, "optional", small(sizes), Rgb::MUTED, room);
    }
    if !field.help.is_empty() {
        let place = line(left, at.help - sizes.pt(4.0), sizes.pt(HELP));
        words(ui, place, &field.help, small(sizes), Rgb::MUTED, room);
    }
}

/// What is wrong with a field, or how it is taken.
pub(super) fn problem(ui: &Ui, layout: &Layout, at: &FieldRow, field: &Field) {
    let sizes = layout.sizes;
    let note = field.note();
    let (what, color) = match (&field.problem, &note) {
        (Some(problem), _) => (problem.as_str(), Rgb::ALARM),
        (None, Some(note)) => (note.as_str(), Rgb::PENDING),
        (None, None) => return,
    };
    let place = line(
        at.rect.left(),
        at.body.bottom() + sizes.pt(4.0),
        sizes.pt(PROBLEM),
    );
    let place = words(ui, place, what, small(sizes), color, at.rect.width());
    let name = format!("{}: {what}", field.label);
    button::label(
        ui,
        place,
        ("form problem", &field.name),
        Role::Status,
        &name,
    );
}

/// The options of a field; returns the one that was clicked.
pub(super) fn options(
    ui: &Ui,
    layout: &Layout,
    at: &FieldRow,
    place: usize,
    field: &Field,
    has_focus: bool,
) -> Option<Pressed> {
    let sizes = layout.sizes;
    let rects = option_rects(ui.painter(), field, at.body.width(), sizes);
    let letters = field.letters();
    let options = field.options()?;
    let mut pressed = None;
    for (number, (option, rect)) in options.iter().zip(rects).enumerate() {
        let rect = rect.translate(at.body.min.to_vec2());
        let name = format!("{}: {}", field.label, option.label);
        let id = ("form option", place, number);
        let response = button::area(ui, rect, id, Role::RadioButton, &name);
        let is_chosen = field.chosen == Some(number);
        let ground = match is_chosen {
            true => color32(Rgb::TEXT),
            false => button::hover_color(&response, Rgb::BUTTON),
        };
        let ink = if is_chosen {
            Rgb::BACKGROUND
        } else {
            Rgb::TEXT
        };
        let mut mesh = MeshBuilder::default();
        mesh.round(rect, sizes.pt(8.0), ground);
        let edge = if has_focus { Rgb::TEXT } else { Rgb::EDGE };
        mesh.outline(rect, sizes.pt(8.0), 1.4, color32(edge));
        button::focus_ring(&mut mesh, &response, rect);
        mesh.flush(ui.painter());
        if is_chosen {
            button::select(ui, &response);
        }
        let letter = letters.get(number).copied().flatten();
        let key = match (number < 9, letter) {
            (true, Some(letter)) => format!("{} {}", number + 1, letter.to_ascii_uppercase()),
            (true, None) => (number + 1).to_string(),
            (false, Some(letter)) => letter.to_ascii_uppercase().to_string(),
            (false, None) => String::new(),
        };
        let left = rect.left() + sizes.pt(14.0);
        let font = Font::Bold.id(option_size(sizes));
        let room = rect.width() - sizes.pt(66.0);
        words(
            ui,
            pos2(left, rect.center().y),
            &option.label,
            font,
            ink,
            room,
        );
        let muted = if is_chosen {
            Rgb::BACKGROUND
        } else {
            Rgb::MUTED
        };
        let corner = pos2(rect.right() - sizes.pt(14.0), rect.center().y);
        let font = small(sizes);
        text(
            ui.painter(),
            corner,
            Align2::RIGHT_CENTER,
            key,
            font,
            color32(muted),
        );
        if response.clicked() {
            pressed = Some(Pressed::Option(place, number));
        }
    }
    pressed
}

/// What was found for the text in the field; returns the line that was clicked.
pub(super) fn lines(ui: &Ui, layout: &Layout, form: &mut Form) -> Option<Pressed> {
    let sizes = layout.sizes;
    let step = sizes.pt(LINE);
    let room = ((layout.lines.height() / step) as usize).min(LINES);
    let first = form.line.map_or(0, |line| (line + 1).saturating_sub(room));
    let moves = ui.input(|input| input.pointer.delta() != egui::Vec2::ZERO);
    let mut pressed = None;
    let mut hovered = None;
    for (place, found) in form.found.iter().enumerate().skip(first).take(room) {
        let top = layout.lines.top() + step * (place - first) as f32;
        let rect = Rect::from_min_size(
            pos2(layout.lines.left(), top),
            vec2(layout.lines.width(), step),
        );
        let response = button::area(ui, rect, ("form line", place), Role::Button, &found.text);
        if response.hovered() && moves {
            hovered = Some(place);
        }
        if form.line == Some(place) {
            let mut mesh = MeshBuilder::default();
            mesh.round(rect, sizes.pt(8.0), color32(Rgb::BUTTON));
            let edge = Rect::from_min_size(rect.min, vec2(sizes.pt(5.0), rect.height()));
            mesh.rect(edge, color32(Rgb::LANES[0]));
            mesh.flush(ui.painter());
            let name = format!("Selected: {}", found.text);
            button::label(ui, rect, "selected line", Role::Label, &name);
        }
        let font = Font::Medium.id(sizes.pt(20.0).max(13.0));
        let left = pos2(rect.left() + sizes.pt(14.0), rect.center().y);
        let width = rect.width() - sizes.pt(260.0);
        words(ui, left, &found.text, font, Rgb::TEXT, width);
        let right = pos2(rect.right() - sizes.pt(14.0), rect.center().y);
        let muted = color32(Rgb::MUTED);
        let room = sizes.pt(230.0);
        text_within(
            ui.painter(),
            right,
            Align2::RIGHT_CENTER,
            &found.detail,
            small(sizes),
            muted,
            room,
        );
        if response.clicked() {
            pressed = Some(Pressed::Line(place));
        }
    }
    form.line = hovered.or(form.line);
    pressed
}

/// What is wrong as a whole, and the buttons.
pub(super) fn foot(ui: &Ui, layout: &Layout, form: &Form) -> Option<Pressed> {
    let sizes = layout.sizes;
    let foot = layout.foot;
    if let Some(problem) = &form.problem {
        let color = color32(Rgb::ALARM);
        let galley = layout_wrapped(ui.painter(), problem, small(sizes), color, foot.width(), 1);
        ui.painter().galley(foot.min, galley, color);
        let place = Rect::from_min_size(foot.min, vec2(foot.width(), sizes.pt(PROBLEM)));
        button::label(ui, place, "form wrong", Role::Status, problem);
    }
    let height = sizes.pt(BODY);
    let bottom = foot.bottom() - sizes.pt(PADDING - 6.0);
    let mut right = foot.right();
    let mut pressed = None;
    let buttons = [
        (form.verb, "Enter", Pressed::Send),
        ("Cancel", "Esc", Pressed::Close),
    ];
    for (name, key, press) in buttons {
        let wide = sizes.pt(170.0);
        let rect = Rect::from_min_max(pos2(right - wide, bottom - height), pos2(right, bottom));
        right -= wide + sizes.pt(12.0);
        let response = match press {
            Pressed::Send => {
                let response = button::area(ui, rect, "form send", Role::Button, name);
                let mut mesh = MeshBuilder::default();
                let ground = button::hover_color(&response, Rgb::LANES[0]);
                mesh.round(rect, rect.height() * 0.2, ground);
                button::focus_ring(&mut mesh, &response, rect);
                mesh.flush(ui.painter());
                response
            }
            _ => button::plain(ui, rect, "form cancel", name),
        };
        let (ink, faint) = match press {
            Pressed::Send => (Rgb::BACKGROUND, Rgb::BACKGROUND),
            _ => (Rgb::TEXT, Rgb::MUTED),
        };
        let font = Font::Bold.id(option_size(sizes));
        let at = pos2(rect.left() + sizes.pt(18.0), rect.center().y);
        words(ui, at, name, font, ink, rect.width());
        let corner = pos2(rect.right() - sizes.pt(16.0), rect.center().y);
        text(
            ui.painter(),
            corner,
            Align2::RIGHT_CENTER,
            key,
            small(sizes),
            color32(faint),
        );
        if response.clicked() {
            pressed = Some(press);
        }
    }
    pressed
}
