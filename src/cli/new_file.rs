//! Output files. Commands never overwrite an existing file or write through a symbolic link, except with
//! `--force`.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::CliError;

/// Whether existing files may be overwritten.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Overwrite {
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
}

/// Output files that are reserved before work begins, so that nothing starts unless all can be written.
/// Dropping it removes the files that it created.
#[derive(Default)]
pub(super) struct Reserved(Vec<PathBuf>);

impl Reserved {
    /// Creates a file, or checks that an existing one may be written.
    pub fn add(&mut self, path: &Path, overwrite: Overwrite) -> Result<(), CliError> {
        if overwrite.may_write(path) {
            let opened = File::options().append(true).create(true).open(path);
            return opened.map(drop).map_err(|error| unwritable(path, error));
        }
        File::create_new(path).map_err(|error| unwritable(path, error))?;
        self.0.push(path.to_owned());
        Ok(())
    }

    /// Keeps the files: they are in use now.
    pub fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        for path in &self.0 {
            // It may already have been removed.
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes a file atomically: it gets its name once its whole content is on the disk.
pub(super) fn write(path: &Path, bytes: &[u8], overwrite: Overwrite) -> Result<(), CliError> {
    if is_device(path) {
        return fs::write(path, bytes).map_err(|error| unwritable(path, error));
    }
    if !overwrite.force && fs::symlink_metadata(path).is_ok() {
        return Err(unwritable(path, ErrorKind::AlreadyExists.into()));
    }
    let written = write_temporary(path, bytes);
    let new = written.map_err(|error| unwritable(path, error))?;
    let persisted = match overwrite.force {
        true => new.persist(path),
        false => new.persist_noclobber(path),
    };
    persisted
        .map(drop)
        .map_err(|error| unwritable(path, error.error))
}

fn write_temporary(path: &Path, bytes: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fermata-").suffix(".part");
    // The usual mode of new files, not the private one of temporary files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut new = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    Ok(new)
}

impl Overwrite {
    /// Never overwrite, even with `--force`.
    pub const NEVER: Self = Self { force: false };

    /// Whether an existing file may be written.
    fn may_write(self, path: &Path) -> bool {
        self.force || is_device(path)
    }
}

/// Whether a path names a device, pipe or terminal, which has no content to lose.
fn is_device(path: &Path) -> bool {
    let found = path.metadata();
    found.is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn unwritable(path: &Path, source: std::io::Error) -> CliError {
    match source.kind() {
        ErrorKind::AlreadyExists if path.is_dir() => {
            CliError::unwritable(path, ErrorKind::IsADirectory.into())
        }
        ErrorKind::AlreadyExists => CliError::Exists(path.to_owned()),
        _ => CliError::unwritable(path, source),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const KEEP: Overwrite = Overwrite { force: false };
    const FORCE: Overwrite = Overwrite { force: true };

    #[test]
    fn existing_files_and_targets_of_links_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("mine"), "mine").unwrap();
        std::os::unix::fs::symlink(path("nowhere"), path("dangling")).unwrap();
        std::os::unix::fs::symlink(path("mine"), path("link")).unwrap();
        for name in ["mine", "dangling", "link"] {
            let written = write(&path(name), b"other", KEEP);
            assert!(matches!(written, Err(CliError::Exists(_))), "{name}");
            let reserved = Reserved::default().add(&path(name), KEEP);
            assert!(matches!(reserved, Err(CliError::Exists(_))), "{name}");
        }
        assert_eq!(fs::read(path("mine")).unwrap(), b"mine");
        assert!(!path("nowhere").exists());
        write(&path("mine"), b"other", FORCE).unwrap();
        assert_eq!(fs::read(path("mine")).unwrap(), b"other");
        write(Path::new("/dev/null"), b"x", KEEP).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn reserved_files_are_removed_if_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        let mut reserved = Reserved::default();
        reserved.add(&path, KEEP).unwrap();
        assert!(path.exists());
        drop(reserved);
        assert!(!path.exists());
        let mut reserved = Reserved::default();
        reserved.add(&path, KEEP).unwrap();
        reserved.keep();
        assert!(path.exists());
    }
}
