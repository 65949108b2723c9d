//! Methods of the engine's handle for schedules.

use super::{
    Engine, EngineError, InstanceId, Schedule, ScheduleDescription, ScheduleName, ScheduleProblem,
    Timestamp,
    request::Request,
    schedule_request::{Backfill, ScheduleChange, ScheduleRequest},
};

impl Engine {
    /// Creates or replaces a schedule, which starts its workflow by the wall clock.
    ///
    /// It can be called at each program start. If a schedule of the same name has the same
    /// [`times`](Schedule::times), the next due time, buffered runs and the paused state are kept;
    /// with other times it starts now. An input that is too large and a workflow that is not
    /// registered are errors.
    ///
    /// Each run has two tags: `schedule`, the name, and `scheduled_at`, the due time in RFC 3339.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), Box<dyn std::error::Error>> {
    /// let nightly = Times::cron_in("30 2 * * *", "Europe/Vienna")?;
    /// let nightly = Schedule::new(nightly, "clean up", Payload::null())
    ///     .overlap(Overlap::Skip)
    ///     .catch_up(CatchUp::Latest);
    /// engine.set_schedule(ScheduleName::new("nightly")?, nightly).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_schedule(
        &self,
        name: ScheduleName,
        schedule: Schedule,
    ) -> Result<(), EngineError> {
        let schedule = Box::new(schedule);
        self.ask(|reply| Request::Schedule(ScheduleRequest::Set(name, schedule, reply)))
            .await
    }

    /// Pauses a schedule.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), Box<dyn std::error::Error>> {
    /// let nightly = ScheduleName::new("nightly")?;
    /// engine.pause_schedule(&nightly).await?;
    /// assert!(engine.schedule(&nightly).await?.schedule.paused);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn pause_schedule(&self, name: &ScheduleName) -> Result<(), EngineError> {
        self.change_schedule(name, ScheduleChange::Pause).await
    }

    /// Resumes a paused schedule; missed due times are caught up according to its
    /// [`CatchUp`](super::CatchUp).
    pub async fn unpause_schedule(&self, name: &ScheduleName) -> Result<(), EngineError> {
        self.change_schedule(name, ScheduleChange::Unpause).await
    }

    /// Deletes a schedule. Runs that it has started continue.
    pub async fn delete_schedule(&self, name: &ScheduleName) -> Result<(), EngineError> {
        self.change_schedule(name, ScheduleChange::Delete).await
    }

    /// Lists all schedules, by name.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), EngineError> {
    /// for one in engine.schedules().await? {
    ///     println!("{} starts {} at {:?}", one.name, one.schedule.workflow, one.upcoming);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn schedules(&self) -> Result<Vec<ScheduleDescription>, EngineError> {
        self.ask(|reply| Request::Schedule(ScheduleRequest::List(reply)))
            .await
    }

    /// Describes a schedule: its next due times, its last run, whether it is paused, and why the
    /// last run could not start, if so.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), Box<dyn std::error::Error>> {
    /// let nightly = engine.schedule(&ScheduleName::new("nightly")?).await?;
    /// if let Some(problem) = &nightly.schedule.problem {
    ///     println!("{} runs lost since {:?}: {}", problem.times, nightly.schedule.last_due, problem.text);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn schedule(&self, name: &ScheduleName) -> Result<ScheduleDescription, EngineError> {
        let name = name.clone();
        self.ask(|reply| Request::Schedule(ScheduleRequest::Describe(name, reply)))
            .await
    }

    /// Starts a run of a schedule now, even if it is paused or a previous run is open. Its due
    /// times do not change; the run counts as the previous run for the next of them.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), Box<dyn std::error::Error>> {
    /// let run = engine.trigger_schedule(&ScheduleName::new("nightly")?).await?;
    /// let end = engine.until_closed(&run).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn trigger_schedule(&self, name: &ScheduleName) -> Result<InstanceId, EngineError> {
        let name = name.clone();
        self.ask(|reply| Request::Schedule(ScheduleRequest::Trigger(name, reply)))
            .await
    }

    /// Starts a run for each past due time in a range, both ends included: all at once, as with
    /// [`Overlap::Allow`](super::Overlap::Allow), regardless of the schedule's policy and of
    /// earlier runs. The tag `scheduled_at` tells which run is for which time. More than
    /// [`MAX_AT_ONCE`](Schedule::MAX_AT_ONCE) runs are an error.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine) -> Result<(), Box<dyn std::error::Error>> {
    /// let (from, to) = ("2027-03-01T00:00:00Z", "2027-03-31T00:00:00Z");
    /// let moment = |text: &str| serde_json::from_value::<Timestamp>(text.into());
    /// let nightly = ScheduleName::new("nightly")?;
    /// let runs = engine.backfill_schedule(&nightly, moment(from)?, moment(to)?).await?;
    /// assert_eq!(runs.len(), 30);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn backfill_schedule(
        &self,
        name: &ScheduleName,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<InstanceId>, EngineError> {
        let (name, times) = (name.clone(), Backfill { from, to });
        self.ask(|reply| Request::Schedule(ScheduleRequest::Backfill(name, times, reply)))
            .await
    }

    /// The schedules whose last run could not start, and why. Available even while the store cannot
    /// be written.
    pub fn schedule_problems(&self) -> Vec<(ScheduleName, ScheduleProblem)> {
        self.gauges().schedule_problems()
    }

    async fn change_schedule(
        &self,
        name: &ScheduleName,
        change: ScheduleChange,
    ) -> Result<(), EngineError> {
        let name = name.clone();
        self.ask(|reply| Request::Schedule(ScheduleRequest::Change(name, change, reply)))
            .await
    }
}
