//! The performer's sounds: patches and SoundFonts from files, and the bank that passes them on to
//! the synths that play.

mod bank;
mod error;
mod file;
mod font_file;

pub use bank::{Bank, PatchSelection};
pub use error::{FontWarning, SoundError};
