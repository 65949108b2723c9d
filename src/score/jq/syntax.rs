//! The syntax tree of jq text. Names are resolved: a variable or filter of the text says how far up in
//! the environment it is.

use std::sync::Arc;

/// A filter.
#[derive(Debug)]
pub enum Filter {
    /// `.`
    Identity,
    /// `..`
    RecurseDefault,
    /// A constant.
    Constant(Constant),
    /// A text with filters in it, by way of a format such as `@csv`.
    Text(Option<Format>, Vec<Part>),
    /// `@csv`
    Format(Format),
    /// `.a`, `.[0]`
    Index(Box<Filter>, Box<Filter>),
    /// `.[1:2]`
    Slice(Box<Filter>, Option<Box<Filter>>, Option<Box<Filter>>),
    /// `.[]`
    Iterate(Box<Filter>),
    /// `.a?`: the last part of it may be missing.
    Optional(Box<Filter>),
    /// `[f]`
    List(Option<Box<Filter>>),
    /// `{a: f}`
    Map(Vec<(Filter, Filter)>),
    /// `-f`
    Negated(Box<Filter>),
    /// `f | g`
    Pipe(Box<Filter>, Box<Filter>),
    /// `f, g`
    Comma(Box<Filter>, Box<Filter>),
    /// `f + g`, `f == g`
    Binary(Operator, Box<Filter>, Box<Filter>),
    /// `f and g`
    And(Box<Filter>, Box<Filter>),
    /// `f or g`
    Or(Box<Filter>, Box<Filter>),
    /// `f // g`
    Alternative(Box<Filter>, Box<Filter>),
    /// `f = g`
    Assign(Box<Filter>, Box<Filter>),
    /// `f |= g`
    Update(Box<Filter>, Box<Filter>),
    /// `f += g`
    UpdateWith(Operator, Box<Filter>, Box<Filter>),
    /// `f //= g`
    UpdateAlternative(Box<Filter>, Box<Filter>),
    /// `if f then g else h end`
    If(Box<Filter>, Box<Filter>, Option<Box<Filter>>),
    /// `try f catch g`, `f?`
    Try(Box<Filter>, Option<Box<Filter>>),
    /// `reduce f as $x (g; h)`
    Reduce(Box<Fold>),
    /// `foreach f as $x (g; h; i)`
    Foreach(Box<Fold>, Option<Box<Filter>>),
    /// `f as [$x] ?// $x | g`
    As(Box<Filter>, Vec<Pattern>, Vec<Arc<str>>, Box<Filter>),
    /// `def f: g; h`
    Def(Box<Definition>, Box<Filter>),
    /// `label $x | f`
    Label(Box<Filter>),
    /// `break $x`
    Break(usize),
    /// `$x`
    Variable(usize),
    /// `$secrets`, whose value is not known where filters are evaluated.
    Secrets,
    /// A filter of the text, or an argument of one.
    Local(usize, Vec<Filter>),
    /// A filter that is defined in jq's language.
    Defined(usize, Vec<Filter>),
    /// A filter of Rust, by its name.
    Native(&'static str, Vec<Filter>),
}

/// A constant.
#[derive(Debug)]
pub enum Constant {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number as it is written.
    Number(super::number::Decimal),
    /// A text.
    Text(Arc<str>),
    /// The line of `$__loc__`.
    Location(usize),
}

/// A part of a text.
#[derive(Debug)]
pub enum Part {
    /// The text itself.
    Plain(Arc<str>),
    /// `\(f)`
    Filter(Filter),
}

/// `reduce` and `foreach`.
#[derive(Debug)]
pub struct Fold {
    /// What is folded.
    pub source: Filter,
    /// The variables.
    pub patterns: Vec<Pattern>,
    /// Their names, in the order in which they are bound.
    pub names: Vec<Arc<str>>,
    /// The first state.
    pub start: Filter,
    /// The next state.
    pub update: Filter,
}

/// What binds variables.
#[derive(Debug)]
pub enum Pattern {
    /// `$x`: the place of its name among those that are bound.
    Variable(usize),
    /// `[$x]`
    List(Vec<Pattern>),
    /// `{a: $x}`
    Map(Vec<MapPattern>),
}

/// An entry of a map pattern.
#[derive(Debug)]
pub struct MapPattern {
    /// The variable that gets the value, as in `{$a}`.
    pub variable: Option<usize>,
    /// The key. Its filter sees the variables that were bound before.
    pub key: Filter,
    /// What binds the parts of the value.
    pub value: Option<Pattern>,
}

/// A filter that has a name.
#[derive(Debug)]
pub struct Definition {
    /// The name.
    pub name: Arc<str>,
    /// The parameters.
    pub parameters: Vec<Parameter>,
    /// What it does.
    pub body: Filter,
}

/// A parameter.
#[derive(Debug)]
pub struct Parameter {
    /// The name, without `$`.
    pub name: Arc<str>,
    /// Whether it is a value, `$x`, and a filter too.
    pub is_value: bool,
}

/// An operator on two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `==`
    Equal,
    /// `!=`
    Different,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What makes a text of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `@text`
    Text,
    /// `@json`
    Json,
    /// `@html`
    Html,
    /// `@uri`
    Uri,
    /// `@urid`
    FromUri,
    /// `@csv`
    Csv,
    /// `@tsv`
    Tsv,
    /// `@sh`
    Shell,
    /// `@base64`
    Base64,
    /// `@base64d`
    FromBase64,
    /// `@base32`
    Base32,
    /// `@base32d`
    FromBase32,
}

impl Format {
    /// All of them, by their names.
    pub const ALL: [(&'static str, Self); 12] = [
        ("text", Self::Text),
        ("json", Self::Json),
        ("html", Self::Html),
        ("uri", Self::Uri),
        ("urid", Self::FromUri),
        ("csv", Self::Csv),
        ("tsv", Self::Tsv),
        ("sh", Self::Shell),
        ("base64", Self::Base64),
        ("base64d", Self::FromBase64),
        ("base32", Self::Base32),
        ("base32d", Self::FromBase32),
    ];

    /// The format with this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(known, _)| *known == name)
            .map(|(_, format)| format)
    }
}

impl Fold {
    fn has_secrets(&self) -> bool {
        [&self.source, &self.start, &self.update]
            .into_iter()
            .any(Filter::has_secrets)
            || self.patterns.iter().any(Pattern::has_secrets)
    }
}

impl Pattern {
    fn has_secrets(&self) -> bool {
        match self {
            Self::Variable(_) => false,
            Self::List(items) => items.iter().any(Self::has_secrets),
            Self::Map(entries) => entries.iter().any(|entry| {
                entry.key.has_secrets() || entry.value.as_ref().is_some_and(Self::has_secrets)
            }),
        }
    }
}

impl Filter {
    /// Whether it is a constant, or texts and lists of constants.
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Text(_, parts) => parts.iter().all(|part| match part {
                Part::Plain(_) => true,
                Part::Filter(filter) => filter.is_constant(),
            }),
            Self::List(inner) => inner.as_ref().is_none_or(|inner| inner.is_constant()),
            _ => false,
        }
    }

    /// Whether `$secrets` is anywhere in it.
    pub fn has_secrets(&self) -> bool {
        let any = |filters: &[Self]| filters.iter().any(Self::has_secrets);
        let maybe = |filter: &Option<Box<Self>>| filter.as_ref().is_some_and(|f| f.has_secrets());
        match self {
            Self::Secrets => true,
            Self::Identity
            | Self::RecurseDefault
            | Self::Constant(_)
            | Self::Format(_)
            | Self::Break(_)
            | Self::Variable(_) => false,
            Self::Text(_, parts) => parts.iter().any(|part| match part {
                Part::Plain(_) => false,
                Part::Filter(filter) => filter.has_secrets(),
            }),
            Self::Iterate(inner)
            | Self::Optional(inner)
            | Self::Negated(inner)
            | Self::Label(inner) => inner.has_secrets(),
            Self::Slice(inner, from, to) => inner.has_secrets() || maybe(from) || maybe(to),
            Self::List(inner) => maybe(inner),
            Self::Map(entries) => entries
                .iter()
                .any(|(key, value)| key.has_secrets() || value.has_secrets()),
            Self::Index(one, other)
            | Self::Pipe(one, other)
            | Self::Comma(one, other)
            | Self::Binary(_, one, other)
            | Self::And(one, other)
            | Self::Or(one, other)
            | Self::Alternative(one, other)
            | Self::Assign(one, other)
            | Self::Update(one, other)
            | Self::UpdateWith(_, one, other)
            | Self::UpdateAlternative(one, other) => one.has_secrets() || other.has_secrets(),
            Self::If(condition, yes, no) => {
                condition.has_secrets() || yes.has_secrets() || maybe(no)
            }
            Self::Try(inner, caught) => inner.has_secrets() || maybe(caught),
            Self::Reduce(fold) => fold.has_secrets(),
            Self::Foreach(fold, extract) => fold.has_secrets() || maybe(extract),
            Self::As(source, patterns, _, body) => {
                source.has_secrets()
                    || patterns.iter().any(Pattern::has_secrets)
                    || body.has_secrets()
            }
            Self::Def(definition, rest) => definition.body.has_secrets() || rest.has_secrets(),
            Self::Local(_, arguments)
            | Self::Defined(_, arguments)
            | Self::Native(_, arguments) => any(arguments),
        }
    }

    /// Whether it neither loops nor reads much.
    pub fn is_simple(&self) -> bool {
        /// Filters that take no time.
        const QUICK: [&str; 6] = ["not", "length", "floor", "ceil", "round", "type"];
        match self {
            Self::Identity | Self::Constant(_) | Self::Variable(_) => true,
            Self::Native(name, arguments) => arguments.is_empty() && QUICK.contains(name),
            Self::List(inner) => inner.as_ref().is_none_or(|inner| inner.is_simple()),
            Self::Map(entries) => entries
                .iter()
                .all(|(key, value)| key.is_simple() && value.is_simple()),
            Self::Text(None, parts) => parts.iter().all(|part| match part {
                Part::Plain(_) => true,
                Part::Filter(filter) => filter.is_simple(),
            }),
            Self::Negated(inner) => inner.is_simple(),
            Self::Index(one, other)
            | Self::Pipe(one, other)
            | Self::Comma(one, other)
            | Self::Binary(_, one, other)
            | Self::And(one, other)
            | Self::Or(one, other)
            | Self::Alternative(one, other) => one.is_simple() && other.is_simple(),
            Self::If(condition, yes, no) => {
                let no = no.as_ref().is_none_or(|no| no.is_simple());
                condition.is_simple() && yes.is_simple() && no
            }
            _ => false,
        }
    }
}
