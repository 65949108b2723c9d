//! The running program's side of the socket.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

use super::{
    Controlled, ShowWindow,
    lines::write_line,
    location,
    protocol::{Reply, ReplyLine},
    serve::{self, Served},
};

/// The most clients that are served at once.
const MAX_CLIENTS: usize = 8;

/// How long a refused client may take to read why.
const REFUSAL_TIMEOUT: Duration = Duration::from_millis(200);

/// The pause after an error of the system, such as too many open files.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// How long the end of the program waits for replies that are under way.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The socket of a running program. Dropping it removes it; requests under way are completed.
pub struct ControlSocket {
    path: PathBuf,
    identity: Option<Identity>,
    stopped: Arc<AtomicBool>,
    clients: Arc<Clients>,
    listening: Option<JoinHandle<()>>,
}

impl ControlSocket {
    /// Opens the socket of a store, which this process must have open. Requests run on `runtime`.
    ///
    /// # Errors
    ///
    /// The system's, if no socket can be made at any of its places.
    pub fn open(
        store: &Path,
        program: Controlled,
        window: Arc<dyn ShowWindow>,
        runtime: Handle,
    ) -> io::Result<Self> {
        let program = Served {
            program,
            window,
            runtime,
        };
        let mut error = io::Error::from(io::ErrorKind::InvalidFilename);
        for path in location::candidates(store) {
            match bind(&path) {
                Ok(listener) => return Self::listen(path, listener, program),
                Err(cause) => error = cause,
            }
        }
        Err(error)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn listen(path: PathBuf, listener: UnixListener, program: Served) -> io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let clients = Arc::new(Clients::default());
        let (stop, accepted) = (Arc::clone(&stopped), Arc::clone(&clients));
        let listening = thread::Builder::new()
            .name("fermata-socket".into())
            .spawn(move || accept(&listener, &stop, &accepted, &program));
        let listening = listening.inspect_err(|_| {
            // The thread's error is the one that counts.
            let _ = fs::remove_file(&path);
        })?;
        Ok(Self {
            identity: identity(&path),
            path,
            stopped,
            clients,
            listening: Some(listening),
        })
    }
}

impl ControlSocket {
    fn stop_listening(&mut self) {
        self.stopped.store(true, Ordering::Release);
        // If the socket was removed, another program may have made its own since. The thread ends with
        // the process then.
        if self.identity.is_none() || identity(&self.path) != self.identity {
            return;
        }
        let woken = UnixStream::connect(&self.path).is_ok();
        // It was there a moment ago.
        let _ = fs::remove_file(&self.path);
        if let Some(listening) = self.listening.take().filter(|_| woken) {
            // It has no result.
            let _ = listening.join();
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        self.stop_listening();
        self.clients.wait_for_replies();
    }
}

/// Device and number of a file: what makes it the same file.
type Identity = (u64, u64);

fn identity(path: &Path) -> Option<Identity> {
    let found = fs::symlink_metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// Binds a socket that was never open to anybody else: it is made in a private folder, and moved to
/// its place once its mode is set.
fn bind(path: &Path) -> io::Result<UnixListener> {
    make_room(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let private = tempfile::Builder::new().prefix(".f").tempdir_in(folder)?;
    let unseen = private.path().join("s");
    if !location::fits(&unseen) {
        return Err(io::ErrorKind::InvalidFilename.into());
    }
    let listener = UnixListener::bind(&unseen)?;
    fs::set_permissions(&unseen, fs::Permissions::from_mode(0o600))?;
    fs::rename(&unseen, path)?;
    Ok(listener)
}

/// Removes the socket that a killed program left. Nobody else listens: this process has the store.
fn make_room(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn accept(listener: &UnixListener, stopped: &AtomicBool, clients: &Arc<Clients>, program: &Served) {
    loop {
        let client = listener.accept();
        if stopped.load(Ordering::Acquire) {
            return;
        }
        let Ok((client, _)) = client else {
            thread::sleep(RETRY_INTERVAL);
            continue;
        };
        let place = Place::take(clients);
        if place.number > MAX_CLIENTS {
            refuse(client);
            continue;
        }
        let program = program.clone();
        let served = thread::Builder::new()
            .name("fermata-client".into())
            .spawn(move || {
                // A client that has gone needs no answer.
                let _ = serve(client, &place, &program);
            });
        // Without a thread the client sees the end of the connection.
        drop(served);
    }
}

fn serve(client: UnixStream, place: &Place, program: &Served) -> io::Result<()> {
    let Some(request) = serve::receive(&client)? else {
        return Ok(());
    };
    let _replying = Replying::begin(&place.clients);
    serve::reply(client, request, program)
}

fn refuse(mut client: UnixStream) {
    let reply = Reply::Error(format!(
        "the program is already serving {MAX_CLIENTS} other requests: try again"
    ));
    let line = ReplyLine::new(reply);
    // A client that does not read it sees the end of the connection.
    let _ = write_line(&mut client, &line, REFUSAL_TIMEOUT);
}

/// The clients that are being served.
#[derive(Default)]
struct Clients {
    connected: AtomicUsize,
    /// Those whose request was received and that have not got their reply yet.
    replying: AtomicUsize,
}

impl Clients {
    fn wait_for_replies(&self) {
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        while self.replying.load(Ordering::Acquire) > 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
    }
}

/// A client that is connected.
struct Place {
    clients: Arc<Clients>,
    number: usize,
}

impl Place {
    fn take(clients: &Arc<Clients>) -> Self {
        Self {
            number: clients.connected.fetch_add(1, Ordering::AcqRel) + 1,
            clients: Arc::clone(clients),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clients.connected.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A request that is being executed.
struct Replying<'a>(&'a Clients);

impl<'a> Replying<'a> {
    fn begin(clients: &'a Clients) -> Self {
        clients.replying.fetch_add(1, Ordering::AcqRel);
        Self(clients)
    }
}

impl Drop for Replying<'_> {
    fn drop(&mut self) {
        self.0.replying.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn the_end_of_the_program_waits_for_replies_under_way() {
        let clients = Arc::new(Clients::default());
        let sent = Arc::new(AtomicBool::new(false));
        let (begin, begun) = mpsc::channel();
        let (replying, reply) = (Arc::clone(&clients), Arc::clone(&sent));
        let client = thread::spawn(move || {
            let _replying = Replying::begin(&replying);
            begin.send(()).unwrap();
            thread::sleep(Duration::from_millis(100));
            reply.store(true, Ordering::Release);
        });
        begun.recv().unwrap();
        clients.wait_for_replies();
        assert!(sent.load(Ordering::Acquire));
        client.join().unwrap();
    }
}
