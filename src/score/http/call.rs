//! What a score says of a call, and how its values are worked out.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::{
    CallTarget, Credentials, HttpCall, Method, Operation, OutputFormat, Redirects, Request,
    UriTemplate, uri,
};
use crate::score::{Expression, Given, Template, Variables, template::CallError};

/// `call: http` or `call: openapi`.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// What is called.
    pub target: Target,
    /// Who calls.
    pub authentication: Option<Authentication>,
    /// What of the answer is the output.
    pub output: OutputFormat,
    /// What becomes of redirections.
    pub redirect: Redirects,
}

/// What is called.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// An address.
    Request {
        /// `method`.
        method: Given<Method>,
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
        /// Who fetches the document.
        document_authentication: Option<Authentication>,
        /// `operationId`.
        operation_id: Given<String>,
        /// `parameters`.
        parameters: Option<Template>,
    },
}

/// Where something is.
#[derive(Debug, Clone, PartialEq)]
pub enum Address {
    /// A URI, with names in it or not.
    Template(UriTemplate),
    /// An expression that gives a URI.
    Expression(Expression),
}

/// The `authentication` of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Authentication {
    /// A policy of `use.authentications` whose values are fixed.
    Named {
        /// Its name.
        name: String,
        /// The policy's `origins`.
        origins: Vec<String>,
    },
    /// A policy whose values are worked out when the task begins.
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
        username: Given<String>,
        /// `password`.
        password: Given<String>,
    },
    /// `bearer`.
    Bearer {
        /// `token`.
        token: Given<String>,
    },
    /// `header`: a header of its own, such as an API key.
    Header {
        /// `name`.
        name: String,
        /// `value`.
        value: Given<String>,
    },
}

/// A call whose values cannot be worked out. The messages never hold credentials.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidCall {
    /// An expression, or a name in an address, gave nothing that can be used.
    #[error("{0}")]
    Expression(String),
    /// A value is not what should stand there.
    #[error("{0}")]
    Unusable(String),
}

impl From<CallError> for InvalidCall {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Expression(error) => Self::Expression(error.to_string()),
            CallError::Unusable { .. } => Self::Unusable(error.to_string()),
        }
    }
}

/// What values are worked out on.
struct Scope<'a> {
    input: &'a Value,
    variables: &'a Variables,
}

impl Service {
    /// What is asked of the performer for this input.
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
            Some(_) => Err(InvalidCall::Unusable(format!("`{what}` must give a map"))),
        }
    }

    fn uri(&self, address: &Address) -> Result<String, InvalidCall> {
        let text = match address {
            Address::Template(template) => template
                .expand(self.input)
                .map_err(InvalidCall::Expression)?,
            Address::Expression(expression) => {
                let value = expression.evaluate(self.input, self.variables);
                let value = value.map_err(|error| InvalidCall::Expression(error.to_string()))?;
                let Value::String(text) = value else {
                    let message = format!("`{}` must give an address, a text", expression.text());
                    return Err(InvalidCall::Unusable(message));
                };
                text
            }
        };
        uri(&text).map_err(InvalidCall::Unusable)
    }

    fn credentials(&self, who: &Authentication) -> Result<Credentials, InvalidCall> {
        match who {
            Authentication::Named { name, .. } => Ok(Credentials::Use(name.clone())),
            Authentication::Policy(policy) => {
                policy.credentials(|name, given| self.secret(name, given))
            }
        }
    }

    /// A part of the credentials. jq's own words may hold what must not be told.
    fn secret(&self, name: &'static str, given: &Given<String>) -> Result<String, InvalidCall> {
        let found = given.get(name, self.input, self.variables, read_text);
        found.map_err(|error| {
            let what = format!("the expression for the `{name}` of the authentication");
            match error {
                CallError::Expression(_) => InvalidCall::Expression(format!("{what} failed")),
                CallError::Unusable { .. } => {
                    InvalidCall::Unusable(format!("{what} gives no text"))
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
    /// Whether its values are the same for every call.
    pub fn is_fixed(&self) -> bool {
        let fixed = |given: &Given<String>| matches!(given, Given::Fixed(_));
        match &self.scheme {
            Scheme::Basic { username, password } => fixed(username) && fixed(password),
            Scheme::Bearer { token: value } | Scheme::Header { value, .. } => fixed(value),
        }
    }

    /// Its values, if they are the same for every call.
    pub fn fixed(&self) -> Option<Credentials> {
        let fixed = |_, given: &Given<String>| match given {
            Given::Fixed(text) => Ok(text.clone()),
            Given::Expression(_) => Err(()),
        };
        self.credentials(fixed).ok()
    }

    fn credentials<E>(
        &self,
        value: impl Fn(&'static str, &Given<String>) -> Result<String, E>,
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

fn read_method(value: &Value) -> Result<Method, String> {
    let method = value.as_str().and_then(Method::named);
    method.ok_or_else(|| "that is no method of HTTP".into())
}

fn read_text(value: &Value) -> Result<String, String> {
    scalar(value).ok_or_else(|| "a text is expected".into())
}

/// Text, a number, true or false as text.
pub(in crate::score) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// An address with more in its query. Nothing is sent for null, a list gives its name several times.
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
                InvalidCall::Unusable(format!(
                    "`{name}` in `query` must be text, a number or a list"
                ))
            })?;
            pairs.append_pair(name, &text);
        }
    }
    let pairs = pairs.finish();
    let mut url = Url::parse(address).map_err(|error| InvalidCall::Unusable(error.to_string()))?;
    let query = match url.query() {
        Some(before) if !before.is_empty() => format!("{before}&{pairs}"),
        _ => pairs,
    };
    url.set_query((!query.is_empty()).then_some(&query));
    Ok(url.into())
}

/// Headers. Nothing is sent for null.
fn texts(headers: &Map<String, Value>) -> Result<BTreeMap<String, String>, InvalidCall> {
    let mut texts = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_null()) {
        header_name(name).map_err(InvalidCall::Unusable)?;
        let text = scalar(value).filter(|text| is_header_value(text));
        let text = text.ok_or_else(|| {
            InvalidCall::Unusable(format!("the header `{name}` must be a text of one line"))
        })?;
        texts.insert(name.clone(), text);
    }
    Ok(texts)
}

/// Whether a text can be the value of a header.
pub(in crate::score) fn is_header_value(text: &str) -> bool {
    text.bytes().all(|b| b == b'\t' || (b >= b' ' && b != 0x7f))
}

/// Checks the name of a header that a score sets. The error is a sentence.
pub(in crate::score) fn header_name(name: &str) -> Result<(), String> {
    const OWN: [&str; 4] = [
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
    ];
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(format!("`{name}` is not the name of a header"));
    }
    if OWN.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Err(format!(
            "the header `{name}` is set by Fermata: leave it out"
        ));
    }
    Ok(())
}
