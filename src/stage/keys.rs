//! Maps keys to actions.

use egui::{Event, Key, Modifiers, Ui};

use super::{frame_context::FrameContext, purge};
use crate::view::{Action, KeyCap, Modifier, Overlay, Shortcut};

/// Handles the keys of this frame, before any widget does: Space must never press a button that
/// happens to have the focus.
pub(super) fn handle(ui: &Ui, frame: &mut FrameContext<'_>) {
    let naming = frame.state.naming.is_some();
    let asks = frame.state.asks_about_the_score();
    let typing = frame.state.overlay.is_typed_into() || naming || asks || ui.text_edit_focused();
    let mut actions = Vec::new();
    let mut released = true;
    if matches!(frame.state.overlay, Overlay::Histories(_)) {
        // The text field must not delete a word of the search while its keys are held.
        ui.input_mut(|input| input.events.retain(|event| !purge::is_key(event)));
    }
    ui.input_mut(|input| {
        let shortcuts = shortcuts(typing);
        let mut opens_search = false;
        if !typing && take_number_sign(&mut input.events) {
            actions.push(Action::FindLane);
            opens_search = true;
        }
        input.events.retain(|event| {
            // What follows in the same frame is for the search.
            if opens_search {
                return true;
            }
            let Some(press) = Press::of(event) else {
                return true;
            };
            let pressed = shortcuts.iter().find(|(shortcut, _)| press.is(*shortcut));
            let Some((_, action)) = pressed else {
                return true;
            };
            opens_search = action.opens_field() && press.is_first;
            if press.is_first || action.repeats() {
                actions.push(action.clone());
            }
            false
        });
        let mut held = shortcuts.iter().filter(|(_, action)| action.is_held());
        released = !held.any(|(shortcut, action)| {
            let down = keys_of(*shortcut).iter().any(|key| input.key_down(*key));
            down && action.acts_behind(&frame.state.overlay)
        });
    });
    for action in actions {
        // An earlier key of the same frame may have opened a panel.
        if action.acts_behind(&frame.state.overlay) {
            frame.act(action);
        }
    }
    let by_pointer = ui.input(|input| input.pointer.any_down());
    if (released || typing) && !by_pointer && !purge::keys_down(ui) {
        frame.state.end_hold();
    }
    if let Some(command) = frame.state.hold_progress(frame.wall) {
        frame.send(command);
    }
}

/// Takes a typed `#`, which is on another key in every country, with the press of that key: on some it is
/// a digit. Returns whether there was one.
fn take_number_sign(events: &mut Vec<Event>) -> bool {
    let is_sign = |event: &Event| matches!(event, Event::Text(text) if text == "#");
    let Some(place) = events.iter().position(is_sign) else {
        return false;
    };
    events.remove(place);
    let is_press = |event: &Event| matches!(event, Event::Key { pressed: true, .. });
    let before = events.get(..place).unwrap_or_default();
    if let Some(press) = before.iter().rposition(is_press) {
        events.remove(press);
    }
    true
}

/// The shortcuts that have an effect. Those with a modifier come first: a key without modifiers also
/// matches with Shift.
fn shortcuts(typing: bool) -> Vec<(Shortcut, Action)> {
    let mut shortcuts: Vec<_> = Action::all()
        .filter(|action| !typing || action.acts_while_typing())
        .filter_map(|action| Some((action.shortcut()?, action)))
        .collect();
    shortcuts.sort_by_key(|(shortcut, _)| shortcut.modifier == Modifier::None);
    shortcuts
}

/// A key that was pressed.
#[derive(Clone, Copy)]
struct Press {
    /// The key with this label.
    key: Key,
    /// The key at this place of the keyboard, as labeled on a keyboard from the United States.
    place: Option<Key>,
    modifiers: Modifiers,
    /// Whether it was up before. While a key is held, the system sends it again and again.
    is_first: bool,
}

impl Press {
    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Key {
                key,
                physical_key,
                pressed: true,
                repeat,
                modifiers,
            } => Some(Self {
                key: *key,
                place: *physical_key,
                modifiers: *modifiers,
                is_first: !repeat,
            }),
            _ => None,
        }
    }

    /// Whether it is the key of a shortcut, with its modifier.
    fn is(self, shortcut: Shortcut) -> bool {
        let modifiers = match shortcut.modifier {
            Modifier::None => Modifiers::NONE,
            Modifier::Shift => Modifiers::SHIFT,
            Modifier::Control => Modifiers::COMMAND,
        };
        self.modifiers.matches_logically(modifiers) && keys_of(shortcut).contains(&self.meant())
    }

    /// The key that is meant. The row of digits has other signs on it on some keyboards, such as
    /// French ones, and is found by its place; with Shift, the label counts. Digits of the number pad
    /// may be arrows.
    fn meant(self) -> Key {
        match self.place {
            Some(place) if is_digit(place) && !self.modifiers.shift && !is_navigation(self.key) => {
                place
            }
            _ => self.key,
        }
    }
}

fn is_navigation(key: Key) -> bool {
    matches!(
        key,
        Key::ArrowLeft
            | Key::ArrowRight
            | Key::ArrowUp
            | Key::ArrowDown
            | Key::Home
            | Key::End
            | Key::PageUp
            | Key::PageDown
            | Key::Insert
            | Key::Delete
    )
}

fn is_digit(key: Key) -> bool {
    (Key::Num0..=Key::Num9).contains(&key)
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
        KeyCap::Enter => &[Key::Enter],
        KeyCap::PageUp => &[Key::PageUp],
        KeyCap::PageDown => &[Key::PageDown],
        KeyCap::Backspace => &[Key::Backspace],
        KeyCap::F9 => &[Key::F9],
        KeyCap::F10 => &[Key::F10],
        KeyCap::F11 => &[Key::F11],
        KeyCap::Character(character) => match character {
            '+' => &[Key::Plus, Key::Equals],
            '-' => &[Key::Minus],
            '[' => &[Key::OpenBracket],
            ']' => &[Key::CloseBracket],
            '?' => &[Key::Questionmark],
            ',' => &[Key::Comma],
            '.' => &[Key::Period],
            'a' => &[Key::A],
            'b' => &[Key::B],
            'c' => &[Key::C],
            'd' => &[Key::D],
            'e' => &[Key::E],
            'f' => &[Key::F],
            'g' => &[Key::G],
            'h' => &[Key::H],
            'i' => &[Key::I],
            'j' => &[Key::J],
            'k' => &[Key::K],
            'l' => &[Key::L],
            'm' => &[Key::M],
            'n' => &[Key::N],
            'o' => &[Key::O],
            'p' => &[Key::P],
            'q' => &[Key::Q],
            'r' => &[Key::R],
            's' => &[Key::S],
            't' => &[Key::T],
            'u' => &[Key::U],
            'v' => &[Key::V],
            'w' => &[Key::W],
            'x' => &[Key::X],
            'y' => &[Key::Y],
            'z' => &[Key::Z],
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
