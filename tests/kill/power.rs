//! A machine whose page cache can fail and whose power can be cut, for real processes; see `page_cache.c`.

use std::{
    fs::{self, Metadata},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    time::UNIX_EPOCH,
};

use crate::split_mix;

const PAGE: usize = 4096;

/// A folder whose files are on a disk that can fail.
pub struct Machine {
    folder: tempfile::TempDir,
    cache: PathBuf,
}

/// What fails in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Nothing,
    /// The n-th sync.
    Sync(u64),
    /// The n-th write, for want of room.
    Write(u64),
}

impl Machine {
    /// `None` without a C compiler.
    pub fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("page_cache.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kill/page_cache.c");
        let compiled = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([cache.as_os_str(), source.as_ref()])
            .args(["-ldl", "-lpthread"])
            .status();
        let Ok(compiled) = compiled else {
            eprintln!("skipped: there is no `cc` to build the failing disk with");
            return None;
        };
        assert!(compiled.success(), "{source} does not compile");
        let machine = Self { folder, cache };
        fs::create_dir(machine.files()).unwrap();
        fs::create_dir(machine.disk()).unwrap();
        Some(machine)
    }

    /// Where the files are.
    pub fn files(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("files")
    }

    fn disk(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Makes a process write through the page cache.
    pub fn host(&self, process: &mut Command, fault: Fault) {
        process
            .env("LD_PRELOAD", &self.cache)
            .env("FAULT_FOLDER", self.files())
            .env("FAULT_DISK", self.disk());
        match fault {
            Fault::Nothing => process,
            Fault::Sync(nth) => process.env("FAULT_SYNC", nth.to_string()),
            Fault::Write(nth) => process.env("FAULT_WRITE", nth.to_string()),
        };
    }

    /// Cuts the power of the disk of a store and the files next to it: unsynced data is lost
    /// page by page, as chance has it.
    pub fn cut_power(&self, store: &Path, chance: &mut u64) {
        let name = store.file_name().unwrap().to_str().unwrap();
        for entry in fs::read_dir(self.files()).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            if file.starts_with(name) {
                self.lose_pages(&path, chance);
            }
        }
        fs::remove_dir_all(self.disk()).unwrap();
        fs::create_dir(self.disk()).unwrap();
        for entry in fs::read_dir(self.files()).unwrap() {
            let path = entry.unwrap().path();
            let on_disk = self.state_of(&path.metadata().unwrap());
            fs::copy(&path, on_disk).unwrap();
        }
    }

    fn lose_pages(&self, path: &Path, chance: &mut u64) {
        let seen = fs::read(path).unwrap();
        let on_disk = self.state_of(&path.metadata().unwrap());
        let held = fs::read(on_disk).unwrap_or_default();
        let mut left = vec![0; seen.len().max(held.len())];
        for (page, left) in left.chunks_mut(PAGE).enumerate() {
            let of = |image: &[u8]| {
                let start = image.len().min(page * PAGE);
                let mut part = image[start..image.len().min(start + PAGE)].to_vec();
                part.resize(left.len(), 0);
                part
            };
            let (seen, held) = (of(&seen), of(&held));
            let survives = split_mix(chance).is_multiple_of(3);
            left.copy_from_slice(if survives { &seen } else { &held });
        }
        let keeps_length = split_mix(chance).is_multiple_of(2);
        left.truncate(if keeps_length { seen.len() } else { held.len() });
        fs::write(path, left).unwrap();
    }

    /// The folder in which the page cache keeps the content of the disk.
    fn state_of(&self, file: &Metadata) -> PathBuf {
        let made = file.created().unwrap().duration_since(UNIX_EPOCH).unwrap();
        let name = format!("{}-{}.disk", file.ino(), made.subsec_nanos());
        self.disk().join(name)
    }
}
