//! The file of a store: created atomically, private to its owner, and watched while it is open.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use redb::{StorageBackend, backends::FileBackend};

use super::{
    failure_marker,
    open::{no_place, not_opened},
    paths::{folder_of, sync_folder, with_suffix},
};
use crate::engine::StoreError;

/// The minimum interval between checks of the file's path.
const LOOK: Duration = Duration::from_millis(500);

/// A store file that is open for writing.
///
/// It stays open and locked while its database is reopened after an error, so that the database
/// always uses the same file. Its locks end with it, so it must outlive the database.
pub(super) struct StoreFile {
    path: PathBuf,
    file: File,
    looked: Mutex<Instant>,
    lost: OnceLock<StoreError>,
}

impl StoreFile {
    /// Opens an existing store file.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = File::options().read(true).write(true).open(path);
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
            _ => no_place(path, error),
        })?;
        keep_private(&file);
        // A database that was closed properly was synced by its process.
        if !was_closed(&file) {
            forget_cached(&file).map_err(|error| {
                failure_marker::write(path, &error);
                StoreError::SyncFailed {
                    path: path.to_owned(),
                    reason: error.to_string(),
                }
            })?;
        }
        Ok(Self::new(path, file))
    }

    /// Wraps an open file.
    pub(super) fn new(path: &Path, file: File) -> Self {
        Self {
            path: path.to_owned(),
            file,
            looked: Mutex::new(Instant::now()),
            lost: OnceLock::new(),
        }
    }

    /// Creates a backend for one opening of the database.
    pub(super) fn backend(&self) -> Result<Box<dyn StorageBackend>, StoreError> {
        // Where locks belong to the handle, a second handle could not lock the file.
        #[cfg(unix)]
        let file = self.file.try_clone();
        #[cfg(not(unix))]
        let file = File::options().read(true).write(true).open(&self.path);
        let file = file.map_err(|error| no_place(&self.path, error))?;
        let backend = FileBackend::new(file).map_err(|error| not_opened(&self.path, error))?;
        Ok(Box::new(backend))
    }

    /// Checks that the path still refers to this file. Data written to a file without a name is
    /// lost when it is closed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if let Some(lost) = self.lost.get() {
            return Err(lost.clone());
        }
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.elapsed() < LOOK {
            return Ok(());
        }
        *looked = Instant::now();
        match self.state() {
            FileState::InPlace => Ok(()),
            FileState::Missing => Err(self.lose(StoreError::Gone(self.path.clone()))),
            FileState::Replaced => Err(self.lose(StoreError::Replaced(self.path.clone()))),
        }
    }

    /// Whether the path still refers to this file.
    pub(super) fn is_in_place(&self) -> bool {
        self.state() == FileState::InPlace
    }

    fn lose(&self, error: StoreError) -> StoreError {
        self.lost.get_or_init(|| error).clone()
    }

    #[cfg(unix)]
    fn unlock(&self) {
        use std::ops::Bound;
        // A file system without locks has nothing to release.
        let _ = self.file.unlock();
        if let Ok(backend) = self.backend() {
            let _ = backend.unlock_range(Bound::Unbounded, Bound::Unbounded);
        }
    }

    // On other systems the locks belong to the handles of the backends.
    #[cfg(not(unix))]
    fn unlock(&self) {}

    #[cfg(unix)]
    fn state(&self) -> FileState {
        use std::os::unix::fs::MetadataExt;
        let identity = |file: &fs::Metadata| (file.dev(), file.ino());
        match (&self.file.metadata(), &fs::metadata(&self.path)) {
            (Ok(open), Ok(named)) if identity(open) == identity(named) => FileState::InPlace,
            (Ok(_), Ok(_)) => FileState::Replaced,
            (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => FileState::Missing,
            // If the path cannot be checked, assume that it is unchanged.
            _ => FileState::InPlace,
        }
    }

    // On other systems an open file cannot be renamed.
    #[cfg(not(unix))]
    fn state(&self) -> FileState {
        FileState::InPlace
    }
}

impl Drop for StoreFile {
    fn drop(&mut self) {
        // Closing the file would keep the locks for as long as a process that another thread is
        // starting has a copy of the handle, which is until it runs its program.
        self.unlock();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code))]
enum FileState {
    InPlace,
    Missing,
    Replaced,
}

/// Whether there is a file that may be a store. Does not open it: opening a pipe would block.
pub(super) fn is_there(path: &Path) -> Result<bool, StoreError> {
    match path.metadata() {
        Ok(file) if !file.is_file() => {
            let what = match file.is_dir() {
                true => "it is a directory",
                false => "it is not a regular file",
            };
            Err(no_place(path, io::Error::other(what)))
        }
        Ok(file) if file.len() == 0 => Err(StoreError::Empty(path.to_owned())),
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(no_place(path, error)),
    }
}

/// Creates a store file with the content written by `fill`. It gets its name once it is complete
/// and synced: there is never an incomplete file of that name, and a creation that is killed leaves
/// nothing. If another process is faster, its file is kept.
pub(super) fn create(
    path: &Path,
    fill: &dyn Fn(Arc<StoreFile>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    #[cfg(target_os = "linux")]
    if let Ok(file) = unnamed(folder_of(path)) {
        let file = Arc::new(StoreFile::new(path, file));
        fill(Arc::clone(&file))?;
        match give_name(&file.file, path) {
            Ok(()) => return sync_folder(path).map_err(|error| no_place(path, error)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            // Without /proc, or if the file system does not support it: fall through.
            Err(_) => {}
        }
    }
    create_named(path, fill)?;
    sync_folder(path).map_err(|error| no_place(path, error))
}

/// Creates a file without a name, which disappears with its process.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let how = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(File::from(openat(
        CWD,
        folder,
        how,
        Mode::RUSR | Mode::WUSR,
    )?))
}

#[cfg(target_os = "linux")]
fn give_name(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, linkat};
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// Creates the file under a fixed temporary name next to the store: what a killed creation left is
/// reused.
#[cfg(unix)]
fn create_named(
    path: &Path,
    fill: &dyn Fn(Arc<StoreFile>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error| no_place(path, error);
    let name = with_suffix(path, ".new");
    let file = loop {
        let file = private().create(true).truncate(false).open(&name);
        let file = Arc::new(StoreFile::new(&name, file.map_err(failed)?));
        // Ignored if the file system has no locks. The lock ends with the file.
        let _ = file.file.lock();
        // The previous holder of the lock may have renamed the file.
        if file.is_in_place() {
            break file;
        }
    };
    let made = match path.exists() {
        true => Ok(()),
        false => fill_named(&file, path, fill),
    };
    // Fails if it was renamed.
    let _ = fs::remove_file(&name);
    made
}

#[cfg(unix)]
fn fill_named(
    new: &Arc<StoreFile>,
    path: &Path,
    fill: &dyn Fn(Arc<StoreFile>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error| no_place(path, error);
    new.file.set_len(0).map_err(failed)?;
    fill(Arc::clone(new))?;
    match fs::hard_link(&new.path, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Not every file system supports links.
        Err(_) => fs::rename(&new.path, path).map_err(failed),
    }
}

#[cfg(not(unix))]
fn create_named(
    path: &Path,
    fill: &dyn Fn(Arc<StoreFile>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error| no_place(path, error);
    let mut builder = tempfile::Builder::new();
    let new = builder.suffix(".new").tempfile_in(folder_of(path));
    let new = new.map_err(failed)?;
    let file = File::options().read(true).write(true).open(new.path());
    fill(Arc::new(StoreFile::new(new.path(), file.map_err(failed)?)))?;
    match new.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => {
            Err(failed(error.error))
        }
        // Created, or another process has created one meanwhile.
        _ => Ok(()),
    }
}

/// Options for opening a file that only its owner can read.
pub(super) fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Histories contain user data. A store that others can read, from an earlier version or a copy, is
/// restricted to its owner.
#[cfg(unix)]
fn keep_private(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = file.metadata() else {
        return;
    };
    let mode = metadata.permissions().mode();
    if metadata.is_file() && mode & 0o077 != 0 {
        // Only the owner can do this, and not every file system has modes.
        let _ = file.set_permissions(fs::Permissions::from_mode(mode & 0o700));
    }
}

#[cfg(not(unix))]
fn keep_private(_: &File) {}

/// Whether the database in this file was closed properly: the byte after the magic number tells
/// whether it needs recovery. False if it is not a database.
fn was_closed(mut file: &File) -> bool {
    const NAME: &[u8] = b"redb";
    /// The offset of that byte, and the bit in it.
    const FLAGS: usize = 9;
    const TO_BE_RECOVERED: u8 = 2;

    let mut header = [0; FLAGS + 1];
    file.read_exact(&mut header).is_ok()
        && header.starts_with(NAME)
        && header[FLAGS] & TO_BE_RECOVERED == 0
}

/// Makes sure that the file is read from the disk. Data that a killed process had not synced is
/// written by the system later; if that fails, no error is reported and the system keeps serving
/// the cached pages.
fn forget_cached(file: &File) -> io::Result<()> {
    file.sync_data()?;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{Advice, fadvise};
        // Ignored by file systems without a cache.
        let _ = fadvise(file, 0, None, Advice::DontNeed);
    }
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::engine::RedbStore;

    fn fill(file: Arc<StoreFile>) -> Result<(), StoreError> {
        (&file.file).write_all(b"whole").unwrap();
        Ok(())
    }

    fn read(path: &Path) -> String {
        let mut text = String::new();
        let mut file = File::open(path).unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_file_that_a_killed_creation_left_is_reused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        fs::write(with_suffix(&path, ".new"), "half of something longer").unwrap();
        create_named(&path, &fill).unwrap();
        assert_eq!(read(&path), "whole");
        assert!(!with_suffix(&path, ".new").exists());
    }

    #[test]
    fn a_file_records_whether_its_database_was_closed_cleanly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let is_closed = || was_closed(&File::open(&path).unwrap());
        let store = RedbStore::create(&path).unwrap();
        assert!(!is_closed(), "it is open, as it is after a crash");
        drop(store);
        assert!(is_closed());
        fs::write(&path, "no database at all").unwrap();
        assert!(!is_closed());
        fs::write(&path, "").unwrap();
        assert!(!is_closed());
    }

    #[test]
    fn concurrent_creations_of_a_file_give_one_file() {
        for create in [create, create_named] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| create(&path, &fill).unwrap());
                }
            });
            assert_eq!(read(&path), "whole");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_creation_that_fails_leaves_nothing() {
        for create in [create, create_named] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            let full = |_| Err(StoreError::Missing("full".into()));
            create(&path, &full).unwrap_err();
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
