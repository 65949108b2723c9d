//! The path of the socket, derived from that of the store.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use twox_hash::XxHash3_64;

/// The longest path of a socket on any supported system, in bytes (macOS: 104 with the final zero).
pub(super) const MAX_PATH_BYTES: usize = 103;

/// Where the socket of a store may be, best first: next to the store, or, where that path is too long
/// or the file system has no sockets, in the user's runtime folder.
pub(super) fn candidates(store: &Path) -> Vec<PathBuf> {
    // Both sides must derive the same path, however the store is written.
    let store = store.canonicalize().unwrap_or_else(|_| store.to_owned());
    let mut next_to_it = store.clone().into_os_string();
    next_to_it.push(".sock");
    let hash = XxHash3_64::oneshot(store.as_os_str().as_encoded_bytes());
    let elsewhere = runtime_folder().map(|folder| folder.join(format!("{hash:016x}.sock")));
    let paths = std::iter::once(PathBuf::from(next_to_it)).chain(elsewhere.ok());
    paths.filter(|path| fits(path)).collect()
}

/// Whether a path is short enough for a socket.
pub(super) fn fits(path: &Path) -> bool {
    path.as_os_str().len() <= MAX_PATH_BYTES
}

/// The user's private folder for sockets.
fn runtime_folder() -> io::Result<PathBuf> {
    let uid = own_uid();
    let folder = match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
        Some(folder) if folder.is_absolute() => folder.join("fermata"),
        _ => std::env::temp_dir().join(format!("fermata-{uid}")),
    };
    let made = fs::DirBuilder::new().mode(0o700).create(&folder);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Anyone may create a folder of that name in the temporary folder.
    let found = fs::symlink_metadata(&folder)?;
    let is_private = found.is_dir() && found.uid() == uid && found.mode() & 0o077 == 0;
    match is_private {
        true => Ok(folder),
        false => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} is not a private folder of this user", folder.display()),
        )),
    }
}

/// The user whose files this process may use.
pub(super) fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_next_to_its_store_unless_its_path_is_too_long() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("s.redb");
        fs::write(&store, "").unwrap();
        let expected = folder.path().canonicalize().unwrap().join("s.redb.sock");
        assert_eq!(candidates(&store).first(), Some(&expected));
        let deep = folder.path().join("x".repeat(120));
        fs::create_dir(&deep).unwrap();
        let paths = candidates(&deep.join("s.redb"));
        assert!(
            paths
                .iter()
                .all(|path| fits(path) && !path.starts_with(&deep))
        );
        assert_ne!(paths, candidates(&deep.join("t.redb")));
    }
}
