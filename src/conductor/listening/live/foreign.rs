//! Events of other engines.

use std::time::Duration;

use super::{Heard, Listeners, lane::ChannelOwner};
use crate::engine::{Committed, Timestamp};

/// When events of another engine happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignMoment {
    /// Earlier: they are not heard, and what follows knows them.
    Past,
    /// Now: they are heard.
    Now,
}

/// How long after they happened events of another engine are heard, so that the network, which brings some
/// of them sooner than others, does not change their rhythm.
const FOREIGN_HORIZON: Duration = Duration::from_millis(150);

impl Listeners {
    /// Events of another engine. They begin to sound a while after they happened. Its clock may differ from
    /// this one: no event counts as one of the future, or as older than that while.
    pub(super) fn follow_foreign(&mut self, committed: &Committed, moment: ForeignMoment) {
        let now = self.activities.clock.now();
        let earliest = Timestamp(now.0.saturating_sub(FOREIGN_HORIZON.as_nanos() as u64));
        let owner = ChannelOwner::of_foreign(&committed.instance.id);
        self.hear(committed, owner, |event| {
            let at = event.at.clamp(earliest, now);
            let from = at + FOREIGN_HORIZON;
            (moment == ForeignMoment::Now).then_some(Heard { at, from })
        });
    }
}
