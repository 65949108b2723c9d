//! The output of a task from a response.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    client::HttpResponse,
    error::{HttpError, named},
};
use crate::engine::Limits;
use crate::score::http::{OutputFormat, Redirects, Request};

/// The output of the task, or an error for an error status.
pub(super) fn output(
    request: &Request,
    answer: &HttpResponse,
    form: OutputFormat,
    redirects: Redirects,
) -> Result<Value, HttpError> {
    let what = named(request.method, &request.uri);
    let good = match redirects {
        Redirects::Refused => 200..=299,
        Redirects::Followed => 200..=399,
    };
    if !good.contains(&answer.status) {
        let reason = ureq::http::StatusCode::from_u16(answer.status).ok();
        let reason = reason.and_then(|status| status.canonical_reason());
        let status = answer.status;
        let detail = format!(
            "{what} was answered {status} {}",
            reason.unwrap_or_default()
        );
        return Err(HttpError::status(status, detail.trim_end().to_owned()));
    }
    let output = match form {
        OutputFormat::Raw => STANDARD.encode(&answer.content).into(),
        OutputFormat::Content => content(&what, answer)?,
        OutputFormat::Response => json!({
            "request": {
                "method": request.method,
                "uri": request.uri,
                "headers": request.headers,
            },
            "statusCode": answer.status,
            "headers": headers(answer),
            "content": content(&what, answer)?,
        }),
    };
    let most = Limits::default().payload;
    if output.to_string().len() > most {
        return Err(HttpError::communication(format!(
            "the answer to {what} takes more than {} MiB as JSON, which is more than is kept",
            most >> 20
        )));
    }
    Ok(output)
}

/// Headers by their lower-case names; several of one name are joined with commas.
fn headers(answer: &HttpResponse) -> Map<String, Value> {
    let mut headers = Map::new();
    for name in answer.headers.keys() {
        let values = answer.headers.get_all(name).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        headers.insert(name.to_string(), values.join(", ").into());
    }
    headers
}

/// JSON as data, text as text, anything else in base64.
fn content(what: &str, answer: &HttpResponse) -> Result<Value, HttpError> {
    let bytes = &answer.content;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let media = answer.header("content-type").unwrap_or_default();
    let media = media
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if media == "application/json" || media == "text/json" || media.ends_with("+json") {
        return serde_json::from_slice(bytes).map_err(|error| {
            let detail = format!("{what} was answered with invalid JSON: {error}");
            HttpError::communication(detail)
        });
    }
    let is_binary = media == "application/octet-stream"
        || ["image/", "audio/", "video/", "font/"]
            .iter()
            .any(|kind| media.starts_with(kind) && !media.ends_with("+xml"));
    match std::str::from_utf8(bytes) {
        Ok(text) if !is_binary => Ok(text.into()),
        _ => Ok(STANDARD.encode(bytes).into()),
    }
}
