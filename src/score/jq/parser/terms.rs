//! Terms: what operators stand between.

use std::sync::Arc;

use super::names::{Found, nearest};
use super::{Filter, Parsed, Parser};
use crate::score::jq::{
    SyntaxError,
    lexer::Token,
    syntax::{Constant, Fold, Format, Part},
};

/// Words that are no filters.
const RESERVED: [&str; 21] = [
    "def",
    "if",
    "then",
    "elif",
    "else",
    "end",
    "as",
    "reduce",
    "foreach",
    "try",
    "catch",
    "label",
    "import",
    "include",
    "and",
    "or",
    "__loc__",
    "module",
    "break",
    "not_a_filter",
    "",
];

/// Filters whose answer depends on more than their input, or that do something outside.
const REFUSED: [(&str, &str); 12] = [
    (
        "env",
        "a score must give the same answer on every replay: pass the value as input",
    ),
    (
        "localtime",
        "a score must give the same answer on every machine: use `gmtime`",
    ),
    (
        "strflocaltime",
        "a score must give the same answer on every machine: use `strftime`",
    ),
    ("input", "an expression has one input, `.`"),
    ("inputs", "an expression has one input, `.`"),
    ("halt", "an expression cannot end the program: use `error`"),
    (
        "halt_error",
        "an expression cannot end the program: use `error`",
    ),
    ("modulemeta", "other files cannot be included"),
    ("get_search_list", "other files cannot be included"),
    ("import", "other files cannot be included"),
    ("include", "other files cannot be included"),
    (
        "getpid",
        "a score must give the same answer on every replay",
    ),
];

impl Parser<'_> {
    /// A term with what follows it: `.a[0]?`.
    pub(super) fn suffixed(&mut self) -> Parsed<Filter> {
        let mut term = self.nested(Self::primary)?;
        loop {
            term = match self.lexer.token {
                Token::Field => {
                    let name = self.lexer.word().trim_start_matches('.').into();
                    self.lexer.advance()?;
                    let key = Filter::Constant(Constant::Text(name));
                    Filter::Index(term.into(), key.into())
                }
                Token::Sign(".") => {
                    self.lexer.advance()?;
                    match self.lexer.token {
                        Token::Quote => {
                            let key = self.string(None)?;
                            Filter::Index(term.into(), key.into())
                        }
                        Token::Sign("[") => self.bracket(term)?,
                        _ => return Err(self.unexpected("a key")),
                    }
                }
                Token::Sign("[") => self.bracket(term)?,
                Token::Sign("?") => {
                    self.lexer.advance()?;
                    match term {
                        Filter::Index(..) | Filter::Slice(..) | Filter::Iterate(_) => {
                            Filter::Optional(term.into())
                        }
                        term => Filter::Try(term.into(), None),
                    }
                }
                _ => return Ok(term),
            };
        }
    }

    /// `[f]`, `[f:g]` or `[]` behind a term.
    fn bracket(&mut self, term: Filter) -> Parsed<Filter> {
        let opened = self.lexer.at;
        self.expect("[")?;
        if self.takes("]")? {
            return Ok(Filter::Iterate(term.into()));
        }
        if self.takes(":")? {
            let to = self.pipe()?;
            self.close("]", opened)?;
            return Ok(Filter::Slice(term.into(), None, Some(to.into())));
        }
        let from = self.pipe()?;
        if self.takes(":")? {
            let to = match self.is("]") {
                true => None,
                false => Some(self.pipe()?.into()),
            };
            self.close("]", opened)?;
            return Ok(Filter::Slice(term.into(), Some(from.into()), to));
        }
        self.close("]", opened)?;
        Ok(Filter::Index(term.into(), from.into()))
    }

    fn primary(&mut self) -> Parsed<Filter> {
        let opened = self.lexer.at;
        match self.lexer.token.clone() {
            Token::Number(number) => {
                self.lexer.advance()?;
                Ok(Filter::Constant(Constant::Number(number)))
            }
            Token::Quote => self.string(None),
            Token::Format => self.format(),
            Token::Field => {
                let name = self.lexer.word().trim_start_matches('.').into();
                self.lexer.advance()?;
                let key = Filter::Constant(Constant::Text(name));
                Ok(Filter::Index(Filter::Identity.into(), key.into()))
            }
            Token::Variable => self.variable(),
            Token::Sign("..") => {
                self.lexer.advance()?;
                Ok(Filter::RecurseDefault)
            }
            Token::Sign(".") => {
                self.lexer.advance()?;
                match self.lexer.token {
                    Token::Quote => {
                        let key = self.string(None)?;
                        Ok(Filter::Index(Filter::Identity.into(), key.into()))
                    }
                    _ => Ok(Filter::Identity),
                }
            }
            Token::Sign("-") => {
                self.lexer.advance()?;
                Ok(Filter::Negated(self.suffixed()?.into()))
            }
            Token::Sign("(") => {
                self.lexer.advance()?;
                let inner = self.pipe()?;
                self.close(")", opened)?;
                // What is in parentheses is optional as a whole.
                Ok(match self.is("?") {
                    true => Filter::Pipe(inner.into(), Filter::Identity.into()),
                    false => inner,
                })
            }
            Token::Sign("[") => {
                self.lexer.advance()?;
                if self.takes("]")? {
                    return Ok(Filter::List(None));
                }
                let inner = self.pipe()?;
                self.close("]", opened)?;
                Ok(Filter::List(Some(inner.into())))
            }
            Token::Sign("{") => self.map(),
            Token::Word => self.word(),
            _ => Err(self.unexpected("a value or a filter")),
        }
    }

    fn variable(&mut self) -> Parsed<Filter> {
        let name = self.lexer.word().trim_start_matches('$');
        if name == "__loc__" {
            let line = self.lexer.line();
            self.lexer.advance()?;
            return Ok(Filter::Constant(Constant::Location(line)));
        }
        let Some(up) = self.scope.variable(name) else {
            if name == "ENV" {
                return self.wrong("`$ENV` is refused: a score must give the same answer on every replay: pass the value as input");
            }
            let hint = nearest(name, &self.scope.variables());
            return self.wrong(format!("there is no variable `${name}` here{hint}"));
        };
        self.lexer.advance()?;
        Ok(Filter::Variable(up))
    }

    /// `@csv`, alone or before a text.
    fn format(&mut self) -> Parsed<Filter> {
        let name = self.lexer.word().trim_start_matches('@');
        let Some(format) = Format::named(name) else {
            let names: Vec<_> = Format::ALL
                .iter()
                .map(|(name, _)| format!("@{name}"))
                .collect();
            return self.wrong(format!(
                "there is no format `@{name}`; available: {}",
                names.join(", ")
            ));
        };
        self.lexer.advance()?;
        match self.lexer.token {
            Token::Quote => self.string(Some(format)),
            _ => Ok(Filter::Format(format)),
        }
    }

    /// A text with the filters in it.
    pub(super) fn string(&mut self, format: Option<Format>) -> Parsed<Filter> {
        let opened = self.lexer.at;
        let mut at = self.lexer.end;
        let mut parts = Vec::new();
        let mut plain = String::new();
        loop {
            let rest = self.lexer.rest(at);
            let Some(special) = rest.find(['"', '\\']) else {
                return Err(SyntaxError {
                    at: opened,
                    message: "this text is never closed with `\"`".into(),
                });
            };
            plain.push_str(rest.get(..special).unwrap_or_default());
            at += special;
            let rest = self.lexer.rest(at);
            if rest.starts_with('"') {
                self.lexer.jump(at + 1)?;
                break;
            }
            if rest.starts_with("\\(") {
                parts.push(Part::Plain(std::mem::take(&mut plain).into()));
                self.lexer.jump(at + 2)?;
                let inner = self.pipe()?;
                if !self.is(")") {
                    return Err(self.unexpected("`)`"));
                }
                at = self.lexer.end;
                parts.push(Part::Filter(inner));
                continue;
            }
            at += self.escape(at, &mut plain)?;
        }
        if parts.is_empty() {
            return Ok(Filter::Constant(Constant::Text(plain.into())));
        }
        parts.push(Part::Plain(plain.into()));
        Ok(Filter::Text(format, parts))
    }

    /// Reads an escape such as `\n`. Returns its length.
    fn escape(&self, at: usize, plain: &mut String) -> Parsed<usize> {
        let rest = self.lexer.rest(at);
        let is_unit = |text: &str| {
            text.starts_with("\\u")
                && text
                    .get(2..6)
                    .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        let length = match is_unit(rest) {
            false => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            true if rest.get(6..).is_some_and(is_unit)
                && rest.get(2..3).is_some_and(|c| c.eq_ignore_ascii_case("d")) =>
            {
                12
            }
            true => 6,
        };
        let escape = rest.get(..length).unwrap_or_default();
        match crate::score::jq::json::unescaped(escape) {
            Ok(text) => {
                plain.push_str(&text);
                Ok(length)
            }
            Err(()) => Err(SyntaxError {
                at,
                message: format!("`{escape}` is not an escape of jq: write `\\\\` for a backslash"),
            }),
        }
    }

    /// `{a: f, $b, "c": g, (h): i, @base64 "…"}`
    fn map(&mut self) -> Parsed<Filter> {
        let opened = self.lexer.at;
        self.expect("{")?;
        let mut entries = Vec::new();
        while !self.is("}") {
            entries.push(self.entry()?);
            if !self.takes(",")? {
                break;
            }
        }
        self.close("}", opened)?;
        Ok(Filter::Map(entries))
    }

    fn entry(&mut self) -> Parsed<(Filter, Filter)> {
        let of_input = |key: Arc<str>| {
            let name = Filter::Constant(Constant::Text(key));
            Filter::Index(Filter::Identity.into(), name.into())
        };
        let (key, value) = match self.lexer.token.clone() {
            Token::Variable => {
                let name: Arc<str> = self.lexer.word().trim_start_matches('$').into();
                let value = self.variable()?;
                (Filter::Constant(Constant::Text(name)), Some(value))
            }
            Token::Quote | Token::Format => {
                let begin = self.lexer.at;
                let key = self.key_text()?;
                let value = match &key {
                    Filter::Constant(Constant::Text(name)) => Some(of_input(name.clone())),
                    _ if self.is(":") => None,
                    // The text is read again: it is the key and the name.
                    _ => {
                        self.lexer.jump(begin)?;
                        let name = self.key_text()?;
                        Some(Filter::Index(Filter::Identity.into(), name.into()))
                    }
                };
                (key, value)
            }
            Token::Number(number) => (Filter::Constant(Constant::Number(number)), {
                self.lexer.advance()?;
                None
            }),
            Token::Sign("(") => {
                let opened = self.lexer.at;
                self.lexer.advance()?;
                let key = self.pipe()?;
                self.close(")", opened)?;
                (key, None)
            }
            _ => {
                let is_location = self.lexer.word() == "__loc__";
                let line = self.lexer.line();
                let name = self.key_word("a key")?;
                let value = match is_location {
                    true => Filter::Constant(Constant::Location(line)),
                    false => of_input(name.clone()),
                };
                (Filter::Constant(Constant::Text(name)), Some(value))
            }
        };
        if !self.takes(":")? {
            return match value {
                Some(value) => Ok((key, value)),
                None => Err(self.unexpected("`:`")),
            };
        }
        let mut value = self.alternative()?;
        if self.is("|") {
            self.lexer.advance()?;
            value = Filter::Pipe(value.into(), self.entry_rest()?.into());
        }
        Ok((key, value))
    }

    /// What follows `|` in the value of an entry.
    fn entry_rest(&mut self) -> Parsed<Filter> {
        let first = self.alternative()?;
        match self.takes("|")? {
            true => Ok(Filter::Pipe(
                first.into(),
                self.nested(Self::entry_rest)?.into(),
            )),
            false => Ok(first),
        }
    }

    fn key_text(&mut self) -> Parsed<Filter> {
        match self.lexer.token {
            Token::Format => {
                let filter = self.format()?;
                match filter {
                    Filter::Format(_) => Err(self.unexpected("a text")),
                    filter => Ok(filter),
                }
            }
            _ => self.string(None),
        }
    }

    /// A name or reserved word that is a key.
    pub(super) fn key_word(&mut self, what: &str) -> Parsed<Arc<str>> {
        let is_key = match self.lexer.token {
            Token::Word => true,
            Token::Sign(sign) => matches!(sign, "and" | "or"),
            _ => false,
        };
        if !is_key {
            return Err(self.unexpected(what));
        }
        let name = self.lexer.word().into();
        self.lexer.advance()?;
        Ok(name)
    }

    fn word(&mut self) -> Parsed<Filter> {
        match self.lexer.word() {
            "if" => {
                self.lexer.advance()?;
                self.condition()
            }
            "try" => {
                self.lexer.advance()?;
                let body = self.nested(Self::attempt)?;
                let caught = match self.takes_word("catch")? {
                    true => Some(self.nested(Self::attempt)?.into()),
                    false => None,
                };
                Ok(Filter::Try(body.into(), caught))
            }
            "reduce" => {
                self.lexer.advance()?;
                let (fold, last) = self.fold()?;
                match last {
                    None => Ok(Filter::Reduce(fold.into())),
                    Some(_) => self.wrong("`reduce` takes two filters: `(start; next)`"),
                }
            }
            "foreach" => {
                self.lexer.advance()?;
                let (fold, last) = self.fold()?;
                Ok(Filter::Foreach(fold.into(), last.map(Into::into)))
            }
            "label" => {
                self.lexer.advance()?;
                let name = self.label_name()?;
                self.expect("|")?;
                let mark = self.scope.mark();
                self.scope.add_label(name);
                let rest = self.pipe()?;
                self.scope.reset(mark);
                Ok(Filter::Label(rest.into()))
            }
            "break" => {
                let at = self.lexer.at;
                self.lexer.advance()?;
                let name = self.label_name()?;
                match self.scope.label(name) {
                    Some(up) => Ok(Filter::Break(up)),
                    None => Err(SyntaxError {
                        at,
                        message: format!("there is no label `${name}` here"),
                    }),
                }
            }
            _ => self.call(),
        }
    }

    /// What `try` tries: a term, without operators.
    fn attempt(&mut self) -> Parsed<Filter> {
        self.suffixed()
    }

    fn label_name(&mut self) -> Parsed<&'static str> {
        match self.lexer.token {
            Token::Variable => {
                let name = self.lexer.word().trim_start_matches('$').to_owned();
                self.lexer.advance()?;
                // A score has few labels, and is read once.
                Ok(Box::leak(name.into_boxed_str()))
            }
            _ => Err(self.unexpected("the name of a label such as `$out`")),
        }
    }

    /// What follows `if` or `elif`.
    fn condition(&mut self) -> Parsed<Filter> {
        let condition = self.pipe()?;
        self.expect_word("then")?;
        let yes = self.pipe()?;
        let no = if self.takes_word("elif")? {
            Some(self.nested(Self::condition)?.into())
        } else if self.takes_word("else")? {
            let no = self.pipe()?;
            self.expect_word("end")?;
            Some(no.into())
        } else {
            self.expect_word("end")?;
            None
        };
        Ok(Filter::If(condition.into(), yes.into(), no))
    }

    /// What follows `reduce` or `foreach`.
    fn fold(&mut self) -> Parsed<(Fold, Option<Filter>)> {
        let source = self.suffixed()?;
        self.expect_word("as")?;
        let mark = self.scope.mark();
        let (patterns, names) = self.patterns()?;
        // The first state does not see the variables.
        self.scope.reset(mark);
        self.expect("(")?;
        let start = self.pipe()?;
        self.expect(";")?;
        for name in &names {
            self.scope.add_variable(name);
        }
        let update = self.pipe()?;
        let last = match self.takes(";")? {
            true => Some(self.pipe()?),
            false => None,
        };
        self.expect(")")?;
        self.scope.reset(mark);
        let fold = Fold {
            source,
            patterns,
            names,
            start,
            update,
        };
        Ok((fold, last))
    }

    fn call(&mut self) -> Parsed<Filter> {
        let (at, name) = (self.lexer.at, self.lexer.word().to_owned());
        if RESERVED.contains(&name.as_str()) && !matches!(name.as_str(), "import" | "include") {
            return Err(self.unexpected("a value or a filter"));
        }
        self.lexer.advance()?;
        let mut arguments = Vec::new();
        if self.is("(") {
            let opened = self.lexer.at;
            self.lexer.advance()?;
            arguments.push(self.pipe()?);
            while self.takes(";")? {
                arguments.push(self.pipe()?);
            }
            if self.is(",") {
                return self.wrong("arguments are divided by `;`");
            }
            self.close(")", opened)?;
        }
        match (self.scope.filter(&name, arguments.len()), name.as_str()) {
            (Some(Found::Local(up)), _) => return Ok(Filter::Local(up, arguments)),
            (None, "null") if arguments.is_empty() => return Ok(Filter::Constant(Constant::Null)),
            (None, "true") if arguments.is_empty() => {
                return Ok(Filter::Constant(Constant::Bool(true)));
            }
            (None, "false") if arguments.is_empty() => {
                return Ok(Filter::Constant(Constant::Bool(false)));
            }
            (Some(Found::Defined(index)), _) => return Ok(Filter::Defined(index, arguments)),
            (Some(Found::Native(name)), _) => return Ok(Filter::Native(name, arguments)),
            (None, _) => {}
        }
        let message = self.unknown_filter(&name, arguments.len());
        Err(SyntaxError { at, message })
    }

    fn unknown_filter(&self, name: &str, arguments: usize) -> String {
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return format!("`{name}` is refused: {why}");
        }
        let arities = self.scope.arities(name);
        if !arities.is_empty() {
            let counts: Vec<String> = arities.iter().map(ToString::to_string).collect();
            return format!(
                "`{name}` takes {} arguments, not {arguments}; they are divided by `;`",
                counts.join(" or ")
            );
        }
        let foreign = [
            ("len", "length"),
            ("size", "length"),
            ("count", "length"),
            ("substr", ".[from:to]"),
            ("slice", ".[from:to]"),
            ("concat", "add"),
            ("filter", "map(select(…))"),
            ("lower", "ascii_downcase"),
            ("upper", "ascii_upcase"),
            ("toLowerCase", "ascii_downcase"),
            ("toUpperCase", "ascii_upcase"),
            ("includes", "contains"),
            ("sum", "add"),
            ("string", "tostring"),
            ("number", "tonumber"),
            ("parseInt", "tonumber"),
            ("undefined", "null"),
            ("None", "null"),
            ("True", "true"),
            ("False", "false"),
            ("uuid", "$workflow.id, or a task's own value"),
        ];
        if let Some((_, own)) = foreign.iter().find(|(word, _)| *word == name) {
            return format!("there is no filter `{name}` here; jq's word is `{own}`");
        }
        let hint = nearest(name, &self.scope.filters());
        let hint = match hint.is_empty() {
            true => "; a text stands in double quotes, a key begins with a point, as in `.a`",
            false => &hint,
        };
        format!("there is no filter `{name}` here{hint}")
    }
}
