//! An append-only list that can be copied cheaply while it goes on growing.

use std::sync::Arc;

/// A list in chunks. A copy shares every chunk; a change copies only the chunk that it touches.
#[derive(Debug, Clone)]
pub struct Chunked<T> {
    chunks: Vec<Arc<Vec<T>>>,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T: Clone> Chunked<T> {
    /// Items in a full chunk.
    pub const CHUNK: usize = 256;

    /// How many items there are.
    pub fn len(&self) -> usize {
        match self.chunks.split_last() {
            Some((last, full)) => full.len() * Self::CHUNK + last.len(),
            None => 0,
        }
    }

    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Adds an item at the end and returns its place.
    pub fn push(&mut self, item: T) -> usize {
        let place = self.len();
        match self.chunks.last_mut() {
            Some(last) if last.len() < Self::CHUNK => Arc::make_mut(last).push(item),
            _ => {
                let mut chunk = Vec::with_capacity(Self::CHUNK);
                chunk.push(item);
                self.chunks.push(Arc::new(chunk));
            }
        }
        place
    }

    /// The item at a place.
    pub fn get(&self, place: usize) -> Option<&T> {
        self.chunks
            .get(place / Self::CHUNK)?
            .get(place % Self::CHUNK)
    }

    /// The item at a place, to change it.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        let chunk = self.chunks.get_mut(place / Self::CHUNK)?;
        Arc::make_mut(chunk).get_mut(place % Self::CHUNK)
    }

    /// Every item, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// The chunks, oldest first.
    pub fn chunks(&self) -> impl ExactSizeIterator<Item = &[T]> {
        self.chunks.iter().map(|chunk| chunk.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_its_content_and_shares_all_but_the_touched_chunk() {
        let mut list = Chunked::default();
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
        assert!(Arc::ptr_eq(&copy.chunks[0], &list.chunks[0]));
        assert!(Arc::ptr_eq(&copy.chunks[1], &list.chunks[1]));
        assert!(!Arc::ptr_eq(&copy.chunks[2], &list.chunks[2]));
        assert_eq!(copy.iter().sum::<i32>(), 600 * 599 / 2);
    }
}
