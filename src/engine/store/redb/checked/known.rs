//! What is known of each page of a file: its length and what it has to be.

use std::ops::Range;

use super::page::{Child, Geometry, PAGE, Shape};

/// What a page has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// What was written last, by its hash.
    Written(u64),
    /// What the page above it says: how it is read, and the lower half of its checksum.
    Expected(Shape, u64),
}

/// A byte for what is known of a page beside its sum.
type Tag = u16;

/// Of this page nothing is known.
const NOTHING: Tag = 0;
/// The page was written by this process. All greater ones: the place of its shape, from this on.
const WRITTEN: Tag = 1;
/// The bits of a tag above these are the order of the page: the power of two of its length.
const ORDER: u32 = 11;

/// How many pages a block is about.
const BLOCK: usize = 512;

/// What is known of neighbouring pages.
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

/// What is known of all pages, in as little memory as may be: there are blocks only for those parts of
/// the file that were read or written.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub geometry: Option<Geometry>,
    blocks: Vec<Option<Box<Block>>>,
    shapes: Vec<Shape>,
}

impl Known {
    /// What is known of the page that begins here and has this length.
    pub fn get(&self, offset: u64, length: usize) -> Option<Note> {
        let page = page(offset)?;
        let block = self.blocks.get(page / BLOCK)?.as_ref()?;
        let (sum, tag) = (block.sums[page % BLOCK], block.tags[page % BLOCK]);
        if tag == NOTHING || tag >> ORDER != order(length)? {
            return None;
        }
        match tag & ((1 << ORDER) - 1) {
            WRITTEN => Some(Note::Written(sum)),
            shape => {
                let shape = self.shapes.get(usize::from(shape - WRITTEN - 1))?;
                Some(Note::Expected(*shape, sum))
            }
        }
    }

    /// A page was written; without a sum it is not known what of it was.
    pub fn written(&mut self, offset: u64, length: usize, sum: Option<u64>) {
        let Some(page) = page(offset) else {
            return;
        };
        // Pages that were within it no longer exist.
        self.forget(page..page + length.div_ceil(PAGE));
        if let (Some(sum), Some(order)) = (sum, order(length)) {
            self.set(page, sum, order << ORDER | WRITTEN);
        }
    }

    /// A page says what another one has to be. What this process wrote there is known better.
    pub fn expect(&mut self, child: &Child) {
        let Some(geometry) = self.geometry else {
            return;
        };
        let (offset, order) = geometry.place(child.page);
        let (Some(page), Some(shape)) = (page(offset), self.shape(child.shape)) else {
            return;
        };
        let tag = match self.blocks.get(page / BLOCK) {
            Some(Some(block)) => block.tags[page % BLOCK],
            _ => NOTHING,
        };
        if tag & ((1 << ORDER) - 1) != WRITTEN {
            self.set(page, child.sum, order << ORDER | (shape + WRITTEN + 1));
        }
    }

    /// The file ends here.
    pub fn cut(&mut self, length: u64) {
        let pages = usize::try_from(length.div_ceil(PAGE as u64)).unwrap_or(usize::MAX);
        self.blocks.truncate(pages.div_ceil(BLOCK));
        self.forget(pages..pages.next_multiple_of(BLOCK));
    }

    /// The number of a shape. There are as many as there are kinds of tables, which is few.
    fn shape(&mut self, shape: Shape) -> Option<Tag> {
        let known = self.shapes.iter().position(|known| *known == shape);
        let number = known.unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() - 1
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

/// How often a page of the smallest length has to be doubled.
fn order(length: usize) -> Option<Tag> {
    let pages = length / PAGE;
    (pages.is_power_of_two() && pages * PAGE == length).then(|| pages.trailing_zeros() as Tag)
}
