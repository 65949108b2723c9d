//! Notices that files change: scores, patches and the rig are read again when they are saved.
//!
//! On Linux the kernel announces every change, and the thread sleeps until it does. On other systems,
//! and where the kernel refuses, everybody is asked to look every two seconds.

#[cfg_attr(target_os = "linux", path = "inotify.rs")]
#[cfg_attr(not(target_os = "linux"), path = "unannounced.rs")]
mod announcements;

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, MutexGuard, Once, OnceLock, PoisonError},
    thread::{self, Thread},
    time::Duration,
};

use announcements::Announcements;

/// A change comes in several steps: when it is announced they are over soon.
const SETTLE: Duration = Duration::from_millis(150);
/// How soon a reader looks again that has not done with a change.
const SOON: Duration = Duration::from_millis(250);
/// How often files are looked at where nobody announces changes.
const LOOK: Duration = Duration::from_secs(2);

/// When a reader wants to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// When something has changed.
    Change,
    /// Soon: there is something that it has not done with.
    Soon,
}

/// The watch of the program, on one thread for all files.
pub(super) struct FileWatch {
    readers: Mutex<Vec<Arc<Reader>>>,
    announcements: Option<Announcements>,
    begun: Once,
    thread: OnceLock<Thread>,
}

/// Somebody who reads files.
struct Reader {
    paths: Box<dyn Fn() -> Vec<PathBuf> + Send + Sync>,
    look: Box<dyn Fn() -> Next + Send + Sync>,
}

impl FileWatch {
    /// The watch of the program.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<FileWatch> =
            LazyLock::new(|| FileWatch::new(Announcements::open()));
        &SHARED
    }

    fn new(announcements: Option<Announcements>) -> Self {
        Self {
            readers: Mutex::default(),
            announcements,
            begun: Once::new(),
            thread: OnceLock::new(),
        }
    }

    /// Calls `look` soon, and then whenever one of the files at `paths`, or in the folders at
    /// `paths`, may have changed, until the program ends. They need not be there yet.
    pub fn follow(
        &'static self,
        paths: impl Fn() -> Vec<PathBuf> + Send + Sync + 'static,
        look: impl Fn() -> Next + Send + Sync + 'static,
    ) {
        let reader = Reader {
            paths: Box::new(paths),
            look: Box::new(look),
        };
        self.lock().push(Arc::new(reader));
        self.begun.call_once(|| {
            let thread = thread::Builder::new().name("fermata-files".into());
            // Without the thread everything stays as it was when it was read.
            if let Ok(thread) = thread.spawn(|| self.watch()) {
                let _ = self.thread.set(thread.thread().clone());
            }
        });
        self.wake();
    }

    /// Makes everybody look, also at paths that are new to them.
    pub fn wake(&self) {
        if let Some(announcements) = &self.announcements {
            announcements.wake();
        }
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn watch(&self) -> ! {
        loop {
            // Announcements first: what changes while somebody looks is announced.
            let announced = self.expect_announcements();
            let next = self.look();
            match (announced, next) {
                (Some(announcements), Next::Change) => Self::listen(announcements, None),
                (Some(announcements), Next::Soon) => Self::listen(announcements, Some(SOON)),
                (None, Next::Change) => thread::park_timeout(LOOK),
                (None, Next::Soon) => thread::park_timeout(SOON),
            }
        }
    }

    fn listen(announcements: &Announcements, at_most: Option<Duration>) {
        if announcements.wait(at_most) {
            thread::sleep(SETTLE);
            announcements.take();
        }
    }

    /// Where announcements come from, if all changes are announced.
    fn expect_announcements(&self) -> Option<&Announcements> {
        let announcements = self.announcements.as_ref()?;
        let readers = self.readers();
        let mut paths = readers.iter().flat_map(|reader| (reader.paths)());
        let all = paths.all(|path| announcements.expect(&path).is_ok());
        all.then_some(announcements)
    }

    fn look(&self) -> Next {
        let readers = self.readers();
        let wishes: Vec<Next> = readers.iter().map(|reader| (reader.look)()).collect();
        match wishes.contains(&Next::Soon) {
            true => Next::Soon,
            false => Next::Change,
        }
    }

    /// Whoever reads by now: a reader that looks may call back.
    fn readers(&self) -> Vec<Arc<Reader>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Reader>>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, sync::mpsc};

    use super::*;

    /// Far longer than any change takes to be noticed; the machine may be busy.
    const PATIENCE: Duration = Duration::from_secs(30);

    struct Heard(mpsc::Receiver<Option<String>>);

    impl Heard {
        /// Follows a file, whose text is told with each look.
        fn of(watch: &'static FileWatch, path: &Path) -> Self {
            let (tell, told) = mpsc::channel();
            let (followed, read) = (path.to_owned(), path.to_owned());
            let look = move || {
                let _ = tell.send(fs::read_to_string(&read).ok());
                Next::Change
            };
            watch.follow(move || vec![followed.clone()], look);
            Self(told)
        }

        fn until(&self, text: &str) {
            loop {
                let told = self.0.recv_timeout(PATIENCE).expect(text);
                if told.as_deref() == Some(text) {
                    return;
                }
            }
        }
    }

    fn watches() -> Vec<&'static FileWatch> {
        let watches = [FileWatch::new(Announcements::open()), FileWatch::new(None)];
        watches
            .into_iter()
            .map(|watch| &*Box::leak(Box::new(watch)))
            .collect()
    }

    #[test]
    fn a_file_is_followed_with_every_way_of_saving() {
        for watch in watches() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("later/score.yaml");
            let heard = Heard::of(watch, &path);
            assert_eq!(
                heard.0.recv_timeout(PATIENCE),
                Ok(None),
                "also what is not there"
            );
            fs::create_dir(folder.path().join("later")).unwrap();
            fs::write(&path, "made").unwrap();
            heard.until("made");
            fs::write(&path, "written over").unwrap();
            heard.until("written over");
            let other = folder.path().join("other");
            fs::write(&other, "put in its place").unwrap();
            fs::rename(&other, &path).unwrap();
            heard.until("put in its place");
            fs::write(&path, "written again").unwrap();
            heard.until("written again");
            fs::remove_dir_all(folder.path().join("later")).unwrap();
            fs::create_dir(folder.path().join("later")).unwrap();
            fs::write(&path, "in another folder").unwrap();
            heard.until("in another folder");
        }
    }
}
