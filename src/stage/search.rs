//! The search: finds an action, a score or a marker by a few letters of its name.

use egui::{Align2, Key, Modifiers, Rect, Role, Ui, UiBuilder, Vec2, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text, text_within, translucent},
};
use crate::{
    engine::Timestamp,
    view::{Action, Moment, Overlay, PieceNumber, Rgb, ScoreCard, ScoreId, Search, SetlistCommand},
};

/// The effect of a search result.
enum Choice {
    Act(Action),
    Start(ScoreId),
    /// Start it with an input.
    Ask(ScoreCard),
    Go(Timestamp),
    GoTo(PieceNumber),
}

/// A line of the result.
struct Found {
    words: String,
    keys: String,
    choice: Choice,
}

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
        vec2(sizes.pt(840.0), sizes.pt(86.0) + step * LINES as f32),
    );
    let mut mesh = MeshBuilder::default();
    mesh.round(sheet, sizes.pt(14.0), color32(Rgb::PANEL));
    mesh.outline(sheet, sizes.pt(14.0), 1.0, color32(Rgb::MUTED));
    mesh.flush(ui.painter());
    let arrows = arrows(ui);
    let entered = field(ui, sheet, &mut search, frame);
    let mut found = choices(frame, &search.typed);
    search.step(arrows, found.len());
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
            Choice::Go(at) => frame.state.jump(Moment::new(at)),
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
    let hint = egui::RichText::new("Type an action, a score or a marker").font(font.clone());
    let edit = egui::TextEdit::singleline(&mut search.typed)
        .font(font)
        .hint_text(hint)
        .frame(egui::Frame::NONE)
        .desired_width(field.width());
    let response = inner.add(edit);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(Role::TextInput, true, "Search actions and scores")
    });
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

fn paint_line(ui: &Ui, row: Rect, line: &Found, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    text_within(
        ui.painter(),
        row.left_center() + vec2(sizes.pt(14.0), 0.0),
        Align2::LEFT_CENTER,
        &line.words,
        Font::Medium.id(sizes.pt(20.0)),
        color32(Rgb::TEXT),
        row.width() - sizes.pt(130.0),
    );
    text(
        ui.painter(),
        row.right_center() - vec2(sizes.pt(14.0), 0.0),
        Align2::RIGHT_CENTER,
        &line.keys,
        Font::Bold.id(sizes.pt(17.0)),
        color32(Rgb::MUTED),
    );
}

/// The lines that match, best first.
fn choices(frame: &FrameContext<'_>, typed: &str) -> Vec<Found> {
    let scores = frame
        .snapshot
        .scores
        .iter()
        .filter(|card| card.problem.is_none());
    let scores = scores.map(|card| Found {
        words: format!("Start {}", card.title),
        keys: String::new(),
        choice: Choice::Start(card.id.clone()),
    });
    let cards = frame.snapshot.scores.iter();
    let asked = cards.filter(|card| card.problem.is_none());
    let asked = asked.map(|card| Found {
        words: format!("Start {} with an input …", card.title),
        keys: String::new(),
        choice: Choice::Ask(card.clone()),
    });
    let actions = Action::all()
        .filter(|a| !matches!(a, Action::Palette | Action::Escape))
        .map(|action| Found {
            words: action.text(),
            keys: action.keys(),
            choice: Choice::Act(action),
        });
    let markers = frame.state.markers.iter().map(|marker| Found {
        words: format!("Go to marker {}", marker.name),
        keys: String::new(),
        choice: Choice::Go(marker.at),
    });
    let performance = frame.live.performance();
    let pieces = performance.setlist.iter().flat_map(|list| {
        list.numbers().map(|number| Found {
            words: format!("Go to piece {}", list.name_of(number, performance)),
            keys: String::new(),
            choice: Choice::GoTo(number),
        })
    });
    let wanted = typed.to_lowercase();
    let mut found: Vec<_> = actions
        .chain(scores)
        .chain(asked)
        .chain(markers)
        .chain(pieces)
        .filter_map(|line| Some((rank(&line.words.to_lowercase(), &wanted)?, line)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, line)| line).collect()
}

/// The rank of a match, best first. `None`: the text does not contain the letters in that order.
fn rank(text: &str, wanted: &str) -> Option<usize> {
    if let Some(place) = text.find(wanted) {
        return Some(place);
    }
    let mut rest = text.char_indices();
    let mut last = 0;
    for letter in wanted.chars().filter(|c| !c.is_whitespace()) {
        last = rest.find(|(_, c)| *c == letter)?.0;
    }
    Some(1000 + last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_come_before_scattered_letters() {
        assert_eq!(rank("zoom in", "zoom"), Some(0));
        assert!(rank("show the meters", "shmet") > rank("show the meters", "meters"));
        assert_eq!(rank("zoom in", "xyz"), None);
    }
}
