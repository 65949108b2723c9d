//! Tasks one by one: what each kind does, and what comes after it.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, FutureExt, LocalBoxFuture, select};
use serde_json::Value;

use super::{
    Edition, Performance, Raised, Standard, TaskEvent, Voice, WorkflowContext,
    position::Frame,
    progress::{RunningTask, report},
    variables::{descriptor, moment},
};
use crate::{
    engine::{DurationText, TimerOrigin, Timestamp},
    score::{Case, Task, TaskKind, Then, timeout_timer},
};

/// The most data that a task may pass on, in bytes.
const MAX_DATA: usize = 1 << 20;

/// Where a list of tasks ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// After its last task: the enclosing list continues.
    List,
    /// With the whole workflow.
    Workflow,
}

/// The output of a task or list, and what comes after it.
pub(super) type Done<After> = Result<(Value, After), Raised>;

/// The entry to a task.
pub(super) enum Entry {
    /// Its condition does not hold; this was its input.
    Skipped(Value),
    /// It starts, or continues from the run before.
    Begun(Started),
}

/// A task that has started.
pub(super) struct Started {
    /// Its input before `input.from`.
    raw: Arc<Value>,
    /// When it started.
    at: Timestamp,
    /// Its input and its deadline, if it started in an earlier run.
    resumed: Option<(Arc<Value>, Option<Timestamp>)>,
}

impl<C: WorkflowContext> Performance<C> {
    /// Tasks one after the other, each given the output of the one before.
    pub(super) fn list<'a>(
        &'a self,
        tasks: &'a [Task],
        input: Value,
        voice: &'a mut Voice,
    ) -> LocalBoxFuture<'a, Done<Ending>> {
        async move {
            let resumed = voice.line.take_resumed(|frame| match frame {
                Frame::List { index, given } => Some((*index, given.as_ref().clone())),
                _ => None,
            });
            let (mut index, mut value) = resumed.unwrap_or((0, input));
            let frame = voice.line.enter(Frame::List {
                index,
                given: Arc::default(),
            });
            while let Some(task) = tasks.get(index) {
                let given = Arc::new(value);
                frame.update(|frame| {
                    *frame = Frame::List {
                        index,
                        given: Arc::clone(&given),
                    };
                });
                let (output, then) = self.task(task, given, voice).await?;
                value = output;
                match then {
                    Then::Continue => index += 1,
                    Then::Task(other) => index = other,
                    Then::Exit => break,
                    Then::End => return Ok((value, Ending::Workflow)),
                }
            }
            Ok((value, Ending::List))
        }
        .boxed_local()
    }

    /// A task: its condition, its input, what it does, its output, what it exports. Its variables
    /// end with it.
    pub(super) async fn task(&self, task: &Task, raw: Arc<Value>, voice: &mut Voice) -> Done<Then> {
        self.step(&task.pointer)?;
        let outer = voice.variables.clone();
        let done = match self.entry(task, raw, voice) {
            Ok(Entry::Skipped(raw)) => {
                report(&self.context, task, TaskEvent::Skipped);
                let then = match self.edition {
                    Edition::First => Then::Continue,
                    Edition::Present => task.then,
                };
                Ok((raw, then))
            }
            Ok(Entry::Begun(started)) => {
                let begun = match started.resumed {
                    None => RunningTask::new(self, task),
                    Some(_) => RunningTask::resumed(self, task),
                };
                let done = self.started(task, started, voice).await;
                begun.end(match &done {
                    Ok(_) => TaskEvent::Completed,
                    Err(_) => TaskEvent::Faulted,
                });
                done
            }
            Err(error) => {
                RunningTask::new(self, task).end(TaskEvent::Faulted);
                Err(error)
            }
        };
        voice.variables = outer;
        done
    }

    /// Enters a task: sets its variables and evaluates its condition.
    pub(super) fn entry(
        &self,
        task: &Task,
        raw: Arc<Value>,
        voice: &mut Voice,
    ) -> Result<Entry, Raised> {
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::Task {
                raw,
                started,
                input,
                deadline,
            } => Some(Started {
                raw: Arc::clone(raw),
                at: *started,
                resumed: Some((Arc::clone(input), *deadline)),
            }),
            _ => None,
        });
        let is_resumed = resumed.is_some();
        let started = resumed.unwrap_or_else(|| Started {
            raw,
            at: self.context.now(),
            resumed: None,
        });
        let raw = &started.raw;
        let here = descriptor(&self.document, task, raw, &moment(started.at), None);
        voice.variables.set("task", here);
        voice.variables.set("input", Arc::clone(raw));
        if is_resumed {
            return Ok(Entry::Begun(started));
        }
        match self.holds(&task.pointer, task.condition.as_ref(), raw, voice)? {
            Some(false) => Ok(Entry::Skipped(started.raw.as_ref().clone())),
            _ => Ok(Entry::Begun(started)),
        }
    }

    /// Does a task that is not skipped.
    pub(super) async fn started(
        &self,
        task: &Task,
        started: Started,
        voice: &mut Voice,
    ) -> Done<Then> {
        let pointer = task.pointer.as_str();
        let Started { raw, at, resumed } = started;
        // It is worked out on the raw input, and once: a run that continues has the deadline.
        let whole_limit = self.span("timeout", pointer, task.timeout.as_ref(), &raw, voice)?;
        let limit = match &task.kind {
            // A wait for an event carries its limit itself, so that the history shows one wait.
            TaskKind::Listen(listen) if listen.times_out_itself() => None,
            _ => whole_limit,
        };
        let (input, deadline) = match resumed {
            Some(resumed) => resumed,
            None => {
                self.fits(pointer, task.schemas.input.as_ref(), &raw, "input")?;
                voice.variables.unset("input");
                let given = raw.as_ref().clone();
                let input = self.transformed(pointer, task.input.as_ref(), given, voice)?;
                (Arc::new(input), self.deadline(limit))
            }
        };
        voice.variables.set("input", Arc::clone(&input));
        let frame = voice.line.enter(Frame::Task {
            raw: Arc::clone(&raw),
            started: at,
            input: Arc::clone(&input),
            deadline,
        });
        let body = self.body(task, input.as_ref().clone(), whole_limit, voice);
        let (output, then) = self.limited(pointer, limit, deadline, body).await?;
        drop(frame);
        let of_output = Some(Arc::new(output.clone()));
        let here = descriptor(&self.document, task, &raw, &moment(at), of_output);
        voice.variables.set("task", here);
        let output = self.transformed(pointer, task.output.as_ref(), output, voice)?;
        bounded(pointer, &output)?;
        self.fits(pointer, task.schemas.output.as_ref(), &output, "output")?;
        if let Some(export) = &task.export {
            voice.variables.set("output", output.clone());
            let context = self.transformed(pointer, Some(export), output.clone(), voice)?;
            bounded(pointer, &context)?;
            self.fits(pointer, task.schemas.export.as_ref(), &context, "context")?;
            self.shared.replace(Arc::new(context));
            self.report_context();
        }
        self.report_output(task, &output);
        if let Some(status) = &task.status {
            let status = self.transformed(pointer, Some(status), output.clone(), voice)?;
            let set = self.context.set_status(&status);
            set.map_err(|failure| Raised::failure(pointer, &failure))?;
        }
        if task.compensation.is_some() {
            self.completed(task, &output, voice);
        }
        Ok((output, then))
    }

    /// The deadline of a time limit that starts now.
    pub(super) fn deadline(&self, limit: Option<Duration>) -> Option<Timestamp> {
        limit.map(|limit| self.clock() + limit)
    }

    /// The time left until a deadline.
    pub(super) fn time_to(&self, deadline: Timestamp) -> Duration {
        deadline.since(self.clock())
    }

    /// Runs a body until a deadline at most.
    pub(super) async fn limited<T>(
        &self,
        pointer: &str,
        limit: Option<Duration>,
        deadline: Option<Timestamp>,
        body: impl Future<Output = Result<T, Raised>>,
    ) -> Result<T, Raised> {
        let (Some(limit), Some(deadline)) = (limit, deadline) else {
            return body.await;
        };
        let name = timeout_timer(pointer);
        let left = self.time_to(deadline);
        let timer = self.context.timer_for(left, TimerOrigin::Wait { name });
        match select(pin!(body), timer).await {
            Either::Left((done, _)) => done,
            Either::Right((Err(failure), _)) => Err(Raised::failure(pointer, &failure)),
            Either::Right((Ok(()), _)) => Err(time_is_up(pointer, limit)),
        }
    }

    async fn body(
        &self,
        task: &Task,
        input: Value,
        limit: Option<Duration>,
        voice: &mut Voice,
    ) -> Done<Then> {
        let pointer = task.pointer.as_str();
        let output = match &task.kind {
            TaskKind::Do(tasks) => {
                let (output, ending) = self.list(tasks, input, voice).await?;
                return Ok((output, after(ending, task)));
            }
            TaskKind::Play(play) => {
                self.play(task, play, &input, voice).await?;
                input
            }
            TaskKind::Rest(rest) => {
                self.rest(task, rest, &input, voice).await?;
                input
            }
            TaskKind::Http(service) => self.service(task, service, limit, &input, voice).await?,
            TaskKind::Control(control) => {
                self.control(task, control, &input, voice).await?;
                input
            }
            TaskKind::Tempo(change) => {
                self.tempo(task, change, &input, voice).await?;
                input
            }
            TaskKind::Set(template) => self.transformed(pointer, Some(template), input, voice)?,
            TaskKind::For(each) => {
                let (output, ending) = self.each(pointer, each, input, voice).await?;
                return Ok((output, after(ending, task)));
            }
            TaskKind::Fork(fork) => {
                let (output, ending) = self.fork(fork, input, voice).await?;
                return Ok((output, after(ending, task)));
            }
            TaskKind::Switch(cases) => {
                let then = self.switch(pointer, cases, &input, voice)?;
                return Ok((input, then.unwrap_or(task.then)));
            }
            TaskKind::Wait(duration) => {
                let duration = self.span("wait", pointer, Some(duration), &input, voice)?;
                self.wait(task, duration.unwrap_or_default(), voice).await?;
                input
            }
            TaskKind::Try(tried) => {
                return self.try_catch(task, tried, input, voice).await;
            }
            TaskKind::Raise(error) => {
                let error = self.transformed(pointer, Some(error), input, voice)?;
                return Err(self.raised(pointer, error));
            }
            TaskKind::Emit(emit) => self.emit(task, emit, &input, voice).await?,
            TaskKind::Listen(listen) => {
                let (output, ending) = self.listen(pointer, listen, limit, input, voice).await?;
                return Ok((output, after(ending, task)));
            }
            TaskKind::Function(call) => {
                let (output, ending) = self.function(task, call, input, voice).await?;
                return Ok((output, after(ending, task)));
            }
            TaskKind::Run(run) => self.run_workflow(task, run, input, voice).await?,
        };
        Ok((output, task.then))
    }

    fn raised(&self, pointer: &str, error: Value) -> Raised {
        match serde_json::from_value::<Raised>(error) {
            Ok(raised) => Raised {
                instance: Some(pointer.to_owned()),
                ..raised
            },
            Err(error) => {
                let detail = format!("`raise` has no usable error: {error}");
                Raised::standard(Standard::Validation, pointer, detail)
            }
        }
    }

    fn switch(
        &self,
        pointer: &str,
        cases: &[Case],
        input: &Value,
        voice: &Voice,
    ) -> Result<Option<Then>, Raised> {
        for case in cases {
            if self.holds(pointer, case.when.as_ref(), input, voice)? == Some(true) {
                return Ok(Some(case.then));
            }
        }
        // The case without a condition is the default, wherever it is in the list.
        let default = cases.iter().find(|case| case.when.is_none());
        Ok(default.map(|case| case.then))
    }
}

/// Refuses data that has grown too large: a loop may add to it in each iteration, unless `output.as` says
/// what is to be kept.
fn bounded(pointer: &str, data: &Value) -> Result<(), Raised> {
    let mut room = MAX_DATA;
    if takes(data, &mut room) {
        return Ok(());
    }
    let detail = format!(
        "the task's output is larger than {MAX_DATA} bytes: keep what is needed with `output.as`"
    );
    Err(Raised::standard(Standard::Runtime, pointer, detail))
}

/// Takes room for the data, roughly its JSON text; false if there is not enough.
fn takes(data: &Value, room: &mut usize) -> bool {
    let own = 8 + data.as_str().map_or(0, str::len);
    let Some(left) = room.checked_sub(own) else {
        return false;
    };
    *room = left;
    match data {
        Value::Array(items) => items.iter().all(|item| takes(item, room)),
        Value::Object(entries) => entries.iter().all(|(key, value)| {
            *room = room.saturating_sub(key.len());
            takes(value, room)
        }),
        _ => true,
    }
}

pub(super) fn after(ending: Ending, task: &Task) -> Then {
    match ending {
        Ending::List => task.then,
        Ending::Workflow => Then::End,
    }
}

pub(super) fn time_is_up(pointer: &str, limit: Duration) -> Raised {
    let detail = format!("it did not end within {}", DurationText(limit));
    Raised::standard(Standard::Timeout, pointer, detail)
}
