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
