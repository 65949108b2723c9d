//! Real-time priority for the player's thread.

use std::fmt;

/// The priority of the player's thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Priority {
    /// Real-time priority was granted.
    Granted(GrantedBy),
    /// It was denied: notes may be late on a busy machine.
    Denied {
        /// The system's reason.
        reason: String,
        /// How to get it.
        remedy: &'static str,
    },
    /// The clock is virtual: nothing is late.
    Virtual,
}

/// Who granted real-time priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantedBy {
    /// The system, because of the user's rights.
    System,
    /// rtkit, a service of Linux desktops.
    Rtkit,
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted(GrantedBy::System) => f.write_str("real-time priority: granted"),
            Self::Granted(GrantedBy::Rtkit) => f.write_str("real-time priority: granted by rtkit"),
            Self::Denied { reason, remedy } => {
                write!(
                    f,
                    "real-time priority: denied ({reason}); notes may be late under load: {remedy}"
                )
            }
            Self::Virtual => f.write_str("virtual clock"),
        }
    }
}

#[cfg(target_os = "linux")]
const REMEDY: &str = "add yourself to the audio group (`sudo usermod -aG audio $USER`, then log in \
     again), or install rtkit";
#[cfg(not(target_os = "linux"))]
const REMEDY: &str = "close other programs while you play";

impl Priority {
    /// Requests it for the calling thread.
    pub(super) fn ask() -> Self {
        fine_timer();
        let denied = match ask() {
            Ok(()) => return Self::Granted(GrantedBy::System),
            Err(reason) => reason,
        };
        match ask_rtkit() {
            Some(Ok(())) => Self::Granted(GrantedBy::Rtkit),
            asked => Self::Denied {
                reason: match asked {
                    Some(Err(reason)) => format!("{denied}; rtkit: {reason}"),
                    _ => denied,
                },
                remedy: REMEDY,
            },
        }
    }
}

/// By default, Linux wakes threads without real-time priority up to 50 us late.
fn fine_timer() {
    #[cfg(target_os = "linux")]
    {
        // If this is refused, spinning covers the default.
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    }
}

#[cfg(target_os = "linux")]
fn ask_rtkit() -> Option<Result<(), String>> {
    Some(super::rtkit::ask())
}

#[cfg(not(target_os = "linux"))]
fn ask_rtkit() -> Option<Result<(), String>> {
    None
}

/// Half way up: above ordinary threads, below those of the kernel.
#[cfg(unix)]
const HALF_WAY: u8 = 50;

/// The highest priority that the user may have, up to [`HALF_WAY`].
#[cfg(target_os = "linux")]
fn wanted() -> u8 {
    use rustix::process::{Resource, getrlimit};

    let limit = getrlimit(Resource::Rtprio).current;
    match limit.and_then(|limit| u8::try_from(limit).ok()) {
        // The limit does not apply to root; others get an error.
        None | Some(0) => HALF_WAY,
        Some(limit) => limit.min(HALF_WAY),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn wanted() -> u8 {
    HALF_WAY
}

#[cfg(unix)]
fn ask() -> Result<(), String> {
    use thread_priority::unix::{
        RealtimeThreadSchedulePolicy::Fifo, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    use thread_priority::{ThreadPriority, ThreadPriorityValue};

    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Crossplatform(ThreadPriorityValue::try_from(wanted())?),
        ThreadSchedulePolicy::Realtime(Fifo),
    )
    .map_err(|error| match error {
        thread_priority::Error::OS(code) => std::io::Error::from_raw_os_error(code).to_string(),
        other => other.to_string(),
    })
}

#[cfg(not(unix))]
fn ask() -> Result<(), String> {
    let highest = thread_priority::ThreadPriority::Max;
    highest.set_for_current().map_err(|error| error.to_string())
}
