//! Operations of OpenAPI documents (2.0 and 3.x) as requests.

mod api;
mod parts;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::{
    caller::Caller,
    error::{HttpError, named},
    exchange::{Sending, exchange},
};
use crate::score::{
    http::{Method, Operation, Redirects, Request},
    source::Node,
};
pub(super) use api::Api;
use parts::Parts;

/// The longest address of a server, in bytes, with its variables filled in.
const MAX_URL: usize = 8 << 10;

/// An operation of a document.
struct Found<'a> {
    method: Method,
    path: &'a str,
    /// The path item: what all operations of the path share.
    item: &'a Value,
    operation: &'a Value,
}

/// Fetches a document.
pub(super) fn fetched(
    sending: &mut Sending<'_>,
    operation: &Operation,
    caller: &Caller,
) -> Result<Api, HttpError> {
    let request = Request {
        method: Method::Get,
        uri: operation.document.clone(),
        query: Vec::new(),
        headers: BTreeMap::new(),
        body: None,
    };
    let answer = exchange(sending, &request, caller, Redirects::Followed)?;
    let what = named(Method::Get, &request.uri);
    if !(200..=299).contains(&answer.status) {
        let detail = format!(
            "the request for the document {what} was answered with status {}",
            answer.status
        );
        let response = super::output::refusal(&what, &answer);
        return Err(HttpError::status(answer.status, detail, response));
    }
    let unreadable = |why: String| {
        HttpError::communication(format!("the document {what} is not OpenAPI: {why}"))
    };
    let text = std::str::from_utf8(&answer.content).map_err(|e| unreadable(e.to_string()))?;
    let root = match serde_json::from_str(text) {
        Ok(root) => root,
        Err(_) => match Node::parse(text) {
            Ok(node) => node.to_json(),
            Err(fault) => return Err(unreadable(fault.problem.to_string())),
        },
    };
    let url = Url::parse(&request.uri).map_err(|error| unreadable(error.to_string()))?;
    Api::new(url, root).map_err(unreadable)
}

impl Api {
    /// The request for an operation.
    pub fn request(&self, wanted: &Operation) -> Result<Request, HttpError> {
        let found = self.operation(&wanted.operation_id)?;
        let mut given = wanted.parameters.clone();
        let mut parts = Parts::of(found.path);
        for parameter in self.parameters(&found) {
            parts.take(self, parameter, &mut given)?;
        }
        if let Some(body) = found.operation.get("requestBody") {
            parts.take_body(self.resolved(body), &mut given)?;
        }
        if let Some(name) = given.keys().next() {
            let detail = format!(
                "the operation {} has no parameter `{name}`",
                wanted.operation_id
            );
            return Err(HttpError::validation(detail));
        }
        let base = self.base(&found)?;
        parts.request(found.method, &base)
    }

    fn operation(&self, id: &str) -> Result<Found<'_>, HttpError> {
        let paths = self.root.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            let item = self.resolved(item);
            for method in Method::ALL {
                let operation = item.get(method.as_str().to_ascii_lowercase());
                let Some(operation) = operation else { continue };
                if operation.get("operationId").and_then(Value::as_str) == Some(id) {
                    return Ok(Found {
                        method,
                        path,
                        item,
                        operation,
                    });
                }
            }
        }
        let detail = format!("the document has no operation `{id}`");
        Err(HttpError::configuration(detail))
    }

    /// The parameters of the operation and of its path; those of the operation take precedence.
    fn parameters<'a>(&'a self, found: &Found<'a>) -> Vec<&'a Value> {
        let key = |parameter: &Value| {
            let text = |key| {
                parameter
                    .get(key)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            };
            (text("name"), text("in"))
        };
        let mut parameters: Vec<&Value> = Vec::new();
        for owner in [found.operation, found.item] {
            let list = owner.get("parameters").and_then(Value::as_array);
            for parameter in list.into_iter().flatten() {
                let parameter = self.resolved(parameter);
                if parameters.iter().all(|known| key(known) != key(parameter)) {
                    parameters.push(parameter);
                }
            }
        }
        parameters
    }

    /// The address that paths are appended to, without a `/` at its end.
    fn base(&self, found: &Found<'_>) -> Result<String, HttpError> {
        let base = match self.root.get("swagger") {
            Some(_) => self.host_and_base_path(),
            None => self.server(found)?,
        };
        if base.contains('{') {
            let detail = "the document's server has a variable without a default";
            return Err(HttpError::configuration(detail.into()));
        }
        let url = self.url.join(&base).map_err(|error| {
            HttpError::configuration(format!(
                "the document's server has an invalid address: {error}"
            ))
        })?;
        crate::score::http::uri(url.as_str())
            .map_err(|why| HttpError::configuration(format!("the document's server: {why}")))?;
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }

    /// OpenAPI 2.0: missing parts are those of the document's own address.
    fn host_and_base_path(&self) -> String {
        let text = |key| self.root.get(key).and_then(Value::as_str);
        let schemes = self.root.get("schemes").and_then(Value::as_array);
        let schemes: Vec<&str> = schemes
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let own = self.url.scheme();
        let scheme = match schemes.is_empty() || schemes.contains(&own) {
            true => own,
            false => schemes
                .into_iter()
                .find(|scheme| matches!(*scheme, "https" | "http"))
                .unwrap_or(own),
        };
        let path = text("basePath").unwrap_or("/");
        match text("host") {
            Some(host) => format!("{scheme}://{host}{path}"),
            None => path.to_owned(),
        }
    }

    /// OpenAPI 3: the first server of the operation, of its path or of the document, each variable
    /// at its default.
    fn server(&self, found: &Found<'_>) -> Result<String, HttpError> {
        let first = |owner: &'_ Value| owner.get("servers").and_then(|list| list.get(0)).cloned();
        let server = first(found.operation).or_else(|| first(found.item));
        let server = server.or_else(|| first(&self.root)).unwrap_or_default();
        let url = server.get("url").and_then(Value::as_str).unwrap_or("/");
        let variables = server.get("variables").and_then(Value::as_object);
        let default = |name: &str| {
            let variable = variables.and_then(|variables| variables.get(name));
            let value = variable.map(|variable| variable.get("default").and_then(Value::as_str));
            value.map(Option::unwrap_or_default)
        };
        expanded(url, default).ok_or_else(|| {
            let detail = format!("the document's server address has more than {MAX_URL} bytes");
            HttpError::configuration(detail)
        })
    }
}

/// An address with each `{name}` replaced by its value; unknown names stay. `None`: it is too long.
fn expanded<'a>(template: &str, value: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let mut url = String::new();
    let mut rest = template;
    loop {
        let (before, found) = match rest.split_once('{') {
            Some((before, after)) => (before, after.split_once('}')),
            None => (rest, None),
        };
        let known = found.and_then(|(name, after)| Some((value(name)?, after)));
        let (literal, inserted, after) = match known {
            Some((value, after)) => (before, value, after),
            // The brace and what follows it stay; it is reported as a variable without a default.
            None => (rest, "", ""),
        };
        if url.len() + literal.len() + inserted.len() > MAX_URL {
            return None;
        }
        url += literal;
        url += inserted;
        if after.is_empty() {
            return Some(url);
        }
        rest = after;
    }
}
