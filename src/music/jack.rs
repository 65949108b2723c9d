//! JACK servers, as far as their files show them. The library itself is not asked: it takes locks that all
//! clients share, and a process that is killed meanwhile leaves them locked.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::DirEntry,
    os::unix::fs::FileTypeExt,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use super::NAME;

/// Where servers and clients meet.
const FOLDER: &str = "/dev/shm";

/// How long a server may take to give up one client. With its default timeout it takes about a second.
const REMOVAL: Duration = Duration::from_millis(1_500);

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_millis(10);

/// The names of clients of this program begin so: those of MIDI ports, and that of the audio device.
const CLIENTS: [&str; 2] = [NAME, "cpal_client_"];

/// Whether the server of this process runs: it listens on a socket with its name.
pub(super) fn server_runs() -> bool {
    entries(Path::new(FOLDER)).any(|entry| is_socket_of(&entry, &server()))
}

/// Waits until the JACK server has given up the clients of a program that crashed. Until then, a new client may
/// be connected to the semaphore of a dead one (JACK2 1.9 keeps it in its place), and is never called again.
/// Does nothing without a server; does not wait for clients that the server keeps, such as those of another
/// running program.
pub fn wait_for_crashed_clients() {
    wait_for_clients(Path::new(FOLDER), &server());
}

fn server() -> String {
    std::env::var("JACK_DEFAULT_SERVER").unwrap_or_else(|_| "default".into())
}

fn wait_for_clients(folder: &Path, server: &str) {
    let mut left = clients(folder, server);
    let mut changed = Instant::now();
    while !left.is_empty() && changed.elapsed() < REMOVAL {
        sleep(INTERVAL);
        let now = clients(folder, server);
        if now != left {
            (left, changed) = (now, Instant::now());
        }
    }
}

/// The semaphores of this program's clients. A server that was killed leaves those of its own time behind.
fn clients(folder: &Path, server: &str) -> BTreeSet<OsString> {
    let began = entries(folder)
        .filter(|entry| is_socket_of(entry, server))
        .filter_map(|socket| socket.metadata().ok()?.modified().ok())
        .max();
    let Some(began) = began else {
        return BTreeSet::new();
    };
    let since = |entry: &DirEntry| {
        let created = entry.metadata().ok()?.modified().ok()?;
        Some(created >= began)
    };
    let clients = entries(folder).filter(|entry| {
        let name = entry.file_name();
        is_client_of(&name.to_string_lossy(), server) && since(entry) == Some(true)
    });
    clients.map(|entry| entry.file_name()).collect()
}

/// `jack_sem.USER_SERVER_CLIENT`.
fn is_client_of(file: &str, server: &str) -> bool {
    let client = file
        .strip_prefix("jack_sem.")
        .and_then(|rest| rest.split_once('_'))
        .and_then(|(_user, rest)| rest.strip_prefix(server)?.strip_prefix('_'));
    client.is_some_and(|client| CLIENTS.iter().any(|name| client.starts_with(name)))
}

/// `jack_SERVER_USER_0`.
fn is_socket_of(entry: &DirEntry, server: &str) -> bool {
    let name = entry.file_name();
    let is_its = name
        .to_string_lossy()
        .strip_prefix("jack_")
        .and_then(|name| name.strip_prefix(server))
        .is_some_and(|rest| rest.starts_with('_'));
    is_its && entry.file_type().is_ok_and(|kind| kind.is_socket())
}

fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> {
    std::fs::read_dir(folder).into_iter().flatten().flatten()
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{remove_file, write},
        os::unix::net::UnixListener,
        thread::{scope, sleep},
    };

    use super::*;

    const SERVER: &str = "stage";

    /// A folder with the files of a server and these clients.
    fn folder(clients: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let file = |client: &str| folder.path().join(format!("jack_sem.0_{SERVER}_{client}"));
        // Left behind by a server before.
        write(file("Fermata-09"), "").unwrap();
        sleep(Duration::from_millis(20));
        UnixListener::bind(folder.path().join(format!("jack_{SERVER}_0_0"))).unwrap();
        for client in clients {
            write(file(client), "").unwrap();
        }
        write(folder.path().join("jack_sem.0_other_Fermata"), "").unwrap();
        folder
    }

    #[test]
    fn only_clients_of_this_program_on_this_server_are_waited_for() {
        let others = folder(&["system", "Volca"]);
        assert_eq!(clients(others.path(), SERVER), BTreeSet::new());
        let own = folder(&["Fermata", "Fermata-01", "cpal_client_7_out", "Volca"]);
        assert_eq!(clients(own.path(), SERVER).len(), 3);
        assert_eq!(clients(own.path(), "another"), BTreeSet::new());
    }

    #[test]
    fn it_goes_on_as_soon_as_the_server_has_given_up_the_last_client() {
        let folder = folder(&["Fermata", "cpal_client_7_out"]);
        let file = |client: &str| folder.path().join(format!("jack_sem.0_{SERVER}_{client}"));
        scope(|scope| {
            scope.spawn(|| {
                for client in ["cpal_client_7_out", "Fermata"] {
                    sleep(Duration::from_millis(100));
                    remove_file(file(client)).unwrap();
                }
            });
            wait_for_clients(folder.path(), SERVER);
            assert!(!file("Fermata").exists());
        });
    }

    #[test]
    fn a_program_that_goes_on_is_not_waited_for_forever() {
        let folder = folder(&["Fermata"]);
        wait_for_clients(folder.path(), SERVER);
        assert_eq!(clients(folder.path(), SERVER).len(), 1);
    }
}
