//! Keys to actions.

use egui::{Key, Modifiers, Ui};

use super::scene::Scene;
use crate::view::{Action, Chord, KeyCap, Modifier, Overlay};

/// Hears the keys of this frame, before any widget does: Space must never press a button that
/// happens to have the focus.
pub(super) fn hear(ui: &Ui, scene: &mut Scene<'_>) {
    let typing = matches!(scene.state.overlay, Overlay::Palette(_)) || ui.text_edit_focused();
    let mut actions = Vec::new();
    let mut letting_go = false;
    ui.input_mut(|input| {
        // Chords with something held down first: a bare key also matches with Shift.
        let mut chords: Vec<_> = Action::all()
            .filter(|action| !typing || matches!(action, Action::Escape | Action::Palette))
            .filter_map(|action| Some((action.chord()?, action)))
            .collect();
        chords.sort_by_key(|(chord, _)| chord.with == Modifier::Nothing);
        for (chord, action) in chords {
            let modifiers = match chord.with {
                Modifier::Nothing => Modifiers::NONE,
                Modifier::Shift => Modifiers::SHIFT,
                Modifier::Control => Modifiers::COMMAND,
            };
            let held = action == Action::Terminate;
            for key in keys_of(chord) {
                if input.count_and_consume_key(modifiers, *key) > 0 {
                    actions.push(action);
                }
                letting_go |= held && (typing || !input.key_down(*key));
            }
        }
    });
    for action in actions {
        scene.act(action);
    }
    let by_pointer = ui.input(|input| input.pointer.any_down());
    if letting_go && !by_pointer {
        scene.state.end_hold();
    }
    if let Some(command) = scene.state.hold_progress(scene.wall) {
        scene.send(command);
    }
}

/// The keys of egui that make a chord.
fn keys_of(chord: Chord) -> &'static [Key] {
    match chord.cap {
        KeyCap::Space => &[Key::Space],
        KeyCap::Escape => &[Key::Escape],
        KeyCap::Left => &[Key::ArrowLeft],
        KeyCap::Right => &[Key::ArrowRight],
        KeyCap::Up => &[Key::ArrowUp],
        KeyCap::Down => &[Key::ArrowDown],
        KeyCap::Home => &[Key::Home],
        KeyCap::F11 => &[Key::F11],
        KeyCap::Sign(sign) => match sign {
            '+' => &[Key::Plus, Key::Equals],
            '-' => &[Key::Minus],
            '[' => &[Key::OpenBracket],
            ']' => &[Key::CloseBracket],
            '?' => &[Key::Questionmark],
            ',' => &[Key::Comma],
            '.' => &[Key::Period],
            'b' => &[Key::B],
            'c' => &[Key::C],
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
    fn every_chord_has_a_key_and_no_key_serves_two() {
        let mut seen = std::collections::HashMap::new();
        for action in Action::all() {
            let Some(chord) = action.chord() else {
                continue;
            };
            assert!(!keys_of(chord).is_empty(), "{chord}");
            for key in keys_of(chord) {
                let before = seen.insert((chord.with, *key), action);
                assert_eq!(before, None, "{chord}");
            }
        }
    }
}
