//! Open activities.

use std::time::Duration;

use tokio::{sync::watch, task::AbortHandle};

use super::{deadline::Deadline, retries::Retries};
use crate::engine::{
    DurationText, Event, EventId, Failure, FoldedAttempts, Payload, RetryPolicy, Timeouts,
    Timestamp, activity::Signal,
};

/// How many attempts and heartbeats of an activity are recorded one by one. Further ones are
/// counted in the summary.
pub(super) const MAX_RECORDED: u32 = 100;

/// The longest interval between recorded heartbeats.
const HEARTBEAT_RECORDED: Duration = Duration::from_secs(10);

/// An open activity.
pub(super) struct Task {
    pub name: String,
    pub input: Payload,
    pub retries: Retries,
    pub timeouts: Timeouts,
    pub attempt: u32,
    pub stage: Stage,
    /// The details of the last heartbeat.
    pub heartbeat: Option<Payload>,
    /// How the previous attempt failed.
    pub failure: Option<Failure>,
    /// How many times the process has ended during this attempt.
    pub interruptions: u32,
    heartbeat_recorded: Timestamp,
    heartbeats: u32,
    limits: Vec<(Limit, Deadline)>,
    /// The next deadline for which a timer is armed.
    armed: Option<Timestamp>,
}

pub(super) enum Stage {
    /// Starts as soon as the instance is running.
    Ready,
    /// Waits for a slot.
    Queued,
    /// Started; `None` until it has been spawned.
    Started(Option<Attempt>),
    /// Waits for the next attempt after a failure.
    Backoff,
}

/// An attempt in flight.
pub(in crate::engine) struct Attempt {
    pub signal: watch::Sender<Signal>,
    pub abort: AbortHandle,
    pub grace: Duration,
}

/// A timeout of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    ScheduleToClose,
    ScheduleToStart,
    StartToClose,
    Heartbeat,
    Backoff,
}

impl Task {
    pub fn new(
        event: &Event,
        name: &str,
        input: &Payload,
        retry: Option<&RetryPolicy>,
        timeouts: Timeouts,
    ) -> Self {
        let mut task = Self {
            name: name.to_owned(),
            input: input.clone(),
            retries: Retries::new(retry, event.at),
            timeouts,
            attempt: 1,
            stage: Stage::Ready,
            heartbeat: None,
            failure: None,
            interruptions: 0,
            heartbeat_recorded: event.at,
            heartbeats: 0,
            limits: Vec::new(),
            armed: None,
        };
        task.limit(Limit::ScheduleToClose, timeouts.schedule_to_close, event.at);
        task.limit(Limit::ScheduleToStart, timeouts.schedule_to_start, event.at);
        task
    }

    /// An attempt starts.
    pub fn start(&mut self, attempt: u32, at: Timestamp) {
        self.attempt = attempt;
        self.stage = Stage::Started(None);
        self.limits
            .retain(|(limit, _)| *limit == Limit::ScheduleToClose);
        self.limit(Limit::StartToClose, self.timeouts.start_to_close, at);
        self.limit(Limit::Heartbeat, self.timeouts.heartbeat, at);
    }

    /// An attempt failed and the next one is delayed. An attempt that was interrupted by the end of
    /// the process is repeated with the same number.
    pub fn back_off(&mut self, until: Timestamp, at: Timestamp, failure: &Failure) {
        if failure.error_type == Failure::INTERRUPTED {
            self.interruptions += 1;
        } else {
            self.attempt += 1;
            self.interruptions = 0;
        }
        self.failure = Some(failure.clone());
        self.stage = Stage::Backoff;
        self.no_attempt();
        self.limits.push((Limit::Backoff, Deadline::new(until, at)));
    }

    /// It starts as soon as the instance is running.
    pub fn ready(&mut self) {
        self.stage = Stage::Ready;
        self.no_attempt();
    }

    fn no_attempt(&mut self) {
        self.limits
            .retain(|(limit, _)| matches!(limit, Limit::ScheduleToClose | Limit::ScheduleToStart));
    }

    pub fn is_started(&self) -> bool {
        matches!(self.stage, Stage::Started(_))
    }

    /// Applies a heartbeat; true if it should be recorded.
    pub fn beat(&mut self, details: Payload, now: Timestamp) -> bool {
        let changed = self.heartbeat.as_ref() != Some(&details);
        self.heartbeat = Some(details);
        self.limits.retain(|(limit, _)| *limit != Limit::Heartbeat);
        self.limit(Limit::Heartbeat, self.timeouts.heartbeat, now);
        let half = self.timeouts.heartbeat.map(|limit| limit / 2);
        let pause = half.unwrap_or(HEARTBEAT_RECORDED).min(HEARTBEAT_RECORDED);
        changed && now.since(self.heartbeat_recorded) >= pause
    }

    /// A heartbeat was recorded.
    pub fn recorded(&mut self, details: &Payload, at: Timestamp) {
        self.heartbeat = Some(details.clone());
        self.heartbeat_recorded = at;
        self.heartbeats = self.heartbeats.saturating_add(1);
    }

    /// The number of interruptions at which an attempt fails.
    pub fn max_interruptions(&self, limit: u32) -> u32 {
        match self.retries.policy().map(|policy| policy.max_attempts) {
            Some(0) => u32::MAX,
            None | Some(1) => limit,
            Some(attempts) => attempts.max(3),
        }
    }

    /// Whether its attempts or heartbeats are no longer recorded one by one.
    pub fn is_folded(&self) -> bool {
        self.attempt > MAX_RECORDED || self.heartbeats >= MAX_RECORDED
    }

    /// Its state for the summary.
    pub fn folded(&self, scheduled: EventId) -> FoldedAttempts {
        let mut limits = self.limits.iter();
        let backoff = limits.find(|(limit, _)| *limit == Limit::Backoff);
        FoldedAttempts {
            scheduled,
            attempt: self.attempt,
            failure: self.failure.clone(),
            retry_at: backoff.map(|(_, deadline)| deadline.due),
            heartbeat: self.heartbeat.clone(),
        }
    }

    /// Restores its state from the summary.
    pub fn unfold(&mut self, folded: &FoldedAttempts, now: Timestamp) {
        self.attempt = folded.attempt;
        self.failure.clone_from(&folded.failure);
        self.heartbeat.clone_from(&folded.heartbeat);
        self.no_attempt();
        self.stage = Stage::Ready;
        if let Some(until) = folded.retry_at {
            self.stage = Stage::Backoff;
            self.limits
                .push((Limit::Backoff, Deadline::new(until, now)));
        }
    }

    /// The timeout that has expired.
    pub fn overdue(&self, now: Timestamp) -> Option<Limit> {
        let mut limits = self.limits.iter();
        limits
            .find(|(_, deadline)| deadline.due <= now)
            .map(|(limit, _)| *limit)
    }

    /// The next deadline, if no timer is armed for it.
    pub fn arm(&mut self) -> Option<Timestamp> {
        let next = self.limits.iter().map(|(_, deadline)| deadline.due).min()?;
        if self.armed.is_some_and(|armed| armed <= next) {
            return None;
        }
        self.armed = Some(next);
        self.armed
    }

    /// A timer fired; false if it is obsolete.
    pub fn disarm(&mut self, due: Timestamp) -> bool {
        self.armed == Some(due) && self.armed.take().is_some()
    }

    /// Forgets the armed timer.
    pub fn forget_armed(&mut self) {
        self.armed = None;
    }

    pub fn shift(&mut self, suspended: Timestamp, resumed: Timestamp) {
        self.retries.shift(suspended, resumed);
        for (_, deadline) in &mut self.limits {
            deadline.shift(suspended, resumed);
        }
    }

    fn limit(&mut self, limit: Limit, time: Option<Duration>, since: Timestamp) {
        if let Some(time) = time {
            self.limits
                .push((limit, Deadline::new(since + time, since)));
        }
    }
}

impl Limit {
    /// The failure of an activity whose timeout has expired.
    pub fn failure(self, task: &Task) -> Failure {
        let (kind, limit, what) = match self {
            Self::ScheduleToClose => (
                Failure::SCHEDULE_TO_CLOSE,
                task.timeouts.schedule_to_close,
                "did not complete with all its attempts",
            ),
            Self::ScheduleToStart => (
                Failure::SCHEDULE_TO_START,
                task.timeouts.schedule_to_start,
                "was not started",
            ),
            Self::Heartbeat => (
                Failure::HEARTBEAT,
                task.timeouts.heartbeat,
                "sent no heartbeat",
            ),
            Self::StartToClose | Self::Backoff => (
                Failure::START_TO_CLOSE,
                task.timeouts.start_to_close,
                "did not complete",
            ),
        };
        let limit = DurationText(limit.unwrap_or_default());
        let failure = Failure::new(kind, format!("{:?} {what} within {limit}", task.name));
        match self {
            Self::ScheduleToClose | Self::ScheduleToStart => failure.non_retryable(),
            _ => failure,
        }
    }
}
