//! Where a regular expression matches: the language of Oniguruma, as far as `fancy-regex` has it.

use std::{cell::RefCell, rc::Rc};

use fancy_regex::{Regex, RegexBuilder};

use crate::score::jq::{
    eval::Machine,
    halt::{Halt, described},
    value::Val,
};

/// How many times a match may be tried again after a dead end.
const MAX_BACKTRACKS: u64 = 200_000;
/// The largest compiled expression, in bytes.
const MAX_COMPILED: usize = 1 << 20;
/// How many compiled expressions a thread keeps.
const MAX_KEPT: usize = 32;

/// Looking for a match reads this many bytes in a step, as far as one can know beforehand.
const BYTES_PER_STEP: u64 = 2048;

/// What is looked for, and how.
pub(super) struct Search {
    pub(super) regex: Rc<Regex>,
    pub(super) finds_all: bool,
    pub(super) skips_empty: bool,
}

/// A place of a text, in letters.
pub(super) struct Found {
    pub(super) offset: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) captures: Vec<Captured>,
}

pub(super) struct Captured {
    pub(super) name: Option<Rc<str>>,
    /// The bytes and the offset in letters.
    pub(super) place: Option<(usize, usize, usize)>,
}

/// A compiled expression, by its pattern and options.
type Kept = ((String, String), Rc<Regex>);

thread_local! {
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

impl Search {
    pub(super) fn new(machine: &Machine<'_>, pattern: &Val, flags: &Val) -> Result<Self, Halt> {
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

    pub(super) fn find(&self, machine: &Machine<'_>, text: &str) -> Result<Vec<Found>, Halt> {
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

/// A pattern of Oniguruma in the words of `fancy-regex`: `$` also matches before a last line break.
fn translated(pattern: &str, is_extended: bool) -> String {
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
            other => translated.push(other),
        }
    }
    translated
}
