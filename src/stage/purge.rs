//! The button of the histories that deletes what has ended, by the present search. It must be held.

use egui::{Event, Key, Rect, Ui, accesskit, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, translucent},
};
use crate::view::{Command, EngineCommand, MoreHistories, Rgb};

/// Whether the keys that delete are held down.
pub(super) fn keys_down(ui: &Ui) -> bool {
    ui.input(|input| input.modifiers.command && input.key_down(Key::Delete))
}

/// Whether an event is a press of these keys.
pub(super) fn is_key(event: &Event) -> bool {
    matches!(
        event,
        Event::Key {
            key: Key::Delete,
            pressed: true,
            modifiers,
            ..
        } if modifiers.command
    )
}

/// Paints it at the right of the sheet, if the search has found something that has ended.
pub(super) fn show(ui: &Ui, sheet: Rect, typed: &str, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let found = &frame.live.performance().histories.found;
    let cards = found.cards.iter();
    let ended = cards.filter(|card| card.status.is_closed()).count();
    // What was not understood would restrict nothing, and what is still searched is not known.
    if ended == 0 || found.query.problem.is_some() || found.more == MoreHistories::Searching {
        return;
    }
    let or_more = match found.more {
        MoreHistories::NextPage => "+",
        _ => "",
    };
    let command = Command::from(EngineCommand::PurgeEnded(typed.into()));
    let held = frame.state.held_part(&command, frame.wall);
    let is_pending = matches!(&command, Command::Engine(own) if frame.state.pending.has(own));
    let words = match is_pending {
        true => "Deleting…".to_owned(),
        false => format!("Delete {ended}{or_more} ended…"),
    };
    let font = Font::Bold.id(sizes.pt(18.0).max(12.0));
    let galley = layout_line(ui.painter(), words.clone(), font, color32(Rgb::TEXT));
    let size = vec2(galley.size().x + sizes.pt(32.0), sizes.pt(34.0));
    let corner = pos2(
        sheet.right() - sizes.pt(20.0) - size.x,
        sheet.top() + sizes.pt(72.0),
    );
    let rect = Rect::from_min_size(corner, size);
    let name = match is_pending {
        true => words,
        false => format!("{words} (hold, or hold Ctrl+Delete)"),
    };
    let response = button::plain(ui, rect, "purge", &name);
    if let Some(part) = held {
        let (filled, _) = rect.split_left_right_at_fraction(part);
        let mut mesh = MeshBuilder::default();
        mesh.round(filled, rect.height() * 0.2, translucent(Rgb::ALARM, 0.5));
        mesh.flush(ui.painter());
    }
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, color32(Rgb::TEXT));
    if is_pending {
        return;
    }
    if response.is_pointer_button_down_on() || keys_down(ui) {
        frame.state.begin_hold(command.clone(), frame.wall);
    }
    // A screen reader cannot hold a button; its click counts.
    if ui.input(|i| i.has_accesskit_action_request(response.id, accesskit::Action::Click)) {
        frame.send(command);
    }
}
