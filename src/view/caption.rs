//! One line for the hall: what is worth knowing now, in plain words.

use std::{sync::Arc, time::Duration};

use super::{lane::LaneModel, snapshot::Snapshot, status::Doing, words};
use crate::engine::{Status, Timestamp};

/// For how long the end of an instance is worth a line.
const FRESH: Duration = Duration::from_secs(8);

/// The line at the bottom of the stage.
pub fn caption(snapshot: &Snapshot, now: Timestamp) -> String {
    if snapshot.trouble.is_some() {
        return "Everything waits: nothing can be put on record just now.".to_owned();
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
                0 | 1 => "fails".to_owned(),
                n => format!("fails for the {} time", words::ordinal(n)),
            };
            let others = match others_play(lane, snapshot) {
                true => " Nobody else stops.",
                false => "",
            };
            Some(format!("{name} {times} and tries again {when}.{others}"))
        }
        Doing::Stalled { .. } => Some(format!(
            "{name} stands still: its code no longer agrees with its history. Mend it, and it goes on."
        )),
        Doing::Undoes { step } => Some(format!(
            "{name} undoes what it has done, because a later step failed: “{step}”."
        )),
        Doing::Ends { .. } => Some(format!(
            "{name} was asked to end and tidies up before it does."
        )),
        Doing::Ended {
            status: Status::Failed,
            why,
            ..
        } if fresh(lane, now) => Some(match why {
            Some(why) => format!("{name} has failed: {why}"),
            None => format!("{name} has failed."),
        }),
        _ => None,
    }
}

fn ending(lane: &LaneModel, _: &Snapshot, now: Timestamp) -> Option<String> {
    let name = lane.title();
    match lane.doing() {
        Doing::Ended { status, .. } if fresh(lane, now) => Some(match status {
            Status::Terminated => format!("{name} was ended by the conductor."),
            Status::Canceled => format!("{name} ended itself when asked to."),
            Status::ContinuedAsNew => format!("{name} begins anew with an empty history."),
            _ => format!("{name} is done."),
        }),
        _ => None,
    }
}

fn waiting(lane: &LaneModel, _: &Snapshot, now: Timestamp) -> Option<String> {
    match lane.doing() {
        Doing::WaitsForEvent { name, deadline } => {
            let left = match deadline {
                Some(at) => format!(" It waits for {} more.", words::seconds(at.since(now))),
                None => String::new(),
            };
            Some(format!(
                "{} waits for “{name}”: press C to give the cue.{left}",
                lane.title()
            ))
        }
        Doing::WaitsForChildren { name, count } => Some(match count {
            1 => format!("{} waits for “{name}”, which it has started.", lane.title()),
            n => format!(
                "{} waits for {n} workflows that it has started.",
                lane.title()
            ),
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
            "The conductor holds {}: its time is frozen, nothing is lost.",
            lane.title()
        ),
        (1, false) => format!("The conductor holds {}: nothing is lost.", lane.title()),
        (n, true) => {
            format!("The conductor holds {n} lanes: their time is frozen, nothing is lost.")
        }
        (n, false) => format!("The conductor holds {n} lanes: nothing is lost."),
    })
}

fn at_rest(snapshot: &Snapshot) -> String {
    let running: Vec<_> = snapshot
        .lanes
        .iter()
        .filter(|lane| lane.status == Status::Running)
        .collect();
    match running.as_slice() {
        [] if snapshot.lanes.is_empty() => "Nothing runs yet. Choose a score to begin.".to_owned(),
        [] => "The performance is over. Its history stays.".to_owned(),
        [lane] => format!(
            "{} runs. Every step is on record before it is heard.",
            lane.title()
        ),
        lanes => format!(
            "{} workflows run together. Every step is on record before it is heard.",
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
