//! A score that was read and checked, ready to be performed.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use super::{
    Place, ScoreError, Span, Template, http,
    instrument::{EventSound, Instrument},
    listening::Listening,
    task::{Listen, Schemas, Task, TaskKind, TaskList},
};
use crate::{
    engine::Times,
    music::{MeterMap, Tempo},
};

/// A score: a document of the Open Workflow Specification DSL 1.0.
///
/// [`parse`](super::parse) and [`load`](super::load) make one.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The text that it was read from.
    pub source: Arc<str>,
    /// Version of the DSL: `1.0.x`.
    pub dsl: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// Its title; the name if the document has no title.
    pub title: String,
    /// Its summary; may be empty.
    pub summary: String,
    /// The tempo at the start.
    pub tempo: Tempo,
    /// The meters, counted from the beat at which the score enters.
    pub meters: MeterMap,
    /// The instruments, in document order.
    pub instruments: Vec<Instrument>,
    /// History events that sound.
    pub sounds: Vec<EventSound>,
    /// `listen`: how its events sound; `None`: it says nothing about that.
    pub listening: Option<Listening>,
    /// `input.from` of the workflow.
    pub input: Option<Template>,
    /// `output.as` of the workflow.
    pub output: Option<Template>,
    /// `timeout.after` of the workflow.
    pub timeout: Option<Span>,
    /// `loop`: when it ends, it starts again on the next bar line with the current text of its file,
    /// until it is stopped.
    pub loops: bool,
    /// `input.schema` and `output.schema` of the workflow.
    pub schemas: Schemas,
    /// `schedule`: when it starts by itself.
    pub schedule: Option<Recurrence>,
    /// `use.authentications`.
    pub authentications: HashMap<String, http::Policy>,
    /// `use.secrets`: their names, and where the text declares them.
    pub secrets: Vec<(String, Place)>,
    /// Its tasks.
    pub tasks: TaskList,
    /// The whole document as data; null for other formats than the DSL.
    pub definition: Arc<serde_json::Value>,
    /// The texts of the scores that it runs with `run.workflow`, directly or indirectly; see
    /// [`Repertoire`](super::Repertoire).
    pub companions: Vec<Arc<str>>,
    /// What it may say, but hardly means.
    pub warnings: Vec<ScoreError>,
}

/// `schedule`: when a score starts by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Recurrence {
    /// `every` and `cron`: at these times, whether or not the previous run has ended.
    At(Times),
    /// `after`: this long after the previous run has completed.
    After(Duration),
    /// `on`: each time these events have arrived. They are its input.
    On(Box<Listen>),
}

impl Document {
    /// Visits every task once, those of called functions included.
    pub fn each_task(&self, visit: &mut dyn FnMut(&Task)) {
        fn walk(tasks: &[Task], functions: &mut HashSet<String>, visit: &mut dyn FnMut(&Task)) {
            for task in tasks {
                visit(task);
                walk(
                    task.compensation.as_deref().unwrap_or_default(),
                    functions,
                    visit,
                );
                match &task.kind {
                    TaskKind::Do(tasks) => walk(tasks, functions, visit),
                    TaskKind::For(each) => walk(&each.tasks, functions, visit),
                    TaskKind::Fork(fork) => walk(&fork.branches, functions, visit),
                    TaskKind::Try(tried) => {
                        let handler = tried.catch.tasks.as_deref().unwrap_or_default();
                        walk(&tried.tasks, functions, visit);
                        walk(handler, functions, visit);
                    }
                    TaskKind::Listen(listen) => {
                        if let Some(each) = &listen.foreach {
                            walk(&each.tasks, functions, visit);
                        }
                    }
                    TaskKind::Function(call) if functions.insert(call.function.pointer.clone()) => {
                        walk(std::slice::from_ref(&call.function), functions, visit);
                    }
                    _ => {}
                }
            }
        }
        walk(&self.tasks, &mut HashSet::new(), visit);
    }

    /// The instrument with this name.
    pub fn instrument(&self, name: &str) -> Option<&Instrument> {
        self.instruments.iter().find(|i| i.name == name)
    }
}
