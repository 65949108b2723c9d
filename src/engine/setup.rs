//! Configuration of an engine.

use std::collections::BTreeSet;

use super::{Clock, InstanceId, InstanceSummary, Limits, Randomness, Retention};

/// What an engine does with the open instances of its store.
///
/// Instances that are not recovered stay open. Messages to them stay in the stored outbox until an
/// engine recovers them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Recovery {
    /// Recovers all of them.
    #[default]
    OpenInstances,
    /// Recovers only these and their open descendants; schedules do not run.
    Only(BTreeSet<InstanceId>),
    /// Recovers all except these and their open descendants.
    Except(BTreeSet<InstanceId>),
    /// Recovers none of them; schedules do not run.
    Nothing,
}

/// Why a process crashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CrashCause {
    /// It is not known.
    #[default]
    Unknown,
    /// It was crashed on purpose, to show what happens then: attempts that were under way are
    /// [marked](super::Failure::injected) as injected failures.
    Injected,
}

impl Recovery {
    /// Splits open instances into those that are recovered and those that are not.
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

    /// Whether schedules run.
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

/// The configuration of an engine.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Whether open instances are recovered.
    pub recovery: Recovery,
    /// The clock.
    pub clock: Clock,
    /// The limits.
    pub limits: Limits,
    /// The source of workflows' random numbers.
    pub randomness: Randomness,
    /// The retention of closed instances.
    pub retention: Retention,
    /// Why the process before this one ended, if it crashed.
    pub crash: CrashCause,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            recovery: Recovery::default(),
            clock: Clock::wall(),
            limits: Limits::default(),
            randomness: Randomness::default(),
            retention: Retention::default(),
            crash: CrashCause::default(),
        }
    }
}
