//! Errors in `[[control]]` tables.

/// An error in a `[[control]]` table.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// It names no control, or several.
    #[error("a control needs exactly one of `note`, `cc` and `program`")]
    NotOneControl,
    /// A number is out of range.
    #[error("{0} is too large: MIDI numbers go from 0 to 127")]
    NumberTooLarge(u8),
    /// A parameter of the action is missing.
    #[error("`do = \"{action}\"` needs {parameter}")]
    MissingParameter {
        /// Name of the action.
        action: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// Only a wheel can jog.
    #[error("`do = \"jog\"` needs a wheel that sends `cc`; for buttons there is `do = \"step\"`")]
    JogWithoutWheel,
    /// Lane 0.
    #[error("lanes are counted from 1: `lane = 1` is the top one")]
    LaneZero,
    /// Both ends of a fader are the same, or not numbers.
    #[error("`from` and `to` of a fader must be two different numbers")]
    EmptyRange,
    /// A tempo is out of range.
    #[error("a tempo must be from 10 to 400 BPM")]
    TempoOutOfRange,
}
