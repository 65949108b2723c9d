//! Methods of the engine's handle for instances: events, suspension, cancellation, reruns, purges.

use super::{
    Engine, EngineError, EventId, InstanceId, Payload, Purge, Reach, SuspendedTime, Suspension,
    outbox_message::InstanceCommand,
    request::{ForkPoint, ForkStart, Request, Rerun},
};

impl Engine {
    /// Raises an external event on an instance.
    pub async fn raise(
        &self,
        id: &InstanceId,
        name: &str,
        input: Payload,
    ) -> Result<(), EngineError> {
        self.raise_as(id, name, input, None).await
    }

    /// Raises an external event exactly once per request id, so that a caller can safely retry.
    /// Request ids are remembered for the duration of the run.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, id: InstanceId) -> Result<(), EngineError> {
    /// for _ in 0..2 {
    ///     engine.raise_once(&id, "paid", Payload::null(), "payment 4711").await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn raise_once(
        &self,
        id: &InstanceId,
        name: &str,
        input: Payload,
        request: &str,
    ) -> Result<(), EngineError> {
        self.raise_as(id, name, input, Some(request.to_owned()))
            .await
    }

    async fn raise_as(
        &self,
        id: &InstanceId,
        name: &str,
        input: Payload,
        request: Option<String>,
    ) -> Result<(), EngineError> {
        let command = InstanceCommand::Raise {
            name: name.to_owned(),
            input,
            from: None,
            sent: None,
            request,
        };
        self.command(id, command).await
    }

    /// The value that an open instance has [published](super::Context::publish) under a name.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, tour: InstanceId) -> Result<(), EngineError> {
    /// if let Some(city) = engine.query(&tour, "where").await? {
    ///     println!("the tour is in {}", city.as_str());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn query(&self, id: &InstanceId, name: &str) -> Result<Option<Payload>, EngineError> {
        let (id, name) = (id.clone(), name.to_owned());
        self.ask(|reply| Request::Query(id, name, reply)).await
    }

    /// Suspends an instance and its awaited children; no effect if already suspended. Activities in
    /// flight finish, nothing new starts, events are buffered in order, and time is frozen: see
    /// [`suspend_with`](Self::suspend_with).
    pub async fn suspend(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        self.suspend_with(id, reason, Suspension::default()).await
    }

    /// Suspends an instance with options.
    pub async fn suspend_with(
        &self,
        id: &InstanceId,
        reason: &str,
        suspension: Suspension,
    ) -> Result<(), EngineError> {
        let command = InstanceCommand::Suspend {
            reason: reason.to_owned(),
            freeze_time: suspension.time == SuspendedTime::Frozen,
            reach: suspension.reach,
        };
        self.command(id, command).await
    }

    /// Resumes an instance and its children; no effect if not suspended.
    pub async fn resume(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        self.resume_with(id, reason, Reach::Tree).await
    }

    /// Resumes an instance, alone or with its children.
    pub async fn resume_with(
        &self,
        id: &InstanceId,
        reason: &str,
        reach: Reach,
    ) -> Result<(), EngineError> {
        let reason = reason.to_owned();
        self.command(id, InstanceCommand::Resume { reason, reach })
            .await
    }

    /// Requests cancellation of an instance. Its open operations fail with
    /// [`Failure::CANCELED`](super::Failure); its code cleans up and decides how it closes.
    pub async fn cancel(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        let reason = reason.to_owned();
        self.command(id, InstanceCommand::Cancel { reason }).await
    }

    /// Retries at once what waits for its next attempt: the activities of an instance, its children, and what
    /// its code [retries itself](super::TimerOrigin::Retry). The history shows attempts that start before
    /// their time.
    ///
    /// # Errors
    ///
    /// [`EngineError::NothingToRetry`] if nothing waits for an attempt, or if the instance is suspended.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, id: InstanceId) -> Result<(), EngineError> {
    /// // The network is back: the order need not wait for the end of its retry interval.
    /// engine.retry_now(&id).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn retry_now(&self, id: &InstanceId) -> Result<(), EngineError> {
        self.command(id, InstanceCommand::RetryNow).await
    }

    /// Terminates an instance at once, and its children by their
    /// [`ParentClosePolicy`](super::ParentClosePolicy). None of its code runs any more.
    pub async fn terminate(&self, id: &InstanceId, reason: &str) -> Result<(), EngineError> {
        self.terminate_with(id, reason, Reach::Tree).await
    }

    /// Terminates an instance, alone or with its children.
    pub async fn terminate_with(
        &self,
        id: &InstanceId,
        reason: &str,
        reach: Reach,
    ) -> Result<(), EngineError> {
        let command = InstanceCommand::Terminate {
            reason: reason.to_owned(),
            reach,
            output: None,
        };
        self.command(id, command).await
    }

    /// Terminates an instance and gives it an output.
    pub async fn terminate_with_output(
        &self,
        id: &InstanceId,
        reason: &str,
        reach: Reach,
        output: Payload,
    ) -> Result<(), EngineError> {
        let command = InstanceCommand::Terminate {
            reason: reason.to_owned(),
            reach,
            output: Some(output),
        };
        self.command(id, command).await
    }

    /// Replays the history of an open instance with the code that is registered, as a start of the engine
    /// does. The instance is [`Stalled`](super::Status::Stalled) if its code does not match its history, and
    /// a stalled instance whose code matches again continues. Otherwise nothing changes: activities in
    /// flight go on.
    ///
    /// # Errors
    ///
    /// [`EngineError::Closed`], [`EngineError::UnknownInstance`], [`EngineError::UnknownWorkflow`] if its
    /// workflow is not registered, or the error of the store.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, id: InstanceId) -> Result<(), EngineError> {
    /// // Does the code of a running instance still match everything that it has done?
    /// engine.reload(&id).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reload(&self, id: &InstanceId) -> Result<(), EngineError> {
        let id = id.clone();
        self.ask(|reply| Request::Reload(id, reply)).await
    }

    /// Forks an instance: a new instance copies the history of its latest run up to the event
    /// before `from` and continues from there, optionally with another input. The source is not
    /// changed. A fork of a child has no parent, unless it takes the id of its source, which has closed then.
    pub async fn rerun(
        &self,
        source: &InstanceId,
        from: EventId,
        id: Option<InstanceId>,
        input: Option<Payload>,
    ) -> Result<InstanceId, EngineError> {
        self.fork(Rerun {
            source: source.clone(),
            run: None,
            point: ForkPoint::Event { from, input },
            id,
            start: ForkStart::Running,
        })
        .await
    }

    /// As [`rerun`](Self::rerun), from a given run of an instance that has continued as new or
    /// whose id was reused.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, tour: InstanceId) -> Result<(), EngineError> {
    /// let again = engine.rerun_run(&tour, 2, EventId(1), None, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rerun_run(
        &self,
        source: &InstanceId,
        run: u32,
        from: EventId,
        id: Option<InstanceId>,
        input: Option<Payload>,
    ) -> Result<InstanceId, EngineError> {
        self.fork(Rerun {
            source: source.clone(),
            run: Some(run),
            point: ForkPoint::Event { from, input },
            id,
            start: ForkStart::Running,
        })
        .await
    }

    /// Forks the latest run of an instance whose code is [remote](super::CodeLocation::Remote) where its worker had
    /// asked for an activity, with another input for that. Whatever else the worker asked for in the same turn runs
    /// again as well.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoSuchActivity`] if `scheduled` schedules no activity of a worker that has been done since.
    pub async fn rerun_activity(
        &self,
        source: &InstanceId,
        scheduled: EventId,
        id: Option<InstanceId>,
        input: Payload,
    ) -> Result<InstanceId, EngineError> {
        self.fork(Rerun {
            source: source.clone(),
            run: None,
            point: ForkPoint::Activity { scheduled, input },
            id,
            start: ForkStart::Running,
        })
        .await
    }

    /// As [`rerun_run`](Self::rerun_run), but the fork is suspended from the start, with its time frozen:
    /// none of its activities starts before it is [resumed](Self::resume).
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # async fn example(engine: Engine, tour: InstanceId) -> Result<(), EngineError> {
    /// let again = engine.rerun_suspended(&tour, 2, EventId(1), "until the doors open").await?;
    /// engine.resume(&again, "the doors are open").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rerun_suspended(
        &self,
        source: &InstanceId,
        run: u32,
        from: EventId,
        reason: &str,
    ) -> Result<InstanceId, EngineError> {
        self.fork(Rerun {
            source: source.clone(),
            run: Some(run),
            point: ForkPoint::Event { from, input: None },
            id: None,
            start: ForkStart::Suspended(reason.to_owned()),
        })
        .await
    }

    pub(super) async fn fork(&self, rerun: Rerun) -> Result<InstanceId, EngineError> {
        let rerun = Box::new(rerun);
        self.ask(|reply| Request::Rerun(rerun, reply)).await
    }

    /// Starts the workflow of an instance again with the same input and tags: under the same id,
    /// which must have closed, or under another.
    pub async fn restart(
        &self,
        id: &InstanceId,
        new_id: Option<InstanceId>,
    ) -> Result<InstanceId, EngineError> {
        let id = id.clone();
        self.ask(|reply| Request::Restart(id, new_id, reply)).await
    }

    /// Purges closed instances. Returns the number of purged runs.
    pub async fn purge(&self, purge: Purge) -> Result<u64, EngineError> {
        self.ask(|reply| Request::Purge(purge, reply)).await
    }

    async fn command(&self, id: &InstanceId, command: InstanceCommand) -> Result<(), EngineError> {
        let id = id.clone();
        self.ask(|reply| Request::Command(id, command, reply)).await
    }
}
