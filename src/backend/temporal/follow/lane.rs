//! A lane: the runs of a workflow, one after the other.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::sleep};

use super::{
    super::{
        super::{BackendNews, Moment},
        client::{CallError, Client},
        history::{number_of, runs},
        run::Run,
        translator::Ids,
        wire::{answers::WorkflowDescription, shared::Execution},
    },
    Shared,
    poll::{Called, Reading},
};
use crate::engine::{Committed, Event, InstanceId};

/// How long a call that failed waits until it is made again, at first and at most.
const WAIT: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];
/// How often the server may say that it does not know a run: one that has just started may not know it yet.
const MOST_UNKNOWN: u32 = 5;
/// How often the runs are listed again, and after which wait, where the list lacks the one that is shown: the
/// server lists a run only some time after it has begun.
const LISTED_AGAIN: u32 = 10;
const UNTIL_LISTED: Duration = Duration::from_millis(100);

/// A lane.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) shared: Shared,
    pub(super) workflow: String,
    id: InstanceId,
    /// Calls have failed: what happened meanwhile is past.
    pub(super) is_behind: bool,
}

/// Why a lane ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The server does not have the workflow any more, or does not tell of it.
    Gone,
    /// Nobody follows any more.
    NobodyFollows,
}

/// Calls that fail, one after the other.
#[derive(Debug, Default)]
pub(super) struct Failures {
    count: u32,
    unknown: u32,
}

impl Lane {
    pub fn new(shared: Shared, workflow: &str) -> Self {
        let id = Ids::of(shared.client.name()).instance(workflow);
        Self {
            shared,
            workflow: workflow.to_owned(),
            id,
            is_behind: false,
        }
    }

    /// Follows the workflow until the lane is closed.
    pub async fn run(mut self, latest: watch::Receiver<String>) {
        let Err(end) = self.follow(latest).await;
        tracing::debug!(workflow = self.workflow, ?end, "a lane has ended");
    }

    async fn follow(&mut self, mut latest: watch::Receiver<String>) -> Result<Never, End> {
        latest.borrow_and_update();
        let described = self.describe("").await?;
        let run = run_of(&described);
        let number = self.number(&described).await?;
        self.is_behind = false;
        let mut reading = self.open(&run, number);
        // All that is known by now is past.
        reading.expect(described, Moment::Past);
        loop {
            self.read(&mut reading).await?;
            let next = lock(&reading.run)
                .ended()
                .and_then(|end| end.next_run.clone());
            let (run, number) = match next {
                Some(run) => (run, reading.number() + 1),
                None => {
                    let described = self.other_run(&reading.run_id(), &mut latest).await?;
                    let number = self.number(&described).await?;
                    (run_of(&described), number.max(reading.number() + 1))
                }
            };
            let described = self.describe(&run).await?;
            // What happened while the server was away is past.
            let moment = match std::mem::take(&mut self.is_behind) {
                true => Moment::Past,
                false => Moment::Now,
            };
            reading = self.open(&run, number);
            reading.expect(described, moment);
        }
    }

    fn open(&self, run: &str, number: u32) -> Reading {
        let name = self.shared.client.name();
        let run = Run::new(name, &self.workflow, number, run);
        let run = Arc::new(Mutex::new(run));
        self.shared.show(&self.id, Some(Arc::clone(&run)));
        Reading::new(run)
    }

    /// Waits until the latest run is another one.
    async fn other_run(
        &mut self,
        run: &str,
        latest: &mut watch::Receiver<String>,
    ) -> Result<WorkflowDescription, End> {
        loop {
            let is_other = |found: &str| found != run && !found.is_empty();
            match self.describe("").await {
                Ok(described) if is_other(&run_of(&described)) => return Ok(described),
                Err(End::NobodyFollows) => return Err(End::NobodyFollows),
                // It may be gone after it ended: the lane stays as long as it is watched.
                Ok(_) | Err(End::Gone) => {}
            }
            let changed = latest.changed().await;
            changed.map_err(|_| End::NobodyFollows)?;
        }
    }

    /// The number of the run that is described.
    async fn number(&mut self, described: &WorkflowDescription) -> Result<u32, End> {
        let run = run_of(described);
        let mut runs = self.runs().await?;
        for _ in 0..LISTED_AGAIN {
            if is_first(described) || runs.contains(&run) {
                break;
            }
            sleep(UNTIL_LISTED).await;
            runs = self.runs().await?;
        }
        Ok(number_of(&runs, &run))
    }

    /// The runs that the server lists.
    async fn runs(&mut self) -> Result<Vec<String>, End> {
        let workflow = self.workflow.clone();
        self.retrying(|client| {
            let workflow = workflow.clone();
            Box::pin(async move { runs(&client, &workflow).await })
        })
        .await
    }

    /// The state of a run; empty: of the latest.
    pub(super) async fn describe(&mut self, run: &str) -> Result<WorkflowDescription, End> {
        let execution = Execution::run(&self.workflow, run);
        self.retrying(|client| {
            let execution = execution.clone();
            Box::pin(async move { client.describe(execution).await })
        })
        .await
    }

    /// Calls until the server answers.
    async fn retrying<T>(&mut self, call: impl Fn(Client) -> Called<T>) -> Result<T, End> {
        let mut failures = Failures::default();
        loop {
            let called = Instant::now();
            match call(self.shared.client.clone()).await {
                Ok(answer) => {
                    self.shared.health.answered(called).await;
                    return Ok(answer);
                }
                Err(error) => self.failed(&mut failures, called, &error).await?,
            }
        }
    }

    /// A call has failed: waits until it is time for the next, if that makes sense.
    pub(super) async fn failed(
        &mut self,
        failures: &mut Failures,
        called: Instant,
        error: &CallError,
    ) -> Result<(), End> {
        if self.shared.news.is_closed() {
            return Err(End::NobodyFollows);
        }
        if error.is_unknown() {
            failures.unknown += 1;
        } else if !error.is_passing() {
            tracing::warn!(
                workflow = self.workflow,
                reason = error.reason(),
                "the server does not tell of this workflow"
            );
            return Err(End::Gone);
        }
        if failures.unknown > MOST_UNKNOWN {
            return Err(End::Gone);
        }
        self.is_behind = true;
        if error.is_unreachable() {
            let reason = error.reason();
            self.shared.health.unanswered(called, reason).await;
        }
        let [first, most] = WAIT;
        let wait = first.saturating_mul(1 << failures.count.min(8)).min(most);
        failures.count += 1;
        sleep(wait).await;
        Ok(())
    }

    /// Sends the events that a change of the run gives.
    pub(super) async fn commit(
        &self,
        run: &Mutex<Run>,
        moment: Moment,
        change: impl FnOnce(&mut Run) -> Vec<Event> + Send,
    ) -> Result<(), End> {
        let (events, summary) = {
            let mut run = lock(run);
            let events = change(&mut run);
            (events, run.summary())
        };
        if events.is_empty() {
            return Ok(());
        }
        let commit = Arc::new(Committed::stored(summary, events));
        let news = BackendNews::Committed { commit, moment };
        let sent = self.shared.news.send(news).await;
        sent.map_err(|_| End::NobodyFollows)
    }
}

/// What never is.
enum Never {}

/// The run, whatever happened to whoever held it before.
pub(super) fn lock(run: &Mutex<Run>) -> MutexGuard<'_, Run> {
    run.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a run continues no other one.
fn is_first(described: &WorkflowDescription) -> bool {
    let first = described.info.as_ref().map(|info| &info.first_run_id);
    first.is_none_or(|first| first.is_empty() || *first == run_of(described))
}

fn run_of(described: &WorkflowDescription) -> String {
    let info = described.info.as_ref();
    let execution = info.and_then(|info| info.execution.as_ref());
    execution.map_or_else(String::new, |execution| execution.run_id.clone())
}
