//! Detection of clock jumps.

use std::{fmt, time::Duration};

use super::reading::Reading;
use crate::engine::DurationText;

/// A difference between the movements of the wall clock and the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockJump {
    /// The wall clock was set forward, or the machine slept.
    Forward(Duration),
    /// The wall clock was set back.
    Back(Duration),
}

impl fmt::Display for ClockJump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, by) = match self {
            Self::Forward(by) => ('+', by),
            Self::Back(by) => ('-', by),
        };
        write!(f, "{sign}{}", DurationText(*by))
    }
}

/// Detects jumps between readings of the clocks.
#[derive(Debug, Default)]
pub(in crate::engine) struct JumpWatch {
    last: Option<Reading>,
}

impl JumpWatch {
    /// Smaller differences are corrections by time synchronization.
    pub const MIN_JUMP: Duration = Duration::from_secs(2);

    /// The jump since the last reading, if any.
    pub fn look(&mut self, reading: Reading) -> Option<ClockJump> {
        let last = self.last.replace(reading)?;
        let (before, now) = (last.lead(), reading.lead());
        let by = Duration::from_nanos(now.abs_diff(before));
        if by <= Self::MIN_JUMP {
            return None;
        }
        Some(if now > before {
            ClockJump::Forward(by)
        } else {
            ClockJump::Back(by)
        })
    }
}
