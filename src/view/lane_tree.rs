//! The lanes of a snapshot as parents and children, in the order of the user's arrangement.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    arrangement::{Arrangement, GroupKey},
    lane_order::above,
    snapshot::Snapshot,
};
use crate::engine::InstanceId;

/// Lanes with their children, by their places in a snapshot.
pub(super) struct LaneTree<'a> {
    snapshot: &'a Snapshot,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
    places: HashMap<&'a InstanceId, usize>,
}

/// Lanes that belong together, from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub kind: SectionKind,
    /// Places in the snapshot. Children are below their parents.
    pub places: Vec<usize>,
}

/// What the lanes of a section have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SectionKind {
    /// They are pinned.
    Pinned,
    /// They are not grouped, or children of pinned lanes.
    All,
    /// They are in the same group.
    Group(GroupKey),
}

impl<'a> LaneTree<'a> {
    /// The lanes of a snapshot.
    pub fn of(snapshot: &'a Snapshot, arrangement: &Arrangement) -> Self {
        let lanes = snapshot.lanes.iter().enumerate();
        let places: HashMap<_, _> = lanes.map(|(place, lane)| (&lane.id, place)).collect();
        let mut tree = Self {
            snapshot,
            parents: Vec::with_capacity(snapshot.lanes.len()),
            children: vec![Vec::new(); snapshot.lanes.len()],
            roots: Vec::new(),
            places,
        };
        for (place, lane) in snapshot.lanes.iter().enumerate() {
            let parent = above(lane).and_then(|id| tree.places.get(id)).copied();
            // In a snapshot, parents come first. In a store that was tampered with, an instance can be
            // its own ancestor.
            let parent = parent.filter(|parent| *parent < place);
            tree.parents.push(parent);
            match parent.and_then(|parent| tree.children.get_mut(parent)) {
                Some(children) => children.push(place),
                None => tree.roots.push(place),
            }
        }
        let ranks = arrangement.ranks();
        if !ranks.is_empty() {
            let rank = |place: &usize| {
                let lane = snapshot.lanes.get(*place);
                lane.and_then(|lane| ranks.get(&lane.id)).copied()
            };
            let key = |place: &usize| rank(place).unwrap_or(usize::MAX);
            tree.roots.sort_by_key(key);
            for children in &mut tree.children {
                children.sort_by_key(key);
            }
        }
        tree
    }

    /// The place of a lane.
    pub fn place(&self, lane: &InstanceId) -> Option<usize> {
        self.places.get(lane).copied()
    }

    /// The parent of the lane at a place, or the source of a fork.
    pub fn parent(&self, place: usize) -> Option<usize> {
        self.parents.get(place).copied().flatten()
    }

    /// A lane and those with the same parent, from the top.
    pub fn siblings(&self, lane: &InstanceId) -> Option<&[usize]> {
        let place = self.place(lane)?;
        match self.parent(place) {
            Some(parent) => self.children.get(parent).map(Vec::as_slice),
            None => Some(&self.roots),
        }
    }

    /// The lanes at places.
    pub fn ids(&self, places: &[usize]) -> Vec<InstanceId> {
        let lanes = places.iter().filter_map(|at| self.snapshot.lanes.get(*at));
        lanes.map(|lane| lane.id.clone()).collect()
    }

    /// All lanes in sections: the pinned ones, their children, then the others or their groups.
    pub fn sections(&self, arrangement: &Arrangement) -> Vec<Section> {
        let mut taken = HashSet::new();
        let pins = arrangement.pinned().iter();
        let pins: Vec<_> = pins.filter_map(|id| self.place(id)).collect();
        taken.extend(pins.iter().copied());
        // Only they stay at the top: a family may be large. It begins right below them.
        let mut families = Vec::new();
        for pin in &pins {
            self.gather(*pin, &mut taken, &mut families);
        }
        families.retain(|place| !pins.contains(place));
        let mut all = Vec::new();
        let mut groups: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
        for root in &self.roots {
            let lane = self.snapshot.lanes.get(*root);
            let group = lane.and_then(|lane| arrangement.grouping.group_of(lane));
            let list = match group {
                Some(group) => groups.entry(group).or_default(),
                None => &mut all,
            };
            // The children of a pinned lane are with it.
            if taken.contains(root) {
                continue;
            }
            self.gather(*root, &mut taken, list);
        }
        let section = |kind, places| Section { kind, places };
        let groups = groups.into_iter();
        let groups = groups.map(|(key, places)| section(SectionKind::Group(key), places));
        let first = [
            section(SectionKind::Pinned, pins),
            section(SectionKind::All, families),
            section(SectionKind::All, all),
        ];
        let sections = first.into_iter().chain(groups);
        sections
            .filter(|section| !section.places.is_empty())
            .collect()
    }

    /// Adds a lane and those below it that are nowhere yet.
    fn gather(&self, head: usize, taken: &mut HashSet<usize>, list: &mut Vec<usize>) {
        let mut next = vec![head];
        while let Some(place) = next.pop() {
            list.push(place);
            let children = self.children.get(place).into_iter().flatten().rev();
            next.extend(children.copied().filter(|child| taken.insert(*child)));
        }
    }
}
