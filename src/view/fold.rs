//! How each event of a history changes a lane. The only place that reads event kinds.

use std::sync::Arc;

use super::{
    lane::{LaneModel, OpenPause, OpenTask, OpenTimer, Played, Retried},
    piece::{Outcome, Piece, PieceKind, WaitOn},
    row::RowStatus,
    words,
};
use crate::{
    engine::{
        Event, EventId, EventKind, Failure, Payload, RetryPolicy, Status, TimerOrigin, Timestamp,
    },
    score::calls::{Performed, Play, Rest},
};

/// Characters of a payload that a row shows at most.
const PAYLOAD: usize = 160;

impl LaneModel {
    pub(super) fn fold(&mut self, event: &Event, played: &mut Vec<Played>) {
        match &event.kind {
            EventKind::ExecutionStarted { name, input } => {
                self.row(
                    event,
                    name.as_str(),
                    RowStatus::Started,
                    words::payload(input, PAYLOAD),
                );
            }
            EventKind::ExecutionCompleted { output } => {
                let text = words::payload(output, PAYLOAD);
                self.end(event, Status::Completed, RowStatus::Completed, text);
            }
            EventKind::ExecutionFailed { failure } => {
                let text = failure.to_string();
                self.end(event, Status::Failed, RowStatus::Failed, text);
            }
            EventKind::ExecutionTerminated { reason } => {
                self.end(
                    event,
                    Status::Terminated,
                    RowStatus::Terminated,
                    reason.clone(),
                );
            }
            EventKind::ExecutionSuspended { reason } => {
                self.row(event, "hold", RowStatus::Suspended, reason.as_str());
                if self.held.is_none() {
                    self.held_at = Some(event.at);
                    self.held = Some(self.begin(event, PieceKind::Held));
                }
            }
            EventKind::ExecutionResumed { reason } => {
                self.row(event, "hold", RowStatus::Resumed, reason.as_str());
                self.thaw(event.at);
                self.release(event.at);
            }
            EventKind::ExecutionStalled { reason } => {
                self.row(event, "replay", RowStatus::Stalled, reason.as_str());
                let reason = Arc::from(reason.as_str());
                if self.stalled.is_none() {
                    self.stalled = Some(self.begin(event, PieceKind::Stalled { reason }));
                }
            }
            EventKind::TaskScheduled { name, input, retry } => {
                self.scheduled(event, name, input, retry);
            }
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
            } => self.attempt_failed(event, *scheduled, *attempt, failure, *retry_at),
            EventKind::TaskCanceled { scheduled } => {
                if let Some(task) = self.tasks.remove(scheduled) {
                    self.close_task(&task, event.at, Outcome::Lost);
                    self.set_row(task.row, RowStatus::Canceled);
                }
            }
            EventKind::TimerCreated { fire_at, origin } => {
                self.timer_created(event, *fire_at, origin)
            }
            EventKind::TimerFired { timer } => {
                self.timer_closed(event.at, *timer, RowStatus::Fired);
            }
            EventKind::TimerCanceled { timer } => {
                self.timer_closed(event.at, *timer, RowStatus::Canceled);
            }
            EventKind::EventRaised { name, input } => {
                let text = words::payload(input, PAYLOAD);
                self.row(event, name.as_str(), RowStatus::Raised, text);
                let name = Arc::from(name.as_str());
                self.mark(event, PieceKind::Raised { name });
            }
            EventKind::CustomStatusSet { status } => {
                let text = words::payload(status, PAYLOAD);
                self.row(event, "status", RowStatus::Noted, text);
                self.set_note(status);
            }
        }
    }

    fn scheduled(&mut self, event: &Event, name: &str, input: &Payload, retry: &RetryPolicy) {
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
                max_attempts: retry.max_attempts,
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
            self.pieces.close(pause.piece, event.at);
            self.set_row(pause.row, RowStatus::Fired);
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
        if self.in_a_row.remove(&task.label).is_some() {
            self.retried = None;
        }
        match (&task.play, result.decode::<Performed>()) {
            (Some(play), Ok(done)) => self.sound(scheduled, play, done, played),
            (None, Err(_)) => {
                let text = words::payload(result, PAYLOAD);
                if let Some(row) = self.rows.get_mut(task.row)
                    && !text.is_empty()
                {
                    row.payload = text.into();
                }
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
        self.retried = None;
        let reason: Arc<str> = failure.message.as_str().into();
        let nth = self.in_a_row.entry(task.label.clone()).or_default();
        *nth += 1;
        let nth = *nth;
        self.mark(
            event,
            PieceKind::Failure {
                task: task.label.clone(),
                nth,
                reason: reason.clone(),
            },
        );
        self.last_failure = Some((task.label.clone(), nth, event.at, reason.clone()));
        let title = format!("attempt {attempt}");
        self.part(event, title, RowStatus::Failed, reason);
        match retry_at {
            None => self.set_row(task.row, RowStatus::Failed),
            Some(due) => {
                let pause = PieceKind::Pause {
                    task: task.label.clone(),
                    attempt: attempt.saturating_add(1),
                    due,
                };
                let wait = words::seconds(due.since(event.at));
                task.queued = None;
                task.attempt = None;
                task.pause = Some(OpenPause {
                    piece: self.begin(event, pause),
                    row: self.part(event, "retry timer", RowStatus::Pending, wait),
                    due,
                    attempt: attempt.saturating_add(1),
                });
                self.set_row(task.row, RowStatus::Scheduled);
                self.tasks.insert(scheduled, task);
            }
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
        self.timers.insert(event.id, OpenTimer { piece, row });
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

    fn close_task(&mut self, task: &OpenTask, at: Timestamp, outcome: Outcome) {
        if let Some(queued) = task.queued {
            self.pieces.close(queued, at);
        }
        if let Some(attempt) = task.attempt {
            self.pieces.close_attempt(attempt, at, outcome);
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
                self.pieces.close_attempt(attempt, held, Outcome::GivenBack);
            }
            _ => self.pieces.close_attempt(attempt, at, Outcome::Lost),
        }
    }

    /// The instance is held and nothing is under way: what had begun has been given back.
    pub(super) fn given_back(&mut self) {
        let Some(held) = self.held_at else { return };
        let mut rows = Vec::new();
        for task in self.tasks.values_mut() {
            if let Some(attempt) = task.attempt.take() {
                self.pieces.close_attempt(attempt, held, Outcome::GivenBack);
                rows.push(task.row);
            }
        }
        for row in rows {
            self.set_row(row, RowStatus::Scheduled);
        }
    }

    fn release(&mut self, at: Timestamp) {
        if let Some(held) = self.held.take() {
            self.pieces.close(held, at);
        }
    }

    /// While an instance is held its timers stand still: they are due later by as much.
    fn thaw(&mut self, at: Timestamp) {
        let Some(held) = self.held.and_then(|place| self.pieces.get(place)) else {
            return;
        };
        let by = at.since(held.from);
        for timer in self.timers.values() {
            self.pieces.postpone(timer.piece, by);
        }
        for pause in self.tasks.values_mut().filter_map(|t| t.pause.as_mut()) {
            pause.due = pause.due + by;
            self.pieces.postpone(pause.piece, by);
        }
    }

    fn mended(&mut self, at: Timestamp) {
        if let Some(stalled) = self.stalled.take() {
            self.pieces.close(stalled, at);
        }
    }

    fn end(&mut self, event: &Event, status: Status, row: RowStatus, text: String) {
        self.release(event.at);
        self.mended(event.at);
        for task in std::mem::take(&mut self.tasks).into_values() {
            self.close_task(&task, event.at, Outcome::Lost);
            self.set_row(task.row, RowStatus::Canceled);
        }
        for timer in std::mem::take(&mut self.timers).into_values() {
            self.pieces.close(timer.piece, event.at);
            self.set_row(timer.row, RowStatus::Canceled);
        }
        let workflow = self.workflow.clone();
        // What a workflow returns is data for programs; it stands in the table.
        let told = status != Status::Completed && !text.is_empty();
        self.ending = told.then(|| words::cut(&text, 80).into());
        self.row(event, workflow, row, text);
        self.mark(event, PieceKind::Ended { status });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{
        RowStatus,
        piece::PieceKind,
        sample::{Sample, s},
    };

    fn sample() -> Sample {
        let mut sample = Sample::new("bass");
        for n in 0..40 {
            sample.note(f64::from(n) + 1.0, 0.9, 40);
        }
        let task = sample.schedule(50.0, "pay", Payload::null());
        sample.fail(51.0, task, 1, Some(53.0));
        sample.wait_for(52.0, "applause", None);
        sample
    }

    fn told(lane: &LaneModel) -> (Vec<Piece>, Vec<String>) {
        let pieces = lane.pieces.iter().cloned().collect();
        let rows = lane.rows.iter().map(|row| format!("{row:?}")).collect();
        (pieces, rows)
    }

    #[test]
    fn commits_that_come_twice_or_too_early_change_nothing() {
        let sample = sample();
        let end = sample.events.len();
        let mut whole = LaneModel::new(sample.id.clone(), 0);
        whole.committed(&sample.commit());
        let mut odd = LaneModel::new(sample.id.clone(), 0);
        for part in [7..20, 0..9, 3..15, 60..end, 20..60, 0..end] {
            odd.committed(&sample.commit_of(part));
        }
        assert_eq!(told(&whole), told(&odd));
        assert!(odd.early.is_empty());
        assert_eq!(whole.doing(), odd.doing());
    }

    #[test]
    fn each_attempt_is_a_piece_of_its_own_with_the_pause_between() {
        let mut sample = Sample::new("drummer");
        let scheduled = sample.schedule(1.0, "pay", Payload::null());
        sample.fail(2.0, scheduled, 1, Some(4.0));
        let attempt = 2;
        sample.add(4.0, EventKind::TaskStarted { scheduled, attempt });
        let result = Payload::null();
        sample.add(5.0, EventKind::TaskCompleted { scheduled, result });
        let mut lane = LaneModel::new(sample.id.clone(), 0);
        lane.committed(&sample.commit());
        let told: Vec<_> = lane
            .pieces
            .iter()
            .map(|p| (p.kind.to_string(), p.from, p.until))
            .collect();
        let piece = |text: &str, from, until| (text.to_owned(), s(from), Some(s(until)));
        assert_eq!(
            told,
            [
                piece("pay waits to begin", 1.0, 1.01),
                piece("pay, attempt 1, failed", 1.01, 2.0),
                piece("pay failed, 1 in a row: the service is down", 2.0, 2.0),
                piece("pause before attempt 2 of pay", 2.0, 4.0),
                piece("pay, attempt 2, completed", 4.0, 5.0),
            ]
        );
        let rows: Vec<_> = lane
            .rows
            .iter()
            .map(|r| (r.title.as_ref(), r.status))
            .collect();
        assert_eq!(
            rows[1..],
            [
                ("pay", RowStatus::Completed),
                ("attempt 1", RowStatus::Failed),
                ("retry timer", RowStatus::Fired)
            ]
        );
    }

    #[test]
    fn failures_in_a_row_are_counted_over_retries_that_the_score_itself_makes() {
        let mut sample = Sample::new("drummer");
        for n in 0..3 {
            let task = sample.schedule(f64::from(n), "hit", Payload::null());
            sample.fail(f64::from(n) + 0.5, task, 1, None);
        }
        let mut lane = LaneModel::new(sample.id.clone(), 0);
        lane.committed(&sample.commit());
        let counts: Vec<_> = lane
            .pieces
            .iter()
            .filter_map(|p| match p.kind {
                PieceKind::Failure { nth, .. } => Some(nth),
                _ => None,
            })
            .collect();
        assert_eq!(counts, [1, 2, 3]);
    }

    #[test]
    fn time_that_a_lane_was_held_does_not_count_for_its_waits() {
        let mut sample = Sample::new("oboe");
        sample.wait_for(1.0, "applause", Some(9.0));
        let reason = String::new();
        sample.add(3.0, EventKind::ExecutionSuspended { reason });
        let reason = String::new();
        sample.add(8.0, EventKind::ExecutionResumed { reason });
        let mut lane = LaneModel::new(sample.id.clone(), 0);
        lane.committed(&sample.commit());
        assert_eq!(lane.sentence(s(8.0)), "for cue “applause”, 6.0 s left");
    }

    #[test]
    fn what_was_given_back_ends_with_the_hold_and_what_was_lost_with_the_restart() {
        let attempts = |lane: &LaneModel| -> Vec<_> {
            let of = |piece: &Piece| match piece.kind {
                PieceKind::Attempt { outcome, .. } => Some((outcome, piece.until)),
                _ => None,
            };
            lane.pieces.iter().filter_map(of).collect()
        };
        let mut sample = Sample::new("harp");
        let scheduled = sample.schedule(1.0, "pay", Payload::null());
        let reason = String::new();
        sample.add(3.0, EventKind::ExecutionSuspended { reason });
        sample.status = Status::Suspended;
        let mut lane = LaneModel::new(sample.id.clone(), 0);
        lane.committed(&sample.commit());
        assert_eq!(attempts(&lane), [(Outcome::GivenBack, Some(s(3.0)))]);

        let reason = String::new();
        sample.add(8.0, EventKind::ExecutionResumed { reason });
        let attempt = 1;
        sample.add(8.0, EventKind::TaskStarted { scheduled, attempt });
        sample.add(20.0, EventKind::TaskStarted { scheduled, attempt });
        sample.status = Status::Running;
        // The same whether it is told bit by bit or read from the store.
        let mut whole = LaneModel::new(sample.id.clone(), 0);
        whole.committed(&sample.commit());
        lane.committed(&sample.commit());
        for lane in [lane, whole] {
            assert_eq!(
                attempts(&lane),
                [
                    (Outcome::GivenBack, Some(s(3.0))),
                    (Outcome::Lost, Some(s(20.0))),
                    (Outcome::Open, None),
                ]
            );
        }
    }

    #[test]
    fn the_end_of_an_instance_ends_everything_in_it() {
        let mut sample = sample();
        sample.status = Status::Terminated;
        let reason = "enough".to_owned();
        sample.add(60.0, EventKind::ExecutionTerminated { reason });
        let mut lane = LaneModel::new(sample.id.clone(), 0);
        lane.committed(&sample.commit());
        assert!(lane.pieces.iter().all(|piece| piece.until.is_some()));
        assert_eq!(lane.doing().word(), "Terminated");
        assert_eq!(lane.sentence(s(61.0)), "enough, after 60 s");
    }
}
