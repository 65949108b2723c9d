//! Calls of services as a score writes them, and the evaluation of their arguments.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};

use super::{
    Authentication, CallTarget, Credentials, Given, HttpCall, Method, Operation, OutputFormat,
    Redirects, Request, UriTemplate,
    query::{pairs, with_query},
    uri,
};
use crate::score::{
    Argument, ArgumentError, Expression, ExpressionError, SealedExpression, Seals, Template,
    Variables, expression::SealedValue, value_error::ValueError,
};

/// `call: http` or `call: openapi`.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The target.
    pub target: Target,
    /// The credentials of the caller.
    pub authentication: Option<Authentication>,
    /// Which part of the response is the output.
    pub output: OutputFormat,
    /// How redirects are handled.
    pub redirect: Redirects,
}

/// The target of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A request to an address.
    Request {
        /// `method`.
        method: Argument<Method>,
        /// `endpoint`.
        endpoint: Address,
        /// `headers`.
        headers: Option<Template>,
        /// `query`.
        query: Option<Template>,
        /// `body`.
        body: Option<Template>,
    },
    /// An operation of an OpenAPI document.
    Operation {
        /// `document.endpoint`.
        document: Address,
        /// The credentials for fetching the document.
        document_authentication: Option<Authentication>,
        /// `operationId`.
        operation_id: Argument<String>,
        /// `parameters`.
        parameters: Option<Template>,
    },
}

/// An address.
#[derive(Debug, Clone, PartialEq)]
pub enum Address {
    /// A URI template.
    Template(UriTemplate),
    /// An expression that returns a URI.
    Expression(Expression),
    /// An expression with secrets that returns a URI.
    Sealed(SealedExpression),
}

/// Arguments that do not make a request. The messages never contain credentials.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidCall {
    /// An expression, or a variable of an address, failed.
    #[error("{0}")]
    Expression(String),
    /// A value is invalid.
    #[error("{0}")]
    Invalid(String),
}

impl From<ArgumentError> for InvalidCall {
    fn from(error: ArgumentError) -> Self {
        match error {
            ArgumentError::Expression(error) => Self::Expression(error.to_string()),
            ArgumentError::Invalid { .. } => Self::Invalid(error.to_string()),
        }
    }
}

/// What expressions are evaluated with, and the texts with secrets that they gave.
struct Scope<'a> {
    input: &'a Value,
    variables: &'a Variables,
    seals: Seals,
}

impl Service {
    /// The activity input for this task input.
    pub fn call(
        &self,
        task: &str,
        timeout: Option<Duration>,
        input: &Value,
        variables: &Variables,
    ) -> Result<HttpCall, InvalidCall> {
        let mut scope = Scope {
            input,
            variables,
            seals: Seals::default(),
        };
        let target = match &self.target {
            Target::Request {
                method,
                endpoint,
                headers,
                query,
                body,
            } => {
                let (uri, query) = scope.address(endpoint, query)?;
                CallTarget::Request(Request {
                    method: method.get("method", input, variables, read_method)?,
                    uri,
                    query,
                    headers: texts(&scope.map("headers", "/request/headers", headers)?)?,
                    body: scope
                        .value("/request/body", body)?
                        .filter(|body| !body.is_null()),
                })
            }
            Target::Operation {
                document,
                document_authentication,
                operation_id,
                parameters,
            } => CallTarget::Operation(Operation {
                document: scope.uri("/operation/document", document)?,
                document_authentication: scope.credentials(
                    "/operation/documentAuthentication",
                    document_authentication.as_ref(),
                )?,
                operation_id: operation_id.get("operationId", input, variables, read_text)?,
                parameters: scope.map("parameters", "/operation/parameters", parameters)?,
            }),
        };
        let origins = |who: &Option<Authentication>| {
            let origins = who.as_ref().map(Authentication::origins);
            origins.unwrap_or_default().to_vec()
        };
        let document_origins = match &self.target {
            Target::Request { .. } => Vec::new(),
            Target::Operation {
                document_authentication,
                ..
            } => origins(document_authentication),
        };
        Ok(HttpCall {
            task: task.to_owned(),
            target,
            origins: origins(&self.authentication),
            document_origins,
            authentication: scope.credentials("/authentication", self.authentication.as_ref())?,
            output: self.output,
            redirect: self.redirect,
            secrets: scope.seals,
            hidden: Vec::new(),
            timeout_millis: timeout.map(|t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX)),
        })
    }
}

impl Scope<'_> {
    fn value(
        &mut self,
        pointer: &str,
        template: &Option<Template>,
    ) -> Result<Option<Value>, InvalidCall> {
        let Some(template) = template else {
            return Ok(None);
        };
        let value = template.evaluate_sealed(self.input, self.variables, pointer, &mut self.seals);
        let value = value.map_err(|error| InvalidCall::Expression(error.to_string()))?;
        Ok(Some(value))
    }

    fn map(
        &mut self,
        what: &str,
        pointer: &str,
        template: &Option<Template>,
    ) -> Result<Map<String, Value>, InvalidCall> {
        match self.value(pointer, template)? {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map),
            Some(_) => Err(InvalidCall::Invalid(format!("`{what}` must return a map"))),
        }
    }

    /// An address, and the part of its query that stays apart from it because one of them has secrets.
    fn address(
        &mut self,
        endpoint: &Address,
        query: &Option<Template>,
    ) -> Result<(String, Vec<(String, String)>), InvalidCall> {
        const URI: &str = "/request/uri";
        let uri = self.uri(URI, endpoint)?;
        let mut scope = Scope {
            seals: Seals::default(),
            ..*self
        };
        let query = scope.map("query", "", query)?;
        let pairs = pairs(&query)?;
        if scope.seals.is_empty() && self.seals.below(URI).next().is_none() {
            return Ok((
                with_query(&uri, pairs.iter().map(|(_, pair)| pair))?,
                Vec::new(),
            ));
        }
        for (index, (pointer, _)) in pairs.iter().enumerate() {
            if let Some(text) = scope.seals.take(pointer) {
                self.seals.add(format!("/request/query/{index}/1"), text);
            }
        }
        Ok((uri, pairs.into_iter().map(|(_, pair)| pair).collect()))
    }

    fn uri(&mut self, pointer: &str, address: &Address) -> Result<String, InvalidCall> {
        let failed = |error: ExpressionError| InvalidCall::Expression(error.to_string());
        let text = match address {
            Address::Template(template) => template
                .expand(self.input)
                .map_err(|error| InvalidCall::Expression(error.message))?,
            Address::Expression(expression) => {
                let value = expression.evaluate(self.input, self.variables);
                let Value::String(text) = value.map_err(failed)? else {
                    return no_address(expression.text());
                };
                text
            }
            Address::Sealed(expression) => {
                let value = expression.evaluate(self.input, self.variables);
                // It is checked when its secrets are known.
                return match value.map_err(failed)? {
                    SealedValue::Text(text) => Ok(self.seals.add(pointer, text)),
                    _ => no_address(expression.text()),
                };
            }
        };
        uri(&text).map_err(|error| InvalidCall::Invalid(error.message))
    }

    fn credentials(
        &mut self,
        pointer: &str,
        who: Option<&Authentication>,
    ) -> Result<Option<Credentials>, InvalidCall> {
        let credentials = match who {
            None => return Ok(None),
            Some(Authentication::Named { name, .. }) => Credentials::Use(name.clone()),
            Some(Authentication::Policy(policy)) => {
                policy.credentials(&mut |name, below, given| {
                    self.text(name, format!("{pointer}{below}"), given)
                })?
            }
        };
        Ok(Some(credentials))
    }

    /// A part of the credentials. Messages of jq are dropped, because they may quote a password.
    fn text(
        &mut self,
        name: &'static str,
        pointer: String,
        given: &Given,
    ) -> Result<String, InvalidCall> {
        let what = || format!("the expression for `{name}` of the authentication");
        let failed = |_| InvalidCall::Expression(format!("{} failed", what()));
        let (input, variables) = (self.input, self.variables);
        let text = match given {
            Given::Fixed(text) => Some(text.clone()),
            Given::Expression(expression) => {
                scalar(&expression.evaluate(input, variables).map_err(failed)?)
            }
            Given::Sealed(expression) => {
                match expression.evaluate(input, variables).map_err(failed)? {
                    SealedValue::Text(text) => Some(self.seals.add(pointer, text)),
                    SealedValue::Plain(value) => scalar(&value),
                    _ => None,
                }
            }
        };
        let missing = || InvalidCall::Invalid(format!("{} did not return a string", what()));
        text.ok_or_else(missing)
    }
}

fn no_address<T>(expression: &str) -> Result<T, InvalidCall> {
    let message = format!("`{expression}` must return an address, a string");
    Err(InvalidCall::Invalid(message))
}

fn read_method(value: &Value) -> Result<Method, ValueError> {
    let method = value.as_str().and_then(Method::named);
    method.ok_or_else(|| "expected an HTTP method such as `GET`".into())
}

fn read_text(value: &Value) -> Result<String, ValueError> {
    scalar(value).ok_or_else(|| "expected a string".into())
}

/// A string, a number or a boolean as text.
pub(in crate::score) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Headers. Null is left out.
fn texts(headers: &Map<String, Value>) -> Result<BTreeMap<String, String>, InvalidCall> {
    let mut texts = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_null()) {
        header_name(name).map_err(|error| InvalidCall::Invalid(error.message))?;
        let text = scalar(value).filter(|text| is_header_value(text));
        let text = text.ok_or_else(|| {
            InvalidCall::Invalid(format!("the header `{name}` must be a string of one line"))
        })?;
        texts.insert(name.clone(), text);
    }
    Ok(texts)
}

/// Whether a text is a valid header value.
pub fn is_header_value(text: &str) -> bool {
    text.bytes().all(|b| b == b'\t' || (b >= b' ' && b != 0x7f))
}

/// Checks the name of a header that a score sets.
pub(in crate::score) fn header_name(name: &str) -> Result<(), ValueError> {
    const RESERVED: [&str; 4] = [
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
    ];
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(format!("`{name}` is not a valid header name").into());
    }
    if RESERVED.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Err(format!("Fermata sets the header `{name}`: remove it").into());
    }
    Ok(())
}
