//! `call` of a function of the score.

use std::{rc::Rc, sync::Arc};

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::Value;

use super::{
    Performance, Voice, WorkflowContext,
    position::Frame,
    tasks::{Done, Ending},
};
use crate::score::{FunctionCall, Task, Then};

impl<C: WorkflowContext> Performance<C> {
    /// Performs the function in place of the task. It sees its arguments as its input, and nothing
    /// else of where it is called.
    pub(super) fn function<'a>(
        &'a self,
        task: &'a Task,
        call: &'a FunctionCall,
        input: Value,
        voice: &'a mut Voice,
    ) -> LocalBoxFuture<'a, Done<Ending>> {
        async move {
            let resumed = voice.line.take_resumed(|frame| match frame {
                Frame::Call { given } => Some(Arc::clone(given)),
                _ => None,
            });
            let given = match resumed {
                Some(given) => given,
                None => {
                    let with = call.with.as_ref();
                    Arc::new(self.transformed(&task.pointer, with, input, voice)?)
                }
            };
            let _frame = voice.line.enter(Frame::Call {
                given: Arc::clone(&given),
            });
            let mut own = Voice {
                cursor: voice.cursor,
                variables: self.standing.clone(),
                line: Rc::clone(&voice.line),
                tries: voice.tries,
            };
            let done = self.function_body(&call.function, given, &mut own).await;
            voice.cursor = own.cursor;
            let (output, then) = done.map_err(|mut error| {
                // What fails is the task that calls, unless it is a task within the function.
                if error.instance.as_ref() == Some(&call.function.pointer) {
                    error.instance = Some(task.pointer.clone());
                }
                error
            })?;
            let ending = match then {
                Then::End => Ending::Workflow,
                _ => Ending::List,
            };
            Ok((output, ending))
        }
        .boxed_local()
    }

    async fn function_body(
        &self,
        function: &Task,
        given: Arc<Value>,
        own: &mut Voice,
    ) -> Done<Then> {
        self.step(&function.pointer)?;
        match self.entry(function, given, own)? {
            super::tasks::Entry::Skipped(given) => Ok((given, Then::Continue)),
            super::tasks::Entry::Begun(started) => self.started(function, started, own).await,
        }
    }
}
