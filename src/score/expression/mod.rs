//! jq expressions, the standard's runtime expressions.
//!
//! An expression is compiled once, sees only its input and its named variables, and gives the same
//! answer every time: there is no clock, no environment, no file and no chance in it.

mod compile;
mod guard;
#[cfg(test)]
mod tests;
mod values;

use std::{cell::Cell, fmt, sync::Arc};

use jaq_core::{Ctx, DataT, Vars, data::HasLut, unwrap_valr};
use jaq_json::Val;
use serde_json::Value;

use self::{
    compile::{compile, size, with_room},
    values::{MAX_OUTPUT, from_json, from_known, to_json},
};
use super::variables::Variables;

/// The names of the standard's variables, in scope everywhere.
pub const STANDARD_VARIABLES: [&str; 6] =
    ["context", "input", "output", "task", "workflow", "runtime"];

/// How many rounds the loops of one evaluation may make together.
const MAX_ROUNDS: u32 = 1_000_000;

/// What jq filters run on: values, and how many rounds their loops may still make.
struct Data;

#[derive(Clone)]
struct Work<'a> {
    lut: &'a jaq_core::Lut<Data>,
    rounds: &'a Cell<u32>,
}

impl DataT for Data {
    type V<'a> = Val;
    type Data<'a> = Work<'a>;
}

impl<'a> HasLut<'a, Data> for Work<'a> {
    fn lut(&self) -> &'a jaq_core::Lut<Data> {
        self.lut
    }
}

type Filter = jaq_core::Filter<Data>;

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    /// The variables that it mentions, in the order in which it was compiled.
    variables: Arc<[String]>,
    filter: Arc<Filter>,
    /// How many words and signs it has.
    size: usize,
}

/// An expression that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The byte of the expression's text.
    pub at: usize,
    /// What is wrong, the end of a sentence that began with "in this expression".
    pub message: String,
}

/// An expression that failed on its input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// jq says no.
    #[error("`{expression}` failed: {message}")]
    Failed {
        /// The expression.
        expression: Arc<str>,
        /// jq's words.
        message: String,
    },
    /// Too many expressions, or too large ones, without anything being waited for.
    #[error(
        "`{expression}` was not asked: too much was worked out without waiting for anything; let the \
         loop wait, rest or play"
    )]
    TooMuch {
        /// The expression.
        expression: Arc<str>,
    },
    /// No answer.
    #[error("`{expression}` has no result: let it end in a value, `null` if need be")]
    Empty {
        /// The expression.
        expression: Arc<str>,
    },
    /// An answer that is too large or not JSON.
    #[error("the result of `{expression}` {message}")]
    Unusable {
        /// The expression.
        expression: Arc<str>,
        /// Why.
        message: &'static str,
    },
}

/// The inside of a text that is exactly one `${ }`, and at which byte it begins.
pub fn inside(text: &str) -> Option<(usize, &str)> {
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix("${")?.strip_suffix('}')?;
    let start = text.len() - text.trim_start().len() + 2;
    Some((start, inner))
}

impl Expression {
    /// Compiles jq text. `scope` names the variables besides the standard's, without `$`.
    pub fn compile(text: &str, scope: &[String]) -> Result<Self, SyntaxError> {
        let mentioned = |name: &&str| text.contains(&format!("${name}"));
        let standard = STANDARD_VARIABLES.into_iter();
        let mut variables: Vec<String> = standard
            .filter(|name| !scope.iter().any(|own| own == name))
            .chain(scope.iter().map(String::as_str))
            .filter(mentioned)
            .map(str::to_owned)
            .collect();
        variables.sort();
        variables.dedup();
        let size = size(text)?;
        let filter = with_room(size, || compile(text, &variables)).map_err(|error| {
            let message = format!("there is no room to read it: {error}");
            SyntaxError { at: 0, message }
        })??;
        Ok(Self {
            text: text.trim().into(),
            variables: variables.into(),
            filter: filter.into(),
            size,
        })
    }

    /// The first answer for this input. A variable that is not given is null.
    pub fn evaluate(&self, input: &Value, variables: &Variables) -> Result<Value, ExpressionError> {
        with_room(self.size, || self.answer(input, variables)).unwrap_or_else(|error| {
            Err(ExpressionError::Failed {
                expression: self.text.clone(),
                message: error.to_string(),
            })
        })
    }

    fn answer(&self, input: &Value, variables: &Variables) -> Result<Value, ExpressionError> {
        let expression = || self.text.clone();
        if variables.room() == 0 {
            return Err(ExpressionError::TooMuch {
                expression: expression(),
            });
        }
        let read = Cell::new(0);
        let value = |name: &String| {
            let known = variables.get(name);
            known.map_or(Val::Null, |known| from_known(known, &read))
        };
        let vars = Vars::new(self.variables.iter().map(value));
        let input = from_json(input, &read);
        let rounds = Cell::new(MAX_ROUNDS);
        let work = Work {
            lut: &self.filter.lut,
            rounds: &rounds,
        };
        let ctx = Ctx::<Data>::new(work, vars);
        let first = self.filter.id.run((ctx, input)).map(unwrap_valr).next();
        variables.worked(read.get() + u64::from(MAX_ROUNDS - rounds.get()));
        match first {
            None => Err(ExpressionError::Empty {
                expression: expression(),
            }),
            Some(Err(error)) => Err(ExpressionError::Failed {
                expression: expression(),
                message: shortened(error.to_string()),
            }),
            Some(Ok(answer)) => {
                let mut room = MAX_OUTPUT;
                let value = to_json(&answer, &mut room, 0);
                variables.worked((MAX_OUTPUT - room) as u64);
                value.map_err(|message| ExpressionError::Unusable {
                    expression: expression(),
                    message,
                })
            }
        }
    }

    /// Whether the answer is true by jq's rule: all but `false` and `null`.
    pub fn holds(&self, input: &Value, variables: &Variables) -> Result<bool, ExpressionError> {
        let answer = self.evaluate(input, variables)?;
        Ok(!matches!(answer, Value::Null | Value::Bool(false)))
    }

    /// Its jq text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{ {} }}", self.text)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.variables == other.variables
    }
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(400) {
        Some((at, _)) => format!("{}…", message.get(..at).unwrap_or_default()),
        None => message,
    }
}
