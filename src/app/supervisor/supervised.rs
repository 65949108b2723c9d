//! What the program knows of its supervisor: since when it is supervised, and how often it was started.

use std::{env, ffi::OsString};

use crate::engine::{CrashCause, Timestamp};

/// The variable by which the supervisor tells its child: its own process id, the time in nanoseconds, and
/// the number of the restart, and whether the crash before was on purpose.
const VARIABLE: &str = "FERMATA_SUPERVISED";

/// The end of that text after a crash on purpose.
const ON_PURPOSE: &str = ":on-purpose";

/// A supervised program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supervised {
    /// When it was started first.
    pub since: Timestamp,
    /// How often it was started again: 0, 1, ...
    pub restarts: u32,
    /// Why it crashed the last time.
    pub crash: CrashCause,
}

impl Supervised {
    /// What the supervisor told this process; `None` if it was not started by one.
    pub fn of_this_process() -> Option<Self> {
        Self::read(&env::var(VARIABLE).ok()?, parent()?)
    }

    /// Why the program before this one crashed, as far as its supervisor knows.
    pub fn crash_of_the_program_before() -> CrashCause {
        Self::of_this_process().map_or(CrashCause::Unknown, |supervised| supervised.crash)
    }

    /// After a crash: waits until the devices are free of the program before this one.
    pub fn wait_for_devices() {
        let restarts = Self::of_this_process().map_or(0, |supervised| supervised.restarts);
        if restarts > 0 {
            #[cfg(target_os = "linux")]
            crate::music::wait_for_crashed_clients();
        }
    }

    pub(super) fn first() -> Self {
        let now = std::time::SystemTime::now();
        let since = now
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            since: Timestamp(since.as_nanos() as u64),
            restarts: 0,
            crash: CrashCause::Unknown,
        }
    }

    pub(super) fn next(self, crash: CrashCause) -> Self {
        Self {
            restarts: self.restarts.saturating_add(1),
            crash,
            ..self
        }
    }

    pub(super) fn environment(self) -> Option<(&'static str, OsString)> {
        let parent = std::process::id();
        let on_purpose = match self.crash {
            CrashCause::Unknown => "",
            CrashCause::Injected => ON_PURPOSE,
        };
        let value = format!("{parent}:{}:{}{on_purpose}", self.since.0, self.restarts);
        Some((VARIABLE, value.into()))
    }

    fn read(value: &str, parent: u32) -> Option<Self> {
        let (value, crash) = match value.strip_suffix(ON_PURPOSE) {
            Some(value) => (value, CrashCause::Injected),
            None => (value, CrashCause::Unknown),
        };
        let mut parts = value.split(':');
        // Programs that this one starts inherit the variable, but have another parent.
        let told_by: u32 = parts.next()?.parse().ok()?;
        let since = Timestamp(parts.next()?.parse().ok()?);
        let restarts = parts.next()?.parse().ok()?;
        (told_by == parent && parts.next().is_none()).then_some(Self {
            since,
            restarts,
            crash,
        })
    }
}

#[cfg(unix)]
fn parent() -> Option<u32> {
    rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned())
}

/// The variable alone tells.
#[cfg(not(unix))]
fn parent() -> Option<u32> {
    env::var(VARIABLE).ok()?.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_child_of_a_supervisor_is_supervised() {
        let told = Supervised {
            since: Timestamp(5),
            restarts: 2,
            crash: CrashCause::Unknown,
        };
        assert_eq!(Supervised::read("17:5:2", 17), Some(told));
        let on_purpose = Supervised {
            crash: CrashCause::Injected,
            ..told
        };
        assert_eq!(Supervised::read("17:5:2:on-purpose", 17), Some(on_purpose));
        for wrong in ["17:5:2:1", "17:5", "18:5:2", "", "17:x:2"] {
            assert_eq!(Supervised::read(wrong, 17), None, "{wrong}");
        }
    }
}
