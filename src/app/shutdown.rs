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
#[cfg(unix)]
pub async fn shutdown_requested() -> Shutdown {
    use tokio::signal::unix::SignalKind;
    tokio::select! {
        () = received(Some(SignalKind::interrupt())) => Shutdown::Interrupt,
        () = received(Some(SignalKind::terminate())) => Shutdown::Terminate,
        () = received((!ignores_hang_up()).then(SignalKind::hangup)) => Shutdown::HangUp,
    }
}

/// Waits for a signal, if there is one to wait for and the system lets the program watch it.
#[cfg(unix)]
async fn received(kind: Option<tokio::signal::unix::SignalKind>) {
    let signal = kind.and_then(|kind| tokio::signal::unix::signal(kind).ok());
    if let Some(mut signal) = signal
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

/// Waits until the user asks the program to end.
#[cfg(not(unix))]
pub async fn shutdown_requested() -> Shutdown {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    Shutdown::Interrupt
}
