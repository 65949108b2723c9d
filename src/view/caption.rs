//! The caption: one line for the audience about what matters now.

use std::{sync::Arc, time::Duration};

use super::{
    clock::Clock, format, health::TroubleView, lane::LaneModel, lane_state::LaneState,
    outage::Outage, snapshot::Snapshot, stall::Stall,
};
use crate::{
    backend::Link,
    engine::{Status, Timestamp},
};

/// For how long the caption reports the end of an instance.
const RECENT: Duration = Duration::from_secs(8);

/// What holds for everything that is heard live.
const SAVED_FIRST: &str = " Every step is saved before you hear it.";

/// The caption at the bottom of the window: trouble first, then what scores say about their steps, then
/// ends, waits and pauses.
pub fn caption(snapshot: &Snapshot, now: Timestamp) -> String {
    if let Some(TroubleView::Store(_)) = &snapshot.trouble {
        return "The store cannot be written right now. All workflows wait until it can."
            .to_owned();
    }
    if let Some(words) = away(snapshot, now) {
        return words;
    }
    let newest_first = |line: fn(&LaneModel, &Snapshot, Timestamp) -> Option<String>| {
        let newest = |lane: &&Arc<LaneModel>| lane.last_event_at;
        let mut lanes: Vec<_> = snapshot.lanes.iter().collect();
        lanes.sort_by_key(|lane| std::cmp::Reverse(newest(lane)));
        lanes.into_iter().find_map(|lane| line(lane, snapshot, now))
    };
    let back = snapshot
        .outages
        .last()
        .filter(|outage| now >= outage.until && now.since(outage.until) < Outage::RECENT);
    if let Some(outage) = back {
        return outage.caption();
    }
    newest_first(trouble)
        .or_else(|| step(snapshot))
        .or_else(|| newest_first(ending))
        .or_else(|| newest_first(waiting))
        .or_else(|| newest_first(paused))
        .unwrap_or_else(|| overall(snapshot))
}

/// The caption in replay: where the playhead is, how long ago that was, and what mattered then. `wall` is
/// now.
pub fn replay_caption(
    snapshot: &Snapshot,
    at: Timestamp,
    wall: Timestamp,
    clock: &Clock,
) -> String {
    let place = match snapshot.has_music() {
        true => format!("Bar {}", snapshot.transport.position(at).0),
        false => clock.reading(at),
    };
    let ago = format::when_it_was(at, wall, &clock.zone);
    let then = match snapshot.lanes.is_empty() {
        true => "Nothing had started yet.".to_owned(),
        false => caption(snapshot, at),
    };
    // What is true only of what plays now.
    let then = then.trim_end_matches(SAVED_FIRST);
    format!("{place}, {ago}: {then}")
}

/// An engine that does not answer.
fn away(snapshot: &Snapshot, now: Timestamp) -> Option<String> {
    let mut backends = snapshot.backends.iter();
    backends.find_map(|backend| match &backend.link {
        Link::Up => None,
        Link::Down { since, .. } => Some(format!(
            "{} has been away for {}. What happens there meanwhile is shown when it is back.",
            backend.name,
            format::seconds(now.since(*since))
        )),
    })
}

fn trouble(lane: &LaneModel, snapshot: &Snapshot, now: Timestamp) -> Option<String> {
    let name = lane.title();
    match lane.state() {
        LaneState::Retrying { failures, due, .. } => {
            let when = format::when(due, now);
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
        LaneState::Stalled { reason } => Some(match Stall::of(&reason) {
            Some(Stall { found, expected }) => format!(
                "{name} is stalled: its history has {found}, its code now requests {expected}."
            ),
            None => format!(
                "{name} is stalled: its code no longer matches its history. Fix the code and it resumes."
            ),
        }),
        LaneState::Compensating { step } => Some(format!(
            "{name} is undoing completed steps because a later one failed: “{step}”."
        )),
        LaneState::Canceling { .. } => {
            Some(format!("{name} is being canceled and is cleaning up."))
        }
        LaneState::Closed {
            status: Status::Failed,
            reason,
            ..
        } if is_recent(lane, now) => Some(match reason {
            Some(reason) => format!("{name} failed: {reason}"),
            None => format!("{name} failed."),
        }),
        _ => None,
    }
}

/// What a score says about the step that runs. Of several scores, the one that was started last speaks.
fn step(snapshot: &Snapshot) -> Option<String> {
    let captions = snapshot.lanes.iter().filter_map(|lane| {
        let caption = lane.step_caption()?;
        Some((lane.started_at, caption))
    });
    let (_, caption) = captions.max_by_key(|(started, _)| *started)?;
    Some(caption.to_string())
}

fn ending(lane: &LaneModel, _: &Snapshot, now: Timestamp) -> Option<String> {
    let name = lane.title();
    match lane.state() {
        LaneState::Closed { status, .. } if is_recent(lane, now) => Some(match status {
            Status::Terminated => format!("{name} was terminated."),
            Status::Canceled => format!("{name} was canceled."),
            Status::ContinuedAsNew => format!("{name} continued as new, with an empty history."),
            _ => format!("{name} completed."),
        }),
        _ => None,
    }
}

fn waiting(lane: &LaneModel, _: &Snapshot, now: Timestamp) -> Option<String> {
    if let Some(wait) = lane.worker_wait(now) {
        let (title, away) = (lane.title(), format::seconds(now.since(wait.since)));
        return Some(match wait.activity {
            Some(name) => format!("“{name}” of {title} has waited for a worker for {away}."),
            None => format!("{title} has waited for its worker for {away}."),
        });
    }
    match lane.state() {
        LaneState::WaitingForEvent { name, deadline } => {
            let left = match deadline {
                Some(at) => format!(" Timeout {}.", format::when(at, now)),
                None => String::new(),
            };
            let title = lane.title();
            Some(match name.is_empty() {
                true => format!("{title} is waiting for an event: press C to send one."),
                false => format!("{title} is waiting for “{name}”: press C to send it.{left}"),
            })
        }
        LaneState::WaitingForChildren { name, count } => Some(match count {
            1 => format!("{} is waiting for its child “{name}”.", lane.title()),
            n => format!("{} is waiting for its {n} children.", lane.title()),
        }),
        _ => None,
    }
}

fn paused(lane: &LaneModel, snapshot: &Snapshot, _: Timestamp) -> Option<String> {
    if lane.status != Status::Suspended {
        return None;
    }
    if lane.waits_for_bar() {
        return Some(format!("{} begins again at the next bar.", lane.title()));
    }
    let paused = |lane: &&Arc<LaneModel>| lane.status == Status::Suspended;
    let paused: Vec<_> = snapshot.lanes.iter().filter(paused).collect();
    let frozen = paused.iter().all(|lane| lane.freezes_time);
    Some(match (paused.len(), frozen) {
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

fn overall(snapshot: &Snapshot) -> String {
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
        [lane] => format!("{} is running.{}", lane.title(), saved_first(snapshot)),
        lanes => format!(
            "{} workflows are running.{}",
            lanes.len(),
            saved_first(snapshot)
        ),
    }
}

fn saved_first(snapshot: &Snapshot) -> &'static str {
    match snapshot.has_music() {
        true => SAVED_FIRST,
        false => "",
    }
}

fn is_recent(lane: &LaneModel, now: Timestamp) -> bool {
    now.since(lane.last_moment()) < RECENT
}

fn others_play(lane: &LaneModel, snapshot: &Snapshot) -> bool {
    lane.activities.values().any(|open| open.play.is_some())
        || snapshot.lanes.iter().any(|other| {
            other.id != lane.id
                && other.status == Status::Running
                && !matches!(other.state(), LaneState::Retrying { .. })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload},
        view::{
            Projector,
            test_history::{TestHistory, s},
        },
    };

    fn running(id: &str) -> TestHistory {
        let mut history = TestHistory::new(id);
        history.note(1.0, 1.0, 40);
        history
    }

    #[test]
    fn the_caption_reports_a_retry_and_that_the_others_keep_playing() {
        let mut projector = Projector::new();
        assert_eq!(
            caption(&projector.snapshot(), s(0.0)),
            "Nothing is running. Choose a score to begin."
        );
        projector.committed(&running("Bass").commit());
        let mut drummer = TestHistory::new("Drummer");
        for n in 0..3 {
            let at = f64::from(n) * 2.0;
            let task = drummer.schedule(at, "strike", Payload::null());
            let retry = (n == 2).then_some(6.5);
            drummer.fail(at + 1.0, task, 1, retry);
        }
        projector.committed(&drummer.commit());
        assert_eq!(
            caption(&projector.snapshot(), s(5.0)),
            "Drummer failed 3 times; retrying in 1.5 s. The other lanes keep playing."
        );
    }

    #[test]
    fn the_caption_of_a_stalled_lane_says_what_was_found_and_what_was_expected() {
        let mut projector = Projector::new();
        let mut bass = running("Bass");
        let reason = "instance \"Bass\" does not match its history at event 7: the history has the \
                      activity \"play\" with 1, the code now requests a timer; the last matching event is 6";
        let reason = reason.to_owned();
        bass.add(2.0, EventKind::ExecutionStalled { reason });
        projector.committed(&bass.commit());
        let snapshot = projector.snapshot();
        let expected = "Bass is stalled: its history has the activity \"play\", its code now requests a timer.";
        assert_eq!(caption(&snapshot, s(3.0)), expected);
        let line = snapshot.lanes[0].status_line(s(3.0));
        assert_eq!(
            line,
            "Stalled: expected a timer, found the activity \"play\""
        );
    }

    #[test]
    fn a_store_that_cannot_be_written_is_reported_until_it_can() {
        let mut projector = Projector::new();
        projector.committed(&running("bass").commit());
        let calm = caption(&projector.snapshot(), s(9.0));
        projector.trouble(Some(TroubleView::Store("the disk is full".into())));
        let troubled = projector.snapshot();
        assert_eq!(
            caption(&troubled, s(9.0)),
            "The store cannot be written right now. All workflows wait until it can."
        );
        projector.trouble(Some(TroubleView::Store("the disk is full".into())));
        assert_eq!(projector.snapshot().version, troubled.version);
        projector.trouble(None);
        let over = projector.snapshot();
        assert!(over.version > troubled.version);
        assert_eq!(over.trouble, None);
        assert_eq!(caption(&over, s(9.0)), calm);
    }

    #[test]
    fn the_caption_reports_children_compensation_and_cancel() {
        let line = |history: &TestHistory| {
            let mut projector = Projector::new();
            projector.committed(&history.commit());
            caption(&projector.snapshot(), s(5.0))
        };
        let mut tour = TestHistory::new("Tour");
        tour.child(1.0, "concert", "Tour/1");
        assert_eq!(line(&tour), "Tour is waiting for its child “concert”.");
        tour.child(1.0, "concert", "Tour/2");
        assert_eq!(line(&tour), "Tour is waiting for its 2 children.");
        let reason = String::new();
        tour.add(
            2.0,
            EventKind::ExecutionCancelRequested {
                reason,
                waits_for_children: true,
            },
        );
        assert_eq!(line(&tour), "Tour is being canceled and is cleaning up.");
        let name = "cancel the hall".to_owned();
        let registered = tour.add(3.0, EventKind::CompensationRegistered { name });
        tour.add(3.0, EventKind::CompensationStarted { registered });
        assert_eq!(
            line(&tour),
            "Tour is undoing completed steps because a later one failed: “cancel the hall”."
        );
    }
}
