//! Notifications of changes by inotify.

use std::{io, mem::MaybeUninit, os::fd::OwnedFd, path::Path, thread, time::Duration};

use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll},
    fs::inotify::{self, CreateFlags, Reader, WatchFlags},
    io::Errno,
};

/// Events that make a path refer to another file.
const ARRIVALS: WatchFlags = WatchFlags::CREATE.union(WatchFlags::MOVED_TO);
/// Changes of a file, and of the files in a folder.
const CHANGES: WatchFlags = WatchFlags::MODIFY
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::MOVED_FROM)
    .union(ARRIVALS);

/// A queue of notifications, and a way to wake its reader.
#[derive(Debug)]
pub(super) struct Notifications {
    changes: OwnedFd,
    wakes: OwnedFd,
}

impl Notifications {
    /// `None` if the system's limit is reached.
    pub fn open() -> Option<Self> {
        let changes = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        let wakes = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).ok()?;
        Some(Self { changes, wakes })
    }

    /// Watches a file or folder, which need not exist yet.
    pub fn add(&self, path: &Path) -> io::Result<()> {
        let path = std::path::absolute(path)?;
        self.watch(&path, CHANGES)?;
        let Some(folder) = path.parent() else {
            return Ok(());
        };
        // Only arrivals matter in the parent folders: the store may be there. A folder that is created while
        // its parent is being added is found by the next round.
        for _ in folder.ancestors() {
            let mut missing = None;
            for above in folder.ancestors() {
                if self.watch(above, ARRIVALS)? {
                    break;
                }
                missing = Some(above);
            }
            if !missing.is_some_and(Path::exists) {
                break;
            }
        }
        Ok(())
    }

    /// Watches an existing path; returns false if there is none.
    fn watch(&self, path: &Path, events: WatchFlags) -> io::Result<bool> {
        match inotify::add_watch(&self.changes, path, events | WatchFlags::MASK_ADD) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends a wait, or the next one.
    pub fn wake(&self) {
        // A full counter wakes as well.
        let _ = rustix::io::write(&self.wakes, &1_u64.to_ne_bytes());
    }

    /// Waits for a change, a wake-up or the timeout; returns whether there was a change.
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        let timeout = timeout.and_then(|time| Timespec::try_from(time).ok());
        let mut both = [&self.changes, &self.wakes].map(|fd| PollFd::new(fd, PollFlags::IN));
        match poll(&mut both, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            // Out of memory: avoid a busy loop.
            Err(_) => thread::sleep(super::POLL_INTERVAL),
        }
        let _ = rustix::io::read(&self.wakes, &mut [0; 8]);
        !both[0].revents().is_empty()
    }

    /// Discards all notifications; readers check their files anyway.
    pub fn clear(&self) {
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut pending = Reader::new(&self.changes, &mut room);
        while pending.next().is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn changes_of_neighboring_files_are_not_reported() {
        let folder = tempfile::tempdir().unwrap();
        let [score, store] = ["score", "store"].map(|name| folder.path().join(name));
        fs::write(&store, "").unwrap();
        fs::write(&score, "a").unwrap();
        let notifications = Notifications::open().unwrap();
        notifications.add(&score).unwrap();
        let is_notified = || {
            let notified = notifications.wait(Some(Duration::ZERO));
            notifications.clear();
            notified
        };
        for _ in 0..10 {
            fs::write(&store, "b").unwrap();
            fs::read(&score).unwrap();
        }
        assert!(!is_notified());
        fs::write(&score, "b").unwrap();
        assert!(is_notified());
        assert!(!is_notified(), "once");
    }
}
