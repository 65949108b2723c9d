//! The content of a store, and its invariants.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use fermata::engine::*;

use crate::{labour::Began, well_formed};

/// All instances of a store.
pub type Traces = BTreeMap<InstanceKey, (InstanceSummary, Vec<Event>)>;

pub fn traces(store: &dyn Store) -> Traces {
    let all = store.page(None, usize::MAX).unwrap().into_iter();
    all.map(|(key, summary)| (key, (summary, store.history(key, EventId(0)).unwrap())))
        .collect()
}

/// How every run of every instance ended, without the moments and numbers that may be others.
fn ends(traces: &Traces) -> BTreeMap<(InstanceId, u32), InstanceSummary> {
    let summaries = traces.values().map(|(summary, _)| end(summary));
    summaries
        .map(|end| ((end.id.clone(), end.run), end))
        .collect()
}

/// The same of one.
pub fn end(summary: &InstanceSummary) -> InstanceSummary {
    let parent = summary.parent.clone().map(|parent| Parent {
        created: EventId(0),
        ..parent
    });
    InstanceSummary {
        id: without_event(&summary.id),
        started_at: Timestamp::default(),
        closed_at: None,
        parent,
        ..summary.clone()
    }
}

/// The id of a child that was tried again, without the number of the event that created it.
fn without_event(id: &InstanceId) -> InstanceId {
    match id.as_str().rsplit_once('/') {
        Some((parent, child)) if child.contains('#') => {
            let attempt = child.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            InstanceId::new(format!("{parent}/{attempt}")).unwrap()
        }
        _ => id.clone(),
    }
}

/// What was there before is there still, as it was.
pub fn check_kept(before: &Traces, after: &Traces, place: &str) {
    for (key, (summary, history)) in before {
        let (_, now) = after
            .get(key)
            .unwrap_or_else(|| panic!("{place}: {} is missing", summary.id));
        assert!(
            now.starts_with(history),
            "{place}: {} was rewritten",
            summary.id
        );
    }
}

/// What left the engine is in the store with its cause.
pub fn check_nothing_left_early(
    stored: &Traces,
    commits: &[Arc<Committed>],
    began: &[Began],
    place: &str,
) {
    let by_run: HashMap<_, _> = stored
        .values()
        .map(|(summary, history)| ((summary.id.clone(), summary.run), history))
        .collect();
    for commit in commits {
        let name = (commit.instance.id.clone(), commit.instance.run);
        for event in &commit.events {
            let kept = by_run
                .get(&name)
                .and_then(|history| history.get(event.id.0 as usize));
            assert_eq!(
                kept,
                Some(event),
                "{place}: {name:?} was published and is not kept"
            );
        }
    }
    for began in began {
        let history = by_run.get(&(began.instance.clone(), began.run));
        let (scheduled, attempt) = (began.scheduled, began.attempt);
        let start = EventKind::TaskStarted { scheduled, attempt };
        let kept = history.is_some_and(|history| history.iter().any(|event| event.kind == start));
        assert!(kept, "{place}: {began:?} without its cause");
    }
}

/// No activity began whose end was in the store already.
pub fn check_not_again(before: &Traces, began: &[Began], place: &str) {
    let mut over = BTreeSet::new();
    for (summary, history) in before.values() {
        let ends = history.iter().filter_map(|event| match event.kind {
            EventKind::TaskCompleted { scheduled, .. }
            | EventKind::TaskCanceled { scheduled }
            | EventKind::TaskFailed {
                scheduled,
                retry_at: None,
                ..
            } => Some(scheduled),
            _ => None,
        });
        over.extend(ends.map(|scheduled| (&summary.id, summary.run, scheduled)));
    }
    for began in began {
        let work = (&began.instance, began.run, began.scheduled);
        assert!(!over.contains(&work), "{place}: {began:?}, which had ended");
    }
}

/// Checks that every history is well formed.
pub fn check_well_formed(traces: &Traces, place: &str) {
    for (summary, history) in traces.values() {
        if let Err(what) = well_formed::check(history) {
            panic!(
                "{place}: {} run {}: {what} in\n{}",
                summary.id,
                summary.run,
                text_of(history)
            );
        }
    }
}

/// A history, one line for each event.
pub fn text_of(history: &[Event]) -> String {
    let lines = history
        .iter()
        .map(|event| format!("{} {:?}\n", event.id, event.kind));
    lines.collect()
}

/// All ended as they should.
pub fn check_ends(ended: &Traces, expected: &Traces, place: &str) {
    let (ended, expected) = (ends(ended), ends(expected));
    for (name, expected) in &expected {
        let ended = ended
            .get(name)
            .unwrap_or_else(|| panic!("{place}: there is no {name:?}"));
        assert_eq!(ended, expected, "{place}");
    }
    assert_eq!(ended.len(), expected.len(), "{place}: {:?}", ended.keys());
}
