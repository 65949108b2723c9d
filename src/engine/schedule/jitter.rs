//! Jitter: spreads runs of schedules that are due at the same time.

use std::time::Duration;

use super::{Schedule, times::nanos};
use crate::engine::Timestamp;

impl Schedule {
    /// The delay of the run that is due at `due`: deterministic, less than
    /// [`jitter`](Schedule::jitter), and before the next due time.
    pub(super) fn delay(&self, due: Timestamp) -> Duration {
        if self.jitter.is_zero() {
            return Duration::ZERO;
        }
        let gap = self.times.next_after(due).map(|next| next.since(due));
        let most = gap.map_or(self.jitter, |gap| gap.min(self.jitter));
        Duration::from_nanos(self.chance(due) % nanos(most))
    }

    /// A number derived from the due time, the workflow and the input.
    fn chance(&self, due: Timestamp) -> u64 {
        let texts = [self.workflow.as_str(), self.input.as_str()];
        let bytes = texts.iter().flat_map(|text| text.bytes());
        // FNV-1a, then a mixing step of SplitMix64.
        let seed = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mixed = seed ^ due.0;
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
