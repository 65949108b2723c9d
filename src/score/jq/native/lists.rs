//! Filters on lists and maps.

use std::{cmp::Ordering, rc::Rc};

use super::{Native, Table, filters::refused};
use crate::score::jq::{
    arithmetic::calculate,
    eval::{Machine, paths},
    format,
    halt::{Halt, cannot, described},
    syntax::Operator,
    value::{Map, Val, sorted_keys},
};

pub(super) const TABLE: Table = &[
    (
        "type",
        0,
        Native::Value(|_, value, _| Ok(Val::text(value.kind()))),
    ),
    ("length", 0, Native::Value(length)),
    ("keys", 0, Native::Value(keys)),
    ("keys_unsorted", 0, Native::Value(keys_unsorted)),
    ("has", 1, Native::Value(has)),
    ("contains", 1, Native::Value(contains)),
    ("add", 0, Native::Value(add)),
    ("reverse", 0, Native::Value(reverse)),
    (
        "flatten",
        0,
        Native::Value(|machine, value, _| flattened(machine, &value, f64::MAX)),
    ),
    ("flatten", 1, Native::Value(flatten)),
    ("transpose", 0, Native::Value(transpose)),
    ("bsearch", 1, Native::Value(bsearch)),
    ("indices", 1, Native::Value(indices)),
    (
        "index",
        1,
        Native::Value(|machine, value, part| one_index(machine, value, part, <[Val]>::first)),
    ),
    (
        "rindex",
        1,
        Native::Value(|machine, value, part| one_index(machine, value, part, <[Val]>::last)),
    ),
    ("join", 1, Native::Value(join)),
    (
        "toarray",
        0,
        Native::Value(|_, value, _| {
            Ok(match value {
                Val::Arr(_) => value,
                other => Val::list(vec![other]),
            })
        }),
    ),
];

fn length(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    if let Val::Str(text) = &value {
        machine.budget.text(text.len())?;
    }
    match &value {
        Val::Null => Ok(Val::number(0.0)),
        Val::Num(number) => Ok(match number.float() < 0.0 {
            true => Val::Num(number.negated()),
            false => value,
        }),
        Val::Str(text) => Ok(Val::count(text.chars().count())),
        Val::Arr(items) => Ok(Val::count(items.len())),
        Val::Obj(entries) => Ok(Val::count(entries.len())),
        Val::Bool(_) => Err(refused(&value, "has no length")),
    }
}

fn keys(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    match &value {
        Val::Obj(entries) => {
            machine.budget.sort(entries.len())?;
            Ok(Val::list(
                sorted_keys(entries).into_iter().map(Val::Str).collect(),
            ))
        }
        _ => keys_unsorted(machine, value, &[]),
    }
}

fn keys_unsorted(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    machine.budget.copy(&value)?;
    match &value {
        Val::Obj(entries) => Ok(Val::list(entries.keys().cloned().map(Val::Str).collect())),
        Val::Arr(items) => Ok(Val::list((0..items.len()).map(Val::count).collect())),
        _ => Err(refused(&value, "has no keys")),
    }
}

fn has(_: &Machine<'_>, value: Val, key: &[Val]) -> Result<Val, Halt> {
    match (&value, key) {
        (Val::Null, [Val::Str(_) | Val::Num(_)]) => Ok(Val::Bool(false)),
        (Val::Obj(entries), [Val::Str(key)]) => Ok(Val::Bool(entries.contains_key(key))),
        (Val::Arr(items), [Val::Num(index)]) => {
            let index = index.float();
            Ok(Val::Bool(index >= 0.0 && index < items.len() as f64))
        }
        (value, key) => Err(Halt::error(format!(
            "Cannot check whether {} has a {} key",
            value.kind(),
            key.first().map_or("null", Val::kind)
        ))),
    }
}

fn contains(machine: &Machine<'_>, value: Val, part: &[Val]) -> Result<Val, Halt> {
    let part = part.first().unwrap_or(&Val::Null);
    match value.kind() == part.kind() {
        true => holds(machine, &value, part).map(Val::Bool),
        false => Err(Halt::error(format!(
            "{} and {} cannot have their containment checked",
            described(&value),
            described(part)
        ))),
    }
}

fn holds(machine: &Machine<'_>, value: &Val, part: &Val) -> Result<bool, Halt> {
    machine.budget.enter()?;
    let holds = match (value, part) {
        (Val::Obj(entries), Val::Obj(parts)) => {
            let mut all = true;
            for (key, part) in parts.iter() {
                all = all
                    && match entries.get(key) {
                        Some(value) => holds(machine, value, part)?,
                        None => false,
                    };
            }
            all
        }
        (Val::Arr(items), Val::Arr(parts)) => {
            let mut all = true;
            for part in parts.iter() {
                let mut found = false;
                for item in items.iter() {
                    machine.budget.spend(1)?;
                    found = found || holds(machine, item, part)?;
                }
                all = all && found;
            }
            all
        }
        (Val::Str(text), Val::Str(part)) => {
            machine.budget.text(text.len())?;
            text.contains(&**part)
        }
        (value, part) => {
            machine.budget.read(value)?;
            value == part
        }
    };
    machine.budget.leave();
    Ok(holds)
}

/// The sum of all items. Texts are put together at once.
fn add(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    let items: Vec<Val> = match value {
        Val::Arr(items) => items.as_ref().clone(),
        Val::Obj(entries) => entries.values().cloned().collect(),
        other => {
            return Err(Halt::error(format!(
                "Cannot iterate over {}",
                described(&other)
            )));
        }
    };
    machine.budget.spend(items.len() as u64)?;
    if !items.is_empty() && items.iter().all(|item| item.as_str().is_some()) {
        let length = items.iter().filter_map(Val::as_str).map(str::len).sum();
        machine.budget.text(length)?;
        return Ok(Val::text(
            items.iter().filter_map(Val::as_str).collect::<String>(),
        ));
    }
    items.into_iter().try_fold(Val::Null, |sum, item| {
        calculate(Operator::Add, sum, item, machine.budget)
    })
}

fn reverse(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    machine.budget.copy(&value)?;
    if let Val::Arr(items) = &value {
        return Ok(Val::list(items.iter().rev().cloned().collect()));
    }
    match length(machine, value.clone(), &[])?.as_float() {
        Some(length) if length >= 1.0 => paths::get(&value, &Val::number(length - 1.0)),
        _ => Ok(Val::list(Vec::new())),
    }
}

fn flatten(machine: &Machine<'_>, value: Val, depth: &[Val]) -> Result<Val, Halt> {
    match depth {
        [Val::Num(depth)] if depth.float() < 0.0 => {
            Err(Halt::error("flatten depth must not be negative"))
        }
        [Val::Num(depth)] => flattened(machine, &value, depth.float()),
        _ => Err(Halt::error("flatten depth must not be negative")),
    }
}

fn flattened(machine: &Machine<'_>, value: &Val, depth: f64) -> Result<Val, Halt> {
    let mut flat = Vec::new();
    flatten_into(machine, value, depth, &mut flat)?;
    Ok(Val::list(flat))
}

fn flatten_into(
    machine: &Machine<'_>,
    value: &Val,
    depth: f64,
    flat: &mut Vec<Val>,
) -> Result<(), Halt> {
    let mut push = |item: &Val| -> Result<(), Halt> {
        machine.budget.enter()?;
        match item {
            Val::Arr(_) if depth >= 1.0 => flatten_into(machine, item, depth - 1.0, flat)?,
            item => flat.push(item.clone()),
        }
        machine.budget.leave();
        Ok(())
    };
    match value {
        Val::Arr(items) => items.iter().try_for_each(&mut push),
        Val::Obj(entries) => entries.values().try_for_each(&mut push),
        other => Err(Halt::error(format!(
            "Cannot iterate over {}",
            described(other)
        ))),
    }
}

fn transpose(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    let Val::Arr(rows) = &value else {
        return Err(Halt::error(format!(
            "Cannot iterate over {}",
            described(&value)
        )));
    };
    let mut width = 0_usize;
    for row in rows.iter() {
        let length = length(machine, row.clone(), &[])?.as_float();
        width = width.max(length.unwrap_or(0.0) as usize);
    }
    machine.budget.items(width.saturating_mul(rows.len()))?;
    let mut columns = Vec::with_capacity(width);
    for column in 0..width {
        let column = Val::count(column);
        let cells = rows.iter().map(|row| paths::get(row, &column));
        columns.push(Val::list(cells.collect::<Result<_, _>>()?));
    }
    Ok(Val::list(columns))
}

/// Halves the list again and again, as jq does: what a list that is not sorted gives is the same, too.
fn bsearch(machine: &Machine<'_>, value: Val, wanted: &[Val]) -> Result<Val, Halt> {
    let Val::Arr(items) = &value else {
        return Err(refused(&value, "cannot be searched from"));
    };
    let wanted = wanted.first().unwrap_or(&Val::Null);
    let (mut start, mut end) = (0, items.len());
    while start < end {
        machine.budget.read(wanted)?;
        let middle = start.midpoint(end);
        match items.get(middle).map(|item| wanted.cmp(item)) {
            Some(Ordering::Less) => end = middle,
            Some(Ordering::Greater) => start = middle + 1,
            Some(Ordering::Equal) | None => return Ok(Val::count(middle)),
        }
    }
    Ok(Val::number(-1.0 - start as f64))
}

fn indices(machine: &Machine<'_>, value: Val, part: &[Val]) -> Result<Val, Halt> {
    let part = part.first().unwrap_or(&Val::Null);
    machine.budget.copy(&value)?;
    match (&value, part) {
        (Val::Null, _) => Ok(Val::Null),
        (Val::Str(text), Val::Str(part)) => {
            if part.is_empty() {
                return Ok(Val::Null);
            }
            machine
                .budget
                .text(text.len() + text.len().saturating_mul(part.len()) / 16)?;
            let places = places(text, part);
            machine.budget.items(places.len())?;
            machine.budget.spend(places.len() as u64 / 4)?;
            Ok(Val::list(places.into_iter().map(Val::count).collect()))
        }
        (Val::Arr(items), Val::Arr(part)) => {
            machine
                .budget
                .spend((items.len() * part.len().max(1)) as u64 / 4)?;
            Ok(paths::indices(items, part))
        }
        (Val::Arr(items), part) => {
            machine.budget.read(&value)?;
            Ok(paths::indices(items, std::slice::from_ref(part)))
        }
        (value, part) => paths::get(value, part),
    }
}

/// Where a text is in another, in letters; the places may overlap.
fn places(text: &str, part: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let (mut from, mut letters) = (0, 0);
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(part)) {
        let skipped = text.get(from..from + at).unwrap_or_default();
        letters += skipped.chars().count();
        found.push(letters);
        let first = part.chars().next().map_or(1, char::len_utf8);
        from += at + first;
        letters += 1;
    }
    found
}

fn one_index(
    machine: &Machine<'_>,
    value: Val,
    part: &[Val],
    pick: fn(&[Val]) -> Option<&Val>,
) -> Result<Val, Halt> {
    Ok(match indices(machine, value, part)? {
        Val::Arr(found) => pick(&found).cloned().unwrap_or(Val::Null),
        _ => Val::Null,
    })
}

fn join(machine: &Machine<'_>, value: Val, separator: &[Val]) -> Result<Val, Halt> {
    let separator = separator.first().unwrap_or(&Val::Null);
    let items: Vec<&Val> = match &value {
        Val::Arr(items) => items.iter().collect(),
        Val::Obj(entries) => entries.values().collect(),
        other => {
            return Err(Halt::error(format!(
                "Cannot iterate over {}",
                described(other)
            )));
        }
    };
    if items.is_empty() {
        return Ok(Val::text(""));
    }
    let Val::Str(between) = separator else {
        // What is no text is added by jq's rules, which may fail.
        let mut sum: Option<Val> = None;
        for item in items {
            let before = match sum {
                None => Val::text(""),
                Some(sum) => calculate(Operator::Add, sum, separator.clone(), machine.budget)?,
            };
            let item = match item {
                Val::Null => Val::text(""),
                Val::Num(_) | Val::Bool(_) => Val::text(format::plain(item, machine.budget)?),
                item => item.clone(),
            };
            sum = Some(calculate(Operator::Add, before, item, machine.budget)?);
        }
        return Ok(sum.unwrap_or(Val::Null));
    };
    let mut text = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push_str(between);
        }
        match item {
            Val::Null => {}
            Val::Str(_) | Val::Num(_) | Val::Bool(_) => {
                text.push_str(&format::plain(item, machine.budget)?)
            }
            item => return Err(cannot(&Val::text(text.as_str()), item, "added")),
        }
        machine.budget.spend(1)?;
    }
    machine.budget.text(text.len())?;
    Ok(Val::text(text))
}

/// A map of entries.
pub(super) fn object(entries: impl IntoIterator<Item = (&'static str, Val)>) -> Val {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (Rc::from(key), value));
    Val::map(Map::from_iter(entries))
}
