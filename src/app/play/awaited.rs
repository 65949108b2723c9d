//! The instances to wait for: those that were started, those that schedules start, and their children.

use std::collections::{HashMap, HashSet};

use super::PlayRequest;
use crate::{
    conductor::{SCHEDULE_TAG, schedule_name},
    engine::{InstanceId, InstanceSummary, ScheduleName, Status, Times, Timestamp},
    score::Recurrence,
};

/// The instances to wait for.
pub(super) struct Awaited {
    ids: Vec<InstanceId>,
    ends: HashMap<InstanceId, InstanceSummary>,
    /// When the first of their runs started that was seen.
    started: HashMap<InstanceId, Timestamp>,
    /// Open children.
    children: HashSet<InstanceId>,
    /// How many more instances each schedule may start; `None`: without end.
    schedules: HashMap<ScheduleName, Option<u32>>,
}

impl Awaited {
    pub fn new(request: &PlayRequest) -> Self {
        let mut schedules: HashMap<_, _> = request
            .schedules
            .iter()
            .map(|name| (name.clone(), request.runs))
            .collect();
        for document in &request.documents {
            let first = match &document.schedule {
                // The first run is started directly.
                Some(Recurrence::At(Times::Every(_))) => 1,
                Some(Recurrence::At(Times::Cron(_))) => 0,
                _ => continue,
            };
            let left = request.runs.map(|runs| runs - first);
            schedules.insert(schedule_name(document), left);
        }
        Self {
            ids: Vec::new(),
            ends: HashMap::new(),
            started: HashMap::new(),
            children: HashSet::new(),
            schedules,
        }
    }

    /// Also waits for this instance.
    pub fn add(&mut self, id: InstanceId) {
        if !self.ids.contains(&id) {
            self.ids.push(id);
        }
    }

    /// Follows an instance. Returns true if the schedule that started it has started its last one.
    pub fn follow(&mut self, instance: &InstanceSummary) -> bool {
        let open = matches!(
            instance.status,
            Status::Pending | Status::Running | Status::Suspended | Status::ContinuedAsNew
        );
        // One that a schedule started may have ended by the time it is first seen.
        let exhausted = self.exhausts_schedule(instance);
        let awaited = self.ids.contains(&instance.id);
        if awaited {
            let started = self.started.entry(instance.id.clone());
            let started_at = *started.or_insert(instance.started_at);
            if !open {
                let end = InstanceSummary {
                    started_at,
                    ..instance.clone()
                };
                self.ends.insert(instance.id.clone(), end);
            }
        } else if instance.parent.is_some() {
            match open {
                true => self.children.insert(instance.id.clone()),
                false => self.children.remove(&instance.id),
            };
        }
        exhausted
    }

    fn exhausts_schedule(&mut self, instance: &InstanceSummary) -> bool {
        let name = instance.tags.get(SCHEDULE_TAG);
        let name = name.and_then(|name| ScheduleName::new(name).ok());
        let Some(left) = name.as_ref().and_then(|name| self.schedules.get_mut(name)) else {
            return false;
        };
        if *left == Some(0) {
            self.schedules
                .retain(|known, _| Some(known) != name.as_ref());
            return true;
        }
        if !self.ids.contains(&instance.id) {
            self.ids.push(instance.id.clone());
            if let Some(left) = left {
                *left -= 1;
            }
        }
        let exhausted = *left == Some(0);
        if exhausted {
            self.schedules
                .retain(|known, _| Some(known) != name.as_ref());
        }
        exhausted
    }

    /// Whether every awaited instance, child and schedule has ended.
    pub fn is_over(&self) -> bool {
        self.ends.len() == self.ids.len() && self.children.is_empty() && self.schedules.is_empty()
    }

    /// The awaited instances at their end, in the order in which they started. Each summary covers all runs
    /// that were seen.
    pub fn ends(mut self) -> Vec<InstanceSummary> {
        let ends = self.ids.iter();
        ends.filter_map(|id| self.ends.remove(id)).collect()
    }
}
