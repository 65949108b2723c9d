//! The search: finds anything by a few letters of its name.

use egui::{Align2, Key, Modifiers, Rect, Role, Ui, UiBuilder, Vec2, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text, text_within, translucent},
};
use crate::view::{Choice, Found, FoundList, Indexed, Overlay, Rgb, Search, SetlistCommand};

/// Lines that are shown at once.
const LINES: usize = 9;

/// Paints it and handles typing, arrows and clicks.
pub(super) fn show(ui: &mut Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let Overlay::Palette(mut search) = frame.state.overlay.clone() else {
        return;
    };
    let sizes = frame.sizes;
    let behind = button::area(ui, window, "search", Role::Pane, "Search: click to close");
    ui.painter()
        .rect_filled(window, 0.0, translucent(Rgb::BACKGROUND, 0.72));
    let step = sizes.pt(44.0);
    let sheet = Rect::from_min_size(
        pos2(
            window.center().x - sizes.pt(420.0),
            window.top() + sizes.pt(130.0),
        ),
        vec2(sizes.pt(840.0), sizes.pt(116.0) + step * LINES as f32),
    );
    let mut mesh = MeshBuilder::default();
    mesh.round(sheet, sizes.pt(14.0), color32(Rgb::PANEL));
    mesh.outline(sheet, sizes.pt(14.0), 1.0, color32(Rgb::MUTED));
    mesh.flush(ui.painter());
    let arrows = arrows(ui);
    let entered = field(ui, sheet, &mut search, frame);
    let (list, indexed) = frame.state.find(&search.typed, frame.live, frame.wall);
    if indexed == Indexed::Partly {
        ui.request_repaint();
    }
    let mut found = list.lines.clone();
    search.step(arrows, found.len());
    foot(ui, sheet, &list, indexed, frame);
    let asked = search.asked;
    if let Some(line) = asked.and_then(|line| found.get_mut(line)) {
        line.words = format!("Once more to confirm: {}", line.words);
    }
    let mut chosen = entered.then_some(search.line);
    let first = (search.line + 1).saturating_sub(LINES);
    let moves = ui.input(|input| input.pointer.delta() != Vec2::ZERO);
    for (place, line) in found.iter().enumerate().skip(first).take(LINES) {
        let top = sheet.top() + sizes.pt(76.0) + step * (place - first) as f32;
        let row = Rect::from_min_size(
            pos2(sheet.left() + sizes.pt(10.0), top),
            vec2(sheet.width() - sizes.pt(20.0), step),
        );
        let response = button::area(ui, row, ("found", place), Role::Button, &line.words);
        if response.hovered() && moves {
            search.line = place;
        }
        if search.line == place {
            let mut band = MeshBuilder::default();
            band.round(row, sizes.pt(8.0), color32(Rgb::BUTTON));
            band.rect(
                Rect::from_min_size(row.min, vec2(sizes.pt(5.0), row.height())),
                color32(Rgb::LANES[0]),
            );
            band.flush(ui.painter());
            let name = format!("Selected: {}", line.words);
            button::label(ui, row, "selected", Role::Label, &name);
        }
        paint_line(ui, row, line, frame);
        if response.clicked() {
            chosen = Some(place);
        }
    }
    let outside = behind
        .interact_pointer_pos()
        .is_some_and(|at| !sheet.contains(at));
    frame.state.overlay = match behind.clicked() && outside {
        true => Overlay::None,
        false => Overlay::Palette(search),
    };
    let Some(place) = chosen.filter(|place| *place < found.len()) else {
        return;
    };
    let is_held = matches!(&found[place].choice, Choice::Act(action) if action.is_held());
    if is_held && asked != Some(place) {
        if let Overlay::Palette(search) = &mut frame.state.overlay {
            search.line = place;
            search.asked = Some(place);
        }
    } else {
        frame.state.overlay = Overlay::None;
        match found.swap_remove(place).choice {
            Choice::Start(id) => frame.start_score(&id),
            Choice::Act(action) if is_held => frame.act_confirmed(action),
            Choice::Ask(card) => frame.state.ask_input(&card),
            Choice::Act(action) => frame.act(action),
            Choice::GoTo(piece) => frame.send(SetlistCommand::GoTo(piece)),
            choice => {
                let commands = frame.state.go_to_found(&choice, frame.live);
                frame.commands.extend(commands);
            }
        }
    }
}

/// How many lines the arrow keys move the selection down.
fn arrows(ui: &mut Ui) -> isize {
    ui.input_mut(|input| {
        let mut presses = |key| input.count_and_consume_key(Modifiers::NONE, key);
        let (down, up) = (presses(Key::ArrowDown), presses(Key::ArrowUp));
        isize::try_from(down).unwrap_or(0) - isize::try_from(up).unwrap_or(0)
    })
}

/// The text field. Returns whether Enter was pressed.
fn field(ui: &mut Ui, sheet: Rect, search: &mut Search, frame: &FrameContext<'_>) -> bool {
    let sizes = frame.sizes;
    let field = Rect::from_min_size(
        sheet.min + vec2(sizes.pt(20.0), sizes.pt(18.0)),
        vec2(sheet.width() - sizes.pt(40.0), sizes.pt(44.0)),
    );
    let font = Font::Medium.id(sizes.pt(24.0));
    let mut inner = ui.new_child(UiBuilder::new().max_rect(field));
    let hint = egui::RichText::new("An action, a lane, an activity, a score, a marker · # a lane")
        .font(font.clone());
    let edit = egui::TextEdit::singleline(&mut search.typed)
        .font(font)
        .hint_text(hint)
        .frame(egui::Frame::NONE)
        .desired_width(field.width());
    let response = inner.add(edit);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::TextInput, true, "Search everything"));
    response.request_focus();
    if response.changed() {
        search.line = 0;
        search.asked = None;
    }
    // A key that is held down repeats, and must not confirm what it has just chosen.
    inner.input(|input| input.events.iter().any(is_enter))
}

fn is_enter(event: &egui::Event) -> bool {
    matches!(
        event,
        egui::Event::Key {
            key: Key::Enter,
            pressed: true,
            repeat: false,
            ..
        }
    )
}

/// Below the lines: how many more there are.
fn foot(ui: &Ui, sheet: Rect, list: &FoundList, indexed: Indexed, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let words = match (list.lines.len(), list.more, indexed) {
        (0, ..) => "Nothing matches".to_owned(),
        (_, 0, Indexed::Whole) => return,
        (_, 0, Indexed::Partly) => "Reading the histories …".to_owned(),
        (_, more, _) => format!("and {more} more: type another word"),
    };
    let at = sheet.left_bottom() + vec2(sizes.pt(24.0), -sizes.pt(20.0));
    let font = Font::Medium.id(sizes.pt(17.0));
    let color = color32(Rgb::MUTED);
    let place = text(ui.painter(), at, Align2::LEFT_CENTER, &words, font, color);
    button::label(ui, place, "found more", Role::Status, &words);
}

fn paint_line(ui: &Ui, row: Rect, line: &Found, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let right = row.right_center() - vec2(sizes.pt(14.0), 0.0);
    text(
        ui.painter(),
        right,
        Align2::RIGHT_CENTER,
        line.kind,
        Font::Medium.id(sizes.pt(15.0)),
        color32(Rgb::MUTED),
    );
    let detail = text(
        ui.painter(),
        right - vec2(sizes.pt(92.0), 0.0),
        Align2::RIGHT_CENTER,
        &line.detail,
        Font::Bold.id(sizes.pt(17.0)),
        color32(Rgb::MUTED),
    );
    let left = row.left_center() + vec2(sizes.pt(14.0), 0.0);
    text_within(
        ui.painter(),
        left,
        Align2::LEFT_CENTER,
        &line.words,
        Font::Medium.id(sizes.pt(20.0)),
        color32(Rgb::TEXT),
        detail.left() - sizes.pt(16.0) - left.x,
    );
}
