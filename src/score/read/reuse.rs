//! `use`: definitions that a score refers to by name.

use std::sync::Arc;

use super::{Map, Reader, function::Function, suggest};
use crate::score::{
    Task,
    error::Problem,
    place::Place,
    pointer::escaped,
    source::{Entry, Node, Value},
    task::FunctionCall,
};

/// The deepest nesting of function calls.
const MAX_DEPTH: usize = 8;

impl Reader<'_> {
    /// `use`.
    pub(super) fn reusable(&mut self, node: &Node) -> Option<()> {
        let known = [
            "secrets",
            "errors",
            "retries",
            "timeouts",
            "functions",
            "authentications",
            "catalogs",
        ];
        let used = self.map(node, "`use`", &known)?;
        if let Some(node) = used.get("secrets") {
            self.declared_secrets(node);
        }
        for entry in self.each_of(used, "errors", "`use.errors`") {
            if let Some(error) = self.error(&entry.node) {
                self.errors.insert(entry.key.clone(), error);
            }
        }
        for entry in self.each_of(used, "timeouts", "`use.timeouts`") {
            if let Some(after) = self.timeout(&entry.node) {
                self.timeouts.insert(entry.key.clone(), after);
            }
        }
        for entry in self.each_of(used, "retries", "`use.retries`") {
            let retry = self.with_scope(&["error"], |reader| reader.retry(&entry.node));
            if let Some(retry) = retry {
                self.retries.insert(entry.key.clone(), retry);
            }
        }
        if let Some(node) = used.get("authentications") {
            self.authentications(node);
        }
        for entry in self.each_of(used, "catalogs", "`use.catalogs`") {
            if let Some(catalog) = self.map(&entry.node, "a catalog", &["endpoint"]) {
                self.require(catalog, "endpoint");
            }
            self.catalogs.push(entry.key.clone());
        }
        for entry in self.each_of(used, "functions", "`use.functions`") {
            if super::call::is_built_in(&entry.key) {
                let message = format!("`{}` is a built-in function: use another name", entry.key);
                self.report::<()>(entry.place, message.into());
            }
            let function = Function::Unread(entry.clone());
            self.functions.insert(entry.key.clone(), function);
        }
        Some(())
    }

    fn each_of<'n>(&mut self, used: Map<'n>, key: &str, owner: &'static str) -> &'n [Entry] {
        let map = used.get(key).and_then(|node| self.any_map(node, owner));
        map.map_or(&[], |map| map.entries)
    }

    /// Reads the functions that are never called, so that their errors are reported.
    pub(super) fn all_functions(&mut self) {
        let mut names: Vec<String> = self.functions.keys().cloned().collect();
        names.sort();
        for name in names {
            self.function(Place::START, &name);
        }
    }

    /// The function with this name, called at `place`.
    fn function(&mut self, place: Place, name: &str) -> Option<Arc<Task>> {
        let depth = self
            .functions
            .values()
            .filter(|function| matches!(function, Function::BeingRead))
            .count();
        let function = self.functions.get_mut(name)?;
        let entry = match std::mem::replace(function, Function::BeingRead) {
            Function::Read(task) => {
                *function = Function::Read(task.clone());
                return task;
            }
            Function::BeingRead => {
                let message = format!("the function `{name}` calls itself, which would never end");
                return self.report(place, message.into());
            }
            Function::Unread(entry) => entry,
        };
        let task = if depth < MAX_DEPTH {
            let pointer = format!("/use/functions/{}", escaped(name));
            // It does not see the variables of its caller.
            let scope = std::mem::take(&mut self.scope);
            let task = self.task(&entry, pointer, &[]);
            self.scope = scope;
            task.map(Arc::new)
        } else {
            let message = format!("functions call each other more than {MAX_DEPTH} levels deep");
            self.report(place, message.into())
        };
        self.functions
            .insert(name.to_owned(), Function::Read(task.clone()));
        task
    }

    /// A call of a function that the score defines.
    pub(super) fn function_call(&mut self, node: &Node, task: Map<'_>) -> Option<FunctionCall> {
        let Value::String(name) = &node.value else {
            return None;
        };
        let function = self.function(node.place, name);
        let with = match task.get("with") {
            Some(node) => {
                self.any_map(node, "`with`")?;
                Some(self.template(node)?)
            }
            None => None,
        };
        let function = function?;
        if let Some(schema) = &function.schemas.input
            && let Some(with) = task.get("with")
        {
            self.arguments(with, schema.document());
        }
        Some(FunctionCall { function, with })
    }

    /// Checks the names of arguments against the schema of the function.
    fn arguments(&mut self, with: &Node, schema: &serde_json::Value) {
        let Value::Map(entries) = &with.value else {
            return;
        };
        let Some(properties) = schema.get("properties").and_then(|p| p.as_object()) else {
            return;
        };
        let known: Vec<&String> = properties.keys().collect();
        let closed = schema.get("additionalProperties") == Some(&false.into());
        let before = self.diagnostics.len();
        for entry in entries {
            if closed && !properties.contains_key(&entry.key) {
                let problem = Problem::UnknownKey {
                    key: entry.key.clone(),
                    owner: "the arguments of the function",
                    suggestion: suggest(&entry.key, &known),
                };
                self.report::<()>(entry.place, problem);
            }
        }
        // A mistyped name is not missing as well.
        if self.diagnostics.len() > before {
            return;
        }
        let required = schema.get("required").and_then(|r| r.as_array());
        for name in required.into_iter().flatten().filter_map(|r| r.as_str()) {
            if !entries.iter().any(|entry| entry.key == name) {
                let message = format!("missing argument `{name}` of the function");
                self.report::<()>(with.place, message.into());
            }
        }
    }

    /// A function of a catalog, `name:version@catalog`. Only the built-in functions are available.
    pub(super) fn cataloged(&mut self, node: &Node, name: &str) -> Option<String> {
        let (function, catalog) = name.split_once('@')?;
        let (function, version) = function.split_once(':').unwrap_or((function, ""));
        if catalog == "default" && super::call::is_built_in(function) {
            let fits = version.is_empty() || version == "1.0.0" || version == "latest";
            return match fits {
                true => Some(function.to_owned()),
                false => {
                    let message = format!("`{function}` is only available as version 1.0.0");
                    self.report(node.place, message.into())
                }
            };
        }
        let declared = self.catalogs.iter().any(|known| known == catalog);
        if !declared && catalog != "default" {
            let mut known = self.catalogs.clone();
            known.push("default".into());
            let problem = Problem::UnknownName {
                kind: "catalog",
                name: catalog.to_owned(),
                scope: "under `use.catalogs`",
                suggestion: suggest(catalog, &known),
            };
            return self.report(node.place, problem);
        }
        let message = format!(
            "the function `{name}` cannot be fetched from a catalog: define it under `use.functions`; \
             the catalog `default` has the built-in functions"
        );
        self.report(node.place, message.into())
    }
}
