//! Expressions with `$secrets`.
//!
//! The value of a secret is known only where a request is sent, so such an expression cannot be evaluated
//! as a whole. It is divided into parts without secrets, which are evaluated as usual, and a few ways of
//! putting parts and secrets together, which need no look at a secret. Everything else is refused when the
//! expression is read: it could reveal a secret, or something about it.

use std::sync::Arc;

use super::{
    Program, SyntaxError, format, native, parser,
    syntax::{Constant, Filter, Format, Operator, Part},
};

/// How deep an expression with secrets may be nested, sums included.
const MAX_DEPTH: u32 = 64;

/// What may be done with a secret.
const ALLOWED: &str = "a secret is known only when the request is sent: `$secrets.name` can be joined with \
                       texts (`+`, `\\( )`), stand in lists and maps, be chosen by `if`, and be encoded \
                       (`| @base64`, `| @uri`)";

/// An expression with secrets, divided into its parts. The results of each program are one list.
#[derive(Debug)]
pub enum Sealed {
    /// `$secrets.name.key`
    Secret(String, Vec<String>),
    /// A part without secrets.
    Plain(Arc<Program>),
    /// `f + g`
    Sum(Box<Self>, Box<Self>),
    /// `"text \(f)"`; plain parts are texts already.
    Text(Vec<Self>),
    /// `f | @base64`
    Encoded(Encoding, Box<Self>),
    /// `[f, g]`: the results of plain parts one after the other.
    List(Vec<Self>),
    /// `{(f): g}`
    Map(Vec<(Arc<Program>, Self)>),
    /// `if f then g else h end`; without `else`, the input.
    If(Arc<Program>, Box<Self>, Option<Box<Self>>),
    /// `f | g`: the first has no secrets.
    Pipe(Arc<Program>, Box<Self>),
}

/// An encoding of a text with secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// `@base64`
    Base64,
    /// `@uri`
    Uri,
}

impl Encoding {
    /// Its name in jq, without `@`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Uri => "uri",
        }
    }

    /// A text in the encoding.
    pub fn apply(self, text: &str) -> String {
        match self {
            Self::Base64 => format::base64(text),
            Self::Uri => format::uri(text),
        }
    }
}

impl Sealed {
    /// Reads jq text in which `$secrets` is in scope, besides `variables`.
    pub fn read(text: &str, variables: &[String]) -> Result<Self, SyntaxError> {
        let filter = parser::sealed_expression(text, &native::prelude().0, variables)?;
        divided(filter, 0).map_err(|message| {
            let at = text.find("$secrets").unwrap_or(0);
            SyntaxError { at, message }
        })
    }

    /// Visits the names of the secrets.
    pub fn each_secret<'s>(&'s self, visit: &mut dyn FnMut(&'s str)) {
        match self {
            Self::Secret(name, _) => visit(name),
            Self::Plain(_) => {}
            Self::Sum(one, other) => {
                one.each_secret(visit);
                other.each_secret(visit);
            }
            Self::Text(parts) | Self::List(parts) => {
                parts.iter().for_each(|part| part.each_secret(visit));
            }
            Self::Map(entries) => entries.iter().for_each(|(_, part)| part.each_secret(visit)),
            Self::If(_, yes, no) => {
                yes.each_secret(visit);
                if let Some(no) = no {
                    no.each_secret(visit);
                }
            }
            Self::Encoded(_, part) | Self::Pipe(_, part) => part.each_secret(visit),
        }
    }

    /// Whether it is the same for every input.
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Secret(..) => true,
            Self::Plain(program) => program.is_constant(),
            Self::Sum(one, other) => one.is_constant() && other.is_constant(),
            Self::Text(parts) | Self::List(parts) => parts.iter().all(Self::is_constant),
            Self::Encoded(_, part) => part.is_constant(),
            Self::Map(_) | Self::If(..) | Self::Pipe(..) => false,
        }
    }
}

fn program(filter: Filter) -> Arc<Program> {
    Arc::new(Program::collected(filter))
}

fn refused<T>() -> Result<T, String> {
    Err(ALLOWED.to_owned())
}

fn divided(filter: Filter, depth: u32) -> Result<Sealed, String> {
    if depth > MAX_DEPTH {
        return Err("an expression with `$secrets` is nested too deep: divide it".to_owned());
    }
    if !filter.has_secrets() {
        return Ok(Sealed::Plain(program(filter)));
    }
    let boxed = |filter: Filter| divided(filter, depth + 1).map(Box::new);
    Ok(match filter {
        Filter::Index(..) => secret(filter)?,
        Filter::Binary(Operator::Add, one, other) => Sealed::Sum(boxed(*one)?, boxed(*other)?),
        Filter::Text(format, parts) => text(format, parts, depth)?,
        Filter::List(Some(items)) => {
            let mut divided = Vec::new();
            list(*items, depth + 1, &mut divided)?;
            Sealed::List(divided)
        }
        Filter::Map(entries) => {
            let entry = |(key, value): (Filter, Filter)| match key.has_secrets() {
                true => refused(),
                false => Ok((program(key), divided(value, depth + 1)?)),
            };
            let entries = entries.into_iter().map(entry);
            Sealed::Map(entries.collect::<Result<_, _>>()?)
        }
        Filter::If(condition, yes, no) if !condition.has_secrets() => Sealed::If(
            program(*condition),
            boxed(*yes)?,
            no.map(|no| boxed(*no)).transpose()?,
        ),
        Filter::Pipe(first, second) if !first.has_secrets() => {
            Sealed::Pipe(program(*first), boxed(*second)?)
        }
        Filter::Pipe(first, second) => match *second {
            Filter::Format(Format::Text) => divided(*first, depth + 1)?,
            Filter::Format(format) => Sealed::Encoded(encoding(format)?, boxed(*first)?),
            // `$secrets.a | @base64 | f`
            Filter::Pipe(format, rest) => {
                let inner = Filter::Pipe(first, format);
                return divided(Filter::Pipe(inner.into(), rest), depth + 1);
            }
            _ => return refused(),
        },
        _ => return refused(),
    })
}

/// `$secrets.name`, `$secrets["name"]`, `$secrets.name.key`
fn secret(filter: Filter) -> Result<Sealed, String> {
    let (mut rest, mut path) = (filter, Vec::new());
    loop {
        match rest {
            Filter::Index(of, key) => {
                let Filter::Constant(Constant::Text(key)) = *key else {
                    return refused();
                };
                path.push(key.to_string());
                rest = *of;
            }
            Filter::Secrets => break,
            _ => return refused(),
        }
    }
    path.reverse();
    let name = path.remove(0);
    Ok(Sealed::Secret(name, path))
}

fn text(format: Option<Format>, parts: Vec<Part>, depth: u32) -> Result<Sealed, String> {
    let part = |part: Part| match part {
        Part::Plain(text) => {
            let text = Filter::Constant(Constant::Text(text));
            Ok::<_, String>(Sealed::Plain(program(text)))
        }
        Part::Filter(filter) if !filter.has_secrets() => {
            let text = Filter::Text(format, vec![Part::Filter(filter)]);
            Ok(Sealed::Plain(program(text)))
        }
        Part::Filter(filter) => {
            let inner = divided(filter, depth + 1)?;
            match format {
                None | Some(Format::Text) => Ok(inner),
                Some(format) => Ok(Sealed::Encoded(encoding(format)?, inner.into())),
            }
        }
    };
    let parts = parts.into_iter().map(part);
    Ok(Sealed::Text(parts.collect::<Result<_, _>>()?))
}

fn list(items: Filter, depth: u32, divided_items: &mut Vec<Sealed>) -> Result<(), String> {
    match items {
        Filter::Comma(one, other) if depth < MAX_DEPTH => {
            list(*one, depth + 1, divided_items)?;
            list(*other, depth + 1, divided_items)
        }
        item => {
            divided_items.push(divided(item, depth)?);
            Ok(())
        }
    }
}

fn encoding(format: Format) -> Result<Encoding, String> {
    match format {
        Format::Base64 => Ok(Encoding::Base64),
        Format::Uri => Ok(Encoding::Uri),
        _ => refused(),
    }
}
