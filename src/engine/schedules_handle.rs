//! Schedules as callers hold them.

use super::{
    Engine, EngineError, InstanceId, Schedule, ScheduleDescription, ScheduleName, ScheduleProblem,
    Timestamp,
    request::Request,
    schedule_request::{Backfill, ScheduleChange, ScheduleRequest},
};

impl Engine {
    /// Makes or changes a schedule: its workflow starts by itself from now on, by the wall clock.
    ///
    /// May be called at each start of a program. A schedule of the same name with the same
    /// [`times`](Schedule::times) keeps its next due time, what it waits for, and stays paused if it
    /// is; with other times it begins now. An input that is too large, and a workflow that is not
    /// registered, are refused.
    ///
    /// Each run has two tags: `schedule` is the name, `scheduled_at` the time at which it was due, as
    /// RFC 3339.
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

    /// Lets a schedule rest.
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

    /// Lets a schedule that rested go on; what it missed meanwhile is made up for as far as its
    /// [`CatchUp`](super::CatchUp) reaches.
    pub async fn unpause_schedule(&self, name: &ScheduleName) -> Result<(), EngineError> {
        self.change_schedule(name, ScheduleChange::Unpause).await
    }

    /// Forgets a schedule. What it started goes on.
    pub async fn delete_schedule(&self, name: &ScheduleName) -> Result<(), EngineError> {
        self.change_schedule(name, ScheduleChange::Delete).await
    }

    /// All schedules, in the order of their names.
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

    /// A schedule: when it is due next, its last run, whether it is paused, and why the last run did
    /// not start if it did not.
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

    /// Starts a run of a schedule now, also while it is paused and while the run before is open. Its
    /// times stay as they are; the run counts as the run before for the next of them.
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

    /// Starts a run for each due time from one moment to another, both included, as far as these are
    /// past: all at once, as with [`Overlap::Allow`](super::Overlap::Allow), whatever the policy of
    /// the schedule is, and whether or not there was a run at that time. The tag `scheduled_at` says
    /// which run is for which time. More than
    /// [`MAX_AT_ONCE`](Schedule::MAX_AT_ONCE) are refused.
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

    /// The schedules whose last due time was lost, and why. Answered at once, also while the store
    /// cannot be written.
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
