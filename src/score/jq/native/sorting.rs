//! Filters that sort, and those that group and choose by what sorting compares.

use std::cmp::Ordering;

use super::{Call, Native, Table, filters::refused};
use crate::score::jq::{
    eval::{Done, Item, Machine, Out},
    halt::Halt,
    value::Val,
};

pub(super) const TABLE: Table = &[
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
];

const NOT_SORTED: &str = "cannot be sorted, as it is not an array";
const NOT_GROUPED: &str = "cannot be grouped, as it is not an array";

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
