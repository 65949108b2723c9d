//! Crashing the program on purpose.

/// Ends this process at once, as a power cut would: nothing is closed, flushed or caught.
pub fn crash() -> ! {
    // No handler sees this signal, and no file is written about it.
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let _ = kill_process(getpid(), Signal::KILL);
    }
    std::process::abort()
}
