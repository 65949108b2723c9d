//! A storage backend that verifies each page that is read.
//!
//! redb stores the checksum of each page in its parent page and those of the roots in the header,
//! but compares them only during recovery. This backend compares them on every read: it records the
//! checksums that a page contains for its children when it is read, and the hash of each page that
//! is written, and checks every page against them. A flipped bit, an outdated page or another page
//! is never passed on, so an entry that is missing from a table was never in it. The cost is ten
//! bytes of memory per page and a hash of each page that is not in the database's cache.
//!
//! Values with checksums of their own are an exception. If some values on a page are damaged and
//! others are intact, it is the expected page and is passed on: the damaged values are detected
//! when they are read, and the others stay readable.
//!
//! The header is checked by redb. A disk that returns the whole file in an earlier state cannot be
//! detected: nothing in the file contradicts it.

mod expectations;
mod page;
#[cfg(test)]
mod tests;
mod values;

use std::{
    io,
    ops::Bound,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use redb::{BackendError, StorageBackend};
use twox_hash::XxHash3_64;

use self::{
    expectations::{Expectation, Expectations},
    page::{Contents, Geometry, Layout},
};

/// A byte with which no page starts.
const NONSENSE: u8 = 0xff;

/// A storage backend that verifies each page that is read.
#[derive(Debug)]
pub(super) struct Checked<B> {
    medium: B,
    known: RwLock<Expectations>,
}

impl<B: StorageBackend> Checked<B> {
    pub(super) fn new(medium: B) -> Self {
        Self {
            medium,
            known: RwLock::default(),
        }
    }

    // Nothing panics while the lock is held.
    fn known(&self) -> RwLockReadGuard<'_, Expectations> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Expectations> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the checksums of the roots from the header.
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

    /// Whether this is the expected page, as far as is known. Records the checksums of its
    /// children.
    fn is_right(&self, offset: u64, page: &[u8]) -> bool {
        let (layout, sum) = match self.known().get(offset, page.len()) {
            None => return true,
            Some(Expectation::Written(sum)) => return hash(page) == sum,
            Some(Expectation::Expected(layout, sum)) => (layout, sum),
        };
        if page::checksum(page, layout) != Some(sum) {
            return is_damaged_in_part(page, layout);
        }
        let children = page::children(page, layout);
        if !children.is_empty() {
            let mut known = self.known_mut();
            children.iter().for_each(|child| known.expect(child));
        }
        true
    }
}

/// Whether this is the expected page with some damaged values.
fn is_damaged_in_part(page: &[u8], layout: Layout) -> bool {
    match (layout.contents, page::entries(page, layout)) {
        (Contents::Values(kind), Some(entries)) => kind.is_partly_damaged(&entries),
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
            // After an error, the database would not read anything else.
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
