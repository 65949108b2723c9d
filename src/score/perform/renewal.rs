//! Continuing as new: where the lines of tasks stop for it, and the position that the next run gets.

use std::{
    future::{Future, IntoFuture, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use futures_util::future::{Either, select};

use super::{
    Performance, Raised, ScoreInput, Voice, WorkflowContext,
    line::{Doing, Examined},
    position::{Frame, Position},
};
use crate::{
    engine::{Failure, TimerOrigin, Timestamp},
    music::{Beat, Beats},
    score::{Task, calls},
};

impl<C: WorkflowContext> Performance<C> {
    /// Called before something is played at a beat. If the lines stop there and all of them can continue
    /// in the next run, it does not return.
    pub(super) async fn reach(&self, task: &Task, at: Beat, voice: &Voice) -> Result<(), Raised> {
        self.choose_checkpoint(at);
        if !self.checkpoint.stops(at) {
            return Ok(());
        }
        let _doing = voice.line.doing(Doing::Stopped);
        self.checkpoint.examined().await;
        if !self.checkpoint.stops(at) {
            return Ok(());
        }
        // It waits for the other lines, until the note is nearly due.
        let rest = calls::Rest {
            task: task.name.clone(),
            at,
            length: Beats::ZERO,
            caption: None,
        };
        let resting = self.context.activity(calls::RestActivity, &rest);
        let abandoned = self.checkpoint.abandoned();
        match select(pin!(abandoned), resting.into_future()).await {
            Either::Left(_) => {}
            Either::Right((rested, _)) => {
                rested.map_err(|failure| Raised::failure(&task.pointer, &failure))?;
                self.checkpoint.abandon(self.context.history_length());
            }
        }
        self.waited();
        Ok(())
    }

    /// Waits for what is to be played at a beat.
    pub(super) async fn playing<T>(
        &self,
        task: &Task,
        at: Beat,
        voice: &Voice,
        playing: impl IntoFuture<Output = Result<T, Failure>>,
    ) -> Result<T, Raised> {
        let played = {
            let _doing = voice.line.doing(Doing::Playing(at));
            playing.await
        };
        self.waited();
        played.map_err(|failure| Raised::failure(&task.pointer, &failure))
    }

    /// Waits for something else.
    pub(super) async fn waiting<T>(
        &self,
        voice: &Voice,
        doing: Doing,
        waiting: impl IntoFuture<Output = T>,
    ) -> T {
        let done = {
            let _doing = voice.line.doing(doing);
            self.choose_checkpoint(voice.cursor);
            waiting.await
        };
        self.waited();
        done
    }

    /// `wait`.
    pub(super) async fn wait(
        &self,
        task: &Task,
        duration: Duration,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::Wait { until, at } => Some((*until, *at)),
            _ => None,
        });
        let (until, at) = resumed.unwrap_or((self.clock() + duration, voice.cursor));
        voice.cursor = at;
        let _frame = voice.line.enter(Frame::Wait { until, at });
        let name = task.name.clone();
        let left = self.time_to(until);
        let timer = self.context.timer_for(left, TimerOrigin::Wait { name });
        let waited = self.waiting(voice, Doing::Waiting, timer).await;
        waited.map_err(|failure| Raised::failure(&task.pointer, &failure))
    }

    /// Records that something was played at a beat.
    pub(super) fn played(&self, at: Beat) {
        self.played.set(self.played.get().max(at));
    }

    /// The clock of deadlines.
    pub(super) fn clock(&self) -> Timestamp {
        let now = self.context.now();
        if !self.renews {
            return now;
        }
        let frozen = u64::try_from(self.frozen().as_nanos()).unwrap_or(u64::MAX);
        Timestamp(now.0.saturating_sub(frozen))
    }

    /// For how long the clock of deadlines has stopped.
    fn frozen(&self) -> Duration {
        self.frozen_before + self.context.frozen_time()
    }

    fn choose_checkpoint(&self, at: Beat) {
        if self.renews && self.context.should_continue_as_new() {
            let bar = self.document.meters.first().bar();
            let history = self.context.history_length();
            let latest = at.max(self.played.get());
            self.checkpoint.choose(&self.root, latest, bar, history);
        }
    }

    /// Runs the lines to their end, or until the next run can continue all of them. Then returns the
    /// failure that ends this run. `start`: the input of this run.
    pub(super) async fn until_checkpoint<T>(
        &self,
        start: &ScoreInput,
        lines: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let mut lines = pin!(lines);
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(done) = lines.as_mut().poll(cx) {
                    return Poll::Ready(Ok(done));
                }
                match self.checkpoint.examine(&self.root) {
                    Examined::Unchanged => return Poll::Pending,
                    Examined::Woken => {}
                    Examined::AllStopped => {
                        let next = self.next_run(start);
                        let ended = self.context.continue_as_new(&next);
                        if ended.continues() {
                            self.checkpoint.reach();
                            return Poll::Ready(Err(ended));
                        }
                        // There is more data in progress than an input can be large.
                        self.checkpoint.abandon(self.context.history_length());
                    }
                }
            }
        })
        .await
    }

    /// The input of the run that continues from here.
    fn next_run(&self, start: &ScoreInput) -> ScoreInput {
        let (consumed, emitted) = self.seen.borrow().identities();
        let position = Position {
            input: self.input.clone(),
            started: self.started,
            frozen: self.frozen(),
            entered: self.entered.get(),
            played: self.played.get(),
            tempo: self.tempo.get(),
            context: self.shared.borrow().as_ref().clone(),
            cycles: self.cycles.borrow().clone(),
            seed: self.seed.get().copied(),
            deadline: self.deadline.get(),
            lines: self.lines.get(),
            consumed,
            emitted,
            undo: self.undoable(),
            line: self.root.position(&self.shared.borrow()),
        };
        ScoreInput {
            channels: self.channels.borrow().clone(),
            controls: self.controls(),
            position: Some(position.into()),
            ..start.clone()
        }
    }
}
