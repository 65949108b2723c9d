//! jq expressions, the standard's runtime expressions.
//!
//! An expression is compiled once, sees only its input and its named variables, and gives the same
//! answer every time: there is no clock, no environment, no file and no chance in it.

use std::{
    cell::Cell,
    fmt,
    sync::{Arc, OnceLock},
};

use jaq_core::{
    Compiler, Ctx, DataT, Vars,
    data::HasLut,
    load::{self, Arena, File, Loader, lex, parse::Def},
    native, unwrap_valr,
};
use jaq_json::{Num, Val};
use serde_json::Value;

use super::{
    expression_guard::{PRODUCT, bounded, factors, guard, nesting, shallow, weighed},
    variables::{Known, Variables},
};

/// The names of the standard's variables, in scope everywhere.
pub const STANDARD_VARIABLES: [&str; 6] =
    ["context", "input", "output", "task", "workflow", "runtime"];

/// How many values an answer may have.
const MAX_OUTPUT: usize = 100_000;
/// How deep an answer may be nested.
const MAX_DEPTH: usize = 128;

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

/// How many rounds the loops of one evaluation may make together.
const MAX_ROUNDS: u32 = 1_000_000;

/// jq's loops, with a count of their rounds.
const LOOPS: &str = "
def range($from; $to; $by): uncounted_range($from; $to; $by) | round_made;
def repeat(f): def rec: round_made | (f, rec); rec;
def recurse(f): def rec: round_made | ., (f | rec); rec;
def while(cond; update): def rec: round_made | if cond then ., (update | rec) else {}[] end; rec;
def until(cond; update): def rec: round_made | if cond then . else update | rec end; rec;
";

/// What jq filters run on: values, and how many rounds their loops may still make.
struct Data;

#[derive(Clone)]
struct Work<'a> {
    lut: &'a jaq_core::Lut<Data>,
    rounds: &'a Cell<u32>,
}

impl DataT for Data {
    type V<'a> = Val;
    type Data<'a> = Work<'a>;
}

impl<'a> HasLut<'a, Data> for Work<'a> {
    fn lut(&self) -> &'a jaq_core::Lut<Data> {
        self.lut
    }
}

type Filter = jaq_core::Filter<Data>;

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

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    /// The variables that it mentions, in the order in which it was compiled.
    variables: Arc<[String]>,
    filter: Arc<Filter>,
    /// How many words and signs it has.
    size: usize,
}

/// An expression that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The byte of the expression's text.
    pub at: usize,
    /// What is wrong, the end of a sentence that began with "in this expression".
    pub message: String,
}

/// An expression that failed on its input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// jq says no.
    #[error("`{expression}` failed: {message}")]
    Failed {
        /// The expression.
        expression: Arc<str>,
        /// jq's words.
        message: String,
    },
    /// Too many expressions, or too large ones, without anything being waited for.
    #[error(
        "`{expression}` was not asked: too much was worked out without waiting for anything; let the \
         loop wait, rest or play"
    )]
    TooMuch {
        /// The expression.
        expression: Arc<str>,
    },
    /// No answer.
    #[error("`{expression}` has no result: let it end in a value, `null` if need be")]
    Empty {
        /// The expression.
        expression: Arc<str>,
    },
    /// An answer that is too large or not JSON.
    #[error("the result of `{expression}` {message}")]
    Unusable {
        /// The expression.
        expression: Arc<str>,
        /// Why.
        message: &'static str,
    },
}

/// The inside of a text that is exactly one `${ }`, and at which byte it begins.
pub fn inside(text: &str) -> Option<(usize, &str)> {
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix("${")?.strip_suffix('}')?;
    let start = text.len() - text.trim_start().len() + 2;
    Some((start, inner))
}

impl Expression {
    /// Compiles jq text. `scope` names the variables besides the standard's, without `$`.
    pub fn compile(text: &str, scope: &[String]) -> Result<Self, SyntaxError> {
        let mentioned = |name: &&str| text.contains(&format!("${name}"));
        let standard = STANDARD_VARIABLES.into_iter();
        let mut variables: Vec<String> = standard
            .filter(|name| !scope.iter().any(|own| own == name))
            .chain(scope.iter().map(String::as_str))
            .filter(mentioned)
            .map(str::to_owned)
            .collect();
        variables.sort();
        variables.dedup();
        let size = size(text)?;
        let filter = with_room(size, || compile(text, &variables)).map_err(|error| {
            let message = format!("there is no room to read it: {error}");
            SyntaxError { at: 0, message }
        })??;
        Ok(Self {
            text: text.trim().into(),
            variables: variables.into(),
            filter: filter.into(),
            size,
        })
    }

    /// The first answer for this input. A variable that is not given is null.
    pub fn evaluate(&self, input: &Value, variables: &Variables) -> Result<Value, ExpressionError> {
        with_room(self.size, || self.answer(input, variables)).unwrap_or_else(|error| {
            Err(ExpressionError::Failed {
                expression: self.text.clone(),
                message: error.to_string(),
            })
        })
    }

    fn answer(&self, input: &Value, variables: &Variables) -> Result<Value, ExpressionError> {
        let expression = || self.text.clone();
        if variables.room() == 0 {
            return Err(ExpressionError::TooMuch {
                expression: expression(),
            });
        }
        let read = Cell::new(0);
        let value = |name: &String| {
            let known = variables.get(name);
            known.map_or(Val::Null, |known| from_known(known, &read))
        };
        let vars = Vars::new(self.variables.iter().map(value));
        let input = from_json(input, &read);
        let rounds = Cell::new(MAX_ROUNDS);
        let work = Work {
            lut: &self.filter.lut,
            rounds: &rounds,
        };
        let ctx = Ctx::<Data>::new(work, vars);
        let first = self.filter.id.run((ctx, input)).map(unwrap_valr).next();
        variables.worked(read.get() + u64::from(MAX_ROUNDS - rounds.get()));
        match first {
            None => Err(ExpressionError::Empty {
                expression: expression(),
            }),
            Some(Err(error)) => Err(ExpressionError::Failed {
                expression: expression(),
                message: shortened(error.to_string()),
            }),
            Some(Ok(answer)) => {
                let mut room = MAX_OUTPUT;
                let value = to_json(&answer, &mut room, 0);
                variables.worked((MAX_OUTPUT - room) as u64);
                value.map_err(|message| ExpressionError::Unusable {
                    expression: expression(),
                    message,
                })
            }
        }
    }

    /// Whether the answer is true by jq's rule: all but `false` and `null`.
    pub fn holds(&self, input: &Value, variables: &Variables) -> Result<bool, ExpressionError> {
        let answer = self.evaluate(input, variables)?;
        Ok(!matches!(answer, Value::Null | Value::Bool(false)))
    }

    /// Its jq text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{ {} }}", self.text)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.variables == other.variables
    }
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(400) {
        Some((at, _)) => format!("{}…", message.get(..at).unwrap_or_default()),
        None => message,
    }
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
fn size(text: &str) -> Result<usize, SyntaxError> {
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
fn with_room<T: Send>(size: usize, work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    if size <= SMALL {
        return Ok(work());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(LARGE_STACK);
        let done = thread.spawn_scoped(scope, work)?.join();
        Ok(done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn compile(text: &str, variables: &[String]) -> Result<Filter, SyntaxError> {
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

/// The value of a variable; what it takes is counted.
fn from_known(known: &Known, read: &Cell<u64>) -> Val {
    match known {
        Known::Value(value) => from_json(value, read),
        Known::Part(value, pointer) => value
            .pointer(pointer)
            .map_or(Val::Null, |part| from_json(part, read)),
        Known::Map(members) => Val::obj(
            members
                .iter()
                .map(|(name, known)| ((*name).to_owned().into(), from_known(known, read)))
                .collect(),
        ),
    }
}

/// A value; its size is added to what was read.
fn from_json(value: &Value, read: &Cell<u64>) -> Val {
    read.set(read.get() + 1);
    match value {
        Value::Null => Val::Null,
        Value::Bool(b) => Val::Bool(*b),
        Value::Number(n) => Val::Num(match n.as_i64() {
            Some(whole) => Num::from_integral(whole),
            None => Num::Float(n.as_f64().unwrap_or(f64::NAN)),
        }),
        Value::String(s) => {
            read.set(read.get() + s.len() as u64 / 16);
            s.clone().into()
        }
        Value::Array(items) => items.iter().map(|item| from_json(item, read)).collect(),
        Value::Object(entries) => Val::obj(
            entries
                .iter()
                .map(|(k, v)| (k.clone().into(), from_json(v, read)))
                .collect(),
        ),
    }
}

fn to_json(value: &Val, budget: &mut usize, depth: usize) -> Result<Value, &'static str> {
    if *budget == 0 {
        return Err("is too large");
    }
    if depth > MAX_DEPTH {
        return Err("is nested too deep");
    }
    *budget -= 1;
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(b) => Value::Bool(*b),
        Val::Num(number) => number_to_json(number),
        Val::TStr(bytes) | Val::BStr(bytes) => text(bytes, budget)?.into(),
        Val::Arr(items) => items
            .iter()
            .map(|item| to_json(item, budget, depth + 1))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Val::Obj(entries) => {
            let mut map = serde_json::Map::new();
            for (key, value) in entries.iter() {
                let (Val::TStr(key) | Val::BStr(key)) = key else {
                    return Err("has a key that is not text");
                };
                map.insert(text(key, budget)?, to_json(value, budget, depth + 1)?);
            }
            map.into()
        }
    })
}

fn text(bytes: &[u8], budget: &mut usize) -> Result<String, &'static str> {
    if bytes.len() / 16 > *budget {
        return Err("is too large");
    }
    *budget -= bytes.len() / 16;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

fn number_to_json(number: &Num) -> Value {
    match number {
        Num::Int(whole) => Value::from(*whole as i64),
        // A whole float is the whole number that it looks like in JSON.
        Num::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => Value::from(*f as i64),
        Num::Float(f) => Value::from(*f),
        Num::BigInt(_) | Num::Dec(_) => {
            let float = number.to_string().parse().unwrap_or(f64::NAN);
            number_to_json(&Num::Float(float))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(text: &str, input: Value) -> Result<Value, ExpressionError> {
        Expression::compile(text, &[])
            .unwrap()
            .evaluate(&input, &Variables::new())
    }

    #[test]
    fn filters_work_on_their_input() {
        let input = json!({"bars": [1, 2, 3], "name": "bass"});
        assert_eq!(answer(".bars | add", input.clone()).unwrap(), json!(6));
        assert_eq!(
            answer("[.bars[] | select(. > 1) * 2]", input.clone()).unwrap(),
            json!([4, 6])
        );
        assert_eq!(
            answer(r#""\(.name) \(.bars | length)""#, input).unwrap(),
            json!("bass 3")
        );
        assert_eq!(
            answer("[range(4)]", json!(null)).unwrap(),
            json!([0, 1, 2, 3])
        );
        assert_eq!(
            answer("{a: 1} + {b: 3 / 2}", json!(null)).unwrap(),
            json!({"a": 1, "b": 1.5})
        );
        assert_eq!(answer("6 / 2", json!(null)).unwrap().to_string(), "3");
        assert_eq!(answer("1, 2", json!(null)).unwrap(), json!(1));
    }

    #[test]
    fn variables_are_those_of_the_scope() {
        let scope = ["bar".to_owned()];
        let sum = Expression::compile("$bar + $context.base + .x", &scope).unwrap();
        let variables = Variables::new()
            .with("context", json!({"base": 10}))
            .with("bar", json!(4))
            .with("unused", json!(1));
        assert_eq!(
            sum.evaluate(&json!({"x": 100}), &variables).unwrap(),
            json!(114)
        );
        let error = Expression::compile("1 + $barr", &scope).unwrap_err();
        assert_eq!(
            (error.at, error.message.as_str()),
            (4, "there is no variable `$barr` here")
        );
    }

    #[test]
    fn nothing_outside_can_be_reached() {
        for text in [
            "env",
            "$ENV",
            "now",
            "input",
            "inputs",
            "debug",
            "stderr",
            "localtime",
            "halt",
            "input_line_number",
            "include \"x\"; 1",
            "import \"x\" as x; 1",
            "$__prog_args",
            "debug(1)",
            "halt_error",
            "strflocaltime(\"%H\")",
            "error(now)",
        ] {
            assert!(
                Expression::compile(text, &[]).is_err(),
                "{text} must not compile"
            );
        }
    }

    #[test]
    fn errors_say_what_and_where() {
        let error = Expression::compile(".a | [1, 2", &[]).unwrap_err();
        assert_eq!(error.at, 5, "{error}");
        let error = Expression::compile(".a | nosuch(1)", &[]).unwrap_err();
        assert_eq!(
            (error.at, error.message.as_str()),
            (5, "there is no filter `nosuch` here")
        );
        let error = answer(".a.b", json!([1])).unwrap_err();
        assert!(error.to_string().starts_with("`.a.b` failed: "), "{error}");
        assert!(matches!(
            answer("empty", json!(1)),
            Err(ExpressionError::Empty { .. })
        ));
        assert!(matches!(
            answer("[range(200000)]", json!(1)),
            Err(ExpressionError::Unusable { .. })
        ));
        assert!(answer("error(\"no\")", json!(1)).is_err());
    }

    #[test]
    fn no_loop_goes_on_for_ever() {
        for text in [
            "[range(1e12)]",
            "last(range(0; 1; 0))",
            "[repeat(1)]",
            "[1 | recurse(.)]",
            "1 | until(false; .)",
            "[1 | while(true; .)]",
            "[range(2000) | range(2000)]",
        ] {
            let error = answer(text, json!(null)).unwrap_err().to_string();
            assert!(error.contains("too many rounds"), "{text}: {error}");
        }
        for text in ["def f: f; f", "[def f: 1; f]", "\"\\(def f: f; f)\""] {
            assert!(
                Expression::compile(text, &[])
                    .unwrap_err()
                    .message
                    .contains("`def`")
            );
        }
        assert_eq!(answer("first(repeat(3))", json!(null)).unwrap(), json!(3));
        assert_eq!(
            answer("[1 | recurse(. + 1; . < 4)]", json!(null)).unwrap(),
            json!([1, 2, 3])
        );
        assert_eq!(
            answer("[1 | while(. < 9; . * 2)]", json!(null)).unwrap(),
            json!([1, 2, 4, 8])
        );
        assert_eq!(
            answer("1 | until(. > 9; . * 2)", json!(null)).unwrap(),
            json!(16)
        );
        assert_eq!(
            answer("[range(0; 10; 3)]", json!(null)).unwrap(),
            json!([0, 3, 6, 9])
        );
        assert_eq!(
            answer("[limit(3; range(5; 0; -1))]", json!(null)).unwrap(),
            json!([5, 4, 3])
        );
        assert_eq!(
            answer("[[1, [2]] | .. | numbers]", json!(null)).unwrap(),
            json!([1, 2])
        );
        assert_eq!(answer("\"def\"", json!(null)).unwrap(), json!("def"));
    }

    #[test]
    fn no_data_fills_the_memory() {
        for text in [
            "\"x\" * 1000000000",
            "1000000000 * \"x\"",
            "reduce range(60) as $i (\"ab\"; . + .)",
            "reduce range(60) as $i ([1]; . + .)",
            "reduce range(60) as $i ([1]; . += .)",
            "reduce range(60) as $i (1; [., .]) | tojson",
            "reduce range(60) as $i (1; {a: ., b: .}) | tojson",
            "reduce range(60) as $i ({}; .a = . | .b = .) | tojson",
            "reduce range(60) as $i (\"ab\"; \"\\(.)\\(.)\")",
            "reduce range(60) as $i (10000000000; . * .)",
            "[limit(3; repeat(\"x\" * 100000000))]",
        ] {
            let error = answer(text, json!(null)).unwrap_err().to_string();
            assert!(error.contains("data that is too large"), "{text}: {error}");
        }
        for (text, expected) in [
            ("\"ab\" * 3", json!("ababab")),
            ("2 * 3 + 4 * 5 - 1", json!(25)),
            ("[1, 2] + [3] | length", json!(3)),
            ("{a: {b: 1}} * {a: {c: 2}}", json!({"a": {"b": 1, "c": 2}})),
            (
                "[1, 2, 3] | .[0] += 5 | .[1] *= 4 | .[2] |= . + 1",
                json!([6, 8, 4]),
            ),
            (
                "{a: 1} | .b = 2 | .c //= 3 | del(.a)",
                json!({"b": 2, "c": 3}),
            ),
            ("[.[]?] | map(. * 2) | add", json!(null)),
            ("[1, 2] | map(. * 2) | add", json!(6)),
            (
                "[[1, 2], [3, 4]] | [.[] | .[0] + .[1]] | join(\"-\")",
                json!("3-7"),
            ),
            ("[(1, 2) * (3, 4)] | sort", json!([3, 4, 6, 8])),
            ("[paths] | length", json!(0)),
        ] {
            assert_eq!(answer(text, json!(null)).unwrap(), expected, "{text}");
        }
        let scope = ["bar".to_owned()];
        let error = Expression::compile("1 + the_whole_expression", &scope);
        assert!(error.is_err());
    }

    #[test]
    fn long_and_deep_expressions_are_refused_or_have_room() {
        let all = |sign: &str, n: usize| [sign].repeat(n).concat();
        for n in [100, 1_000, 30_000] {
            for text in [
                all("[", n) + &all("]", n),
                all("(", n) + "1" + &all(")", n),
                all("1+", n) + "1",
                all(".|", n) + ".",
                all("-", n) + "1",
                format!("[{}1]", all("1,", n)),
                all("if 1 then ", n) + "1" + &all(" else 2 end", n),
                all(".a", n),
            ] {
                match Expression::compile(&text, &[]) {
                    Ok(expression) => {
                        // An answer or an error; only no end of the process.
                        let _ = expression.evaluate(&json!(null), &Variables::new());
                    }
                    Err(error) => assert!(
                        error.message.contains("more than") || error.message.contains("deeper"),
                        "{error}"
                    ),
                }
            }
        }
        for text in [
            "reduce range(100000) as $i (1; [.])",
            "(\"[\" * 100000) + (\"]\" * 100000) | fromjson",
        ] {
            let error = answer(text, json!(null)).unwrap_err().to_string();
            assert!(error.contains("too deep"), "{text}: {error}");
        }
    }

    #[test]
    fn truth_is_jqs() {
        let holds = |text| {
            Expression::compile(text, &[])
                .unwrap()
                .holds(&json!({"a": 0}), &Variables::new())
        };
        assert!(holds(".a").unwrap() && holds(".a == 0").unwrap());
        assert!(!holds(".b").unwrap() && !holds(".a > 0").unwrap());
    }

    #[test]
    fn only_a_text_that_is_one_expression_is_one() {
        assert_eq!(inside("${ .a }"), Some((2, " .a ")));
        assert_eq!(inside("  ${.a}"), Some((4, ".a")));
        assert_eq!(inside("a ${ .a }"), None);
        assert_eq!(inside("$"), None);
    }

    #[test]
    fn whole_numbers_and_texts_survive_the_way_through() {
        let value = json!({"a": [1, -2.5, "ü", null, true, {"b": []}], "z": i64::MAX});
        assert_eq!(answer(".", value.clone()).unwrap(), value);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[-.|\\[\\](){}$a-c0-9\"\\\\ ,;:?@]{0,24}") {
            let _ = Expression::compile(&text, &["a".to_owned()]);
        }
    }
}
