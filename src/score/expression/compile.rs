//! From jq text to filters, with guards.

use std::{collections::HashMap, sync::OnceLock};

use jaq_core::{
    Compiler, Cv,
    load::{self, Arena, File, Loader, lex, parse::Def},
    native,
};

use super::{
    budget::Budget,
    error::SyntaxError,
    filter::{Data, Filter},
    guard::{
        self, GUARDED, RENAMED, UNGUARDED, bounded, factors, guard, guarded, nesting, shallow,
    },
};

/// Filters whose answer depends on more than their input, or that do something outside.
const REFUSED: [&str; 14] = [
    "now",
    "localtime",
    "strflocaltime",
    "env",
    "input",
    "inputs",
    "input_filename",
    "input_line_number",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "halt",
    "halt_error",
];

/// How many words and signs an expression may have.
const MAX_SIZE: usize = 4096;
/// How deep brackets may be nested in an expression.
const MAX_NESTING: usize = 128;
/// The most words and signs of an expression that needs no stack of its own.
const SMALL: usize = 96;
/// The stack for larger ones, in bytes: some ten thousand for each sign.
const LARGE_STACK: usize = 128 << 20;

/// The name of the definition that an expression becomes.
const WHOLE: &str = "the_whole_expression";

/// A filter that looks at its input and passes it on, or fails.
macro_rules! checked {
    ($name:literal, $check:expr) => {
        native::run(($name, native::v(0), |(ctx, value): Cv<'_, Data>| {
            let budget: &Budget = ctx.data().budget;
            native::bome($check(value, budget))
        }))
    };
}

/// The filters that count what an expression costs.
fn counters() -> impl Iterator<Item = native::Fun<Data>> {
    let compared = native::run(("compared", native::v(1), |mut cv: Cv<'_, Data>| {
        let other = cv.0.pop_var();
        let counted = cv.0.data().budget.compare(&cv.1, &other);
        native::bome(counted.map(|()| cv.1))
    }));
    let matched = native::run(("matched", native::v(2), |mut cv: Cv<'_, Data>| {
        let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
        let budget = cv.0.data().budget;
        native::bome(guard::matched(cv.1, &pattern, &flags, budget))
    }));
    [
        checked!("step_made", |value, budget: &Budget| budget.step(value)),
        checked!("length_read", |value, budget: &Budget| budget.read(value)),
        checked!("all_read", |value, budget: &Budget| budget.read_all(value)),
        checked!("collected", |value, budget: &Budget| budget.collect(value)),
        checked!("bounded", bounded),
        checked!("factors", |value, _: &Budget| factors(value)),
        checked!("shallow", |value, _: &Budget| shallow(value)),
        compared,
        matched,
    ]
    .into_iter()
}

/// jq's own definitions without the refused ones, with their guards; read once.
fn prelude() -> &'static [Def<&'static str>] {
    static PRELUDE: OnceLock<Vec<Def<&'static str>>> = OnceLock::new();
    PRELUDE.get_or_init(|| {
        let standard = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs())
            .filter(|def| !REFUSED.contains(&def.name) && !is_counted(def.name, def.args.len()))
            .map(guarded);
        let own = load::parse(GUARDED, |parser| parser.defs());
        own.into_iter().flatten().chain(standard).collect()
    })
}

/// At which byte of a text a part of it begins; zero if it is not a part of it.
fn offset(text: &str, part: &str) -> usize {
    let distance = part.as_ptr().addr().checked_sub(text.as_ptr().addr());
    distance.filter(|at| *at <= text.len()).unwrap_or(0)
}

/// The name of a native filter behind its guard.
fn renamed(name: &'static str) -> &'static str {
    static NAMES: OnceLock<HashMap<&'static str, String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let names = RENAMED.into_iter();
        names
            .map(|name| (name, format!("{UNGUARDED}{name}")))
            .collect()
    });
    names.get(name).map_or(name, String::as_str)
}

/// Whether a definition of [`GUARDED`] replaces jq's own one.
fn is_counted(name: &str, arguments: usize) -> bool {
    matches!(
        (name, arguments),
        ("repeat" | "recurse", 1) | ("while" | "until", 2)
    )
}

/// Where jq text defines filters of its own, which could call themselves without end, or calls one
/// behind its guard.
fn refused_word(text: &str) -> Option<&str> {
    fn find<'a>(tokens: &[lex::Token<&'a str>]) -> Option<&'a str> {
        tokens.iter().find_map(|lex::Token(word, kind)| match kind {
            lex::Tok::Word if *word == "def" || word.starts_with(UNGUARDED) => Some(*word),
            lex::Tok::Block(inner) => find(inner),
            lex::Tok::Str(parts) => parts.iter().find_map(|part| match part {
                lex::StrPart::Term(token) => find(std::slice::from_ref(token)),
                _ => None,
            }),
            _ => None,
        })
    }
    let tokens = load::Lexer::new(text).lex().ok()?;
    find(&tokens)
}

/// How many words and signs an expression has; refuses one that is too long or nested too deep: it is
/// read and performed by functions that call themselves.
pub(super) fn size(text: &str) -> Result<usize, SyntaxError> {
    let signs = text
        .bytes()
        .filter(|byte| {
            !byte.is_ascii_alphanumeric() && !byte.is_ascii_whitespace() && byte.is_ascii()
        })
        .count();
    let size = signs + text.split_ascii_whitespace().count();
    let message = if size > MAX_SIZE {
        format!("there are more than {MAX_SIZE} words and signs: divide it among several tasks")
    } else if nesting(text.as_bytes()) > MAX_NESTING {
        format!(
            "brackets are nested deeper than {MAX_NESTING} levels: divide it among several tasks"
        )
    } else {
        return Ok(size);
    };
    Err(SyntaxError { at: 0, message })
}

/// Whether an expression is short and can neither loop nor read much: it takes no time worth mentioning.
pub(super) fn is_simple(text: &str, size: usize) -> bool {
    /// Filters that take no time.
    const QUICK: [&str; 15] = [
        "and", "or", "not", "if", "then", "elif", "else", "end", "true", "false", "null", "floor",
        "ceil", "round", "length",
    ];
    fn is_quick(lex::Token(word, kind): &lex::Token<&str>) -> bool {
        match kind {
            lex::Tok::Word => QUICK.contains(word),
            lex::Tok::Var | lex::Tok::Num => true,
            lex::Tok::Sym => match *word {
                "==" | "!=" | "<=" | ">=" => true,
                word => word != ".." && !word.ends_with('='),
            },
            // Without its closing bracket, `[]` is empty.
            lex::Tok::Block(inner) => inner.len() > 1 && inner.iter().all(is_quick),
            lex::Tok::Str(parts) => parts.iter().all(|part| match part {
                lex::StrPart::Term(token) => is_quick(token),
                _ => true,
            }),
            _ => false,
        }
    }
    size <= SMALL
        && load::Lexer::new(text)
            .lex()
            .is_ok_and(|tokens| tokens.iter().all(is_quick))
}

/// Does something with an expression of that size: with a large one on a stack that is large enough.
/// Fails if the system has no room for one.
pub(super) fn with_room<T: Send>(
    size: usize,
    work: impl FnOnce() -> T + Send,
) -> std::io::Result<T> {
    if size <= SMALL {
        return Ok(work());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(LARGE_STACK);
        let done = thread.spawn_scoped(scope, work)?.join();
        Ok(done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

pub(super) fn compile(text: &str, variables: &[String]) -> Result<Filter, SyntaxError> {
    if let Some(word) = refused_word(text) {
        let message = match word {
            "def" => "`def` is refused: what it defines might never end".into(),
            word => format!("there is no filter `{word}` here"),
        };
        let at = offset(text, word);
        return Err(SyntaxError { at, message });
    }
    if text.contains(WHOLE) {
        let message = format!("`{WHOLE}` is refused: it is the expression's own name");
        return Err(SyntaxError { at: 0, message });
    }
    let globals: Vec<String> = variables.iter().map(|name| format!("${name}")).collect();
    let call = match globals.is_empty() {
        true => WHOLE.to_owned(),
        false => format!("{WHOLE}({})", globals.join("; ")),
    };
    // With its guards the expression is a definition; one that cannot be read goes in as it is, and
    // the loader says what is wrong with it.
    let whole = load::parse(text, |parser| parser.term()).map(|term| Def {
        name: WHOLE,
        args: globals.iter().map(String::as_str).collect(),
        body: guard(term),
    });
    let arena = Arena::default();
    let file = File {
        code: if whole.is_some() { &call } else { text },
        path: (),
    };
    let modules = Loader::new(prelude().iter().cloned().chain(whole))
        .load(&arena, file)
        .map_err(|errors| load_error(text, errors))?;
    let funs = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, ..)| !REFUSED.contains(name))
        .map(|(name, args, run)| match name {
            name if RENAMED.contains(&name) => (renamed(name), args, run),
            _ => (name, args, run),
        })
        .chain(counters());
    Compiler::default()
        .with_funs(funs)
        .with_global_vars(globals.iter().map(String::as_str))
        .compile(modules)
        .map_err(|errors| undefined(text, errors))
}

fn load_error(text: &str, errors: load::Errors<&str, ()>) -> SyntaxError {
    let at = |part: &str| offset(text, part);
    let found = |part: &str| match part.chars().next() {
        None => "the end".to_owned(),
        Some(_) => format!("`{}`", part.split_whitespace().next().unwrap_or(part)),
    };
    let first = errors.into_iter().map(|(_, error)| error).next();
    match first {
        Some(load::Error::Lex(errors)) => errors.into_iter().next().map(|error| match error {
            (lex::Expect::Delim(open), _) => (at(open), format!("`{open}` is never closed")),
            (expected, part) => {
                let expected = expected.as_str();
                (
                    at(part),
                    format!("expected {expected}, found {}", found(part)),
                )
            }
        }),
        Some(load::Error::Parse(errors)) => errors.into_iter().next().map(|(expected, part)| {
            let expected = expected.as_str();
            (
                at(part),
                format!("expected {expected}, found {}", found(part)),
            )
        }),
        Some(load::Error::Io(_)) | None => None,
    }
    .map_or_else(
        || SyntaxError {
            at: 0,
            message: "other files cannot be included".into(),
        },
        |(at, message)| SyntaxError { at, message },
    )
}

fn undefined(text: &str, errors: jaq_core::compile::Errors<&str, ()>) -> SyntaxError {
    let first = errors.into_iter().flat_map(|(_, list)| list).next();
    let Some((name, kind)) = first else {
        return SyntaxError {
            at: 0,
            message: "something is not defined".into(),
        };
    };
    let message = if REFUSED.contains(&name) {
        format!("`{name}` is refused: a score must give the same answer on every replay")
    } else {
        format!("there is no {} `{name}` here", kind.as_str())
    };
    SyntaxError {
        at: offset(text, name),
        message,
    }
}
