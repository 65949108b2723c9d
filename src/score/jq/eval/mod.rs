//! The evaluation of filters.
//!
//! A filter hands each result on to a function as soon as it has it, and ends once that function has
//! failed. The same code follows paths: a result knows how to get to it from where `path` began.

mod access;
mod calls;
mod construct;
mod control;
mod env;
mod fold;
pub mod paths;
mod update;

use std::{cell::Cell, rc::Rc};

use access::Access;
pub use env::{Binding, Env};
pub use paths::{Item, Path};

use super::{
    budget::Budget,
    halt::Halt,
    native,
    number::Num,
    syntax::{Constant, Definition, Filter},
    value::{Map, Val},
};

/// The end of an evaluation.
pub type Done = Result<(), Halt>;

/// Takes the results of a filter.
pub type Out<'o> = &'o mut dyn FnMut(Item) -> Done;

/// What filters are evaluated with.
pub struct Machine<'m> {
    /// What they may still cost.
    pub budget: &'m Budget,
    /// `now`, in seconds.
    pub now: f64,
    /// The filters in jq's language.
    definitions: &'static [Definition],
    labels: Cell<u64>,
}

impl<'m> Machine<'m> {
    /// `now`: the time that expressions see.
    pub fn new(budget: &'m Budget, now: f64) -> Self {
        Self {
            budget,
            now,
            definitions: &native::prelude().1,
            labels: Cell::new(0),
        }
    }

    /// A number that no other label has.
    pub fn label(&self) -> u64 {
        self.labels.set(self.labels.get() + 1);
        self.labels.get()
    }

    /// Evaluates a filter on an item.
    pub fn eval<'a>(&self, filter: &'a Filter, env: &Env<'a>, item: Item, out: Out<'_>) -> Done {
        self.budget.enter()?;
        let done = match filter {
            Filter::Identity => out(item),
            Filter::Pipe(first, second) => self.eval(first, env, item, &mut |item| {
                self.eval(second, env, item, out)
            }),
            Filter::Comma(first, second) => self
                .eval(first, env, item.clone(), out)
                .and_then(|()| self.eval(second, env, item, out)),
            Filter::Constant(constant) => out(item.other(constant_value(constant))),
            Filter::Variable(up) => match env.up(*up) {
                Some(Binding::Value(value)) => out(item.other(value.clone())),
                _ => Err(Halt::error("the variable is gone")),
            },
            Filter::Secrets => Err(Halt::error("`$secrets` is not known here")),
            Filter::Index(..) | Filter::Slice(..) | Filter::Iterate(_) | Filter::RecurseDefault => {
                self.access(filter, Access::Strict, env, item, out)
            }
            Filter::Optional(access) => self.access(access, Access::Optional, env, item, out),
            Filter::Native(name, arguments) => self.native(name, arguments, env, item, out),
            Filter::Defined(..) | Filter::Local(..) => self.call(filter, env, item, out),
            Filter::Reduce(_) | Filter::Foreach(..) | Filter::As(..) => {
                self.binding(filter, env, item, out)
            }
            Filter::Assign(..)
            | Filter::Update(..)
            | Filter::UpdateWith(..)
            | Filter::UpdateAlternative(..) => self.assignment(filter, env, item, out),
            Filter::Text(..) | Filter::Format(_) | Filter::List(_) | Filter::Map(_) => {
                self.construct(filter, env, item, out)
            }
            _ => self.control(filter, env, item, out),
        };
        self.budget.leave();
        done
    }

    /// The values of a filter, without paths.
    pub fn values<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        input: Val,
        out: &mut dyn FnMut(Val) -> Done,
    ) -> Done {
        self.eval(filter, env, Item::of(input), &mut |item| out(item.value))
    }

    /// The values of a filter. `last` tells whether one is the last of them, so that the input can be
    /// given away.
    fn values_to_last<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        input: Val,
        out: &mut dyn FnMut(Val, Turn) -> Done,
    ) -> Done {
        let (mut pending, mut has_ended) = (None, false);
        let done = self.values(
            filter,
            env,
            input,
            &mut |value| match pending.replace(value) {
                None => Ok(()),
                Some(value) => {
                    let done = out(value, Turn::More);
                    has_ended = done.is_err();
                    done
                }
            },
        );
        match pending {
            Some(value) if !has_ended => out(value, Turn::Last).and(done),
            _ => done,
        }
    }

    /// All values of a filter.
    pub fn collect<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        input: Val,
    ) -> Result<Vec<Val>, Halt> {
        let mut all = Vec::new();
        self.values(filter, env, input, &mut |value| {
            all.push(value);
            self.budget.spend(1)
        })?;
        Ok(all)
    }

    /// Only the first value of a filter.
    pub fn first<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        input: Val,
    ) -> Result<Option<Val>, Halt> {
        let (label, mut first) = (self.label(), None);
        let done = self.values(filter, env, input, &mut |value| {
            first = Some(value);
            Err(Halt::Break(label))
        });
        unlabeled(done, label)?;
        Ok(first)
    }
}

/// Whether a filter gives more values.
#[derive(Clone, Copy)]
enum Turn {
    More,
    Last,
}

/// An end without the break of a label that ends here.
pub fn unlabeled(done: Done, label: u64) -> Done {
    match done {
        Err(Halt::Break(at)) if at == label => Ok(()),
        done => done,
    }
}

fn constant_value(constant: &Constant) -> Val {
    match constant {
        Constant::Null => Val::Null,
        Constant::Bool(yes) => Val::Bool(*yes),
        Constant::Number(decimal) => Val::Num(Num::written(decimal.clone())),
        Constant::Text(text) => Val::Str(Rc::from(&**text)),
        Constant::Location(line) => Val::map(Map::from_iter([
            ("file".into(), Val::text("<top-level>")),
            ("line".into(), Val::count(*line)),
        ])),
    }
}
