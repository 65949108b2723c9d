//! Putting a whole new file in the place of another.

use std::{fs, io, path::Path};

/// Gives a file that is on the disk the name of another one, in the same folder. Whenever the power
/// goes, the name is that of one of the two.
pub(super) fn replace(new: &Path, path: &Path) -> io::Result<()> {
    fs::rename(new, path)?;
    sync_folder(path)
}

/// Brings the names in the folder of a file to the disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
