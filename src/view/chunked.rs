//! An append-only list that can be copied cheaply while it grows.

use std::sync::Arc;

/// A list in chunks of `N` items. A copy shares all chunks and costs the same for every length; a change
/// copies only the chunk that it touches.
#[derive(Debug, Clone)]
pub struct Chunked<T, const N: usize = 64> {
    full: Arc<Vec<Arc<Vec<T>>>>,
    last: Arc<Vec<T>>,
}

impl<T, const N: usize> Default for Chunked<T, N> {
    fn default() -> Self {
        Self {
            full: Arc::default(),
            last: Arc::default(),
        }
    }
}

impl<T: Clone, const N: usize> Chunked<T, N> {
    /// Items in a full chunk.
    pub const CHUNK: usize = N;

    /// Number of items.
    pub fn len(&self) -> usize {
        self.full.len() * Self::CHUNK + self.last.len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an item and returns its index.
    pub fn push(&mut self, item: T) -> usize {
        let index = self.len();
        if self.last.len() == Self::CHUNK {
            let mut full = std::mem::take(&mut self.last);
            if let Some(full) = Arc::get_mut(&mut full) {
                full.shrink_to_fit();
            }
            Arc::make_mut(&mut self.full).push(full);
        }
        match Arc::get_mut(&mut self.last) {
            Some(last) => last.push(item),
            None => self.last = Arc::new(copy_with(&self.last, item)),
        }
        index
    }

    /// The item at an index.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.full
            .get(index / Self::CHUNK)
            .or((index / Self::CHUNK == self.full.len()).then_some(&self.last))?
            .get(index % Self::CHUNK)
    }

    /// The item at a index, to change it.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let chunk = index / Self::CHUNK;
        let chunk = match chunk == self.full.len() {
            true => &mut self.last,
            false => Arc::make_mut(&mut self.full).get_mut(chunk)?,
        };
        Arc::make_mut(chunk).get_mut(index % Self::CHUNK)
    }

    /// The last item.
    pub fn last(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The last item for which `holds` is true, if it is true for the first ones and for no others.
    pub fn last_where(&self, holds: impl Fn(&T) -> bool) -> Option<&T> {
        self.get(self.count_where(holds).checked_sub(1)?)
    }

    /// The number of items for which `holds` is true, if it is true for the first ones and for no others.
    pub fn count_where(&self, holds: impl Fn(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle) {
                Some(item) if holds(item) => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    /// All items, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.full
            .iter()
            .chain([&self.last])
            .flat_map(|chunk| chunk.iter())
    }

    /// The chunks, oldest first.
    pub fn chunks(&self) -> impl Iterator<Item = &[T]> {
        self.full
            .iter()
            .chain([&self.last])
            .map(|chunk| chunk.as_slice())
    }
}

/// A copy with one more item. It takes no more room than a list that has grown item by item.
fn copy_with<T: Clone>(items: &[T], last: T) -> Vec<T> {
    let mut copy = Vec::with_capacity((items.len() + 1).next_power_of_two());
    copy.extend_from_slice(items);
    copy.push(last);
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_its_content_and_shares_all_but_the_touched_chunk() {
        let mut list = Chunked::<_>::default();
        for n in 0..600 {
            list.push(n);
        }
        let copy = list.clone();
        list.push(600);
        if let Some(first) = list.get_mut(599) {
            *first = -1;
        }
        assert_eq!((copy.len(), list.len()), (600, 601));
        assert_eq!((copy.get(599), list.get(599)), (Some(&599), Some(&-1)));
        assert!(Arc::ptr_eq(&copy.full, &list.full));
        assert!(!Arc::ptr_eq(&copy.last, &list.last));
        if let Some(old) = list.get_mut(130) {
            *old = -2;
        }
        assert!(Arc::ptr_eq(&copy.full[1], &list.full[1]));
        assert!(!Arc::ptr_eq(&copy.full[2], &list.full[2]));
        assert_eq!((copy.get(130), list.get(130)), (Some(&130), Some(&-2)));
        assert_eq!(copy.last_where(|n| *n < 300), Some(&299));
        assert_eq!(copy.last_where(|n| *n < 0), None);
        assert_eq!(copy.iter().sum::<i32>(), 600 * 599 / 2);
    }
}
