//! How a lane reads a run: what is known of it at once, then each event as it comes.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use tokio::time::{sleep, sleep_until};

use super::{
    super::{
        super::Moment,
        calls::HistoryMark,
        client::{CallError, Wait},
        event::{TemporalEvent, in_order_of_time},
        run::{Run, events_after, is_reset},
        wire::{
            answers::{HistoryPage, PendingActivity, WorkflowDescription},
            shared::Execution,
        },
    },
    lane::{End, Failures, Lane, lock},
};

/// How long an activity may run before the server is asked about it.
const FIRST_ASKED: Duration = Duration::from_millis(150);
/// How often the server is asked about the activities of a run.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How long to wait if the server does not say what to wait for.
const PAUSE: Duration = Duration::from_secs(2);

/// A call that is under way.
pub(super) type Called<T> = BoxFuture<'static, Result<T, CallError>>;

/// A run that is being read.
pub(super) struct Reading {
    pub run: Arc<Mutex<Run>>,
    mark: HistoryMark,
    /// Events to publish as one batch, sorted by time: those that the server already had.
    together: Vec<TemporalEvent>,
    /// The last event of those that are read together.
    together_until: u64,
    /// The last event that is past.
    past_until: u64,
    /// What is known of its activities.
    activities: Vec<PendingActivity>,
    /// When the server is asked about its activities.
    ask_at: Option<tokio::time::Instant>,
}

impl Reading {
    pub fn new(run: Arc<Mutex<Run>>) -> Self {
        Self {
            run,
            mark: HistoryMark::default(),
            together: Vec::new(),
            together_until: 0,
            past_until: 0,
            activities: Vec::new(),
            ask_at: None,
        }
    }

    /// The events that the server has by now come next.
    pub fn expect(&mut self, described: WorkflowDescription, moment: Moment) {
        let known = described.info.map_or(0, |info| info.history_length);
        let known = u64::try_from(known).unwrap_or(0);
        self.together_until = self.together_until.max(known);
        if moment == Moment::Past {
            self.past_until = self.past_until.max(known);
        }
        self.activities = described.pending_activities;
    }

    /// The number of the run.
    pub fn number(&self) -> u32 {
        lock(&self.run).number
    }

    /// The server's id of the run.
    pub fn run_id(&self) -> String {
        lock(&self.run).id.clone()
    }

    /// The number of the last event that has arrived.
    fn last(&self) -> u64 {
        let last = self.together.last().map(|event| event.id);
        last.unwrap_or_else(|| lock(&self.run).last())
    }

    /// Asks soon about activities that run, if any do.
    fn plan(&mut self) {
        let has_activities = lock(&self.run).has_activities();
        let soon = || tokio::time::Instant::now() + FIRST_ASKED;
        self.ask_at = has_activities.then(|| self.ask_at.unwrap_or_else(soon));
    }
}

impl Lane {
    /// Reads a run until it has ended.
    pub(super) async fn read(&mut self, reading: &mut Reading) -> Result<(), End> {
        let mut failures = Failures::default();
        let mut asking: Option<Called<WorkflowDescription>> = None;
        while lock(&reading.run).ended().is_none() {
            if self.is_behind {
                let described = self.describe(&reading.run_id()).await?;
                self.is_behind = false;
                reading.expect(described, Moment::Past);
            }
            let called = Instant::now();
            let mut poll = self.poll(reading);
            let answer = loop {
                let at = reading.ask_at.unwrap_or_else(tokio::time::Instant::now);
                tokio::select! {
                    answer = &mut poll => break answer,
                    described = answer_of(&mut asking) => {
                        asking = None;
                        if let Ok(described) = described {
                            self.tell_of(reading, described.pending_activities, Moment::Now).await?;
                        }
                    }
                    () = sleep_until(at), if reading.ask_at.is_some() && asking.is_none() => {
                        reading.ask_at = Some(tokio::time::Instant::now() + ASKED_EVERY);
                        asking = Some(self.ask(reading));
                    }
                }
            };
            match answer {
                Ok(page) => {
                    failures = Failures::default();
                    self.shared.health.answered(called).await;
                    self.take(reading, page).await?;
                }
                Err(error) if error.is_invalid() && !reading.mark.token.is_empty() => {
                    // The server does not understand its mark any more: from the start again.
                    reading.mark = HistoryMark::default();
                    self.is_behind = true;
                    sleep(PAUSE).await;
                }
                Err(error) => self.failed(&mut failures, called, &error).await?,
            }
        }
        Ok(())
    }

    /// Waits for the next events.
    fn poll(&self, reading: &Reading) -> Called<HistoryPage> {
        let client = self.shared.client.clone();
        let execution = Execution::run(&self.workflow, &reading.run_id());
        let mark = reading.mark.clone();
        Box::pin(async move { client.history_page(execution, mark, Wait::NextEvent).await })
    }

    /// Asks about the activities of the run.
    fn ask(&self, reading: &Reading) -> Called<WorkflowDescription> {
        let client = self.shared.client.clone();
        let execution = Execution::run(&self.workflow, &reading.run_id());
        let turns = Arc::clone(&self.shared.describing);
        Box::pin(async move {
            // The turns are never closed.
            let _turn = turns.acquire().await;
            client.describe(execution).await
        })
    }

    /// Takes a page of the history.
    async fn take(&mut self, reading: &mut Reading, page: HistoryPage) -> Result<(), End> {
        let last = reading.last();
        let token = page.next_page_token.clone();
        let events = events_after(last, page);
        let has_gap = events.first().is_some_and(|first| first.id > last + 1);
        if has_gap && !reading.mark.token.is_empty() {
            reading.mark = HistoryMark::default();
            return Ok(());
        }
        let is_end = token.is_empty();
        reading.mark = HistoryMark { token };
        let is_together = last < reading.together_until;
        if is_together {
            reading.together.extend(events);
            if reading.last() < reading.together_until && !is_end {
                return Ok(());
            }
            self.take_together(reading).await?;
        } else {
            self.tell(reading, events, Moment::Now).await?;
        }
        reading.plan();
        if is_end && lock(&reading.run).ended().is_none() {
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Tells what was read together: what is past in the order of time, then what is new.
    async fn take_together(&mut self, reading: &mut Reading) -> Result<(), End> {
        let together = std::mem::take(&mut reading.together);
        // What was copied from an earlier run happened there.
        let copied = together.iter().find(|event| is_reset(event));
        let past_until = copied.map_or(0, |event| event.id).max(reading.past_until);
        reading.together_until = 0;
        let split = together.partition_point(|event| event.id <= past_until);
        let mut past = together;
        let new = past.split_off(split);
        self.tell(reading, in_order_of_time(past), Moment::Past)
            .await?;
        self.tell(reading, new, Moment::Now).await?;
        let activities = std::mem::take(&mut reading.activities);
        self.tell_of(reading, activities, Moment::Past).await
    }

    async fn tell(
        &self,
        reading: &Reading,
        events: Vec<TemporalEvent>,
        moment: Moment,
    ) -> Result<(), End> {
        self.commit(&reading.run, moment, |run| run.read(events))
            .await
    }

    async fn tell_of(
        &self,
        reading: &Reading,
        activities: Vec<PendingActivity>,
        moment: Moment,
    ) -> Result<(), End> {
        self.commit(&reading.run, moment, |run| run.pending(activities))
            .await
    }
}

/// The answer of a call that is under way; without one, none comes.
async fn answer_of<T>(call: &mut Option<Called<T>>) -> Result<T, CallError> {
    match call {
        Some(call) => call.await,
        None => pending().await,
    }
}
