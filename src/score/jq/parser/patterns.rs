//! Patterns that bind variables: `$x`, `[$x]`, `{a: $x}`, with alternatives.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::score::jq::{
    lexer::Token,
    syntax::{Constant, Filter, MapPattern, Pattern},
};

impl Parser<'_> {
    /// Patterns and the names that they bind. All of the names are in scope afterwards.
    pub(super) fn patterns(&mut self) -> Parsed<(Vec<Pattern>, Vec<Arc<str>>)> {
        let mut names = Vec::new();
        self.announce(&mut names)?;
        for name in &names {
            self.scope.add_variable(name);
        }
        let mut patterns = vec![self.pattern(&names)?];
        while self.takes("?//")? {
            patterns.push(self.pattern(&names)?);
        }
        Ok((patterns, names))
    }

    /// Finds the names ahead: a key of a pattern may mention those before it.
    fn announce(&mut self, names: &mut Vec<Arc<str>>) -> Parsed<()> {
        let begin = self.lexer.at;
        let mut open = 0_usize;
        let mut before = Token::Sign(",");
        // Parentheses within a pattern hold filters, and `$name` in them binds nothing.
        let mut filters = 0_usize;
        loop {
            match &self.lexer.token {
                Token::End => break,
                Token::Sign("(") if open > 0 => filters += 1,
                Token::Sign(")") if filters > 0 => filters -= 1,
                Token::Sign("[" | "{") => open += 1,
                Token::Sign("]" | "}") => open = open.saturating_sub(1),
                Token::Variable if filters == 0 => {
                    let name: Arc<str> = self.lexer.word().trim_start_matches('$').into();
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                Token::Quote => {
                    self.string(None)?;
                    if open == 0 && !self.is("?//") {
                        break;
                    }
                    continue;
                }
                _ => {}
            }
            before = self.lexer.token.clone();
            self.lexer.advance()?;
            if open == 0 && filters == 0 && !self.is("?//") && before != Token::Sign("?//") {
                break;
            }
        }
        let _ = before;
        self.lexer.jump(begin)
    }

    fn pattern(&mut self, names: &[Arc<str>]) -> Parsed<Pattern> {
        self.nested(|parser| match parser.lexer.token {
            Token::Variable => Ok(Pattern::Variable(parser.bound(names)?)),
            Token::Sign("[") => {
                parser.lexer.advance()?;
                let mut items = vec![parser.pattern(names)?];
                while parser.takes(",")? {
                    items.push(parser.pattern(names)?);
                }
                parser.expect("]")?;
                Ok(Pattern::List(items))
            }
            Token::Sign("{") => {
                parser.lexer.advance()?;
                let mut entries = vec![parser.map_pattern(names)?];
                while parser.takes(",")? {
                    entries.push(parser.map_pattern(names)?);
                }
                parser.expect("}")?;
                Ok(Pattern::Map(entries))
            }
            _ => Err(parser.unexpected("a variable such as `$x`")),
        })
    }

    fn map_pattern(&mut self, names: &[Arc<str>]) -> Parsed<MapPattern> {
        let mut variable = None;
        let key = match self.lexer.token {
            Token::Variable => {
                let name = self.lexer.word().trim_start_matches('$').into();
                variable = Some(self.bound(names)?);
                Filter::Constant(Constant::Text(name))
            }
            Token::Quote => self.string(None)?,
            Token::Sign("(") => {
                let opened = self.lexer.at;
                self.lexer.advance()?;
                let key = self.pipe()?;
                self.close(")", opened)?;
                key
            }
            _ => {
                let name = self.key_word("a key")?;
                Filter::Constant(Constant::Text(name))
            }
        };
        let value = match self.takes(":")? {
            true => Some(self.pattern(names)?),
            false if variable.is_some() => None,
            false => return Err(self.unexpected("`:`")),
        };
        Ok(MapPattern {
            variable,
            key,
            value,
        })
    }

    /// The place of a variable among those that are bound.
    fn bound(&mut self, names: &[Arc<str>]) -> Parsed<usize> {
        let name = self.lexer.word().trim_start_matches('$');
        let place = names.iter().position(|known| &**known == name);
        match place {
            Some(place) => {
                self.lexer.advance()?;
                Ok(place)
            }
            None => Err(self.unexpected("a variable such as `$x`")),
        }
    }
}
