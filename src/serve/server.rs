//! The ports.

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use futures_util::stream;
use tokio::net::{TcpListener, UnixListener};
use tonic::transport::server::TcpIncoming;

use super::{Access, Hub, ServeError, durable_task};
use crate::engine::Engine;

/// How often a silent connection is tried, and how long it may take.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The calls at once of one connection. Each client that waits for an instance has one.
const MAX_CALLS: u32 = 10_000;

/// Where programs of this machine connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A port of this machine that no other machine reaches.
    Port(SocketAddr),
    /// A Unix socket, which only its owner can use.
    Socket(PathBuf),
}

impl FromStr for Address {
    type Err = ServeError;

    fn from_str(text: &str) -> Result<Self, ServeError> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err(ServeError::NoAddress(text.to_owned())),
                path => Ok(Self::Socket(path.into())),
            };
        }
        let text = text.replace("localhost:", "127.0.0.1:");
        let address: SocketAddr = match text.parse() {
            Ok(address) => address,
            Err(_) => return Err(ServeError::NoAddress(text)),
        };
        match address.ip().is_loopback() {
            true => Ok(Self::Port(address)),
            false => Err(ServeError::NotLoopback(address)),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(address) => write!(f, "{address}"),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// What is served where.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where workers and clients of Durable Task and Dapr Workflow connect.
    pub durable_task: Address,
    /// Who may connect.
    pub access: Access,
}

/// A server whose port is open.
pub struct Server {
    listener: Listener,
    address: Address,
    access: Access,
}

enum Listener {
    Port(TcpListener),
    Socket(UnixListener, SocketFile),
}

/// The file of a socket, which is removed at the end.
struct SocketFile(PathBuf);

impl Server {
    /// Opens the port.
    ///
    /// # Errors
    ///
    /// [`ServeError`] if it cannot be opened.
    pub async fn bind(options: ServeOptions) -> Result<Self, ServeError> {
        let refused = |source| ServeError::Bind {
            address: options.durable_task.to_string(),
            source,
        };
        let (listener, address) = match &options.durable_task {
            Address::Port(wanted) => {
                let listener = TcpListener::bind(wanted).await.map_err(refused)?;
                let address = listener.local_addr().map_err(refused)?;
                (Listener::Port(listener), Address::Port(address))
            }
            Address::Socket(path) => {
                remove_dead(path)?;
                let listener = UnixListener::bind(path).map_err(refused)?;
                own(path).map_err(refused)?;
                let file = SocketFile(path.clone());
                (
                    Listener::Socket(listener, file),
                    Address::Socket(path.clone()),
                )
            }
        };
        Ok(Self {
            listener,
            address,
            access: options.access,
        })
    }

    /// Where it is served; with the port that the system chose.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Serves until the future is dropped or the engine stops.
    ///
    /// # Errors
    ///
    /// [`ServeError::Ended`].
    pub async fn run(self, engine: &Engine, hub: Hub) -> Result<(), ServeError> {
        let (service, follow) = durable_task::service(engine, hub, Arc::new(self.access));
        let server = tonic::transport::Server::builder()
            .http2_keepalive_interval(Some(KEEP_ALIVE))
            .http2_keepalive_timeout(Some(KEEP_ALIVE))
            .max_concurrent_streams(MAX_CALLS)
            .tcp_nodelay(true);
        let address = self.address.to_string();
        let ended = |reason: String| ServeError::Ended { address, reason };
        let serve = async {
            match self.listener {
                Listener::Port(listener) => {
                    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
                    server.serve_with_incoming(service, incoming).await
                }
                Listener::Socket(listener, _file) => {
                    let incoming = stream::unfold(listener, |listener| async {
                        let accepted = listener.accept().await.map(|(stream, _)| stream);
                        Some((accepted, listener))
                    });
                    server.serve_with_incoming(service, incoming).await
                }
            }
        };
        tokio::select! {
            served = serve => served.map_err(|error| ended(words(&error))),
            followed = follow => followed.map_err(|error| ended(error.to_string())),
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// An error with its causes.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words
}

/// Removes the socket of a program that has ended.
fn remove_dead(path: &Path) -> Result<(), ServeError> {
    use std::os::unix::{fs::FileTypeExt, net::UnixStream};
    let Ok(found) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !found.file_type().is_socket() || UnixStream::connect(path).is_ok() {
        return Err(ServeError::Occupied(path.to_owned()));
    }
    std::fs::remove_file(path).map_err(|source| ServeError::Bind {
        address: Address::Socket(path.to_owned()).to_string(),
        source,
    })
}

/// Only the owner can use the socket.
fn own(path: &Path) -> std::io::Result<()> {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};
    std::fs::set_permissions(path, Permissions::from_mode(0o600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_served() {
        for wrong in ["0.0.0.0:4001", "192.168.1.7:4001", "[::]:4001"] {
            let error = wrong.parse::<Address>().unwrap_err();
            assert!(matches!(error, ServeError::NotLoopback(_)), "{error}");
        }
        for wrong in ["4001", "example.org:4001", "unix:"] {
            let error = wrong.parse::<Address>().unwrap_err();
            assert!(matches!(error, ServeError::NoAddress(_)), "{error}");
        }
        for right in [
            "127.0.0.1:4001",
            "localhost:0",
            "[::1]:4001",
            "unix:/tmp/f.sock",
        ] {
            assert!(right.parse::<Address>().is_ok(), "{right}");
        }
    }
}
