//! The stretches of a heat row, from the changes between its places.

use super::heat::Heat;

/// A stretch of time with one level of activity, or more where others are above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warmth {
    /// Left edge, in points from the left edge of the window.
    pub left: f32,
    /// Right edge.
    pub right: f32,
    /// How much happens at least.
    pub level: HeatLevel,
}

/// How much happens at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeatLevel {
    /// Nothing but waiting.
    Waits,
    /// Nothing: it is paused.
    Paused,
    /// So many notes and activities at once, 1 to [`Heat::MOST`], which stands for more as well.
    Busy(u8),
}

/// How a place differs from the one before it: a long stretch costs no more than a short one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub busy: i32,
    pub waits: i32,
    pub paused: i32,
}

impl Change {
    pub const NONE: Self = Self::of(0, 0, 0);

    pub const fn of(busy: i32, waits: i32, paused: i32) -> Self {
        Self {
            busy,
            waits,
            paused,
        }
    }

    pub fn add(&mut self, other: Self) {
        self.busy = self.busy.saturating_add(other.busy);
        self.waits = self.waits.saturating_add(other.waits);
        self.paused = self.paused.saturating_add(other.paused);
    }

    pub fn reversed(self) -> Self {
        Self::of(-self.busy, -self.waits, -self.paused)
    }

    /// What a sum of changes shows.
    fn level(self) -> Option<HeatLevel> {
        if self.busy > 0 {
            let busy = u8::try_from(self.busy).unwrap_or(u8::MAX);
            return Some(HeatLevel::Busy(busy.min(Heat::MOST)));
        }
        match (self.paused > 0, self.waits > 0) {
            (true, _) => Some(HeatLevel::Paused),
            (false, true) => Some(HeatLevel::Waits),
            (false, false) => None,
        }
    }
}

/// The stretches over places, from how each differs from the one before it. What is after the last place is
/// left out.
pub(super) fn stretches(changes: &[Change]) -> Vec<Warmth> {
    let mut open = OpenStretches::default();
    let mut sum = Change::NONE;
    let places = changes.len().saturating_sub(1);
    for (place, change) in changes.iter().enumerate().take(places) {
        if *change != Change::NONE {
            sum.add(*change);
            open.go_on(place as f32 * Heat::WIDTH, sum.level());
        }
    }
    open.go_on(places as f32 * Heat::WIDTH, None);
    // What was open longest ended last, and is below the others.
    open.ended.reverse();
    open.ended
}

/// Stretches as they begin and end from left to right.
#[derive(Debug, Default)]
struct OpenStretches {
    /// Those that are open, with their left edges: each is within the one before it.
    open: Vec<(f32, HeatLevel)>,
    /// In the order of their ends.
    ended: Vec<Warmth>,
}

impl OpenStretches {
    /// From `at` on, this is the level.
    fn go_on(&mut self, at: f32, level: Option<HeatLevel>) {
        let mut from = at;
        while let Some((left, last)) = self.open.pop_if(|(_, last)| !goes_on(*last, level)) {
            self.ended.push(Warmth {
                left,
                right: at,
                level: last,
            });
            // At least as much happens in what has ended.
            if matches!(
                (last, level),
                (HeatLevel::Busy(_), Some(HeatLevel::Busy(_)))
            ) {
                from = left;
            }
        }
        if let Some(level) = level
            && self.open.last().is_none_or(|(_, last)| *last != level)
        {
            self.open.push((from, level));
        }
    }
}

/// Whether an open stretch goes on where the level changes.
fn goes_on(open: HeatLevel, level: Option<HeatLevel>) -> bool {
    match (open, level) {
        (HeatLevel::Busy(least), Some(HeatLevel::Busy(now))) => now >= least,
        (open, level) => Some(open) == level,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Change = Change::of(0, 1, 0);
    const PAUSE: Change = Change::of(0, 0, 1);
    const NOTE: Change = Change::of(1, 0, 0);

    /// The changes of what happens from one place to another.
    fn changes(places: usize, happens: &[(usize, usize, Change)]) -> Vec<Change> {
        let mut changes = vec![Change::NONE; places + 1];
        for (from, until, change) in happens {
            changes[*from].add(*change);
            changes[*until].add(change.reversed());
        }
        changes
    }

    /// The level of a place as it is painted: later stretches are above.
    fn painted(stretches: &[Warmth], place: usize) -> Option<HeatLevel> {
        let x = (place as f32 + 0.5) * Heat::WIDTH;
        let mut from_above = stretches.iter().rev();
        let found = from_above.find(|one| one.left <= x && x < one.right);
        found.map(|one| one.level)
    }

    #[test]
    fn every_place_is_painted_with_the_level_of_what_happens_there() {
        let kinds = [NOTE, NOTE, WAIT, NOTE, PAUSE];
        let alone = [
            (100, 104, WAIT),
            (104, 107, NOTE),
            (110, 115, PAUSE),
            (112, 118, WAIT),
        ];
        let many = (0..60).map(|n| {
            let from = n * 37 % 85;
            (from, from + 1 + n * 7 % 13, kinds[n % kinds.len()])
        });
        let happens: Vec<_> = many.chain(alone).collect();
        let stretches = stretches(&changes(120, &happens));
        let mut levels = Vec::new();
        for place in 0..120 {
            let here = happens
                .iter()
                .filter(|(from, until, _)| (*from..*until).contains(&place));
            let mut sum = Change::NONE;
            here.for_each(|(.., change)| sum.add(*change));
            assert_eq!(painted(&stretches, place), sum.level(), "at {place}");
            levels.push(sum.level());
        }
        let busy = |level: u8| levels.contains(&Some(HeatLevel::Busy(level)));
        assert!((1..=Heat::MOST).all(busy), "{levels:?}");
        assert!(levels.contains(&Some(HeatLevel::Waits)) && levels.contains(&None));
    }

    #[test]
    fn notes_that_touch_each_other_are_one_stretch_below_what_is_more() {
        let chord = [(0, 2, NOTE)];
        let notes = (0..10).map(|n| (n * 5, n * 5 + 6, NOTE));
        let notes: Vec<_> = notes.chain(chord).collect();
        let stretches = stretches(&changes(60, &notes));
        let whole = Warmth {
            left: 0.0,
            right: 51.0 * Heat::WIDTH,
            level: HeatLevel::Busy(1),
        };
        assert_eq!(stretches.first(), Some(&whole), "it is below all others");
        assert_eq!(stretches.len(), 1 + 9 + 1, "{stretches:?}");
    }
}
