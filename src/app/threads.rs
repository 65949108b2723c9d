//! The threads of the program.

use std::{io, sync::mpsc, thread};

use tokio::runtime::Runtime;

use super::AppError;

/// The threads of the program while it plays (engine, player, journal, sound, ports, files, runtime),
/// with a reserve.
const MAX_THREADS: usize = 24;

/// Starts the runtime for activities and messages.
///
/// # Errors
///
/// [`AppError::Threads`] if the system does not grant as many threads as the program needs.
pub fn runtime() -> Result<Runtime, AppError> {
    // The libraries below panic where the system refuses a thread.
    grants_threads().map_err(AppError::Threads)?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(AppError::Threads)
}

/// Whether as many threads as the program needs can run at the same time.
fn grants_threads() -> io::Result<()> {
    let mut threads = Vec::new();
    let mut result = Ok(());
    let (release, wait) = mpsc::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    for _ in 0..MAX_THREADS {
        let wait = std::sync::Arc::clone(&wait);
        let spawned = thread::Builder::new().spawn(move || {
            // Ends when the sender is dropped.
            let wait = wait.lock();
            let _ = wait.map(|wait| wait.recv());
        });
        match spawned {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    drop(release);
    for thread in threads {
        // It has no result.
        let _ = thread.join();
    }
    result
}
