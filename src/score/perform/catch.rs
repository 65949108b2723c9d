//! `try`, `catch`, `retry`.

use std::time::Duration;

use serde_json::Value;

use super::{Performance, Raised, TaskEvent, Voice, progress::tell, tasks::Ending};
use crate::{
    engine::TimerOrigin,
    score::{Catch, ErrorType, Retry, Task, Try},
};

impl Performance {
    /// Tries, tries again as the policy says, and at last does what is to be done about the error.
    pub(super) async fn try_catch(
        &self,
        task: &Task,
        tried: &Try,
        input: Value,
        voice: &mut Voice,
    ) -> Result<(Value, Ending), Raised> {
        let begun = self.context.now();
        let mut attempt = 1;
        loop {
            // Each attempt begins where the task began; what lies in the past by then, the
            // performer moves to the same place of a later bar.
            let mut trying = Voice {
                tries: true,
                ..voice.clone()
            };
            let limit = tried.catch.retry.as_ref().and_then(|r| r.attempt_duration);
            let body = self.list(&tried.tasks, input.clone(), &mut trying);
            let error = match self.limited(&task.pointer, limit, body).await {
                Ok(done) => {
                    voice.cursor = trying.cursor;
                    return Ok(done);
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
                .set(tried.catch.error_as.as_str(), error.to_value());
            if !self.catches(task, &tried.catch, &error, &input, &caught)? {
                return Err(error);
            }
            if let Some(retry) = &tried.catch.retry {
                let elapsed = self.context.now().since(begun);
                if let Some(pause) = self.pause(task, retry, attempt, elapsed, &input, &caught)? {
                    attempt += 1;
                    let origin = TimerOrigin::Retry {
                        name: task.name.clone(),
                        attempt,
                    };
                    let timer = self.context.timer_for(pause, origin);
                    timer
                        .await
                        .map_err(|failure| Raised::failure(&task.pointer, &failure))?;
                    self.waited();
                    tell(&self.context, task, TaskEvent::Retried);
                    continue;
                }
            }
            return match &tried.catch.tasks {
                Some(tasks) => {
                    let done = self.list(tasks, input, &mut caught).await;
                    voice.cursor = caught.cursor;
                    done
                }
                None if tried.catch.retry.is_some() => Err(error),
                None => Ok((input, Ending::List)),
            };
        }
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
        let members = error.to_value();
        for (name, wanted) in &catch.errors {
            let wanted = self.transformed(&task.pointer, Some(wanted), input.clone(), voice)?;
            let same = members.get(name) == Some(&wanted)
                || (name == "type" && is_of_type(error, &wanted));
            if !same {
                return Ok(false);
            }
        }
        let when = self.holds(&task.pointer, catch.when.as_ref(), input, voice)?;
        let except = self.holds(&task.pointer, catch.except_when.as_ref(), input, voice)?;
        Ok(when != Some(false) && except != Some(true))
    }

    /// The pause before the next attempt; `None`: there is none.
    fn pause(
        &self,
        task: &Task,
        retry: &Retry,
        attempt: u32,
        elapsed: Duration,
        input: &Value,
        voice: &Voice,
    ) -> Result<Option<Duration>, Raised> {
        let when = self.holds(&task.pointer, retry.when.as_ref(), input, voice)?;
        let except = self.holds(&task.pointer, retry.except_when.as_ref(), input, voice)?;
        if when == Some(false) || except == Some(true) {
            return Ok(None);
        }
        if retry.attempts.is_some_and(|most| attempt >= most) {
            return Ok(None);
        }
        let mut pause = retry.delay_before(attempt + 1);
        if let Some((from, to)) = retry.jitter {
            let width = to.saturating_sub(from).as_nanos() + 1;
            let drawn = u128::from(self.context.random()) % width;
            pause += from + Duration::from_nanos(u64::try_from(drawn).unwrap_or(0));
        }
        let over = retry
            .duration
            .is_some_and(|most| elapsed.saturating_add(pause) > most);
        Ok((!over).then_some(pause))
    }
}

/// Whether a URI names the type of an error in other words.
fn is_of_type(error: &Raised, wanted: &Value) -> bool {
    let wanted = wanted.as_str().and_then(ErrorType::of_uri);
    wanted.is_some() && wanted == ErrorType::of_uri(&error.kind)
}
