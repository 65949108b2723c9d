//! Watches open instances: stops the transport when no music plays, and releases notes.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{
    activities::{HasNext, ScoreActivities},
    channels::Which,
    lane::{Lane, RunId},
};
use crate::engine::{Committed, Feed, InstanceId, Status};

/// How many bars the transport keeps rolling while every lane is suspended. A lane that resumes within
/// them re-enters in phase.
pub(super) const LINGER_BARS: u32 = 4;

/// Follows the engine's feed.
pub(super) struct Watch {
    activities: Arc<ScoreActivities>,
    feed: Feed,
    /// Open instances that make music.
    open: HashMap<InstanceId, Status>,
}

/// When the transport stops.
enum StopAt {
    Never,
    Instant(Instant),
    Silence,
}

impl Watch {
    pub fn new(activities: Arc<ScoreActivities>, mut feed: Feed) -> Self {
        let mut open = HashMap::new();
        for summary in std::mem::take(&mut feed.open) {
            if activities.lane(&RunId::of(&summary)).is_ok() {
                open.insert(summary.id, summary.status);
            }
        }
        Self {
            activities,
            feed,
            open,
        }
    }

    /// Runs until the engine stops.
    pub async fn run(mut self) {
        let mut stop_at = self.stop_at();
        loop {
            let player = self.activities.player.clone();
            let stop = async {
                match stop_at {
                    StopAt::Never => std::future::pending().await,
                    StopAt::Instant(instant) => sleep_until(instant).await,
                    StopAt::Silence => player.until_silent().await,
                }
            };
            tokio::select! {
                biased;
                committed = self.feed.next() => match committed {
                    Some(committed) => {
                        if self.follow(&committed) {
                            stop_at = self.stop_at();
                        }
                    }
                    None => return,
                },
                () = stop => {
                    // If the player was shut down, the transport has stopped.
                    let _ = self.activities.player.stop();
                    stop_at = StopAt::Never;
                }
            }
        }
    }

    /// Handles a commit. Returns whether the set of playing instances has changed.
    fn follow(&mut self, committed: &Committed) -> bool {
        let id = &committed.instance.id;
        let run = RunId::of(&committed.instance);
        let status = committed.instance.status;
        let before = self.open.get(id).copied();
        if before.is_none() && (status.is_closed() || self.activities.lane(&run).is_err()) {
            return false;
        }
        if let Ok(lane) = self.activities.lane(&run) {
            if before != Some(status) {
                self.release(&lane, status);
            }
            // The sound of an end is not a part of what ends.
            self.activities.sound(&lane, committed);
            let was_paused = matches!(before, Some(Status::Suspended | Status::Stalled));
            if was_paused && status == Status::Running {
                // The pause has lifted the pedals. A player that was shut down needs none.
                let _ = self.activities.chase(&lane, Which::All);
            }
        }
        if status.is_closed() {
            let has_next = match status {
                Status::ContinuedAsNew => HasNext::Yes,
                _ => HasNext::No,
            };
            self.activities.leave(&run, has_next);
            if status != Status::ContinuedAsNew {
                // The solo of a lane that has ended must not silence others.
                let mixer = &self.activities.mixer;
                mixer.send_if_modified(|mixer| mixer.forget(id));
            }
        }
        let now = match status {
            // The next run has started already.
            Status::ContinuedAsNew => Some(Status::Running),
            closed if closed.is_closed() => None,
            open => Some(open),
        };
        match now {
            Some(now) => self.open.insert(id.clone(), now),
            None => self.open.remove(id),
        };
        before != now
    }

    fn release(&self, lane: &Lane, status: Status) {
        let player = &self.activities.player;
        // A player that was shut down has released everything.
        let _ = match status {
            Status::Suspended | Status::Stalled | Status::Failed => player.pause_lane(lane.id),
            Status::Terminated | Status::Canceled => player.release_lane(lane.id),
            _ => return,
        };
        for assigned in lane.assignments.all() {
            let _ = self
                .activities
                .ports
                .lift_pedal(assigned.port, assigned.channel);
        }
    }

    fn stop_at(&self) -> StopAt {
        if self.open.values().any(|status| *status == Status::Running) {
            return StopAt::Never;
        }
        if self.open.is_empty() {
            return StopAt::Silence;
        }
        let transport = self.activities.player.transport();
        let now = self.activities.player.now();
        let bar =
            transport.bar_at(transport.position(now)).as_f64() * transport.tempo(now).beat_nanos();
        let bar = Duration::from_nanos(bar as u64);
        StopAt::Instant(Instant::now() + bar * LINGER_BARS)
    }
}
