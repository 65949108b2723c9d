//! Whom `fermata play` waits for: what it has started, what a schedule starts, and what these start.

use std::collections::{HashMap, HashSet};

use super::performance::Programme;
use crate::{
    conductor::{SCHEDULE_TAG, schedule_name},
    engine::{InstanceId, InstanceSummary, ScheduleName, Status, Times},
    score::Recurrence,
};

/// Whom `fermata play` waits for.
pub(super) struct Attendance {
    awaited: Vec<InstanceId>,
    ends: HashMap<InstanceId, InstanceSummary>,
    /// Children that are open.
    children: HashSet<InstanceId>,
    /// How many instances each schedule may still start; `None`: it never ends.
    schedules: HashMap<ScheduleName, Option<u32>>,
}

impl Attendance {
    pub fn new(programme: &Programme) -> Self {
        let mut schedules: HashMap<_, _> = programme
            .schedules
            .iter()
            .map(|name| (name.clone(), programme.runs))
            .collect();
        for document in &programme.documents {
            let first = match &document.schedule {
                // The first run is started by hand.
                Some(Recurrence::At(Times::Every(_))) => 1,
                Some(Recurrence::At(Times::Cron(_))) => 0,
                _ => continue,
            };
            let left = programme.runs.map(|runs| runs - first);
            schedules.insert(schedule_name(document), left);
        }
        Self {
            awaited: Vec::new(),
            ends: HashMap::new(),
            children: HashSet::new(),
            schedules,
        }
    }

    /// Waits for an instance, too.
    pub fn awaits(&mut self, id: InstanceId) {
        if !self.awaited.contains(&id) {
            self.awaited.push(id);
        }
    }

    /// Follows an instance; true if the schedule that it was started by has now done its work.
    pub fn follow(&mut self, instance: &InstanceSummary) -> bool {
        let goes_on = matches!(
            instance.status,
            Status::Pending | Status::Running | Status::Suspended | Status::ContinuedAsNew
        );
        let awaited = self.awaited.contains(&instance.id);
        if awaited && !goes_on {
            self.ends.insert(instance.id.clone(), instance.clone());
        } else if !awaited && instance.parent.is_some() {
            match goes_on {
                true => self.children.insert(instance.id.clone()),
                false => self.children.remove(&instance.id),
            };
        }
        self.has_done_its_work(instance, awaited)
    }

    fn has_done_its_work(&mut self, instance: &InstanceSummary, awaited: bool) -> bool {
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
        if !awaited {
            self.awaited.push(instance.id.clone());
            if let Some(left) = left {
                *left -= 1;
            }
        }
        let over = *left == Some(0);
        if over {
            self.schedules
                .retain(|known, _| Some(known) != name.as_ref());
        }
        over
    }

    /// Nobody is waited for any more.
    pub fn is_over(&self) -> bool {
        self.ends.len() == self.awaited.len()
            && self.children.is_empty()
            && self.schedules.is_empty()
    }

    /// How those ended that were waited for, in the order of their begin.
    pub fn ends(mut self) -> Vec<InstanceSummary> {
        let ends = self.awaited.iter();
        ends.filter_map(|id| self.ends.remove(id)).collect()
    }
}
