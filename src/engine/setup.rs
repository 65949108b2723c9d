//! How an engine works.

use std::collections::BTreeSet;

use super::{Clock, InstanceId, InstanceSummary, Limits, Randomness, Retention};

/// What an engine does with the open instances of its store.
///
/// Instances that are left as they are stay open. What others send them waits in the store until an
/// engine continues them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Recovery {
    /// Replays and continues all of them.
    #[default]
    OpenInstances,
    /// Continues these and their open descendants, leaves all others, and no schedule starts anything.
    Only(BTreeSet<InstanceId>),
    /// Leaves these and their open descendants, and continues all others.
    Except(BTreeSet<InstanceId>),
    /// Leaves all of them, for another time.
    Nothing,
}

impl Recovery {
    /// Splits open instances into those that are continued and those that are left.
    pub fn split(
        &self,
        open: Vec<InstanceSummary>,
    ) -> (Vec<InstanceSummary>, Vec<InstanceSummary>) {
        match self {
            Self::OpenInstances => (open, Vec::new()),
            Self::Nothing => (Vec::new(), open),
            Self::Only(ids) => {
                let tree = with_descendants(ids, &open);
                open.into_iter().partition(|open| tree.contains(&open.id))
            }
            Self::Except(ids) => {
                let tree = with_descendants(ids, &open);
                open.into_iter().partition(|open| !tree.contains(&open.id))
            }
        }
    }

    /// Whether schedules start their runs.
    pub(super) fn runs_schedules(&self) -> bool {
        matches!(self, Self::OpenInstances | Self::Except(_))
    }
}

fn with_descendants(ids: &BTreeSet<InstanceId>, open: &[InstanceSummary]) -> BTreeSet<InstanceId> {
    let mut tree = ids.clone();
    loop {
        let is_child = |open: &&InstanceSummary| {
            let parent = open.parent.as_ref();
            parent.is_some_and(|parent| tree.contains(&parent.instance)) && !tree.contains(&open.id)
        };
        let children: Vec<_> = open
            .iter()
            .filter(is_child)
            .map(|open| open.id.clone())
            .collect();
        if children.is_empty() {
            return tree;
        }
        tree.extend(children);
    }
}

/// How an engine works.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What becomes of the instances that are open in the store.
    pub recovery: Recovery,
    /// What time it is.
    pub clock: Clock,
    /// How much it takes upon itself.
    pub limits: Limits,
    /// Where the random numbers of workflows come from.
    pub randomness: Randomness,
    /// What it forgets by itself.
    pub retention: Retention,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            recovery: Recovery::default(),
            clock: Clock::wall(),
            limits: Limits::default(),
            randomness: Randomness::default(),
            retention: Retention::default(),
        }
    }
}
