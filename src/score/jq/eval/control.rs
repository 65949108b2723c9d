//! Conditions, operators, labels, and what catches failures.

use super::{Binding, Done, Env, Item, Machine, Out, Turn, unlabeled};
use crate::score::jq::{
    arithmetic::calculate,
    halt::{Halt, described},
    syntax::Filter,
    value::Val,
};

impl Machine<'_> {
    pub(super) fn control<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
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
    pub(super) fn logic<'a>(
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
    pub(super) fn attempt<'a>(
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

    pub(super) fn alternative<'a>(
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
