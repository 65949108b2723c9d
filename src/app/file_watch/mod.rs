//! Watches files: scores, patches and the rig are read again when they are saved.
//!
//! On Linux, inotify reports every change, and the thread sleeps until then. On other systems, and where
//! inotify is unavailable, files are checked every two seconds.

#[cfg_attr(target_os = "linux", path = "inotify.rs")]
#[cfg_attr(not(target_os = "linux"), path = "polling.rs")]
mod notifications;

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, MutexGuard, Once, OnceLock, PoisonError},
    thread::{self, Thread},
    time::Duration,
};

use notifications::Notifications;

/// How long to wait after the first report of a change, which may come in several steps.
const SETTLE_TIME: Duration = Duration::from_millis(150);
/// How soon a reader that is not done with a change is called again.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// How often files are checked without reports of changes.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// When a reader is called next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// After the next change.
    Change,
    /// Soon: it is not done with a change.
    Soon,
}

/// The watcher of all files, on one thread.
pub(super) struct FileWatch {
    readers: Mutex<Vec<Arc<Reader>>>,
    notifications: Option<Notifications>,
    begun: Once,
    thread: OnceLock<Thread>,
}

/// A reader of files.
struct Reader {
    paths: Box<dyn Fn() -> Vec<PathBuf> + Send + Sync>,
    check: Box<dyn Fn() -> Next + Send + Sync>,
}

impl FileWatch {
    /// The watcher of the program.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<FileWatch> =
            LazyLock::new(|| FileWatch::new(Notifications::open()));
        &SHARED
    }

    fn new(notifications: Option<Notifications>) -> Self {
        Self {
            readers: Mutex::default(),
            notifications,
            begun: Once::new(),
            thread: OnceLock::new(),
        }
    }

    /// Calls `check` soon, and then whenever one of the files at `paths`, or in the folders at `paths`, may
    /// have changed, until the program ends. They need not exist yet.
    pub fn follow(
        &'static self,
        paths: impl Fn() -> Vec<PathBuf> + Send + Sync + 'static,
        check: impl Fn() -> Next + Send + Sync + 'static,
    ) {
        let reader = Reader {
            paths: Box::new(paths),
            check: Box::new(check),
        };
        self.lock().push(Arc::new(reader));
        self.begun.call_once(|| {
            let thread = thread::Builder::new().name("fermata-files".into());
            // Without the thread, changes are not noticed.
            if let Ok(thread) = thread.spawn(|| self.watch()) {
                let _ = self.thread.set(thread.thread().clone());
            }
        });
        self.wake();
    }

    /// Calls every reader, and watches paths that are new.
    pub fn wake(&self) {
        if let Some(notifications) = &self.notifications {
            notifications.wake();
        }
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn watch(&self) -> ! {
        loop {
            // Watched first, so that changes during the checks are reported.
            let notifications = self.watch_paths();
            let next = self.check();
            match (notifications, next) {
                (Some(notifications), Next::Change) => Self::listen(notifications, None),
                (Some(notifications), Next::Soon) => {
                    Self::listen(notifications, Some(RETRY_INTERVAL))
                }
                (None, Next::Change) => thread::park_timeout(POLL_INTERVAL),
                (None, Next::Soon) => thread::park_timeout(RETRY_INTERVAL),
            }
        }
    }

    fn listen(notifications: &Notifications, timeout: Option<Duration>) {
        if notifications.wait(timeout) {
            thread::sleep(SETTLE_TIME);
            notifications.clear();
        }
    }

    /// Watches all paths. Returns the source of notifications, if it reports every change.
    fn watch_paths(&self) -> Option<&Notifications> {
        let notifications = self.notifications.as_ref()?;
        let readers = self.readers();
        let mut paths = readers.iter().flat_map(|reader| (reader.paths)());
        let all = paths.all(|path| notifications.add(&path).is_ok());
        all.then_some(notifications)
    }

    fn check(&self) -> Next {
        let readers = self.readers();
        let next: Vec<Next> = readers.iter().map(|reader| (reader.check)()).collect();
        match next.contains(&Next::Soon) {
            true => Next::Soon,
            false => Next::Change,
        }
    }

    /// A copy of the readers: a reader may add another one.
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

    /// Far longer than it takes to notice a change; the machine may be busy.
    const TIMEOUT: Duration = Duration::from_secs(30);

    struct Contents(mpsc::Receiver<Option<String>>);

    impl Contents {
        /// Follows a file, and sends its content with each check.
        fn of(watch: &'static FileWatch, path: &Path) -> Self {
            let (sender, receiver) = mpsc::channel();
            let (followed, read) = (path.to_owned(), path.to_owned());
            let check = move || {
                let _ = sender.send(fs::read_to_string(&read).ok());
                Next::Change
            };
            watch.follow(move || vec![followed.clone()], check);
            Self(receiver)
        }

        fn until(&self, text: &str) {
            loop {
                let content = self.0.recv_timeout(TIMEOUT).expect(text);
                if content.as_deref() == Some(text) {
                    return;
                }
            }
        }
    }

    fn watches() -> Vec<&'static FileWatch> {
        let watches = [FileWatch::new(Notifications::open()), FileWatch::new(None)];
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
            let contents = Contents::of(watch, &path);
            assert_eq!(
                contents.0.recv_timeout(TIMEOUT),
                Ok(None),
                "a missing file is reported too"
            );
            fs::create_dir(folder.path().join("later")).unwrap();
            fs::write(&path, "made").unwrap();
            contents.until("made");
            fs::write(&path, "written over").unwrap();
            contents.until("written over");
            let other = folder.path().join("other");
            fs::write(&other, "put in its place").unwrap();
            fs::rename(&other, &path).unwrap();
            contents.until("put in its place");
            fs::write(&path, "written again").unwrap();
            contents.until("written again");
            fs::remove_dir_all(folder.path().join("later")).unwrap();
            fs::create_dir(folder.path().join("later")).unwrap();
            fs::write(&path, "in another folder").unwrap();
            contents.until("in another folder");
        }
    }
}
