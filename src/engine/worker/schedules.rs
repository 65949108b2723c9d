//! Workflows that start by themselves.

use super::Worker;
use crate::engine::{
    EngineError, IdReuse, Previous, Schedule, ScheduleName, Timestamp,
    request::{NewInstance, ScheduleChange},
};

impl Worker {
    /// When the next schedule is due.
    pub(super) fn next_schedule(&self) -> Option<Timestamp> {
        self.schedules.values().filter_map(Schedule::due).min()
    }

    /// Starts what is due.
    pub(super) fn fire_schedules(&mut self, now: Timestamp) {
        let due = |schedule: &Schedule| schedule.due().is_some_and(|due| due <= now);
        let schedules = self.schedules.iter();
        let due: Vec<_> = schedules
            .filter(|(_, schedule)| due(schedule))
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            self.turn_schedule(now, &name);
        }
    }

    /// A run has ended: a schedule that waited for it goes on.
    pub(super) fn schedule_of(&mut self, now: Timestamp, ended: &crate::engine::InstanceId) {
        let mut schedules = self.schedules.iter();
        let waits = schedules
            .find(|(_, schedule)| schedule.buffered && schedule.last.as_ref() == Some(ended));
        if let Some(name) = waits.map(|(name, _)| name.clone()) {
            self.turn_schedule(now, &name);
        }
    }

    pub(super) fn set_schedule(
        &mut self,
        now: Timestamp,
        name: ScheduleName,
        schedule: Schedule,
    ) -> Result<(), EngineError> {
        if self.registry.newest_workflow(&schedule.workflow).is_none() {
            return Err(EngineError::UnknownWorkflow(schedule.workflow));
        }
        let mut schedule = schedule.starting_at(now);
        schedule.last = self.schedules.get(&name).and_then(|s| s.last.clone());
        self.schedules.insert(name.clone(), schedule);
        self.note_schedule(&name);
        Ok(())
    }

    pub(super) fn reschedule(
        &mut self,
        now: Timestamp,
        name: &ScheduleName,
        what: ScheduleChange,
    ) -> Result<(), EngineError> {
        let unknown = || EngineError::UnknownSchedule(name.clone());
        let schedule = self.schedules.get_mut(name).ok_or_else(unknown)?;
        match what {
            ScheduleChange::Pause => schedule.paused = true,
            ScheduleChange::Unpause => {
                schedule.paused = false;
                self.turn_schedule(now, name);
            }
            ScheduleChange::Delete => {
                self.schedules.remove(name);
            }
        }
        self.note_schedule(name);
        Ok(())
    }

    fn turn_schedule(&mut self, now: Timestamp, name: &ScheduleName) {
        let Some(schedule) = self.schedules.get(name) else {
            return;
        };
        let previous = match &schedule.last {
            Some(last) if !self.has_ended(last) => Previous::Open,
            _ => Previous::Ended,
        };
        let Some(schedule) = self.schedules.get_mut(name) else {
            return;
        };
        let starts = schedule.turn(now, previous).len();
        let (workflow, input) = (schedule.workflow.clone(), schedule.input.clone());
        for _ in 0..starts {
            let tags = [("schedule".to_owned(), name.to_string())].into();
            let new = NewInstance {
                reuse: IdReuse::Never,
                ..NewInstance::of(workflow.clone(), None, input.clone(), tags)
            };
            let started = self.start(now, new);
            if let (Ok(id), Some(schedule)) = (started, self.schedules.get_mut(name)) {
                schedule.last = Some(id);
            }
        }
        self.note_schedule(name);
    }

    /// The schedule goes into the next commit as it is now.
    fn note_schedule(&mut self, name: &ScheduleName) {
        let schedule = self.schedules.get(name).cloned();
        self.batch.schedules.retain(|(noted, _)| noted != name);
        self.batch.schedules.push((name.clone(), schedule));
    }
}
