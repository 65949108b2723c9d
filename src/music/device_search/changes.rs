//! Files of the system that show devices: cards, the sequencer, and sound servers.

use std::{
    mem::MaybeUninit,
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::inotify::{self, CreateFlags, Reader, WatchFlags},
};

/// Several files come in a row: time to collect them.
const SETTLE: Duration = Duration::from_millis(200);

/// A thread that calls a function after every change. Dropping it ends the thread.
pub(super) struct DeviceChanges {
    /// The thread has the other end and notices when this one closes.
    _closer: UnixStream,
}

impl DeviceChanges {
    /// `None` if the system shows no changes.
    pub fn follow(changed: impl Fn() + Send + 'static) -> Option<Self> {
        Self::follow_in(places(), changed)
    }

    fn follow_in(places: Vec<PathBuf>, changed: impl Fn() + Send + 'static) -> Option<Self> {
        let files = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        if !watch(&files, &places) {
            return None;
        }
        let (closer, end) = UnixStream::pair().ok()?;
        let thread = thread::Builder::new().name("fermata-devices".into());
        let follow = move || {
            while wait(&files, &end) {
                thread::sleep(SETTLE);
                discard(&files);
                // Some folders are there only now.
                watch(&files, &places);
                changed();
            }
        };
        thread.spawn(follow).ok()?;
        Some(Self { _closer: closer })
    }
}

/// Folders whose entries come and go with devices and servers, each after the one that contains it.
fn places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = ["/dev", "/dev/snd", "/dev/shm"].map(PathBuf::from).into();
    if let Some(run) = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
        let pulse = run.join("pulse");
        places.extend([run, pulse]);
    }
    places
}

/// Whether any place is there.
fn watch(files: &OwnedFd, places: &[PathBuf]) -> bool {
    let coming = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
    let flags = |place: &Path| {
        // Rights come after the file.
        let rights = place.ends_with("snd").then_some(WatchFlags::ATTRIB);
        coming | rights.unwrap_or(WatchFlags::empty())
    };
    let watched = places
        .iter()
        .filter(|place| inotify::add_watch(files, place.as_path(), flags(place)).is_ok());
    watched.count() > 0
}

/// Waits for a change. `false`: the other end was closed.
fn wait(files: &OwnedFd, end: &UnixStream) -> bool {
    loop {
        let mut fds = [
            PollFd::new(files, PollFlags::IN),
            PollFd::new(end, PollFlags::IN),
        ];
        // A signal may end the wait early.
        let _ = poll(&mut fds, None);
        let [changed, ended] = fds.map(|fd| !fd.revents().is_empty());
        if ended || changed {
            return !ended;
        }
    }
}

fn discard(files: &OwnedFd) {
    let mut buffer = [MaybeUninit::uninit(); 1024];
    let mut events = Reader::new(files, &mut buffer);
    while events.next().is_ok() {}
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn a_folder_of_devices_that_comes_and_each_device_in_it_are_noticed() {
        let root = tempfile::tempdir().unwrap();
        let devices = root.path().join("snd");
        let (sender, changes) = mpsc::channel();
        let places = vec![root.path().to_owned(), devices.clone()];
        let followed = DeviceChanges::follow_in(places, move || sender.send(()).unwrap()).unwrap();
        std::fs::create_dir(&devices).unwrap();
        changes.recv_timeout(PATIENCE).expect("the folder");
        std::fs::write(devices.join("seq"), "").unwrap();
        changes.recv_timeout(PATIENCE).expect("the device");
        drop(followed);
        let ended = changes.recv_timeout(PATIENCE);
        assert_eq!(ended, Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[test]
    fn a_system_without_such_folders_shows_no_changes() {
        let root = tempfile::tempdir().unwrap();
        let places = vec![root.path().join("missing")];
        assert!(DeviceChanges::follow_in(places, || ()).is_none());
    }
}
