//! The data of a score at every event of a history: `$context`, and the outputs of tasks.
//!
//! The interpreter computes it again when the history is replayed. Nothing else knows it: a history
//! records what tasks ask for, not what they pass on.

use std::sync::Arc;

use crate::{
    engine::{EventId, Payload, Walk},
    score::DataReport,
};

/// The data of one run of a score, from its first event to its last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoreData {
    contexts: Vec<(EventId, Payload)>,
    outputs: Vec<PassedOn>,
    /// Values that are no longer kept: those before this event.
    forgotten: Option<EventId>,
}

/// The output of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct PassedOn {
    /// The event that led to the end of the task.
    pub event: EventId,
    /// The task, a JSON pointer into the document.
    pub task: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The output.
    pub value: Payload,
}

impl ScoreData {
    /// The most memory for the values of a run, in bytes. Older ones are forgotten.
    const MAX_BYTES: usize = 64 << 20;
    /// How many outputs are looked at for the latest ones of each task.
    const LATEST_AMONG: usize = 2_000;

    /// The data of a run whose replay was walked through with
    /// [`perform_with_data`](crate::score::perform_with_data).
    pub(super) fn of_walk(walk: &Walk) -> Self {
        Self::folded(walk, Self::MAX_BYTES)
    }

    fn folded(walk: &Walk, mut room: usize) -> Self {
        let mut data = Self::default();
        // The latest values are the ones that are looked at most.
        for step in walk.steps.iter().rev() {
            for report in step.annotations.iter().rev() {
                let Ok(report) = report.decode::<DataReport>() else {
                    continue;
                };
                let Some(left) = data.keep(step.event, report, room) else {
                    data.forgotten = Some(step.event);
                    data.in_order();
                    return data;
                };
                room = left;
            }
        }
        data.in_order();
        data
    }

    /// Keeps a value. Returns the room that is left, if there was enough.
    fn keep(&mut self, event: EventId, report: DataReport, room: usize) -> Option<usize> {
        match report {
            DataReport::Context(value) => {
                let value = Payload::from(value);
                let left = room.checked_sub(value.size())?;
                self.contexts.push((event, value));
                Some(left)
            }
            DataReport::Output(output) => {
                let value = Payload::from(output.output);
                let left = room.checked_sub(value.size())?;
                self.outputs.push(PassedOn {
                    event,
                    task: output.task.into(),
                    name: output.name.into(),
                    value,
                });
                Some(left)
            }
        }
    }

    fn in_order(&mut self) {
        self.contexts.reverse();
        self.outputs.reverse();
    }

    /// `$context` after an event; `None`: it has none yet, or is not kept.
    pub fn context_after(&self, event: EventId) -> Option<&Payload> {
        let end = self.contexts.partition_point(|(since, _)| *since <= event);
        let (_, context) = self.contexts.get(end.checked_sub(1)?)?;
        Some(context)
    }

    /// The latest output of each task after an event, the newest first.
    pub fn outputs_after(&self, event: EventId) -> Vec<&PassedOn> {
        let end = self.outputs.partition_point(|output| output.event <= event);
        let outputs = self.outputs.get(..end).unwrap_or_default();
        let mut latest: Vec<&PassedOn> = Vec::new();
        for output in outputs.iter().rev().take(Self::LATEST_AMONG) {
            if latest.iter().all(|known| known.task != output.task) {
                latest.push(output);
            }
        }
        latest
    }

    /// Whether values before an event are no longer kept: there were too many.
    pub fn is_forgotten(&self, event: EventId) -> bool {
        self.forgotten.is_some_and(|forgotten| event <= forgotten)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{engine::WalkStep, score::TaskOutput};

    fn step(event: u64, reports: &[DataReport]) -> WalkStep {
        let reports = reports.iter();
        WalkStep {
            event: EventId(event),
            wakes: 1,
            issued: 0..0,
            records: None,
            annotations: reports.map(|r| Payload::encode(r).unwrap()).collect(),
        }
    }

    fn output(name: &str, value: u32) -> DataReport {
        DataReport::Output(TaskOutput {
            task: format!("/do/0/{name}"),
            name: name.to_owned(),
            output: json!(value),
        })
    }

    fn walk() -> Walk {
        let context = |n: u32| DataReport::Context(json!({ "n": n }));
        let steps = vec![
            step(0, &[context(0)]),
            step(2, &[output("price", 1), output("stock", 2)]),
            step(5, &[output("price", 3), context(1)]),
        ];
        Walk {
            steps,
            ..Walk::default()
        }
    }

    fn shown(data: &ScoreData, event: u64) -> (Option<String>, Vec<(String, String)>) {
        let context = data.context_after(EventId(event));
        let outputs = data.outputs_after(EventId(event)).into_iter();
        (
            context.map(|context| context.as_str().to_owned()),
            outputs
                .map(|output| (output.name.to_string(), output.value.as_str().to_owned()))
                .collect(),
        )
    }

    #[test]
    fn at_each_event_it_has_the_context_and_the_latest_output_of_each_task() {
        let data = ScoreData::of_walk(&walk());
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(shown(&data, 1), (Some(r#"{"n":0}"#.to_owned()), vec![]));
        let (_, outputs) = shown(&data, 2);
        assert_eq!(outputs, [pair("stock", "2"), pair("price", "1")]);
        let (context, outputs) = shown(&data, 9);
        assert_eq!(context.as_deref(), Some(r#"{"n":1}"#));
        assert_eq!(outputs, [pair("price", "3"), pair("stock", "2")]);
    }

    #[test]
    fn with_too_many_values_the_oldest_are_forgotten_and_it_says_so() {
        let data = ScoreData::folded(&walk(), 6);
        let (context, outputs) = shown(&data, 9);
        assert!(context.is_some());
        assert_eq!(outputs.len(), 2);
        assert!(data.is_forgotten(EventId(2)) && !data.is_forgotten(EventId(5)));
        assert_eq!(ScoreData::folded(&walk(), 800).forgotten, None);
    }
}
