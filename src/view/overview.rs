//! A histogram of the whole performance: events and failures over time, with the busiest lane.

use super::palette::Rgb;
use crate::engine::Timestamp;

/// One bucket of the histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// Number of events.
    pub count: u32,
    /// Number of failures among them.
    pub failures: u32,
    /// The color of the busiest lane, and its lead.
    leader: Option<(Rgb, u32)>,
}

impl Bucket {
    /// The color of the busiest lane.
    pub fn color(&self) -> Option<Rgb> {
        self.leader.map(|(color, _)| color)
    }

    fn add(&mut self, other: &Bucket) {
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

/// A histogram of fixed size over a growing time: when it is full, its buckets double in length.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    from: Option<Timestamp>,
    bucket_ns: u64,
    buckets: Vec<Bucket>,
}

impl Default for Overview {
    fn default() -> Self {
        Self {
            from: None,
            bucket_ns: 100_000_000,
            buckets: Vec::new(),
        }
    }
}

impl Overview {
    /// Number of buckets; a long performance uses between half and all of them.
    const MAX_BUCKETS: usize = 480;

    /// Counts an event.
    pub fn add(&mut self, at: Timestamp, color: Rgb, failed: Failed) {
        let one = Bucket {
            count: 1,
            failures: u32::from(failed == Failed::Yes),
            leader: Some((color, 1)),
        };
        self.add_bucket(at, &one);
    }

    fn add_bucket(&mut self, at: Timestamp, counts: &Bucket) {
        let from = *self.from.get_or_insert(at);
        if at < from {
            self.reach_back(at);
        }
        let from = self.from.unwrap_or(at);
        while (at.0.saturating_sub(from.0) / self.bucket_ns) as usize >= Self::MAX_BUCKETS {
            self.coarsen();
        }
        let place = (at.0.saturating_sub(from.0) / self.bucket_ns) as usize;
        if self.buckets.len() <= place {
            self.buckets.resize(place + 1, Bucket::default());
        }
        if let Some(bucket) = self.buckets.get_mut(place) {
            bucket.add(counts);
        }
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        let Some(from) = other.from else { return };
        for (place, bucket) in other.buckets.iter().enumerate() {
            if bucket.count > 0 {
                let ns = other.bucket_ns.saturating_mul(place as u64);
                self.add_bucket(Timestamp(from.0.saturating_add(ns)), bucket);
            }
        }
    }

    /// The first and the last moment, once there is an event.
    pub fn extent(&self) -> Option<(Timestamp, Timestamp)> {
        let from = self.from?;
        let length = self.bucket_ns.saturating_mul(self.buckets.len() as u64);
        Some((from, Timestamp(from.0.saturating_add(length))))
    }

    /// All buckets, oldest first.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    fn coarsen(&mut self) {
        self.buckets = self
            .buckets
            .chunks(2)
            .map(|pair| {
                let mut both = Bucket::default();
                pair.iter().for_each(|bucket| both.add(bucket));
                both
            })
            .collect();
        self.bucket_ns = self.bucket_ns.saturating_mul(2);
    }

    fn reach_back(&mut self, at: Timestamp) {
        let Some(from) = self.from else { return };
        let gap = from.0.saturating_sub(at.0);
        while (gap / self.bucket_ns) as usize + 1 + self.buckets.len() > Self::MAX_BUCKETS {
            self.coarsen();
        }
        let more = gap.div_ceil(self.bucket_ns);
        self.buckets
            .splice(0..0, (0..more).map(|_| Bucket::default()));
        self.from = Some(Timestamp(
            from.0.saturating_sub(more.saturating_mul(self.bucket_ns)),
        ));
    }
}

/// Whether an event was a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// It was a failure.
    Yes,
    /// It was not a failure.
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
        assert!(overview.buckets().len() <= Overview::MAX_BUCKETS);
        assert_eq!(
            overview.buckets().iter().map(|s| s.count).sum::<u32>(),
            20_001
        );
        assert_eq!(
            overview.buckets().iter().map(|s| s.failures).sum::<u32>(),
            20
        );
        let (from, until) = overview.extent().unwrap();
        assert!(from <= Timestamp(4_000_000_000_000) && until >= Timestamp(6_539_000_000_000));
    }

    #[test]
    fn a_bucket_has_the_color_of_the_busiest_lane() {
        let mut overview = Overview::default();
        for color in [Rgb::TEXT, Rgb::GOOD, Rgb::GOOD, Rgb::ALARM, Rgb::GOOD] {
            overview.add(Timestamp(1), color, Failed::No);
        }
        assert_eq!(overview.buckets()[0].color(), Some(Rgb::GOOD));
    }
}
