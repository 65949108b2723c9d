//! Keeps jq expressions from making data that would fill the memory.
//!
//! Where an expression makes new data the result is looked at before anything else is made of it:
//! sums and texts by their length, lists and maps by all that is in them, products beforehand.

use std::cell::Cell;

use jaq_core::{
    Error,
    load::{
        lex::StrPart,
        parse::{BinaryOp, Def, Term},
    },
    ops::Math,
};
use jaq_json::{Num, Val};

/// How long a text, in bytes, a list or a map may be.
const MAX_BYTES: usize = 1 << 22;
/// How many values data may have, with all that is in it.
const MAX_VALUES: usize = 1 << 20;
/// How deep data may be nested.
const MAX_DEPTH: usize = 256;
/// How many bits a number may have.
const MAX_BITS: u64 = 1 << 16;
/// So many values looked at count as one round of a loop.
const VALUES_A_ROUND: usize = 64;

/// What guards are made of, beside [`bounded`], [`weighed`] and [`factors`].
pub(super) const PRODUCT: &str = "
def product(f; g): f as $a | g as $b | [$a, $b] | factors | $a * $b;
";

/// Puts the guards into an expression.
pub(super) fn guard(term: Term<&str>) -> Term<&str> {
    let all = |terms: Vec<Term<_>>| terms.into_iter().map(guard).collect();
    let inner = |term: Box<Term<_>>| Box::new(guard(*term));
    match term {
        Term::Str(format, parts) => {
            let made = parts.iter().any(|part| matches!(part, StrPart::Term(_)));
            let parts = parts.into_iter().map(|part| match part {
                StrPart::Term(term) => StrPart::Term(guard(term)),
                other => other,
            });
            let text = Term::Str(format, parts.collect());
            if made { then(text, "bounded") } else { text }
        }
        Term::Arr(Some(items)) => then(Term::Arr(Some(inner(items))), "weighed"),
        Term::Obj(entries) => {
            let entries = entries.into_iter();
            let entries = entries.map(|(key, value)| (guard(key), value.map(guard)));
            then(Term::Obj(entries.collect()), "weighed")
        }
        Term::Neg(term) => Term::Neg(inner(term)),
        Term::BinOp(l, op, r) => operation(guard(*l), op, guard(*r)),
        Term::Label(name, term) => Term::Label(name, inner(term)),
        Term::Fold(name, source, pattern, terms) => {
            Term::Fold(name, inner(source), pattern, all(terms))
        }
        Term::TryCatch(term, catch) => Term::TryCatch(inner(term), catch.map(inner)),
        Term::IfThenElse(cases, otherwise) => {
            let cases = cases
                .into_iter()
                .map(|(when, then)| (guard(when), guard(then)));
            Term::IfThenElse(cases.collect(), otherwise.map(inner))
        }
        Term::Def(defs, term) => {
            let defs = defs.into_iter().map(|def| Def {
                body: guard(def.body),
                ..def
            });
            Term::Def(defs.collect(), inner(term))
        }
        Term::Call("fromjson", arguments) => {
            let read = Term::Call("fromjson", all(arguments));
            let shallow = Term::Call("shallow", Vec::new());
            Term::BinOp(Box::new(shallow), BinaryOp::Pipe(None), Box::new(read))
        }
        Term::Call(name, arguments) => Term::Call(name, all(arguments)),
        // What stands in a path picks and makes nothing.
        Term::Path(term, path) => Term::Path(inner(term), path),
        other => other,
    }
}

fn operation<'a>(l: Term<&'a str>, op: BinaryOp<&'a str>, r: Term<&'a str>) -> Term<&'a str> {
    const ADDEND: &str = "$addend";
    match op {
        BinaryOp::Math(Math::Mul) => Term::Call("product", vec![l, r]),
        BinaryOp::Math(op) => {
            let sum = Term::BinOp(Box::new(l), BinaryOp::Math(op), Box::new(r));
            then(sum, "bounded")
        }
        // `l += r` is `r as $x | l |= . + $x`.
        BinaryOp::UpdateMath(op) => {
            let made = operation(Term::Id, BinaryOp::Math(op), Term::Var(ADDEND));
            let update = Term::BinOp(Box::new(l), BinaryOp::Update, Box::new(made));
            let pattern = jaq_core::load::parse::Pattern::Var(ADDEND);
            let pipe = BinaryOp::Pipe(Some(pattern));
            let all = Term::BinOp(Box::new(r), pipe, Box::new(update));
            then(all, "weighed")
        }
        BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateAlt => {
            then(Term::BinOp(Box::new(l), op, Box::new(r)), "weighed")
        }
        _ => Term::BinOp(Box::new(l), op, Box::new(r)),
    }
}

fn then<'a>(term: Term<&'a str>, guard: &'a str) -> Term<&'a str> {
    let guard = Term::Call(guard, Vec::new());
    Term::BinOp(Box::new(term), BinaryOp::Pipe(None), Box::new(guard))
}

/// Passes a value on that is not too long.
pub(super) fn bounded(value: Val) -> Result<Val, Error<Val>> {
    let long = match &value {
        Val::TStr(text) | Val::BStr(text) => text.len() > MAX_BYTES,
        Val::Arr(items) => items.len() > MAX_VALUES,
        Val::Obj(entries) => entries.len() > MAX_VALUES,
        _ => false,
    };
    if long { Err(too_large()) } else { Ok(value) }
}

/// Passes a value on that does not have too much in it. Looking at it is work, too.
pub(super) fn weighed(value: Val, rounds: &Cell<u32>) -> Result<Val, Error<Val>> {
    let mut room = MAX_VALUES;
    let fits = takes(&value, MAX_DEPTH, &mut room);
    let seen = (MAX_VALUES - room) / VALUES_A_ROUND;
    let left = rounds.get().checked_sub(seen as u32);
    match (fits, left) {
        (true, Some(left)) => {
            rounds.set(left);
            Ok(value)
        }
        (true, None) => Err(Error::str("it looks at too many values")),
        (false, _) => Err(too_large()),
    }
}

fn takes(value: &Val, depth: usize, room: &mut usize) -> bool {
    let (Some(left), Some(depth)) = (room.checked_sub(1), depth.checked_sub(1)) else {
        return false;
    };
    *room = left;
    match value {
        Val::Arr(items) => items.iter().all(|item| takes(item, depth, room)),
        Val::Obj(entries) => entries.iter().all(|(_, value)| takes(value, depth, room)),
        Val::TStr(text) | Val::BStr(text) => {
            let own = text.len() / 16;
            *room = room.saturating_sub(own);
            *room > 0
        }
        _ => true,
    }
}

/// Passes a text on in which brackets are not nested too deep, to be read as JSON.
pub(super) fn shallow(value: Val) -> Result<Val, Error<Val>> {
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
pub(super) fn factors(both: Val) -> Result<Val, Error<Val>> {
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

fn too_large() -> Error<Val> {
    Error::str("it makes data that is too large or too deep")
}
