//! From jq text to filters, with guards.

use std::sync::OnceLock;

use jaq_core::{
    Compiler,
    load::{self, Arena, File, Loader, lex, parse::Def},
    native,
};

use super::{
    Data, Filter, SyntaxError,
    guard::{PRODUCT, bounded, factors, guard, nesting, shallow, weighed},
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
/// An expression with at most so many words and signs needs no stack of its own.
const SMALL: usize = 96;
/// The stack for larger ones, in bytes: some ten thousand for each sign.
const LARGE_STACK: usize = 128 << 20;

/// jq's loops, with a count of their rounds.
const LOOPS: &str = "
def range($from; $to; $by): uncounted_range($from; $to; $by) | round_made;
def repeat(f): def rec: round_made | (f, rec); rec;
def recurse(f): def rec: round_made | ., (f | rec); rec;
def while(cond; update): def rec: round_made | if cond then ., (update | rec) else {}[] end; rec;
def until(cond; update): def rec: round_made | if cond then . else update | rec end; rec;
";

/// The name of the definition that an expression becomes.
const WHOLE: &str = "the_whole_expression";

/// Looks at its input and passes it on, or fails.
macro_rules! checked {
    ($name:literal, $check:expr) => {
        native::run(($name, native::v(0), |(ctx, value)| {
            native::bome($check(value, ctx.data().rounds))
        }))
    };
}

/// Passes its input on and counts a round.
fn round_made() -> native::Fun<Data> {
    native::run(("round_made", native::v(0), |(ctx, value)| {
        let rounds = ctx.data().rounds;
        native::bome(match rounds.get().checked_sub(1) {
            Some(left) => {
                rounds.set(left);
                Ok(value)
            }
            None => Err(jaq_core::Error::str("its loops make too many rounds")),
        })
    }))
}

/// jq's own definitions without the refused ones, read once.
fn prelude() -> &'static [Def<&'static str>] {
    static PRELUDE: OnceLock<Vec<Def<&'static str>>> = OnceLock::new();
    PRELUDE.get_or_init(|| {
        let standard = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs())
            .filter(|def| !REFUSED.contains(&def.name) && !is_counted(def.name, def.args.len()))
            .collect::<Vec<_>>();
        let own = [PRODUCT, LOOPS].map(|defs| load::parse(defs, |parser| parser.defs()));
        let own = own.into_iter().flatten().flatten();
        own.chain(standard).collect()
    })
}

/// At which byte of a text a part of it begins; zero if it is no part of it.
fn offset(text: &str, part: &str) -> usize {
    let distance = part.as_ptr().addr().checked_sub(text.as_ptr().addr());
    distance.filter(|at| *at <= text.len()).unwrap_or(0)
}

/// Whether jq's own definition gives way to one of [`LOOPS`].
fn is_counted(name: &str, arguments: usize) -> bool {
    matches!(
        (name, arguments),
        ("repeat" | "recurse", 1) | ("while" | "until", 2)
    )
}

/// Whether jq text defines filters of its own. They could call themselves without end.
fn definition(text: &str) -> Option<usize> {
    fn find<'a>(tokens: &[lex::Token<&'a str>]) -> Option<&'a str> {
        tokens.iter().find_map(|lex::Token(word, kind)| match kind {
            lex::Tok::Word if *word == "def" => Some(*word),
            lex::Tok::Block(inner) => find(inner),
            lex::Tok::Str(parts) => parts.iter().find_map(|part| match part {
                lex::StrPart::Term(token) => find(std::slice::from_ref(token)),
                _ => None,
            }),
            _ => None,
        })
    }
    let tokens = load::Lexer::new(text).lex().ok()?;
    find(&tokens).map(|word| offset(text, word))
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
    if let Some(at) = definition(text) {
        let message = "`def` is refused: what it defines might never come to an end".into();
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
            "range" => ("uncounted_range", args, run),
            _ => (name, args, run),
        })
        .chain([
            round_made(),
            checked!("bounded", |value, _| bounded(value)),
            checked!("factors", |value, _| factors(value)),
            checked!("shallow", |value, _| shallow(value)),
            checked!("weighed", weighed),
        ]);
    Compiler::default()
        .with_funs(funs)
        .with_global_vars(globals.iter().map(String::as_str))
        .compile(modules)
        .map_err(|errors| undefined(text, errors))
}

fn load_error(text: &str, errors: load::Errors<&str, ()>) -> SyntaxError {
    let at = |part: &str| offset(text, part);
    let found = |part: &str| match part.chars().next() {
        None => "it ends".to_owned(),
        Some(_) => format!(
            "`{}` stands",
            part.split_whitespace().next().unwrap_or(part)
        ),
    };
    let first = errors.into_iter().map(|(_, error)| error).next();
    match first {
        Some(load::Error::Lex(errors)) => errors.into_iter().next().map(|error| match error {
            (lex::Expect::Delim(open), _) => (at(open), format!("`{open}` is never closed")),
            (expected, part) => {
                let expected = expected.as_str();
                (
                    at(part),
                    format!("{expected} is expected where {}", found(part)),
                )
            }
        }),
        Some(load::Error::Parse(errors)) => errors.into_iter().next().map(|(expected, part)| {
            let expected = expected.as_str();
            (
                at(part),
                format!("{expected} is expected where {}", found(part)),
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
