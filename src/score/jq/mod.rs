//! jq, as its version 1.8 has it, with a budget.
//!
//! | file | contents |
//! |---|---|
//! | `lexer`, `parser`, `syntax` | from text to a syntax tree, whose names are resolved |
//! | `eval` | the evaluation: results are handed on one by one |
//! | `native`, `prelude.jq` | the filters, in Rust and in jq's own language |
//! | `sealed` | expressions with `$secrets`, whose values are not known when they are evaluated |
//! | `value`, `number`, `json` | data |
//! | `budget` | what an evaluation may cost: the same at every replay |
//!
//! There is no environment, no file, no chance and no clock in it but the time that it is given. It knows
//! nothing about scores.

mod arithmetic;
mod budget;
mod eval;
mod format;
mod halt;
mod json;
mod lexer;
mod native;
mod number;
mod parser;
mod parts;
mod sealed;
mod syntax;
mod value;

#[cfg(test)]
mod tests;

pub use self::{
    budget::Budget,
    number::{Decimal, Num},
    sealed::{Encoding, Sealed},
    value::{Map, Val},
};
use self::{
    eval::{Env, Item, Machine},
    halt::Halt,
};

/// jq text that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The byte of the text.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

/// A program: jq text that was read.
#[derive(Debug)]
pub struct Program {
    filter: syntax::Filter,
}

/// How an evaluation ended without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub String);

impl Program {
    /// Reads jq text. `variables` are in scope.
    pub fn read(text: &str, variables: &[String]) -> Result<Self, SyntaxError> {
        let filter = parser::expression(text, &native::prelude().0, variables)?;
        Ok(Self { filter })
    }

    /// The same results as one list.
    fn collected(filter: syntax::Filter) -> Self {
        let filter = syntax::Filter::List(Some(filter.into()));
        Self { filter }
    }

    /// Whether its results are always the same, because it reads nothing.
    pub fn is_constant(&self) -> bool {
        self.filter.is_constant()
    }

    /// Whether it neither loops nor reads much: it takes no time worth mentioning.
    pub fn is_simple(&self) -> bool {
        self.filter.is_simple()
    }

    /// Evaluates it. `values`: those of the variables, in their order; `now` in seconds since 1970;
    /// `most`: how many results are wanted.
    pub fn run(
        &self,
        input: Val,
        values: Vec<Val>,
        now: f64,
        budget: &Budget,
        most: usize,
    ) -> Result<Vec<Val>, Failure> {
        let machine = Machine::new(budget, now);
        let env = Env::default().with_values(values);
        let mut results = Vec::new();
        let label = machine.label();
        let done = machine.eval(&self.filter, &env, Item::of(input), &mut |item| {
            results.push(item.value);
            match results.len() >= most {
                true => Err(Halt::Break(label)),
                false => budget.spend(1),
            }
        });
        match eval::unlabeled(done, label) {
            Ok(()) => Ok(results),
            Err(halt) => Err(Failure(halt.message())),
        }
    }
}
