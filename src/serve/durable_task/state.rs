//! The state of an instance, as clients see it.

use super::{
    failure::failure_details,
    messages::{InstanceAnswer, InstanceState},
    values::{moment, status_number, text, words},
};
use crate::engine::{
    Archive, EngineError, Event, EventId, EventKind, InstanceId, InstanceSummary, Status, Timestamp,
};

/// The events of a history that are read at once in search of the first turn.
const PAGE: usize = 64;

/// Whether inputs and outputs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payloads {
    Included,
    Omitted,
}

impl From<bool> for Payloads {
    fn from(wanted: bool) -> Self {
        match wanted {
            true => Self::Included,
            false => Self::Omitted,
        }
    }
}

/// The state of the latest run of an instance.
///
/// # Errors
///
/// The store cannot be read.
pub(super) fn answer(
    archive: &Archive,
    id: &InstanceId,
    payloads: Payloads,
) -> Result<InstanceAnswer, EngineError> {
    let summary = match archive.summary(id) {
        Ok(summary) => summary,
        Err(EngineError::UnknownInstance(_)) => return Ok(InstanceAnswer::default()),
        Err(error) => return Err(error),
    };
    Ok(InstanceAnswer {
        exists: true,
        state: Some(state(archive, summary, payloads)?),
    })
}

/// The state of a run.
///
/// # Errors
///
/// The store cannot be read.
pub(super) fn state(
    archive: &Archive,
    summary: InstanceSummary,
    payloads: Payloads,
) -> Result<InstanceState, EngineError> {
    let status = visible_status(archive, &summary)?;
    let first = archive.history_of_run(&summary.id, summary.run, EventId(0), 1)?;
    let (input, scheduled_start) = match first.first().map(|event| &event.kind) {
        Some(EventKind::ExecutionStarted {
            input, start_at, ..
        }) => (text(input), start_at.map(moment)),
        _ => (None, None),
    };
    let payload = |payload| match payloads {
        Payloads::Included => payload,
        Payloads::Omitted => None,
    };
    Ok(InstanceState {
        instance_id: summary.id.to_string(),
        name: summary.workflow.clone(),
        version: summary.version.as_deref().and_then(words),
        status: status_number(status),
        scheduled_start,
        created: Some(moment(summary.started_at)),
        last_updated: Some(moment(last_updated(archive, &summary)?)),
        input: payload(input),
        output: payload(summary.output.as_ref().and_then(text)),
        custom_status: summary.custom_status.as_ref().and_then(text),
        failure: summary.failure.as_ref().map(failure_details),
        completed: summary.closed_at.map(moment),
        parent: summary
            .parent
            .map(|parent| parent.instance.to_string())
            .as_deref()
            .and_then(words),
        tags: summary.tags.into_iter().collect(),
    })
}

/// When something happened last.
fn last_updated(archive: &Archive, summary: &InstanceSummary) -> Result<Timestamp, EngineError> {
    if let Some(closed) = summary.closed_at {
        return Ok(closed);
    }
    let events = summary.head.map_or(1, |head| head.events.max(1));
    let from = EventId(events - 1);
    let last = archive.history_of_run(&summary.id, summary.run, from, PAGE)?;
    Ok(last.last().map_or(summary.started_at, |event| event.at))
}

/// The status of a run: it is pending until its first turn.
pub(super) fn visible_status(
    archive: &Archive,
    summary: &InstanceSummary,
) -> Result<Status, EngineError> {
    if summary.status != Status::Running {
        return Ok(summary.status);
    }
    let mut from = EventId(0);
    loop {
        let page = archive.history_of_run(&summary.id, summary.run, from, PAGE)?;
        let is_local = from == EventId(0) && !page.first().is_some_and(is_remote);
        let has_turn = page
            .iter()
            .any(|event| matches!(event.kind, EventKind::TurnTaken { .. }));
        match page.last() {
            _ if is_local || has_turn => return Ok(Status::Running),
            Some(last) if page.len() == PAGE => from = last.id.next(),
            _ => return Ok(Status::Pending),
        }
    }
}

/// Whether the code of a run is elsewhere, as its first event says.
pub(super) fn is_remote(first: &Event) -> bool {
    match &first.kind {
        EventKind::ExecutionStarted { code, .. } => !code.is_local(),
        _ => false,
    }
}
