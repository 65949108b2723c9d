//! The services on a port of 127.0.0.1, on a thread of their own.

mod connection;
mod others;

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    runtime::Runtime,
    sync::{Semaphore, oneshot},
};

use super::{
    error::ServicesError,
    message::{Answer, Marks},
    services::Services,
};

/// The most connections at once; others wait.
const MAX_CONNECTIONS: usize = 256;

/// How long to wait if the system grants no connection, such as for want of descriptors.
const AFTER_REFUSED: Duration = Duration::from_millis(50);

/// How the services start.
pub struct ServicesOptions {
    /// The port; 0 is any that is free.
    pub port: u16,
    /// Decides which requests fail by chance.
    pub seed: u64,
    /// Is told of each request that was answered.
    pub log: Log,
}

/// Is told of each request that was answered, on the thread of the services.
pub type Log = Box<dyn Fn(&Handled) + Send + Sync>;

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// From the head of the request to the answer.
    pub took: Duration,
    /// What was special about it.
    pub marks: Marks,
}

impl fmt::Display for Handled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            status,
            ..
        } = self;
        write!(f, "{method} {path} {status} {} ms", self.took.as_millis())?;
        if self.marks.repeated {
            f.write_str(" (repeated)")?;
        }
        if self.marks.injected {
            f.write_str(" (injected)")?;
        }
        Ok(())
    }
}

/// Services that run until this is dropped.
#[derive(Debug)]
pub struct RunningServices {
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningServices {
    /// Where they are.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for RunningServices {
    fn drop(&mut self) {
        // The thread may have panicked.
        let _ = self.end.take().map(|end| end.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Where the services are that scores call.
#[derive(Debug)]
pub enum ServicesAt {
    /// In this process.
    Here(RunningServices),
    /// In another `fermata services` that has the port.
    Elsewhere(SocketAddr),
}

/// Starts the services, or finds those that another program runs on that port.
///
/// # Errors
///
/// [`ServicesError`] if another program has the port, or the system grants no port or thread.
pub fn start_or_use(options: ServicesOptions) -> Result<ServicesAt, ServicesError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    match start(options) {
        Ok(services) => Ok(ServicesAt::Here(services)),
        Err(ServicesError::InUse(_)) if others::are_at(address) => {
            Ok(ServicesAt::Elsewhere(address))
        }
        Err(error) => Err(error),
    }
}

/// Starts the services.
///
/// # Errors
///
/// [`ServicesError`] if the port is in use, or the system grants no port or thread.
pub fn start(options: ServicesOptions) -> Result<RunningServices, ServicesError> {
    let port = options.port;
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => ServicesError::InUse(port),
        _ => ServicesError::Port { port, source },
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    // A runtime of its own: real time goes on here while that of a performance is virtual.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServicesError::Thread)?;
    let shared = Arc::new(Shared {
        services: Mutex::new(Services::new(options.seed)),
        log: options.log,
    });
    let (end, ended) = oneshot::channel();
    let thread = thread::Builder::new()
        .name("fermata-services".into())
        .spawn(move || serve(&runtime, listener, &shared, ended))
        .map_err(ServicesError::Thread)?;
    Ok(RunningServices {
        address,
        end: Some(end),
        thread: Some(thread),
    })
}

/// What all connections share.
struct Shared {
    services: Mutex<Services>,
    log: Log,
}

fn serve(
    runtime: &Runtime,
    listener: TcpListener,
    shared: &Arc<Shared>,
    ended: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        tokio::select! {
            accepted = accept(listener, shared) => {
                if let Err(error) = accepted {
                    tracing::error!(%error, "the services accept no connections");
                }
            }
            _ = ended => {}
        }
    });
}

/// Accepts connections until the program ends.
async fn accept(listener: TcpListener, shared: &Arc<Shared>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let permit = Arc::clone(&permits).acquire_owned().await.ok();
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = Arc::clone(shared);
                tokio::spawn(async move {
                    connection::serve(stream, shared).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection");
                tokio::time::sleep(AFTER_REFUSED).await;
            }
        }
    }
}

impl Shared {
    fn handled(&self, method: &str, path: &str, answer: &Answer, took: Duration) {
        (self.log)(&Handled {
            method: method.to_owned(),
            path: path.to_owned(),
            status: answer.status,
            took,
            marks: answer.marks,
        });
    }
}
