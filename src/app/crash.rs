//! Crashing the program on purpose.

/// The signal by which the program crashes itself. Nothing handles it, no file is written about it, and the
/// supervisor can tell it from a crash of another cause.
#[cfg(unix)]
pub(super) const SIGNAL: rustix::process::Signal = rustix::process::Signal::USR2;

/// Ends this process at once, as a power cut would: nothing is closed, flushed or caught.
pub fn crash() -> ! {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let _ = kill_process(getpid(), SIGNAL);
        // A program that was started with that signal blocked.
        let _ = kill_process(getpid(), Signal::KILL);
    }
    std::process::abort()
}
