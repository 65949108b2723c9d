//! Maps keys to actions.

use egui::{Key, Modifiers, Ui};

use super::frame_context::FrameContext;
use crate::view::{Action, KeyCap, Modifier, Overlay, Shortcut};

/// Handles the keys of this frame, before any widget does: Space must never press a button that
/// happens to have the focus.
pub(super) fn handle(ui: &Ui, frame: &mut FrameContext<'_>) {
    let typing = matches!(frame.state.overlay, Overlay::Palette(_)) || ui.text_edit_focused();
    let mut actions = Vec::new();
    let mut released = false;
    ui.input_mut(|input| {
        // Shortcuts with a modifier first: a key without modifiers also matches with Shift.
        let mut shortcuts: Vec<_> = Action::all()
            .filter(|action| !typing || matches!(action, Action::Escape | Action::Palette))
            .filter_map(|action| Some((action.shortcut()?, action)))
            .collect();
        shortcuts.sort_by_key(|(shortcut, _)| shortcut.modifier == Modifier::None);
        for (shortcut, action) in shortcuts {
            let modifiers = match shortcut.modifier {
                Modifier::None => Modifiers::NONE,
                Modifier::Shift => Modifiers::SHIFT,
                Modifier::Control => Modifiers::COMMAND,
            };
            for key in keys_of(shortcut) {
                if input.count_and_consume_key(modifiers, *key) > 0 {
                    actions.push(action.clone());
                }
                released |= action.is_held() && (typing || !input.key_down(*key));
            }
        }
    });
    for action in actions {
        frame.act(action);
    }
    let by_pointer = ui.input(|input| input.pointer.any_down());
    if released && !by_pointer {
        frame.state.end_hold();
    }
    if let Some(command) = frame.state.hold_progress(frame.wall) {
        frame.send(command);
    }
}

/// The egui keys of a shortcut.
fn keys_of(shortcut: Shortcut) -> &'static [Key] {
    match shortcut.key {
        KeyCap::Space => &[Key::Space],
        KeyCap::Escape => &[Key::Escape],
        KeyCap::Left => &[Key::ArrowLeft],
        KeyCap::Right => &[Key::ArrowRight],
        KeyCap::Up => &[Key::ArrowUp],
        KeyCap::Down => &[Key::ArrowDown],
        KeyCap::Home => &[Key::Home],
        KeyCap::End => &[Key::End],
        KeyCap::F11 => &[Key::F11],
        KeyCap::Character(character) => match character {
            '+' => &[Key::Plus, Key::Equals],
            '-' => &[Key::Minus],
            '[' => &[Key::OpenBracket],
            ']' => &[Key::CloseBracket],
            '?' => &[Key::Questionmark],
            ',' => &[Key::Comma],
            '.' => &[Key::Period],
            'b' => &[Key::B],
            'c' => &[Key::C],
            'e' => &[Key::E],
            'f' => &[Key::F],
            'i' => &[Key::I],
            'm' => &[Key::M],
            'o' => &[Key::O],
            'p' => &[Key::P],
            'r' => &[Key::R],
            's' => &[Key::S],
            't' => &[Key::T],
            'x' => &[Key::X],
            '0' => &[Key::Num0],
            '1' => &[Key::Num1],
            '2' => &[Key::Num2],
            '3' => &[Key::Num3],
            '4' => &[Key::Num4],
            '5' => &[Key::Num5],
            '6' => &[Key::Num6],
            '7' => &[Key::Num7],
            '8' => &[Key::Num8],
            '9' => &[Key::Num9],
            _ => &[],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shortcut_has_a_key_and_no_key_is_used_twice() {
        let mut seen = std::collections::HashMap::new();
        for action in Action::all() {
            let Some(shortcut) = action.shortcut() else {
                continue;
            };
            assert!(!keys_of(shortcut).is_empty(), "{shortcut}");
            for key in keys_of(shortcut) {
                let before = seen.insert((shortcut.modifier, *key), action.clone());
                assert_eq!(before, None, "{shortcut}");
            }
        }
    }
}
