//! Wheels that turn without end: each message says how many ticks they were turned.

use serde::{Deserialize, Serialize};

/// How a wheel writes its ticks into the value of a controller, 0 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// 1, 2, ... forward; 127, 126, ... backward.
    #[default]
    TwosComplement,
    /// 1, 2, ... forward; 65, 66, ... backward.
    SignedBit,
    /// 65, 66, ... forward; 63, 62, ... backward.
    BinaryOffset,
}

/// No wheel is turned by more ticks in one message: the value is written in another way.
const MOST: i32 = 32;

impl Encoding {
    /// The ticks in a value, negative is backward. 0 if the value makes no sense.
    pub fn ticks(self, value: u8) -> i32 {
        let value = i32::from(value.min(127));
        let ticks = match self {
            Self::TwosComplement if value < 64 => value,
            Self::TwosComplement => value - 128,
            Self::SignedBit if value < 64 => value,
            Self::SignedBit => 64 - value,
            Self::BinaryOffset => value - 64,
        };
        if ticks.abs() <= MOST { ticks } else { 0 }
    }

    /// The encoding of a wheel that sent this value first, when it was turned forward slowly. Two's
    /// complement and the signed bit agree on that; a rig can name the latter.
    pub fn guess(value: u8) -> Self {
        match value {
            48..=80 => Self::BinaryOffset,
            _ => Self::TwosComplement,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_in_every_encoding_and_nonsense_is_none() {
        use Encoding::{BinaryOffset, SignedBit, TwosComplement};
        let ticks = |encoding: Encoding, values: [u8; 4]| values.map(|value| encoding.ticks(value));
        assert_eq!(ticks(TwosComplement, [1, 3, 127, 125]), [1, 3, -1, -3]);
        assert_eq!(ticks(SignedBit, [1, 3, 65, 67]), [1, 3, -1, -3]);
        assert_eq!(ticks(BinaryOffset, [65, 67, 63, 61]), [1, 3, -1, -3]);
        assert_eq!(ticks(TwosComplement, [0, 63, 64, 65]), [0; 4]);
        assert_eq!(ticks(BinaryOffset, [64, 0, 127, 255]), [0; 4]);
        assert_eq!(ticks(SignedBit, [0, 64, 127, 60]), [0; 4]);
    }

    #[test]
    fn the_first_value_of_a_wheel_tells_its_encoding() {
        assert_eq!(Encoding::guess(1), Encoding::TwosComplement);
        assert_eq!(Encoding::guess(127), Encoding::TwosComplement);
        assert_eq!(Encoding::guess(65), Encoding::BinaryOffset);
    }
}
