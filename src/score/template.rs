//! Values in a score that are known from the start or worked out while it is performed.

use serde_json::{Map, Value};

use super::{Expression, ExpressionError, Variables};

/// Data with expressions in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// Data without expressions.
    Literal(Value),
    /// An expression.
    Expression(Expression),
    /// A list with expressions somewhere in it.
    List(Vec<Template>),
    /// A map with expressions somewhere in it.
    Map(Vec<(String, Template)>),
}

impl Template {
    /// The data with every expression evaluated on `input`.
    pub fn evaluate(&self, input: &Value, variables: &Variables) -> Result<Value, ExpressionError> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Expression(expression) => expression.evaluate(input, variables)?,
            Self::List(items) => items
                .iter()
                .map(|item| item.evaluate(input, variables))
                .collect::<Result<Vec<_>, _>>()?
                .into(),
            Self::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.insert(key.clone(), value.evaluate(input, variables)?);
                }
                map.into()
            }
        })
    }
}

/// A value of a task that is fixed by the score, or an expression that gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum Given<T> {
    /// Fixed.
    Fixed(T),
    /// Worked out when the task begins.
    Expression(Expression),
}

/// A task whose values make no sense once they are worked out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// An expression failed.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// An expression gave something that cannot be used.
    #[error("`{field}` was worked out as {value}, but {message}")]
    Unusable {
        /// The word in the score.
        field: &'static str,
        /// What the expression gave.
        value: String,
        /// What is wrong with it.
        message: String,
    },
}

impl<T: Clone> Given<T> {
    /// The value; `read` makes it from what an expression gave.
    pub fn get(
        &self,
        field: &'static str,
        input: &Value,
        variables: &Variables,
        read: impl Fn(&Value) -> Result<T, String>,
    ) -> Result<T, CallError> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Expression(expression) => {
                let value = expression.evaluate(input, variables)?;
                read(&value).map_err(|message| CallError::Unusable {
                    field,
                    value: value.to_string().chars().take(80).collect(),
                    message,
                })
            }
        }
    }
}
