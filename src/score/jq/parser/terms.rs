//! Terms: what operators stand between.

use super::names::{Found, nearest};
use super::{Filter, Parsed, Parser};
use crate::score::jq::{
    SyntaxError,
    lexer::Token,
    syntax::{Constant, Fold, Format},
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

    pub(super) fn variable(&mut self) -> Parsed<Filter> {
        let name = self.lexer.word().trim_start_matches('$');
        if name == "__loc__" {
            let line = self.lexer.line();
            self.lexer.advance()?;
            return Ok(Filter::Constant(Constant::Location(line)));
        }
        if self.scope.is_secrets(name) {
            self.lexer.advance()?;
            return Ok(Filter::Secrets);
        }
        let Some(up) = self.scope.variable(name) else {
            if name == "ENV" {
                return self.wrong("`$ENV` is refused: a score must give the same answer on every replay: pass the value as input");
            }
            let name = format!("${name}");
            let known = self.scope.variables().into_iter();
            let known: Vec<_> = known.map(|known| format!("${known}")).collect();
            let hint = nearest(&name, &known);
            return self.wrong(format!("there is no variable `{name}` here{hint}"));
        };
        self.lexer.advance()?;
        Ok(Filter::Variable(up))
    }

    /// `@csv`, alone or before a text.
    pub(super) fn format(&mut self) -> Parsed<Filter> {
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
}
