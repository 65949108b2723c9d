//! The parts of a request for an operation, collected parameter by parameter.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::api::Api;
use crate::{
    conductor::http::error::{HttpError, short},
    score::http::{Method, Request, escaped},
};

/// The parts of a request.
#[derive(Default)]
pub(super) struct Parts {
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    form: Map<String, Value>,
    body: Option<Value>,
}

impl Parts {
    /// The parts of a request with this path.
    pub fn of(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..Self::default()
        }
    }

    /// Takes the value of a parameter from the given ones and puts it into its part.
    pub fn take(
        &mut self,
        api: &Api,
        parameter: &Value,
        given: &mut Map<String, Value>,
    ) -> Result<(), HttpError> {
        let text = |key| {
            parameter
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (name, place) = (text("name"), text("in"));
        let schema = parameter.get("schema").map(|schema| api.resolved(schema));
        let body = (place == "body").then(|| given.remove("body")).flatten();
        let value = match given.remove(name).or(body) {
            Some(value) if !value.is_null() => value,
            _ if is_required(parameter) => match default(parameter, schema) {
                Some(value) => value,
                None => return Err(missing(name)),
            },
            _ => return Ok(()),
        };
        match place {
            "path" => {
                let value = listed(&value, ",", escaped)?;
                self.path = self.path.replace(&format!("{{{name}}}"), &value);
            }
            "query" => self.query.extend(in_query(name, &value, parameter)?),
            "header" => {
                self.headers
                    .insert(name.to_owned(), listed(&value, ",", str::to_owned)?);
            }
            "cookie" => {
                let value = listed(&value, ",", escaped)?;
                self.cookies.push(format!("{name}={value}"));
            }
            "formData" if text("type") == "file" => {
                let detail = format!("the parameter `{name}` is a file, which cannot be sent");
                return Err(HttpError::validation(detail));
            }
            "formData" => {
                self.form.insert(name.to_owned(), value);
            }
            _ => self.body = Some(value),
        }
        Ok(())
    }

    /// OpenAPI 3: the body is given as `body`.
    pub fn take_body(
        &mut self,
        body: &Value,
        given: &mut Map<String, Value>,
    ) -> Result<(), HttpError> {
        match given.remove("body") {
            Some(value) => self.body = Some(value),
            None if is_required(body) => return Err(missing("body")),
            None => return Ok(()),
        }
        let content = body.get("content").and_then(Value::as_object);
        let media: Vec<&String> = content
            .into_iter()
            .flatten()
            .map(|(media, _)| media)
            .collect();
        let json = media.iter().find(|media| media.contains("json"));
        if let Some(media) = json.or(media.first())
            && !media.contains('*')
        {
            self.headers.insert("Content-Type".into(), (*media).clone());
        }
        Ok(())
    }

    /// The request, below the address of the server.
    pub fn request(self, method: Method, base: &str) -> Result<Request, HttpError> {
        let mut uri = format!("{base}{}", self.path);
        if !self.query.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(self.query);
            uri = format!("{uri}?{}", query.finish());
        }
        crate::score::http::uri(&uri).map_err(|error| HttpError::validation(error.message))?;
        let mut headers = self.headers;
        headers
            .entry("Accept".into())
            .or_insert_with(|| "application/json, */*;q=0.5".into());
        if !self.cookies.is_empty() {
            headers.insert("Cookie".into(), self.cookies.join("; "));
        }
        let mut body = self.body;
        if !self.form.is_empty() {
            let form = "application/x-www-form-urlencoded";
            headers.insert("Content-Type".into(), form.into());
            body = Some(Value::Object(self.form));
        }
        Ok(Request {
            method,
            uri,
            query: Vec::new(),
            headers,
            body,
        })
    }
}

fn is_required(parameter: &Value) -> bool {
    parameter.get("required").and_then(Value::as_bool) == Some(true)
}

fn default(parameter: &Value, schema: Option<&Value>) -> Option<Value> {
    let default = parameter.get("default");
    default.or_else(|| schema?.get("default")).cloned()
}

fn missing(name: &str) -> HttpError {
    HttpError::validation(format!("the operation needs the parameter `{name}`"))
}

/// A value, or the values of a list with a separator.
fn listed(
    value: &Value,
    between: &str,
    each: impl Fn(&str) -> String,
) -> Result<String, HttpError> {
    let values = match value {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    };
    let texts: Result<Vec<String>, HttpError> = values
        .into_iter()
        .map(|value| Ok(each(&plain(value)?)))
        .collect();
    Ok(texts?.join(between))
}

fn plain(value: &Value) -> Result<String, HttpError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Array(_) | Value::Object(_) => Err(HttpError::validation(format!(
            "a parameter cannot be {}",
            short(value)
        ))),
        value => Ok(value.to_string()),
    }
}

/// A parameter of the query: by `collectionFormat` in OpenAPI 2.0, by `style` and `explode` in 3.
fn in_query(
    name: &str,
    value: &Value,
    parameter: &Value,
) -> Result<Vec<(String, String)>, HttpError> {
    let text = |key| parameter.get(key).and_then(Value::as_str);
    let exploded = match parameter.get("schema") {
        Some(_) => parameter.get("explode").and_then(Value::as_bool) != Some(false),
        None => text("collectionFormat") == Some("multi"),
    };
    let between = match text("collectionFormat").or(text("style")) {
        Some("ssv" | "spaceDelimited") => " ",
        Some("tsv") => "\t",
        Some("pipes" | "pipeDelimited") => "|",
        _ => ",",
    };
    let pair = |name: &str, value: &Value| Ok((name.to_owned(), plain(value)?));
    match value {
        Value::Array(values) if exploded => values.iter().map(|v| pair(name, v)).collect(),
        Value::Object(fields) if text("style") == Some("deepObject") => fields
            .iter()
            .map(|(field, value)| pair(&format!("{name}[{field}]"), value))
            .collect(),
        Value::Object(fields) if exploded => fields
            .iter()
            .map(|(field, value)| pair(field, value))
            .collect(),
        value => Ok(vec![(
            name.to_owned(),
            listed(value, between, str::to_owned)?,
        )]),
    }
}
