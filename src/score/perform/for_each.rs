//! `for`.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Performance, Raised, Standard, Voice, WorkflowContext,
    position::Frame,
    tasks::{Done, Ending},
};
use crate::score::For;

impl<C: WorkflowContext> Performance<C> {
    /// Runs the tasks for each item, one after the other.
    pub(super) async fn each(
        &self,
        pointer: &str,
        each: &For,
        input: Value,
        voice: &mut Voice,
    ) -> Done<Ending> {
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::For { items, index } => Some((Arc::clone(items), *index)),
            _ => None,
        });
        let resumed_at = resumed.as_ref().map(|(_, index)| *index);
        let items = match resumed {
            Some((items, _)) => items,
            None => Arc::new(self.items(pointer, each, &input, voice)?),
        };
        let frame = voice.line.enter(Frame::For {
            items: Arc::clone(&items),
            index: 0,
        });
        let outer = voice.variables.clone();
        let mut value = input;
        let mut ending = Ending::List;
        for (index, item) in items.iter().enumerate().skip(resumed_at.unwrap_or(0)) {
            self.step(pointer)?;
            frame.update(|frame| {
                if let Frame::For { index: at, .. } = frame {
                    *at = index;
                }
            });
            voice.variables.set(each.each.as_str(), item.clone());
            voice.variables.set(each.at.as_str(), Value::from(index));
            let holds = match resumed_at == Some(index) {
                true => None,
                false => self.holds(pointer, each.while_.as_ref(), &value, voice)?,
            };
            if holds == Some(false) {
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

    /// The items of a `for`.
    fn items(
        &self,
        pointer: &str,
        each: &For,
        input: &Value,
        voice: &Voice,
    ) -> Result<Vec<Value>, Raised> {
        let items = each
            .each_in
            .evaluate(input, &self.variables(voice))
            .map_err(|error| Raised::expression(pointer, &error))?;
        let Value::Array(items) = items else {
            let shown: String = items.to_string().chars().take(80).collect();
            let detail = format!("`for.in` must be a list, but it is {shown}");
            return Err(Raised::standard(Standard::Expression, pointer, detail));
        };
        Ok(items)
    }
}
