//! The data of a run at a moment: its input, the context of its score, its status and tags, and the latest
//! outputs.
//!
//! Input, status and tags are in the events. The context of a score and the outputs of its tasks are not:
//! they come from a replay of the events up to that moment; live, that follows a little later. For a workflow in Rust, the outputs are the
//! results of its activities and children. Nothing is read from the engine's present state, and nothing is
//! left out: what is secret in a history is secret here.

use std::sync::Arc;

use super::{
    event_table::EventPlace, event_words, format, json_text::json_text, lane::LaneModel,
    lane_history::EventCount,
};
use crate::{
    conductor::ScoreRun,
    engine::{EventId, EventKind, Payload},
};

/// The data of a run at a moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunData {
    /// The values, in the order in which they are shown.
    pub values: Vec<DataValue>,
    /// What is missing, as a sentence.
    pub missing: Option<&'static str>,
}

/// A value with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct DataValue {
    /// What it is.
    pub key: DataKey,
    /// Its name on screen.
    pub name: Arc<str>,
    /// The value.
    pub value: Payload,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DataKey {
    /// The input of the run.
    Input,
    /// The context of the score, `$context`.
    Context,
    /// The custom status.
    Status,
    /// The tags.
    Tags,
    /// The output of a task of the score: a JSON pointer into the document.
    Output(Arc<str>),
    /// The result of an activity or a child of a workflow in Rust.
    Result(EventPlace),
}

impl DataValue {
    /// Longest value on one line, in characters.
    const LINE: usize = 120;

    fn new(key: DataKey, name: impl Into<Arc<str>>, value: Payload) -> Self {
        let name = name.into();
        Self { key, name, value }
    }

    /// The value on one line.
    pub fn line(&self) -> String {
        match format::payload(&self.value, Self::LINE) {
            text if text.is_empty() => self.value.as_str().to_owned(),
            text => text,
        }
    }

    /// The whole value, as JSON with lines of about `columns` characters.
    pub fn text(&self, columns: usize) -> String {
        json_text(&self.value.to_json(), columns)
    }
}

impl RunData {
    /// The data of a lane after its first `count` events. `live` has the history, `shown` is the lane at
    /// that moment, and `replayed` the run that it is in, as far as that is known.
    pub fn of(
        live: &LaneModel,
        shown: &LaneModel,
        count: EventCount,
        replayed: Option<&ScoreRun>,
    ) -> Self {
        let Some(last) = count.0.checked_sub(1).map(EventPlace) else {
            return Self::default();
        };
        let mut data = Self::default();
        data.add(DataKey::Input, "input", input(live, shown, last));
        let outputs = match &shown.facts {
            None => results(live, last),
            Some(_) => {
                let at = live.history.number_of(last).unwrap_or(EventId(0));
                let context = replayed.and_then(|replayed| replayed.data.context_after(at));
                data.add(DataKey::Context, "context", context.cloned());
                data.missing = match replayed {
                    None => Some("Context and outputs are being replayed …"),
                    Some(replayed) if replayed.data.is_forgotten(at) => {
                        Some("There are too many older values to keep them.")
                    }
                    Some(replayed) if replayed.parts_at.is_some_and(|parts| parts <= at) => {
                        Some("Code and history part before this moment.")
                    }
                    Some(_) => None,
                };
                let outputs = replayed.map(|replayed| replayed.data.outputs_after(at));
                let outputs = outputs.unwrap_or_default().into_iter();
                let output = |output: &crate::conductor::PassedOn| {
                    let key = DataKey::Output(Arc::clone(&output.task));
                    DataValue::new(key, Arc::clone(&output.name), output.value.clone())
                };
                outputs.map(output).collect()
            }
        };
        data.add(DataKey::Status, "status", shown.status_data.clone());
        data.add(DataKey::Tags, "tags", tags(shown));
        data.values.extend(outputs);
        data
    }

    /// A value; `null` is none.
    fn add(&mut self, key: DataKey, name: &str, value: Option<Payload>) {
        let value = value.filter(|value| *value != Payload::null());
        let value = value.map(|value| DataValue::new(key, name, value));
        self.values.extend(value);
    }

    /// The value with a key.
    pub fn get(&self, key: &DataKey) -> Option<&DataValue> {
        self.values.iter().find(|value| value.key == *key)
    }
}

/// The input of the run. That of a score is without the text of the score.
fn input(live: &LaneModel, shown: &LaneModel, last: EventPlace) -> Option<Payload> {
    if let Some(facts) = &shown.facts {
        return facts.input.clone();
    }
    let start = live.history.run_start(last)?;
    match &live.history.get(start.0)?.event.kind {
        EventKind::ExecutionStarted { input, .. } => Some(input.clone()),
        _ => None,
    }
}

fn tags(shown: &LaneModel) -> Option<Payload> {
    // Texts always become JSON.
    let tags = Some(&shown.tags).filter(|tags| !tags.is_empty());
    tags.and_then(|tags| Payload::encode(&**tags).ok())
}

/// The latest results of a workflow in Rust, the newest first.
fn results(live: &LaneModel, last: EventPlace) -> Vec<DataValue> {
    /// How many results are shown, and among how many events they are looked for.
    const MOST: usize = 12;
    const AMONG: usize = 150;
    let Some(start) = live.history.run_start(last) else {
        return Vec::new();
    };
    let first = start.0.max(last.0.saturating_sub(AMONG));
    let places = (first..=last.0).rev().map(EventPlace);
    let found = places.filter_map(|place| {
        let result = match &live.history.get(place.0)?.event.kind {
            EventKind::TaskCompleted { result, .. }
            | EventKind::ChildWorkflowInstanceCompleted { result, .. } => result.clone(),
            _ => return None,
        };
        let opener = live.history.get(live.opener_of(place).0)?;
        let name = event_words::title(&opener.event.kind);
        let shows = result != Payload::null();
        shows.then(|| DataValue::new(DataKey::Result(place), name, result))
    });
    found.take(MOST).collect()
}
