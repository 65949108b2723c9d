//! From jq text to its syntax tree.

mod literals;
mod names;
mod operators;
mod patterns;
mod terms;
mod unknown;

use std::sync::Arc;

pub use names::Names;
use names::Scope;

use super::{
    SyntaxError,
    lexer::{Lexer, Token},
    syntax::{Definition, Filter, Parameter},
};

/// How deep terms may be nested.
const MAX_DEPTH: u32 = 512;

/// What reads jq text.
pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    scope: Scope<'t>,
    depth: u32,
}

type Parsed<T> = Result<T, SyntaxError>;

/// Reads an expression. `variables` are in scope, the last one first.
pub fn expression(text: &str, names: &Names, variables: &[String]) -> Parsed<Filter> {
    whole(Parser::new(text, names)?, variables)
}

/// Reads an expression in which `$secrets` is in scope, besides `variables`.
pub fn sealed_expression(text: &str, names: &Names, variables: &[String]) -> Parsed<Filter> {
    let mut parser = Parser::new(text, names)?;
    parser.scope.allow_secrets();
    whole(parser, variables)
}

fn whole(mut parser: Parser<'_>, variables: &[String]) -> Parsed<Filter> {
    for variable in variables {
        parser.scope.add_variable(variable);
    }
    let filter = parser.pipe()?;
    match parser.lexer.token {
        Token::End => Ok(filter),
        _ => Err(parser.unexpected("the end, `|` or `,`")),
    }
}

/// Reads definitions one after the other; each may use those before it.
pub fn definitions(text: &str, names: &mut Names) -> Parsed<Vec<Definition>> {
    let mut all = Vec::new();
    let mut at = 0;
    loop {
        let mut parser = Parser::new(text, names)?;
        parser.lexer.jump(at)?;
        if parser.lexer.token == Token::End {
            return Ok(all);
        }
        parser.scope.next_is_global();
        let definition = parser.definition()?;
        at = parser.lexer.at;
        names.define(&definition);
        all.push(definition);
    }
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, names: &'t Names) -> Parsed<Self> {
        Ok(Self {
            lexer: Lexer::new(text)?,
            scope: Scope::new(names),
            depth: 0,
        })
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.lexer.token, Token::Sign(found) if found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        self.lexer.token == Token::Word && self.lexer.word() == word
    }

    /// Takes a sign, if it is there.
    fn takes(&mut self, sign: &str) -> Parsed<bool> {
        let found = self.is(sign);
        if found {
            self.lexer.advance()?;
        }
        Ok(found)
    }

    fn takes_word(&mut self, word: &str) -> Parsed<bool> {
        let found = self.is_word(word);
        if found {
            self.lexer.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        match self.takes(sign)? {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{sign}`"))),
        }
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        match self.takes_word(word)? {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{word}`"))),
        }
    }

    /// Takes a sign that closes one before it.
    fn close(&mut self, sign: &str, opened: usize) -> Parsed<()> {
        if self.takes(sign)? {
            return Ok(());
        }
        match self.lexer.token {
            Token::End => {
                let open = self.lexer.rest(opened).chars().next().unwrap_or(' ');
                Err(SyntaxError {
                    at: opened,
                    message: format!("`{open}` is never closed"),
                })
            }
            _ => Err(self.unexpected(&format!("`{sign}`"))),
        }
    }

    fn unexpected(&self, expected: &str) -> SyntaxError {
        let word = self.lexer.word();
        let before = self.lexer.before(self.lexer.at);
        let hint = match word {
            "|" if before.ends_with('|') => "; `||` is not jq: write `or`",
            "=" | "==" if before.ends_with('=') => "; `===` is not jq: write `==`",
            "?//" => "; write `? //` for an alternative",
            "?" => "; `? :` is not jq: write `if … then … else … end`",
            _ => "",
        };
        let found = match self.lexer.token {
            Token::End => "the end".to_owned(),
            _ => format!("`{word}`"),
        };
        SyntaxError {
            at: self.lexer.at,
            message: format!("expected {expected}, found {found}{hint}"),
        }
    }

    fn wrong<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError {
            at: self.lexer.at,
            message: message.into(),
        })
    }

    /// Reads something nested.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.wrong(format!(
                "it is nested deeper than {MAX_DEPTH} levels: divide it among several tasks"
            ));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// `def f: g; h`, `f | g`
    fn pipe(&mut self) -> Parsed<Filter> {
        self.nested(|parser| {
            if parser.is_word("def") {
                let mark = parser.scope.mark();
                let definition = parser.definition()?;
                parser
                    .scope
                    .add_filter(&definition.name, definition.parameters.len());
                let rest = parser.pipe()?;
                parser.scope.reset(mark);
                return Ok(Filter::Def(definition.into(), rest.into()));
            }
            let first = parser.comma()?;
            match parser.takes("|")? {
                true => Ok(Filter::Pipe(first.into(), parser.pipe()?.into())),
                false => Ok(first),
            }
        })
    }

    /// `def f(g; $x): h;`
    fn definition(&mut self) -> Parsed<Definition> {
        self.expect_word("def")?;
        let name = self.name("the name of a filter")?;
        let mut parameters = Vec::new();
        if self.takes("(")? {
            loop {
                let is_value = self.lexer.token == Token::Variable;
                let name = match is_value {
                    true => {
                        let name = self.lexer.word().trim_start_matches('$').into();
                        self.lexer.advance()?;
                        name
                    }
                    false => self.name("the name of a parameter")?,
                };
                parameters.push(Parameter { name, is_value });
                if !self.takes(";")? {
                    break;
                }
            }
            self.expect(")")?;
        }
        self.expect(":")?;
        let mark = self.scope.mark();
        self.scope.add_filter(&name, parameters.len());
        for parameter in &parameters {
            self.scope.add_filter(&parameter.name, 0);
            if parameter.is_value {
                self.scope.add_variable(&parameter.name);
            }
        }
        let body = self.pipe()?;
        self.scope.reset(mark);
        self.expect(";")?;
        Ok(Definition {
            name,
            parameters,
            body,
        })
    }

    fn name(&mut self, what: &str) -> Parsed<Arc<str>> {
        if self.lexer.token != Token::Word {
            return Err(self.unexpected(what));
        }
        let name = self.lexer.word().into();
        self.lexer.advance()?;
        Ok(name)
    }
}
