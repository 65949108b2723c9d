//! Keyboard shortcuts, as people read and write them.

use std::fmt;

/// A key with an optional modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shortcut {
    /// The modifier.
    pub modifier: Modifier,
    /// The key.
    pub key: KeyCap,
}

/// A modifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// No modifier.
    None,
    /// Shift.
    Shift,
    /// Control, or Command on macOS.
    Control,
}

/// A key of the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyCap {
    /// A letter, digit or sign.
    Character(char),
    /// The space bar.
    Space,
    /// Escape.
    Escape,
    /// Left arrow.
    Left,
    /// Right arrow.
    Right,
    /// Up arrow.
    Up,
    /// Down arrow.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Enter.
    Enter,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Backspace.
    Backspace,
    /// F9.
    F9,
    /// F10.
    F10,
    /// F11.
    F11,
}

impl fmt::Display for Shortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.modifier {
            Modifier::None => "",
            Modifier::Shift => "Shift+",
            Modifier::Control => "Ctrl+",
        })?;
        match self.key {
            KeyCap::Character('-') => f.write_str("−"),
            KeyCap::Character(character) => write!(f, "{}", character.to_uppercase()),
            KeyCap::Space => f.write_str("Space"),
            KeyCap::Escape => f.write_str("Esc"),
            KeyCap::Left => f.write_str("Left"),
            KeyCap::Right => f.write_str("Right"),
            KeyCap::Up => f.write_str("Up"),
            KeyCap::Down => f.write_str("Down"),
            KeyCap::Home => f.write_str("Home"),
            KeyCap::End => f.write_str("End"),
            KeyCap::Enter => f.write_str("Enter"),
            KeyCap::PageUp => f.write_str("Page Up"),
            KeyCap::PageDown => f.write_str("Page Down"),
            KeyCap::Backspace => f.write_str("Backspace"),
            KeyCap::F9 => f.write_str("F9"),
            KeyCap::F10 => f.write_str("F10"),
            KeyCap::F11 => f.write_str("F11"),
        }
    }
}
