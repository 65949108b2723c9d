//! The next run of an instance that continues as new.

use std::time::Duration;

use super::{Instance, Run};
use crate::engine::{
    CodeLocation, EventId, Payload, Timestamp,
    outbox_message::{NextRun, PinnedVersion, UnreadEvents},
};

/// The start delay of the next run after a run that has not waited for anything: doubled each time.
const MIN_START_DELAY: Duration = Duration::from_millis(10);
const MAX_START_DELAY: Duration = Duration::from_secs(1);

impl Instance {
    pub(super) fn next_run(
        &mut self,
        event: EventId,
        input: &Payload,
        keep_version: bool,
        deadline: Option<Timestamp>,
    ) -> NextRun {
        let (code, new_version, unread_events) = match self.code.remote_mut() {
            Some(run) => (
                CodeLocation::Remote,
                run.version_of(event),
                run.take_unread(),
            ),
            None => {
                let unread = self
                    .with_run(Run::take_unread)
                    .unwrap_or_default()
                    .into_iter();
                let unread = unread.map(|event| (event.name, event.input, event.from));
                (CodeLocation::Local, None, unread.collect())
            }
        };
        let version = new_version.or_else(|| self.summary.version.clone());
        let version = keep_version.then_some(PinnedVersion(version));
        NextRun {
            instance: self.summary.id.clone(),
            run: self.summary.run + 1,
            workflow: self.summary.workflow.clone(),
            input: input.clone(),
            parent: self.summary.parent.clone(),
            tags: self.summary.tags.clone(),
            unread_events,
            code,
            version,
            custom_status: self.summary.custom_status.clone(),
            deadline,
            start_delay: self.next_start_delay(),
        }
    }

    /// The start delay of the next run. A workflow that continues as new without having waited for
    /// anything would otherwise keep the engine busy forever.
    fn next_start_delay(&self) -> Duration {
        if self.progress.has_waited {
            return Duration::ZERO;
        }
        let own = self.start_at.map(|at| at.since(self.summary.started_at));
        own.map_or(MIN_START_DELAY, |own| {
            (own * 2).clamp(MIN_START_DELAY, MAX_START_DELAY)
        })
    }

    /// Passes events that this run has not read to the next one.
    pub fn carry_over(&mut self, unread: UnreadEvents) {
        if let Some(next) = &mut self.next_run {
            next.unread_events.extend(unread);
        }
    }
}
