//! `$workflow`, `$task` and the other variables of a score's expressions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Voice;
use crate::{
    engine::{InstanceId, Timestamp},
    score::{Binding, Document, Task, Variables},
};

/// The variables of a line, with a `$context`.
pub(super) fn variables(voice: &Voice, context: &Arc<Value>) -> Variables {
    let mut variables = voice.variables.clone();
    variables.set("context", Arc::clone(context));
    variables
}

/// `$workflow`.
pub(super) fn workflow(
    instance: &InstanceId,
    document: &Document,
    input: &Value,
    started: Timestamp,
) -> Binding {
    Binding::Map(vec![
        ("id", json!(instance.as_str()).into()),
        ("definition", Arc::clone(&document.definition).into()),
        ("input", input.clone().into()),
        ("startedAt", moment(started)),
    ])
}

/// `$task`: `output` is there once the task has one.
pub(super) fn descriptor(
    document: &Document,
    task: &Task,
    raw: &Arc<Value>,
    started: &Binding,
    output: Option<Arc<Value>>,
) -> Binding {
    let definition = Binding::Part(Arc::clone(&document.definition), task.pointer.clone());
    let mut members = vec![
        ("name", json!(task.name).into()),
        ("reference", json!(task.pointer).into()),
        ("definition", definition),
        ("input", Arc::clone(raw).into()),
        ("startedAt", started.clone()),
    ];
    members.extend(output.map(|output| ("output", output.into())));
    Binding::Map(members)
}

/// A moment as the standard describes it.
pub(super) fn moment(at: Timestamp) -> Binding {
    let millis = at.0 / 1_000_000;
    json!({
        "iso8601": at.to_string(),
        "epoch": { "seconds": millis / 1000, "milliseconds": millis },
    })
    .into()
}
