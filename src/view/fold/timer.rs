//! Waits and pauses.

use std::sync::Arc;

use crate::{
    engine::{Event, EventId, EventKind, TimerOrigin, Timestamp},
    view::{
        lane::{LaneModel, OpenTimer, Retried},
        piece::{PieceKind, WaitOn},
        row::RowStatus,
        words,
    },
};

impl LaneModel {
    pub(super) fn fold_timer(&mut self, event: &Event) {
        match &event.kind {
            EventKind::TimerCreated { fire_at, origin } => {
                self.timer_created(event, *fire_at, origin);
            }
            EventKind::TimerFired { timer } => {
                self.timer_closed(event.at, *timer, RowStatus::Fired);
            }
            EventKind::TimerCanceled { timer } => {
                self.timer_closed(event.at, *timer, RowStatus::Canceled);
            }
            _ => {}
        }
    }

    fn timer_created(&mut self, event: &Event, fire_at: Option<Timestamp>, origin: &TimerOrigin) {
        let left = fire_at.map(|at| words::seconds(at.since(event.at)));
        let (title, kind) = match origin {
            TimerOrigin::ExternalEvent { name } => (
                format!("wait for “{name}”"),
                PieceKind::Wait {
                    on: WaitOn::Event(name.as_str().into()),
                    deadline: fire_at,
                },
            ),
            TimerOrigin::ExternalEvents { names } => {
                let names = any_of(names);
                (
                    format!("wait for “{names}”"),
                    PieceKind::Wait {
                        on: WaitOn::Event(names.into()),
                        deadline: fire_at,
                    },
                )
            }
            TimerOrigin::Wait { name } => (
                match name.as_str() {
                    "" => "wait".to_owned(),
                    name => name.to_owned(),
                },
                PieceKind::Wait {
                    on: WaitOn::Moment(name.as_str().into()),
                    deadline: fire_at,
                },
            ),
            TimerOrigin::Retry { name, attempt } => (
                "retry timer".to_owned(),
                PieceKind::Pause {
                    task: name.as_str().into(),
                    attempt: *attempt,
                    due: fire_at.unwrap_or(event.at),
                },
            ),
        };
        let row = self.row(event, title, RowStatus::Pending, left.unwrap_or_default());
        let piece = self.begin(event, kind);
        let cue = cue(origin);
        self.timers.insert(event.id, OpenTimer { piece, row, cue });
    }

    fn timer_closed(&mut self, at: Timestamp, timer: EventId, status: RowStatus) {
        if let Some(timer) = self.timers.remove(&timer) {
            self.pieces.close(timer.piece, at);
            self.set_row(timer.row, status);
            if let Some(PieceKind::Pause { task, attempt, .. }) =
                self.pieces.get(timer.piece).map(|piece| &piece.kind)
                && status == RowStatus::Fired
            {
                self.retried = Some(Retried {
                    task: task.clone(),
                    attempt: *attempt,
                    since: at,
                });
            }
        }
    }
}

/// Several events in words.
fn any_of(names: &[String]) -> String {
    match names {
        [] => "any event".to_owned(),
        names => names.join(" or "),
    }
}

/// The event that a cue for a wait is; for a wait for any event, one of that name.
fn cue(origin: &TimerOrigin) -> Option<Arc<str>> {
    match origin {
        TimerOrigin::ExternalEvent { name } => Some(name.as_str().into()),
        TimerOrigin::ExternalEvents { names } => {
            Some(names.first().map_or("cue", String::as_str).into())
        }
        TimerOrigin::Wait { .. } | TimerOrigin::Retry { .. } => None,
    }
}
