//! One line for the hall: what is worth knowing now, in plain words.

use std::{sync::Arc, time::Duration};

use super::{lane::LaneModel, snapshot::Snapshot, status::Doing, words};
use crate::engine::{Status, Timestamp};

/// For how long the end of an instance is worth a line.
const FRESH: Duration = Duration::from_secs(8);

/// The line at the bottom of the stage.
pub fn caption(snapshot: &Snapshot, now: Timestamp) -> String {
    if snapshot.trouble.is_some() {
        return "The store cannot be written right now. Everything waits.".to_owned();
    }
    let told = |tell: fn(&LaneModel, &Snapshot, Timestamp) -> Option<String>| {
        let newest = |lane: &&Arc<LaneModel>| lane.last_event_at;
        let mut lanes: Vec<_> = snapshot.lanes.iter().collect();
        lanes.sort_by_key(|lane| std::cmp::Reverse(newest(lane)));
        lanes.into_iter().find_map(|lane| tell(lane, snapshot, now))
    };
    told(trouble)
        .or_else(|| told(ending))
        .or_else(|| told(waiting))
        .or_else(|| told(held))
        .unwrap_or_else(|| at_rest(snapshot))
}

fn trouble(lane: &LaneModel, snapshot: &Snapshot, now: Timestamp) -> Option<String> {
    let name = lane.title();
    match lane.doing() {
        Doing::Retries { failures, due, .. } => {
            let when = words::when(due, now);
            let times = match failures {
                0 | 1 => String::new(),
                n => format!(" {n} times"),
            };
            let others = match others_play(lane, snapshot) {
                true => " The other lanes keep playing.",
                false => "",
            };
            Some(format!("{name} failed{times}; retrying {when}.{others}"))
        }
        Doing::Stalled { .. } => Some(format!(
            "{name} is stalled: its code no longer matches its history. Fix the code and it resumes."
        )),
        Doing::Undoes { step } => Some(format!(
            "{name} is undoing completed steps because a later one failed: “{step}”."
        )),
        Doing::Ends { .. } => Some(format!("{name} is being canceled and is cleaning up.")),
        Doing::Ended {
            status: Status::Failed,
            why,
            ..
        } if fresh(lane, now) => Some(match why {
            Some(why) => format!("{name} failed: {why}"),
            None => format!("{name} failed."),
        }),
        _ => None,
    }
}

fn ending(lane: &LaneModel, _: &Snapshot, now: Timestamp) -> Option<String> {
    let name = lane.title();
    match lane.doing() {
        Doing::Ended { status, .. } if fresh(lane, now) => Some(match status {
            Status::Terminated => format!("{name} was terminated."),
            Status::Canceled => format!("{name} was canceled."),
            Status::ContinuedAsNew => format!("{name} continued as new, with an empty history."),
            _ => format!("{name} completed."),
        }),
        _ => None,
    }
}

fn waiting(lane: &LaneModel, _: &Snapshot, now: Timestamp) -> Option<String> {
    match lane.doing() {
        Doing::WaitsForEvent { name, deadline } => {
            let left = match deadline {
                Some(at) => format!(" Timeout {}.", words::when(at, now)),
                None => String::new(),
            };
            Some(format!(
                "{} is waiting for “{name}”: press C to send it.{left}",
                lane.title()
            ))
        }
        Doing::WaitsForChildren { name, count } => Some(match count {
            1 => format!("{} is waiting for its child “{name}”.", lane.title()),
            n => format!("{} is waiting for its {n} children.", lane.title()),
        }),
        _ => None,
    }
}

fn held(lane: &LaneModel, snapshot: &Snapshot, _: Timestamp) -> Option<String> {
    if lane.status != Status::Suspended {
        return None;
    }
    let held = |lane: &&Arc<LaneModel>| lane.status == Status::Suspended;
    let held: Vec<_> = snapshot.lanes.iter().filter(held).collect();
    let frozen = held.iter().all(|lane| lane.freezes);
    Some(match (held.len(), frozen) {
        (1, true) => format!(
            "{} is paused: its clock is frozen and new events are queued.",
            lane.title()
        ),
        (1, false) => format!("{} is paused: new events are queued.", lane.title()),
        (n, true) => {
            format!("{n} lanes are paused: their clocks are frozen and new events are queued.")
        }
        (n, false) => format!("{n} lanes are paused: new events are queued."),
    })
}

fn at_rest(snapshot: &Snapshot) -> String {
    let running: Vec<_> = snapshot
        .lanes
        .iter()
        .filter(|lane| lane.status == Status::Running)
        .collect();
    match running.as_slice() {
        [] if snapshot.lanes.is_empty() => {
            "Nothing is running. Choose a score to begin.".to_owned()
        }
        [] => "The performance is over. Its history is kept.".to_owned(),
        [lane] => format!(
            "{} is running. Every step is saved before you hear it.",
            lane.title()
        ),
        lanes => format!(
            "{} workflows are running. Every step is saved before you hear it.",
            lanes.len()
        ),
    }
}

fn fresh(lane: &LaneModel, now: Timestamp) -> bool {
    now.since(lane.last_moment()) < FRESH
}

fn others_play(lane: &LaneModel, snapshot: &Snapshot) -> bool {
    lane.tasks.values().any(|task| task.play.is_some())
        || snapshot.lanes.iter().any(|other| {
            other.id != lane.id
                && other.status == Status::Running
                && !matches!(other.doing(), Doing::Retries { .. })
        })
}
