//! What schemas, templates, durations and conditions come to for the data at hand.

use std::time::Duration;

use serde_json::Value;

use super::{Performance, Raised, Standard, Voice, WorkflowContext, variables::variables};
use crate::score::{Expression, Schema, Span, Template, Variables};

impl<C: WorkflowContext> Performance<C> {
    /// Whether data is what a schema asks for; without a schema it always is.
    pub(super) fn fits(
        &self,
        pointer: &str,
        schema: Option<&Schema>,
        data: &Value,
        what: &str,
    ) -> Result<(), Raised> {
        let checked = schema.map_or(Ok(()), |schema| schema.check(data));
        checked.map_err(|wrong| {
            let detail = format!("the {what} does not fit its schema: {wrong}");
            Raised::standard(Standard::Validation, pointer, detail)
        })
    }

    /// What a template makes of a value; without a template the value itself.
    pub(super) fn transformed(
        &self,
        pointer: &str,
        template: Option<&Template>,
        value: Value,
        voice: &Voice,
    ) -> Result<Value, Raised> {
        match template {
            None => Ok(value),
            Some(template) => template
                .evaluate(&value, &self.variables(voice))
                .map_err(|error| Raised::expression(pointer, &error)),
        }
    }

    /// A duration; without one there is none.
    pub(super) fn span(
        &self,
        name: &'static str,
        pointer: &str,
        span: Option<&Span>,
        input: &Value,
        voice: &Voice,
    ) -> Result<Option<Duration>, Raised> {
        let variables = || self.variables(voice);
        let given = span.map(|span| match span {
            Span::Fixed(duration) => Ok(*duration),
            span => span.get(name, input, &variables()),
        });
        given
            .transpose()
            .map_err(|error| Raised::call(pointer, &error))
    }

    pub(super) fn holds(
        &self,
        pointer: &str,
        condition: Option<&Expression>,
        input: &Value,
        voice: &Voice,
    ) -> Result<Option<bool>, Raised> {
        condition
            .map(|condition| condition.holds(input, &self.variables(voice)))
            .transpose()
            .map_err(|error| Raised::expression(pointer, &error))
    }

    /// The variables in scope.
    pub(super) fn variables(&self, voice: &Voice) -> Variables {
        let mut variables = variables(voice, &self.shared.borrow());
        variables.set_now(self.context.now().0 as f64 / 1e9);
        variables
    }
}
