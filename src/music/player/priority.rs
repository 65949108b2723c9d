//! Asking the system to let the player's thread go first.

use std::fmt;

/// Whether the player's thread goes before all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Priority {
    /// It does.
    Granted(GrantedBy),
    /// It does not: on a busy machine notes come late.
    Denied {
        /// What the system says.
        reason: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The clock is virtual: nothing comes late.
    Virtual,
}

/// Who granted real-time priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantedBy {
    /// The system, since this user may have it.
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
                    "real-time priority: denied ({reason}); notes may come late under load: {remedy}"
                )
            }
            Self::Virtual => f.write_str("virtual clock"),
        }
    }
}

#[cfg(target_os = "linux")]
const REMEDY: &str = "put yourself into the audio group (`sudo usermod -aG audio $USER`, then log in \
     again), or install rtkit";
#[cfg(not(target_os = "linux"))]
const REMEDY: &str = "close other programs while you play";

impl Priority {
    /// Asks for the calling thread.
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

/// By default Linux lets a sleeper without real-time priority oversleep by 50 us.
fn fine_timer() {
    #[cfg(target_os = "linux")]
    {
        // Refused, it leaves the default, which the spin covers.
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

/// The middle: above everything ordinary, below the kernel's own threads.
#[cfg(unix)]
const MIDDLE: u8 = 50;

/// The most that the user may have, up to the middle.
#[cfg(target_os = "linux")]
fn wanted() -> u8 {
    use rustix::process::{Resource, getrlimit};

    let limit = getrlimit(Resource::Rtprio).current;
    match limit.and_then(|limit| u8::try_from(limit).ok()) {
        // Root is not bound by it; others are told.
        None | Some(0) => MIDDLE,
        Some(limit) => limit.min(MIDDLE),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn wanted() -> u8 {
    MIDDLE
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
