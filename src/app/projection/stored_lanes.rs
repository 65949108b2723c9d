//! What the projection takes from the store: lanes that existed before, their earlier runs, and the originals
//! of reruns. Other threads read it.

use tokio::{sync::mpsc, time::Instant};

use super::{Projection, READ_SLICE};
use crate::app::{
    earlier_runs, originals,
    recovered::{Standing, standing_of},
    reopened_lanes::{AllRead, Reopened},
    reruns,
};

impl Projection {
    /// Takes what was read of the lanes that exist when the window opens, but not for long. `part`: the
    /// first; `None` if its reader has ended.
    pub(super) fn take_reopened(&mut self, mut part: Option<Reopened>) {
        let begin = Instant::now();
        loop {
            match part {
                Some(Reopened::Events(events)) => self.committed(&events),
                Some(Reopened::Standing(standing)) => self.standing(*standing),
                Some(Reopened::All(all)) => self.all_reopened(all),
                None => self.reopened = None,
            }
            if begin.elapsed() > READ_SLICE {
                return;
            }
            match self.reopened.as_mut().map(mpsc::Receiver::try_recv) {
                Some(Ok(next)) => part = Some(next),
                _ => return,
            }
        }
    }

    /// Shows what a lane performs. If it has moved on since that was found, it is found again.
    fn standing(&mut self, standing: Standing) {
        let id = &standing.reports.instance.id;
        let standing = match self.projector.has_events_after(id, standing.after) {
            true => standing_of(self.app.conductor.engine().archive(), id),
            false => Some(standing),
        };
        if let Some(standing) = standing {
            self.committed(&standing.reports);
        }
    }

    fn all_reopened(&mut self, all: AllRead) {
        self.reopened = None;
        if let Some(outage) = all.outage {
            self.projector.outage(outage);
        }
        self.projector.all_lanes_read();
        let shown = self.projector.snapshot();
        let loading = earlier_runs::load(&self.app, all.long_lived, shown.transport);
        self.earlier = Some(loading);
        let ids = shown.lanes.iter().map(|lane| lane.id.clone());
        reruns::find_links(&self.app, ids.collect());
    }

    /// Reads the originals of reruns that have none on the stage.
    pub(super) fn read_originals(&mut self) {
        if self.reopened.is_some() || self.originals.is_some() {
            return;
        }
        let mut missing = self.projector.missing_originals();
        missing.retain(|fork| self.asked.insert((fork.instance.clone(), fork.run)));
        if !missing.is_empty() {
            let transport = self.projector.snapshot().transport;
            self.originals = Some(originals::load(&self.app, missing, transport));
        }
    }
}
