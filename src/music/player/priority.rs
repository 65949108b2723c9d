//! Asking the system to let the player's thread go first.

use std::fmt;

/// Whether the player's thread goes before all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Priority {
    /// It does.
    Granted,
    /// It does not: on a busy machine notes come late.
    Denied {
        /// What the system says.
        reason: String,
    },
    /// The clock is virtual: nothing comes late.
    Virtual,
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted => f.write_str("real-time priority: granted"),
            Self::Denied { reason } => {
                write!(
                    f,
                    "real-time priority: denied ({reason}); notes may come late under load"
                )
            }
            Self::Virtual => f.write_str("virtual clock"),
        }
    }
}

impl Priority {
    /// Asks for the calling thread.
    pub(super) fn ask() -> Self {
        fine_timer();
        match ask() {
            Ok(()) => Self::Granted,
            Err(reason) => Self::Denied { reason },
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

#[cfg(unix)]
fn ask() -> Result<(), String> {
    use thread_priority::unix::{
        RealtimeThreadSchedulePolicy::Fifo, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    use thread_priority::{ThreadPriority, ThreadPriorityValue};

    // The middle: above everything ordinary, below the kernel's own threads.
    let middle = ThreadPriorityValue::try_from(50)?;
    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Crossplatform(middle),
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
