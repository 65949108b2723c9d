//! `try`, `catch`, `retry` and `raise`.

use super::{Map, Reader, task::optional};
use crate::score::{
    Template,
    error::Problem,
    source::{Node, Value},
    task::{Backoff, Catch, Retry, Try},
};

/// The members of an error.
const MEMBERS: [&str; 5] = ["type", "status", "title", "detail", "instance"];

impl Reader<'_> {
    pub(super) fn try_catch(
        &mut self,
        node: &Node,
        task: Map<'_>,
        pointer: &str,
        siblings: &[&str],
    ) -> Option<Try> {
        let tasks = self.tasks(node, &format!("{pointer}/try"));
        let catch = self.require(task, "catch")?;
        let catch = self.catch(catch, pointer, siblings);
        Some(Try {
            tasks: tasks?,
            catch: catch?,
        })
    }

    fn catch(&mut self, node: &Node, pointer: &str, siblings: &[&str]) -> Option<Catch> {
        let known = ["errors", "as", "when", "exceptWhen", "retry", "do", "then"];
        let map = self.map(node, "`catch`", &known)?;
        let errors = match map.get("errors") {
            Some(node) => self.error_filter(node),
            None => Some(Vec::new()),
        };
        let then = map.get("then").map(|node| self.then(node, siblings));
        let error_as = self.variable(map.get("as"), "error")?;
        let name = error_as.clone();
        self.with_scope(&[&name], |reader| {
            let when = map.get("when").map(|node| reader.expression(node));
            let except_when = map.get("exceptWhen").map(|node| reader.expression(node));
            let retry = map.get("retry").map(|node| reader.retry_or_name(node));
            let pointer = format!("{pointer}/catch/do");
            let tasks = map.get("do").map(|node| reader.tasks(node, &pointer));
            Some(Catch {
                errors: errors?,
                error_as,
                when: optional(when)?,
                except_when: optional(except_when)?,
                retry: optional(retry)?,
                tasks: optional(tasks)?,
                then: optional(then)?,
            })
        })
    }

    fn error_filter(&mut self, node: &Node) -> Option<Vec<(String, Template)>> {
        let map = self.map(node, "`catch.errors`", &["with"])?;
        let with = self.require(map, "with")?;
        // The schema of the standard says `details` here, its text says `detail`.
        let known: Vec<&str> = MEMBERS.into_iter().chain(["details"]).collect();
        let with = self.map(with, "an error", &known)?;
        let mut members = self.members(with, "")?;
        for (name, _) in &mut members {
            if name == "details" {
                *name = "detail".into();
            }
        }
        Some(members)
    }

    fn retry_or_name(&mut self, node: &Node) -> Option<Retry> {
        match &node.value {
            Value::String(name) => {
                let found = self.retries.get(name).cloned();
                found.or_else(|| self.unknown_reference(node.place, "retry policy", name))
            }
            _ => self.retry(node),
        }
    }

    /// A retry policy.
    pub(super) fn retry(&mut self, node: &Node) -> Option<Retry> {
        let known = ["when", "exceptWhen", "delay", "backoff", "limit", "jitter"];
        let map = self.map(node, "`retry`", &known)?;
        let when = map.get("when").map(|node| self.expression(node));
        let except_when = map.get("exceptWhen").map(|node| self.expression(node));
        let delay = map.get("delay").map(|node| self.span(node));
        let backoff = map.get("backoff").map(|node| self.backoff(node));
        let jitter = map.get("jitter").map(|node| self.jitter(node));
        let mut retry = Retry {
            when: optional(when)?,
            except_when: optional(except_when)?,
            delay: optional(delay)?.unwrap_or_default(),
            backoff: optional(backoff)?.unwrap_or_default(),
            attempts: None,
            attempt_duration: None,
            duration: None,
            jitter: optional(jitter)?,
        };
        if let Some(limit) = map.get("limit") {
            self.limit(limit, &mut retry)?;
        }
        if retry.is_unbounded() && !self.is_stored() {
            let message = format!(
                "`retry` without `delay` and `limit` retries at once, {} times at most: add a `delay`, or a \
                 `limit` such as {{ attempt: {{ count: 5 }} }}",
                Retry::UNBOUNDED_ATTEMPTS
            );
            self.warn(node.place, message);
        }
        Some(retry)
    }

    fn limit(&mut self, node: &Node, retry: &mut Retry) -> Option<()> {
        let limit = self.map(node, "`retry.limit`", &["attempt", "duration"])?;
        if let Some(node) = limit.get("duration") {
            retry.duration = Some(self.duration(node)?);
        }
        if let Some(node) = limit.get("attempt") {
            let attempt = self.map(node, "`retry.limit.attempt`", &["count", "duration"])?;
            if let Some(node) = attempt.get("count") {
                let expected = "an integer from 1 to 1000000";
                retry.attempts = Some(self.integer(node, 1..=1_000_000, expected)?);
            }
            if let Some(node) = attempt.get("duration") {
                retry.attempt_duration = Some(self.duration(node)?);
            }
        }
        Some(())
    }

    fn backoff(&mut self, node: &Node) -> Option<Backoff> {
        let kinds = [
            ("constant", Backoff::Constant),
            ("linear", Backoff::Linear),
            ("exponential", Backoff::Exponential),
        ];
        let names = kinds.map(|(name, _)| name);
        let map = self.map(node, "`backoff`", &names)?;
        let [entry] = map.entries else {
            return self.wrong_type(
                node,
                "one of `constant: {}`, `linear: {}`, `exponential: {}`",
            );
        };
        match &entry.node.value {
            Value::Null => {}
            Value::Map(entries) if entries.is_empty() => {}
            _ => return self.wrong_type(&entry.node, "`{}`: a backoff has no parameters"),
        }
        let kind = kinds.into_iter().find(|(name, _)| *name == entry.key);
        kind.map(|(_, backoff)| backoff)
    }

    fn jitter(&mut self, node: &Node) -> Option<(std::time::Duration, std::time::Duration)> {
        let map = self.map(node, "`jitter`", &["from", "to"])?;
        let from = self
            .require(map, "from")
            .and_then(|node| self.duration(node));
        let to = self.require(map, "to").and_then(|node| self.duration(node));
        let (from, to) = (from?, to?);
        match from <= to {
            true => Some((from, to)),
            false => {
                let message = "`from` must not be longer than `to`";
                self.report(node.place, Problem::from(message))
            }
        }
    }

    pub(super) fn raise(&mut self, node: &Node) -> Option<Template> {
        let map = self.map(node, "`raise`", &["error"])?;
        let error = self.require(map, "error")?;
        if let Value::String(name) = &error.value {
            let found = self.errors.get(name).cloned();
            return found.or_else(|| self.unknown_reference(error.place, "error", name));
        }
        self.error(error)
    }

    /// An error object.
    pub(super) fn error(&mut self, node: &Node) -> Option<Template> {
        let map = self.map(node, "an error", &MEMBERS)?;
        for (key, expected) in [("type", "a string"), ("status", "an integer")] {
            let value = self.require(map, key)?;
            let literal =
                !matches!(&value.value, Value::String(s) if s.trim_start().starts_with("${"));
            let fits = match key {
                "type" => matches!(value.value, Value::String(_)),
                _ => matches!(value.value, Value::Int(_)),
            };
            if literal && !fits {
                return self.wrong_type(value, expected);
            }
        }
        self.template(node)
    }
}
