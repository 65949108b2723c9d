//! The output of a task from a response.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    client::HttpResponse,
    error::{HttpError, named},
    redaction::Redactor,
};
use crate::engine::Limits;
use crate::score::http::{OutputFormat, Redirects, Request};

/// The output of the task, or an error for an error status.
pub(super) fn output(
    request: &Request,
    answer: &HttpResponse,
    form: OutputFormat,
    redirects: Redirects,
    redactor: &Redactor,
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
        let response = refusal(&what, answer);
        return Err(HttpError::status(
            status,
            detail.trim_end().to_owned(),
            response,
        ));
    }
    let output = match form {
        OutputFormat::Raw => STANDARD.encode(redactor.bytes(&answer.content)).into(),
        OutputFormat::Content => content(&what, answer, redactor)?,
        OutputFormat::Response => json!({
            "request": {
                "method": request.method,
                "uri": request.uri,
                "headers": request.headers,
            },
            "statusCode": answer.status,
            "headers": headers(answer),
            "content": content(&what, answer, redactor)?,
        }),
    };
    let output = redactor.value(output);
    let most = Limits::default().payload;
    if output.to_string().len() > most {
        return Err(HttpError::communication(format!(
            "the answer to {what} takes more than {} MiB as JSON, which is more than is kept",
            most >> 20
        )));
    }
    Ok(output)
}

/// A response that is an error, for the score that catches it. A long content is left out.
pub(super) fn refusal(what: &str, answer: &HttpResponse) -> Value {
    const MAX_CONTENT: usize = 64 << 10;
    // Whoever makes the error of it hides secrets.
    let content = content(what, answer, &Redactor::default()).unwrap_or(Value::Null);
    let is_long = content.to_string().len() > MAX_CONTENT;
    let mut headers = headers(answer);
    // What a service keeps in a browser is not for histories.
    headers.remove("set-cookie");
    json!({
        "statusCode": answer.status,
        "headers": headers,
        "content": if is_long { Value::Null } else { content },
    })
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
fn content(what: &str, answer: &HttpResponse, redactor: &Redactor) -> Result<Value, HttpError> {
    let bytes = &answer.content;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let media = answer
        .header("content-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let (media, parameters) = media.split_once(';').unwrap_or((&media, ""));
    let media = media.trim();
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
        _ if is_western(media, parameters) => Ok(western(bytes).into()),
        _ => Ok(STANDARD.encode(redactor.bytes(bytes)).into()),
    }
}

/// Whether a content that is not UTF-8 is text of Western Europe: it says so, or it is text and says nothing.
fn is_western(media: &str, parameters: &str) -> bool {
    let charset = parameters
        .split(';')
        .filter_map(|parameter| parameter.trim().strip_prefix("charset="))
        .map(|charset| charset.trim_matches('"'))
        .next();
    match charset {
        Some(charset) => matches!(
            charset,
            "iso-8859-1"
                | "iso8859-1"
                | "latin1"
                | "latin-1"
                | "l1"
                | "windows-1252"
                | "cp1252"
                | "us-ascii"
        ),
        None => media.starts_with("text/") || media.ends_with("+xml") || media == "application/xml",
    }
}

/// Text in Windows-1252, which is ISO 8859-1 with printable signs in the place of some controls.
fn western(bytes: &[u8]) -> String {
    const SIGNS: [char; 32] = [
        '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}',
        '\u{2021}', '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}',
        '\u{8f}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}',
        '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}',
        '\u{178}',
    ];
    let sign = |byte: &u8| {
        let special = byte
            .checked_sub(0x80)
            .and_then(|index| SIGNS.get(usize::from(index)));
        special.copied().unwrap_or(char::from(*byte))
    };
    bytes.iter().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn western_text_is_read_as_text() {
        assert_eq!(western(b"Z\xfcrich \x80 5 \x96 10"), "Zürich € 5 – 10");
        assert!(is_western("text/plain", " charset=iso-8859-1"));
        assert!(is_western("text/html", ""));
        assert!(!is_western("application/pdf", ""));
        assert!(!is_western("text/plain", " charset=shift_jis"));
    }
}
