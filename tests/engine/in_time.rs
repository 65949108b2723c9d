//! Timers fire when they are due, shifted by the time during which they were frozen.

use std::{collections::BTreeMap, time::Duration};

use fermata::engine::*;

/// A simulated clock stops at whole milliseconds.
const GRAIN: Duration = Duration::from_millis(1);

/// Checks that every timer of a history fired when it should, given when there was no engine.
pub fn check(history: &[Event], outages: &[(Timestamp, Timestamp)]) -> Result<(), String> {
    let mut due = BTreeMap::new();
    let mut held: Option<(Timestamp, bool)> = None;
    let mut let_go = Timestamp::default();
    // In a fork, time continues where its own part begins.
    let mut own = Vec::new();
    if let Some(EventKind::ExecutionStarted { fork, .. }) = history.first().map(|e| &e.kind) {
        let mut fork = fork.as_deref();
        while let Some(taken) = fork {
            own.push(taken.from);
            fork = taken.source.as_deref();
        }
    }
    for event in history {
        if own.contains(&event.id) {
            let_go = event.at;
        }
        match &event.kind {
            EventKind::TimerCreated {
                fire_at: Some(at), ..
            } => {
                due.insert(event.id, (*at, event.at));
            }
            EventKind::ExecutionStarted {
                start_at: Some(at), ..
            } => {
                due.insert(event.id, (*at, event.at));
            }
            EventKind::ExecutionSuspended { freeze_time, .. } => {
                held = Some((event.at, *freeze_time));
            }
            EventKind::ExecutionResumed { .. } => {
                let_go = event.at;
                if let Some((since, true)) = held.take() {
                    for (at, created) in due.values_mut() {
                        *at = *at + event.at.since(since.max(*created));
                    }
                }
            }
            EventKind::TimerFired { timer } => {
                let (at, created) = due.remove(timer).ok_or("it has no end")?;
                // A fork may create what is overdue at once.
                let mut earliest = at.max(let_go).max(created);
                let mut latest = earliest;
                for (from, to) in outages {
                    // At its very first moment either may have come first.
                    if (*from < earliest) && (earliest < *to) {
                        earliest = *to;
                    }
                    if (*from..*to).contains(&latest) {
                        latest = *to;
                    }
                }
                if event.at < earliest || event.at > latest + GRAIN {
                    let at = earliest;
                    return Err(format!("event {} should be at {at}", event.id));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
