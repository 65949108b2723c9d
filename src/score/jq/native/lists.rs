//! Filters on lists and maps.

use std::{cmp::Ordering, rc::Rc};

use super::{Call, Native, Table, filters::refused};
use crate::score::jq::{
    arithmetic::calculate,
    eval::{Done, Item, Machine, Out, paths},
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
    ("sort", 0, Native::Value(sort)),
    ("sort_by", 1, Native::Filter(sort_by)),
    ("group_by", 1, Native::Filter(group_by)),
    ("unique", 0, Native::Value(unique)),
    ("unique_by", 1, Native::Filter(unique_by)),
    (
        "min",
        0,
        Native::Value(|machine, value, _| extreme(machine, value, Ordering::Less)),
    ),
    (
        "max",
        0,
        Native::Value(|machine, value, _| extreme(machine, value, Ordering::Greater)),
    ),
    ("min_by", 1, Native::Filter(min_by)),
    ("max_by", 1, Native::Filter(max_by)),
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

fn length(_: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
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

/// The items of a list that is sorted. Comparing all of them costs.
fn sortable<'v>(machine: &Machine<'_>, value: &'v Val) -> Result<&'v [Val], Halt> {
    let Val::Arr(items) = value else {
        return Err(refused(value, "cannot be sorted, as it is not an array"));
    };
    costs_to_sort(machine, items)?;
    Ok(items)
}

fn costs_to_sort(machine: &Machine<'_>, items: &[Val]) -> Result<(), Halt> {
    machine.budget.sort(items.len())?;
    let rounds = u64::from(usize::BITS - items.len().leading_zeros()).div_ceil(2);
    for item in items {
        if matches!(item, Val::Arr(_) | Val::Obj(_) | Val::Str(_)) {
            let before = machine.budget.left();
            machine.budget.read(item)?;
            let once = before - machine.budget.left();
            machine.budget.spend(once * rounds)?;
        }
    }
    Ok(())
}

fn sort(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    let mut items = sortable(machine, &value)?.to_vec();
    items.sort();
    Ok(Val::list(items))
}

/// The items with their keys, sorted by them.
fn keyed(
    machine: &Machine<'_>,
    call: Call<'_, '_>,
    value: &Val,
    what: &str,
) -> Result<Vec<(Val, Val)>, Halt> {
    let Val::Arr(items) = value else {
        return Err(refused(value, what));
    };
    let key = call.argument(0)?;
    let mut pairs = Vec::with_capacity(items.len());
    for item in items.iter() {
        let keys = machine.collect(key, call.env, item.clone())?;
        pairs.push((Val::list(keys), item.clone()));
    }
    let keys: Vec<Val> = pairs.iter().map(|(key, _)| key.clone()).collect();
    costs_to_sort(machine, &keys)?;
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(pairs)
}

const NOT_SORTED: &str = "cannot be sorted, as it is not an array";
const NOT_GROUPED: &str = "cannot be grouped, as it is not an array";

fn sort_by(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    let pairs = keyed(machine, call, &item.value, NOT_SORTED)?;
    out(item.other(Val::list(pairs.into_iter().map(|(_, item)| item).collect())))
}

fn groups(
    machine: &Machine<'_>,
    call: Call<'_, '_>,
    value: &Val,
    what: &str,
) -> Result<Vec<Vec<Val>>, Halt> {
    machine.budget.nest(value)?;
    let pairs = keyed(machine, call, value, what)?;
    let same = pairs.chunk_by(|(one, _), (other, _)| one == other);
    let items = |group: &[(Val, Val)]| group.iter().map(|(_, item)| item.clone()).collect();
    Ok(same.map(items).collect())
}

fn group_by(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    let groups = groups(machine, call, &item.value, NOT_GROUPED)?;
    out(item.other(Val::list(groups.into_iter().map(Val::list).collect())))
}

fn unique_by(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    let groups = groups(machine, call, &item.value, NOT_GROUPED)?;
    let firsts = groups
        .into_iter()
        .filter_map(|group| group.into_iter().next());
    out(item.other(Val::list(firsts.collect())))
}

fn unique(machine: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    let mut items = sortable(machine, &value)?.to_vec();
    items.sort();
    items.dedup();
    Ok(Val::list(items))
}

fn extreme(machine: &Machine<'_>, value: Val, wanted: Ordering) -> Result<Val, Halt> {
    let Val::Arr(items) = &value else {
        return Err(refused(&value, "cannot be iterated over"));
    };
    costs_to_sort(machine, items)?;
    let pairs = items.iter().map(|item| (item.clone(), item.clone()));
    Ok(extreme_of(pairs, wanted))
}

fn min_by(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    extreme_by(machine, call, item, Ordering::Less, out)
}

fn max_by(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    extreme_by(machine, call, item, Ordering::Greater, out)
}

fn extreme_by(
    machine: &Machine<'_>,
    call: Call<'_, '_>,
    item: Item,
    wanted: Ordering,
    out: Out<'_>,
) -> Done {
    let Val::Arr(items) = &item.value else {
        return Err(refused(&item.value, "cannot be iterated over"));
    };
    let key = call.argument(0)?;
    let mut pairs = Vec::with_capacity(items.len());
    for one in items.iter() {
        let keys = Val::list(machine.collect(key, call.env, one.clone())?);
        machine.budget.read(&keys)?;
        pairs.push((keys, one.clone()));
    }
    out(item.other(extreme_of(pairs.into_iter(), wanted)))
}

/// The first of the least values, or the last of the greatest.
fn extreme_of(pairs: impl Iterator<Item = (Val, Val)>, wanted: Ordering) -> Val {
    let mut best: Option<(Val, Val)> = None;
    for (key, value) in pairs {
        let is_better = match &best {
            None => true,
            Some((known, _)) => {
                let order = key.cmp(known);
                order == wanted || (wanted == Ordering::Greater && order == Ordering::Equal)
            }
        };
        if is_better {
            best = Some((key, value));
        }
    }
    best.map_or(Val::Null, |(_, value)| value)
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
            Ok(Val::list(
                places(text, part).into_iter().map(Val::count).collect(),
            ))
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
