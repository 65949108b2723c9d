//! Calls of services as a score writes them, and the evaluation of their arguments.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::{
    CallTarget, Credentials, HttpCall, Method, Operation, OutputFormat, Redirects, Request,
    UriTemplate, uri,
};
use crate::score::{
    Argument, ArgumentError, Expression, Template, Variables, value_error::ValueError,
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
}

/// The authentication of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Authentication {
    /// A policy in `use.authentications` that has no expressions.
    Named {
        /// Its name.
        name: String,
        /// The policy's `origins`.
        origins: Vec<String>,
    },
    /// A policy that is evaluated when the task starts.
    Policy(Policy),
}

/// An authentication policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// How the caller identifies itself.
    pub scheme: Scheme,
    /// `origins`: where the credentials may be sent. Empty: to the endpoint of a `call: http`, and to
    /// the origin of the document of a `call: openapi`.
    pub origins: Vec<String>,
}

/// The scheme of an authentication policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Scheme {
    /// `basic`.
    Basic {
        /// `username`.
        username: Argument<String>,
        /// `password`.
        password: Argument<String>,
    },
    /// `bearer`.
    Bearer {
        /// `token`.
        token: Argument<String>,
    },
    /// `header`: a header of its own, such as an API key.
    Header {
        /// `name`.
        name: String,
        /// `value`.
        value: Argument<String>,
    },
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

/// What expressions are evaluated with.
struct Scope<'a> {
    input: &'a Value,
    variables: &'a Variables,
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
        let scope = Scope { input, variables };
        let who = |who: &Option<Authentication>| {
            let credentials = who.as_ref().map(|who| scope.credentials(who));
            credentials.transpose()
        };
        let target = match &self.target {
            Target::Request {
                method,
                endpoint,
                headers,
                query,
                body,
            } => CallTarget::Request(Request {
                method: method.get("method", input, variables, read_method)?,
                uri: with_query(&scope.uri(endpoint)?, &scope.map("query", query)?)?,
                headers: texts(&scope.map("headers", headers)?)?,
                body: scope.value(body)?.filter(|body| !body.is_null()),
            }),
            Target::Operation {
                document,
                document_authentication,
                operation_id,
                parameters,
            } => CallTarget::Operation(Operation {
                document: scope.uri(document)?,
                document_authentication: who(document_authentication)?,
                operation_id: operation_id.get("operationId", input, variables, read_text)?,
                parameters: scope.map("parameters", parameters)?,
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
            authentication: who(&self.authentication)?,
            output: self.output,
            redirect: self.redirect,
            timeout_millis: timeout.map(|t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX)),
        })
    }
}

impl Scope<'_> {
    fn value(&self, template: &Option<Template>) -> Result<Option<Value>, InvalidCall> {
        let value = template
            .as_ref()
            .map(|template| template.evaluate(self.input, self.variables));
        value
            .transpose()
            .map_err(|error| InvalidCall::Expression(error.to_string()))
    }

    fn map(
        &self,
        what: &str,
        template: &Option<Template>,
    ) -> Result<Map<String, Value>, InvalidCall> {
        match self.value(template)? {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map),
            Some(_) => Err(InvalidCall::Invalid(format!("`{what}` must return a map"))),
        }
    }

    fn uri(&self, address: &Address) -> Result<String, InvalidCall> {
        let text = match address {
            Address::Template(template) => template
                .expand(self.input)
                .map_err(|error| InvalidCall::Expression(error.message))?,
            Address::Expression(expression) => {
                let value = expression.evaluate(self.input, self.variables);
                let value = value.map_err(|error| InvalidCall::Expression(error.to_string()))?;
                let Value::String(text) = value else {
                    let message =
                        format!("`{}` must return an address, a string", expression.text());
                    return Err(InvalidCall::Invalid(message));
                };
                text
            }
        };
        uri(&text).map_err(|error| InvalidCall::Invalid(error.message))
    }

    fn credentials(&self, who: &Authentication) -> Result<Credentials, InvalidCall> {
        match who {
            Authentication::Named { name, .. } => Ok(Credentials::Use(name.clone())),
            Authentication::Policy(policy) => {
                policy.credentials(|name, given| self.secret(name, given))
            }
        }
    }

    /// A part of the credentials. Messages of jq are dropped, because they may quote a secret.
    fn secret(&self, name: &'static str, given: &Argument<String>) -> Result<String, InvalidCall> {
        let found = given.get(name, self.input, self.variables, read_text);
        found.map_err(|error| {
            let what = format!("the expression for `{name}` of the authentication");
            match error {
                ArgumentError::Expression(_) => InvalidCall::Expression(format!("{what} failed")),
                ArgumentError::Invalid { .. } => {
                    InvalidCall::Invalid(format!("{what} did not return a string"))
                }
            }
        })
    }
}

impl Authentication {
    /// Where its credentials may be sent, if the score restricts it.
    fn origins(&self) -> &[String] {
        match self {
            Self::Named { origins, .. } => origins,
            Self::Policy(policy) => &policy.origins,
        }
    }
}

impl Policy {
    /// Whether it has no expressions.
    pub fn is_fixed(&self) -> bool {
        let fixed = |given: &Argument<String>| matches!(given, Argument::Fixed(_));
        match &self.scheme {
            Scheme::Basic { username, password } => fixed(username) && fixed(password),
            Scheme::Bearer { token: value } | Scheme::Header { value, .. } => fixed(value),
        }
    }

    /// Its values, if it has no expressions.
    pub fn fixed(&self) -> Option<Credentials> {
        let fixed = |_, given: &Argument<String>| match given {
            Argument::Fixed(text) => Ok(text.clone()),
            Argument::Expression(_) => Err(()),
        };
        self.credentials(fixed).ok()
    }

    fn credentials<E>(
        &self,
        value: impl Fn(&'static str, &Argument<String>) -> Result<String, E>,
    ) -> Result<Credentials, E> {
        Ok(match &self.scheme {
            Scheme::Basic { username, password } => Credentials::Basic {
                username: value("username", username)?,
                password: value("password", password)?,
            },
            Scheme::Bearer { token } => Credentials::Bearer {
                token: value("token", token)?,
            },
            Scheme::Header { name, value: given } => Credentials::Header {
                name: name.clone(),
                value: value("value", given)?,
            },
        })
    }
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

/// Adds to the query of an address. Null is left out; a list repeats its name.
fn with_query(address: &str, query: &Map<String, Value>) -> Result<String, InvalidCall> {
    if query.is_empty() {
        return Ok(address.to_owned());
    }
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (name, value) in query {
        let values = match value {
            Value::Null => continue,
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        };
        for value in values {
            let text = scalar(value).ok_or_else(|| {
                InvalidCall::Invalid(format!(
                    "`{name}` in `query` must be a string, a number or a list of them"
                ))
            })?;
            pairs.append_pair(name, &text);
        }
    }
    let pairs = pairs.finish();
    let mut url = Url::parse(address).map_err(|error| InvalidCall::Invalid(error.to_string()))?;
    let query = match url.query() {
        Some(before) if !before.is_empty() => format!("{before}&{pairs}"),
        _ => pairs,
    };
    url.set_query((!query.is_empty()).then_some(&query));
    Ok(url.into())
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
pub(in crate::score) fn is_header_value(text: &str) -> bool {
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
