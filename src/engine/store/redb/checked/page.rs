//! Parses pages of the redb file format, version 3, for the checksums of their child pages. The
//! input is not trusted.
//!
//! | page | content |
//! |---|---|
//! | header | region layout; two slots, each with the roots of two table trees |
//! | branch | 2, a byte, number of keys, four bytes, checksums of the children, their page numbers, key ends, keys |
//! | leaf | 1, a byte, number of entries, key ends, value ends, keys, values |
//!
//! Key or value ends are absent if the length is fixed. The values of a table tree are table
//! definitions, each with the root of its own tree. A checksum covers the used part of a page.

use twox_hash::XxHash3_128;

use super::values::{Entry, ValueKind};

/// The smallest page size in bytes.
pub(super) const PAGE: usize = 4096;

/// The supported version of the file format.
const VERSION: u8 = 3;

const LEAF: u8 = 1;
const BRANCH: u8 = 2;

/// The layout of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// The type of the values.
    pub contents: Contents,
    /// The length of keys, if it is fixed.
    keys: Option<u32>,
    /// The length of values, if it is fixed.
    values: Option<u32>,
}

/// The type of a page's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contents {
    /// Table definitions.
    Tables,
    /// Values of a table.
    Values(ValueKind),
}

const TABLES: Layout = Layout {
    contents: Contents::Tables,
    keys: None,
    values: None,
};

/// A reference to a child page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    /// Its page number.
    pub page: u64,
    /// The lower half of its checksum.
    pub sum: u64,
    /// Its layout.
    pub layout: Layout,
}

/// The location of pages in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Geometry {
    region_header: u64,
    region: u64,
}

impl Geometry {
    /// Parses the header; `None` if it has another version.
    pub fn of(header: &[u8]) -> Option<Self> {
        let slots = SLOTS.iter().all(|slot| header.get(*slot) == Some(&VERSION));
        if !slots || number(header, 12)? as usize != PAGE {
            return None;
        }
        let region_header = u64::from(number(header, 16)?) * PAGE as u64;
        let region = region_header + u64::from(number(header, 20)?) * PAGE as u64;
        Some(Self {
            region_header,
            region,
        })
    }

    /// The offset of a page, and the binary logarithm of its length in pages.
    pub fn place(&self, page: u64) -> (u64, u16) {
        let order = (page >> 59) as u16;
        let index = page & (0xf_ffff >> order);
        let region = page >> 20 & 0xf_ffff;
        let within = index.saturating_mul(PAGE as u64) << order;
        let start = PAGE as u64 + region * self.region + self.region_header;
        (start + within, order)
    }
}

/// The offsets of the slots in the header.
const SLOTS: [usize; 2] = [64, 192];
/// The length of a slot without its checksum.
const SLOT: usize = 112;

/// The roots in the header, those of the primary slot last.
pub(super) fn roots(header: &[u8]) -> Vec<Child> {
    let mut slots = SLOTS;
    if header.get(9).is_some_and(|god| god & 1 == 0) {
        slots.reverse();
    }
    let slots = slots.iter().filter_map(|at| {
        let slot = header.get(*at..*at + SLOT)?;
        let checksum = header.get(*at + SLOT..*at + SLOT + 16)?;
        (checksum == XxHash3_128::oneshot(slot).to_le_bytes()).then_some(slot)
    });
    let roots = slots.flat_map(|slot| {
        [(1, 8), (2, 40)].map(|(is_there, root)| match slot[is_there] {
            0 => None,
            _ => child(slot, root, root + 8, TABLES),
        })
    });
    roots.flatten().collect()
}

/// The lower half of the checksum of a page; `None` if it is not a valid page.
pub(super) fn checksum(page: &[u8], layout: Layout) -> Option<u64> {
    let used = match *page.first()? {
        LEAF => Leaf::new(page, layout)?.value_end(None)?,
        BRANCH => Branch::new(page)?.end(page, layout)?,
        _ => return None,
    };
    Some(XxHash3_128::oneshot(page.get(..used)?) as u64)
}

/// The children of a page.
pub(super) fn children(page: &[u8], layout: Layout) -> Vec<Child> {
    let children = match (page.first(), layout.contents) {
        (Some(&BRANCH), _) => Branch::new(page).map(|branch| branch.children(page, layout)),
        (Some(&LEAF), Contents::Tables) => Leaf::new(page, layout).map(|leaf| leaf.tables()),
        _ => None,
    };
    children.unwrap_or_default()
}

struct Branch {
    children: usize,
}

impl Branch {
    fn new(page: &[u8]) -> Option<Self> {
        let children = usize::from(count(page)?) + 1;
        (children > 1).then_some(Self { children })
    }

    /// The end of the last key.
    fn end(&self, page: &[u8], layout: Layout) -> Option<usize> {
        let keys = self.children - 1;
        let after = 8 + 24 * self.children;
        match layout.keys {
            Some(length) => Some(after + keys * length as usize),
            None => Some(number(page, after + 4 * (keys - 1))? as usize),
        }
    }

    fn children(&self, page: &[u8], layout: Layout) -> Vec<Child> {
        let numbers = 8 + 16 * self.children;
        let children = 0..self.children;
        children
            .filter_map(|n| child(page, numbers + 8 * n, 8 + 16 * n, layout))
            .collect()
    }
}

struct Leaf<'a> {
    page: &'a [u8],
    layout: Layout,
    pairs: usize,
}

impl<'a> Leaf<'a> {
    fn new(page: &'a [u8], layout: Layout) -> Option<Self> {
        let pairs = usize::from(count(page)?);
        (pairs > 0).then_some(Self {
            page,
            layout,
            pairs,
        })
    }

    /// The size of the ends, if there are any.
    fn ends(&self, length: Option<u32>) -> usize {
        match length {
            Some(_) => 0,
            None => 4 * self.pairs,
        }
    }

    /// The end of the last key.
    fn keys_end(&self) -> Option<usize> {
        self.key_end(self.pairs - 1)
    }

    /// The end of a value; `None`: of the last one.
    fn value_end(&self, pair: Option<usize>) -> Option<usize> {
        let pair = pair.unwrap_or(self.pairs - 1);
        match self.layout.values {
            Some(length) => Some(self.keys_end()? + (pair + 1) * length as usize),
            None => {
                let at = 4 + self.ends(self.layout.keys) + 4 * pair;
                Some(number(self.page, at)? as usize)
            }
        }
    }

    /// The start of the keys.
    fn keys(&self) -> usize {
        4 + self.ends(self.layout.keys) + self.ends(self.layout.values)
    }

    /// The end of a key.
    fn key_end(&self, pair: usize) -> Option<usize> {
        match self.layout.keys {
            Some(length) => Some(self.keys() + (pair + 1) * length as usize),
            None => Some(number(self.page, 4 + 4 * pair)? as usize),
        }
    }

    /// The keys with their values; `None` if one of them exceeds the page.
    fn entries(&self) -> Option<Vec<Entry<'a>>> {
        let (mut key, mut value) = (self.keys(), self.keys_end()?);
        let entry = |pair| {
            let ends = (self.key_end(pair)?, self.value_end(Some(pair))?);
            let entry = (self.page.get(key..ends.0)?, self.page.get(value..ends.1)?);
            (key, value) = ends;
            Some(entry)
        };
        (0..self.pairs).map(entry).collect()
    }

    /// The roots of the tables.
    fn tables(&self) -> Vec<Child> {
        let tables = self.entries().unwrap_or_default();
        let roots = tables.iter().filter_map(|(name, table)| root(name, table));
        roots.collect()
    }
}

/// The keys and values of a leaf.
pub(super) fn entries(page: &[u8], layout: Layout) -> Option<Vec<Entry<'_>>> {
    match page.first()? {
        &LEAF => Leaf::new(page, layout)?.entries(),
        _ => None,
    }
}

/// The root of a table, if it is not empty.
fn root(name: &[u8], table: &[u8]) -> Option<Child> {
    const PLAIN: u8 = 3;
    let length = |at: usize| match table.get(at)? {
        0 => Some(None),
        _ => number(table, at + 1).map(Some),
    };
    let layout = Layout {
        contents: Contents::Values(ValueKind::of(name)),
        keys: length(42)?,
        values: length(47)?,
    };
    match (table.first()?, table.get(9)?) {
        (_, 0) => None,
        (&PLAIN, _) => child(table, 10, 18, layout),
        _ => None,
    }
}

/// Reads a reference from a page number and a checksum at these offsets.
fn child(from: &[u8], page: usize, checksum: usize, layout: Layout) -> Option<Child> {
    /// The placeholder for a checksum that was not computed yet.
    const NONE_YET: (u64, u64) = (999, 0);
    let (sum, high) = (long(from, checksum)?, long(from, checksum + 8)?);
    let page = long(from, page)?;
    ((sum, high) != NONE_YET).then_some(Child { page, sum, layout })
}

/// The number of keys or entries in a page.
fn count(page: &[u8]) -> Option<u16> {
    let bytes = page.get(2..4)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}
