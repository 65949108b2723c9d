//! Regular expressions: the language of Oniguruma, as far as `fancy-regex` has it.

use super::{
    Call, Native, Table,
    lists::object,
    search::{Found, Search},
};
use crate::score::jq::{
    eval::{Done, Item, Machine, Out},
    halt::{Halt, described},
    value::{Map, Val},
};

pub(super) const TABLE: Table = &[
    ("match", 2, Native::Filter(matches)),
    ("test", 2, Native::Filter(test)),
    ("capture", 2, Native::Filter(capture)),
    ("scan", 2, Native::Filter(scan)),
    ("split", 2, Native::Filter(split)),
    ("sub", 3, Native::Filter(substitute)),
];

/// Evaluates the two arguments and gives each search what it finds in the input.
fn search(
    machine: &Machine<'_>,
    call: Call<'_, '_>,
    item: &Item,
    out: &mut dyn FnMut(&str, Vec<Found>, bool) -> Done,
    all: Option<bool>,
) -> Done {
    let arguments = call.arguments.get(..2).unwrap_or_default();
    machine.product(
        arguments,
        call.env,
        &item.value,
        &mut Vec::new(),
        &mut |values| {
            let [pattern, flags] = values else {
                return Ok(());
            };
            let Val::Str(text) = &item.value else {
                return Err(Halt::error(format!(
                    "{} cannot be matched, as it is not a string",
                    described(&item.value)
                )));
            };
            let mut search = Search::new(machine, pattern, flags)?;
            search.finds_all = all.unwrap_or(search.finds_all);
            let finds_all = search.finds_all;
            let found = search.find(machine, text)?;
            out(text, found, finds_all)
        },
    )
}

fn part(text: &str, start: usize, end: usize) -> Val {
    Val::text(text.get(start..end).unwrap_or_default())
}

/// Gives a value for each match.
fn each_match(
    machine: &Machine<'_>,
    call: Call<'_, '_>,
    item: Item,
    out: Out<'_>,
    all: Option<bool>,
    value: impl Fn(&str, &Found) -> Val,
) -> Done {
    search(
        machine,
        call,
        &item,
        &mut |text, found, _| {
            for one in found {
                out(item.other(value(text, &one)))?;
            }
            Ok(())
        },
        all,
    )
}

fn matches(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    each_match(machine, call, item, out, None, described_match)
}

fn described_match(text: &str, found: &Found) -> Val {
    let entry = |offset: Val, length: usize, string: Val| {
        vec![
            ("offset", offset),
            ("length", Val::count(length)),
            ("string", string),
        ]
    };
    let length =
        |start: usize, end: usize| text.get(start..end).map_or(0, |part| part.chars().count());
    let captures = found.captures.iter().map(|captured| {
        let mut entries = match captured.place {
            Some((start, end, offset)) => entry(
                Val::count(offset),
                length(start, end),
                part(text, start, end),
            ),
            None => entry(Val::number(-1.0), 0, Val::Null),
        };
        let name = captured.name.clone();
        entries.push(("name", name.map_or(Val::Null, Val::Str)));
        object(entries)
    });
    let captures = Val::list(captures.collect());
    let mut entries = entry(
        Val::count(found.offset),
        length(found.start, found.end),
        part(text, found.start, found.end),
    );
    entries.push(("captures", captures));
    object(entries)
}

fn test(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    search(
        machine,
        call,
        &item,
        &mut |_, found, _| out(item.other(Val::Bool(!found.is_empty()))),
        Some(false),
    )
}

/// The named groups.
fn named(text: &str, found: &Found) -> Val {
    let named = found.captures.iter().filter_map(|captured| {
        let value = match captured.place {
            Some((start, end, _)) => part(text, start, end),
            None => Val::Null,
        };
        Some((captured.name.clone()?, value))
    });
    Val::map(Map::from_iter(named))
}

fn capture(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    each_match(machine, call, item, out, None, named)
}

fn scan(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    each_match(machine, call, item, out, Some(true), scanned)
}

/// The match, or its groups if it has any.
fn scanned(text: &str, found: &Found) -> Val {
    if found.captures.is_empty() {
        return part(text, found.start, found.end);
    }
    let groups = found.captures.iter().map(|captured| match captured.place {
        Some((start, end, _)) => part(text, start, end),
        None => Val::Null,
    });
    Val::list(groups.collect())
}

fn split(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    search(
        machine,
        call,
        &item,
        &mut |text, found, _| {
            let (mut parts, mut from) = (Vec::new(), 0);
            for one in found {
                parts.push(part(text, from, one.start));
                from = one.end;
            }
            parts.push(part(text, from, text.len()));
            out(item.other(Val::list(parts)))
        },
        Some(true),
    )
}

/// Each of several replacements makes a text of its own.
fn substitute(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    let (replacement, flags) = (call.argument(1)?, call.argument(2)?);
    let arguments = [call.argument(0)?, flags];
    machine.values(arguments[1], call.env, item.value.clone(), &mut |flags| {
        machine.values(arguments[0], call.env, item.value.clone(), &mut |pattern| {
            let Val::Str(text) = &item.value else {
                return Err(Halt::error(format!(
                    "{} cannot be matched, as it is not a string",
                    described(&item.value)
                )));
            };
            let found = Search::new(machine, &pattern, &flags)?.find(machine, text)?;
            let (mut texts, mut from): (Vec<String>, usize) = (Vec::new(), 0);
            for one in &found {
                let gap = text.get(from..one.start).unwrap_or_default();
                from = one.end;
                let mut index = 0;
                machine.values(replacement, call.env, named(text, one), &mut |value| {
                    let Val::Str(value) = &value else {
                        return Err(crate::score::jq::halt::cannot(
                            &Val::text(gap),
                            &value,
                            "added",
                        ));
                    };
                    if index == texts.len() {
                        texts.push(String::new());
                    }
                    if let Some(text) = texts.get_mut(index) {
                        text.push_str(gap);
                        text.push_str(value);
                        machine.budget.text(
                            text.len()
                                .saturating_sub(text.len() - gap.len() - value.len()),
                        )?;
                        machine.budget.spend(1)?;
                    }
                    index += 1;
                    Ok(())
                })?;
            }
            if texts.is_empty() {
                return out(item.clone());
            }
            let end = text.get(from..).unwrap_or_default();
            for text in texts {
                machine.budget.text(text.len() + end.len())?;
                out(item.other(Val::text(text + end)))?;
            }
            Ok(())
        })
    })
}
