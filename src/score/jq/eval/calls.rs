//! Calls of filters: those of Rust, of jq's own language and of the text.

use super::{Binding, Done, Env, Item, Machine, Out};
use crate::score::jq::{
    halt::Halt,
    native::{self, Native},
    syntax::{Definition, Filter},
    value::Val,
};

impl Machine<'_> {
    pub(super) fn native<'a>(
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

    pub(super) fn call<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
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
    pub(super) fn apply<'a>(
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
}
