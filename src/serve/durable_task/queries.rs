//! What clients ask for about many instances, and about histories.

use super::{
    clients::{Answer, Clients, fresh_id, instance_id, known_id, refusal},
    failure::failure_details,
    history::{FROM_OUTSIDE, WorkerHistory},
    messages::{
        DaprInstanceIds, DaprListInstanceIds, Encoded, EventType, Events, ExecutionCompleted,
        ExecutionTerminated, HistoryEvent, InstanceIds, InstanceRef, ListInstanceIds, PurgeBatch,
        PurgeFilter, PurgeInstances, Purged, QueryAnswer, QueryInstances, Rerun, Text, Truth,
    },
    state::state,
    values::{moment, payload, status, status_number, text, timestamp},
};
use crate::engine::{
    Event, EventId, EventKind, InstanceId, InstanceSummary, Purge, RemoteNumber, Runs, Search,
    Status,
};
use prost::Message as _;
use tonic::Status as Refusal;

/// The most instances in an answer, unless fewer are asked for.
const MOST: usize = 1_000;

impl Clients {
    pub async fn query(self, asked: QueryInstances) -> Answer<QueryAnswer> {
        let query = asked.query.unwrap_or_default();
        let search = Search {
            statuses: statuses(&query.statuses),
            since: query.created_from.and_then(timestamp),
            before: query.created_to.and_then(timestamp),
            id_prefix: query.id_prefix.map(|text| text.value),
            runs: Runs::Latest,
            ..Search::default()
        };
        let mut found = self.find(&search)?;
        found.sort_by_key(|one| one.started_at);
        let token = query.token.map(|text| text.value);
        let (page, next) = page(found, token.as_deref(), query.most)?;
        let archive = self.engine().archive();
        let states = page.into_iter().map(|summary| {
            let state = state(archive, summary, query.with_payloads.into());
            state.map_err(refusal)
        });
        Ok(QueryAnswer {
            states: states.collect::<Result<_, _>>()?,
            token: next.map(|value| Text { value }),
        })
    }

    pub async fn list_ids(self, asked: ListInstanceIds) -> Answer<InstanceIds> {
        let search = Search {
            statuses: closed_statuses(&asked.statuses),
            closed_since: asked.completed_from.and_then(timestamp),
            closed_before: asked.completed_to.and_then(timestamp),
            runs: Runs::Latest,
            ..Search::default()
        };
        let mut found = self.find(&search)?;
        found.retain(|one| one.status.is_closed());
        found.sort_by_key(|one| (one.closed_at, one.id.clone()));
        let token = asked.last_key.map(|text| text.value);
        let (page, next) = page(found, token.as_deref(), asked.page_size)?;
        Ok(InstanceIds {
            instance_ids: ids(page),
            last_key: next.map(|value| Text { value }),
        })
    }

    pub async fn list_ids_of_dapr(self, asked: DaprListInstanceIds) -> Answer<DaprInstanceIds> {
        let search = Search {
            runs: Runs::Latest,
            ..Search::default()
        };
        let mut found = self.find(&search)?;
        found.sort_by_key(|one| one.started_at);
        let size = i32::try_from(asked.page_size).unwrap_or(i32::MAX);
        let (page, next) = page(found, Some(&asked.token), size)?;
        Ok(DaprInstanceIds {
            instance_ids: ids(page),
            token: next.unwrap_or_default(),
        })
    }

    /// The latest runs that match, with those of this program's own workflows left out: no client of this
    /// protocol started them.
    fn find(&self, search: &Search) -> Answer<Vec<InstanceSummary>> {
        let archive = self.engine().archive();
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let page = archive.search(search, from, MOST);
            let page = page.map_err(|error| refusal(error.into()))?;
            found.extend(page.instances);
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// The raw request: a field of it differs between the dialects.
    pub async fn purge(self, asked: Encoded) -> Answer<Purged> {
        let wrong = |error: prost::DecodeError| Refusal::invalid_argument(error.to_string());
        let one_or_filter = PurgeInstances::decode(asked.0.clone()).map_err(wrong)?;
        // Dapr's field of this number is a truth, which is not needed here.
        let batch = PurgeBatch::decode(asked.0).unwrap_or_default().batch;
        let count = match (one_or_filter.instance_id, one_or_filter.filter, batch) {
            (Some(id), _, _) if !id.is_empty() => self.purge_one(&id).await?,
            (_, Some(filter), _) => self.purge_all(filter).await?,
            (_, _, Some(batch)) => {
                let mut count = 0;
                for id in batch.instance_ids {
                    count += self.purge_one(&id).await?;
                }
                count
            }
            _ => return Err(Refusal::invalid_argument("name an instance or a filter")),
        };
        Ok(Purged {
            count: i32::try_from(count).unwrap_or(i32::MAX),
            is_complete: Some(Truth { value: true }),
        })
    }

    async fn purge_one(&self, id: &str) -> Answer<usize> {
        let Ok(id) = InstanceId::new(id) else {
            return Ok(0);
        };
        let purge = Purge::Instance(id.clone());
        match self.engine().purge(purge).await {
            Ok(0) => Ok(0),
            Ok(_) => Ok(1),
            Err(
                crate::engine::EngineError::UnknownInstance(_)
                | crate::engine::EngineError::StillOpen(_),
            ) => Ok(0),
            Err(error) => Err(refusal(error)),
        }
    }

    async fn purge_all(&self, filter: PurgeFilter) -> Answer<usize> {
        let search = Search {
            statuses: closed_statuses(&filter.statuses),
            since: filter.created_from.and_then(timestamp),
            before: filter.created_to.and_then(timestamp),
            runs: Runs::Latest,
            ..Search::default()
        };
        let found = self.find(&search)?;
        let mut count = 0;
        for one in found.iter().filter(|one| one.status.is_closed()) {
            count += self.purge_one(one.id.as_str()).await?;
        }
        Ok(count)
    }

    /// The whole history of the latest run. While it is open: what its worker has read.
    pub fn history_of(&self, id: &str) -> Answer<Vec<HistoryEvent>> {
        let id = known_id(id)?;
        let history = self.engine().archive().history(&id).map_err(refusal)?;
        let mut worker = WorkerHistory::new(id);
        let mut events = Vec::new();
        for event in &history {
            worker.take(event, &mut events);
        }
        if let Some(end) = history.last().and_then(ending) {
            events.extend(worker.into_unread());
            events.extend(end);
        }
        Ok(events)
    }

    pub async fn history(self, asked: InstanceRef) -> Answer<Events> {
        let events = self.history_of(&asked.instance_id)?;
        Ok(Events { events })
    }

    /// A new instance shares the history before the turn in which its source asked for something.
    pub async fn rerun(self, asked: Rerun) -> Answer<InstanceRef> {
        let source = known_id(&asked.source)?;
        let number = i32::try_from(asked.event_id).unwrap_or(i32::MAX);
        let history = self.engine().archive().history(&source).map_err(refusal)?;
        let mut worker = WorkerHistory::new(source.clone());
        let mut events = Vec::new();
        for event in &history {
            worker.take(event, &mut events);
        }
        let id = match asked.new_id.is_empty() {
            true => fresh_id()?,
            false => instance_id(&asked.new_id)?,
        };
        let input = asked.overwrite_input.then(|| payload(asked.input));
        let engine = self.engine();
        let rerun = match (worker.command(RemoteNumber(number)), input) {
            (Some(command), Some(input)) => {
                let id = Some(id);
                engine
                    .rerun_activity(&source, command.event, id, input)
                    .await
            }
            (Some(command), None) => engine.rerun(&source, command.turn, Some(id), None).await,
            (None, input) if number == 0 => {
                engine.rerun(&source, EventId(1), Some(id), input).await
            }
            (None, _) => {
                let sentence =
                    format!("instance {source:?} has asked for nothing with number {number}");
                return Err(Refusal::not_found(sentence));
            }
        };
        let instance_id = rerun.map_err(refusal)?.to_string();
        Ok(InstanceRef { instance_id })
    }
}

/// The events at the end of a history.
fn ending(last: &Event) -> Option<Vec<HistoryEvent>> {
    use EventKind as E;
    let completed = |status, result, failure| {
        EventType::ExecutionCompleted(ExecutionCompleted {
            status: status_number(status),
            result,
            failure,
        })
    };
    let kinds = match &last.kind {
        E::ExecutionCompleted { output } => vec![completed(Status::Completed, text(output), None)],
        E::ExecutionFailed { failure } => {
            vec![completed(
                Status::Failed,
                None,
                Some(failure_details(failure)),
            )]
        }
        E::ExecutionCanceled { failure } => {
            vec![completed(
                Status::Canceled,
                None,
                Some(failure_details(failure)),
            )]
        }
        E::ExecutionTerminated { output, .. } => {
            let output = output.as_ref().and_then(text);
            vec![
                EventType::ExecutionTerminated(ExecutionTerminated {
                    input: output.clone(),
                    recurse: false,
                }),
                completed(Status::Terminated, output, None),
            ]
        }
        E::ContinuedAsNew { input, .. } => {
            vec![completed(Status::ContinuedAsNew, text(input), None)]
        }
        _ => return None,
    };
    let event = |event_type| HistoryEvent {
        event_id: FROM_OUTSIDE,
        timestamp: Some(moment(last.at)),
        event_type: Some(event_type),
    };
    Some(kinds.into_iter().map(event).collect())
}

fn statuses(numbers: &[i32]) -> Vec<Status> {
    numbers
        .iter()
        .filter_map(|number| status(*number))
        .collect()
}

/// Those that were asked for; without any, all of instances that have closed.
fn closed_statuses(numbers: &[i32]) -> Vec<Status> {
    let asked = statuses(numbers);
    if !asked.is_empty() {
        return asked;
    }
    let all = Status::ALL.into_iter();
    all.filter(|status| status.is_closed()).collect()
}

fn ids(found: Vec<InstanceSummary>) -> Vec<String> {
    found.into_iter().map(|one| one.id.to_string()).collect()
}

/// A page, and the token of the next one. A token is the number of instances before it.
fn page<T>(all: Vec<T>, token: Option<&str>, size: i32) -> Answer<(Vec<T>, Option<String>)> {
    let from: usize = match token.unwrap_or_default() {
        "" => 0,
        token => token.parse().map_err(|_| {
            Refusal::invalid_argument(format!("{token:?} is no token of this server"))
        })?,
    };
    let size = usize::try_from(size)
        .ok()
        .filter(|size| *size > 0)
        .unwrap_or(MOST);
    let next = from.saturating_add(size);
    let more = next < all.len();
    let page = all.into_iter().skip(from).take(size).collect();
    Ok((page, more.then(|| next.to_string())))
}
