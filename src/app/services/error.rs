//! Errors of the services.

use std::io;

/// The services cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// The port is in use by another program.
    #[error("port {0} of 127.0.0.1 is in use by another program: choose another one, or 0 for any")]
    InUse(u16),
    /// The port cannot be opened.
    #[error("port {port} of 127.0.0.1 cannot be opened: {source}")]
    Port {
        /// The port.
        port: u16,
        /// The system's error.
        source: io::Error,
    },
    /// The system grants no thread.
    #[error("the system does not grant the thread that the services need: {0}")]
    Thread(io::Error),
}
