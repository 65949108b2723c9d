//! Activities: asked for, attempted, failed, tried again, done.

use std::sync::Arc;

use super::PAYLOAD;
use crate::{
    engine::{Event, EventId, EventKind, Failure, Payload, RetryPolicy, Timestamp},
    score::calls::{Performed, Play, Rest},
    view::{
        lane::{LaneModel, OpenPause, OpenTask, Played},
        piece::{Outcome, Piece, PieceKind},
        row::RowStatus,
        words,
    },
};

impl LaneModel {
    pub(super) fn fold_task(&mut self, event: &Event, played: &mut Vec<Played>) {
        match &event.kind {
            EventKind::TaskScheduled {
                name, input, retry, ..
            } => self.scheduled(event, name, input, retry.as_deref()),
            EventKind::TaskStarted { scheduled, attempt } => {
                self.attempt_started(event, *scheduled, *attempt);
            }
            EventKind::TaskCompleted { scheduled, result } => {
                self.task_completed(event, *scheduled, result, played);
            }
            EventKind::TaskFailed {
                scheduled,
                attempt,
                failure,
                retry_at,
                ..
            } => self.attempt_failed(event, *scheduled, *attempt, failure, *retry_at),
            EventKind::TaskHeartbeat { scheduled, details } => {
                let Some(task) = self.tasks.get(scheduled) else {
                    return;
                };
                let task = task.label.clone();
                let details = words::payload(details, PAYLOAD);
                self.part(event, "heartbeat", RowStatus::Noted, details.as_str());
                let details = words::cut(&details, 60).into();
                self.mark(event, PieceKind::Heartbeat { task, details });
            }
            EventKind::TaskCanceled { scheduled } => {
                if let Some(task) = self.tasks.remove(scheduled) {
                    self.close_task(&task, event.at, Outcome::Lost);
                    self.set_row(task.row, RowStatus::Canceled);
                }
            }
            _ => {}
        }
    }

    fn scheduled(
        &mut self,
        event: &Event,
        name: &str,
        input: &Payload,
        retry: Option<&RetryPolicy>,
    ) {
        // A stalled instance that schedules work again has been mended.
        self.mended(event.at);
        let play: Option<Play> = (name == "play").then(|| input.decode().ok()).flatten();
        let rest: Option<Rest> = (name == "rest").then(|| input.decode().ok()).flatten();
        let task = play
            .as_ref()
            .map(|p| p.task.as_str())
            .or(rest.as_ref().map(|r| r.task.as_str()))
            .filter(|task| !task.is_empty())
            .unwrap_or(name);
        let label: Arc<str> = Arc::from(task);
        let data = match (&play, &rest) {
            (Some(play), _) => said(play),
            (_, Some(rest)) => format!("rest {} beats", rest.length),
            _ => words::payload(input, PAYLOAD),
        };
        let row = self.row(event, label.clone(), RowStatus::Scheduled, data);
        let queued = self.begin(
            event,
            PieceKind::Queued {
                task: label.clone(),
            },
        );
        self.tasks.insert(
            event.id,
            OpenTask {
                label,
                max_attempts: retry.map_or(1, |policy| policy.max_attempts),
                row,
                play,
                queued: Some(queued),
                attempt: None,
                attempt_no: 0,
                pause: None,
            },
        );
    }

    fn attempt_started(&mut self, event: &Event, scheduled: EventId, attempt: u32) {
        let Some(mut task) = self.tasks.remove(&scheduled) else {
            return;
        };
        if let Some(queued) = task.queued.take() {
            self.pieces.close(queued, event.at);
        }
        if let Some(pause) = task.pause.take() {
            self.pause_over(&pause, event.at);
        }
        if let Some(earlier) = task.attempt.take() {
            self.broke_off(earlier, event.at);
        }
        task.attempt = Some(self.begin(
            event,
            PieceKind::Attempt {
                task: task.label.clone(),
                attempt,
                outcome: Outcome::Open,
            },
        ));
        task.attempt_no = attempt;
        self.set_row(task.row, RowStatus::Running);
        self.tasks.insert(scheduled, task);
    }

    fn task_completed(
        &mut self,
        event: &Event,
        scheduled: EventId,
        result: &Payload,
        played: &mut Vec<Played>,
    ) {
        let Some(task) = self.tasks.remove(&scheduled) else {
            return;
        };
        self.close_task(&task, event.at, Outcome::Done);
        self.set_row(task.row, RowStatus::Completed);
        self.succeeded(&task.label);
        match (&task.play, result.decode::<Performed>()) {
            (Some(play), Ok(done)) => self.sound(scheduled, play, done, played),
            (None, Err(_)) => {
                self.result(task.row, words::payload(result, PAYLOAD));
            }
            _ => {}
        }
    }

    fn sound(
        &mut self,
        scheduled: EventId,
        play: &Play,
        done: Performed,
        played: &mut Vec<Played>,
    ) {
        let instrument: Arc<str> = Arc::from(play.instrument.as_str());
        for key in &play.keys {
            self.voices.hear(&play.instrument, *key);
            self.pieces.push(Piece {
                event: scheduled,
                from: done.onset,
                until: Some(done.until.max(done.onset)),
                kind: PieceKind::Note {
                    key: *key,
                    velocity: play.velocity,
                    instrument: instrument.clone(),
                },
            });
        }
        played.push(Played {
            onset: done.onset,
            until: done.until,
            at: done.at,
            length: play.length,
        });
    }

    fn attempt_failed(
        &mut self,
        event: &Event,
        scheduled: EventId,
        attempt: u32,
        failure: &Failure,
        retry_at: Option<Timestamp>,
    ) {
        let Some(mut task) = self.tasks.remove(&scheduled) else {
            return;
        };
        self.close_task(&task, event.at, Outcome::Failed);
        self.failed(event, &task.label, attempt, failure);
        match retry_at {
            None => self.set_row(task.row, RowStatus::Failed),
            Some(due) => {
                task.queued = None;
                task.attempt = None;
                let next = attempt.saturating_add(1);
                task.pause = Some(self.pause(event, task.label.clone(), next, due));
                self.set_row(task.row, RowStatus::Scheduled);
                self.tasks.insert(scheduled, task);
            }
        }
    }

    /// A pause before a retry begins.
    pub(super) fn pause(
        &mut self,
        event: &Event,
        task: Arc<str>,
        attempt: u32,
        due: Timestamp,
    ) -> OpenPause {
        let wait = words::seconds(due.since(event.at));
        OpenPause {
            piece: self.begin(event, PieceKind::Pause { task, attempt, due }),
            row: self.part(event, "retry timer", RowStatus::Pending, wait),
            due,
            attempt,
        }
    }

    /// A pause is over, and the next attempt begins.
    pub(super) fn pause_over(&mut self, pause: &OpenPause, at: Timestamp) {
        self.pieces.close(pause.piece, at);
        self.set_row(pause.row, RowStatus::Fired);
    }

    pub(super) fn close_task(&mut self, task: &OpenTask, at: Timestamp, outcome: Outcome) {
        if let Some(queued) = task.queued {
            self.pieces.close(queued, at);
        }
        if let Some(attempt) = task.attempt {
            self.pieces.close_with(attempt, at, outcome);
        }
        if let Some(pause) = &task.pause {
            self.pieces.close(pause.piece, at);
        }
    }

    /// An attempt did not return and another one begins: it was given back when the instance was
    /// held, or it was lost with the process.
    fn broke_off(&mut self, attempt: usize, at: Timestamp) {
        let begun = self.pieces.get(attempt).map(|piece| piece.from);
        match self.held_at {
            Some(held) if begun.is_some_and(|begun| begun <= held) => {
                self.pieces.close_with(attempt, held, Outcome::GivenBack);
            }
            _ => self.pieces.close_with(attempt, at, Outcome::Lost),
        }
    }

    /// The instance is held and nothing is under way: what had begun has been given back.
    pub(in crate::view) fn given_back(&mut self) {
        let Some(held) = self.held_at else { return };
        let mut rows = Vec::new();
        for task in self.tasks.values_mut() {
            if let Some(attempt) = task.attempt.take() {
                self.pieces.close_with(attempt, held, Outcome::GivenBack);
                rows.push(task.row);
            }
        }
        for row in rows {
            self.set_row(row, RowStatus::Scheduled);
        }
    }
}

/// A note or chord in words, with its length in beats: `E4 G4 · 0.5`.
fn said(play: &Play) -> String {
    let mut text = play
        .keys
        .iter()
        .take(6)
        .map(|key| words::key(*key))
        .collect::<Vec<_>>()
        .join(" ");
    let length = (play.length.as_f64() * 100.0).round() / 100.0;
    text.push_str(&format!(" · {length}"));
    text
}
