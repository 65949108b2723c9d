//! The numbers of lanes: the digits and pads that act on them.

use std::{collections::BTreeMap, time::Duration};

use crate::engine::{InstanceId, Timestamp};

/// The numbers of lanes. A lane keeps its number from its start until it has ended and was put away: the
/// number belongs to the lane, wherever it is on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaneNumbers {
    held: BTreeMap<u8, Held>,
}

/// Who holds a number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    lane: InstanceId,
    /// From then on another lane may have it.
    free_at: Option<Timestamp>,
}

impl LaneNumbers {
    /// The largest number.
    const MOST: u8 = 99;
    /// How long a lane that has ended stays where it is, with its number.
    pub const ENDED_STAYS: Duration = Duration::from_secs(8);

    /// The number of a lane. Lanes beyond the largest number have none.
    pub fn of(&self, lane: &InstanceId) -> Option<u8> {
        let mut held = self.held.iter();
        let (number, _) = held.find(|(_, held)| held.lane == *lane)?;
        Some(*number)
    }

    /// The lane with a number.
    pub fn lane(&self, number: u8) -> Option<&InstanceId> {
        self.held.get(&number).map(|held| &held.lane)
    }

    /// The numbers that were kept when the program ended.
    pub fn kept(numbers: impl IntoIterator<Item = (u8, InstanceId)>) -> Self {
        let held = numbers
            .into_iter()
            .filter(|(number, _)| *number <= Self::MOST);
        let held = held.map(|(number, lane)| {
            (
                number,
                Held {
                    lane,
                    free_at: None,
                },
            )
        });
        Self {
            held: held.collect(),
        }
    }

    /// All numbers with their lanes, the lowest first.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &InstanceId)> {
        self.held.iter().map(|(number, held)| (*number, &held.lane))
    }

    /// Frees the numbers of lanes that do not exist.
    pub(super) fn retain(&mut self, exists: impl Fn(&InstanceId) -> bool) {
        self.held.retain(|_, held| exists(&held.lane));
    }

    /// A lane has started at a moment: it keeps the number that it has, or takes the lowest that is free.
    pub(super) fn started(&mut self, lane: &InstanceId, at: Timestamp) {
        if let Some(known) = self.held.values_mut().find(|held| held.lane == *lane) {
            known.free_at = None;
            return;
        }
        let is_free = |number: &u8| match self.held.get(number) {
            Some(held) => held.free_at.is_some_and(|free| free <= at),
            None => true,
        };
        if let Some(number) = (1..=Self::MOST).find(is_free) {
            let (lane, free_at) = (lane.clone(), None);
            self.held.insert(number, Held { lane, free_at });
        }
    }

    /// A lane has ended, and was over at a moment.
    pub(super) fn ended(&mut self, lane: &InstanceId, over_at: Timestamp) {
        if let Some(known) = self.held.values_mut().find(|held| held.lane == *lane) {
            known.free_at = Some(over_at + Self::ENDED_STAYS);
        }
    }

    /// A lane is gone.
    pub(super) fn gone(&mut self, lane: &InstanceId) {
        self.held.retain(|_, held| held.lane != *lane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::test_history::s;

    fn id(name: &str) -> InstanceId {
        InstanceId::new(name).unwrap()
    }

    #[test]
    fn a_lane_keeps_its_number_although_another_one_ends() {
        let mut numbers = LaneNumbers::default();
        for (name, at) in [("one", 0.0), ("two", 1.0), ("three", 2.0)] {
            numbers.started(&id(name), s(at));
        }
        numbers.ended(&id("two"), s(10.0));
        assert_eq!(numbers.of(&id("three")), Some(3));
        // It has just ended: its digit does not act on another lane yet.
        numbers.started(&id("four"), s(12.0));
        assert_eq!(numbers.of(&id("four")), Some(4));
        assert_eq!(numbers.lane(2), Some(&id("two")));
        numbers.started(&id("five"), s(18.0));
        assert_eq!(numbers.lane(2), Some(&id("five")));
        assert_eq!(numbers.of(&id("two")), None);
        assert_eq!(numbers.of(&id("three")), Some(3));
    }

    #[test]
    fn numbers_are_the_same_when_the_program_is_opened_again() {
        let kept = [(3, id("vamp")), (1, id("gone")), (2, id("bass"))];
        let mut numbers = LaneNumbers::kept(kept);
        // They are read in another order than they were started in.
        for (name, at) in [("bass", 1.0), ("other", 5.0), ("vamp", 90.0)] {
            numbers.started(&id(name), s(at));
        }
        assert_eq!(numbers.lane(3), Some(&id("vamp")));
        assert_eq!(numbers.lane(2), Some(&id("bass")));
        assert_eq!(numbers.lane(4), Some(&id("other")));
        numbers.retain(|lane| lane.as_str() != "gone");
        assert_eq!(numbers.lane(1), None);
        assert_eq!(numbers.iter().count(), 3);
    }

    #[test]
    fn a_lane_whose_next_run_starts_keeps_its_number() {
        let mut numbers = LaneNumbers::default();
        numbers.started(&id("vamp"), s(0.0));
        numbers.ended(&id("vamp"), s(4.0));
        numbers.started(&id("vamp"), s(4.0));
        numbers.started(&id("bass"), s(60.0));
        assert_eq!(numbers.lane(1), Some(&id("vamp")));
        assert_eq!(numbers.lane(2), Some(&id("bass")));
        numbers.gone(&id("vamp"));
        assert_eq!(numbers.of(&id("bass")), Some(2));
        assert_eq!(numbers.lane(1), None);
    }
}
