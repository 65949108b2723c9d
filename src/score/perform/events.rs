//! `emit` and `listen`.

use std::{cell::RefCell, rc::Rc, time::Duration};

use serde_json::{Map, Value};

use super::{
    Performance, Raised, Standard, Voice,
    tasks::{Done, Ending, time_is_up},
};
use crate::{
    engine::{EventListener, Timestamp},
    score::{
        EmitTask, ForEach, Listen, ReadAs, Task, Until, calls,
        events::{CloudEvent, Listener},
    },
};

impl Performance {
    /// Makes an event, asks who may hear it, and sends it to them. Its output is the event.
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
        let id = || self.context.new_uuid().to_string();
        let time = || self.context.now().to_string();
        let event = CloudEvent::new(members, id, time)
            .map_err(|error| Raised::standard(Standard::Validation, pointer, error.to_string()))?;
        let asked = calls::Emit {
            task: task.name.clone(),
            event: event.to_value(),
        };
        let listeners = self
            .context
            .activity(calls::EmitActivity, &asked)
            .await
            .map_err(|failure| Raised::failure(pointer, &failure))?;
        self.waited();
        self.ear.borrow_mut().record_emitted(&event, voice.line);
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
        let variables = self.variables(voice);
        let ear = Rc::clone(&self.ear);
        let hearing = Listener::new(listen, ear, voice.line, input.clone(), variables);
        let limit = limit.filter(|_| listen.times_out_itself());
        let ears = Ears::new(self, pointer, limit, hearing);
        let mut consumed = Vec::new();
        let mut outputs = Vec::new();
        loop {
            let (event, is_last) = ears.next().await?;
            self.waited();
            if let Some(event) = event {
                self.step(pointer)?;
                let item = event.read(listen.read);
                consumed.push(item.clone());
                let (output, ending) = match &listen.foreach {
                    Some(each) => {
                        let index = consumed.len() - 1;
                        self.heard(pointer, each, index, item, voice).await?
                    }
                    None => (item, Ending::List),
                };
                outputs.push(output);
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

/// A `listen` and the engine's listener behind it.
struct Ears<'a> {
    performance: &'a Performance,
    pointer: &'a str,
    hearing: Rc<RefCell<Listener>>,
    listening: EventListener,
    /// When its time is up, if it keeps its time itself.
    limit: Option<(Timestamp, Duration)>,
}

impl<'a> Ears<'a> {
    fn new(
        performance: &'a Performance,
        pointer: &'a str,
        limit: Option<Duration>,
        hearing: Listener,
    ) -> Self {
        let hearing = Rc::new(RefCell::new(hearing));
        let chooser = Rc::clone(&hearing);
        let context = &performance.context;
        let wants = move |incoming: &_| chooser.borrow_mut().consume(incoming);
        Self {
            performance,
            pointer,
            hearing,
            listening: context.listen(wants),
            limit: limit.map(|limit| (context.now(), limit)),
        }
    }

    /// The next event that counts, and whether it is the last.
    async fn next(&self) -> Result<(Option<CloudEvent>, bool), Raised> {
        let pointer = self.pointer;
        let failed = |failure| Raised::failure(pointer, &failure);
        let names = self.hearing.borrow().names();
        match self.limit {
            None => {
                self.listening.next(names).await.map_err(failed)?;
            }
            Some((begun, limit)) => {
                let elapsed = self.performance.context.now().since(begun);
                let left = limit.saturating_sub(elapsed);
                let heard = self.listening.next_for(names, left).await.map_err(failed)?;
                heard.ok_or_else(|| time_is_up(pointer, limit))?;
            }
        }
        let heard = self.hearing.borrow_mut().take();
        // The engine gives what was wanted, in the order in which it was.
        heard
            .map(|heard| (heard.event, heard.is_last))
            .ok_or_else(|| Raised::standard(Standard::Runtime, pointer, "the event was lost"))
    }
}
