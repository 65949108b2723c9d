//! `emit`, `listen` and the events that start a score.

use super::{Map, Reader, task::optional};
use crate::score::{
    Template,
    events::{Correlation, EmitTask, Filter, Strategy, is_timestamp},
    expression,
    source::{Node, Value},
    task::{ForEach, Listen, ReadAs, Schemas, TaskKind, Until},
};

/// The kinds of consumption strategies.
const STRATEGIES: [&str; 3] = ["one", "any", "all"];

impl Reader<'_> {
    pub(super) fn emit(&mut self, node: &Node) -> Option<TaskKind> {
        let map = self.map(node, "`emit`", &["event"])?;
        let event = self.require(map, "event")?;
        let event = self.map(event, "`emit.event`", &["with"])?;
        let with = self.require(event, "with")?;
        let with = self.any_map(with, "`emit.event.with`")?;
        let kind = self.require(with, "type");
        for entry in with.entries {
            let is_name = |name: &str| {
                !name.is_empty() && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9'))
            };
            if !is_name(&entry.key) && entry.key != "data_base64" {
                let message = format!(
                    "invalid event attribute `{}`: use lower-case letters and digits only",
                    entry.key
                );
                self.report::<()>(entry.place, message.into());
            }
        }
        if let Some(time) = with.get("time").filter(|_| !self.is_stored()) {
            self.event_time(time);
        }
        let with = self.attributes(with);
        kind.is_some()
            .then_some(TaskKind::Emit(EmitTask { with: with? }))
    }

    /// Reports a time that no event can have.
    fn event_time(&mut self, node: &Node) {
        if let Value::String(text) = &node.value
            && expression::inside(text).is_none()
            && !is_timestamp(text)
        {
            self.invalid::<()>(
                node,
                "a time such as 2026-11-26T20:00:00Z, or an expression",
            );
        }
    }

    pub(super) fn listen(&mut self, node: &Node, task: Map<'_>, pointer: &str) -> Option<TaskKind> {
        let map = self.map(node, "`listen`", &["to", "read"])?;
        let read = self.read_as(map.get("read"));
        let to = self.require(map, "to").and_then(|node| self.strategy(node));
        let foreach = task
            .get("foreach")
            .map(|node| self.foreach_event(node, pointer));
        let (to, until) = to?;
        Some(TaskKind::Listen(Listen {
            to,
            until,
            read: read?,
            foreach: optional(foreach)?,
        }))
    }

    /// `read`: which part of an event counts.
    fn read_as(&mut self, node: Option<&Node>) -> Option<ReadAs> {
        let Some(node) = node else {
            return Some(ReadAs::default());
        };
        self.parsed(node, "`data`, `envelope` or `raw`", |word| match word {
            "data" => Some(ReadAs::Data),
            "envelope" => Some(ReadAs::Envelope),
            "raw" => Some(ReadAs::Raw),
            _ => None,
        })
    }

    /// `schedule.on` and `schedule.read`.
    pub(super) fn start_events(&mut self, node: &Node, read: Option<&Node>) -> Option<Box<Listen>> {
        let read = self.read_as(read);
        let (to, until) = self.strategy(node)?;
        Some(Box::new(Listen {
            to,
            until,
            read: read?,
            foreach: None,
        }))
    }

    /// A consumption strategy, and its `until` if that has an effect.
    fn strategy(&mut self, node: &Node) -> Option<(Strategy, Option<Until>)> {
        let owner = "a consumption strategy";
        let map = self.map(node, owner, &["one", "any", "all", "until"])?;
        let mut found = STRATEGIES
            .into_iter()
            .filter(|word| map.get(word).is_some());
        let (word, second) = (found.next(), found.next());
        if let (Some(word), Some(second)) = (word, second) {
            let message = format!("a strategy takes either `{word}` or `{second}`, not both");
            return self.report(node.place, message.into());
        }
        let until = map.get("until").map(|node| self.until(node));
        let strategy = match word {
            Some("one") => self
                .require(map, "one")
                .and_then(|node| self.filter(node))
                .map(Strategy::One),
            Some("all") => {
                let node = self.require(map, "all")?;
                let filters = self.filters(node)?;
                match filters.is_empty() {
                    true => return self.invalid(node, "a list of at least one event"),
                    false => Some(Strategy::All(filters)),
                }
            }
            Some(_) => self
                .require(map, "any")
                .and_then(|node| self.filters(node))
                .map(Strategy::Any),
            None => {
                let message = "missing strategy: add `one`, `any` or `all`";
                self.report(node.place, message.into())
            }
        };
        let (strategy, until) = (strategy?, optional(until)?);
        // The standard ignores it with other strategies.
        let counts = matches!(strategy, Strategy::Any(_));
        Some((strategy, until.filter(|_| counts)))
    }

    fn until(&mut self, node: &Node) -> Option<Until> {
        match &node.value {
            Value::Map(_) => {
                let (strategy, until) = self.strategy(node)?;
                if until.is_some() {
                    let message = "`until` cannot be nested";
                    return self.report(node.place, message.into());
                }
                Some(Until::Events(strategy))
            }
            _ => self.expression(node).map(Until::Condition),
        }
    }

    fn filters(&mut self, node: &Node) -> Option<Vec<Filter>> {
        let items = self.list(node, "a list of events such as { with: { type: ... } }")?;
        let filters: Vec<_> = items.iter().map(|item| self.filter(item)).collect();
        filters.into_iter().collect()
    }

    fn filter(&mut self, node: &Node) -> Option<Filter> {
        let map = self.map(node, "an event", &["with", "correlate"])?;
        let with = self.require(map, "with");
        let with = with.and_then(|with| {
            let attributes = self.any_map(with, "`with`")?;
            match attributes.entries.is_empty() {
                true => self.invalid(with, "at least one attribute, such as `type`"),
                false => self.attributes(attributes),
            }
        });
        let correlate = map.get("correlate").map(|node| self.correlations(node));
        Some(Filter {
            with: with?,
            correlate: optional(correlate)?.unwrap_or_default(),
        })
    }

    /// The attributes of an event; those of CloudEvents must have the right type.
    fn attributes(&mut self, with: Map<'_>) -> Option<Vec<(String, Template)>> {
        let mut attributes = Vec::new();
        for entry in with.entries {
            let Some(template) = self.template(&entry.node) else {
                continue;
            };
            let is_text = matches!(
                entry.key.as_str(),
                "id" | "source" | "type" | "time" | "subject" | "datacontenttype" | "dataschema"
            );
            let can_be_text = match &template {
                Template::Literal(value) => {
                    value.as_str().is_some_and(|text| !text.trim().is_empty())
                }
                Template::Expression(_) | Template::Sealed(_) => true,
                Template::List(_) | Template::Map(_) => false,
            };
            if is_text && !can_be_text {
                self.invalid::<()>(&entry.node, "a non-empty string or an expression");
                continue;
            }
            attributes.push((entry.key.clone(), template));
        }
        (attributes.len() == with.entries.len()).then_some(attributes)
    }

    fn correlations(&mut self, node: &Node) -> Option<Vec<(String, Correlation)>> {
        let map = self.any_map(node, "`correlate`")?;
        let mut correlations = Vec::new();
        for entry in map.entries {
            let Some(map) = self.map(&entry.node, "a correlation", &["from", "expect"]) else {
                continue;
            };
            let from = self
                .require(map, "from")
                .and_then(|node| self.expression(node));
            let expect = optional(map.get("expect").map(|node| self.template(node)));
            if let (Some(from), Some(expect)) = (from, expect) {
                correlations.push((entry.key.clone(), Correlation { from, expect }));
            }
        }
        (correlations.len() == map.entries.len()).then_some(correlations)
    }

    fn foreach_event(&mut self, node: &Node, pointer: &str) -> Option<ForEach> {
        let map = self.map(node, "`foreach`", &["item", "at", "do", "output", "export"])?;
        let item = self.variable(map.get("item"), "item");
        let at = self.variable(map.get("at"), "index");
        let (item, at) = (item?, at?);
        let (tasks, output, export) = self.with_scope(&[&item, &at], |reader| {
            let pointer = format!("{pointer}/foreach/do");
            (
                map.get("do").map(|node| reader.tasks(node, &pointer)),
                map.get("output").map(|node| reader.output(node)),
                map.get("export").map(|node| reader.export(node)),
            )
        });
        let (output, output_schema) = optional(output)?.unwrap_or_default();
        let (export, export_schema) = optional(export)?.unwrap_or_default();
        Some(ForEach {
            item,
            at,
            tasks: optional(tasks)?.unwrap_or_default(),
            output,
            export,
            schemas: Schemas {
                input: None,
                output: output_schema,
                export: export_schema,
            },
        })
    }
}
