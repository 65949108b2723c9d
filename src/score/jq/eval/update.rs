//! Assignments: `=`, `|=`, `+=`, `//=`.

use super::{Binding, Done, Env, Item, Machine, Out, paths};
use crate::score::jq::{arithmetic::calculate, halt::Halt, syntax::Filter, value::Val};

impl Machine<'_> {
    pub(super) fn assignment<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
        let frame = Item {
            value: Val::Null,
            path: item.path.clone(),
        };
        let input = item.value;
        match filter {
            Filter::Assign(target, value) => {
                self.each_operand(value, env, input, &mut |input, value| {
                    let mut changed = input.clone();
                    for path in self.paths(target, env, input)? {
                        let mut set = |_| Ok(value.clone());
                        changed = paths::update_at(changed, &path, self.budget, &mut set)?;
                    }
                    out(frame.other(changed))
                })
            }
            Filter::Update(target, next) => {
                let mut next = |value| self.first(next, env, value);
                let changed = self.changed(target, env, input, &mut next)?;
                out(frame.other(changed))
            }
            Filter::UpdateWith(operator, target, operand) => {
                self.each_operand(operand, env, input, &mut |input, operand| {
                    let mut next =
                        |value| calculate(*operator, value, operand.clone(), self.budget).map(Some);
                    let changed = self.changed(target, env, input, &mut next)?;
                    out(frame.other(changed))
                })
            }
            Filter::UpdateAlternative(target, operand) => {
                self.each_operand(operand, env, input, &mut |input, operand| {
                    let mut next = |value: Val| {
                        Ok(Some(if value.is_true() {
                            value
                        } else {
                            operand.clone()
                        }))
                    };
                    let changed = self.changed(target, env, input, &mut next)?;
                    out(frame.other(changed))
                })
            }
            _ => Ok(()),
        }
    }

    /// Does something for each value of an operand; the last one gets the input itself.
    fn each_operand<'a>(
        &self,
        operand: &'a Filter,
        env: &Env<'a>,
        input: Val,
        run: &mut dyn FnMut(Val, Val) -> Done,
    ) -> Done {
        let mut left = Some(input.clone());
        self.values_to_last(operand, env, input, &mut |value, turn| {
            let input = match turn {
                super::Turn::More => left.clone(),
                super::Turn::Last => left.take(),
            };
            input.map_or(Ok(()), |input| run(input, value))
        })
    }

    /// The paths that a filter leads to.
    pub fn paths<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        input: Val,
    ) -> Result<Vec<Vec<Val>>, Halt> {
        let mut all = Vec::new();
        self.eval(filter, env, Item::root(input), &mut |item| {
            let keys = item.keys()?;
            self.budget.spend(1 + keys.len() as u64)?;
            all.push(keys);
            Ok(())
        })?;
        Ok(all)
    }

    /// Changes what is at the paths of a filter. What becomes nothing is removed.
    fn changed<'a>(
        &self,
        target: &'a Filter,
        env: &Env<'a>,
        input: Val,
        next: &mut dyn FnMut(Val) -> Result<Option<Val>, Halt>,
    ) -> Result<Val, Halt> {
        let mut value = input.clone();
        let all = self.paths(target, env, input)?;
        let mut removed = Vec::new();
        for path in all {
            let old = paths::get_path(&value, &path)?;
            let is_slice = matches!(path.last(), Some(Val::Obj(_)));
            if is_slice || matches!(old, Val::Null) {
                // What is missing is only made if it becomes something, and a slice stays until it is removed.
                match next(old)? {
                    Some(new) => {
                        let mut set = |_| Ok(new.clone());
                        value = paths::update_at(value, &path, self.budget, &mut set)?;
                    }
                    None => removed.push(Val::list(path)),
                }
                continue;
            }
            drop(old);
            let mut is_removed = false;
            value = paths::update_at(value, &path, self.budget, &mut |old| {
                let new = next(old)?;
                is_removed = new.is_none();
                Ok(new.unwrap_or(Val::Null))
            })?;
            if is_removed {
                removed.push(Val::list(path));
            }
        }
        match removed.is_empty() {
            true => Ok(value),
            false => paths::delete_paths(value, removed, self.budget),
        }
    }
}

impl<'a> Env<'a> {
    /// These names and some variables.
    pub fn with_values(&self, values: impl IntoIterator<Item = Val>) -> Self {
        let mut env = self.clone();
        for value in values {
            env = env.with(Binding::Value(value));
        }
        env
    }
}
