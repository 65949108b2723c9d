//! What is asked of the server's list of runs, and what it tells of a run.

use super::{
    super::BackendName,
    payload::RawPayload,
    translate::tags,
    translator::Ids,
    wire::{answers::WorkflowInfo, shared::NamedPayloads},
};
use crate::engine::{EventId, InstanceSummary, Parent, Search, Status, Timestamp};

/// The statuses of Temporal, by their numbers, with those of this engine.
const STATUSES: [(i32, &str, Status); 8] = [
    (1, "Running", Status::Running),
    (2, "Completed", Status::Completed),
    (3, "Failed", Status::Failed),
    (4, "Canceled", Status::Canceled),
    (5, "Terminated", Status::Terminated),
    (6, "ContinuedAsNew", Status::ContinuedAsNew),
    (7, "TimedOut", Status::Failed),
    (8, "Paused", Status::Suspended),
];

/// The status with a number. One that a later server has invented counts as running.
pub(super) fn status_of_number(number: i32) -> Status {
    let found = STATUSES.iter().find(|(known, ..)| *known == number);
    found.map_or(Status::Running, |(.., status)| *status)
}

/// The status with a name.
pub(super) fn status_of_name(name: &str) -> Status {
    let found = STATUSES.iter().find(|(_, known, _)| *known == name);
    found.map_or(Status::Running, |(.., status)| *status)
}

/// Text in quotes. A query cannot end within it.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            // Nothing that has a name has control characters in it.
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// The query of a search; `None`: nothing can match. Tags are not part of it: those that are memos cannot
/// be searched for.
pub(super) fn query(search: &Search, backend: &BackendName) -> Option<String> {
    let mut all = Vec::new();
    if let Some(workflow) = &search.workflow {
        all.push(format!("WorkflowType = {}", quoted(workflow)));
    }
    let wanted = search.status.iter().chain(&search.statuses);
    if wanted.count() > 0 {
        let is_wanted = |status: Status| {
            search.status.is_none_or(|wanted| wanted == status)
                && (search.statuses.is_empty() || search.statuses.contains(&status))
        };
        let names = STATUSES.iter().filter(|(.., status)| is_wanted(*status));
        let names: Vec<_> = names.map(|(_, name, _)| quoted(name)).collect();
        if names.is_empty() {
            return None;
        }
        all.push(format!("ExecutionStatus IN ({})", names.join(", ")));
    }
    for (what, time) in [
        ("StartTime >=", search.since),
        ("StartTime <", search.before),
        ("CloseTime >=", search.closed_since),
        ("CloseTime <", search.closed_before),
    ] {
        if let Some(time) = time {
            all.push(format!("{what} {}", quoted(&time.to_string())));
        }
    }
    let prefix = search.id_prefix.as_deref().unwrap_or_default();
    let own = backend.prefix();
    let prefix = match prefix.strip_prefix(&own) {
        Some(rest) => rest,
        None if own.starts_with(prefix) => "",
        None => prefix,
    };
    if !prefix.is_empty() {
        all.push(format!("WorkflowId STARTS_WITH {}", quoted(prefix)));
    }
    Some(all.join(" AND "))
}

/// The runs of a workflow.
pub(super) fn runs_query(workflow: &str) -> String {
    format!("WorkflowId = {}", quoted(workflow))
}

/// The summary of a run, as the list tells it. The number of its run is not in it.
pub(super) fn summary(info: WorkflowInfo, backend: &BackendName) -> InstanceSummary {
    let ids = Ids::of(backend);
    let (started_at, closed_at) = times(&info);
    let workflow = info.execution.unwrap_or_default().workflow_id;
    let name = info.workflow_type.unwrap_or_default().name;
    let parent = info.parent.filter(|parent| !parent.workflow_id.is_empty());
    InstanceSummary {
        status: status_of_number(info.status),
        started_at,
        closed_at,
        parent: parent.map(|parent| Parent {
            instance: ids.instance(&parent.workflow_id),
            created: EventId(0),
            attached: true,
            run: 0,
        }),
        tags: tags(raw(info.memo), raw(info.search_attributes)).collect(),
        ..InstanceSummary::new(ids.instance(&workflow), name)
    }
}

/// When a run started and closed.
pub(super) fn times(info: &WorkflowInfo) -> (Timestamp, Option<Timestamp>) {
    let started = info.start_time.map(|at| at.timestamp());
    let closed = info.close_time.map(|at| at.timestamp());
    let closed = closed.filter(|at| at.0 > 0);
    (started.unwrap_or_default(), closed)
}

fn raw(named: Option<NamedPayloads>) -> std::collections::BTreeMap<String, RawPayload> {
    let named = named.unwrap_or_default().sorted().into_iter();
    named
        .map(|(name, payload)| (name, RawPayload::new(&payload.metadata, payload.data)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query_of(search: Search) -> String {
        query(&search, &BackendName::temporal("default")).unwrap()
    }

    #[test]
    fn a_search_becomes_a_query() {
        assert_eq!(query_of(Search::default()), "");
        let search = Search {
            workflow: Some("Order".to_owned()),
            status: Some(Status::Failed),
            since: Some(Timestamp(0)),
            id_prefix: Some("temporal:default/order-".to_owned()),
            ..Search::default()
        };
        assert_eq!(
            query_of(search),
            "WorkflowType = 'Order' AND ExecutionStatus IN ('Failed', 'TimedOut') AND \
             StartTime >= '1970-01-01T00:00:00.000000000Z' AND WorkflowId STARTS_WITH 'order-'"
        );
        for (prefix, expected) in [
            ("order", "WorkflowId STARTS_WITH 'order'"),
            ("temporal:", ""),
            ("temporal:default/", ""),
        ] {
            let search = Search {
                id_prefix: Some(prefix.to_owned()),
                ..Search::default()
            };
            assert_eq!(query_of(search), expected);
        }
    }

    #[test]
    fn a_status_that_temporal_does_not_have_matches_nothing() {
        let search = Search {
            status: Some(Status::Stalled),
            ..Search::default()
        };
        assert_eq!(query(&search, &BackendName::temporal("default")), None);
    }

    #[test]
    fn text_of_others_stays_within_its_quotes() {
        for (text, expected) in [
            ("a", "'a'"),
            ("a' OR 'b'='b", "'a'' OR ''b''=''b'"),
            ("a\\", "'a\\\\'"),
            ("a\nb", "'a b'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
