//! How the user has arranged the lanes: which are pinned, in which order they are, and how they are grouped.
//!
//! It does not change numbers: a digit acts on its lane wherever that is.

use std::{collections::HashMap, sync::Arc};

use super::{lane::LaneModel, lane_tree::LaneTree, snapshot::Snapshot};
use crate::engine::{InstanceId, Status};

/// The user's arrangement of the lanes. A copy is cheap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrangement {
    pinned: Arc<[InstanceId]>,
    /// Lanes that come before all of their siblings that are not listed, in this order.
    order: Arc<[InstanceId]>,
    /// How the lanes are grouped.
    pub grouping: Grouping,
}

/// What the lanes of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Grouping {
    /// Lanes are not grouped.
    #[default]
    None,
    /// Their score, or their workflow.
    Workflow,
    /// Their status.
    Status,
    /// The value of the tag with this name.
    Tag(Arc<str>),
}

/// A side of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Above it.
    Above,
    /// Below it.
    Below,
}

impl Arrangement {
    /// The most lanes that are pinned or ordered.
    pub const MAX: usize = 1000;

    /// The arrangement with these pinned lanes and this order.
    pub fn new(
        pinned: impl IntoIterator<Item = InstanceId>,
        order: impl IntoIterator<Item = InstanceId>,
        grouping: Grouping,
    ) -> Self {
        Self {
            pinned: pinned.into_iter().take(Self::MAX).collect(),
            order: order.into_iter().take(Self::MAX).collect(),
            grouping,
        }
    }

    /// The pinned lanes, from the top.
    pub fn pinned(&self) -> &[InstanceId] {
        &self.pinned
    }

    /// The lanes whose place was chosen.
    pub fn order(&self) -> &[InstanceId] {
        &self.order
    }

    /// Whether a lane is pinned.
    pub fn is_pinned(&self, lane: &InstanceId) -> bool {
        self.pinned.contains(lane)
    }

    /// Whether the lanes are in their own order.
    pub(super) fn is_plain(&self) -> bool {
        self.pinned.is_empty() && self.order.is_empty() && self.grouping == Grouping::None
    }

    /// The places of ordered lanes in the order.
    pub(super) fn ranks(&self) -> HashMap<&InstanceId, usize> {
        let ranked = self.order.iter().enumerate();
        ranked.map(|(rank, id)| (id, rank)).collect()
    }

    /// Pins a lane below those that are pinned, or unpins it.
    pub fn toggle_pin(&mut self, lane: &InstanceId) {
        let is_pinned = self.is_pinned(lane);
        let others = self.pinned.iter().filter(|pinned| *pinned != lane);
        let added = (!is_pinned).then_some(lane);
        self.pinned = others.chain(added).take(Self::MAX).cloned().collect();
    }

    /// Moves a lane above or below another one, which has the same parent or is pinned as well.
    pub fn place(
        &mut self,
        lane: &InstanceId,
        side: Side,
        anchor: &InstanceId,
        snapshot: &Snapshot,
    ) {
        if self.is_pinned(lane) && self.is_pinned(anchor) {
            let pinned = moved(self.pinned.to_vec(), lane, side, anchor);
            self.pinned = pinned.into();
            return;
        }
        let tree = LaneTree::of(snapshot, self);
        let Some(siblings) = tree.siblings(lane) else {
            return;
        };
        let own: Vec<_> = {
            let mut places = siblings.to_vec();
            places.sort_unstable();
            tree.ids(&places)
        };
        let new = moved(tree.ids(siblings), lane, side, anchor);
        // What follows is in its own order, and new lanes come in there.
        let changed = new.iter().zip(&own).rposition(|(new, own)| new != own);
        let listed = changed.map_or(0, |last| last + 1);
        let is_other = |id: &&InstanceId| !new.contains(id);
        let others: Vec<_> = self.order.iter().filter(is_other).cloned().collect();
        let order = new.iter().take(listed).cloned().chain(others);
        self.order = order.take(Self::MAX).collect();
    }
}

/// The list with one lane above or below another one.
fn moved(
    mut list: Vec<InstanceId>,
    lane: &InstanceId,
    side: Side,
    anchor: &InstanceId,
) -> Vec<InstanceId> {
    if lane == anchor || !list.contains(anchor) {
        return list;
    }
    list.retain(|id| id != lane);
    let place = list.iter().position(|id| id == anchor).unwrap_or(0);
    let place = match side {
        Side::Above => place,
        Side::Below => place + 1,
    };
    list.insert(place, lane.clone());
    list
}

impl Grouping {
    /// The next one: none, workflow, status, and every tag that more than one lane has.
    pub fn next(&self, snapshot: &Snapshot) -> Self {
        let tags = shared_tags(snapshot);
        let after = match self {
            Self::None => return Self::Workflow,
            Self::Workflow => return Self::Status,
            Self::Status => tags.first(),
            Self::Tag(tag) => tags.iter().find(|other| *other > tag),
        };
        after.cloned().map_or(Self::None, Self::Tag)
    }

    /// The group of a lane, by the order of the groups. `None`: lanes are not grouped.
    pub(super) fn group_of(&self, lane: &LaneModel) -> Option<GroupKey> {
        Some(match self {
            Self::None => return None,
            Self::Workflow => GroupKey::named(0, lane.title()),
            Self::Status => GroupKey::named(status_rank(lane.status), status_word(lane.status)),
            Self::Tag(tag) => match lane.tags.get(&**tag) {
                Some(value) => GroupKey::named(0, &format!("{tag} = {value}")),
                None => GroupKey::named(1, &format!("without {tag}")),
            },
        })
    }
}

/// A group, in the order of the groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupKey {
    rank: u8,
    folded: String,
    /// Its name.
    pub name: Arc<str>,
}

impl GroupKey {
    fn named(rank: u8, name: &str) -> Self {
        Self {
            rank,
            folded: name.to_lowercase(),
            name: name.into(),
        }
    }
}

/// The names of the tags that more than one lane has, in the order of the alphabet.
fn shared_tags(snapshot: &Snapshot) -> Vec<Arc<str>> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    let tags = snapshot.lanes.iter().flat_map(|lane| lane.tags.keys());
    for tag in tags {
        *counts.entry(tag).or_default() += 1;
    }
    let shared = counts.into_iter().filter(|(_, count)| *count > 1);
    shared.map(|(tag, _)| tag.into()).collect()
}

/// What needs attention comes first, what is over last.
fn status_rank(status: Status) -> u8 {
    match status {
        Status::Failed => 0,
        Status::Stalled => 1,
        Status::Suspended => 2,
        Status::Running | Status::ContinuedAsNew => 3,
        Status::Pending => 4,
        Status::Completed => 5,
        Status::Canceled => 6,
        Status::Terminated => 7,
    }
}

/// A status in a word, as in `3 running`.
pub(super) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Failed => "failed",
        Status::Stalled => "stalled",
        Status::Suspended => "paused",
        Status::Running | Status::ContinuedAsNew => "running",
        Status::Pending => "pending",
        Status::Completed => "completed",
        Status::Canceled => "canceled",
        Status::Terminated => "terminated",
    }
}
