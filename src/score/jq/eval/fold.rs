//! What binds variables: `as`, `reduce` and `foreach`.

use super::{Done, Env, Item, Machine, Out, paths};
use crate::score::jq::{
    halt::Halt,
    syntax::{Filter, Fold, MapPattern, Pattern},
    value::Val,
};

impl Machine<'_> {
    pub(super) fn binding<'a>(
        &self,
        filter: &'a Filter,
        env: &Env<'a>,
        item: Item,
        out: Out<'_>,
    ) -> Done {
        match filter {
            Filter::As(source, patterns, names, rest) => {
                let input = item.value.clone();
                self.values(source, env, input, &mut |value| {
                    self.bound(
                        patterns,
                        names.len(),
                        env,
                        value,
                        &mut |env, failed_outside| {
                            self.eval(rest, env, item.clone(), &mut |item| {
                                let done = out(item);
                                *failed_outside |= done.is_err();
                                done
                            })
                        },
                    )
                })
            }
            Filter::Reduce(fold) => self.reduce(fold, env, item, out),
            Filter::Foreach(fold, last) => {
                self.eval(&fold.start, env, item.clone(), &mut |start| {
                    self.foreach(fold, last.as_deref(), env, &item, start, out)
                })
            }
            _ => Ok(()),
        }
    }

    fn reduce<'a>(&self, fold: &'a Fold, env: &Env<'a>, item: Item, out: Out<'_>) -> Done {
        self.eval(&fold.start, env, item.clone(), &mut |start| {
            let mut state = Some(start);
            self.values(&fold.source, env, item.value.clone(), &mut |value| {
                self.bound(
                    &fold.patterns,
                    fold.names.len(),
                    env,
                    value,
                    &mut |env, _| {
                        // The state is given away: a list that only grows is never copied.
                        let before = state.take().unwrap_or_else(|| item.other(Val::Null));
                        self.eval(&fold.update, env, before, &mut |next| {
                            state = Some(next);
                            Ok(())
                        })
                    },
                )
            })?;
            match state.take() {
                Some(state) => out(state),
                None => out(item.other(Val::Null)),
            }
        })
    }

    fn foreach<'a>(
        &self,
        fold: &'a Fold,
        last: Option<&'a Filter>,
        env: &Env<'a>,
        item: &Item,
        start: Item,
        out: Out<'_>,
    ) -> Done {
        let mut state = start;
        self.values(&fold.source, env, item.value.clone(), &mut |value| {
            self.bound(
                &fold.patterns,
                fold.names.len(),
                env,
                value,
                &mut |env, failed_outside| {
                    self.eval(&fold.update, env, state.clone(), &mut |next| {
                        state = next.clone();
                        let done = match last {
                            Some(last) => self.eval(last, env, next, out),
                            None => out(next),
                        };
                        *failed_outside |= done.is_err();
                        done
                    })
                },
            )
        })
    }

    /// Binds the variables of patterns. Where one fails, the next is tried.
    fn bound<'a>(
        &self,
        patterns: &'a [Pattern],
        count: usize,
        env: &Env<'a>,
        value: Val,
        run: &mut dyn FnMut(&Env<'a>, &mut bool) -> Done,
    ) -> Done {
        if let [Pattern::Variable(_)] = patterns {
            return run(&env.with_values([value]), &mut false);
        }
        let last = patterns.len().saturating_sub(1);
        for (index, pattern) in patterns.iter().enumerate() {
            let mut failed_outside = false;
            let none = vec![Val::Null; count];
            let done = self.matched(pattern, env, &value, none, &mut |values| {
                run(&env.with_values(values), &mut failed_outside)
            });
            match done {
                Err(Halt::Error(_)) if index < last && !failed_outside => {}
                done => return done,
            }
        }
        Ok(())
    }

    fn matched<'a>(
        &self,
        pattern: &'a Pattern,
        env: &Env<'a>,
        value: &Val,
        values: Vec<Val>,
        run: &mut dyn FnMut(Vec<Val>) -> Done,
    ) -> Done {
        self.budget.spend(1)?;
        match pattern {
            Pattern::Variable(place) => run(set(values, *place, value.clone())),
            Pattern::List(items) => self.matched_list(items, 0, env, value, values, run),
            Pattern::Map(entries) => self.matched_map(entries, env, value, values, run),
        }
    }

    fn matched_list<'a>(
        &self,
        items: &'a [Pattern],
        index: usize,
        env: &Env<'a>,
        value: &Val,
        values: Vec<Val>,
        run: &mut dyn FnMut(Vec<Val>) -> Done,
    ) -> Done {
        let Some(pattern) = items.get(index) else {
            return run(values);
        };
        let part = paths::get(value, &Val::count(index))?;
        self.matched(pattern, env, &part, values, &mut |values| {
            self.matched_list(items, index + 1, env, value, values, run)
        })
    }

    fn matched_map<'a>(
        &self,
        entries: &'a [MapPattern],
        env: &Env<'a>,
        value: &Val,
        values: Vec<Val>,
        run: &mut dyn FnMut(Vec<Val>) -> Done,
    ) -> Done {
        let Some((entry, rest)) = entries.split_first() else {
            return run(values);
        };
        let seen = env.with_values(values.iter().cloned());
        self.values(&entry.key, &seen, value.clone(), &mut |key| {
            if !matches!(key, Val::Str(_)) {
                return Err(Halt::error(format!(
                    "Cannot index {} with {}",
                    value.kind(),
                    crate::score::jq::halt::described(&key)
                )));
            }
            let part = paths::get(value, &key)?;
            let values = match entry.variable {
                Some(place) => set(values.clone(), place, part.clone()),
                None => values.clone(),
            };
            match &entry.value {
                None => self.matched_map(rest, env, value, values, run),
                Some(pattern) => self.matched(pattern, env, &part, values, &mut |values| {
                    self.matched_map(rest, env, value, values, run)
                }),
            }
        })
    }
}

fn set(mut values: Vec<Val>, place: usize, value: Val) -> Vec<Val> {
    if let Some(slot) = values.get_mut(place) {
        *slot = value;
    }
    values
}
