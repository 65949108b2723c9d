//! Whether anything can still happen by itself. In virtual time no one raises events from outside: once
//! every open instance waits for one, the performance cannot end.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use tokio::time::sleep;

use super::{Conductor, ConductorError};
use crate::engine::{Event, EventId, EventKind, InstanceId, InstanceSummary, Status, TimerOrigin};

/// What one instance sends to another is on its way for a moment.
const SETTLING: Duration = Duration::from_secs(10);

/// An instance that waits for events and for nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaiting {
    /// The instance.
    pub instance: InstanceId,
    /// The types of the events; empty: any event.
    pub events: Vec<String>,
}

impl Conductor {
    /// Waits until all open instances only wait for events. Returns what they wait for.
    pub async fn standstill(&self) -> Result<Vec<Awaiting>, ConductorError> {
        let mut feed = self.engine().subscribe().await?;
        let mut instances = BTreeMap::new();
        for open in std::mem::take(&mut feed.open) {
            let history = self.engine().archive().history(&open.id)?;
            follow(&mut instances, &open, &history);
        }
        loop {
            let is_idle = !instances.is_empty() && instances.values().all(OpenInstance::only_waits);
            tokio::select! {
                biased;
                committed = feed.next() => match committed {
                    Some(committed) => {
                        follow(&mut instances, &committed.instance, &committed.events);
                    }
                    // The engine has stopped: the performance notices.
                    None => std::future::pending().await,
                },
                () = sleep(SETTLING), if is_idle => return Ok(
                    instances.into_iter().map(|(id, open)| open.awaiting(id)).collect(),
                ),
            }
        }
    }
}

/// An open instance and what is under way in it.
struct OpenInstance {
    run: u32,
    status: Status,
    operations: HashSet<EventId>,
    /// The waits for events, with the types of the events.
    waits: BTreeMap<EventId, Vec<String>>,
}

impl OpenInstance {
    fn awaiting(self, instance: InstanceId) -> Awaiting {
        let mut events: Vec<String> = self.waits.into_values().flatten().collect();
        events.sort();
        events.dedup();
        Awaiting { instance, events }
    }

    fn only_waits(&self) -> bool {
        self.status == Status::Running && self.operations.is_empty()
    }

    /// Timers that fire and activities are under way; waits for events without a time limit are not.
    fn follow(&mut self, event: &Event) {
        match &event.kind {
            EventKind::TaskScheduled { .. }
            | EventKind::TimerCreated {
                fire_at: Some(_), ..
            } => {
                self.operations.insert(event.id);
            }
            EventKind::TimerCreated {
                fire_at: None,
                origin,
            } => {
                let names = match origin {
                    TimerOrigin::ExternalEvent { name } => vec![name.clone()],
                    TimerOrigin::ExternalEvents { names } => names.clone(),
                    TimerOrigin::Wait { .. } | TimerOrigin::Retry { .. } => Vec::new(),
                };
                self.waits.insert(event.id, names);
            }
            EventKind::TaskCompleted { scheduled, .. }
            | EventKind::TaskCanceled { scheduled }
            | EventKind::TaskFailed {
                scheduled,
                retry_at: None,
                ..
            } => {
                self.operations.remove(scheduled);
            }
            EventKind::TimerFired { timer } | EventKind::TimerCanceled { timer } => {
                self.operations.remove(timer);
                self.waits.remove(timer);
            }
            EventKind::ChildWorkflowInstanceFailed {
                created,
                retry_at: Some(_),
                ..
            } => {
                self.operations.insert(*created);
            }
            EventKind::ChildWorkflowInstanceRestarted { created, .. } => {
                self.operations.remove(created);
            }
            _ => {}
        }
    }
}

fn follow(
    instances: &mut BTreeMap<InstanceId, OpenInstance>,
    summary: &InstanceSummary,
    events: &[Event],
) {
    let is_over = summary.status.is_closed() && summary.status != Status::ContinuedAsNew;
    if is_over {
        instances.remove(&summary.id);
        return;
    }
    let new = || OpenInstance {
        run: summary.run,
        status: summary.status,
        operations: HashSet::new(),
        waits: BTreeMap::new(),
    };
    let instance = instances.entry(summary.id.clone()).or_insert_with(new);
    if instance.run != summary.run {
        *instance = new();
    }
    instance.status = summary.status;
    for event in events {
        instance.follow(event);
    }
}
