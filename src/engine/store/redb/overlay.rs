//! A read-only medium: writes stay in memory. It allows reading a database that needs recovery
//! where nothing can be written.

use std::{
    collections::HashMap,
    io,
    ops::Bound,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use redb::{BackendError, StorageBackend};

/// The size of a page in bytes.
const PAGE: usize = 4096;

/// A read-only medium with writes in memory.
#[derive(Debug)]
pub(super) struct Overlay {
    below: Box<dyn StorageBackend>,
    locks: Locks,
    above: RwLock<Above>,
}

/// How the medium below is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locks {
    /// Against every other process.
    Exclusive,
    /// Against those that write.
    Shared,
    /// Already locked.
    Held,
}

#[derive(Debug)]
struct Above {
    len: u64,
    /// The medium is hidden from this offset on, because the file was truncated.
    cut: u64,
    pages: HashMap<u64, Box<[u8; PAGE]>>,
}

impl Overlay {
    /// Creates an overlay over a medium.
    pub(super) fn new(below: Box<dyn StorageBackend>, locks: Locks) -> io::Result<Self> {
        let len = below.len()?;
        Ok(Self {
            below,
            locks,
            above: RwLock::new(Above {
                len,
                cut: len,
                pages: HashMap::new(),
            }),
        })
    }

    // Nothing panics while the lock is held.
    fn above(&self) -> RwLockReadGuard<'_, Above> {
        self.above.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn above_mut(&self) -> RwLockWriteGuard<'_, Above> {
        self.above.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads from the medium, with zeros beyond the cut.
    fn read_below(&self, cut: u64, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let shown = cut.saturating_sub(offset).min(out.len() as u64) as usize;
        let (shown, zeros) = out.split_at_mut(shown);
        zeros.fill(0);
        match shown.is_empty() {
            true => Ok(()),
            false => self.below.read(offset, shown),
        }
    }
}

/// The parts of a range by page: page, offset in it, offset in the range, length.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let within = (at % PAGE as u64) as usize;
        let part = (PAGE - within).min(length - done);
        let place = (at / PAGE as u64, within, done, part);
        done += part;
        (part > 0).then_some(place)
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.above().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let above = self.above();
        if offset + out.len() as u64 > above.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if above.pages.is_empty() {
            return self.read_below(above.cut, offset, out);
        }
        for (page, within, done, part) in parts(offset, out.len()) {
            let out = &mut out[done..done + part];
            match above.pages.get(&page) {
                Some(page) => out.copy_from_slice(&page[within..within + part]),
                None => self.read_below(above.cut, offset + done as u64, out)?,
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut above = self.above_mut();
        if len < above.len {
            above.cut = above.cut.min(len);
            above.pages.retain(|page, _| page * PAGE as u64 <= len);
            let within = (len % PAGE as u64) as usize;
            if let Some(last) = above.pages.get_mut(&(len / PAGE as u64)) {
                last[within..].fill(0);
            }
        }
        above.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut above = self.above_mut();
        for (page, within, done, part) in parts(offset, data.len()) {
            if !above.pages.contains_key(&page) {
                let mut held = Box::new([0; PAGE]);
                self.read_below(above.cut, page * PAGE as u64, held.as_mut_slice())?;
                above.pages.insert(page, held);
            }
            if let Some(held) = above.pages.get_mut(&page) {
                held[within..within + part].copy_from_slice(&data[done..done + part]);
            }
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        match self.locks {
            Locks::Held => Ok(()),
            Locks::Exclusive | Locks::Shared => self.below.close(),
        }
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        match self.locks {
            Locks::Exclusive => self.below.try_lock_range(start, end),
            Locks::Shared => self.below.try_lock_shared_range(start, end),
            Locks::Held => Ok(true),
        }
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        match self.locks {
            Locks::Held => Ok(()),
            Locks::Exclusive | Locks::Shared => self.below.unlock_range(start, end),
        }
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    #[test]
    fn writes_to_an_overlay_are_read_and_the_medium_is_unchanged() {
        let below = InMemoryBackend::new();
        below.set_len(10_000).unwrap();
        below.write(0, &[1; 10_000]).unwrap();
        let overlay = Overlay::new(Box::new(below), Locks::Held).unwrap();
        overlay.write(4_000, &[2; 200]).unwrap();
        overlay.set_len(5_000).unwrap();
        overlay.set_len(12_000).unwrap();

        let mut read = vec![9; 12_000];
        overlay.read(0, &mut read).unwrap();
        let mut expected = vec![1; 5_000];
        expected[4_000..4_200].fill(2);
        expected.resize(12_000, 0);
        assert!(read == expected);
        assert!(overlay.read(11_999, &mut [0; 2]).is_err());
        let mut held = vec![0; 10_000];
        overlay.below.read(0, &mut held).unwrap();
        assert!(held == [1; 10_000]);
    }
}
