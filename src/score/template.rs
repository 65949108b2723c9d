//! Values in a score that may contain expressions.

use serde_json::{Map, Value};

use super::{
    Expression, ExpressionError, SealedExpression, Variables, pointer::escaped, sealed_text::Seals,
    value_error::ValueError,
};

/// Data that may contain expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// Data without expressions.
    Literal(Value),
    /// An expression.
    Expression(Expression),
    /// An expression with secrets.
    Sealed(SealedExpression),
    /// A list that contains expressions.
    List(Vec<Template>),
    /// A map that contains expressions.
    Map(Vec<(String, Template)>),
}

impl Template {
    /// The data with every expression evaluated on `input`. Secrets in it are texts that only name them.
    pub fn evaluate(&self, input: &Value, variables: &Variables) -> Result<Value, ExpressionError> {
        self.evaluate_sealed(input, variables, "", &mut Seals::default())
    }

    /// The data with every expression evaluated on `input`. Texts with secrets are added to `seals`, by
    /// their place in the data, which is at `pointer`.
    pub fn evaluate_sealed(
        &self,
        input: &Value,
        variables: &Variables,
        pointer: &str,
        seals: &mut Seals,
    ) -> Result<Value, ExpressionError> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Expression(expression) => expression.evaluate(input, variables)?,
            Self::Sealed(expression) => {
                expression.evaluate(input, variables)?.shown(pointer, seals)
            }
            Self::List(items) => (0..)
                .zip(items)
                .map(|(index, item): (usize, _)| {
                    item.evaluate_sealed(input, variables, &format!("{pointer}/{index}"), seals)
                })
                .collect::<Result<Vec<_>, _>>()?
                .into(),
            Self::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let pointer = format!("{pointer}/{}", escaped(key));
                    let value = value.evaluate_sealed(input, variables, &pointer, seals)?;
                    map.insert(key.clone(), value);
                }
                map.into()
            }
        })
    }
}

/// An argument of a task: a value that the score fixes, or an expression that returns it.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument<T> {
    /// A value.
    Fixed(T),
    /// An expression that is evaluated when the task starts.
    Expression(Expression),
}

/// An argument that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ArgumentError {
    /// The expression failed.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// The expression returned something that cannot be used.
    #[error("`{argument}` evaluated to {value}: {error}")]
    Invalid {
        /// The name of the argument.
        argument: &'static str,
        /// What the expression returned.
        value: String,
        /// What is wrong with it.
        error: ValueError,
    },
}

impl<T: Clone> Argument<T> {
    /// The value; `read` makes it from what an expression returns.
    pub fn get(
        &self,
        argument: &'static str,
        input: &Value,
        variables: &Variables,
        read: impl Fn(&Value) -> Result<T, ValueError>,
    ) -> Result<T, ArgumentError> {
        /// The most characters of the value that an error shows.
        const MAX_SHOWN: usize = 80;
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Expression(expression) => {
                let value = expression.evaluate(input, variables)?;
                read(&value).map_err(|error| ArgumentError::Invalid {
                    argument,
                    value: value.to_string().chars().take(MAX_SHOWN).collect(),
                    error,
                })
            }
        }
    }
}
