//! Regular expressions: the language of Oniguruma, as far as `fancy-regex` has it.

use std::{cell::RefCell, rc::Rc};

use fancy_regex::{Regex, RegexBuilder};

use super::{Call, Native, Table, lists::object};
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

/// How many times a match may be tried again after a dead end.
const MAX_BACKTRACKS: u64 = 200_000;
/// The largest compiled expression, in bytes.
const MAX_COMPILED: usize = 1 << 20;
/// How many compiled expressions a thread keeps.
const MAX_KEPT: usize = 32;

/// Looking for a match reads this many bytes in a step, as far as one can know beforehand.
const BYTES_PER_STEP: u64 = 2048;

/// What is looked for, and how.
struct Search {
    regex: Rc<Regex>,
    finds_all: bool,
    skips_empty: bool,
}

/// A place of a text, in letters.
struct Found {
    offset: usize,
    start: usize,
    end: usize,
    captures: Vec<Captured>,
}

struct Captured {
    name: Option<Rc<str>>,
    /// The bytes and the offset in letters.
    place: Option<(usize, usize, usize)>,
}

thread_local! {
    static KEPT: RefCell<Vec<((String, String), Rc<Regex>)>> = const { RefCell::new(Vec::new()) };
}

impl Search {
    fn new(machine: &Machine<'_>, pattern: &Val, flags: &Val) -> Result<Self, Halt> {
        let not_text = |value: &Val| Halt::error(format!("{} is not a string", described(value)));
        let (pattern, flags) = match pattern {
            // `test(["a", "i"])`
            Val::Arr(both) if !both.is_empty() && matches!(flags, Val::Null) => (
                both.first().unwrap_or(&Val::Null),
                both.get(1).unwrap_or(&Val::Null),
            ),
            pattern => (pattern, flags),
        };
        let Val::Str(pattern) = pattern else {
            return Err(Halt::error(format!(
                "{} not a string or array",
                pattern.kind()
            )));
        };
        let flags = match flags {
            Val::Null => "",
            Val::Str(flags) => flags,
            other => return Err(not_text(other)),
        };
        let mut options = String::new();
        for flag in flags.chars() {
            match flag {
                'g' | 'n' | 'l' | 's' => {}
                'i' | 'x' => options.push(flag),
                'p' => options.push('s'),
                _ => {
                    return Err(Halt::error(format!(
                        "{flags} is not a valid modifier string"
                    )));
                }
            }
        }
        Ok(Self {
            regex: compiled(machine, pattern, &options)?,
            finds_all: flags.contains('g'),
            skips_empty: flags.contains('n'),
        })
    }

    fn find(&self, machine: &Machine<'_>, text: &str) -> Result<Vec<Found>, Halt> {
        let failed = |error: fancy_regex::Error| match error {
            fancy_regex::Error::RuntimeError(_) => {
                Halt::Exhausted("its regular expression takes too many steps")
            }
            error => Halt::error(error.to_string()),
        };
        let names: Vec<Option<Rc<str>>> = self
            .regex
            .capture_names()
            .map(|name| name.map(Rc::from))
            .collect();
        let mut found = Vec::new();
        let (mut at, mut letters, mut counted) = (0, 0, 0);
        let mut letters_to = |byte: usize| {
            if byte >= counted {
                letters += text.get(counted..byte).unwrap_or_default().chars().count();
                counted = byte;
                letters
            } else {
                text.get(..byte).unwrap_or_default().chars().count()
            }
        };
        while at <= text.len() {
            // Looking for a match may read the whole rest.
            let rest = text.len() - at;
            machine.budget.spend(4 + rest as u64 / BYTES_PER_STEP)?;
            let captures = self.regex.captures_from_pos(text, at).map_err(failed)?;
            let Some(captures) = captures else {
                machine.budget.spend(rest as u64 / 64)?;
                break;
            };
            let Some(whole) = captures.get(0) else { break };
            let (start, end) = (whole.start(), whole.end());
            machine.budget.spend((end - at) as u64 / 8)?;
            let groups = names
                .iter()
                .enumerate()
                .skip(1)
                .map(|(index, name)| Captured {
                    name: name.clone(),
                    place: captures.get(index).map(|group| {
                        let inside = text
                            .get(start..group.start())
                            .map(|before| before.chars().count());
                        let offset = match inside {
                            Some(inside) => letters_to(start) + inside,
                            None => letters_to(group.start()),
                        };
                        (group.start(), group.end(), offset)
                    }),
                });
            let groups: Vec<Captured> = groups.collect();
            machine.budget.spend(1 + groups.len() as u64)?;
            at = match end == start {
                true => {
                    end + text
                        .get(end..)
                        .and_then(|rest| rest.chars().next())
                        .map_or(1, char::len_utf8)
                }
                false => end,
            };
            if self.skips_empty && end == start {
                continue;
            }
            found.push(Found {
                offset: letters_to(start),
                start,
                end,
                captures: groups,
            });
            if !self.finds_all {
                break;
            }
        }
        Ok(found)
    }
}

fn compiled(machine: &Machine<'_>, pattern: &str, options: &str) -> Result<Rc<Regex>, Halt> {
    /// Compiling takes at least this many steps.
    const COMPILING: u64 = 200;
    // Repetitions and classes make an expression large.
    let large = pattern
        .bytes()
        .filter(|byte| matches!(byte, b'{' | b'\\'))
        .count() as u64;
    machine.budget.spend(COMPILING + pattern.len() as u64)?;
    let key = (pattern.to_owned(), options.to_owned());
    let kept = KEPT.with_borrow(|kept| {
        let found = kept.iter().find(|(known, _)| *known == key);
        found.map(|(_, regex)| Rc::clone(regex))
    });
    // Whether it was kept must not change what it costs.
    machine.budget.spend(large * 100)?;
    if let Some(regex) = kept {
        return Ok(regex);
    }
    let translated = translated(pattern, options.contains('x'));
    let with_options = match options {
        "" => translated,
        options => format!("(?{options}){translated}"),
    };
    let built = RegexBuilder::new(&with_options)
        .backtrack_limit(MAX_BACKTRACKS as usize)
        .delegate_size_limit(MAX_COMPILED)
        .delegate_dfa_size_limit(MAX_COMPILED)
        .build();
    let regex = Rc::new(built.map_err(|error| {
        Halt::error(format!(
            "Regex failure: {pattern} is not a valid regular expression: {error}"
        ))
    })?);
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= MAX_KEPT {
            kept.remove(0);
        }
        kept.push((key, Rc::clone(&regex)));
    });
    Ok(regex)
}

/// A pattern of Oniguruma in the words of `fancy-regex`: `$` also matches before a last line break, and
/// groups without a name capture nothing beside groups with one.
fn translated(pattern: &str, is_extended: bool) -> String {
    let has_names = has_names(pattern);
    let mut translated = String::with_capacity(pattern.len() + 8);
    let mut letters = pattern.chars().peekable();
    let mut depth = 0_u32;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('Z') => translated.push_str("(?=\\n?\\z)"),
                Some('h') => translated.push_str("[0-9a-fA-F]"),
                Some(other) => {
                    translated.push('\\');
                    translated.push(other);
                }
                None => translated.push('\\'),
            },
            '[' => {
                if depth > 0 && letters.peek() != Some(&':') {
                    translated.push('\\');
                    depth -= 1;
                }
                depth += 1;
                translated.push('[');
                if depth == 1 {
                    if letters.peek() == Some(&'^') {
                        translated.push('^');
                        letters.next();
                    }
                    if letters.peek() == Some(&']') {
                        translated.push_str("\\]");
                        letters.next();
                    }
                }
            }
            ']' => {
                depth = depth.saturating_sub(1);
                translated.push(']');
            }
            '$' if depth == 0 => translated.push_str("(?=\\n?\\z)"),
            '#' if depth == 0 && is_extended => {
                while letters.next_if(|letter| *letter != '\n').is_some() {}
            }
            '(' if depth == 0 && has_names && letters.peek() != Some(&'?') => {
                translated.push_str("(?:")
            }
            other => translated.push(other),
        }
    }
    translated
}

fn has_names(pattern: &str) -> bool {
    let mut rest = pattern;
    while let Some(at) = rest.find("(?<") {
        rest = rest.get(at + 3..).unwrap_or_default();
        if !rest.starts_with(['=', '!']) {
            return true;
        }
    }
    false
}

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

fn matches(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    search(
        machine,
        call,
        &item,
        &mut |text, found, _| {
            for one in found {
                out(item.other(described_match(text, &one)))?;
            }
            Ok(())
        },
        None,
    )
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
    search(
        machine,
        call,
        &item,
        &mut |text, found, _| {
            for one in found {
                out(item.other(named(text, &one)))?;
            }
            Ok(())
        },
        None,
    )
}

fn scan(machine: &Machine<'_>, call: Call<'_, '_>, item: Item, out: Out<'_>) -> Done {
    search(
        machine,
        call,
        &item,
        &mut |text, found, _| {
            for one in found {
                let value = match one.captures.is_empty() {
                    true => part(text, one.start, one.end),
                    false => Val::list(
                        one.captures
                            .iter()
                            .map(|captured| match captured.place {
                                Some((start, end, _)) => part(text, start, end),
                                None => Val::Null,
                            })
                            .collect(),
                    ),
                };
                out(item.other(value))?;
            }
            Ok(())
        },
        Some(true),
    )
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
