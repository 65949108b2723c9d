//! Changes of files as Linux announces them.

use std::{io, mem::MaybeUninit, os::fd::OwnedFd, path::Path, thread, time::Duration};

use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll},
    fs::inotify::{self, CreateFlags, Reader, WatchFlags},
    io::Errno,
};

/// What makes a path lead to a file, or to another one.
const ARRIVALS: WatchFlags = WatchFlags::CREATE.union(WatchFlags::MOVED_TO);
/// What may happen to a file, and to the files in a folder.
const CHANGES: WatchFlags = WatchFlags::MODIFY
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::MOVED_FROM)
    .union(ARRIVALS);

/// A queue of announcements, and a way to wake whoever waits for one.
#[derive(Debug)]
pub(super) struct Announcements {
    changes: OwnedFd,
    wakes: OwnedFd,
}

impl Announcements {
    /// `None` where the system grants no more of them.
    pub fn open() -> Option<Self> {
        let changes = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        let wakes = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).ok()?;
        Some(Self { changes, wakes })
    }

    /// Makes the system announce what happens to a file or in a folder, also when it is not there
    /// yet.
    pub fn expect(&self, path: &Path) -> io::Result<()> {
        let path = std::path::absolute(path)?;
        self.add(&path, CHANGES)?;
        let Some(folder) = path.parent() else {
            return Ok(());
        };
        // The store may be in the same folder: only arrivals matter there. A folder that arrives
        // while the one above it is added is found by looking again.
        for _ in folder.ancestors() {
            let mut missing = None;
            for above in folder.ancestors() {
                if self.add(above, ARRIVALS)? {
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

    /// Whether there is anything at this path to be watched.
    fn add(&self, path: &Path, events: WatchFlags) -> io::Result<bool> {
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

    /// Sleeps until a change is announced, somebody wakes, or for so long at most. Whether there was a
    /// change.
    pub fn wait(&self, at_most: Option<Duration>) -> bool {
        let at_most = at_most.and_then(|time| Timespec::try_from(time).ok());
        let mut both = [&self.changes, &self.wakes].map(|fd| PollFd::new(fd, PollFlags::IN));
        match poll(&mut both, at_most.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            // No memory: it must not ask without pause.
            Err(_) => thread::sleep(super::LOOK),
        }
        let _ = rustix::io::read(&self.wakes, &mut [0; 8]);
        !both[0].revents().is_empty()
    }

    /// Takes what was announced; it does not matter what it is.
    pub fn take(&self) {
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut announced = Reader::new(&self.changes, &mut room);
        while announced.next().is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn changes_of_neighboring_files_are_not_announced() {
        let folder = tempfile::tempdir().unwrap();
        let [score, store] = ["score", "store"].map(|name| folder.path().join(name));
        fs::write(&store, "").unwrap();
        fs::write(&score, "a").unwrap();
        let announcements = Announcements::open().unwrap();
        announcements.expect(&score).unwrap();
        let announced = || {
            let announced = announcements.wait(Some(Duration::ZERO));
            announcements.take();
            announced
        };
        for _ in 0..10 {
            fs::write(&store, "b").unwrap();
            fs::read(&score).unwrap();
        }
        assert!(!announced());
        fs::write(&score, "b").unwrap();
        assert!(announced());
        assert!(!announced(), "once");
    }
}
