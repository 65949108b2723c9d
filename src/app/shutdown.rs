//! Signals that ask the program to end.

/// A signal that asked the program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Ctrl+C.
    Interrupt,
    /// SIGTERM: the system or a service manager ends the program.
    Terminate,
    /// SIGHUP: the terminal was closed, or the connection to it was lost.
    HangUp,
}

impl Shutdown {
    /// The exit code that shells use for the signal.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// Waits until the user or the system asks the program to end.
pub async fn shutdown_requested() -> Shutdown {
    Shutdowns::watch().next().await
}

/// The signals that ask the program to end, from the moment that they are watched.
#[cfg(unix)]
pub(super) struct Shutdowns {
    interrupt: Watched,
    terminate: Watched,
    hang_up: Watched,
}

/// A signal, if the system lets the program watch it.
#[cfg(unix)]
type Watched = Option<tokio::signal::unix::Signal>;

#[cfg(unix)]
impl Shutdowns {
    /// Watches them. Must be called on a runtime.
    pub fn watch() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let hang_up = (!ignores_hang_up()).then(SignalKind::hangup);
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            hang_up: hang_up.and_then(|kind| signal(kind).ok()),
        }
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Shutdown {
        tokio::select! {
            () = received(&mut self.interrupt) => Shutdown::Interrupt,
            () = received(&mut self.terminate) => Shutdown::Terminate,
            () = received(&mut self.hang_up) => Shutdown::HangUp,
        }
    }
}

#[cfg(unix)]
async fn received(signal: &mut Watched) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// Whether the program was started with SIGHUP ignored, as by `nohup`.
#[cfg(target_os = "linux")]
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // SIGHUP is number 1, and has the lowest bit.
    ignored.is_some_and(|mask| mask & 1 == 1)
}

/// The same where the system does not show ignored signals: `nohup` redirects both outputs.
#[cfg(all(unix, not(target_os = "linux")))]
fn ignores_hang_up() -> bool {
    use std::io::IsTerminal;
    !std::io::stdout().is_terminal() && !std::io::stderr().is_terminal()
}

/// Ctrl+C, which asks the program to end.
#[cfg(not(unix))]
pub(super) struct Shutdowns;

#[cfg(not(unix))]
impl Shutdowns {
    /// Watches it.
    pub fn watch() -> Self {
        Self
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Shutdown {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Shutdown::Interrupt
    }
}
