//! The whole performance in a strip: how much happened when, by whom, and where it failed.

use super::palette::Rgb;
use crate::engine::Timestamp;

/// What happened in one slice of the performance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slice {
    /// How many events.
    pub count: u32,
    /// How many of them were failures.
    pub failures: u32,
    /// The colour of the lane that did most, and by how much it leads.
    leader: Option<(Rgb, u32)>,
}

impl Slice {
    /// The colour of the lane that did most.
    pub fn color(&self) -> Option<Rgb> {
        self.leader.map(|(color, _)| color)
    }

    fn add(&mut self, other: &Slice) {
        self.count += other.count;
        self.failures += other.failures;
        self.leader = match (self.leader, other.leader) {
            (Some((a, m)), Some((b, n))) if a == b => Some((a, m + n)),
            (Some((a, m)), Some((_, n))) if m >= n => Some((a, m - n)),
            (Some((_, m)), Some((b, n))) => Some((b, n - m)),
            (some, None) | (None, some) => some,
        };
    }
}

/// A histogram of fixed size over a time that grows: when it is full, its slices double in length.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    from: Option<Timestamp>,
    slice_ns: u64,
    slices: Vec<Slice>,
}

impl Default for Overview {
    fn default() -> Self {
        Self {
            from: None,
            slice_ns: 100_000_000,
            slices: Vec::new(),
        }
    }
}

impl Overview {
    /// Most slices; between half of it and all of it are in use in a long performance.
    const MAX_SLICES: usize = 480;

    /// An event happened.
    pub fn add(&mut self, at: Timestamp, color: Rgb, failed: Failed) {
        let from = *self.from.get_or_insert(at);
        if at < from {
            self.reach_back(at);
        }
        let from = self.from.unwrap_or(at);
        while (at.0.saturating_sub(from.0) / self.slice_ns) as usize >= Self::MAX_SLICES {
            self.coarsen();
        }
        let place = (at.0.saturating_sub(from.0) / self.slice_ns) as usize;
        if self.slices.len() <= place {
            self.slices.resize(place + 1, Slice::default());
        }
        if let Some(slice) = self.slices.get_mut(place) {
            slice.add(&Slice {
                count: 1,
                failures: u32::from(failed == Failed::Yes),
                leader: Some((color, 1)),
            });
        }
    }

    /// First and last moment, once something happened.
    pub fn extent(&self) -> Option<(Timestamp, Timestamp)> {
        let from = self.from?;
        let length = self.slice_ns.saturating_mul(self.slices.len() as u64);
        Some((from, Timestamp(from.0.saturating_add(length))))
    }

    /// The slices, oldest first.
    pub fn slices(&self) -> &[Slice] {
        &self.slices
    }

    fn coarsen(&mut self) {
        self.slices = self
            .slices
            .chunks(2)
            .map(|pair| {
                let mut both = Slice::default();
                pair.iter().for_each(|slice| both.add(slice));
                both
            })
            .collect();
        self.slice_ns = self.slice_ns.saturating_mul(2);
    }

    fn reach_back(&mut self, at: Timestamp) {
        let Some(from) = self.from else { return };
        let gap = from.0.saturating_sub(at.0);
        while (gap / self.slice_ns) as usize + 1 + self.slices.len() > Self::MAX_SLICES {
            self.coarsen();
        }
        let more = gap.div_ceil(self.slice_ns);
        self.slices
            .splice(0..0, (0..more).map(|_| Slice::default()));
        self.from = Some(Timestamp(
            from.0.saturating_sub(more.saturating_mul(self.slice_ns)),
        ));
    }
}

/// Whether an event was a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// It was.
    Yes,
    /// It was not.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_performance_keeps_every_event_and_every_failure() {
        let mut overview = Overview::default();
        for n in 0..20_000u64 {
            let failed = if n % 1000 == 0 {
                Failed::Yes
            } else {
                Failed::No
            };
            overview.add(
                Timestamp(5_000_000_000_000 + n * 77_000_000),
                Rgb::TEXT,
                failed,
            );
        }
        overview.add(Timestamp(4_000_000_000_000), Rgb::GOOD, Failed::No);
        assert!(overview.slices().len() <= Overview::MAX_SLICES);
        assert_eq!(
            overview.slices().iter().map(|s| s.count).sum::<u32>(),
            20_001
        );
        assert_eq!(
            overview.slices().iter().map(|s| s.failures).sum::<u32>(),
            20
        );
        let (from, until) = overview.extent().unwrap();
        assert!(from <= Timestamp(4_000_000_000_000) && until >= Timestamp(6_539_000_000_000));
    }

    #[test]
    fn a_slice_has_the_colour_of_the_lane_that_did_most() {
        let mut overview = Overview::default();
        for color in [Rgb::TEXT, Rgb::GOOD, Rgb::GOOD, Rgb::ALARM, Rgb::GOOD] {
            overview.add(Timestamp(1), color, Failed::No);
        }
        assert_eq!(overview.slices()[0].color(), Some(Rgb::GOOD));
    }
}
