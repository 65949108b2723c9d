//! `call`.

use super::{Map, Reader, music::FUNCTIONS, suggest};
use crate::score::{error::Problem, source::Node, task::TaskKind};

/// The functions of the standard that Fermata supports.
const SERVICES: [&str; 2] = ["http", "openapi"];

/// Whether Fermata or the standard has a function with this name.
pub(super) fn is_built_in(name: &str) -> bool {
    FUNCTIONS.contains(&name) || SERVICES.contains(&name) || super::unsupported(name).is_some()
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

    /// A call of a built-in function.
    fn built_in(&mut self, node: &Node, name: &str, task: Map<'_>) -> Option<TaskKind> {
        match name {
            function if FUNCTIONS.contains(&function) => self.music(function, task),
            "http" => {
                let with = self.require(task, "with")?;
                self.http(with)
            }
            "openapi" => {
                let with = self.require(task, "with")?;
                self.openapi(with)
            }
            _ => self.unknown_function(node, name),
        }
    }

    fn unknown_function(&mut self, node: &Node, name: &str) -> Option<TaskKind> {
        if let Some(problem) = super::unsupported(name) {
            return self.report(node.place, problem);
        }
        if name.contains("://") {
            let message =
                format!("the function `{name}` cannot be fetched: define it under `use.functions`");
            return self.report(node.place, message.into());
        }
        let mut own: Vec<&str> = self.functions.keys().map(String::as_str).collect();
        own.sort_unstable();
        let known: Vec<&str> = FUNCTIONS.into_iter().chain(SERVICES).chain(own).collect();
        let problem = Problem::UnknownName {
            kind: "function",
            name: name.to_owned(),
            scope: "to call",
            suggestion: suggest(name, &known),
        };
        self.report(node.place, problem)
    }
}
