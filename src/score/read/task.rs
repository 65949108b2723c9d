//! Tasks.

use std::collections::HashSet;

use super::{Map, Reader, suggest};
use crate::score::{
    Template,
    error::Problem,
    pointer::escaped,
    source::{Entry, Node, Value},
    task::{Case, For, Fork, Join, Schemas, Task, TaskKind, TaskList, Then},
};

/// The keys that define the kind of a task, and the keys that go with each.
const KINDS: [(&str, &[&str]); 12] = [
    ("for", &["while", "do"]),
    ("do", &[]),
    ("call", &["with"]),
    ("fork", &[]),
    ("emit", &[]),
    ("listen", &["foreach"]),
    ("raise", &[]),
    ("run", &[]),
    ("set", &[]),
    ("switch", &[]),
    ("try", &["catch"]),
    ("wait", &[]),
];

/// The most tasks in one list.
const MAX_TASKS: usize = 20_000;

/// The keys that any task may have.
const COMMON: [&str; 7] = [
    "if", "input", "output", "export", "timeout", "then", "metadata",
];

impl Reader<'_> {
    /// A list of named tasks.
    pub(super) fn tasks(&mut self, node: &Node, pointer: &str) -> Option<TaskList> {
        let items = self.list(node, "a list of tasks, each written `- name: ...`")?;
        if items.is_empty() || items.len() > MAX_TASKS {
            return self.invalid(node, "a list of 1 to 20000 tasks");
        }
        let named: Vec<Option<&Entry>> = items
            .iter()
            .map(|item| self.named(item, "a task"))
            .collect();
        let names: Vec<&str> = named
            .iter()
            .map(|entry| entry.map_or("", |entry| entry.key.as_str()))
            .collect();
        let mut tasks = Vec::new();
        let mut taken = HashSet::new();
        for (index, entry) in named.iter().enumerate() {
            let Some(entry) = entry else { continue };
            if !taken.insert(entry.key.as_str()) {
                let name = entry.key.clone();
                self.report::<()>(entry.place, Problem::DuplicateTask { name });
            }
            let pointer = format!("{pointer}/{index}/{}", escaped(&entry.key));
            tasks.push(self.task(entry, pointer, &names));
        }
        let tasks: TaskList = tasks.into_iter().collect::<Option<_>>()?;
        let places: Vec<_> = named.iter().flatten().map(|entry| entry.place).collect();
        if !self.is_stored() && places.len() == tasks.len() {
            self.warn_of_unreachable(&tasks, &places);
        }
        Some(tasks)
    }

    /// The only entry of a map.
    fn named<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<&'n Entry> {
        match &node.value {
            Value::Map(entries) => match &entries[..] {
                [entry] => Some(entry),
                [] => self.wrong_type(node, "a name with its definition"),
                [_, second, ..] => {
                    let message = format!(
                        "`{}` is on the level of the name of {what}: indent it further, or start it with `-`",
                        second.key
                    );
                    self.report(second.place, message.into())
                }
            },
            _ => self.wrong_type(node, "a name with its definition"),
        }
    }

    /// A task. `siblings` are the possible targets of its `then`.
    pub(super) fn task(
        &mut self,
        entry: &Entry,
        pointer: String,
        siblings: &[&str],
    ) -> Option<Task> {
        let map = self.any_map(&entry.node, "a task")?;
        let Some((kind, own)) = KINDS.iter().find(|(word, _)| map.get(word).is_some()) else {
            return self.no_kind(map);
        };
        let known: Vec<&str> = COMMON.iter().chain(*own).chain([kind]).copied().collect();
        if let Some(second) = KINDS
            .iter()
            .find(|(word, _)| !known.contains(word) && map.get(word).is_some())
        {
            let (second, _) = second;
            let place = map
                .entry(second)
                .map_or(map.node.place, |entry| entry.place);
            let message = format!(
                "a task does one thing, and this has both `{kind}` and `{second}`: make two tasks of it"
            );
            return self.report(place, message.into());
        }
        self.check_keys(map, &known);
        let condition = map.get("if").map(|node| self.expression(node));
        let input = map.get("input").map(|node| self.input(node));
        let output = map.get("output").map(|node| self.output(node));
        let export = map.get("export").map(|node| self.export(node));
        let timeout = map.get("timeout").map(|node| self.timeout(node));
        let then = match map.get("then") {
            Some(node) => self.then(node, siblings),
            None => Some(Then::Continue),
        };
        let body = self.kind(kind, map, &pointer, siblings);
        let own = map
            .get("metadata")
            .map(|node| self.task_metadata(node, &pointer));
        let own = optional(own)?.unwrap_or_default();
        let (input, input_schema) = optional(input)?.unwrap_or_default();
        let (output, output_schema) = optional(output)?.unwrap_or_default();
        let (export, export_schema) = optional(export)?.unwrap_or_default();
        Some(Task {
            name: entry.key.clone(),
            lines: entry.place.line..=self.last_line(entry.node.place.end).max(entry.place.line),
            condition: optional(condition)?,
            input,
            output,
            export,
            timeout: optional(timeout)?,
            schemas: Schemas {
                input: input_schema,
                output: output_schema,
                export: export_schema,
            },
            then: then?,
            compensation: own.compensation,
            status: own.status,
            caption: own.caption,
            kind: body?,
            pointer,
        })
    }

    /// Reports a task without a known kind.
    fn no_kind<T>(&mut self, map: Map<'_>) -> Option<T> {
        let words: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
        let own = map
            .entries
            .iter()
            .find(|e| !COMMON.contains(&e.key.as_str()));
        match own {
            None => {
                let message = format!("a task needs one of these keys: {}", words.join(", "));
                self.report(map.node.place, message.into())
            }
            Some(entry) => {
                self.check_keys(
                    Map {
                        entries: std::slice::from_ref(entry),
                        ..map
                    },
                    &words,
                );
                None
            }
        }
    }

    fn kind(
        &mut self,
        kind: &str,
        map: Map<'_>,
        pointer: &str,
        siblings: &[&str],
    ) -> Option<TaskKind> {
        let node = map.get(kind)?;
        match kind {
            "do" => self.tasks(node, &format!("{pointer}/do")).map(TaskKind::Do),
            "call" => self.call(node, map),
            "for" => self.for_each(node, map, pointer).map(TaskKind::For),
            "fork" => self.fork(node, pointer).map(TaskKind::Fork),
            "emit" => self.emit(node),
            "listen" => self.listen(node, map, pointer),
            "raise" => self.raise(node).map(TaskKind::Raise),
            "run" => self.run(node).map(TaskKind::Run),
            "set" => self.set(node).map(TaskKind::Set),
            "switch" => self.switch(node, siblings).map(TaskKind::Switch),
            "try" => self
                .try_catch(node, map, pointer, siblings)
                .map(|t| TaskKind::Try(t.into())),
            _ => self.span(node).map(TaskKind::Wait),
        }
    }

    fn set(&mut self, node: &Node) -> Option<Template> {
        match &node.value {
            Value::Map(_) => self.template(node),
            Value::String(_) => match self.inline_expression(node) {
                Some(expression) => expression.map(Template::Expression),
                None => self.wrong_type(node, "a map or an expression"),
            },
            _ => self.wrong_type(node, "a map or an expression"),
        }
    }

    /// `then`: a flow directive or the name of a task in the same list.
    pub(super) fn then(&mut self, node: &Node, siblings: &[&str]) -> Option<Then> {
        let word = self.string(node, "`continue`, `exit`, `end` or the name of a task")?;
        match word {
            "continue" => return Some(Then::Continue),
            "exit" => return Some(Then::Exit),
            "end" => return Some(Then::End),
            _ => {}
        }
        if let Some(index) = siblings.iter().position(|name| *name == word) {
            return Some(Then::Task(index));
        }
        if self.is_full() {
            return None;
        }
        if self.task_names.contains(word) {
            let message = format!(
                "the task `{word}` cannot be reached from here: it is in another list, and `then` leads to \
                 tasks of its own list"
            );
            return self.report(node.place, message.into());
        }
        let words = ["continue", "exit", "end"];
        let known: Vec<&str> = words.iter().chain(siblings).copied().collect();
        let problem = Problem::UnknownName {
            kind: "task",
            name: word.to_owned(),
            scope: "in this list",
            suggestion: suggest(word, &known),
        };
        self.report(node.place, problem)
    }

    fn for_each(&mut self, node: &Node, task: Map<'_>, pointer: &str) -> Option<For> {
        let map = self.map(node, "`for`", &["each", "in", "at"])?;
        let each = self.variable(map.get("each"), "item");
        let at = self.variable(map.get("at"), "index");
        let each_in = self.require(map, "in").and_then(|node| match &node.value {
            Value::List(_) => self.template(node),
            _ => self.expression(node).map(Template::Expression),
        });
        let (each, at) = (each?, at?);
        let body = self.require(task, "do")?;
        let (while_, tasks) = self.with_scope(&[&each, &at], |reader| {
            let while_ = task.get("while").map(|node| reader.expression(node));
            (while_, reader.tasks(body, &format!("{pointer}/do")))
        });
        Some(For {
            each,
            each_in: each_in?,
            at,
            while_: optional(while_)?,
            tasks: tasks?,
        })
    }

    /// The name of a variable.
    pub(super) fn variable(&mut self, node: Option<&Node>, default: &str) -> Option<String> {
        let Some(node) = node else {
            return Some(default.to_owned());
        };
        let is_name = |text: &str| {
            let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let fits = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && text.chars().all(name)
                && !crate::score::STANDARD_VARIABLES.contains(&text);
            fits.then(|| text.to_owned())
        };
        self.parsed(
            node,
            "the name of a variable: letters, digits and `_`",
            is_name,
        )
    }

    fn fork(&mut self, node: &Node, pointer: &str) -> Option<Fork> {
        let map = self.map(node, "`fork`", &["branches", "compete"])?;
        let compete = match map.get("compete") {
            Some(node) => self.boolean(node)?,
            None => false,
        };
        let branches = self.require(map, "branches")?;
        let items = self.list(branches, "a list of branches, each written `- name: ...`")?;
        if items.is_empty() {
            return self.invalid(branches, "a list of at least one branch");
        }
        let mut tasks = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Some(entry) = self.named(item, "a branch") else {
                continue;
            };
            let pointer = format!("{pointer}/fork/branches/{index}/{}", escaped(&entry.key));
            tasks.push(self.task(entry, pointer, &[]));
        }
        Some(Fork {
            branches: tasks.into_iter().collect::<Option<_>>()?,
            join: if compete { Join::First } else { Join::All },
        })
    }

    fn switch(&mut self, node: &Node, siblings: &[&str]) -> Option<Vec<Case>> {
        let items = self.list(node, "a list of cases, each written `- name: ...`")?;
        if items.is_empty() {
            return self.invalid(node, "a list of at least one case");
        }
        let mut cases: Vec<Case> = Vec::new();
        for item in items {
            let Some(entry) = self.named(item, "a case") else {
                continue;
            };
            let Some(map) = self.map(&entry.node, "a case", &["when", "then"]) else {
                continue;
            };
            let when = optional(map.get("when").map(|node| self.expression(node)));
            let then = self
                .require(map, "then")
                .and_then(|node| self.then(node, siblings));
            if let (Some(when), Some(then)) = (when, then) {
                if when.is_none() && cases.iter().any(|case| case.when.is_none()) {
                    let message =
                        "a second case without `when`: a switch has at most one default case";
                    self.report::<()>(entry.place, message.into());
                }
                let name = entry.key.clone();
                cases.push(Case { name, when, then });
            }
        }
        (cases.len() == items.len()).then_some(cases)
    }

    /// The members of a map except one, as templates.
    pub(super) fn members(&mut self, map: Map<'_>, but: &str) -> Option<Vec<(String, Template)>> {
        let others = map.entries.iter().filter(|entry| entry.key != but);
        others
            .map(|entry| Some((entry.key.clone(), self.template(&entry.node)?)))
            .collect()
    }
}

/// A key that may be missing: `None` if it is there and has errors.
pub(super) fn optional<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
    }
}

/// Collects the names of tasks in lists at any depth.
pub(super) fn collect_names(node: &Node, names: &mut HashSet<String>) {
    match &node.value {
        Value::List(items) => {
            for item in items {
                if let Value::Map(entries) = &item.value
                    && let [entry] = &entries[..]
                {
                    names.insert(entry.key.clone());
                }
                collect_names(item, names);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                collect_names(&entry.node, names);
            }
        }
        _ => {}
    }
}
