//! Expected checksums of the pages of a file.

use std::ops::Range;

use super::page::{Child, Geometry, Layout, PAGE};

/// What a page is expected to contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectation {
    /// The data that this process wrote, by its hash.
    Written(u64),
    /// The data that the parent page refers to: its layout and the lower half of its checksum.
    Expected(Layout, u64),
}

/// A page's order and the kind of its expectation.
type Tag = u16;

/// Nothing is known of the page.
const NOTHING: Tag = 0;
/// The page was written by this process. Greater values are indexes of layouts, starting after this
/// one.
const WRITTEN: Tag = 1;
/// The bits of a tag above these hold the order of the page: the binary logarithm of its length in
/// pages.
const ORDER: u32 = 11;

/// The number of pages in a block.
const BLOCK: usize = 512;

/// Expectations of adjacent pages.
#[derive(Debug)]
struct Block {
    sums: [u64; BLOCK],
    tags: [Tag; BLOCK],
}

impl Block {
    const EMPTY: Self = Self {
        sums: [0; BLOCK],
        tags: [NOTHING; BLOCK],
    };
}

/// Expectations of all pages. Memory is used only for blocks of the file that were read or written.
#[derive(Debug, Default)]
pub(super) struct Expectations {
    pub geometry: Option<Geometry>,
    blocks: Vec<Option<Box<Block>>>,
    layouts: Vec<Layout>,
}

impl Expectations {
    /// The expectation of the page at this offset with this length.
    pub fn get(&self, offset: u64, length: usize) -> Option<Expectation> {
        let page = page(offset)?;
        let block = self.blocks.get(page / BLOCK)?.as_ref()?;
        let (sum, tag) = (block.sums[page % BLOCK], block.tags[page % BLOCK]);
        if tag == NOTHING || tag >> ORDER != order(length)? {
            return None;
        }
        match tag & ((1 << ORDER) - 1) {
            WRITTEN => Some(Expectation::Written(sum)),
            layout => {
                let layout = self.layouts.get(usize::from(layout - WRITTEN - 1))?;
                Some(Expectation::Expected(*layout, sum))
            }
        }
    }

    /// A page was written; without a checksum, its content is unknown.
    pub fn written(&mut self, offset: u64, length: usize, sum: Option<u64>) {
        let Some(page) = page(offset) else {
            return;
        };
        // Smaller pages in this range no longer exist.
        self.forget(page..page + length.div_ceil(PAGE));
        if let (Some(sum), Some(order)) = (sum, order(length)) {
            self.set(page, sum, order << ORDER | WRITTEN);
        }
    }

    /// A parent page refers to a page. Data that this process wrote takes precedence.
    pub fn expect(&mut self, child: &Child) {
        let Some(geometry) = self.geometry else {
            return;
        };
        let (offset, order) = geometry.place(child.page);
        let (Some(page), Some(layout)) = (page(offset), self.layout(child.layout)) else {
            return;
        };
        let tag = match self.blocks.get(page / BLOCK) {
            Some(Some(block)) => block.tags[page % BLOCK],
            _ => NOTHING,
        };
        if tag & ((1 << ORDER) - 1) != WRITTEN {
            self.set(page, child.sum, order << ORDER | (layout + WRITTEN + 1));
        }
    }

    /// The file was truncated.
    pub fn cut(&mut self, length: u64) {
        let pages = usize::try_from(length.div_ceil(PAGE as u64)).unwrap_or(usize::MAX);
        self.blocks.truncate(pages.div_ceil(BLOCK));
        self.forget(pages..pages.next_multiple_of(BLOCK));
    }

    /// The index of a layout. There is one for each kind of table, which is few.
    fn layout(&mut self, layout: Layout) -> Option<Tag> {
        let known = self.layouts.iter().position(|known| *known == layout);
        let number = known.unwrap_or_else(|| {
            self.layouts.push(layout);
            self.layouts.len() - 1
        });
        let number = Tag::try_from(number).ok();
        number.filter(|number| *number + WRITTEN + 1 < 1 << ORDER)
    }

    fn set(&mut self, page: usize, sum: u64, tag: Tag) {
        let at = page / BLOCK;
        if self.blocks.len() <= at {
            self.blocks.resize_with(at + 1, || None);
        }
        let block = self.blocks[at].get_or_insert_with(|| Box::new(Block::EMPTY));
        block.sums[page % BLOCK] = sum;
        block.tags[page % BLOCK] = tag;
    }

    fn forget(&mut self, pages: Range<usize>) {
        for page in pages {
            if let Some(Some(block)) = self.blocks.get_mut(page / BLOCK) {
                block.tags[page % BLOCK] = NOTHING;
            }
        }
    }
}

fn page(offset: u64) -> Option<usize> {
    usize::try_from(offset / PAGE as u64).ok()
}

/// The binary logarithm of a length in pages.
fn order(length: usize) -> Option<Tag> {
    let pages = length / PAGE;
    (pages.is_power_of_two() && pages * PAGE == length).then(|| pages.trailing_zeros() as Tag)
}
