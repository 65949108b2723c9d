//! Files that a command writes. Nothing is written over an existing file, nor through a symbolic link,
//! unless the user says so.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::CliError;

/// What becomes of files that exist already.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Overwrite {
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
}

/// Output files that are reserved before work begins: nothing starts unless all can be written.
/// Dropped early, it removes those that it created.
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

    /// The files are in use from now on.
    pub fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        for path in &self.0 {
            // If it is gone already, nothing is left to remove.
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes a whole file: it appears under its name once everything is in it and on the disk.
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
    // The mode of any other new file, and not the private one of temporary files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut new = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    Ok(new)
}

impl Overwrite {
    /// Existing files stay, whatever the user says.
    pub const NEVER: Self = Self { force: false };

    /// Whether an existing file may be written.
    fn may_write(self, path: &Path) -> bool {
        self.force || is_device(path)
    }
}

/// Whether a path names something that has no content to lose: a device, a pipe, a terminal.
fn is_device(path: &Path) -> bool {
    let found = path.metadata();
    found.is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn unwritable(path: &Path, source: std::io::Error) -> CliError {
    match source.kind() {
        ErrorKind::AlreadyExists if path.is_dir() => CliError::Unwritable {
            path: path.to_owned(),
            source: ErrorKind::IsADirectory.into(),
        },
        ErrorKind::AlreadyExists => CliError::Exists(path.to_owned()),
        _ => CliError::Unwritable {
            path: path.to_owned(),
            source,
        },
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const KEEP: Overwrite = Overwrite { force: false };
    const FORCE: Overwrite = Overwrite { force: true };

    #[test]
    fn an_existing_file_and_the_target_of_a_link_stay_as_they_are() {
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
    fn files_that_were_reserved_in_vain_are_removed() {
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
