//! Errors of the server.

use std::{io, net::SocketAddr, path::PathBuf};

/// An error of the server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Programs of other machines could connect.
    #[error(
        "{0} can be reached from other machines, and whoever connects can run every workflow: use 127.0.0.1, \
         [::1] or unix:PATH"
    )]
    NotLoopback(SocketAddr),
    /// The text is no address.
    #[error("{0:?} is no address: write it as 127.0.0.1:4001, [::1]:4001 or unix:PATH")]
    NoAddress(String),
    /// The port or socket cannot be opened.
    #[error("{address} cannot be served ({source}): choose another one")]
    Bind {
        /// Which.
        address: String,
        /// The system's error.
        source: io::Error,
    },
    /// Something else is where the socket should be.
    #[error("{} is there already and is no socket without owner: choose another path", .0.display())]
    Occupied(PathBuf),
    /// This system has no Unix sockets.
    #[cfg(not(unix))]
    #[error("this system has no sockets such as {}: use a port", .0.display())]
    NoSockets(PathBuf),
    /// The token cannot be sent as metadata.
    #[error("the API token has characters that no client can send: use visible ASCII")]
    Token,
    /// The server ended.
    #[error("the server on {address} has ended: {reason}")]
    Ended {
        /// Which.
        address: String,
        /// Why.
        reason: String,
    },
}
