//! Paints a form and turns keys, typing and clicks into its changes.

use std::sync::Arc;

use egui::{
    Align2, Event, EventFilter, Id, Key, Modifiers, Rect, Role, Ui, UiBuilder, WidgetInfo, pos2,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
    vec2,
};

use super::{
    button,
    form_parts::{self, Layout},
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text_within, translucent},
};
use crate::view::{FieldKind, Form, FormPurpose, FoundLine, Overlay, Rgb, split_path};

/// What was pressed in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    Send,
    Close,
    /// An option of a field.
    Option(usize, usize),
    /// A line of what was found.
    Line(usize),
}

/// Paints the form that is open.
pub(super) fn show(ui: &mut Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let Overlay::Form(form) = &frame.state.overlay else {
        return;
    };
    let mut form = Form::clone(form);
    offer(&mut form, frame);
    let mut pressed = keys(ui, &mut form);
    let behind = button::area(ui, window, "form", Role::Pane, "Form: click to close");
    ui.painter()
        .rect_filled(window, 0.0, translucent(Rgb::BACKGROUND, 0.72));
    let layout = Layout::of(ui.painter(), window, &form, frame.sizes);
    let sheet = layout.sheet;
    let radius = frame.sizes.pt(14.0);
    let mut mesh = MeshBuilder::default();
    mesh.round(sheet, radius, color32(Rgb::PANEL));
    mesh.outline(sheet, radius, 1.5, color32(Rgb::EDGE));
    mesh.flush(ui.painter());
    form_parts::head(ui, &layout, &form);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(layout.fields));
    inner.set_clip_rect(layout.fields.expand(4.0).intersect(sheet));
    for place in 0..form.fields.len() {
        let by_click = field(&mut inner, &layout, place, &mut form);
        pressed = pressed.or(by_click);
    }
    pressed = pressed.or(form_parts::lines(ui, &layout, &mut form));
    pressed = pressed.or(form_parts::foot(ui, &layout, &form));
    let outside = behind
        .interact_pointer_pos()
        .is_some_and(|at| !sheet.contains(at));
    if behind.clicked() && outside {
        pressed = Some(Pressed::Close);
    }
    act(form, pressed, frame);
}

/// What becomes of the form after this frame.
fn act(mut form: Form, pressed: Option<Pressed>, frame: &mut FrameContext<'_>) {
    let mut sends = false;
    match pressed {
        Some(Pressed::Close) => {
            frame.state.overlay = Overlay::None;
            return;
        }
        Some(Pressed::Option(place, option)) => {
            form.choose(place, option);
            sends = form.sends_on_choice();
        }
        Some(Pressed::Line(line)) => {
            form.line = Some(line);
            sends = completes(&mut form);
        }
        Some(Pressed::Send) => sends = completes(&mut form),
        None => {}
    }
    frame.state.overlay = Overlay::Form(Box::new(form));
    if sends {
        let (live, wall) = (frame.live, frame.wall);
        let commands = frame.state.send_form(live, wall, &frame.clock.zone);
        frame.commands.extend(commands);
    }
}

/// Takes the line that is selected; returns whether the form can be sent then.
fn completes(form: &mut Form) -> bool {
    match form.purpose {
        FormPurpose::Open { .. } => form.take_line().is_none_or(|line| !line.goes_on),
        FormPurpose::NameEvent { .. } => {
            form.take_line();
            true
        }
        _ => true,
    }
}

/// What is found for the text in the field.
fn offer(form: &mut Form, frame: &FrameContext<'_>) {
    let typed = match form.fields.first() {
        Some(field) => field.typed.clone(),
        None => return,
    };
    match &form.purpose {
        FormPurpose::NameEvent { instance } => {
            let names = frame.host.event_names(instance).unwrap_or_default();
            form.offer(events_named(&names, &typed), false);
        }
        FormPurpose::ChooseScore => form.offer(frame.live.scores_named(&typed), true),
        FormPurpose::Open { asked } => {
            let asked = *asked;
            let (folder, begun) = split_path(&typed);
            if let Some(listing) = frame.host.folder(folder, asked) {
                form.offer(listing.completions(&typed), !begun.is_empty());
                if let Some(problem) = &listing.problem {
                    form.refuse(problem);
                }
            }
        }
        _ => {}
    }
}

/// The events whose names contain what was typed, as lines of a form.
fn events_named(names: &[Arc<str>], typed: &str) -> Vec<FoundLine> {
    let typed = typed.trim().to_lowercase();
    let named = names
        .iter()
        .filter(|name| name.to_lowercase().contains(&typed));
    let lines = named.map(|name| FoundLine {
        text: name.to_string(),
        detail: String::new(),
        completes: name.to_string(),
        goes_on: false,
    });
    lines.collect()
}

/// Handles the keys of a form before its fields do.
fn keys(ui: &Ui, form: &mut Form) -> Option<Pressed> {
    let is_choice = form
        .focused()
        .is_some_and(|field| field.options().is_some());
    let mut pressed = None;
    ui.input_mut(|input| {
        let count = |input: &mut egui::InputState, modifiers, key| {
            isize::try_from(input.count_and_consume_key(modifiers, key)).unwrap_or(0)
        };
        // Shift comes first: a key without modifiers also matches with Shift.
        let back = count(input, Modifiers::SHIFT, Key::Tab);
        let tabs = count(input, Modifiers::NONE, Key::Tab);
        let rows = count(input, Modifiers::NONE, Key::ArrowDown)
            - count(input, Modifiers::NONE, Key::ArrowUp);
        let page = count(input, Modifiers::NONE, Key::PageDown)
            - count(input, Modifiers::NONE, Key::PageUp);
        match form.found.is_empty() {
            true => form.step_focus(tabs + rows - back),
            false => form.step_line(rows + page * form_parts::LINES_ON_PAGE - back),
        }
        if tabs > 0 && !form.found.is_empty() {
            if form.line.is_none() {
                form.step_line(1);
            }
            if matches!(form.purpose, FormPurpose::Open { .. }) {
                form.take_line();
            }
        }
        if is_choice {
            let by = count(input, Modifiers::NONE, Key::ArrowRight)
                - count(input, Modifiers::NONE, Key::ArrowLeft);
            if by != 0 {
                form.step_option(by);
            }
            let typed = input.events.iter().find_map(option_key);
            let option = typed.and_then(|key| form.option_of(key));
            pressed = option.map(|option| Pressed::Option(form.focus, option));
        }
        if input.consume_key(Modifiers::NONE, Key::Enter) {
            pressed = Some(Pressed::Send);
        }
    });
    pressed
}

/// The digit or letter of a key that was pressed first. Digits are those of the number row.
fn option_key(event: &Event) -> Option<char> {
    let Event::Key {
        key,
        physical_key,
        pressed: true,
        repeat: false,
        modifiers,
    } = event
    else {
        return None;
    };
    if modifiers.command || modifiers.alt {
        return None;
    }
    let digit = physical_key.filter(|place| (Key::Num0..=Key::Num9).contains(place));
    let mut name = digit.unwrap_or(*key).name().chars();
    name.next().filter(|_| name.next().is_none())
}

/// A field with its label, and what is wrong with it. Returns the option that was clicked.
fn field(ui: &mut Ui, layout: &Layout, place: usize, form: &mut Form) -> Option<Pressed> {
    let at = *layout.rows.get(place)?;
    if !at.rect.intersects(layout.fields) {
        return None;
    }
    let described = form.fields.get(place)?.clone();
    form_parts::label(ui, layout, &at, &described, form.fields.len());
    let has_focus = form.focus == place;
    let pressed = match described.kind {
        FieldKind::Choice(_) => {
            let id = Id::unique(("form choice", &form.heading, place));
            let group = ui.interact(at.body, id, egui::Sense::focusable_noninteractive());
            group.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, &described.label));
            if has_focus {
                keep_focus(ui, id);
            }
            form_parts::options(ui, layout, &at, place, &described, has_focus)
        }
        _ => {
            typed(ui, layout, at.body, place, form);
            None
        }
    };
    form_parts::problem(ui, layout, &at, form.fields.get(place)?);
    pressed
}

/// Gives a field the focus, and its keys.
fn keep_focus(ui: &Ui, id: Id) {
    ui.memory_mut(|memory| {
        if !memory.has_focus(id) {
            memory.request_focus(id);
        }
        let filter = EventFilter {
            tab: true,
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: true,
        };
        memory.set_focus_lock_filter(id, filter);
    });
}

/// A field that is typed into.
fn typed(ui: &mut Ui, layout: &Layout, body: Rect, place: usize, form: &mut Form) {
    let sizes = layout.sizes;
    let has_focus = form.focus == place;
    let heading = form.heading.clone();
    let Some(field) = form.fields.get(place) else {
        return;
    };
    let (edge, width) = match (&field.problem, has_focus) {
        (Some(_), _) => (Rgb::ALARM, 2.0),
        (None, true) => (Rgb::TEXT, 2.0),
        (None, false) => (Rgb::EDGE, 1.2),
    };
    let mut mesh = MeshBuilder::default();
    mesh.round(body, sizes.pt(8.0), color32(Rgb::BACKGROUND));
    mesh.outline(body, sizes.pt(8.0), width, color32(edge));
    mesh.flush(ui.painter());
    let font = match field.kind {
        FieldKind::Json => Font::Mono.id(sizes.pt(20.0).max(13.0)),
        _ => Font::Medium.id(sizes.pt(22.0).max(13.0)),
    };
    let mut content = field.typed.clone();
    let inner = body.shrink2(vec2(sizes.pt(14.0), sizes.pt(8.0)));
    let mut inside = ui.new_child(UiBuilder::new().max_rect(inner));
    let id = Id::unique(("form field", &heading, place));
    let length = content.chars().count();
    if std::mem::take(&mut form.is_completed) {
        put_cursor(ui, id, length, length);
    }
    let edit = egui::TextEdit::singleline(&mut content)
        .id(id)
        .font(font)
        .margin(egui::Margin::ZERO)
        .frame(egui::Frame::NONE)
        .lock_focus(true)
        .align(Align2::LEFT_CENTER)
        .min_size(inner.size())
        .char_limit(Form::MAX_TYPED)
        .desired_width(inner.width());
    let response = inside.add(edit);
    let name = field.label.clone();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::TextInput, true, &name);
        info.current_text_value = Some(content.clone());
        info
    });
    if response.changed() {
        form.set_typed(place, content);
    } else if response.gained_focus() {
        form.focus = place;
    }
    if form.focus == place && !response.has_focus() {
        response.request_focus();
        // A path goes on at its end; what a default has filled in is replaced by typing.
        let from = match form.purpose {
            FormPurpose::Open { .. } => length,
            _ => 0,
        };
        put_cursor(ui, id, from, length);
    }
}

/// Selects characters of a field; the cursor is at the end of them.
fn put_cursor(ui: &Ui, field: Id, from: usize, until: usize) {
    let mut state = TextEditState::load(ui.ctx(), field).unwrap_or_default();
    let range = CCursorRange::two(CCursor::new(from), CCursor::new(until));
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), field);
}

/// Words in a field's place, cut where they would be too wide.
pub(super) fn words(
    ui: &Ui,
    at: egui::Pos2,
    what: &str,
    font: egui::FontId,
    color: Rgb,
    room: f32,
) -> Rect {
    let color = color32(color);
    text_within(
        ui.painter(),
        at,
        Align2::LEFT_CENTER,
        what,
        font,
        color,
        room,
    )
}

/// The place of words of a certain height below each other.
pub(super) fn line(left: f32, top: f32, height: f32) -> egui::Pos2 {
    pos2(left, top + height / 2.0)
}
