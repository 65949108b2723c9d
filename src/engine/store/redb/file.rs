//! The file of a store: made whole or not at all, readable by its owner alone, and watched while it
//! is open.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use redb::{StorageBackend, backends::FileBackend};

use super::{
    medium::{no_place, not_opened},
    rebuild,
};
use crate::engine::StoreError;

/// How often it is asked, at most, whether the file is still in its place.
const LOOK: Duration = Duration::from_millis(500);

/// A file that is open for writing.
///
/// It stays open while its database is closed and opened again after an error: the same bytes,
/// whatever has become of its name, and still locked against other processes.
pub(super) struct StoreFile {
    path: PathBuf,
    file: File,
    looked: Mutex<Instant>,
    lost: OnceLock<StoreError>,
}

impl StoreFile {
    /// Opens the file of a store that is there.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = File::options().read(true).write(true).open(path);
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
            _ => no_place(path, error),
        })?;
        keep_private(&file);
        // What was closed in order was synced by a process that saw whether it could.
        if !was_closed(&file) {
            forget_cached(&file).map_err(|error| {
                rebuild::note_failure(path, &error);
                StoreError::SyncFailed {
                    path: path.to_owned(),
                    reason: error.to_string(),
                }
            })?;
        }
        Ok(Self::new(path, file))
    }

    /// A file that is open already.
    pub(super) fn new(path: &Path, file: File) -> Self {
        Self {
            path: path.to_owned(),
            file,
            looked: Mutex::new(Instant::now()),
            lost: OnceLock::new(),
        }
    }

    /// Access for one opening of the database.
    pub(super) fn backend(&self) -> Result<Box<dyn StorageBackend>, StoreError> {
        // Where locks belong to the handle, a second one could not lock what the first holds.
        #[cfg(unix)]
        let file = self.file.try_clone();
        #[cfg(not(unix))]
        let file = File::options().read(true).write(true).open(&self.path);
        let file = file.map_err(|error| no_place(&self.path, error))?;
        let backend = FileBackend::new(file).map_err(|error| not_opened(&self.path, error))?;
        Ok(Box::new(backend))
    }

    /// An error once another file, or none, has its name. What is written to a file without a name
    /// is lost when it is closed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if let Some(lost) = self.lost.get() {
            return Err(lost.clone());
        }
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.elapsed() < LOOK {
            return Ok(());
        }
        *looked = Instant::now();
        match self.whereabouts() {
            Whereabouts::InPlace => Ok(()),
            Whereabouts::Gone => Err(self.lose(StoreError::Gone(self.path.clone()))),
            Whereabouts::Replaced => Err(self.lose(StoreError::Replaced(self.path.clone()))),
        }
    }

    /// Whether the file still has its name.
    pub(super) fn is_in_place(&self) -> bool {
        self.whereabouts() == Whereabouts::InPlace
    }

    fn lose(&self, error: StoreError) -> StoreError {
        self.lost.get_or_init(|| error).clone()
    }

    #[cfg(unix)]
    fn whereabouts(&self) -> Whereabouts {
        use std::os::unix::fs::MetadataExt;
        let identity = |file: &fs::Metadata| (file.dev(), file.ino());
        match (&self.file.metadata(), &fs::metadata(&self.path)) {
            (Ok(open), Ok(named)) if identity(open) == identity(named) => Whereabouts::InPlace,
            (Ok(_), Ok(_)) => Whereabouts::Replaced,
            (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => Whereabouts::Gone,
            // Who cannot look does not know better.
            _ => Whereabouts::InPlace,
        }
    }

    // An open file keeps its name there.
    #[cfg(not(unix))]
    fn whereabouts(&self) -> Whereabouts {
        Whereabouts::InPlace
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code))]
enum Whereabouts {
    InPlace,
    Gone,
    Replaced,
}

/// Whether there is a file that may be a store. Nothing is opened: opening a pipe would wait.
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

/// Makes the file of a store, which `fill` writes. It gets its name once it is whole and on the
/// disk: a file of that name is never half of one, and a creation that is killed leaves nothing.
/// Where another process is quicker, its file stays.
pub(super) fn make(
    path: &Path,
    fill: &dyn Fn(File) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    #[cfg(target_os = "linux")]
    if let Ok(file) = unnamed(folder_of(path)) {
        let copy = file.try_clone().map_err(|error| no_place(path, error))?;
        fill(copy)?;
        match give_name(&file, path) {
            Ok(()) => return sync_folder(path).map_err(|error| no_place(path, error)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            // Without /proc, or where the file system refuses: by the other way.
            Err(_) => {}
        }
    }
    make_named(path, fill)?;
    sync_folder(path).map_err(|error| no_place(path, error))
}

/// A file without a name: it goes with its process.
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

/// The same by a name beside the store, always the same one: what a killed creation left there is
/// used by the next.
#[cfg(unix)]
fn make_named(
    path: &Path,
    fill: &dyn Fn(File) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error| no_place(path, error);
    let name = beside(path, ".new");
    let file = loop {
        let file = private().create(true).truncate(false).open(&name);
        let file = StoreFile::new(&name, file.map_err(failed)?);
        // A file system without locks is nobody else's. The lock ends with the file.
        let _ = file.file.lock();
        // Whoever had the lock may have given the file its name.
        if file.is_in_place() {
            break file;
        }
    };
    let made = match path.exists() {
        true => Ok(()),
        false => fill_named(&file, path, fill),
    };
    // Renamed, it is not there any more.
    let _ = fs::remove_file(&name);
    made
}

#[cfg(unix)]
fn fill_named(
    new: &StoreFile,
    path: &Path,
    fill: &dyn Fn(File) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error| no_place(path, error);
    new.file.set_len(0).map_err(failed)?;
    fill(new.file.try_clone().map_err(failed)?)?;
    match fs::hard_link(&new.path, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Not every file system has links.
        Err(_) => fs::rename(&new.path, path).map_err(failed),
    }
}

#[cfg(not(unix))]
fn make_named(
    path: &Path,
    fill: &dyn Fn(File) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error| no_place(path, error);
    let mut builder = tempfile::Builder::new();
    let new = builder.suffix(".new").tempfile_in(folder_of(path));
    let new = new.map_err(failed)?;
    let file = File::options().read(true).write(true).open(new.path());
    fill(file.map_err(failed)?)?;
    match new.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => {
            Err(failed(error.error))
        }
        // Or another process made one meanwhile.
        _ => Ok(()),
    }
}

/// How files are opened that nobody but their owner may read.
pub(super) fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Histories hold what services answered and what users entered. A store that others could read,
/// from an earlier Fermata or a careless copy, is closed to them by its owner.
#[cfg(unix)]
fn keep_private(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = file.metadata() else {
        return;
    };
    let mode = metadata.permissions().mode();
    if metadata.is_file() && mode & 0o077 != 0 {
        // Only its owner may do that, and not every file system has modes.
        let _ = file.set_permissions(fs::Permissions::from_mode(mode & 0o700));
    }
}

#[cfg(not(unix))]
fn keep_private(_: &File) {}

/// Whether the database in this file was closed in order: its header says, in the byte after the name,
/// whether it has to be recovered. What is no database was not.
fn was_closed(mut file: &File) -> bool {
    const NAME: &[u8] = b"redb";
    /// The place of that byte, and the bit in it.
    const FLAGS: usize = 9;
    const TO_BE_RECOVERED: u8 = 2;

    let mut header = [0; FLAGS + 1];
    file.read_exact(&mut header).is_ok()
        && header.starts_with(NAME)
        && header[FLAGS] & TO_BE_RECOVERED == 0
}

/// Sees that the file is read as it is on the disk. What a process that was killed had not synced is
/// written by the system later; where that fails, nobody is told, and the system goes on to show
/// pages that are not there.
fn forget_cached(file: &File) -> io::Result<()> {
    file.sync_data()?;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{Advice, fadvise};
        // A file system that keeps nothing in memory has nothing to forget.
        let _ = fadvise(file, 0, None, Advice::DontNeed);
    }
    Ok(())
}

/// The path with something after its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Brings the names in the folder of a file to the disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return File::open(folder_of(path))?.sync_all();
    // Elsewhere a folder cannot be opened.
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::engine::RedbStore;

    fn fill(mut file: File) -> Result<(), StoreError> {
        file.write_all(b"whole").unwrap();
        Ok(())
    }

    fn read(path: &Path) -> String {
        let mut text = String::new();
        let mut file = File::open(path).unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn what_a_killed_creation_left_is_used_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        fs::write(beside(&path, ".new"), "half of something longer").unwrap();
        make_named(&path, &fill).unwrap();
        assert_eq!(read(&path), "whole");
        assert!(!beside(&path, ".new").exists());
    }

    #[test]
    fn a_file_says_whether_its_database_was_closed_in_order() {
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
    fn many_may_make_the_same_file_at_once() {
        for make in [make, make_named] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| make(&path, &fill).unwrap());
                }
            });
            assert_eq!(read(&path), "whole");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_creation_that_fails_leaves_nothing() {
        for make in [make, make_named] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            let full = |_| Err(StoreError::Missing("full".into()));
            make(&path, &full).unwrap_err();
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
