//! Parts of values: `.a`, `.[1:2]`, `.[]`, `..`.

use std::rc::Rc;

use super::{Done, Env, Item, Machine, Out, paths};
use crate::score::jq::{
    halt::{Halt, described},
    syntax::{Constant, Filter},
    value::Val,
};

/// Whether a part may be missing.
#[derive(Clone, Copy)]
pub(super) enum Access {
    /// If it cannot be there, that is an error.
    Strict,
    /// As in `.a?`: then there is none.
    Optional,
}

impl Machine<'_> {
    pub(super) fn access<'a>(
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

    pub(super) fn recurse_default(&self, item: Item, out: Out<'_>) -> Done {
        self.budget.enter()?;
        out(item.clone())?;
        if matches!(item.value, Val::Arr(_) | Val::Obj(_)) {
            self.each(item, &mut |item| self.recurse_default(item, out))?;
        }
        self.budget.leave();
        Ok(())
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
}
