//! Operators, from the weakest to the strongest.

use super::{Filter, Parsed, Parser};
use crate::score::jq::{lexer::Token, syntax::Operator};

impl Parser<'_> {
    pub(super) fn comma(&mut self) -> Parsed<Filter> {
        let mut left = self.binding()?;
        while self.takes(",")? {
            let right = self.binding()?;
            left = Filter::Comma(left.into(), right.into());
        }
        Ok(left)
    }

    /// `f as $x | g`
    fn binding(&mut self) -> Parsed<Filter> {
        if self.is_word("def") {
            return self.pipe();
        }
        let source = self.alternative()?;
        if !self.takes_word("as")? {
            return Ok(source);
        }
        let mark = self.scope.mark();
        let (patterns, names) = self.patterns()?;
        self.expect("|")?;
        let rest = self.pipe()?;
        self.scope.reset(mark);
        Ok(Filter::As(source.into(), patterns, names, rest.into()))
    }

    /// `f // g`, which binds to the right.
    pub(super) fn alternative(&mut self) -> Parsed<Filter> {
        let left = self.assignment()?;
        if !self.takes("//")? {
            return Ok(left);
        }
        let right = self.nested(Self::alternative)?;
        Ok(Filter::Alternative(left.into(), right.into()))
    }

    fn assignment(&mut self) -> Parsed<Filter> {
        let left = self.or()?;
        let Token::Sign(sign) = self.lexer.token else {
            return Ok(left);
        };
        let operator = match sign {
            "+=" => Some(Operator::Add),
            "-=" => Some(Operator::Subtract),
            "*=" => Some(Operator::Multiply),
            "/=" => Some(Operator::Divide),
            "%=" => Some(Operator::Remainder),
            "=" | "|=" | "//=" => None,
            _ => return Ok(left),
        };
        self.lexer.advance()?;
        let (left, right) = (Box::new(left), Box::new(self.nested(Self::alternative)?));
        Ok(match (operator, sign) {
            (Some(operator), _) => Filter::UpdateWith(operator, left, right),
            (None, "=") => Filter::Assign(left, right),
            (None, "|=") => Filter::Update(left, right),
            (None, _) => Filter::UpdateAlternative(left, right),
        })
    }

    fn or(&mut self) -> Parsed<Filter> {
        let mut left = self.and()?;
        while self.takes("or")? {
            left = Filter::Or(left.into(), self.and()?.into());
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Filter> {
        let mut left = self.comparison()?;
        while self.takes("and")? {
            left = Filter::And(left.into(), self.comparison()?.into());
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Parsed<Filter> {
        let left = self.sum()?;
        let Token::Sign(sign) = self.lexer.token else {
            return Ok(left);
        };
        let operator = match sign {
            "==" => Operator::Equal,
            "!=" => Operator::Different,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            _ => return Ok(left),
        };
        self.lexer.advance()?;
        if self.is("=") && operator == Operator::Equal {
            return self.wrong("`===` is not jq: write `==`");
        }
        let right = self.sum()?;
        Ok(Filter::Binary(operator, left.into(), right.into()))
    }

    fn sum(&mut self) -> Parsed<Filter> {
        let mut left = self.product()?;
        loop {
            let operator = match self.lexer.token {
                Token::Sign("+") => Operator::Add,
                Token::Sign("-") => Operator::Subtract,
                _ => return Ok(left),
            };
            self.lexer.advance()?;
            if operator == Operator::Add && self.is("+") {
                return self.wrong("`++` is not jq: write `+ 1`, or `+= 1` to set it");
            }
            let right = self.product()?;
            left = Filter::Binary(operator, left.into(), right.into());
        }
    }

    fn product(&mut self) -> Parsed<Filter> {
        let mut left = self.suffixed()?;
        loop {
            let operator = match self.lexer.token {
                Token::Sign("*") => Operator::Multiply,
                Token::Sign("/") => Operator::Divide,
                Token::Sign("%") => Operator::Remainder,
                _ => return Ok(left),
            };
            self.lexer.advance()?;
            let right = self.suffixed()?;
            left = Filter::Binary(operator, left.into(), right.into());
        }
    }
}
