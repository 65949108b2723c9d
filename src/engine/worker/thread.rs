//! Threads of an engine.

use std::io;

use tokio::runtime::Runtime;

/// The name of engine threads.
pub(in crate::engine) const THREAD: &str = "fermata-engine";

/// The runtime of an engine thread.
pub(in crate::engine) fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
}
