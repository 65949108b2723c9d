//! The lanes that exist when the window opens: those that go on, and a few that closed before. A thread
//! reads them page by page, so that the window shows the first of them at once and no long history is in
//! memory as a whole.

use std::collections::HashSet;

use tokio::sync::mpsc;

use super::{
    recently_closed::recently_closed,
    recovered::{Recovered, Standing, standing_of},
};
use crate::{
    engine::{Archive, Committed, EventId, InstanceId, InstanceSummary, Timestamp},
    view::Outage,
};

/// The most events that are read at once.
const PAGE: usize = 1_000;

/// What is read of the lanes. The thread waits until the last part was taken.
pub(super) type Reopening = mpsc::Receiver<Reopened>;

/// A part of what is read of the lanes.
pub(super) enum Reopened {
    /// Events of a lane.
    Events(Box<Committed>),
    /// What a lane performs.
    Standing(Box<Standing>),
    /// All lanes were read.
    All(AllRead),
}

/// What all lanes have told once they are read.
pub(super) struct AllRead {
    /// How long the process was gone; `None`: nothing goes on.
    pub outage: Option<Outage>,
    /// Instances that have earlier runs.
    pub long_lived: Vec<InstanceId>,
}

/// Reads the instances that are `open`, and those that closed last, on a thread of its own. `started`: when
/// the program started.
pub(super) fn read(archive: Archive, open: &[InstanceSummary], started: Timestamp) -> Reopening {
    let mut lanes = open.to_vec();
    let (parts, reopening) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let open: HashSet<_> = lanes.iter().map(|lane| lane.id.clone()).collect();
        lanes.extend(recently_closed(&archive, &open).unwrap_or_default());
        lanes.sort_by_key(|lane| lane.started_at);
        let reader = Reader {
            archive,
            started,
            open,
            parts,
            recovered: Recovered::default(),
            long_lived: Vec::new(),
        };
        // Once nobody takes the parts, the window has closed.
        reader.all(&lanes).ok();
    });
    reopening
}

/// Nobody takes the parts any more.
struct Unwanted;

struct Reader {
    archive: Archive,
    started: Timestamp,
    open: HashSet<InstanceId>,
    parts: mpsc::Sender<Reopened>,
    recovered: Recovered,
    long_lived: Vec<InstanceId>,
}

impl Reader {
    fn all(mut self, lanes: &[InstanceSummary]) -> Result<(), Unwanted> {
        for lane in lanes {
            self.latest_run(lane)?;
        }
        // To find what they perform takes longer.
        let open = lanes.iter().filter(|lane| self.open.contains(&lane.id));
        for lane in open {
            if let Some(standing) = standing_of(&self.archive, &lane.id) {
                self.send(Reopened::Standing(Box::new(standing)))?;
            }
        }
        let all = AllRead {
            outage: self.recovered.outage(self.started),
            long_lived: std::mem::take(&mut self.long_lived),
        };
        self.send(Reopened::All(all))
    }

    fn latest_run(&mut self, lane: &InstanceSummary) -> Result<(), Unwanted> {
        let is_open = self.open.contains(&lane.id);
        let mut is_long_lived = lane.run > 1;
        let mut from = EventId(0);
        while let Ok(page) = self.archive.history_page(&lane.id, from, PAGE) {
            let latest = self.archive.summary(&lane.id);
            if latest.is_ok_and(|latest| latest.run > lane.run) {
                // The page is of the next run, which the feed has.
                is_long_lived = true;
                break;
            }
            if is_open {
                self.recovered.count(&page, self.started);
            }
            let mut instance = lane.clone();
            let next = page.last().map(|last| last.id.next());
            let next = next.filter(|_| page.len() == PAGE);
            if next.is_some() {
                // What has ended by now may be in a later page.
                instance.in_flight = instance.in_flight.max(1);
            }
            let events = Committed::stored(instance, page);
            self.send(Reopened::Events(Box::new(events)))?;
            match next {
                Some(next) => from = next,
                None => break,
            }
        }
        if is_long_lived {
            self.long_lived.push(lane.id.clone());
        }
        Ok(())
    }

    fn send(&self, part: Reopened) -> Result<(), Unwanted> {
        self.parts.blocking_send(part).map_err(|_| Unwanted)
    }
}
