//! Named markers: moments of the performance to return to.

use std::sync::Arc;

use crate::{conductor::Direction, engine::Timestamp};

/// A marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Its moment. No other marker has the same.
    pub at: Timestamp,
    /// Its name.
    pub name: Arc<str>,
}

/// The markers, in the order of time. A copy is cheap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markers(Arc<[Marker]>);

/// A marker that is being named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// The moment of the marker.
    pub at: Timestamp,
    /// The name that is typed.
    pub typed: String,
    /// Whether the field for it was shown before.
    pub begun: bool,
}

impl Naming {
    /// A marker is about to be named.
    pub fn new(at: Timestamp) -> Self {
        Self {
            at,
            typed: String::new(),
            begun: false,
        }
    }
}

impl Markers {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 40;
    /// The most markers that are kept.
    pub const MAX: usize = 1000;

    /// Markers in any order. Those at the same moment as another, and those beyond the most, are left out.
    pub fn new(markers: impl IntoIterator<Item = Marker>) -> Self {
        let mut all: Vec<_> = markers.into_iter().collect();
        all.sort_by_key(|marker| marker.at);
        all.dedup_by_key(|marker| marker.at);
        all.truncate(Self::MAX);
        Self(all.into())
    }

    /// All markers, the earliest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Marker> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The marker at a moment.
    pub fn at(&self, at: Timestamp) -> Option<&Marker> {
        self.0.iter().find(|marker| marker.at == at)
    }

    /// The name of a marker that was given none: `Marker 1`, the first that is free.
    fn free_name(&self) -> Arc<str> {
        let name = |number: usize| format!("Marker {number}");
        let is_free = |name: &String| self.0.iter().all(|marker| *marker.name != **name);
        let mut names = (1..).map(name);
        names.find(is_free).unwrap_or_default().into()
    }

    /// Sets a marker under the first free name.
    pub fn set(&mut self, at: Timestamp) {
        let name = self.free_name();
        let new = Marker { at, name };
        *self = Self::new(self.0.iter().cloned().chain([new]));
    }

    /// Removes a marker.
    pub fn remove(&mut self, at: Timestamp) {
        self.0 = self.0.iter().filter(|m| m.at != at).cloned().collect();
    }

    /// Names a marker. It keeps its name if the new one is empty.
    pub fn rename(&mut self, at: Timestamp, name: &str) {
        let Some(name) = clean(name) else {
            return;
        };
        let renamed = |marker: &Marker| match marker.at == at {
            true => Marker {
                at,
                name: name.clone(),
            },
            false => marker.clone(),
        };
        self.0 = self.0.iter().map(renamed).collect();
    }

    /// The next marker from a moment.
    pub fn next(&self, from: Timestamp, direction: Direction) -> Option<&Marker> {
        match direction {
            Direction::Forward => self.0.iter().find(|marker| marker.at > from),
            Direction::Backward => self.0.iter().rfind(|marker| marker.at < from),
        }
    }
}

/// A name on one line that is not too long; `None` if nothing is left.
fn clean(name: &str) -> Option<Arc<str>> {
    let printable = name.chars().filter(|c| !c.is_control());
    let name: String = printable.take(Markers::MAX_NAME).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::test_history::s;

    fn names(markers: &Markers) -> Vec<&str> {
        markers.iter().map(|marker| &*marker.name).collect()
    }

    #[test]
    fn a_marker_has_the_first_free_name_until_it_is_given_one() {
        let mut markers = Markers::default();
        markers.set(s(8.0));
        markers.set(s(2.0));
        markers.set(s(4.0));
        assert_eq!(names(&markers), ["Marker 2", "Marker 3", "Marker 1"]);
        markers.rename(s(2.0), "  Chorus\n");
        markers.rename(s(4.0), " \t");
        assert_eq!(names(&markers), ["Chorus", "Marker 3", "Marker 1"]);
        markers.set(s(9.0));
        assert_eq!(names(&markers)[3], "Marker 2");
        markers.remove(s(4.0));
        assert_eq!(names(&markers), ["Chorus", "Marker 1", "Marker 2"]);
        markers.rename(s(2.0), &"é".repeat(500));
        assert_eq!(names(&markers)[0].chars().count(), Markers::MAX_NAME);
    }

    #[test]
    fn the_next_marker_lies_before_or_after_a_moment() {
        let mut markers = Markers::default();
        for at in [2.0, 4.0, 8.0] {
            markers.set(s(at));
        }
        let next = |from, direction| markers.next(s(from), direction).map(|marker| marker.at);
        assert_eq!(next(4.0, Direction::Forward), Some(s(8.0)));
        assert_eq!(next(4.0, Direction::Backward), Some(s(2.0)));
        assert_eq!(next(8.0, Direction::Forward), None);
        assert_eq!(next(0.0, Direction::Backward), None);
    }
}
