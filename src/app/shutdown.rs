//! Signals that ask the program to end.

/// Waits until the user or the system asks the program to end: Ctrl+C, or SIGTERM on Unix.
pub async fn shutdown_requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                // Where Ctrl+C cannot be watched, SIGTERM still works.
                interrupt = tokio::signal::ctrl_c() => if interrupt.is_err() {
                    terminate.recv().await;
                },
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
