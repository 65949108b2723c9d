//! A medium that gives back what was written, or nonsense that the database cannot take for a page.
//!
//! redb keeps the checksum of each page in the page above it and those of the roots in the header, but
//! compares them only when it recovers. So this medium does: whatever a page says of the pages below
//! it is noted when it is read, a page that is written is noted as it is, and each page that is read
//! is compared with what is noted of it. A bit that was flipped, an old page, another page: none of
//! them is read, so that what is missing from a table was never in it. It costs ten bytes of memory
//! for each page of the file, and a hash of each page that the database does not have in its cache.
//!
//! Values that have a checksum of their own are an exception. Where some of those on a page are
//! damaged and others are whole, it is the right page, and it is read: what is damaged is found when
//! it is looked at, and does not take its neighbours with it.
//!
//! The header itself is checked by redb. A disk that gives back a whole file as it was once cannot be
//! found out: there is nothing that says otherwise.

mod kept;
mod known;
mod page;
#[cfg(test)]
mod tests;

use std::{
    io,
    ops::Bound,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use redb::{BackendError, StorageBackend};
use twox_hash::XxHash3_64;

use self::{
    known::{Known, Note},
    page::{Geometry, Of, Shape},
};

/// No page begins with this byte.
const NONSENSE: u8 = 0xff;

/// A medium whose pages are checked when they are read.
#[derive(Debug)]
pub(super) struct Checked<B> {
    medium: B,
    known: RwLock<Known>,
}

impl<B: StorageBackend> Checked<B> {
    pub(super) fn new(medium: B) -> Self {
        Self {
            medium,
            known: RwLock::default(),
        }
    }

    // Nothing panics while the lock is held.
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the header says of the roots.
    fn read_header(&self, header: &[u8]) {
        let Some(geometry) = Geometry::of(header) else {
            return;
        };
        let mut known = self.known_mut();
        known.geometry = Some(geometry);
        for root in page::roots(header) {
            known.expect(&root);
        }
    }

    /// Whether this is the page that belongs here, as far as is known. Notes what it says of others.
    fn is_right(&self, offset: u64, page: &[u8]) -> bool {
        let (shape, sum) = match self.known().get(offset, page.len()) {
            None => return true,
            Some(Note::Written(sum)) => return hash(page) == sum,
            Some(Note::Expected(shape, sum)) => (shape, sum),
        };
        if page::checksum(page, shape) != Some(sum) {
            return is_damaged_in_part(page, shape);
        }
        let children = page::children(page, shape);
        if !children.is_empty() {
            let mut known = self.known_mut();
            children.iter().for_each(|child| known.expect(child));
        }
        true
    }
}

/// Whether this is the page that belongs here, but for a value or two: those are damaged, and the
/// others on the page are not.
fn is_damaged_in_part(page: &[u8], shape: Shape) -> bool {
    match (shape.of, page::entries(page, shape)) {
        (Of::Data(kept), Some(entries)) => kept.are_some_damaged(&entries),
        _ => false,
    }
}

fn hash(page: &[u8]) -> u64 {
    XxHash3_64::oneshot(page)
}

impl<B: StorageBackend> StorageBackend for Checked<B> {
    fn len(&self) -> io::Result<u64> {
        self.medium.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.medium.read(offset, out)?;
        if offset == 0 {
            self.read_header(out);
        } else if !self.is_right(offset, out) {
            // An error would keep the database from reading anything else.
            out.fill(NONSENSE);
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.medium.set_len(len)?;
        self.known_mut().cut(len);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.medium.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let written = self.medium.write(offset, data);
        if offset > 0 {
            let sum = written.is_ok().then(|| hash(data));
            self.known_mut().written(offset, data.len(), sum);
        }
        written
    }

    fn close(&self) -> io::Result<()> {
        self.medium.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.medium.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.medium.unlock_range(start, end)
    }
}
