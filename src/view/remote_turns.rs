//! Turns of a workflow whose code is in another process: how many there were, and whether its worker is away.

use std::{collections::VecDeque, time::Duration};

use crate::engine::{CodeLocation, Event, EventId, EventKind, Timestamp};

/// How long a turn may take before the worker counts as away.
const PATIENCE: Duration = Duration::from_secs(1);

/// The turns of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RemoteTurns {
    /// What the worker has not read.
    unread: VecDeque<(EventId, Timestamp)>,
}

impl RemoteTurns {
    /// The turns of a run that starts with this event; `None` if its code is here.
    pub fn begin(started: &Event) -> Option<Self> {
        let EventKind::ExecutionStarted { code, start_at, .. } = &started.kind else {
            return None;
        };
        let is_now = start_at.is_none();
        (*code == CodeLocation::Remote).then(|| Self {
            unread: is_now
                .then_some((started.id, started.at))
                .into_iter()
                .collect(),
        })
    }

    /// Adds an event of the run.
    pub fn add(&mut self, event: &Event) {
        use EventKind as E;
        match &event.kind {
            E::TurnTaken { read, .. } => self.unread.retain(|(id, _)| id > read),
            // Time that it was held does not count as time that its worker was away.
            E::ExecutionResumed { .. } => {
                for (_, at) in &mut self.unread {
                    *at = event.at;
                }
            }
            E::EventRaised { .. } => self.unread.push_back((event.id, event.at)),
            kind if kind.ended().is_some() => self.unread.push_back((event.id, event.at)),
            _ => {}
        }
    }

    /// Whether the worker has read everything: the code waits.
    pub fn is_read(&self) -> bool {
        self.unread.is_empty()
    }

    /// When what is said of the worker changes.
    pub fn next_change(&self, now: Timestamp) -> Option<Duration> {
        let (_, since) = self.unread.front()?;
        let left = PATIENCE.checked_sub(now.since(*since));
        Some(left.filter(|left| !left.is_zero()).unwrap_or(PATIENCE))
    }

    /// Since when its worker is away, if it is.
    pub fn away_since(&self, now: Timestamp) -> Option<Timestamp> {
        let (_, since) = self.unread.front()?;
        (now.since(*since) >= PATIENCE).then_some(*since)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        engine::{Payload, RemoteNumber},
        view::{
            hit::tooltip,
            items::{ItemKind, Upcoming, visible_items},
            lane::LaneModel,
            lane_state::WorkerWait,
            projector::Projector,
            serving::WaitingActivitiesView,
            sub_rows::ShownRows,
            test_history::{TestHistory, s},
            transport_view::TransportView,
            viewport::Viewport,
        },
    };

    fn remote() -> TestHistory {
        let mut history = TestHistory::new("order");
        if let EventKind::ExecutionStarted { code, .. } = &mut history.events[0].kind {
            *code = CodeLocation::Remote;
        }
        history
    }

    fn lane_of(history: &TestHistory) -> LaneModel {
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        lane
    }

    fn turn(read: u64, asked: i32) -> EventKind {
        EventKind::TurnTaken {
            read: EventId(read),
            numbers: (1..=asked).map(RemoteNumber).collect(),
            patches: Vec::new(),
            versions: Vec::new(),
            version: None,
        }
    }

    fn go() -> EventKind {
        EventKind::EventRaised {
            name: "go".into(),
            input: Payload::null(),
            from: None,
            request: None,
        }
    }

    #[test]
    fn a_lane_says_how_long_it_has_waited_for_its_worker() {
        let mut history = remote();
        let lane = lane_of(&history);
        assert_eq!(
            lane.detail(s(0.5)),
            "between steps",
            "a turn takes its time"
        );
        assert_eq!(lane.detail(s(12.0)), "no worker, 12 s");
        history.add(12.5, turn(0, 0));
        assert_eq!(
            lane_of(&history).status_line(s(60.0)),
            "Waiting for an event",
            "it has read everything and asked for nothing"
        );
        history.add(60.0, go());
        history.add(61.0, go());
        assert_eq!(lane_of(&history).detail(s(65.0)), "no worker, 5.0 s");
        history.add(66.0, turn(2, 0));
        assert_eq!(
            lane_of(&history).detail(s(70.0)),
            "no worker, 9.0 s",
            "it has not read the second event"
        );
    }

    #[test]
    fn a_paused_lane_waits_for_nobody_and_its_worker_has_time_after_the_pause() {
        let mut history = remote();
        history.pause(0.5);
        assert_eq!(lane_of(&history).worker_wait(s(60.0)), None);
        let reason = String::new();
        history.add(60.0, EventKind::ExecutionResumed { reason });
        let lane = lane_of(&history);
        assert_eq!(lane.worker_wait(s(60.5)), None);
        let wait = WorkerWait {
            activity: None,
            since: s(60.0),
        };
        assert_eq!(lane.worker_wait(s(62.0)), Some(wait));
    }

    #[test]
    fn a_lane_says_which_of_its_activities_waits_for_a_worker() {
        let mut history = remote();
        history.add(1.0, turn(0, 1));
        let scheduled = history.schedule(1.0, "mix", Payload::null());
        let mut projector = Projector::new();
        let waits = |since| {
            let waiting = WaitingActivitiesView {
                longest: "mix".into(),
                since: s(since),
                scheduled: [scheduled].into(),
            };
            [(history.id.clone(), waiting)].into()
        };
        let lane = |projector: &Projector| projector.snapshot().lanes[0].clone();
        projector.waiting_activities(waits(2.0));
        projector.committed(&history.commit());
        assert_eq!(lane(&projector).detail(s(14.0)), "no worker, 12 s");
        let status = lane(&projector).status_line(s(14.0));
        assert!(
            status.ends_with(": “mix” waits for a worker, 12 s"),
            "{status}"
        );
        projector.waiting_activities(waits(9.0));
        assert_eq!(lane(&projector).detail(s(14.0)), "no worker, 5.0 s");
        projector.waiting_activities([].into());
        assert_eq!(lane(&projector).worker_wait(s(14.0)), None, "one has it");
    }

    #[test]
    fn the_bar_of_an_activity_runs_once_a_worker_has_it() {
        let mut history = remote();
        history.add(1.0, turn(0, 2));
        let taken = history.schedule(1.0, "mix", Payload::null());
        let waiting = history.schedule(1.0, "mix", Payload::null());
        let mut lane = lane_of(&history);
        let bars = |lane: &LaneModel| {
            let view = Viewport::new(s(0.0), 10.0, 1000.0);
            let rows = ShownRows::new(lane.sub_rows(), 6);
            let transport = TransportView::default();
            let items = visible_items(lane, &view, Upcoming::Predicted(&transport), s(9.0), rows);
            let bars = items.into_iter().filter_map(|item| match item.kind {
                ItemKind::Queued { .. } => Some((item.rows.first, false)),
                ItemKind::Attempt { .. } => Some((item.rows.first, true)),
                _ => None,
            });
            let open = bars.fold(BTreeMap::new(), |mut rows, (row, runs)| {
                // The last one of a row is the open one.
                rows.insert(row, runs);
                rows
            });
            open.into_values().collect::<Vec<_>>()
        };
        lane.waiting_activities = Some(WaitingActivitiesView {
            longest: "mix".into(),
            since: s(1.0),
            scheduled: [waiting].into(),
        });
        assert_eq!(bars(&lane), [true, false], "{taken:?} has a worker");
        let entries = lane.timeline.chunks_in(s(0.0), s(9.0));
        let tips = entries.flat_map(|(_, entries)| entries);
        let tips: Vec<_> = tips.map(|entry| tooltip(&lane, entry, s(9.0))).collect();
        let count = |words| tips.iter().filter(|tip| tip.contains(words)).count();
        assert_eq!(
            (count("running"), count("waits for a worker")),
            (1, 1),
            "{tips:?}"
        );
        lane.waiting_activities = None;
        assert_eq!(bars(&lane), [true, true]);
    }
}
