//! A Temporal namespace as a backend.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    time::timeout,
};

use super::{
    super::{
        Abilities, Ability, Answered, Backend, BackendAddress, BackendError, BackendName,
        BackendNews, BackendPage, Done, Imported, InstanceCommand, PageMark, StartInstance,
        Watched,
    },
    client::{CallError, Client},
    follow::{self, Lanes},
    history,
    payload::RawPayload,
    translator::Ids,
    visibility::{query, summary},
    wire::{answers::WorkflowInfo, shared::Execution},
};
use crate::engine::{EventId, InstanceId, InstanceSummary, Runs, Search};

/// What workflows of Temporal's libraries are asked about themselves.
const METADATA: &str = "__temporal_workflow_metadata";
/// How long a worker may take to answer.
const METADATA_WAIT: Duration = Duration::from_secs(3);
/// The most names of signals that are shown.
const MAX_NAMES: usize = 100;
/// The most workflows of a page whose runs are numbered. The runs of others count as their first.
const MAX_NUMBERED: usize = 50;
/// The most runs that one search looks at.
const MAX_LOOKED_AT: usize = 20_000;

/// A namespace.
#[derive(Debug)]
pub(super) struct TemporalBackend {
    client: Client,
    runtime: Handle,
    /// The server has refused to pause: it cannot.
    cannot_pause: AtomicBool,
    /// The runs of the lanes that are followed, whose events have ids of their own.
    lanes: Arc<Mutex<Lanes>>,
}

impl TemporalBackend {
    /// Connects, and asks whether the namespace is there.
    pub async fn attach(address: &BackendAddress) -> Result<Self, BackendError> {
        let client = Client::new(address)?;
        let name = client.name().clone();
        let found = client.describe_namespace().await;
        found.map_err(|error| match error.is_unknown() {
            true => BackendError::Refused {
                backend: name.clone(),
                reason: format!("the server has no namespace {:?}", address.namespace()),
            },
            false => error.general(&name),
        })?;
        if let Ok(version) = client.version().await {
            tracing::info!(backend = %name, version, "attached a Temporal server");
        }
        Ok(Self {
            client,
            runtime: Handle::current(),
            cannot_pause: AtomicBool::new(false),
            lanes: Arc::default(),
        })
    }

    /// The id of an instance on the server.
    fn own_id<'a>(&self, id: &'a InstanceId) -> Result<&'a str, BackendError> {
        match BackendName::split(id) {
            Some((name, own)) if name == *self.client.name() => Ok(own),
            _ => Err(BackendError::NotAttached(id.clone())),
        }
    }

    async fn found(
        &self,
        search: &Search,
        from: Option<PageMark>,
        most: usize,
    ) -> Result<BackendPage, BackendError> {
        let name = self.client.name();
        let mut page = BackendPage {
            instances: Vec::new(),
            next: None,
        };
        let Some(mut query) = query(search, name) else {
            return Ok(page);
        };
        if search.runs == Runs::Latest {
            // Another run follows them.
            let and = if query.is_empty() { "" } else { " AND " };
            query = format!("{query}{and}ExecutionStatus != 'ContinuedAsNew'");
        }
        let mut token = from.map_or_else(Vec::new, |mark| mark.0);
        let mut looked_at = 0;
        loop {
            // A server may send more than it was asked for.
            let missing = most.saturating_sub(page.instances.len()).max(1);
            let listed = self.client.list(&query, token, missing).await;
            let listed = listed.map_err(|error| error.general(name))?;
            looked_at += listed.executions.len().max(1);
            let found = self.numbered(listed.executions).await?;
            page.instances.extend(found.into_iter().filter(|instance| {
                let tags = &search.tags;
                tags.iter()
                    .all(|(name, value)| instance.tags.get(name) == Some(value))
            }));
            token = listed.next_page_token;
            if token.is_empty() || page.instances.len() >= most || looked_at >= MAX_LOOKED_AT {
                break;
            }
        }
        page.instances.sort_by_key(|one| Reverse(one.started_at));
        if search.runs == Runs::Latest {
            let mut seen = std::collections::HashSet::new();
            page.instances.retain(|one| seen.insert(one.id.clone()));
        }
        page.next = (!token.is_empty()).then_some(PageMark(token));
        Ok(page)
    }

    /// The summaries of runs. The list does not number them: for workflows that have several, it is asked
    /// for all of them.
    async fn numbered(
        &self,
        infos: Vec<WorkflowInfo>,
    ) -> Result<Vec<InstanceSummary>, BackendError> {
        let name = self.client.name();
        let mut known: HashMap<String, Vec<String>> = HashMap::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for info in &infos {
            let execution = info.execution.clone().unwrap_or_default();
            *seen.entry(execution.workflow_id).or_default() += 1;
        }
        let mut found = Vec::with_capacity(infos.len());
        for info in infos {
            let execution = info.execution.clone().unwrap_or_default();
            let (workflow, run) = (execution.workflow_id, execution.run_id);
            let is_later = !info.first_run_id.is_empty() && info.first_run_id != run;
            let has_several = is_later || seen.get(&workflow).is_some_and(|count| *count > 1);
            if has_several && !known.contains_key(&workflow) && known.len() < MAX_NUMBERED {
                let runs = history::runs(&self.client, &workflow).await;
                let runs = runs.map_err(|error| error.general(name))?;
                known.insert(workflow.clone(), runs);
            }
            let number = known
                .get(&workflow)
                .map(|runs| history::number_of(runs, &run));
            found.push(InstanceSummary {
                run: number.unwrap_or(1),
                ..summary(info, name)
            });
        }
        Ok(found)
    }

    async fn carry_out(
        &self,
        id: &InstanceId,
        command: InstanceCommand,
        reason: &str,
    ) -> Result<Done, BackendError> {
        let workflow = self.own_id(id)?;
        let name = self.client.name();
        let about = |error: CallError| error.about(name, workflow);
        let latest = || Execution::latest(workflow);
        match command {
            InstanceCommand::Suspend => {
                let paused = self.client.pause(latest(), reason).await;
                self.pause_answered(workflow, paused.err())
            }
            InstanceCommand::Resume => {
                let resumed = self.client.unpause(latest(), reason).await;
                self.pause_answered(workflow, resumed.err())
            }
            InstanceCommand::Cancel => {
                let asked = self.client.request_cancel(latest(), reason).await;
                asked.map_err(about)?;
                Ok(Done::Durable)
            }
            InstanceCommand::Terminate => {
                let ended = self.client.terminate(latest(), reason).await;
                ended.map_err(about)?;
                Ok(Done::Durable)
            }
            InstanceCommand::Raise { name, data } => self.raise(workflow, &name, &data).await,
            InstanceCommand::Rerun { from } => self.rerun(id, workflow, from, reason).await,
        }
    }

    async fn raise(&self, workflow: &str, event: &str, data: &Value) -> Result<Done, BackendError> {
        let execution = Execution::latest(workflow);
        let sent = self.client.signal(execution, event, data).await;
        sent.map_err(|error| error.about(self.client.name(), workflow))?;
        Ok(Done::Durable)
    }

    /// The names of signals in what the code of a workflow tells about itself.
    async fn signal_names(&self, id: &InstanceId) -> Result<Vec<Arc<str>>, BackendError> {
        let workflow = self.own_id(id)?;
        let asked = self.client.query(Execution::latest(workflow), METADATA);
        let answer = match timeout(METADATA_WAIT, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_unknown() => {
                return Err(error.about(self.client.name(), workflow));
            }
            // No worker answers, or one that does not know the question.
            Ok(Err(_)) | Err(_) => return Ok(Vec::new()),
        };
        let told = answer
            .result
            .unwrap_or_default()
            .payloads
            .into_iter()
            .next();
        let told = told.map(|one| RawPayload::new(&one.metadata, one.data).payload().to_json());
        let signals = told
            .as_ref()
            .and_then(|told| told.pointer("/definition/signalDefinitions"));
        let signals = signals.and_then(Value::as_array).into_iter().flatten();
        let names = signals.filter_map(|signal| signal.get("name")?.as_str());
        Ok(names.take(MAX_NAMES).map(Arc::from).collect())
    }

    /// A server that cannot pause is not asked again.
    fn pause_answered(
        &self,
        workflow: &str,
        error: Option<CallError>,
    ) -> Result<Done, BackendError> {
        let Some(error) = error else {
            return Ok(Done::Durable);
        };
        if error.is_unimplemented() {
            self.cannot_pause.store(true, Relaxed);
            return Err(BackendError::Refused {
                backend: self.client.name().clone(),
                reason: format!(
                    "this server does not pause workflows: {}. It needs the setting \
                     frontend.WorkflowPauseEnabled",
                    error.reason()
                ),
            });
        }
        Err(error.about(self.client.name(), workflow))
    }

    /// Resets the run that a lane shows, or the latest.
    async fn rerun(
        &self,
        id: &InstanceId,
        workflow: &str,
        from: EventId,
        reason: &str,
    ) -> Result<Done, BackendError> {
        let name = self.client.name();
        let followed = self
            .lanes
            .lock()
            .ok()
            .and_then(|lanes| lanes.reset_at(id, from));
        let (run, at) = match followed {
            Some((run, Some(at))) => (run, Some(at)),
            // A lane that has just opened has not read it yet.
            Some((_, None)) | None => {
                let (_, run) = history::history(&self.client, workflow, None).await?;
                (run.id.clone(), run.reset_at(from))
            }
        };
        let at = at.ok_or_else(|| BackendError::Refused {
            backend: name.clone(),
            reason: "no workflow task has completed yet: there is no point to reset to".to_owned(),
        })?;
        let reset = self
            .client
            .reset(Execution::run(workflow, &run), at, reason)
            .await;
        reset.map_err(|error| error.about(name, workflow))?;
        Ok(Done::Started(id.clone()))
    }
}

impl Backend for TemporalBackend {
    fn name(&self) -> &BackendName {
        self.client.name()
    }

    fn abilities(&self, instance: &InstanceSummary) -> Abilities {
        if instance.status.is_closed() {
            return Abilities {
                rerun: Ability::Yes,
                ..Abilities::NONE
            };
        }
        let suspend = match self.cannot_pause.load(Relaxed) {
            true => Ability::No,
            false => Ability::Yes,
        };
        Abilities {
            suspend,
            ..Abilities::ALL
        }
    }

    fn search<'a>(
        &'a self,
        search: &'a Search,
        from: Option<PageMark>,
        most: usize,
    ) -> Answered<'a, BackendPage> {
        Box::pin(self.found(search, from, most))
    }

    fn history<'a>(&'a self, id: &'a InstanceId, run: Option<u32>) -> Answered<'a, Imported> {
        Box::pin(async move {
            let workflow = self.own_id(id)?;
            let (imported, _) = history::history(&self.client, workflow, run).await?;
            Ok(imported)
        })
    }

    fn command<'a>(
        &'a self,
        id: &'a InstanceId,
        command: InstanceCommand,
        reason: &'a str,
    ) -> Answered<'a, Done> {
        Box::pin(self.carry_out(id, command, reason))
    }

    fn event_names<'a>(&'a self, id: &'a InstanceId) -> Answered<'a, Vec<Arc<str>>> {
        Box::pin(self.signal_names(id))
    }

    fn start<'a>(&'a self, start: &'a StartInstance) -> Answered<'a, InstanceId> {
        Box::pin(async move {
            let name = self.client.name();
            let started = self.client.start(start).await;
            started.map_err(|error| error.general(name))?;
            Ok(Ids::of(name).instance(&start.id))
        })
    }

    fn follow(&self, watched: watch::Receiver<Watched>) -> mpsc::Receiver<BackendNews> {
        let lanes = Arc::clone(&self.lanes);
        follow::follow(&self.runtime, self.client.clone(), watched, lanes)
    }
}
