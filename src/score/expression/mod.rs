//! jq expressions, the standard's runtime expressions.
//!
//! An expression is compiled once, sees only its input and its named variables, and always gives the same
//! result: it cannot read the environment or files, nothing in it is random, and `now` is the time that is
//! passed with the variables.

mod error;
mod evaluator;
mod sealed;
mod size;
#[cfg(test)]
mod tests;
mod values;

use std::{cell::Cell, fmt, sync::Arc};

use serde_json::Value;

pub use self::{
    error::{ExpressionError, SyntaxError},
    sealed::{SealedExpression, SealedValue},
};
use self::{
    size::{SMALL, size, with_room},
    values::{MAX_OUTPUT, from_json, from_known, to_json},
};
use super::{
    jq::{Budget, Failure, Program, Val},
    variables::{Binding, Several, Variables},
};

/// The names of the standard's variables, in scope everywhere.
pub const STANDARD_VARIABLES: [&str; 6] =
    ["context", "input", "output", "task", "workflow", "runtime"];

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    /// The variables that it mentions, in the order in which it was compiled.
    variables: Arc<[String]>,
    program: Arc<Program>,
    /// It takes no time worth mentioning, whatever its input.
    is_simple: bool,
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
        let Compiled {
            variables,
            size,
            code: program,
        } = Compiled::of(text, scope, Program::read)?;
        Ok(Self {
            text: text.trim().into(),
            variables,
            is_simple: size <= SMALL && program.is_simple(),
            program: program.into(),
        })
    }

    /// The answer for this input; several results are a list. A variable that is not given is null.
    ///
    /// What an evaluation may cost is bounded by steps and data, the same at every replay.
    ///
    /// # Panics
    ///
    /// If the machine cannot evaluate it: the answer does not come within a long time, or there is no
    /// thread for it. Such a failure must not be recorded; in a workflow the panic stalls the instance,
    /// which can be resumed.
    pub fn evaluate(&self, input: &Value, variables: &Variables) -> Result<Value, ExpressionError> {
        if variables.budget() == 0 {
            return Err(ExpressionError::TooMuch {
                expression: self.text.clone(),
            });
        }
        let names = self.variables.iter();
        let known = names.map(|name| variables.get(name).cloned()).collect();
        let (answer, work) = if self.is_simple {
            self.answer(input, known, variables.now(), variables.several())
        } else {
            let (own, input) = (self.clone(), input.clone());
            let (now, several) = (variables.now(), variables.several());
            let evaluated = evaluator::evaluate(move || own.answer(&input, known, now, several));
            evaluated.unwrap_or_else(|error| error.stall(&self.text))
        };
        variables.spend(work);
        answer
    }

    /// The answer, and how much work it was.
    fn answer(
        &self,
        input: &Value,
        known: Vec<Option<Binding>>,
        now: f64,
        several: Several,
    ) -> (Result<Value, ExpressionError>, u64) {
        let expression = || self.text.clone();
        let read = Cell::new(0);
        let value =
            |known: Option<Binding>| known.map_or(Val::Null, |known| from_known(&known, &read));
        let values = known.into_iter().map(value).collect();
        let input = from_json(input, &read);
        let budget = Budget::default();
        let most = match several {
            Several::First => 1,
            Several::List => MAX_OUTPUT,
        };
        let results = self.program.run(input, values, now, &budget, most);
        let work = read.get() + budget.used();
        let mut results = match results {
            Ok(results) => results,
            Err(Failure(message)) => {
                let failed = ExpressionError::Failed {
                    expression: expression(),
                    message: shortened(message),
                };
                return (Err(failed), work);
            }
        };
        let answer = match results.len() {
            0 => {
                let expression = expression();
                return (Err(ExpressionError::Empty { expression }), work);
            }
            1 => results.pop().unwrap_or(Val::Null),
            _ => Val::list(results),
        };
        let mut room = MAX_OUTPUT;
        let value = to_json(&answer, &mut room, 0);
        let value = value.map_err(|message| ExpressionError::Unusable {
            expression: expression(),
            message,
        });
        (value, work + (MAX_OUTPUT - room) as u64)
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

/// What compiling an expression gives.
struct Compiled<T> {
    variables: Arc<[String]>,
    size: usize,
    code: T,
}

impl<T: Send> Compiled<T> {
    /// `read` compiles text in which these variables are known.
    fn of(
        text: &str,
        scope: &[String],
        read: impl FnOnce(&str, &[String]) -> Result<T, SyntaxError> + Send,
    ) -> Result<Self, SyntaxError> {
        let variables = mentioned(text, scope);
        let size = size(text)?;
        let code = with_room(size, || read(text, &variables)).map_err(|error| {
            let message = format!(
                "the expression is long, and the system has no thread to compile it on ({error}): close \
                 other programs and try again, or make it shorter"
            );
            SyntaxError { at: 0, message }
        })??;
        Ok(Self {
            variables: variables.into(),
            size,
            code,
        })
    }
}

/// The variables that an expression may mention, in the order in which it is compiled.
fn mentioned(text: &str, scope: &[String]) -> Vec<String> {
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
    variables
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(400) {
        Some((at, _)) => format!("{}…", message.get(..at).unwrap_or_default()),
        None => message,
    }
}
