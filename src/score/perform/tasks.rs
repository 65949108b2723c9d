//! Tasks one by one: what each kind does, and what comes after it.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, FutureExt, LocalBoxFuture, select, select_all};
use serde_json::Value;

use super::{
    Performance, Raised, Standard, TaskEvent, Voice, descriptor, moment,
    progress::{Begun, tell},
};
use crate::{
    engine::{DurationText, TimerOrigin},
    score::{Binding, Case, For, Fork, Join, Task, TaskKind, Then},
};

/// The most data that a task may pass on, in bytes.
const MAX_DATA: usize = 1 << 20;

/// Where a list of tasks ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// After its last task: what surrounds it goes on.
    List,
    /// With the whole workflow.
    Workflow,
}

/// The output of a task or list, and what comes after it.
pub(super) type Done<After> = Result<(Value, After), Raised>;

/// What becomes of a task that is come to.
pub(super) enum Entry {
    /// Its condition does not hold; this was its input.
    Skipped(Value),
    /// It begins.
    Begun(Entered),
}

/// A task that begins.
pub(super) struct Entered {
    /// Its input before `input.from`.
    raw: Arc<Value>,
    /// When that was.
    started: Binding,
}

impl Performance {
    /// Tasks one after the other, each given the output of the one before.
    pub(super) fn list<'a>(
        &'a self,
        tasks: &'a [Task],
        input: Value,
        voice: &'a mut Voice,
    ) -> LocalBoxFuture<'a, Done<Ending>> {
        async move {
            let mut value = input;
            let mut index = 0;
            while let Some(task) = tasks.get(index) {
                let (output, then) = self.task(task, value, voice).await?;
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
    async fn task(&self, task: &Task, raw: Value, voice: &mut Voice) -> Done<Then> {
        self.step(&task.pointer)?;
        let outer = voice.variables.clone();
        let done = match self.entry(task, raw, voice) {
            Ok(Entry::Skipped(raw)) => {
                tell(&self.context, task, TaskEvent::Skipped);
                Ok((raw, Then::Continue))
            }
            Ok(Entry::Begun(entered)) => {
                let begun = Begun::new(&self.context, task);
                let done = self.entered(task, entered, voice).await;
                begun.end(match &done {
                    Ok(_) => TaskEvent::Completed,
                    Err(_) => TaskEvent::Faulted,
                });
                done
            }
            Err(error) => {
                Begun::new(&self.context, task).end(TaskEvent::Faulted);
                Err(error)
            }
        };
        voice.variables = outer;
        done
    }

    /// Comes to a task: gives it its variables and asks its condition.
    pub(super) fn entry(
        &self,
        task: &Task,
        raw: Value,
        voice: &mut Voice,
    ) -> Result<Entry, Raised> {
        let entered = Entered {
            raw: Arc::new(raw),
            started: moment(self.context.now()),
        };
        let raw = &entered.raw;
        let here = descriptor(&self.document, task, raw, &entered.started, None);
        voice.variables.set("task", here);
        voice.variables.set("input", Arc::clone(raw));
        match self.holds(&task.pointer, task.condition.as_ref(), raw, voice)? {
            Some(false) => Ok(Entry::Skipped(entered.raw.as_ref().clone())),
            _ => Ok(Entry::Begun(entered)),
        }
    }

    /// Does a task that is not skipped.
    pub(super) async fn entered(
        &self,
        task: &Task,
        entered: Entered,
        voice: &mut Voice,
    ) -> Done<Then> {
        let pointer = task.pointer.as_str();
        let Entered { raw, started } = entered;
        self.fits(pointer, task.schemas.input.as_ref(), &raw, "input")?;
        voice.variables.unset("input");
        let input = self.transformed(pointer, task.input.as_ref(), raw.as_ref().clone(), voice)?;
        voice.variables.set("input", input.clone());
        let limit = match &task.kind {
            // A wait for an event carries its limit itself, so that the history shows one wait.
            TaskKind::Listen(listen) if listen.times_out_itself() => None,
            _ => task.timeout,
        };
        let body = self.body(task, input, voice);
        let (output, then) = self.limited(pointer, limit, body).await?;
        let of_output = Some(Arc::new(output.clone()));
        let here = descriptor(&self.document, task, &raw, &started, of_output);
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
        }
        Ok((output, then))
    }

    /// Does something for so long at most.
    pub(super) async fn limited<T>(
        &self,
        pointer: &str,
        limit: Option<Duration>,
        body: impl Future<Output = Result<T, Raised>>,
    ) -> Result<T, Raised> {
        let Some(limit) = limit else {
            return body.await;
        };
        let name = format!("timeout of {pointer}");
        let timer = self.context.timer_for(limit, TimerOrigin::Wait { name });
        match select(pin!(body), timer).await {
            Either::Left((done, _)) => done,
            Either::Right((Err(failure), _)) => Err(Raised::failure(pointer, &failure)),
            Either::Right((Ok(()), _)) => Err(time_is_up(pointer, limit)),
        }
    }

    async fn body(&self, task: &Task, input: Value, voice: &mut Voice) -> Done<Then> {
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
            TaskKind::Rest(length) => {
                self.rest(task, length, &input, voice).await?;
                input
            }
            TaskKind::Http(service) => self.service(task, service, &input, voice).await?,
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
                let name = task.name.clone();
                let timer = self
                    .context
                    .timer_for(*duration, TimerOrigin::Wait { name });
                timer.await.map_err(|f| Raised::failure(pointer, &f))?;
                self.waited();
                input
            }
            TaskKind::Try(tried) => {
                let (output, ending) = self.try_catch(task, tried, input, voice).await?;
                return Ok((output, after(ending, task)));
            }
            TaskKind::Raise(error) => {
                let error = self.transformed(pointer, Some(error), input, voice)?;
                return Err(self.raised(pointer, error));
            }
            TaskKind::Emit(emit) => self.emit(task, emit, &input, voice).await?,
            TaskKind::Listen(listen) => {
                let (output, ending) = self
                    .listen(pointer, listen, task.timeout, input, voice)
                    .await?;
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
        // The one without a condition is for all that fits no other, wherever it stands.
        let default = cases.iter().find(|case| case.when.is_none());
        Ok(default.map(|case| case.then))
    }

    async fn each(
        &self,
        pointer: &str,
        each: &For,
        input: Value,
        voice: &mut Voice,
    ) -> Done<Ending> {
        let items = each
            .each_in
            .evaluate(&input, &self.variables(voice))
            .map_err(|error| Raised::expression(pointer, &error))?;
        let Value::Array(items) = items else {
            let detail = format!("`in` must be a list, but `{}` is none", each.each_in.text());
            return Err(Raised::standard(Standard::Expression, pointer, detail));
        };
        let outer = voice.variables.clone();
        let mut value = input;
        let mut ending = Ending::List;
        for (index, item) in items.into_iter().enumerate() {
            self.step(pointer)?;
            voice.variables.set(each.each.as_str(), item);
            voice.variables.set(each.at.as_str(), Value::from(index));
            if self.holds(pointer, each.while_.as_ref(), &value, voice)? == Some(false) {
                break;
            }
            (value, ending) = self.list(&each.tasks, value, voice).await?;
            if ending == Ending::Workflow {
                break;
            }
        }
        voice.variables = outer;
        Ok((value, ending))
    }

    async fn fork(&self, fork: &Fork, input: Value, voice: &mut Voice) -> Done<Ending> {
        let branches = fork.branches.iter().map(|branch| {
            let mut voice = voice.clone();
            voice.line = self.new_line();
            let input = input.clone();
            async move {
                let done = self.task(branch, input, &mut voice).await;
                done.map(|(output, then)| (output, then, voice.cursor))
            }
            .boxed_local()
        });
        let (output, thens) = match fork.join {
            Join::All => {
                let mut outputs = Vec::new();
                let mut thens = Vec::new();
                for done in try_all(branches).await? {
                    let (output, then, cursor) = done;
                    outputs.push(output);
                    thens.push(then);
                    voice.cursor = voice.cursor.max(cursor);
                }
                (Value::Array(outputs), thens)
            }
            Join::First => {
                let (winner, _, _) = select_all(branches).await;
                let (output, then, cursor) = winner?;
                voice.cursor = voice.cursor.max(cursor);
                (output, vec![then])
            }
        };
        let ending = if thens.contains(&Then::End) {
            Ending::Workflow
        } else {
            Ending::List
        };
        Ok((output, ending))
    }
}

/// Refuses data that has grown too large. A fork in a loop multiplies what it is given, unless its
/// `output.as` says what is to be kept.
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

/// Waits for all; the first error drops, and so cancels, the others.
async fn try_all<T>(
    all: impl Iterator<Item = LocalBoxFuture<'_, Result<T, Raised>>>,
) -> Result<Vec<T>, Raised> {
    futures_util::future::try_join_all(all).await
}

fn after(ending: Ending, task: &Task) -> Then {
    match ending {
        Ending::List => task.then,
        Ending::Workflow => Then::End,
    }
}

pub(super) fn time_is_up(pointer: &str, limit: Duration) -> Raised {
    let detail = format!("it did not end within {}", DurationText(limit));
    Raised::standard(Standard::Timeout, pointer, detail)
}
