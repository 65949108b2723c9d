//! All runs, as the server lists and counts them: at most one list call a second, and only if the counts
//! have changed.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::MissedTickBehavior};

use super::{
    super::{
        super::{BackendNews, BackendOverview, OverviewInstance},
        calls::MAX_PAGE,
        client::{CallError, Client},
        translator::Ids,
        visibility::{quoted, status_of_name, status_of_number, times},
        wire::answers::{Counted, WorkflowInfo},
    },
    Shared,
    link::now,
};
use crate::engine::{Status, Timestamp};

/// How often the server is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How old a list may be while the counts stay the same.
const MAX_AGE: Duration = Duration::from_secs(10);
/// The most runs of an overview.
const MOST: usize = 2_000;
/// How many workflows are counted at a time if there are more runs than the list has.
const COUNTED_AT_ONCE: usize = 3;
/// The most workflows that are counted on their own. The others count together, under an empty name.
const MOST_WORKFLOWS: usize = 200;

/// A run in the overview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// The server's id of the workflow.
    pub workflow: String,
    /// The server's id of the run.
    pub run: String,
    /// The type of the workflow.
    pub name: Arc<str>,
    /// Its status.
    pub status: Status,
    /// When it started.
    pub started_at: Timestamp,
    /// When it closed.
    pub closed_at: Option<Timestamp>,
}

impl Listed {
    /// When it closed, else started.
    pub fn latest_time(&self) -> Timestamp {
        self.closed_at.unwrap_or(self.started_at)
    }
}

type Counts = BTreeMap<(Arc<str>, Status), u64>;

/// Keeps the overview until nobody follows any more.
pub(super) async fn keep(shared: Shared, found: watch::Sender<Arc<Vec<Listed>>>) {
    let mut overview = Overview::default();
    let mut told = None;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.news.closed() => return,
            _ = ticks.tick() => {}
        }
        let called = Instant::now();
        match overview.refresh(&shared.client).await {
            Ok(()) => shared.health.answered(called).await,
            Err(error) if error.is_unreachable() => {
                shared.health.unanswered(called, error.reason()).await;
                continue;
            }
            Err(error) => {
                tracing::debug!(
                    reason = error.reason(),
                    "the server did not list its workflows"
                );
                continue;
            }
        }
        let news = (overview.counts(), Arc::clone(&overview.listed));
        if told.as_ref() == Some(&news) {
            // Lanes that have ended are looked after anyway.
            found.send_modify(|_| {});
            continue;
        }
        let overview = BackendNews::Overview(tell(&shared.client, &news.0, &news.1));
        // A full channel means that nobody reads: the next overview replaces this one.
        if shared.news.try_send(overview).is_ok() {
            told = Some(news.clone());
        }
        found.send_replace(news.1);
    }
}

fn tell(client: &Client, counts: &Counts, listed: &[Listed]) -> BackendOverview {
    let ids = Ids::of(client.name());
    let mut instances: Vec<_> = listed
        .iter()
        .map(|one| OverviewInstance {
            id: ids.instance(&one.workflow),
            workflow: Arc::clone(&one.name),
            status: one.status,
            started_at: one.started_at,
            closed_at: one.closed_at,
        })
        .collect();
    instances.sort_by_key(|one| std::cmp::Reverse(one.started_at));
    BackendOverview {
        backend: client.name().clone(),
        at: now(),
        counts: counts.clone(),
        instances,
    }
}

/// The runs of a namespace.
#[derive(Debug, Default)]
struct Overview {
    /// How many runs there are, by status.
    by_status: BTreeMap<Status, u64>,
    /// The newest runs: those that are open, then the last that closed.
    listed: Arc<Vec<Listed>>,
    /// Whether these are all.
    is_complete: bool,
    listed_at: Option<Instant>,
    /// The pages of the list that is being read.
    pages: Vec<Listed>,
    token: Vec<u8>,
    /// How many runs there are of a workflow, if they are not all listed.
    by_workflow: BTreeMap<Arc<str>, BTreeMap<Status, u64>>,
    next_counted: usize,
}

impl Overview {
    async fn refresh(&mut self, client: &Client) -> Result<(), CallError> {
        let counted = match client.count("GROUP BY ExecutionStatus").await {
            Ok(counted) => Some(by_status(counted)),
            // Older servers do not count by status: they are asked for the list each time.
            Err(error) if error.is_invalid() => None,
            Err(error) => return Err(error),
        };
        let is_old = self.listed_at.is_none_or(|at| at.elapsed() >= MAX_AGE);
        let is_reading = !self.token.is_empty();
        let can_count = counted.is_some();
        let is_same = counted.as_ref() == Some(&self.by_status);
        if !is_same || is_old || is_reading {
            self.read_page(client).await?;
            self.by_status = counted.unwrap_or_default();
        }
        if can_count && !self.is_complete && self.listed_at.is_some() {
            self.count_some(client).await?;
        }
        Ok(())
    }

    async fn read_page(&mut self, client: &Client) -> Result<(), CallError> {
        let token = std::mem::take(&mut self.token);
        if token.is_empty() {
            self.pages.clear();
        }
        let page = client.list("", token, MAX_PAGE).await?;
        self.pages.extend(page.executions.into_iter().map(listed));
        let is_last = page.next_page_token.is_empty();
        if is_last || self.pages.len() >= MOST {
            let mut seen = HashSet::new();
            let mut pages = std::mem::take(&mut self.pages);
            pages.retain(|one| seen.insert((one.workflow.clone(), one.run.clone())));
            pages.truncate(MOST);
            self.is_complete = is_last;
            self.listed = Arc::new(pages);
            self.listed_at = Some(Instant::now());
        } else {
            self.token = page.next_page_token;
            if self.listed.is_empty() {
                self.listed = Arc::new(self.pages.clone());
            }
        }
        Ok(())
    }

    /// Counts the runs of some workflows, the next ones each time.
    async fn count_some(&mut self, client: &Client) -> Result<(), CallError> {
        let names: BTreeSet<_> = self
            .listed
            .iter()
            .map(|one| Arc::clone(&one.name))
            .collect();
        for name in names {
            if self.by_workflow.len() < MOST_WORKFLOWS {
                self.by_workflow.entry(name).or_default();
            }
        }
        let names: Vec<_> = self.by_workflow.keys().cloned().collect();
        let some = names
            .iter()
            .cycle()
            .skip(self.next_counted % names.len().max(1));
        for name in some.take(COUNTED_AT_ONCE.min(names.len())) {
            let query = format!("WorkflowType = {} GROUP BY ExecutionStatus", quoted(name));
            let counted = by_status(client.count(&query).await?);
            self.by_workflow.insert(Arc::clone(name), counted);
        }
        self.next_counted = self.next_counted.wrapping_add(COUNTED_AT_ONCE);
        Ok(())
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        if self.is_complete {
            for one in self.listed.iter() {
                *counts
                    .entry((Arc::clone(&one.name), one.status))
                    .or_default() += 1;
            }
            return counts;
        }
        let mut rest = self.by_status.clone();
        for (name, by_status) in &self.by_workflow {
            for (status, count) in by_status {
                // What closed between two counts is not counted twice.
                let left = rest.entry(*status).or_default();
                let count = (*count).min(*left);
                *left -= count;
                if count > 0 {
                    counts.insert((Arc::clone(name), *status), count);
                }
            }
        }
        for (status, count) in rest.into_iter().filter(|(_, count)| *count > 0) {
            counts.insert((Arc::from(""), status), count);
        }
        counts
    }
}

fn by_status(counted: Counted) -> BTreeMap<Status, u64> {
    let mut found = BTreeMap::new();
    for group in counted.groups {
        let name = group.values.first().map(|value| value.data.as_slice());
        let name = serde_json::from_slice::<String>(name.unwrap_or_default());
        let status = status_of_name(&name.unwrap_or_default());
        let count = u64::try_from(group.count).unwrap_or(0);
        *found.entry(status).or_default() += count;
    }
    found
}

fn listed(info: WorkflowInfo) -> Listed {
    let (started_at, closed_at) = times(&info);
    let execution = info.execution.unwrap_or_default();
    Listed {
        workflow: execution.workflow_id,
        run: execution.run_id,
        name: Arc::from(info.workflow_type.unwrap_or_default().name),
        status: status_of_number(info.status),
        started_at,
        closed_at,
    }
}
