//! The wall clock was set, or the machine slept.

use std::{fmt, time::Duration};

use super::Reading;

/// The wall clock moved by another amount than the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockJump {
    /// It went ahead: it was set forward, or the machine slept.
    Forward(Duration),
    /// It was set back.
    Back(Duration),
}

impl fmt::Display for ClockJump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, by) = match self {
            Self::Forward(by) => ('+', by),
            Self::Back(by) => ('-', by),
        };
        write!(f, "{sign}{}", humantime::format_duration(*by))
    }
}

/// Notices jumps from one reading of the clocks to the next.
#[derive(Debug, Default)]
pub(in crate::engine) struct JumpWatch {
    last: Option<Reading>,
}

impl JumpWatch {
    /// Less than this is the work of those who keep clocks right.
    pub const MIN_JUMP: Duration = Duration::from_secs(2);

    /// How the wall clock has jumped since the last look.
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
