//! `use`: what is written once and referred to by name.

use std::sync::Arc;

use super::{Map, Reader, hint::hint};
use crate::score::{
    Task,
    document::FunctionCall,
    error::Problem,
    source::{Entry, Node, Place, Value},
};

/// How deep functions may call each other.
const MAX_DEPTH: usize = 8;

/// One of `use.functions`.
pub(super) enum Function {
    /// Nobody has called it so far.
    Unread(Entry),
    /// It is just being read; who calls it now is called by it.
    BeingRead,
    /// It has been read; `None`: something is wrong with it.
    Read(Option<Arc<Task>>),
}

impl Reader<'_> {
    /// `use`.
    pub(super) fn reusable(&mut self, node: &Node) -> Option<()> {
        let known = [
            "errors",
            "retries",
            "timeouts",
            "functions",
            "authentications",
            "catalogs",
        ];
        let used = self.map(node, "`use`", &known)?;
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
                self.need(catalog, "endpoint");
            }
            self.catalogs.push(entry.key.clone());
        }
        for entry in self.each_of(used, "functions", "`use.functions`") {
            if super::call::is_built_in(&entry.key) {
                let message = format!(
                    "`{}` is there already: give this function another name",
                    entry.key
                );
                self.wrong::<()>(entry.place, Problem::Other(message));
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

    /// Reads the functions that nobody has called so far, so that all that is wrong with them is told.
    pub(super) fn all_functions(&mut self) {
        let mut names: Vec<String> = self.functions.keys().cloned().collect();
        names.sort();
        for name in names {
            self.function(Place::START, &name);
        }
    }

    /// The function of that name, which is called at `place`.
    fn function(&mut self, place: Place, name: &str) -> Option<Arc<Task>> {
        let under_way = self
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
                let message = format!("the function `{name}` calls itself and would never end");
                return self.wrong(place, Problem::Other(message));
            }
            Function::Unread(entry) => entry,
        };
        let task = if under_way < MAX_DEPTH {
            let pointer = format!("/use/functions/{}", super::task::escaped(name));
            // It sees nothing of where it is called.
            let scope = std::mem::take(&mut self.scope);
            let task = self.task(&entry, pointer, &[]);
            self.scope = scope;
            task.map(Arc::new)
        } else {
            let message = format!("functions call each other deeper than {MAX_DEPTH} levels here");
            self.wrong(place, Problem::Other(message))
        };
        self.functions
            .insert(name.to_owned(), Function::Read(task.clone()));
        task
    }

    /// A call of one of the score's functions.
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

    /// Whether the names of arguments are those that the function's schema knows.
    fn arguments(&mut self, with: &Node, schema: &serde_json::Value) {
        let Value::Map(entries) = &with.value else {
            return;
        };
        let Some(properties) = schema.get("properties").and_then(|p| p.as_object()) else {
            return;
        };
        let known: Vec<&String> = properties.keys().collect();
        let closed = schema.get("additionalProperties") == Some(&false.into());
        let told = self.faults.len();
        for entry in entries {
            if closed && !properties.contains_key(&entry.key) {
                let problem = Problem::UnknownKey {
                    key: entry.key.clone(),
                    owner: "the function's arguments",
                    hint: hint(&entry.key, &known),
                };
                self.wrong::<()>(entry.place, problem);
            }
        }
        // Whoever mistypes a name does not forget it as well.
        if self.faults.len() > told {
            return;
        }
        let required = schema.get("required").and_then(|r| r.as_array());
        for name in required.into_iter().flatten().filter_map(|r| r.as_str()) {
            if !entries.iter().any(|entry| entry.key == name) {
                let message = format!("the function needs the argument `{name}`");
                self.wrong::<()>(with.place, Problem::Other(message));
            }
        }
    }

    /// A function of a catalog, `name:version@catalog`; only Fermata's own functions are at hand.
    pub(super) fn cataloged(&mut self, node: &Node, name: &str) -> Option<String> {
        let (function, catalog) = name.split_once('@')?;
        let (function, version) = function.split_once(':').unwrap_or((function, ""));
        if catalog == "default" && super::call::is_built_in(function) {
            let fits = version.is_empty() || version == "1.0.0" || version == "latest";
            return match fits {
                true => Some(function.to_owned()),
                false => {
                    let message =
                        format!("`{function}` of Fermata's own catalog has the version 1.0.0");
                    self.wrong(node.place, Problem::Other(message))
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
                scope: "under `use`",
                hint: hint(catalog, &known),
            };
            return self.wrong(node.place, problem);
        }
        let message = format!(
            "the function `{name}` is not at hand: Fermata fetches nothing from catalogs, `default` has \
             its own functions; write this one under `use.functions`"
        );
        self.wrong(node.place, Problem::Other(message))
    }
}
