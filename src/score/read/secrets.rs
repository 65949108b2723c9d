//! `use.secrets`, and the expressions that use them.

use super::{Reader, suggest};
use crate::score::{
    SealedExpression,
    error::Problem,
    expression,
    http::Given,
    place::Place,
    source::{Node, Value},
};

/// What a name of a secret is made of.
const NAME: &str = "a name of letters, digits, `_`, `-` and `.`";

/// The longest name.
const MAX_NAME: usize = 64;

/// Where `$secrets` may stand.
const PLACES: &str = "`$secrets` can be used only where a request is made up: in `headers`, `query`, `body`, \
                      `parameters` and `endpoint` of a call, and in `authentication`; anywhere else it \
                      would be in the history";

/// The secrets of a score.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// Their names, and where they are declared.
    declared: Vec<(String, Place)>,
    /// Those that something uses.
    used: Vec<String>,
    allowed: Allowed,
}

/// Whether `$secrets` may stand in what is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Allowed {
    #[default]
    No,
    Yes,
}

impl Reader<'_> {
    /// `use.secrets`.
    pub(super) fn declared_secrets(&mut self, node: &Node) -> Option<()> {
        for item in self.list(node, "a list of names")? {
            let Some(name) = self.parsed(item, NAME, |text| is_name(text).then(|| text.to_owned()))
            else {
                continue;
            };
            if self
                .secrets
                .declared
                .iter()
                .any(|(known, _)| *known == name)
            {
                self.report::<()>(item.place, format!("duplicate secret `{name}`").into());
                continue;
            }
            self.secrets.declared.push((name, item.place));
        }
        Some(())
    }

    /// The declared secrets. Warns of those that nothing uses.
    pub(super) fn all_secrets(&mut self) -> Vec<(String, Place)> {
        let declared = std::mem::take(&mut self.secrets.declared);
        for (name, place) in &declared {
            if !self.secrets.used.contains(name) {
                self.warn(
                    *place,
                    format!("nothing uses the secret `{name}`: remove it"),
                );
            }
        }
        declared
    }

    /// Reads something in which `$secrets` may stand.
    pub(super) fn with_secrets<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.secrets.allowed, Allowed::Yes);
        let result = read(self);
        self.secrets.allowed = before;
        result
    }

    /// The expression with secrets in a text that is exactly one `${ }`. `None`: it is something else.
    pub(super) fn sealed_expression(&mut self, node: &Node) -> Option<Option<SealedExpression>> {
        let Value::String(text) = &node.value else {
            return None;
        };
        let (start, inner) = expression::inside(text)?;
        let is_sealed = self.secrets.allowed == Allowed::Yes
            && inner.contains("$secrets")
            && !self.scope.iter().any(|name| name == "secrets");
        is_sealed.then(|| self.compile_sealed(node, text, start, inner))
    }

    fn compile_sealed(
        &mut self,
        node: &Node,
        text: &str,
        start: usize,
        inner: &str,
    ) -> Option<SealedExpression> {
        match SealedExpression::compile(inner, &self.scope) {
            Ok(expression) => {
                for name in expression.secrets() {
                    let at = inner.find(&format!("$secrets.{name}"));
                    let place = self.inside(node, text, start + at.unwrap_or(0));
                    self.use_secret(place, &name)?;
                }
                Some(expression)
            }
            Err(error) => {
                let (at, message) = self
                    .misread_name(inner)
                    .unwrap_or((error.at, error.message));
                let place = self.inside(node, text, start + at);
                self.report(place, Problem::Expression(message))
            }
        }
    }

    /// A declared name that jq reads as something else.
    fn misread_name(&self, inner: &str) -> Option<(usize, String)> {
        let mut names = self.secrets.declared.iter().map(|(name, _)| name);
        let found = names.find_map(|name| {
            let is_word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            let at = inner.find(&format!("$secrets.{name}")).filter(|_| !is_word);
            at.map(|at| (at, name))
        });
        let (at, name) = found?;
        let message = format!("write `$secrets[\"{name}\"]`: in jq, `{name}` is not one name");
        Some((at, message))
    }

    /// Notes that a secret is used; it must be declared.
    pub(super) fn use_secret(&mut self, place: Place, name: &str) -> Option<()> {
        let declared = &self.secrets.declared;
        if declared.iter().any(|(known, _)| known == name) {
            self.secrets.used.push(name.to_owned());
            return Some(());
        }
        let known: Vec<&String> = declared.iter().map(|(known, _)| known).collect();
        let problem = Problem::UnknownName {
            kind: "secret",
            name: name.to_owned(),
            scope: "in the list `use.secrets`",
            suggestion: suggest(name, &known),
        };
        self.report(place, problem)
    }

    /// A text of a policy: errors do not repeat it.
    pub(super) fn given(&mut self, node: &Node) -> Option<Given> {
        if let Some(expression) = self.with_secrets(|reader| reader.sealed_expression(node)) {
            return expression.map(Given::Sealed);
        }
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(Given::Expression);
        }
        match crate::score::http::scalar(&node.to_json()) {
            Some(text) => Some(Given::Fixed(text)),
            None => self.wrong_type(node, "a string"),
        }
    }
}

/// The problem with an expression, which may be that `$secrets` cannot stand there.
pub(super) fn problem(inner: &str, error: expression::SyntaxError) -> Problem {
    let rest = inner.get(error.at..).unwrap_or_default();
    let is_secrets = rest.strip_prefix("$secrets").is_some_and(|rest| {
        !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
    });
    if is_secrets {
        return Problem::Expression(PLACES.to_owned());
    }
    match rest.starts_with("$secret.") {
        true => Problem::Expression("there is no variable `$secret`: write `$secrets`".to_owned()),
        false => Problem::Expression(error.message),
    }
}

fn is_name(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    !text.is_empty() && text.len() <= MAX_NAME && text.chars().all(fits)
}
