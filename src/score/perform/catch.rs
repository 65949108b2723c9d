//! `try`, `catch`, `retry`.

use std::time::Duration;

use serde_json::Value;

use super::{
    Edition, Performance, Raised, TaskEvent, Voice, WorkflowContext,
    line::{Doing, InProgress},
    position::Frame,
    progress::report,
    tasks::{Done, Ending, after},
};
use crate::{
    engine::{TimerOrigin, Timestamp},
    music::Beat,
    score::{Catch, ErrorType, Retry, Task, Then, Try},
};

impl<C: WorkflowContext> Performance<C> {
    /// Tries, tries again as the policy says, and at last does what is to be done about the error.
    pub(super) async fn try_catch(
        &self,
        task: &Task,
        tried: &Try,
        input: Value,
        voice: &mut Voice,
    ) -> Done<Then> {
        let then = tried.catch.then.unwrap_or(task.then);
        // What comes after an error that was caught.
        let caught_then = |(output, ending)| match ending {
            Ending::List => (output, then),
            Ending::Workflow => (output, Then::End),
        };
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::Try { .. } => Some(frame.clone()),
            _ => None,
        });
        let limit = tried.catch.retry.as_ref().and_then(|r| r.attempt_duration);
        let (mut trial, mut resumed_deadline, delay) = match resumed {
            Some(Frame::Try {
                begun,
                at,
                attempt,
                deadline,
                caught,
                delay,
            }) => {
                voice.cursor = at;
                if let Some(error) = caught {
                    let trial = Trial { begun, attempt };
                    let done = self.handle(tried, trial, error, input, voice).await;
                    return done.map(caught_then);
                }
                (Trial { begun, attempt }, deadline, delay)
            }
            _ => {
                let begun = self.context.now();
                (Trial { begun, attempt: 1 }, None, None)
            }
        };
        let frame = voice.line.enter(trial.frame(voice.cursor));
        if let Some(until) = delay {
            self.delay(task, trial, until, &frame, voice).await?;
        }
        loop {
            // Each attempt starts where the task started; what is in the past by then, the player moves
            // to the same position in a later bar.
            let mut trying = Voice {
                tries: true,
                ..voice.clone()
            };
            let deadline = resumed_deadline.take().or_else(|| self.deadline(limit));
            update(&frame, trial, deadline, None);
            let body = self.list(&tried.tasks, input.clone(), &mut trying);
            let error = match self.limited(&task.pointer, limit, deadline, body).await {
                Ok(done) => {
                    voice.cursor = trying.cursor;
                    let (output, ending) = done;
                    return Ok((output, after(ending, task)));
                }
                Err(error) => error,
            };
            // Nothing is tried again once the instance was asked to end.
            if error.is_canceled() && self.context.cancel_reason().is_some() {
                return Err(error);
            }
            let mut caught = voice.clone();
            caught
                .variables
                .set(tried.catch.error_as.as_str(), self.described(&error));
            if !self.catches(task, &tried.catch, &error, &input, &caught)? {
                return Err(error);
            }
            if let Some(retry) = &tried.catch.retry
                && let Some(delay) =
                    self.next_delay(task, retry, trial, (&error, &input), &caught)?
            {
                trial.attempt += 1;
                let until = self.clock() + delay;
                self.delay(task, trial, until, &frame, voice).await?;
                continue;
            }
            drop(frame);
            return match &tried.catch.tasks {
                Some(_) => {
                    let error = self.described(&error);
                    let done = self.handle(tried, trial, error, input, voice).await;
                    done.map(caught_then)
                }
                None if tried.catch.retry.is_some() && tried.catch.then.is_none() => Err(error),
                None => Ok((input, then)),
            };
        }
    }

    /// An error as data. Instances with the first rules see the standard's earlier names of types.
    fn described(&self, error: &Raised) -> Value {
        let mut error = error.clone();
        if self.edition == Edition::First
            && let Some(known) = ErrorType::of_uri(&error.kind)
        {
            error.kind = known.earlier_uri();
        }
        error.to_value()
    }

    /// What `catch` does about an error.
    async fn handle(
        &self,
        tried: &Try,
        trial: Trial,
        error: Value,
        input: Value,
        voice: &mut Voice,
    ) -> Result<(Value, Ending), Raised> {
        let Some(tasks) = &tried.catch.tasks else {
            return Ok((input, Ending::List));
        };
        let frame = voice.line.enter(trial.frame(voice.cursor));
        frame.update(|frame| {
            if let Frame::Try { caught, .. } = frame {
                *caught = Some(error.clone());
            }
        });
        let mut caught = voice.clone();
        caught.variables.set(tried.catch.error_as.as_str(), error);
        let done = self.list(tasks, input, &mut caught).await;
        voice.cursor = caught.cursor;
        done
    }

    /// Waits before an attempt.
    async fn delay(
        &self,
        task: &Task,
        trial: Trial,
        until: Timestamp,
        frame: &InProgress,
        voice: &Voice,
    ) -> Result<(), Raised> {
        update(frame, trial, None, Some(until));
        let origin = TimerOrigin::Retry {
            name: task.name.clone(),
            attempt: trial.attempt,
        };
        let timer = self.context.timer_for(self.time_to(until), origin);
        let delayed = self.waiting(voice, Doing::Waiting, timer).await;
        delayed.map_err(|failure| Raised::failure(&task.pointer, &failure))?;
        report(&self.context, task, TaskEvent::Retried);
        Ok(())
    }

    /// Whether a `catch` is meant for this error.
    fn catches(
        &self,
        task: &Task,
        catch: &Catch,
        error: &Raised,
        input: &Value,
        voice: &Voice,
    ) -> Result<bool, Raised> {
        let members = self.described(error);
        for (name, wanted) in &catch.errors {
            let wanted = self.transformed(&task.pointer, Some(wanted), input.clone(), voice)?;
            let same = members.get(name) == Some(&wanted)
                || (name == "type" && is_of_type(error, &wanted));
            if !same {
                return Ok(false);
            }
        }
        let seen = match self.edition {
            Edition::First => input,
            Edition::Present => &members,
        };
        let when = self.holds(&task.pointer, catch.when.as_ref(), seen, voice)?;
        let except = self.holds(&task.pointer, catch.except_when.as_ref(), seen, voice)?;
        Ok(when != Some(false) && except != Some(true))
    }

    /// The delay before the next attempt; `None`: no further attempt.
    fn next_delay(
        &self,
        task: &Task,
        retry: &Retry,
        trial: Trial,
        (error, input): (&Raised, &Value),
        voice: &Voice,
    ) -> Result<Option<Duration>, Raised> {
        let members = self.described(error);
        let seen = match self.edition {
            Edition::First => input,
            Edition::Present => &members,
        };
        let when = self.holds(&task.pointer, retry.when.as_ref(), seen, voice)?;
        let except = self.holds(&task.pointer, retry.except_when.as_ref(), seen, voice)?;
        if when == Some(false) || except == Some(true) {
            return Ok(None);
        }
        let most = match (retry.attempts, self.edition) {
            (most, Edition::First) => most,
            (None, Edition::Present) if retry.is_unbounded() => Some(1 + Retry::UNBOUNDED_ATTEMPTS),
            (retries, Edition::Present) => retries.map(|retries| retries.saturating_add(1)),
        };
        if most.is_some_and(|most| trial.attempt >= most) {
            return Ok(None);
        }
        let first = self.span(
            "retry.delay",
            &task.pointer,
            Some(&retry.delay),
            input,
            voice,
        )?;
        let mut delay = retry.delay_before(trial.attempt + 1, first.unwrap_or_default());
        if let Some((from, to)) = retry.jitter {
            let width = to.saturating_sub(from).as_nanos() + 1;
            let drawn = u128::from(self.context.random()) % width;
            delay += from + Duration::from_nanos(u64::try_from(drawn).unwrap_or(0));
        }
        let elapsed = self.context.now().since(trial.begun);
        let over = retry
            .duration
            .is_some_and(|most| elapsed.saturating_add(delay) > most);
        Ok((!over).then_some(delay))
    }
}

/// The progress of a `try`.
#[derive(Clone, Copy)]
struct Trial {
    begun: Timestamp,
    /// The number of the attempt: 1, 2, ...
    attempt: u32,
}

impl Trial {
    fn frame(self, at: Beat) -> Frame {
        Frame::Try {
            begun: self.begun,
            at,
            attempt: self.attempt,
            deadline: None,
            caught: None,
            delay: None,
        }
    }
}

/// Records the attempt that is in progress or waits.
fn update(
    frame: &InProgress,
    trial: Trial,
    attempt_deadline: Option<Timestamp>,
    delay_until: Option<Timestamp>,
) {
    frame.update(|frame| {
        if let Frame::Try {
            attempt,
            deadline,
            delay,
            ..
        } = frame
        {
            *attempt = trial.attempt;
            *deadline = attempt_deadline;
            *delay = delay_until;
        }
    });
}

/// Whether a URI names the type of an error in other words.
fn is_of_type(error: &Raised, wanted: &Value) -> bool {
    let wanted = wanted.as_str().and_then(ErrorType::of_uri);
    wanted.is_some() && wanted == ErrorType::of_uri(&error.kind)
}
