//! SoundFonts: sampled instruments from a file, next to the synth's own voices.
//!
//! A font is checked zone by zone and played once before it comes near the audio callback. Each
//! channel has a player of its own, so that sends, meters and filters work as with any other sound.

mod fault;
mod hydra;
mod layout;
mod loaded;
mod player;
mod repair;
mod zones;

#[cfg(test)]
mod tests;

pub use fault::{FontFault, ZoneFault};
pub(in crate::music) use loaded::LoadedFont;
pub(in crate::music) use player::FontPlayer;

/// A SoundFont that scores name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Font(u8);

impl Font {
    /// The most fonts that can be open at once.
    pub const MAX_OPEN: usize = 16;
    /// The lowest value of [`Message::SOUND`](crate::music::Message::SOUND) that is a font.
    const FIRST: u8 = 112;

    /// The font of an index, if there can be one.
    pub(in crate::music) fn from_index(index: usize) -> Option<Self> {
        let number = u8::try_from(index).ok();
        number.filter(|_| index < Self::MAX_OPEN).map(Self)
    }

    pub(in crate::music) fn index(self) -> usize {
        self.0.into()
    }

    /// The value of [`Message::SOUND`](crate::music::Message::SOUND) that selects it.
    pub fn choice(self) -> u8 {
        Self::FIRST + self.0
    }

    /// The font that a value of [`Message::SOUND`](crate::music::Message::SOUND) selects.
    pub(super) fn chosen(value: u8) -> Option<usize> {
        value.checked_sub(Self::FIRST).map(usize::from)
    }
}
