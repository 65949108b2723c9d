//! Expressions with secrets.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Compiled, Expression, ExpressionError, SyntaxError, size::SMALL};
use crate::score::{
    jq::{Program, Sealed},
    pointer::escaped,
    sealed_text::{SealedText, Seals, SecretName},
    variables::Variables,
};

/// An expression with `$secrets`. Its answer has sealed texts in the place of secrets.
#[derive(Debug, Clone)]
pub struct SealedExpression {
    text: Arc<str>,
    variables: Arc<[String]>,
    size: usize,
    sealed: Arc<Sealed>,
}

/// Data with sealed texts.
#[derive(Debug, Clone, PartialEq)]
pub enum SealedValue {
    /// Data without secrets.
    Plain(Value),
    /// A sealed text.
    Text(SealedText),
    /// A list.
    List(Vec<Self>),
    /// A map.
    Map(Vec<(String, Self)>),
}

type Answer<T> = Result<T, ExpressionError>;

impl SealedExpression {
    /// Compiles jq text. `scope` names the variables besides the standard's and `$secrets`, without `$`.
    pub fn compile(text: &str, scope: &[String]) -> Result<Self, SyntaxError> {
        let Compiled {
            variables,
            size,
            code: sealed,
        } = Compiled::of(text, scope, Sealed::read)?;
        Ok(Self {
            text: text.trim().into(),
            variables,
            size,
            sealed: sealed.into(),
        })
    }

    /// The expression that is a secret alone.
    pub fn of(name: SecretName) -> Self {
        Self {
            text: format!("$secrets.{name}").into(),
            variables: Arc::default(),
            size: SMALL,
            sealed: Sealed::Secret(name.secret, name.key).into(),
        }
    }

    /// The names of its secrets.
    pub fn secrets(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.sealed
            .each_secret(&mut |name| names.push(name.to_owned()));
        names
    }

    /// Its jq text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is the same for every input.
    pub fn is_constant(&self) -> bool {
        self.sealed.is_constant()
    }

    /// The answer for this input. As for any expression, what it may cost is bounded.
    pub fn evaluate(&self, input: &Value, variables: &Variables) -> Answer<SealedValue> {
        self.answer(&self.sealed, input, variables)
    }

    fn answer(&self, sealed: &Sealed, input: &Value, variables: &Variables) -> Answer<SealedValue> {
        let of = |part: &Sealed| self.answer(part, input, variables);
        Ok(match sealed {
            Sealed::Secret(secret, key) => SealedValue::Text(SealedText::secret(SecretName {
                secret: secret.clone(),
                key: key.clone(),
            })),
            Sealed::Plain(program) => SealedValue::Plain(self.one(program, input, variables)?),
            Sealed::Sum(one, other) => self.sum(of(one)?, of(other)?)?,
            Sealed::Text(parts) => {
                let mut text = SealedText::default();
                for part in parts {
                    text = text.followed_by(self.text_of(of(part)?)?);
                }
                SealedValue::Text(text)
            }
            Sealed::Encoded(encoding, part) => {
                SealedValue::Text(self.text_of(of(part)?)?.encoded(*encoding))
            }
            Sealed::List(parts) => {
                let mut items = Vec::new();
                for part in parts {
                    match part {
                        Sealed::Plain(program) => {
                            let all = self.all(program, input, variables)?;
                            items.extend(all.into_iter().map(SealedValue::Plain));
                        }
                        part => items.push(of(part)?),
                    }
                }
                SealedValue::List(items)
            }
            Sealed::Map(entries) => {
                let mut map = Vec::new();
                for (key, value) in entries {
                    let Value::String(key) = self.one(key, input, variables)? else {
                        return self.failed("a key is not a text");
                    };
                    map.push((key, of(value)?));
                }
                SealedValue::Map(map)
            }
            Sealed::If(condition, yes, no) => {
                let condition = self.one(condition, input, variables)?;
                match (!matches!(condition, Value::Null | Value::Bool(false)), no) {
                    (true, _) => of(yes)?,
                    (false, Some(no)) => of(no)?,
                    (false, None) => SealedValue::Plain(input.clone()),
                }
            }
            Sealed::Pipe(first, second) => {
                let input = self.one(first, input, variables)?;
                self.answer(second, &input, variables)?
            }
        })
    }

    /// All results of a part.
    fn all(&self, program: &Arc<Program>, input: &Value, known: &Variables) -> Answer<Vec<Value>> {
        let part = Expression {
            text: Arc::clone(&self.text),
            variables: Arc::clone(&self.variables),
            is_simple: self.size <= SMALL && program.is_simple(),
            program: Arc::clone(program),
        };
        match part.evaluate(input, known)? {
            Value::Array(results) => Ok(results),
            // The program makes a list.
            other => Ok(vec![other]),
        }
    }

    fn one(&self, program: &Arc<Program>, input: &Value, known: &Variables) -> Answer<Value> {
        let mut results = self.all(program, input, known)?;
        match (results.pop(), results.is_empty()) {
            (Some(one), true) => Ok(one),
            (Some(_), false) => self.failed("a part beside `$secrets` has several results"),
            (None, _) => self.failed("a part beside `$secrets` has no result"),
        }
    }

    fn sum(&self, one: SealedValue, other: SealedValue) -> Answer<SealedValue> {
        use SealedValue::{List, Map, Plain, Text};
        Ok(match (opened(one), opened(other)) {
            (Plain(Value::Null), other) | (other, Plain(Value::Null)) => other,
            (List(mut items), List(more)) => {
                items.extend(more);
                List(items)
            }
            (Map(entries), Map(more)) => {
                let mut entries: Vec<_> = entries
                    .into_iter()
                    .filter(|(key, _)| !more.iter().any(|(other, _)| other == key))
                    .collect();
                entries.extend(more);
                Map(entries)
            }
            (one @ (Text(_) | Plain(Value::String(_))), other) => {
                Text(self.text_of(one)?.followed_by(self.text_of(other)?))
            }
            _ => return self.failed("only a text can be joined with a secret"),
        })
    }

    fn text_of(&self, value: SealedValue) -> Answer<SealedText> {
        match value {
            SealedValue::Text(text) => Ok(text),
            SealedValue::Plain(Value::String(text)) => Ok(SealedText::plain(text)),
            _ => self.failed("only a text can be joined with a secret or be encoded"),
        }
    }

    fn failed<T>(&self, message: &str) -> Answer<T> {
        Err(ExpressionError::Failed {
            expression: Arc::clone(&self.text),
            message: message.to_owned(),
        })
    }
}

impl PartialEq for SealedExpression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.variables == other.variables
    }
}

/// Plain lists and maps as lists and maps of plain data.
fn opened(value: SealedValue) -> SealedValue {
    match value {
        SealedValue::Plain(Value::Array(items)) => {
            SealedValue::List(items.into_iter().map(SealedValue::Plain).collect())
        }
        SealedValue::Plain(Value::Object(entries)) => {
            let entries = entries.into_iter();
            SealedValue::Map(
                entries
                    .map(|(key, value)| (key, SealedValue::Plain(value)))
                    .collect(),
            )
        }
        other => other,
    }
}

impl SealedValue {
    /// The data with texts for display; the sealed texts are added to `seals`. `pointer`: where the data is.
    pub fn shown(self, pointer: &str, seals: &mut Seals) -> Value {
        match self {
            Self::Plain(value) => value,
            Self::Text(text) => seals.add(pointer, text).into(),
            Self::List(items) => {
                let items = (0..).zip(items);
                let shown = items.map(|(index, item): (usize, _)| {
                    item.shown(&format!("{pointer}/{index}"), seals)
                });
                shown.collect()
            }
            Self::Map(entries) => {
                let entries = entries.into_iter().map(|(key, value)| {
                    let value = value.shown(&format!("{pointer}/{}", escaped(&key)), seals);
                    (key, value)
                });
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(text: &str, input: Value) -> Result<(Value, Value), ExpressionError> {
        let expression = SealedExpression::compile(text, &[]).unwrap();
        let mut seals = Seals::default();
        let value = expression.evaluate(&input, &Variables::new())?;
        let value = value.shown("", &mut seals);
        Ok((value, serde_json::to_value(seals).unwrap()))
    }

    #[test]
    fn secrets_are_joined_with_data_without_being_known() {
        let sealed = |text: &str, input: Value, shown: &str| {
            let (value, seals) = answered(text, input).unwrap();
            assert_eq!(value, shown, "{text}");
            seals[""].clone()
        };
        let secret = json!({ "secret": "a" });
        let seal = sealed("$secrets.a", json!({}), "{$secrets.a}");
        assert_eq!(seal, json!([secret]));
        for (text, shown) in [
            (r#""Bearer " + $secrets.a"#, "Bearer {$secrets.a}"),
            (r#""Bearer \($secrets.a)!""#, "Bearer {$secrets.a}!"),
            (r#".n + "-" + $secrets["a"]"#, "x-{$secrets.a}"),
            (
                r#".n | "\(.):\($secrets.a)" | @base64"#,
                "@base64(x:{$secrets.a})",
            ),
            (
                r#"@uri "?k=\($secrets.a)&n=\(.list)""#,
                "?k=@uri({$secrets.a})&n=%5B1%2C2%5D",
            ),
            (
                r#"if .n == "x" then $secrets.a else "y" end"#,
                "{$secrets.a}",
            ),
            ("$secrets.a.user + null", "{$secrets.a.user}"),
        ] {
            sealed(text, json!({ "n": "x", "list": [1, 2] }), shown);
        }
    }

    #[test]
    fn lists_and_maps_have_secrets_in_them() {
        let input = json!({ "list": [1, 2], "rest": { "b": 2, "c": 1 } });
        let (value, seals) = answered("[.list[], $secrets.a]", input.clone()).unwrap();
        assert_eq!(value, json!([1, 2, "{$secrets.a}"]));
        assert_eq!(seals, json!({ "/2": [{ "secret": "a" }] }));
        let (value, seals) = answered(".rest + {c: {\"~/\": $secrets.a}}", input).unwrap();
        assert_eq!(value, json!({ "b": 2, "c": { "~/": "{$secrets.a}" } }));
        assert_eq!(seals, json!({ "/c/~0~1": [{ "secret": "a" }] }));
    }

    /// Whatever depends on the value of a secret could reveal it.
    #[test]
    fn what_needs_the_value_of_a_secret_is_refused() {
        for text in [
            "$secrets",
            "$secrets | keys",
            "$secrets[.n]",
            "$secrets.a | length",
            "$secrets.a == \"x\"",
            "if $secrets.a == \"x\" then 1 else 2 end",
            "$secrets.a | test(\"^x\")",
            "$secrets.a[0:2]",
            "$secrets.a as $x | $x",
            ". as $x | $secrets.a",
            "$secrets.a | @html",
            "$secrets.a | @base64d",
            "$secrets.a // \"x\"",
            "try $secrets.a",
            "$secrets.a?",
            "$secrets.a, 1",
            "{($secrets.a): 1}",
            "{$secrets}",
            "[$secrets.a] | tojson",
            "def f: $secrets.a; f",
            "reduce $secrets.a as $x (0; 1)",
            "[limit(1; $secrets.a)]",
            "$secrets.a * 2",
            "error($secrets.a)",
            "$secrets.a | debug",
        ] {
            let error = SealedExpression::compile(text, &[]).unwrap_err();
            let expected = text.find("$secrets").unwrap();
            assert_eq!(error.at, expected, "{text}: {}", error.message);
            assert!(
                error.message.contains("`| @base64`"),
                "{text}: {}",
                error.message
            );
        }
        let deep = "$secrets.a".to_owned() + &" + \"x\"".repeat(100);
        assert!(SealedExpression::compile(&deep, &[]).is_err());
    }

    #[test]
    fn parts_that_do_not_fit_fail() {
        for text in [
            "$secrets.a + .n",
            "\"x\" + [$secrets.a]",
            ".list[] | $secrets.a",
            "{a: empty, b: $secrets.a}",
            ".n | error | $secrets.a",
            "[$secrets.a] | @base64",
        ] {
            let input = json!({ "n": 1, "list": [1, 2] });
            assert!(answered(text, input).is_err(), "{text}");
        }
    }

    #[test]
    fn data_cannot_look_like_a_secret() {
        let input = json!({ "n": "{$secrets.b}", "list": [{ "secret": "b" }] });
        let (value, seals) = answered("{n, list, a: $secrets.a}", input).unwrap();
        assert_eq!(value["list"], json!([{ "secret": "b" }]));
        assert_eq!(seals, json!({ "/a": [{ "secret": "a" }] }));
    }
}
