//! Runs schedules.

use std::{collections::VecDeque, sync::atomic::Ordering::Relaxed};

use tokio::time::Instant;

use super::state::Worker;
use crate::engine::{
    ClockJump, EngineError, IdReuse, InstanceId, Overlap, Previous, Reach, Schedule,
    ScheduleDescription, ScheduleName, Tags, Timestamp,
    outbox_message::InstanceCommand,
    reply::Reply,
    request::NewInstance,
    schedule_request::{Backfill, ScheduleChange, ScheduleRequest},
};

/// Tags of instances started by a schedule: the schedule's name and the due time.
const SCHEDULE_TAG: &str = "schedule";
const SCHEDULED_AT_TAG: &str = "scheduled_at";

impl Worker {
    /// Called after the schedules were read from the store.
    pub(super) fn open_schedules(&mut self) {
        self.wall_clock_set_back();
        for (name, schedule) in &self.schedules {
            let problem = schedule.problem.as_ref();
            self.gauges.set_schedule_problem(name, problem);
        }
        // The run that a buffered run waits for may have closed before the engine started.
        let waits =
            |(name, schedule): (&ScheduleName, &Schedule)| schedule.buffered.then(|| name.clone());
        let waiting: Vec<_> = self.schedules.iter().filter_map(waits).collect();
        for name in waiting {
            self.turn_schedule(&name);
        }
    }

    /// When the next schedule is due.
    pub(super) fn next_schedule(&self) -> Option<Instant> {
        let next = self.schedules.values().filter_map(Schedule::due).min()?;
        Some(self.clock.wall_instant(next))
    }

    /// Detects that the machine slept or its clock was set.
    pub(super) fn watch_clock(&mut self) {
        let Some(jump) = self.jumps.look(self.clock.reading()) else {
            return;
        };
        self.gauges.clock_jumped(jump);
        if let ClockJump::Back(_) = jump {
            self.wall_clock_set_back();
        }
    }

    fn wall_clock_set_back(&mut self) {
        let wall = self.clock.wall_now();
        let mut changed = Vec::new();
        for (name, schedule) in &mut self.schedules {
            let before = schedule.next;
            schedule.wall_clock_shows(wall);
            if schedule.next != before {
                changed.push(name.clone());
            }
        }
        for name in changed {
            self.note_schedule(&name);
        }
    }

    /// Starts the runs that are due.
    pub(super) fn fire_schedules(&mut self) {
        if self.schedules.is_empty() {
            return;
        }
        let wall = self.clock.wall_now();
        let due = |schedule: &Schedule| schedule.due().is_some_and(|due| due <= wall);
        let schedules = self.schedules.iter();
        let due: Vec<_> = schedules
            .filter(|(_, schedule)| due(schedule))
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            self.defer(move |worker| worker.turn_schedule(&name));
        }
    }

    /// Continues schedules that waited for closed runs.
    pub(super) fn turn_waiting_schedules(&mut self) {
        while !self.is_detached()
            && let Some(ended) = self.ended.pop_front()
        {
            self.schedule_of(&ended);
        }
    }

    fn schedule_of(&mut self, ended: &InstanceId) {
        let waits = |schedule: &Schedule| {
            let mut runs = schedule.last.iter().chain(&schedule.also_open);
            schedule.buffered && runs.any(|run| run == ended)
        };
        let mut schedules = self.schedules.iter();
        let waiting = schedules.find(|(_, schedule)| waits(schedule));
        if let Some(name) = waiting.map(|(name, _)| name.clone()) {
            self.turn_schedule(&name);
        }
    }

    pub(super) fn schedule_request(&mut self, now: Timestamp, ask: ScheduleRequest) {
        match ask {
            ScheduleRequest::Set(name, schedule, reply) => {
                let set = self.set_schedule(name, *schedule);
                self.answer(reply, set);
            }
            ScheduleRequest::Change(name, change, reply) => {
                let changed = self.change_schedule(&name, change);
                self.answer(reply, changed);
            }
            ScheduleRequest::Trigger(name, reply) => {
                let started = self.trigger_schedule(now, &name);
                self.answer(reply, started);
            }
            ScheduleRequest::Backfill(name, times, reply) => {
                match self.times_between(&name, times) {
                    Ok(times) => self.backfill(now, name, times, Vec::new(), reply),
                    Err(error) => self.answer(reply, Err(error)),
                }
            }
            ScheduleRequest::Describe(name, reply) => {
                let known = self.schedule(&name).cloned();
                let described = known.map(|known| ScheduleDescription::new(name, known));
                self.answer(reply, described);
            }
            ScheduleRequest::List(reply) => {
                let schedules = self.schedules.iter();
                let described = schedules
                    .map(|(name, known)| ScheduleDescription::new(name.clone(), known.clone()));
                let described = described.collect();
                self.answer(reply, Ok(described));
            }
        }
    }

    fn set_schedule(&mut self, name: ScheduleName, schedule: Schedule) -> Result<(), EngineError> {
        if self.registry.newest_workflow(&schedule.workflow).is_none() {
            return Err(EngineError::UnknownWorkflow(schedule.workflow));
        }
        self.check_size("workflow's input", &schedule.input)?;
        let wall = self.clock.wall_now();
        let schedule = match self.schedules.get(&name) {
            Some(before) => schedule.replacing(before, wall),
            None => schedule.starting_at(wall),
        };
        self.schedules.insert(name.clone(), schedule);
        self.note_schedule(&name);
        Ok(())
    }

    fn change_schedule(
        &mut self,
        name: &ScheduleName,
        change: ScheduleChange,
    ) -> Result<(), EngineError> {
        let unknown = || EngineError::UnknownSchedule(name.clone());
        let schedule = self.schedules.get_mut(name).ok_or_else(unknown)?;
        match change {
            ScheduleChange::Pause => schedule.paused = true,
            ScheduleChange::Unpause => {
                schedule.paused = false;
                self.turn_schedule(name);
            }
            ScheduleChange::Delete => {
                self.schedules.remove(name);
            }
        }
        let name = name.clone();
        self.defer(move |worker| worker.note_schedule(&name));
        Ok(())
    }

    /// Starts a run now, independent of due times and open runs.
    fn trigger_schedule(
        &mut self,
        now: Timestamp,
        name: &ScheduleName,
    ) -> Result<InstanceId, EngineError> {
        let open = self.open_runs(self.schedule(name)?);
        let started = self.start_run(now, name, self.clock.wall_now(), open);
        let name = name.clone();
        self.defer(move |worker| worker.note_schedule(&name));
        started
    }

    fn times_between(
        &self,
        name: &ScheduleName,
        Backfill { from, to }: Backfill,
    ) -> Result<VecDeque<Timestamp>, EngineError> {
        let most = Schedule::MAX_AT_ONCE;
        // Future times are left to the schedule.
        let until = to.min(self.clock.wall_now());
        let times = self.schedule(name)?.between(from, until, most + 1);
        if times.len() > most {
            let name = name.clone();
            return Err(EngineError::BackfillTooLong {
                name,
                from,
                to,
                most,
            });
        }
        Ok(times.into())
    }

    /// Starts a run for each of these times. Runs that have started are kept if a later one fails.
    fn backfill(
        &mut self,
        now: Timestamp,
        name: ScheduleName,
        mut times: VecDeque<Timestamp>,
        mut started: Vec<InstanceId>,
        reply: Reply<Vec<InstanceId>>,
    ) {
        while let Some(due) = times.pop_front() {
            let schedule = self.schedule(&name);
            let open = schedule.map(|schedule| self.open_runs(schedule));
            match open.and_then(|open| self.start_run(now, &name, due, open)) {
                Ok(run) => started.push(run),
                Err(error) => {
                    self.answer(reply, Err(error));
                    return self.note_schedule(&name);
                }
            }
            if self.is_detached() {
                return self.defer(move |worker| worker.backfill(now, name, times, started, reply));
            }
        }
        self.answer(reply, Ok(started));
        self.note_schedule(&name);
    }

    fn turn_schedule(&mut self, name: &ScheduleName) {
        let (now, wall) = (self.clock.now(), self.clock.wall_now());
        let Ok(schedule) = self.schedule(name) else {
            return;
        };
        let open = self.open_runs(schedule);
        let previous = match open.is_empty() {
            true => Previous::Ended,
            false => Previous::Open,
        };
        let Some(schedule) = self.schedules.get_mut(name) else {
            return;
        };
        let waited_before = schedule.buffered;
        let starts = schedule.turn(wall, previous);
        let newly_waits = schedule.buffered && !waited_before;
        let overlap = schedule.overlap;
        for due in starts {
            let (name, open) = (name.clone(), open.clone());
            self.defer(move |worker| {
                if let Err(error) = worker.start_run(now, &name, due, open) {
                    worker.record_failed_run(&name, wall, &error);
                }
            });
        }
        let name = name.clone();
        self.defer(move |worker| {
            match overlap {
                Overlap::TerminatePrevious if worker.has_concurrent_run(&name, &open) => {
                    worker.end_runs(now, &name, &open, |reason| {
                        let reach = Reach::Tree;
                        InstanceCommand::Terminate {
                            reason,
                            reach,
                            output: None,
                        }
                    });
                }
                Overlap::CancelPrevious if newly_waits => {
                    worker.end_runs(now, &name, &open, |reason| InstanceCommand::Cancel {
                        reason,
                    });
                }
                _ => {}
            }
            worker.note_schedule(&name);
        });
    }

    /// Whether a run has started in addition to those that were open.
    fn has_concurrent_run(&self, name: &ScheduleName, open: &[InstanceId]) -> bool {
        let last = self.schedule(name).ok().and_then(|s| s.last.as_ref());
        last.is_some_and(|last| !open.contains(last) && !self.has_ended(last))
    }

    fn start_run(
        &mut self,
        now: Timestamp,
        name: &ScheduleName,
        due: Timestamp,
        open: Vec<InstanceId>,
    ) -> Result<InstanceId, EngineError> {
        let schedule = self.schedule(name)?;
        let tags = [
            (SCHEDULE_TAG.to_owned(), name.to_string()),
            (SCHEDULED_AT_TAG.to_owned(), due.to_string()),
        ];
        let before = schedule.clone();
        let (workflow, input) = (before.workflow.clone(), before.input.clone());
        let id = self.free_id(&workflow)?;
        // Before its code runs, which may block: the schedule continues meanwhile.
        if let Some(schedule) = self.schedules.get_mut(name) {
            schedule.has_started(id.clone(), due, open);
        }
        let new = NewInstance {
            reuse: IdReuse::Never,
            ..NewInstance::of(workflow, Some(id), input, Tags::from(tags))
        };
        self.start(now, new).inspect_err(|_| {
            self.schedules.insert(name.clone(), before);
        })
    }

    fn record_failed_run(&mut self, name: &ScheduleName, wall: Timestamp, error: &EngineError) {
        self.gauges.schedule_failures.fetch_add(1, Relaxed);
        if let Some(schedule) = self.schedules.get_mut(name) {
            schedule.has_failed(error.to_string(), wall);
        }
    }

    fn end_runs(
        &mut self,
        now: Timestamp,
        name: &ScheduleName,
        runs: &[InstanceId],
        how: impl Fn(String) -> InstanceCommand,
    ) {
        let reason = format!("schedule {name} is due again");
        for run in runs {
            let (run, command) = (run.clone(), how(reason.clone()));
            self.defer(move |worker| {
                // The run may have closed meanwhile.
                let _ = worker.command(now, &run, command, None);
            });
        }
    }

    fn schedule(&self, name: &ScheduleName) -> Result<&Schedule, EngineError> {
        let schedule = self.schedules.get(name);
        schedule.ok_or_else(|| EngineError::UnknownSchedule(name.clone()))
    }

    /// The open runs of a schedule.
    fn open_runs(&self, schedule: &Schedule) -> Vec<InstanceId> {
        let runs = schedule.also_open.iter().chain(&schedule.last);
        runs.filter(|run| !self.has_ended(run)).cloned().collect()
    }

    /// Adds the current state of a schedule to the next commit.
    fn note_schedule(&mut self, name: &ScheduleName) {
        let schedule = self.schedules.get(name).cloned();
        let problem = schedule.as_ref().and_then(|known| known.problem.as_ref());
        self.gauges.set_schedule_problem(name, problem);
        self.batch.schedules.retain(|(noted, _)| noted != name);
        self.batch.schedules.push((name.clone(), schedule));
    }
}
