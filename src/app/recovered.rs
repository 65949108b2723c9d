//! The instances that exist when the window opens: what the store has of them, and how long the process
//! was gone.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{
    conductor::standing_reports,
    engine::{Archive, Committed, Event, EventId, InstanceId, Timestamp},
    view::Outage,
};

/// The wall clock, before there is an engine to ask.
pub(super) fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.unwrap_or_default().as_nanos();
    Timestamp(u64::try_from(since).unwrap_or(u64::MAX))
}

/// What the engine recovered when the window opened.
#[derive(Default)]
pub(super) struct Recovered {
    last: Option<Timestamp>,
    workflows: usize,
    events: usize,
}

impl Recovered {
    /// Counts a page of the history of an instance that goes on. Events since `opened` are those of the
    /// recovery itself.
    pub fn count(&mut self, page: &[Event], opened: Timestamp) {
        let before = page.iter().take_while(|event| event.at < opened);
        self.workflows += usize::from(page.first().is_some_and(|first| first.id == EventId(0)));
        self.events += before.clone().count();
        self.last = self.last.max(before.last().map(|event| event.at));
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

/// What the store has of an instance.
#[cfg(test)]
pub(super) fn stored(
    archive: &Archive,
    summary: &crate::engine::InstanceSummary,
) -> Option<Committed> {
    let events = archive.history(&summary.id).ok()?;
    Some(Committed::stored(summary.clone(), events))
}

/// The tasks that an open instance is performing.
pub(super) struct Standing {
    /// The last event that was looked at.
    pub after: (u32, EventId),
    /// The reports of its tasks, without events.
    pub reports: Committed,
}

/// Finds the tasks that an open instance is performing: recovery reports none. `None`: it is not open.
pub(super) fn standing_of(archive: &Archive, id: &InstanceId) -> Option<Standing> {
    let instance = archive.summary(id).ok()?;
    if instance.status.is_closed() {
        return None;
    }
    let history = archive.history(id).ok()?;
    let reports = Committed {
        annotations: standing_reports(id, &history),
        instance,
        events: Vec::new(),
        log: Vec::new(),
    };
    Some(Standing {
        after: (reports.instance.run, history.last()?.id),
        reports,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EventKind;

    #[test]
    fn the_outage_lasts_from_the_last_event_before_it_until_the_program_started() {
        let event = |id, at| {
            let reason = String::new();
            let kind = EventKind::ExecutionResumed { reason };
            let (id, at) = (EventId(id), Timestamp(at));
            Event { id, at, kind }
        };
        let mut recovered = Recovered::default();
        assert_eq!(recovered.outage(Timestamp(90)), None);
        // The last one is from the recovery itself.
        recovered.count(&[event(0, 10), event(1, 50), event(2, 95)], Timestamp(90));
        recovered.count(&[event(0, 20)], Timestamp(90));
        let outage = recovered.outage(Timestamp(90)).unwrap();
        assert_eq!((outage.from, outage.until), (Timestamp(50), Timestamp(90)));
        assert_eq!((outage.workflows, outage.events), (2, 3));
    }
}
