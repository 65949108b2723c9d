//! Values that occur in many places: expressions, templates, arguments and durations.

use std::time::Duration;

use super::{Reader, suggest};
use crate::score::{
    Argument, Expression, Span, Template, duration,
    error::Problem,
    expression,
    place::Place,
    source::{Entry, Node, Value},
    value_error::ValueError,
};

/// The most different expressions in a score: each takes time and memory to compile.
const MAX_EXPRESSIONS: usize = 1000;

impl Reader<'_> {
    /// An expression where nothing else is allowed; `${ }` is optional.
    pub(super) fn expression(&mut self, node: &Node) -> Option<Expression> {
        match &node.value {
            Value::String(text) => {
                let (start, inner) = expression::inside(text).unwrap_or((0, text));
                self.compile(node, text, start, inner)
            }
            Value::Bool(yes) => {
                let text = if *yes { "true" } else { "false" };
                self.compile(node, text, 0, text)
            }
            _ => self.wrong_type(node, "an expression such as \"${ .count > 3 }\""),
        }
    }

    /// The expression in a text that is exactly one `${ }`. `None`: it is something else.
    pub(super) fn inline_expression(&mut self, node: &Node) -> Option<Option<Expression>> {
        let Value::String(text) = &node.value else {
            return None;
        };
        let (start, inner) = expression::inside(text)?;
        Some(self.compile(node, text, start, inner))
    }

    /// An expression that returns this value.
    pub(super) fn literal(&mut self, node: &Node, value: &serde_json::Value) -> Option<Expression> {
        let text = value.to_string();
        self.compile(node, &text, 0, &text)
    }

    fn compile(
        &mut self,
        node: &Node,
        text: &str,
        start: usize,
        inner: &str,
    ) -> Option<Expression> {
        let known = (inner.to_owned(), self.scope.clone());
        if let Some(expression) = self.expressions.get(&known) {
            return Some(expression.clone());
        }
        if self.expressions.len() >= MAX_EXPRESSIONS {
            let message =
                format!("more than {MAX_EXPRESSIONS} different expressions: split the score");
            return self.report(node.place, message.into());
        }
        match Expression::compile(inner, &self.scope) {
            Ok(expression) => {
                self.expressions.insert(known, expression.clone());
                Some(expression)
            }
            Err(error) => {
                let place = self.inside(node, text, start + error.at);
                self.report(place, super::secrets::problem(inner, error))
            }
        }
    }

    /// Data that may contain expressions.
    pub(super) fn template(&mut self, node: &Node) -> Option<Template> {
        if !self.is_stored() {
            self.warn_of_texts(node);
        }
        self.template_of(node)
    }

    fn template_of(&mut self, node: &Node) -> Option<Template> {
        if let Some(expression) = self.sealed_expression(node) {
            return expression.map(Template::Sealed);
        }
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(Template::Expression);
        }
        match &node.value {
            Value::List(items) => {
                let items: Option<Vec<_>> =
                    items.iter().map(|item| self.template_of(item)).collect();
                let items = items?;
                let literal = items.iter().all(is_literal);
                Some(match literal {
                    true => Template::Literal(node.to_json()),
                    false => Template::List(items),
                })
            }
            Value::Map(entries) => {
                let read = |e: &Entry| Some((e.key.clone(), self.template_of(&e.node)?));
                let entries: Vec<_> = entries.iter().map(read).collect::<Option<_>>()?;
                let literal = entries.iter().all(|(_, value)| is_literal(value));
                Some(match literal {
                    true => Template::Literal(node.to_json()),
                    false => Template::Map(entries),
                })
            }
            _ => Some(Template::Literal(node.to_json())),
        }
    }

    /// `from` and `as`: a string is an expression even without `${ }`, anything else a template.
    pub(super) fn transformation(&mut self, node: &Node) -> Option<Template> {
        match &node.value {
            Value::String(_) => self.expression(node).map(Template::Expression),
            _ => self.template(node),
        }
    }

    /// An argument: a value that `read` accepts, or an expression.
    pub(super) fn argument<T>(
        &mut self,
        node: &Node,
        read: impl Fn(&serde_json::Value) -> Result<T, ValueError>,
    ) -> Option<Argument<T>> {
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(Argument::Expression);
        }
        match read(&node.to_json()) {
            Ok(value) => Some(Argument::Fixed(value)),
            Err(error) => self.wrong_value(node, error),
        }
    }

    /// A duration: ISO 8601, or a map of units. It may be an expression or have some.
    pub(super) fn span(&mut self, node: &Node) -> Option<Span> {
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(|given| Span::Given(Template::Expression(given)));
        }
        if let Value::Map(entries) = &node.value {
            let given = entries.iter().any(|entry| {
                matches!(&entry.node.value, Value::String(text) if expression::inside(text).is_some())
            });
            if given {
                let units: Vec<&str> = duration::UNITS.iter().map(|(unit, _)| *unit).collect();
                self.map(node, "a duration", &units)?;
                return self.template(node).map(Span::Given);
            }
        }
        self.duration(node).map(Span::Fixed)
    }

    /// A duration that is always the same.
    pub(super) fn duration(&mut self, node: &Node) -> Option<Duration> {
        const EXPECTED: &str = "a duration such as \"PT1M30S\" or { seconds: 90 }";
        match &node.value {
            Value::String(text) => match duration::iso8601(text) {
                Some(duration) => Some(duration),
                None => self.report(node.place, duration::explained(text).into()),
            },
            Value::Map(_) => {
                let units: Vec<&str> = duration::UNITS.iter().map(|(unit, _)| *unit).collect();
                self.map(node, "a duration", &units)?;
                match duration::of_value(&node.to_json()) {
                    Ok(duration) => Some(duration),
                    Err(error) => self.wrong_value(node, error),
                }
            }
            Value::Int(_) | Value::Float(_) => {
                let message = "expected a duration, found a number without a unit: write { seconds: 5 } or PT5S";
                self.report(node.place, message.into())
            }
            _ => self.wrong_type(node, EXPECTED),
        }
    }

    /// `timeout`: `{ after: ... }`, or the name of one of `use.timeouts`.
    pub(super) fn timeout(&mut self, node: &Node) -> Option<Span> {
        if let Value::String(name) = &node.value {
            let found = self.timeouts.get(name).cloned();
            return found.or_else(|| self.unknown_reference(node.place, "timeout", name));
        }
        let map = self.map(node, "`timeout`", &["after"])?;
        let after = self.require(map, "after")?;
        self.span(after)
    }

    pub(super) fn unknown_reference<T>(
        &mut self,
        place: Place,
        kind: &'static str,
        name: &str,
    ) -> Option<T> {
        if self.is_full() {
            return None;
        }
        let known: Vec<String> = match kind {
            "retry policy" => self.retries.keys().cloned().collect(),
            "error" => self.errors.keys().cloned().collect(),
            _ => self.timeouts.keys().cloned().collect(),
        };
        let problem = Problem::UnknownName {
            kind,
            name: name.to_owned(),
            scope: "under `use`",
            suggestion: suggest(name, &known),
        };
        self.report(place, problem)
    }
}

fn is_literal(template: &Template) -> bool {
    matches!(template, Template::Literal(_))
}
