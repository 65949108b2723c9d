//! The instances that exist when the window opens: what the store has of them, and how long the process
//! was gone.

use crate::{
    conductor::standing_reports,
    engine::{Archive, Committed, Event, InstanceSummary, Timestamp},
    view::Outage,
};

/// What the engine recovered when the window opened.
#[derive(Default)]
pub(super) struct Recovered {
    last: Option<Timestamp>,
    workflows: usize,
    events: usize,
}

impl Recovered {
    /// Counts an instance that goes on.
    pub fn count(&mut self, history: &[Event]) {
        self.workflows += 1;
        self.events += history.len();
        self.last = self.last.max(history.last().map(|event| event.at));
    }

    /// The time in which the process was gone; `None`: nothing goes on.
    pub fn outage(&self, until: Timestamp) -> Option<Outage> {
        Some(Outage {
            from: self.last?.min(until),
            until,
            workflows: self.workflows,
            events: self.events,
        })
    }
}

/// What the store has of an instance, with the tasks that it is performing: recovery reports none.
pub(super) fn stored(archive: &Archive, summary: &InstanceSummary) -> Option<Committed> {
    let events = archive.history(&summary.id).ok()?;
    let annotations = match summary.status.is_closed() {
        true => Vec::new(),
        false => standing_reports(&summary.id, &events),
    };
    Some(Committed {
        instance: summary.clone(),
        events,
        annotations,
        log: Vec::new(),
    })
}
