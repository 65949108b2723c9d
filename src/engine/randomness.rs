//! Randomness of workflows.

use std::hash::{BuildHasher, RandomState};

use super::{InstanceId, retry::split_mix};

/// The source of workflows' random numbers. Each run draws a seed when it starts; it is recorded,
/// so a replay draws the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Randomness {
    /// The system's randomness.
    #[default]
    System,
    /// Derived from this number and the instance's id and run, for simulations.
    Seeded(u64),
}

impl Randomness {
    /// The seed of a run.
    pub(super) fn seed(self, id: &InstanceId, run: u32) -> u64 {
        match self {
            // The keys of a `RandomState` come from the system and differ each time.
            Self::System => RandomState::new().hash_one((id.as_str(), run)),
            Self::Seeded(number) => {
                let mut state = number ^ id.seed_of(run);
                split_mix(&mut state)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_seeds_differ_and_fixed_seeds_repeat() {
        let id = InstanceId::new("order-7").unwrap();
        let system = Randomness::System;
        assert_ne!(system.seed(&id, 1), system.seed(&id, 1));
        let seeded = Randomness::Seeded(3);
        assert_eq!(seeded.seed(&id, 1), seeded.seed(&id, 1));
        assert_ne!(seeded.seed(&id, 1), seeded.seed(&id, 2));
        assert_ne!(seeded.seed(&id, 1), Randomness::Seeded(4).seed(&id, 1));
    }
}
