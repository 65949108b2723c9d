//! What a page of a redb file says of other pages: the third version of its format, as its
//! documentation has it. Nothing that is read here is trusted to make sense.
//!
//! | page | what is in it |
//! |---|---|
//! | header | where the regions are; two slots, each with the roots of two trees of tables |
//! | branch | 2, a byte, how many keys, four bytes, checksums of the pages below, their numbers, ends of the keys, keys |
//! | leaf | 1, a byte, how many pairs, ends of the keys, ends of the values, keys, values |
//!
//! There are no ends where all keys or values have one length. The values of a tree of tables are
//! tables, each with the root of a tree of its own. A checksum is over the part of a page that is used.

use twox_hash::XxHash3_128;

use super::kept::Kept;

/// The length of the smallest page, in bytes.
pub(super) const PAGE: usize = 4096;

/// The version that is understood here.
const VERSION: u8 = 3;

const LEAF: u8 = 1;
const BRANCH: u8 = 2;

/// How a page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// What the values are.
    pub of: Of,
    /// The length of each key, if all have the same.
    keys: Option<u32>,
    /// The same of the values.
    values: Option<u32>,
}

/// What the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// Tables.
    Tables,
    /// What this table has.
    Data(Kept),
}

const TABLES: Shape = Shape {
    of: Of::Tables,
    keys: None,
    values: None,
};

/// What a page says of one below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    /// Which.
    pub page: u64,
    /// The lower half of its checksum.
    pub sum: u64,
    /// How it is read.
    pub shape: Shape,
}

/// Where pages are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Geometry {
    region_header: u64,
    region: u64,
}

impl Geometry {
    /// By the header; `None`: it is of another version.
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

    /// Where a page begins, and how often the smallest length is doubled for it.
    pub fn place(&self, page: u64) -> (u64, u16) {
        let order = (page >> 59) as u16;
        let index = page & (0xf_ffff >> order);
        let region = page >> 20 & 0xf_ffff;
        let within = index.saturating_mul(PAGE as u64) << order;
        let start = PAGE as u64 + region * self.region + self.region_header;
        (start + within, order)
    }
}

/// Where the slots are in the header.
const SLOTS: [usize; 2] = [64, 192];
/// How long a slot is without its checksum.
const SLOT: usize = 112;

/// The roots that the header names, those of the slot that counts last.
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

/// The lower half of the checksum of a page; `None`: it is no page.
pub(super) fn checksum(page: &[u8], shape: Shape) -> Option<u64> {
    let used = match *page.first()? {
        LEAF => Leaf::new(page, shape)?.value_end(None)?,
        BRANCH => Branch::new(page)?.end(page, shape)?,
        _ => return None,
    };
    Some(XxHash3_128::oneshot(page.get(..used)?) as u64)
}

/// What a page says of others.
pub(super) fn children(page: &[u8], shape: Shape) -> Vec<Child> {
    let children = match (page.first(), shape.of) {
        (Some(&BRANCH), _) => Branch::new(page).map(|branch| branch.children(page, shape)),
        (Some(&LEAF), Of::Tables) => Leaf::new(page, shape).map(|leaf| leaf.tables()),
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

    /// Where its last key ends.
    fn end(&self, page: &[u8], shape: Shape) -> Option<usize> {
        let keys = self.children - 1;
        let after = 8 + 24 * self.children;
        match shape.keys {
            Some(length) => Some(after + keys * length as usize),
            None => Some(number(page, after + 4 * (keys - 1))? as usize),
        }
    }

    fn children(&self, page: &[u8], shape: Shape) -> Vec<Child> {
        let numbers = 8 + 16 * self.children;
        let children = 0..self.children;
        children
            .filter_map(|n| child(page, numbers + 8 * n, 8 + 16 * n, shape))
            .collect()
    }
}

struct Leaf<'a> {
    page: &'a [u8],
    shape: Shape,
    pairs: usize,
}

impl<'a> Leaf<'a> {
    fn new(page: &'a [u8], shape: Shape) -> Option<Self> {
        let pairs = usize::from(count(page)?);
        (pairs > 0).then_some(Self { page, shape, pairs })
    }

    /// How many bytes the ends take, if there are any.
    fn ends(&self, length: Option<u32>) -> usize {
        match length {
            Some(_) => 0,
            None => 4 * self.pairs,
        }
    }

    /// Where the last key ends.
    fn keys_end(&self) -> Option<usize> {
        self.key_end(self.pairs - 1)
    }

    /// Where a value ends; `None`: the last.
    fn value_end(&self, pair: Option<usize>) -> Option<usize> {
        let pair = pair.unwrap_or(self.pairs - 1);
        match self.shape.values {
            Some(length) => Some(self.keys_end()? + (pair + 1) * length as usize),
            None => {
                let at = 4 + self.ends(self.shape.keys) + 4 * pair;
                Some(number(self.page, at)? as usize)
            }
        }
    }

    /// Where the keys begin.
    fn keys(&self) -> usize {
        4 + self.ends(self.shape.keys) + self.ends(self.shape.values)
    }

    /// Where a key ends.
    fn key_end(&self, pair: usize) -> Option<usize> {
        match self.shape.keys {
            Some(length) => Some(self.keys() + (pair + 1) * length as usize),
            None => Some(number(self.page, 4 + 4 * pair)? as usize),
        }
    }

    /// Its keys, each with its value; `None`: one of them lies beyond the page.
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

    /// The roots of its tables.
    fn tables(&self) -> Vec<Child> {
        let tables = self.entries().unwrap_or_default();
        let roots = tables.iter().filter_map(|(name, table)| root(name, table));
        roots.collect()
    }
}

/// A key and its value.
pub(super) type Entry<'a> = (&'a [u8], &'a [u8]);

/// The keys and values of a leaf.
pub(super) fn entries(page: &[u8], shape: Shape) -> Option<Vec<Entry<'_>>> {
    match page.first()? {
        &LEAF => Leaf::new(page, shape)?.entries(),
        _ => None,
    }
}

/// The root of a table, if it has one.
fn root(name: &[u8], table: &[u8]) -> Option<Child> {
    const PLAIN: u8 = 3;
    let length = |at: usize| match table.get(at)? {
        0 => Some(None),
        _ => number(table, at + 1).map(Some),
    };
    let shape = Shape {
        of: Of::Data(Kept::of(name)),
        keys: length(42)?,
        values: length(47)?,
    };
    match (table.first()?, table.get(9)?) {
        (_, 0) => None,
        (&PLAIN, _) => child(table, 10, 18, shape),
        _ => None,
    }
}

/// The number of a page at one place, its checksum at another.
fn child(from: &[u8], page: usize, checksum: usize, shape: Shape) -> Option<Child> {
    /// What the checksum of a page is before it has one.
    const NONE_YET: (u64, u64) = (999, 0);
    let (sum, high) = (long(from, checksum)?, long(from, checksum + 8)?);
    let page = long(from, page)?;
    ((sum, high) != NONE_YET).then_some(Child { page, sum, shape })
}

/// How many keys or pairs there are in a page.
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
