//! Filters that evaluate filters: paths, limits and loops.

use super::{Call, Native, Table};
use crate::score::jq::{
    eval::{Done, Item, Machine, Out, Path, paths, unlabeled},
    halt::{Halt, described},
    value::Val,
};

pub(super) const TABLE: Table = &[
    ("empty", 0, Native::Filter(|_, _, _, _| Ok(()))),
    (
        "error",
        0,
        Native::Filter(|_, _, item, _| Err(Halt::Error(item.value))),
    ),
    ("error", 1, Native::Filter(error)),
    (
        "not",
        0,
        Native::Value(|_, value, _| Ok(Val::Bool(!value.is_true()))),
    ),
    ("path", 1, Native::Filter(path)),
    ("getpath", 1, Native::Filter(get_path)),
    ("setpath", 2, Native::Value(set_path)),
    ("delpaths", 1, Native::Value(delete_paths)),
    ("first", 1, Native::Filter(first)),
    ("last", 1, Native::Filter(last)),
    ("limit", 2, Native::Filter(limit)),
    ("skip", 2, Native::Filter(skip)),
    ("isempty", 1, Native::Filter(is_empty)),
    ("any", 2, Native::Filter(any)),
    ("all", 2, Native::Filter(all)),
    ("range", 1, Native::Filter(range_to)),
    ("range", 2, Native::Filter(range_from)),
    ("range", 3, Native::Filter(range_by)),
    ("recurse", 1, Native::Filter(recurse)),
    ("repeat", 1, Native::Filter(repeat)),
    ("until", 2, Native::Filter(until)),
    ("debug", 0, Native::Filter(|_, _, item, out| out(item))),
    ("stderr", 0, Native::Filter(|_, _, item, out| out(item))),
    ("input_filename", 0, Native::Value(|_, _, _| Ok(Val::Null))),
    (
        "input_line_number",
        0,
        Native::Value(|_, _, _| Ok(Val::number(0.0))),
    ),
    (
        "have_decnum",
        0,
        Native::Value(|_, _, _| Ok(Val::Bool(true))),
    ),
    (
        "have_literal_numbers",
        0,
        Native::Value(|_, _, _| Ok(Val::Bool(true))),
    ),
    (
        "builtins",
        0,
        Native::Value(|machine, _, _| {
            let names = super::prelude().0.all();
            machine.budget.items(names.len())?;
            let names = names
                .into_iter()
                .map(|(name, count)| Val::text(format!("{name}/{count}")));
            Ok(Val::list(names.collect()))
        }),
    ),
];

fn error(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, _: Out<'_>) -> Done {
    machine.values(call.argument(0)?, call.env, item.value, &mut |value| {
        Err(Halt::Error(value))
    })
}

fn path(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    let root = Item::root(item.value.clone());
    machine.eval(call.argument(0)?, call.env, root, &mut |found| {
        let keys = found.keys()?;
        machine.budget.spend(keys.len() as u64)?;
        out(item.other(Val::list(keys)))
    })
}

fn get_path(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    machine.values(
        call.argument(0)?,
        call.env,
        item.value.clone(),
        &mut |path| {
            let Val::Arr(keys) = &path else {
                return Err(Halt::error("Path must be specified as an array"));
            };
            machine.budget.spend(keys.len() as u64)?;
            if matches!(item.path, Path::Off) {
                return out(Item::of(paths::get_path(&item.value, keys)?));
            }
            let mut at = item.clone();
            for key in keys.iter() {
                at = match at.value {
                    Val::Null => at.part(|| key.clone(), Val::Null),
                    _ => at.at(key.clone())?,
                };
            }
            out(at)
        },
    )
}

fn set_path(machine: &Machine<'_>, value: Val, arguments: &[Val]) -> Result<Val, Halt> {
    let [Val::Arr(path), new] = arguments else {
        return Err(Halt::error("Path must be specified as an array"));
    };
    paths::update_at(value, path, machine.budget, &mut |_| Ok(new.clone()))
}

fn delete_paths(machine: &Machine<'_>, value: Val, arguments: &[Val]) -> Result<Val, Halt> {
    let [Val::Arr(all)] = arguments else {
        return Err(Halt::error("Paths must be specified as an array"));
    };
    paths::delete_paths(value, all.as_ref().clone(), machine.budget)
}

fn first(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    take(machine, call, 0, item, 1, out)
}

/// The first results of an argument.
fn take(
    machine: &Machine<'_>,
    call: Call<'_, '_>,
    argument: usize,
    item: Item,
    count: u64,
    out: Out<'_>,
) -> Done {
    let (label, mut taken) = (machine.label(), 0);
    let done = machine.eval(call.argument(argument)?, call.env, item, &mut |item| {
        taken += 1;
        out(item)?;
        match taken >= count {
            true => Err(Halt::Break(label)),
            false => Ok(()),
        }
    });
    unlabeled(done, label)
}

fn last(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    let (mut last, root) = (None, item.clone());
    machine.eval(call.argument(0)?, call.env, item, &mut |item| {
        last = Some(item.value);
        Ok(())
    })?;
    last.map_or(Ok(()), |value| out(root.other(value)))
}

/// The number of results that `limit` and `skip` are given.
fn count(value: &Val, name: &str) -> Result<u64, Halt> {
    match value {
        Val::Num(number) if number.float() < 0.0 => Err(Halt::error(format!(
            "{name} doesn't support negative count"
        ))),
        Val::Num(number) => Ok(number.float().ceil() as u64),
        // Anything else is more than every number.
        Val::Null | Val::Bool(_) => Err(Halt::error(format!(
            "{name} doesn't support negative count"
        ))),
        _ => Ok(u64::MAX),
    }
}

fn limit(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    machine.values(
        call.argument(0)?,
        call.env,
        item.value.clone(),
        &mut |value| match count(&value, "limit")? {
            0 => Ok(()),
            most => take(machine, call, 1, item.clone(), most, out),
        },
    )
}

fn skip(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    machine.values(
        call.argument(0)?,
        call.env,
        item.value.clone(),
        &mut |value| {
            let mut left = count(&value, "skip")?;
            machine.eval(
                call.argument(1)?,
                call.env,
                item.clone(),
                &mut |item| match left {
                    0 => out(item),
                    _ => {
                        left -= 1;
                        Ok(())
                    }
                },
            )
        },
    )
}

fn is_empty(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    let found = machine.first(call.argument(0)?, call.env, item.value.clone())?;
    out(item.other(Val::Bool(found.is_none())))
}

fn any(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    decided(machine, call, &item, true, out)
}

fn all(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    decided(machine, call, &item, false, out)
}

/// `any` and `all`; `decisive`: the value that decides at once.
fn decided(
    machine: &Machine<'_>,
    call: Call<'_, '_>,
    item: &Item,
    decisive: bool,
    out: Out<'_>,
) -> Done {
    let (label, mut is_decided) = (machine.label(), false);
    let condition = call.argument(1)?;
    let done = machine.values(
        call.argument(0)?,
        call.env,
        item.value.clone(),
        &mut |value| {
            machine.values(condition, call.env, value, &mut |value| {
                is_decided |= value.is_true() == decisive;
                match is_decided {
                    true => Err(Halt::Break(label)),
                    false => Ok(()),
                }
            })
        },
    );
    unlabeled(done, label)?;
    out(item.other(Val::Bool(is_decided == decisive)))
}

fn number(value: &Val) -> Result<f64, Halt> {
    let number = value.as_float();
    number.ok_or_else(|| Halt::error("Range bounds must be numeric"))
}

fn range_to(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    machine.values(call.argument(0)?, call.env, item.value.clone(), &mut |to| {
        counted(machine, &item, (0.0, number(&to)?, 1.0), out)
    })
}

fn range_from(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    machine.values(
        call.argument(0)?,
        call.env,
        item.value.clone(),
        &mut |from| {
            machine.values(call.argument(1)?, call.env, item.value.clone(), &mut |to| {
                counted(machine, &item, (number(&from)?, number(&to)?, 1.0), out)
            })
        },
    )
}

fn range_by(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    machine.values(
        call.argument(0)?,
        call.env,
        item.value.clone(),
        &mut |from| {
            machine.values(call.argument(1)?, call.env, item.value.clone(), &mut |to| {
                machine.values(call.argument(2)?, call.env, item.value.clone(), &mut |by| {
                    counted(
                        machine,
                        &item,
                        (number(&from)?, number(&to)?, number(&by)?),
                        out,
                    )
                })
            })
        },
    )
}

fn counted(
    machine: &Machine<'_>,
    item: &Item,
    (from, to, by): (f64, f64, f64),
    out: Out<'_>,
) -> Done {
    let mut at = from;
    while (by > 0.0 && at < to) || (by < 0.0 && at > to) || (by == 0.0 && at < to) {
        machine.budget.spend(1)?;
        out(item.other(Val::number(at)))?;
        at += by;
    }
    Ok(())
}

/// The last of several results is followed in a loop, so that one result each time needs no stack.
fn recurse(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    machine.budget.enter()?;
    let next = call.argument(0)?;
    let mut at = Some(item);
    while let Some(item) = at.take() {
        machine.budget.spend(1)?;
        out(item.clone())?;
        machine.eval(next, call.env, item, &mut |item| match at.replace(item) {
            Some(before) => recurse(machine, call, before, out),
            None => Ok(()),
        })?;
    }
    machine.budget.leave();
    Ok(())
}

/// The same results again and again.
fn repeat(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    loop {
        machine.budget.spend(1)?;
        machine.eval(call.argument(0)?, call.env, item.clone(), out)?;
    }
}

fn until(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    machine.budget.enter()?;
    let (condition, next) = (call.argument(0)?, call.argument(1)?);
    let mut at = Some(item);
    while let Some(item) = at.take() {
        machine.budget.spend(1)?;
        let mut follow = Vec::new();
        machine.values(condition, call.env, item.value.clone(), &mut |condition| {
            follow.push(condition.is_true());
            machine.budget.spend(1)
        })?;
        for is_met in follow {
            if is_met {
                out(item.clone())?;
                continue;
            }
            machine.eval(
                next,
                call.env,
                item.clone(),
                &mut |item| match at.replace(item) {
                    Some(before) => until(machine, call, before, out),
                    None => Ok(()),
                },
            )?;
        }
    }
    machine.budget.leave();
    Ok(())
}

/// The failure of a filter that does not take this input.
pub(super) fn refused(value: &Val, what: &str) -> Halt {
    Halt::error(format!("{} {what}", described(value)))
}
