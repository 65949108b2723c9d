//! `emit` and `listen`.

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{
    Performance, Raised, Standard, Voice, WorkflowContext,
    line::{Doing, InProgress},
    position::{Frame, ListenPosition},
    tasks::{Done, Ending, time_is_up},
    variables::variables,
};
use crate::{
    engine::Timestamp,
    score::{
        EmitTask, ForEach, Listen, ReadAs, Task, Until, calls,
        events::{CloudEvent, Listener, ListenerState},
    },
};

impl<C: WorkflowContext> Performance<C> {
    /// Creates an event and sends it to the instances that may consume it. The output is the event.
    pub(super) async fn emit(
        &self,
        task: &Task,
        emit: &EmitTask,
        input: &Value,
        voice: &Voice,
    ) -> Result<Value, Raised> {
        let pointer = task.pointer.as_str();
        let variables = self.variables(voice);
        let mut members = Map::new();
        for (name, template) in &emit.with {
            let value = template
                .evaluate(input, &variables)
                .map_err(|error| Raised::expression(pointer, &error))?;
            members.insert(name.clone(), value);
        }
        members.entry("source").or_insert_with(|| {
            format!("/{}/{}", self.document.namespace, self.document.name).into()
        });
        let id = || self.context.new_uuid().to_string();
        let time = || self.context.now().to_string();
        let event = CloudEvent::new(members, id, time)
            .map_err(|error| Raised::standard(Standard::Validation, pointer, error.to_string()))?;
        let asked = calls::Emit {
            task: task.name.clone(),
            event: event.to_value(),
        };
        let asking = self.context.activity(calls::EmitActivity, &asked);
        let listeners = self.waiting(voice, Doing::Busy, asking).await;
        let listeners = listeners.map_err(|failure| Raised::failure(pointer, &failure))?;
        let line = voice.line.number();
        self.seen.borrow_mut().record_emitted(&event, line);
        for listener in listeners {
            self.context
                .send(&listener, event.kind(), &asked.event)
                .map_err(|failure| Raised::failure(pointer, &failure))?;
        }
        Ok(asked.event)
    }

    /// Listens until it is over. The output is the list of what was consumed, in order.
    pub(super) async fn listen(
        &self,
        pointer: &str,
        listen: &Listen,
        limit: Option<Duration>,
        input: Value,
        voice: &mut Voice,
    ) -> Done<Ending> {
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::Listen(position) => Some(position.as_ref().clone()),
            _ => None,
        });
        let before = resumed
            .as_ref()
            .and_then(|position| position.context.clone());
        let context = before.unwrap_or_else(|| Arc::clone(&self.shared.borrow()));
        let variables = variables(voice, &context);
        let seen = Rc::clone(&self.seen);
        let line = voice.line.number();
        let mut listener = Listener::new(listen, seen, line, input.clone(), variables);
        let limit = limit.filter(|_| listen.times_out_itself());
        if let Some(position) = &resumed {
            listener.resume(position.listener.clone());
            voice.cursor = position.at;
        }
        let mut position = resumed.unwrap_or_else(|| ListenPosition {
            deadline: self.deadline(limit),
            at: voice.cursor,
            listener: listener.state(),
            consumed: Vec::new(),
            outputs: Vec::new(),
            context: None,
            is_handling: false,
        });
        position.context = Some(context);
        let open = OpenListen::new(self, pointer, limit.zip(position.deadline), listener);
        let _listening = voice.line.listen(&open.listener);
        let (mut consumed, mut outputs) = (position.consumed.clone(), position.outputs.clone());
        let mut handled = consumed.last().cloned().filter(|_| position.is_handling);
        let frame = voice.line.enter(Frame::Listen(position.into()));
        loop {
            let (item, is_last) = match handled.take() {
                Some(item) => (Some(item), open.state().is_done),
                None => {
                    let (event, is_last) = self.waiting(voice, Doing::Waiting, open.next()).await?;
                    let item = event.map(|event| event.read(listen.read));
                    consumed.extend(item.clone());
                    update(&frame, |position| {
                        position.listener = open.state();
                        position.consumed.extend(item.clone());
                        position.is_handling = item.is_some();
                    });
                    (item, is_last)
                }
            };
            if let Some(item) = item {
                self.step(pointer)?;
                let (output, ending) = match &listen.foreach {
                    Some(each) => {
                        let index = consumed.len() - 1;
                        self.heard(pointer, each, index, item, voice).await?
                    }
                    None => (item, Ending::List),
                };
                outputs.push(output.clone());
                update(&frame, |position| {
                    position.at = voice.cursor;
                    position.outputs.push(output);
                    position.is_handling = false;
                });
                if ending == Ending::Workflow {
                    return Ok((Value::Array(outputs), ending));
                }
                if let Some(Until::Condition(until)) = &listen.until {
                    let so_far = Value::Array(consumed.clone());
                    if self.holds(pointer, Some(until), &so_far, voice)? == Some(true) {
                        break;
                    }
                }
            }
            if is_last {
                break;
            }
        }
        Ok((Value::Array(outputs), Ending::List))
    }

    /// What `foreach` does with an event, and what that adds to the output.
    async fn heard(
        &self,
        pointer: &str,
        each: &ForEach,
        index: usize,
        item: Value,
        voice: &mut Voice,
    ) -> Done<Ending> {
        let outer = voice.variables.clone();
        voice.variables.set(each.item.as_str(), item.clone());
        voice.variables.set(each.at.as_str(), Value::from(index));
        let (output, ending) = self.list(&each.tasks, item, voice).await?;
        voice.variables.set("output", output.clone());
        let output = self.transformed(pointer, each.output.as_ref(), output, voice)?;
        let schema = each.schemas.output.as_ref();
        self.fits(pointer, schema, &output, "output")?;
        if let Some(export) = &each.export {
            voice.variables.set("output", output.clone());
            let export = Some(export);
            let exported = self.transformed(pointer, export, output.clone(), voice)?;
            let schema = each.schemas.export.as_ref();
            self.fits(pointer, schema, &exported, "context")?;
            self.shared.replace(exported.into());
        }
        voice.variables = outer;
        Ok((output, ending))
    }
}

impl CloudEvent {
    fn read(&self, read: ReadAs) -> Value {
        match read {
            ReadAs::Data => self.data(),
            ReadAs::Envelope => self.to_value(),
            ReadAs::Raw => self.raw_data(),
        }
    }
}

/// Updates the position in a `listen`.
fn update(frame: &InProgress, update: impl FnOnce(&mut ListenPosition)) {
    frame.update(|frame| {
        if let Frame::Listen(position) = frame {
            update(position);
        }
    });
}

/// A `listen` in progress and the engine's listener behind it.
struct OpenListen<'a, C: WorkflowContext> {
    performance: &'a Performance<C>,
    pointer: &'a str,
    listener: Rc<RefCell<Listener>>,
    listening: C::Listener,
    /// Its time limit and when that ends it, if no timer of the task does.
    limit: Option<(Duration, Timestamp)>,
}

impl<'a, C: WorkflowContext> OpenListen<'a, C> {
    fn new(
        performance: &'a Performance<C>,
        pointer: &'a str,
        limit: Option<(Duration, Timestamp)>,
        listener: Listener,
    ) -> Self {
        let listener = Rc::new(RefCell::new(listener));
        let filter = Rc::clone(&listener);
        let context = &performance.context;
        let selects = move |incoming: &_| filter.borrow_mut().consume(incoming);
        Self {
            performance,
            pointer,
            listener,
            listening: context.listen(selects),
            limit,
        }
    }

    fn state(&self) -> ListenerState {
        self.listener.borrow().state()
    }

    /// The next event that counts, and whether it is the last.
    async fn next(&self) -> Result<(Option<CloudEvent>, bool), Raised> {
        let pointer = self.pointer;
        let failed = |failure| Raised::failure(pointer, &failure);
        let names = self.listener.borrow().names();
        let context = &self.performance.context;
        match self.limit {
            None => {
                let next = context.next_event(&self.listening, names);
                next.await.map_err(failed)?;
            }
            Some((limit, deadline)) => {
                let left = self.performance.time_to(deadline);
                let received = context.next_event_for(&self.listening, names, left).await;
                received
                    .map_err(failed)?
                    .ok_or_else(|| time_is_up(pointer, limit))?;
            }
        }
        let consumed = self.listener.borrow_mut().take();
        // The engine delivers what the listener has consumed, in the same order.
        consumed
            .map(|consumed| (consumed.event, consumed.is_last))
            .ok_or_else(|| Raised::standard(Standard::Runtime, pointer, "the event was lost"))
    }
}
