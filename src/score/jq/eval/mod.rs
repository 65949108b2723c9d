//! The evaluation of filters.
//!
//! A filter hands each result on to a function as soon as it has it, and ends once that function has
//! failed. The same code follows paths: a result knows how to get to it from where `path` began.

mod env;
mod fold;
pub mod paths;
mod update;

use std::{cell::Cell, rc::Rc};

pub use env::{Binding, Env};
pub use paths::{Item, Path};

use super::{
    arithmetic::calculate,
    budget::Budget,
    format,
    halt::{Halt, described},
    json,
    native::{self, Native},
    number::Num,
    syntax::{Constant, Definition, Filter, Part},
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

    fn access<'a>(
        &self,
        filter: &'a Filter,
        access: Access,
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
        let at = |item: Item, key: Val, out: Out<'_>| match (item.at(key), access) {
            (Ok(item), _) => out(item),
            (Err(Halt::Error(_)), Access::Optional) => Ok(()),
            (Err(halt), _) => Err(halt),
        };
        match filter {
            Filter::Index(term, key) => {
                if let Filter::Constant(Constant::Text(name)) = &**key {
                    let key = Val::Str(Rc::from(&**name));
                    return self.eval(term, env, item, &mut |item| at(item, key.clone(), out));
                }
                let input = item.value.clone();
                self.values(key, env, input, &mut |key| {
                    self.eval(term, env, item.clone(), &mut |item| {
                        self.budget.copy(&key)?;
                        at(item, key.clone(), out)
                    })
                })
            }
            Filter::Slice(term, from, to) => {
                let limit = |limit: &'a Option<Box<Filter>>| match limit {
                    Some(filter) => self.collect(filter, env, item.value.clone()),
                    None => Ok(vec![Val::Null]),
                };
                let (starts, ends) = (limit(from)?, limit(to)?);
                for end in &ends {
                    for start in &starts {
                        let key = paths::slice(start.clone(), end.clone());
                        self.eval(term, env, item.clone(), &mut |item| {
                            self.budget.copy(&item.value)?;
                            at(item, key.clone(), out)
                        })?;
                    }
                }
                Ok(())
            }
            Filter::Iterate(term) => {
                self.eval(term, env, item, &mut |item| match (&item.value, access) {
                    (Val::Arr(_) | Val::Obj(_), _) | (_, Access::Strict) => self.each(item, out),
                    (_, Access::Optional) => Ok(()),
                })
            }
            _ => self.recurse_default(item, out),
        }
    }

    /// The items of a list or map.
    pub fn each(&self, item: Item, out: Out<'_>) -> Done {
        item.may_iterate()?;
        match &item.value {
            Val::Arr(items) => {
                for (index, value) in items.iter().enumerate() {
                    self.budget.spend(1)?;
                    out(item.part(|| Val::count(index), value.clone()))?;
                }
                Ok(())
            }
            Val::Obj(entries) => {
                for (key, value) in entries.iter() {
                    self.budget.spend(1)?;
                    out(item.part(|| Val::Str(key.clone()), value.clone()))?;
                }
                Ok(())
            }
            other => Err(Halt::error(format!(
                "Cannot iterate over {}",
                described(other)
            ))),
        }
    }

    fn recurse_default(&self, item: Item, out: Out<'_>) -> Done {
        self.budget.enter()?;
        out(item.clone())?;
        if matches!(item.value, Val::Arr(_) | Val::Obj(_)) {
            self.each(item, &mut |item| self.recurse_default(item, out))?;
        }
        self.budget.leave();
        Ok(())
    }

    fn native<'a>(
        &self,
        name: &'static str,
        arguments: &'a [Filter],
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
        match native::find(name, arguments.len()) {
            Some(Native::Filter(run)) => {
                let call = native::Call { arguments, env };
                run(self, call, item, out)
            }
            Some(Native::Value(run)) => self.product(
                arguments,
                env,
                &item.value,
                &mut Vec::new(),
                &mut |values| {
                    let value = run(self, item.value.clone(), values)?;
                    out(item.other(value))
                },
            ),
            None => Err(Halt::error(format!("{name} is not there"))),
        }
    }

    /// All combinations of arguments; the first one changes fastest.
    pub fn product<'a>(
        &self,
        arguments: &'a [Filter],
        env: &Env<'a>,
        input: &Val,
        later: &mut Vec<Val>,
        out: &mut dyn FnMut(&[Val]) -> Done,
    ) -> Done {
        let Some((last, before)) = arguments.split_last() else {
            let values: Vec<Val> = later.iter().rev().cloned().collect();
            return out(&values);
        };
        self.values(last, env, input.clone(), &mut |value| {
            later.push(value);
            let done = self.product(before, env, input, later, out);
            later.pop();
            done
        })
    }

    fn call<'a>(&self, filter: &'a Filter, env: &Env<'a>, item: Item, out: Out<'_>) -> Done {
        let (definition, within, arguments) = match filter {
            Filter::Defined(index, arguments) => match self.definitions.get(*index) {
                Some(definition) => (definition, Env::default(), arguments),
                None => return Err(Halt::error("the filter is gone")),
            },
            Filter::Local(up, arguments) => match env.up(*up) {
                Some(Binding::Closure(body, theirs)) => return self.eval(body, theirs, item, out),
                Some(Binding::Filter(definition)) => (*definition, env.from(*up), arguments),
                _ => return Err(Halt::error("the filter is gone")),
            },
            _ => return Ok(()),
        };
        self.apply(definition, arguments, env, within, 0, item, out)
    }

    #[allow(clippy::too_many_arguments)]
    fn apply<'a>(
        &self,
        definition: &'a Definition,
        arguments: &'a [Filter],
        env: &Env<'a>,
        within: Env<'a>,
        index: usize,
        item: Item,
        out: Out<'_>,
    ) -> Done {
        let (Some(parameter), Some(argument)) =
            (definition.parameters.get(index), arguments.get(index))
        else {
            return self.eval(&definition.body, &within, item, out);
        };
        // An argument that only names another argument is that one: no chain of environments.
        let closure = match argument {
            Filter::Local(up, none) if none.is_empty() => match env.up(*up) {
                Some(Binding::Closure(body, theirs)) => Binding::Closure(body, theirs.clone()),
                _ => Binding::Closure(argument, env.clone()),
            },
            _ => Binding::Closure(argument, env.clone()),
        };
        let within = within.with(closure);
        if !parameter.is_value {
            return self.apply(definition, arguments, env, within, index + 1, item, out);
        }
        self.values(argument, env, item.value.clone(), &mut |value| {
            let within = within.with(Binding::Value(value));
            self.apply(
                definition,
                arguments,
                env,
                within,
                index + 1,
                item.clone(),
                out,
            )
        })
    }

    fn construct<'a>(&self, filter: &'a Filter, env: &Env<'a>, item: Item, out: Out<'_>) -> Done {
        match filter {
            Filter::List(None) => out(item.other(Val::list(Vec::new()))),
            Filter::List(Some(inner)) => {
                let all = self.collect(inner, env, item.value.clone())?;
                self.budget.items(all.len())?;
                all.iter().try_for_each(|one| self.budget.nest(one))?;
                out(item.other(Val::list(all)))
            }
            Filter::Map(entries) => {
                let input = item.value.clone();
                self.map(entries, env, &input, &Map::new(), &mut |map| {
                    out(item.other(Val::map(map)))
                })
            }
            Filter::Text(format, parts) => self.text(
                *format,
                parts,
                env,
                &item.value.clone(),
                String::new(),
                &mut |text| out(item.other(Val::text(text))),
            ),
            Filter::Format(format) => {
                let text = format::apply(*format, &item.value, self.budget)?;
                out(item.other(Val::text(text)))
            }
            _ => Ok(()),
        }
    }

    fn map<'a>(
        &self,
        entries: &'a [(Filter, Filter)],
        env: &Env<'a>,
        input: &Val,
        map: &Map,
        out: &mut dyn FnMut(Map) -> Done,
    ) -> Done {
        let Some(((key, value), rest)) = entries.split_first() else {
            return out(map.clone());
        };
        self.values(key, env, input.clone(), &mut |key| {
            let Val::Str(key) = key else {
                return Err(Halt::error(format!(
                    "Cannot use {} as object key",
                    described(&key)
                )));
            };
            self.values(value, env, input.clone(), &mut |value| {
                self.budget.items(map.len())?;
                self.budget.nest(&value)?;
                let mut map = map.clone();
                map.insert(key.clone(), value);
                match rest {
                    [] => out(map),
                    rest => self.map(rest, env, input, &map, out),
                }
            })
        })
    }

    /// The combinations of a text's filters; the first one changes fastest. `end`: the text behind.
    fn text<'a>(
        &self,
        format: Option<super::syntax::Format>,
        parts: &'a [Part],
        env: &Env<'a>,
        input: &Val,
        end: String,
        out: &mut dyn FnMut(String) -> Done,
    ) -> Done {
        match parts.split_last() {
            None => out(end),
            Some((Part::Plain(plain), before)) => {
                self.text(format, before, env, input, format!("{plain}{end}"), out)
            }
            Some((Part::Filter(filter), before)) => {
                self.values(filter, env, input.clone(), &mut |value| {
                    let part = match (format, &value) {
                        (Some(format), value) => format::apply(format, value, self.budget)?,
                        (None, Val::Str(text)) => text.to_string(),
                        (None, value) => {
                            self.budget.read(value)?;
                            json::text(value)
                        }
                    };
                    self.budget.text(part.len() + end.len())?;
                    self.text(format, before, env, input, part + &end, out)
                })
            }
        }
    }

    fn control<'a>(&self, filter: &'a Filter, env: &Env<'a>, item: Item, out: Out<'_>) -> Done {
        match filter {
            Filter::If(condition, yes, no) => {
                let input = item.value.clone();
                self.values(
                    condition,
                    env,
                    input,
                    &mut |condition| match (condition.is_true(), no) {
                        (true, _) => self.eval(yes, env, item.clone(), out),
                        (false, Some(no)) => self.eval(no, env, item.clone(), out),
                        (false, None) => out(item.clone()),
                    },
                )
            }
            Filter::Def(definition, rest) => {
                self.eval(rest, &env.with(Binding::Filter(definition)), item, out)
            }
            Filter::Try(body, caught) => self.attempt(body, caught.as_deref(), env, item, out),
            Filter::Label(body) => {
                let label = self.label();
                let env = env.with(Binding::Label(label));
                unlabeled(self.eval(body, &env, item, out), label)
            }
            Filter::Break(up) => match env.up(*up) {
                Some(Binding::Label(label)) => Err(Halt::Break(*label)),
                _ => Err(Halt::error("break")),
            },
            Filter::Alternative(first, second) => self.alternative(first, second, env, item, out),
            Filter::And(one, other) => self.logic(one, other, false, env, item, out),
            Filter::Or(one, other) => self.logic(one, other, true, env, item, out),
            Filter::Negated(inner) => {
                let input = item.value.clone();
                self.values(inner, env, input, &mut |value| match value {
                    Val::Num(number) => out(item.other(Val::Num(number.negated()))),
                    other => Err(Halt::error(format!(
                        "{} cannot be negated",
                        described(&other)
                    ))),
                })
            }
            Filter::Binary(operator, one, other) => {
                let mut item = Some(item);
                let input = item.as_ref().map_or(Val::Null, |item| item.value.clone());
                // The input is given to the last operand, so that a list that nobody else has grows in
                // place.
                self.values_to_last(other, env, input, &mut |right, turn| {
                    let left = match turn {
                        Turn::More => item.clone(),
                        Turn::Last => item.take(),
                    };
                    let Some(left) = left else { return Ok(()) };
                    let path = left.path.clone();
                    let frame = Item {
                        value: Val::Null,
                        path,
                    };
                    self.values(one, env, left.value, &mut |left| {
                        let value = calculate(*operator, left, right.clone(), self.budget)?;
                        out(frame.other(value))
                    })
                })
            }
            _ => Ok(()),
        }
    }

    /// `and` and `or`; `decided`: the value that decides without the other.
    fn logic<'a>(
        &self,
        one: &'a Filter,
        other: &'a Filter,
        decided: bool,
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
        let input = item.value.clone();
        self.values(one, env, input.clone(), &mut |value| {
            if value.is_true() == decided {
                return out(item.other(Val::Bool(decided)));
            }
            self.values(other, env, input.clone(), &mut |value| {
                out(item.other(Val::Bool(value.is_true())))
            })
        })
    }

    /// Catches the failures of `body`, not those of what takes its results.
    fn attempt<'a>(
        &self,
        body: &'a Filter,
        caught: Option<&'a Filter>,
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
        let mut failed_outside = false;
        let done = self.eval(body, env, item.clone(), &mut |item| {
            let done = out(item);
            failed_outside = done.is_err();
            done
        });
        match done {
            Err(Halt::Error(error)) if !failed_outside => match caught {
                None => Ok(()),
                Some(caught) => self.eval(caught, env, item.other(error), out),
            },
            done => done,
        }
    }

    fn alternative<'a>(
        &self,
        first: &'a Filter,
        second: &'a Filter,
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
        let mut found = false;
        self.eval(first, env, item.clone(), &mut |item| {
            if !item.value.is_true() {
                return Ok(());
            }
            found = true;
            out(item)
        })?;
        match found {
            true => Ok(()),
            false => self.eval(second, env, item, out),
        }
    }
}

/// Whether a part may be missing.
#[derive(Clone, Copy)]
enum Access {
    /// If it cannot be there, that is an error.
    Strict,
    /// As in `.a?`: then there is none.
    Optional,
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
