//! The search: finds an action or a score by a few letters of its name.

use egui::{Align2, Key, Rect, Role, Ui, UiBuilder, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text, text_within, translucent},
};
use crate::view::{Action, EngineCommand, Overlay, Rgb, ScoreId};

/// The effect of a search result.
enum Choice {
    Act(Action),
    Start(ScoreId),
}

/// Paints it and handles typing.
pub(super) fn show(ui: &mut Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let Overlay::Palette(mut typed) = frame.state.overlay.clone() else {
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
        vec2(sizes.pt(840.0), sizes.pt(86.0) + step * 9.0),
    );
    let mut mesh = MeshBuilder::default();
    mesh.round(sheet, sizes.pt(14.0), color32(Rgb::PANEL));
    mesh.outline(sheet, sizes.pt(14.0), 1.0, color32(Rgb::MUTED));
    mesh.flush(ui.painter());
    let field = Rect::from_min_size(
        sheet.min + vec2(sizes.pt(20.0), sizes.pt(18.0)),
        vec2(sheet.width() - sizes.pt(40.0), sizes.pt(44.0)),
    );
    let entered = {
        let mut inner = ui.new_child(UiBuilder::new().max_rect(field));
        let edit = egui::TextEdit::singleline(&mut typed)
            .font(Font::Medium.id(sizes.pt(24.0)))
            .hint_text(
                egui::RichText::new("Type an action or a score")
                    .font(Font::Medium.id(sizes.pt(24.0))),
            )
            .frame(egui::Frame::NONE)
            .desired_width(field.width());
        let response = inner.add(edit);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(Role::TextInput, true, "Search actions and scores")
        });
        response.request_focus();
        inner.input(|input| input.key_pressed(Key::Enter))
    };
    let found = choices(frame, &typed);
    let mut chosen = None;
    for (place, (words, key, choice)) in found.into_iter().take(9).enumerate() {
        let row = Rect::from_min_size(
            pos2(
                sheet.left() + sizes.pt(10.0),
                sheet.top() + sizes.pt(76.0) + step * place as f32,
            ),
            vec2(sheet.width() - sizes.pt(20.0), step),
        );
        let response = button::area(ui, row, ("found", place), Role::Button, &words);
        if place == 0 || response.hovered() {
            let mut band = MeshBuilder::default();
            band.round(row, sizes.pt(8.0), color32(Rgb::BUTTON));
            band.flush(ui.painter());
        }
        let font = Font::Medium.id(sizes.pt(20.0));
        text_within(
            ui.painter(),
            row.left_center() + vec2(sizes.pt(14.0), 0.0),
            Align2::LEFT_CENTER,
            &words,
            font,
            color32(Rgb::TEXT),
            row.width() - sizes.pt(130.0),
        );
        let font = Font::Bold.id(sizes.pt(17.0));
        text(
            ui.painter(),
            row.right_center() - vec2(sizes.pt(14.0), 0.0),
            Align2::RIGHT_CENTER,
            key,
            font,
            color32(Rgb::MUTED),
        );
        if response.clicked() || (entered && place == 0) {
            chosen = Some(choice);
        }
    }
    let outside = behind
        .interact_pointer_pos()
        .is_some_and(|at| !sheet.contains(at));
    frame.state.overlay = match behind.clicked() && outside {
        true => Overlay::None,
        false => Overlay::Palette(typed),
    };
    if let Some(choice) = chosen {
        frame.state.overlay = Overlay::None;
        match choice {
            Choice::Start(id) => frame.send(EngineCommand::StartScore(id)),
            Choice::Act(action) => {
                frame.act(action);
            }
        }
    }
}

fn choices(frame: &FrameContext<'_>, typed: &str) -> Vec<(String, String, Choice)> {
    let scores = frame
        .snapshot
        .scores
        .iter()
        .filter(|card| card.problem.is_none());
    let scores = scores.map(|card| {
        let words = format!("Start {}", card.title);
        (words, String::new(), Choice::Start(card.id.clone()))
    });
    let actions = Action::all()
        .filter(|a| !matches!(a, Action::Palette | Action::Escape) && !a.is_held())
        .map(|action| (action.text(), action.keys(), Choice::Act(action)));
    let wanted = typed.to_lowercase();
    let mut found: Vec<_> = actions
        .chain(scores)
        .filter_map(|line| Some((rank(&line.0.to_lowercase(), &wanted)?, line)))
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
