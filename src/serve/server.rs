//! The ports.

use std::{
    convert::Infallible,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

#[cfg(unix)]
use futures_util::stream;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tonic::transport::server::TcpIncoming;

use super::{
    Access, ApiToken, Hub, ServeError,
    durable_task::{self, Clients, DurableTask},
    http::Http,
};
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
    /// Where Dapr's HTTP API for workflows is; `None`: nowhere.
    pub dapr_http: Option<Address>,
    /// Who may connect.
    pub access: Access,
}

impl ServeOptions {
    /// Where Dapr's sidecar listens for workers.
    pub const DURABLE_TASK: &str = "127.0.0.1:4001";

    /// The port of Dapr's sidecar, for whoever knows the token in the environment, if there is one.
    ///
    /// # Errors
    ///
    /// [`ServeError::Token`] if that cannot be sent.
    pub fn usual() -> Result<Self, ServeError> {
        Self::at(Self::DURABLE_TASK)
    }

    /// The same at another address.
    ///
    /// # Errors
    ///
    /// [`ServeError`] if it is no address of this machine.
    pub fn at(address: &str) -> Result<Self, ServeError> {
        let token = std::env::var(ApiToken::VARIABLE).unwrap_or_default();
        Ok(Self {
            durable_task: address.parse()?,
            dapr_http: None,
            access: Access {
                token: ApiToken::new(&token)?,
            },
        })
    }
}

/// A server whose ports are open.
pub struct Server {
    durable_task: Listener,
    dapr_http: Option<Listener>,
    access: Access,
}

/// An open port.
struct Listener {
    address: Address,
    socket: Socket,
}

enum Socket {
    Port(TcpListener),
    #[cfg(unix)]
    File(UnixListener, SocketFile),
}

/// The file of a socket, which is removed at the end.
#[cfg(unix)]
struct SocketFile(PathBuf);

impl Listener {
    async fn bind(wanted: &Address) -> Result<Self, ServeError> {
        let refused = |source| ServeError::Bind {
            address: wanted.to_string(),
            source,
        };
        Ok(match wanted {
            Address::Port(wanted) => {
                let listener = TcpListener::bind(wanted).await.map_err(refused)?;
                let address = listener.local_addr().map_err(refused)?;
                Self {
                    address: Address::Port(address),
                    socket: Socket::Port(listener),
                }
            }
            #[cfg(not(unix))]
            Address::Socket(path) => return Err(ServeError::NoSockets(path.clone())),
            #[cfg(unix)]
            Address::Socket(path) => {
                remove_dead(path)?;
                let listener = UnixListener::bind(path).map_err(refused)?;
                let file = SocketFile(path.clone());
                own(path).map_err(refused)?;
                Self {
                    address: Address::Socket(path.clone()),
                    socket: Socket::File(listener, file),
                }
            }
        })
    }
}

impl Server {
    /// Opens the ports.
    ///
    /// # Errors
    ///
    /// [`ServeError`] if one cannot be opened.
    pub async fn bind(options: ServeOptions) -> Result<Self, ServeError> {
        let dapr_http = match &options.dapr_http {
            Some(address) => Some(Listener::bind(address).await?),
            None => None,
        };
        Ok(Self {
            durable_task: Listener::bind(&options.durable_task).await?,
            dapr_http,
            access: options.access,
        })
    }

    /// Where workers and clients connect; with the port that the system chose.
    pub fn address(&self) -> &Address {
        &self.durable_task.address
    }

    /// Where Dapr's HTTP API is.
    pub fn http_address(&self) -> Option<&Address> {
        Some(&self.dapr_http.as_ref()?.address)
    }

    /// Serves until the future is dropped or the engine stops.
    ///
    /// # Errors
    ///
    /// [`ServeError::Ended`].
    pub async fn run(self, engine: &Engine, hub: Hub) -> Result<(), ServeError> {
        let (clients, follow) = durable_task::clients(engine, hub);
        let access = Arc::new(self.access);
        let address = self.durable_task.address.to_string();
        let ended = |reason: String| ServeError::Ended { address, reason };
        let http = serve_http(self.dapr_http, clients.clone(), Arc::clone(&access));
        let grpc = serve_grpc(self.durable_task.socket, clients, access);
        tokio::select! {
            served = grpc => served.map_err(|error| ended(words(&error))),
            never = http => match never {},
            followed = follow => followed.map_err(|error| ended(error.to_string())),
        }
    }
}

async fn serve_grpc(
    socket: Socket,
    clients: Clients,
    access: Arc<Access>,
) -> Result<(), tonic::transport::Error> {
    let service = DurableTask::new(clients, access);
    let server = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .http2_keepalive_timeout(Some(KEEP_ALIVE))
        .max_concurrent_streams(MAX_CALLS)
        .tcp_nodelay(true);
    match socket {
        Socket::Port(listener) => {
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            server.serve_with_incoming(service, incoming).await
        }
        #[cfg(unix)]
        Socket::File(listener, _file) => {
            let incoming = stream::unfold(listener, |listener| async {
                let accepted = listener.accept().await.map(|(stream, _)| stream);
                Some((accepted, listener))
            });
            server.serve_with_incoming(service, incoming).await
        }
    }
}

async fn serve_http(
    listener: Option<Listener>,
    clients: Clients,
    access: Arc<Access>,
) -> Infallible {
    let http = Http::new(clients, access);
    match listener.map(|listener| listener.socket) {
        None => std::future::pending().await,
        Some(Socket::Port(listener)) => http.serve_port(listener).await,
        #[cfg(unix)]
        Some(Socket::File(listener, _file)) => http.serve_socket(listener).await,
    }
}

#[cfg(unix)]
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
#[cfg(unix)]
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
#[cfg(unix)]
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
