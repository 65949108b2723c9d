//! Keeps jq expressions from filling the memory and from running without end.
//!
//! Where an expression makes new data, loops or reads much, what it does is counted against its
//! [`Budget`]: data while it is collected, products beforehand, sums and texts by their length. jq's own
//! definitions are guarded in the same way.

use jaq_core::{
    Error,
    load::{
        lex::StrPart,
        parse::{BinaryOp, Def, Pattern, Term},
    },
    ops::Math,
    path::{Part, Path},
};
use jaq_json::{Num, Val};

use super::budget::{Budget, Checked, MAX_DEPTH, too_large};

/// How long a text may be, in bytes.
const MAX_BYTES: usize = 1 << 22;
/// How many items a list or a map may have.
const MAX_ITEMS: usize = 1 << 20;
/// How many bits a number may have.
const MAX_BITS: u64 = 1 << 16;
/// The longest text, in bytes, in which all matches of a regular expression are found.
const MAX_MATCHED: usize = 1 << 18;

/// The prefix of filters that are only called behind their guards.
pub(super) const UNGUARDED: &str = "unguarded_";

/// Native filters that are renamed with [`UNGUARDED`] before it, and called by a definition of
/// [`GUARDED`].
pub(super) const RENAMED: [&str; 34] = [
    "range",
    "length",
    "utf8bytelength",
    "explode",
    "implode",
    "ascii_downcase",
    "ascii_upcase",
    "reverse",
    "trim",
    "ltrim",
    "rtrim",
    "startswith",
    "endswith",
    "ltrimstr",
    "rtrimstr",
    "escape_sh",
    "escape_html",
    "unescape_html",
    "encode_uri",
    "decode_uri",
    "encode_base64",
    "decode_base64",
    "fromjson",
    "tojson",
    "tobytes",
    "keys_unsorted",
    "key_values",
    "sort",
    "contains",
    "indices",
    "bsearch",
    "matches",
    "split_matches",
    "split_",
];

/// Native filters that collect what their argument gives.
pub(super) const COLLECTING: [&str; 4] =
    ["sort_by", "group_by", "min_by_or_empty", "max_by_or_empty"];

/// Filters that count what native ones cost.
pub(super) const GUARDED: &str = "
def step: step_made as $made | .;
def slice_read: length_read as $read | .;
def product(f; g): f as $a | g as $b | [$a, $b] | factors | $a * $b;
def difference(f; g): g as $b | f | compared($b) | . - $b;
def range($from; $to; $by): unguarded_range($from; $to; $by) | step_made;
def repeat(f): def rec: step | (f, rec); rec;
def recurse(f): def rec: step | ., (f | rec); rec;
def while(cond; update): def rec: step | if cond then ., (update | rec) else {}[] end; rec;
def until(cond; update): def rec: step | if cond then . else update | rec end; rec;
def length: length_read | unguarded_length;
def utf8bytelength: length_read | unguarded_utf8bytelength;
def explode: length_read | unguarded_explode | bounded;
def implode: length_read | unguarded_implode | bounded;
def ascii_downcase: length_read | unguarded_ascii_downcase;
def ascii_upcase: length_read | unguarded_ascii_upcase;
def reverse: length_read | unguarded_reverse;
def trim: length_read | unguarded_trim;
def ltrim: length_read | unguarded_ltrim;
def rtrim: length_read | unguarded_rtrim;
def startswith($x): length_read | unguarded_startswith($x);
def endswith($x): length_read | unguarded_endswith($x);
def ltrimstr($x): length_read | unguarded_ltrimstr($x);
def rtrimstr($x): length_read | unguarded_rtrimstr($x);
def escape_sh: length_read | unguarded_escape_sh | bounded;
def escape_html: length_read | unguarded_escape_html | bounded;
def unescape_html: length_read | unguarded_unescape_html;
def encode_uri: length_read | unguarded_encode_uri | bounded;
def decode_uri: length_read | unguarded_decode_uri;
def encode_base64: length_read | unguarded_encode_base64 | bounded;
def decode_base64: length_read | unguarded_decode_base64;
def fromjson: shallow | length_read | unguarded_fromjson | all_read;
def tojson: all_read | unguarded_tojson | bounded;
def tobytes: all_read | unguarded_tobytes | bounded;
def keys_unsorted: length_read | unguarded_keys_unsorted;
def key_values: length_read | unguarded_key_values;
def sort: all_read | all_read | all_read | all_read | unguarded_sort;
def contains($x): compared($x) | unguarded_contains($x);
def indices($x): compared($x) | unguarded_indices($x);
def bsearch($x): length_read | ($x | all_read) as $x | unguarded_bsearch($x);
def matches($re; $flags): matched($re; $flags) | unguarded_matches($re; $flags);
def split_matches($re; $flags): matched($re; $flags) | unguarded_split_matches($re; $flags);
def split_($re; $flags): matched($re; $flags) | unguarded_split_($re; $flags);
";

/// Puts the guards into a definition.
pub(super) fn guarded(def: Def<&str>) -> Def<&str> {
    Def {
        body: guard(def.body),
        ..def
    }
}

/// Puts the guards into an expression.
pub(super) fn guard(term: Term<&str>) -> Term<&str> {
    let all = |terms: Vec<Term<_>>| terms.into_iter().map(guard).collect::<Vec<_>>();
    let inner = |term: Box<Term<_>>| Box::new(guard(*term));
    match term {
        Term::Str(format, parts) => {
            let made = parts.iter().any(|part| matches!(part, StrPart::Term(_)));
            let parts = parts.into_iter().map(|part| match part {
                StrPart::Term(term) => StrPart::Term(then(guard(term), "all_read")),
                other => other,
            });
            let text = Term::Str(format, parts.collect());
            if made { then(text, "bounded") } else { text }
        }
        Term::Arr(Some(items)) => {
            let items = then(guard(*items), "collected");
            then(Term::Arr(Some(Box::new(items))), "all_read")
        }
        Term::Obj(entries) => {
            let entries = entries.into_iter();
            let entries = entries.map(|(key, value)| (guard(key), value.map(guard)));
            let entries: Vec<_> = entries.collect();
            match entries.is_empty() {
                true => Term::Obj(entries),
                false => then(Term::Obj(entries), "all_read"),
            }
        }
        Term::Recurse => then(Term::Recurse, "step"),
        Term::Neg(term) => Term::Neg(inner(term)),
        Term::BinOp(l, op, r) => operation(guard(*l), op, guard(*r)),
        Term::Label(name, term) => Term::Label(name, inner(term)),
        Term::Fold(name, source, pattern, terms) => {
            Term::Fold(name, inner(source), in_pattern(pattern), all(terms))
        }
        Term::TryCatch(term, catch) => Term::TryCatch(inner(term), catch.map(inner)),
        Term::IfThenElse(cases, otherwise) => {
            let cases = cases
                .into_iter()
                .map(|(when, then)| (guard(when), guard(then)));
            Term::IfThenElse(cases.collect(), otherwise.map(inner))
        }
        Term::Def(defs, term) => {
            let defs = defs.into_iter().map(guarded);
            Term::Def(defs.collect(), inner(term))
        }
        Term::Call(name, arguments) if COLLECTING.contains(&name) && arguments.len() == 1 => {
            let collected = |argument| then(argument, "collected");
            let arguments = all(arguments).into_iter().map(collected);
            let call = Term::Call(name, arguments.collect());
            pipe(Term::Call("all_read", Vec::new()), call)
        }
        Term::Call(name, arguments) => Term::Call(name, all(arguments)),
        Term::Path(term, path) => in_path(guard(*term), path),
        other => other,
    }
}

/// Several outputs of a path are steps; a slice is read.
fn in_path<'a>(term: Term<&'a str>, Path(parts): Path<Term<&'a str>>) -> Term<&'a str> {
    let mut iterates = false;
    let mut slices = false;
    let parts = parts.into_iter().map(|(part, opt)| {
        let part = match part {
            Part::Index(index) => Part::Index(guard(index)),
            Part::Range(None, None) => {
                iterates = true;
                Part::Range(None, None)
            }
            Part::Range(from, to) => {
                slices = true;
                Part::Range(from.map(guard), to.map(guard))
            }
        };
        (part, opt)
    });
    let path = Term::Path(Box::new(term), Path(parts.collect()));
    let path = if slices {
        then(path, "slice_read")
    } else {
        path
    };
    if iterates { then(path, "step") } else { path }
}

fn in_pattern(pattern: Pattern<&str>) -> Pattern<&str> {
    match pattern {
        Pattern::Arr(parts) => Pattern::Arr(parts.into_iter().map(in_pattern).collect()),
        Pattern::Obj(entries) => {
            let entries = entries.into_iter();
            let entries = entries.map(|(key, pattern)| (guard(key), in_pattern(pattern)));
            Pattern::Obj(entries.collect())
        }
        other => other,
    }
}

fn operation<'a>(l: Term<&'a str>, op: BinaryOp<&'a str>, r: Term<&'a str>) -> Term<&'a str> {
    const OPERAND: &str = "$operand";
    let binary = |l, op, r| Term::BinOp(Box::new(l), op, Box::new(r));
    match op {
        BinaryOp::Math(Math::Mul) => Term::Call("product", vec![l, r]),
        BinaryOp::Math(Math::Sub) if !is_small(&r) => Term::Call("difference", vec![l, r]),
        BinaryOp::Math(op) => {
            let r = match is_small(&r) {
                true => r,
                false => then(r, "collected"),
            };
            then(binary(l, BinaryOp::Math(op), r), "bounded")
        }
        BinaryOp::Cmp(_) if !is_small(&r) => binary(l, op, then(r, "all_read")),
        // `l += r` is `r as $x | l |= . + $x`.
        BinaryOp::UpdateMath(op) => {
            let made = operation(Term::Id, BinaryOp::Math(op), Term::Var(OPERAND));
            let update = binary(l, BinaryOp::Update, made);
            let pipe = BinaryOp::Pipe(Some(Pattern::Var(OPERAND)));
            then(binary(r, pipe, update), "all_read")
        }
        BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateAlt => {
            then(binary(l, op, r), "all_read")
        }
        BinaryOp::Comma => then(binary(l, op, r), "step"),
        BinaryOp::Pipe(Some(pattern)) => binary(l, BinaryOp::Pipe(Some(in_pattern(pattern))), r),
        _ => binary(l, op, r),
    }
}

/// Whether a term is a value that takes no time to read.
fn is_small(term: &Term<&str>) -> bool {
    match term {
        Term::Num(_) | Term::Arr(None) => true,
        Term::Str(_, parts) => parts.iter().all(|part| !matches!(part, StrPart::Term(_))),
        Term::Obj(entries) => entries.is_empty(),
        Term::Call(name, arguments) => {
            arguments.is_empty() && matches!(*name, "true" | "false" | "null" | "nan" | "infinite")
        }
        _ => false,
    }
}

/// Pipes a term through a filter without arguments.
fn then<'a>(term: Term<&'a str>, guard: &'a str) -> Term<&'a str> {
    pipe(term, Term::Call(guard, Vec::new()))
}

fn pipe<'a>(first: Term<&'a str>, second: Term<&'a str>) -> Term<&'a str> {
    Term::BinOp(Box::new(first), BinaryOp::Pipe(None), Box::new(second))
}

/// Passes a value on that is not too long.
pub(super) fn bounded(value: Val, budget: &Budget) -> Checked {
    /// A sum copies its first operand only if something else has it, too.
    const ITEMS_PER_STEP: usize = 2048;
    let (long, steps) = match &value {
        Val::TStr(text) | Val::BStr(text) => (text.len() > MAX_BYTES, text.len() / 1024),
        Val::Arr(items) => (items.len() > MAX_ITEMS, items.len() / ITEMS_PER_STEP),
        Val::Obj(entries) => (entries.len() > MAX_ITEMS, entries.len() / ITEMS_PER_STEP),
        Val::Num(Num::BigInt(number)) => (number.bits() > MAX_BITS, 1),
        _ => (false, 0),
    };
    if long {
        return Err(too_large());
    }
    budget.spend(steps as u64)?;
    Ok(value)
}

/// Passes a text on in which a regular expression may be looked for.
pub(super) fn matched(text: Val, pattern: &Val, flags: &Val, budget: &Budget) -> Checked {
    budget.matches(&text, pattern)?;
    let finds_all = match flags {
        Val::TStr(flags) | Val::BStr(flags) => flags.contains(&b'g'),
        _ => false,
    };
    let long = match &text {
        Val::TStr(text) | Val::BStr(text) => text.len() > MAX_MATCHED,
        _ => false,
    };
    match finds_all && long {
        true => Err(Error::str("the text is too long to find all matches in it")),
        false => Ok(text),
    }
}

/// Passes a text on in which brackets are not nested too deep, to be read as JSON.
pub(super) fn shallow(value: Val) -> Checked {
    match &value {
        Val::TStr(text) | Val::BStr(text) if nesting(text) > MAX_DEPTH => Err(too_large()),
        _ => Ok(value),
    }
}

/// How deep brackets are nested in a text; those within quotes count as well.
pub(super) fn nesting(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Passes two factors on whose product is not too large.
pub(super) fn factors(both: Val) -> Checked {
    let large = match &both {
        Val::Arr(both) => match &both[..] {
            [Val::TStr(text) | Val::BStr(text), Val::Num(times)]
            | [Val::Num(times), Val::TStr(text) | Val::BStr(text)] => match times {
                Num::Int(times) => {
                    usize::try_from(*times).is_ok_and(|n| text.len().saturating_mul(n) > MAX_BYTES)
                }
                Num::BigInt(_) => true,
                _ => false,
            },
            [Val::Num(Num::BigInt(one)), Val::Num(Num::BigInt(other))] => {
                one.bits() + other.bits() > MAX_BITS
            }
            _ => false,
        },
        _ => false,
    };
    if large { Err(too_large()) } else { Ok(both) }
}
