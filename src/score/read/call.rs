//! `call`: which function.

use super::{Map, Reader, music::FUNCTIONS};
use crate::score::{document::TaskKind, error::Problem, source::Node};

/// The functions of the standard that call services.
const SERVICES: [&str; 2] = ["http", "openapi"];

/// Whether a function has the name of one that Fermata or the standard has.
pub(super) fn is_built_in(name: &str) -> bool {
    FUNCTIONS.contains(&name) || SERVICES.contains(&name) || super::unperformed(name).is_some()
}

impl Reader<'_> {
    pub(super) fn call(&mut self, node: &Node, task: Map<'_>) -> Option<TaskKind> {
        let name = self.string(node, "the name of a function")?;
        if self.functions.contains_key(name) {
            return self.function_call(node, task).map(TaskKind::Function);
        }
        if name.contains('@') {
            let name = self.cataloged(node, name)?;
            return self.built_in(node, &name, task);
        }
        self.built_in(node, name, task)
    }

    /// A function that Fermata has.
    fn built_in(&mut self, node: &Node, name: &str, task: Map<'_>) -> Option<TaskKind> {
        match name {
            function if FUNCTIONS.contains(&function) => self.music(function, task),
            "http" => {
                let with = self.need(task, "with")?;
                self.http(with)
            }
            "openapi" => {
                let with = self.need(task, "with")?;
                self.openapi(with)
            }
            _ => self.unknown_function(node, name),
        }
    }

    fn unknown_function(&mut self, node: &Node, name: &str) -> Option<TaskKind> {
        if let Some(problem) = super::unperformed(name) {
            return self.wrong(node.place, problem);
        }
        if name.contains("://") {
            let message = format!(
                "the function `{name}` is not at hand: Fermata fetches no functions; write it under \
                 `use.functions`"
            );
            return self.wrong(node.place, Problem::Other(message));
        }
        let mut own: Vec<&str> = self.functions.keys().map(String::as_str).collect();
        own.sort_unstable();
        let known: Vec<&str> = FUNCTIONS.into_iter().chain(SERVICES).chain(own).collect();
        let problem = Problem::UnknownName {
            kind: "function",
            name: name.to_owned(),
            scope: "to call",
            hint: super::hint::hint(name, &known),
        };
        self.wrong(node.place, problem)
    }
}
