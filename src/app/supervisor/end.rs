//! How a child ended.

use std::{
    fmt,
    process::{ExitCode, ExitStatus},
};

#[cfg(unix)]
use crate::app::crash;
use crate::engine::CrashCause;

/// The exit code of a program whose main thread panicked.
const PANICKED: i32 = 101;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChildEnd {
    /// It returned this exit code.
    Exited(i32),
    /// This signal killed it.
    Killed(i32),
}

impl ChildEnd {
    #[cfg(unix)]
    pub fn of(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, signal) => Self::Killed(signal.unwrap_or_default()),
        }
    }

    #[cfg(not(unix))]
    pub fn of(status: ExitStatus) -> Self {
        Self::Exited(status.code().unwrap_or(PANICKED))
    }

    /// Whether the program crashed. An error that it reports, such as a wrong argument or a store that
    /// cannot be opened, is not a crash: it would be the same the next time.
    pub fn is_crash(self) -> bool {
        match self {
            Self::Killed(_) => true,
            // Windows reports an exception, such as an invalid access, as a negative code.
            Self::Exited(code) => code == PANICKED || code < 0,
        }
    }

    /// Why it crashed.
    pub fn cause(self) -> CrashCause {
        match self {
            #[cfg(unix)]
            Self::Killed(signal) if signal == crash::SIGNAL.as_raw() => CrashCause::Injected,
            _ => CrashCause::Unknown,
        }
    }

    /// The code that the supervisor ends with: for a signal, that of shells.
    pub fn exit_code(self) -> ExitCode {
        let code = match self {
            Self::Exited(code) => code,
            Self::Killed(signal) => 128 + signal,
        };
        u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
    }
}

impl fmt::Display for ChildEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cause() == CrashCause::Injected {
            return f.write_str("was killed on purpose");
        }
        match self {
            Self::Exited(PANICKED) => f.write_str("ended by a panic"),
            Self::Exited(code) => write!(f, "ended with code {code}"),
            Self::Killed(signal) => write!(f, "was killed by signal {signal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_or_a_panic_is_a_crash_and_an_error_is_not() {
        for crash in [
            ChildEnd::Killed(9),
            ChildEnd::Killed(6),
            ChildEnd::Exited(101),
        ] {
            assert!(crash.is_crash(), "{crash}");
        }
        for code in [0, 1, 2, 3, 129, 130, 143] {
            assert!(!ChildEnd::Exited(code).is_crash(), "{code}");
        }
    }
}
