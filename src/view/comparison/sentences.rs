//! The comparison in words.

use super::Difference;
use crate::{
    engine::{Event, EventKind},
    view::{
        format,
        row::{Row, RowStatus},
    },
};

/// The whole comparison in a sentence.
pub(super) fn summary(shared: usize, first: Option<&Difference>) -> String {
    let Some(first) = first else {
        return format!("Both runs are the same, in all {shared} events.");
    };
    let then = &first.words;
    match shared {
        0 => format!("The runs share no event; then {then}."),
        1 => format!("Both runs share their first event; then {then}."),
        shared => format!("Both runs share their first {shared} events; then {then}."),
    }
}

/// What differs, as a clause. `ended`: whether each history has ended.
pub(super) fn clause(left: Option<&Row>, right: Option<&Row>, ended: [bool; 2]) -> String {
    match (left, right) {
        (Some(ours), Some(theirs)) if ours.title == theirs.title => {
            let title = &ours.title;
            let (ours, theirs) = (words(ours), words(theirs));
            format!("{title} {ours} in the first and {theirs} in the second")
        }
        (Some(ours), Some(theirs)) => format!(
            "the first has “{}” and the second “{}”",
            ours.title, theirs.title
        ),
        (Some(row), None) => only(row, "first", "second", ended[1]),
        (None, Some(row)) => only(row, "second", "first", ended[0]),
        (None, None) => "they differ".to_owned(),
    }
}

fn only(row: &Row, has: &str, has_not: &str, has_ended: bool) -> String {
    let (title, status) = (&row.title, words(row));
    match has_ended {
        true => format!("{title} {status} in the {has} only"),
        false => format!("{title} {status} in the {has}, and not yet in the {has_not}"),
    }
}

/// A row as a predicate: `failed (no capacity)`.
fn words(row: &Row) -> String {
    let verb = match row.status {
        RowStatus::Started => "started",
        RowStatus::Scheduled | RowStatus::Pending => "was asked for",
        RowStatus::Running => "is running",
        RowStatus::Completed => "completed",
        RowStatus::Failed => "failed",
        RowStatus::Fired => "fired",
        RowStatus::Canceled => "was canceled",
        RowStatus::Raised => "was raised",
        RowStatus::Suspended => "was paused",
        RowStatus::Resumed => "was resumed",
        RowStatus::Terminated => "was terminated",
        RowStatus::Stalled => "stalled",
        RowStatus::Recorded => "was recorded",
        RowStatus::Sent => "was sent",
        RowStatus::Detached => "was started",
        RowStatus::Registered => "was registered",
        RowStatus::Requested => "was requested",
        RowStatus::Continued => "continued as new",
    };
    // What a service is asked for is too long to be read in passing.
    let is_object = row.payload.starts_with(['{', '[']);
    match row.payload.is_empty() || (is_object && row.status == RowStatus::Scheduled) {
        true => verb.to_owned(),
        false => format!("{verb} ({})", brief(&row.payload)),
    }
}

/// What a payload says, or the beginning of it: of an error, its title.
fn brief(payload: &str) -> String {
    const MOST: usize = 40;
    match payload.rsplit_once(": ") {
        Some(_) if payload.chars().count() > MOST => {
            let title = payload.split(": ").take_while(|part| part.len() < MOST);
            let title = title.collect::<Vec<_>>().join(": ");
            match title.is_empty() {
                true => format::cut(payload, MOST),
                false => format::cut(&title, MOST),
            }
        }
        _ => format::cut(payload, MOST),
    }
}

pub(super) fn has_ended(events: &[Event]) -> bool {
    events.last().is_some_and(|last| is_end(&last.kind))
}

/// Whether a run ends with an event.
pub(super) fn is_end(kind: &EventKind) -> bool {
    kind.is_end_of_code() || matches!(kind, EventKind::ExecutionTerminated { .. })
}
