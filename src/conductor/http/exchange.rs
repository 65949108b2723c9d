//! A request and its response, following redirects.

use std::time::Instant;

use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{
    authorization,
    caller::Caller,
    client::{HttpClient, HttpResponse, Outgoing},
    error::{HttpError, named},
    redaction::Redactor,
    token::Tokens,
    unseal::Body,
};
use crate::score::http::{Method, Redirects, Request};

/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 10;

/// The header with which a service recognizes a repeated request.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Headers that are not sent to another origin, in addition to that of the credentials.
const PRIVATE: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// What requests are sent with.
pub(super) struct Sending<'s> {
    pub client: &'s HttpClient,
    pub tokens: &'s Tokens,
    /// It learns the tokens that are used.
    pub redactor: &'s mut Redactor,
    pub deadline: Instant,
}

/// Sends a request and follows its redirects.
pub(super) fn exchange(
    sending: &mut Sending<'_>,
    request: &Request,
    caller: &Caller,
    redirects: Redirects,
) -> Result<HttpResponse, HttpError> {
    let url = Url::parse(&request.uri)
        .map_err(|error| HttpError::validation(format!("invalid address: {error}")))?;
    caller.trusts(&url)?;
    let mut outgoing = outgoing(request, url, caller)?;
    let own = outgoing.url.origin();
    if let Some(header) = authorization::first(caller, sending)? {
        outgoing.authorize(header);
    }
    for _ in 0..=MAX_REDIRECTS {
        let mut answer = sending.client.send(&outgoing, sending.deadline)?;
        // Another origin is not told who calls.
        if outgoing.url.origin() == own
            && let Some(header) = authorization::next(caller, sending, &outgoing, &answer)?
        {
            outgoing.authorize(header);
            answer = sending.client.send(&outgoing, sending.deadline)?;
        }
        if redirects == Redirects::Refused {
            return Ok(answer);
        }
        match redirected(&outgoing, &answer, caller)? {
            Some(next) => outgoing = next,
            None => return Ok(answer),
        }
    }
    Err(HttpError::communication(format!(
        "{} was redirected more than {MAX_REDIRECTS} times",
        named(request.method, &request.uri)
    )))
}

fn outgoing(request: &Request, url: Url, caller: &Caller) -> Result<Outgoing, HttpError> {
    let named = |wanted: &str| {
        let mut headers = request.headers.iter();
        headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let mut headers: Vec<(String, String)> = request.headers.clone().into_iter().collect();
    let content_type = named("content-type").map(|(_, value)| value.as_str());
    let body = match &request.body {
        None => None,
        Some(body) => {
            let (usual, bytes) = encoded(body, content_type)?;
            if content_type.is_none() {
                headers.push(("Content-Type".into(), usual.into()));
            }
            Some(bytes)
        }
    };
    // A GET has no effects, so a service need not recognize a repeated one.
    let changes = !matches!(request.method, Method::Get | Method::Head | Method::Options);
    if let Some(key) = &caller.idempotency_key
        && changes
        && named(IDEMPOTENCY_KEY).is_none()
    {
        headers.push((IDEMPOTENCY_KEY.into(), key.clone()));
    }
    let mut private: Vec<String> = PRIVATE.map(str::to_owned).into();
    private.extend(caller.secrets.headers.iter().cloned());
    Ok(Outgoing {
        private,
        method: request.method,
        url,
        headers,
        body,
    })
}

/// A body and its default content type: text as it is, anything else as a form if that is its type, or JSON.
fn encoded(body: &Value, content_type: Option<&str>) -> Result<(&'static str, Vec<u8>), HttpError> {
    const FORM: &str = "application/x-www-form-urlencoded";
    if let Value::String(text) = body {
        return Ok(("text/plain; charset=utf-8", text.clone().into_bytes()));
    }
    let essence = content_type.and_then(|text| text.split(';').next());
    if !essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM)) {
        return Ok(("application/json", body.to_string().into_bytes()));
    }
    let Value::Object(fields) = body else {
        let detail = "the body of a form must be a map or a text";
        return Err(HttpError::validation(detail.into()));
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        let values = match value {
            Value::Null => continue,
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        };
        for value in values {
            match value {
                Value::String(text) => form.append_pair(name, text),
                value => form.append_pair(name, &value.to_string()),
            };
        }
    }
    Ok((FORM, form.finish().into_bytes()))
}

/// The request to which a response redirects; `None` if it does not.
fn redirected(
    sent: &Outgoing,
    answer: &HttpResponse,
    caller: &Caller,
) -> Result<Option<Outgoing>, HttpError> {
    let location = answer.header("location");
    let (301 | 302 | 303 | 307 | 308, Some(location)) = (answer.status, location) else {
        return Ok(None);
    };
    let url = sent.url.join(location).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        let from = named(sent.method, sent.url.as_str());
        let detail = format!("{from} was redirected to an address that is not http or https");
        return Err(HttpError::communication(detail));
    };
    let mut next = Outgoing {
        url,
        ..sent.clone()
    };
    let stays = matches!(sent.method, Method::Get | Method::Head);
    let becomes_get = match answer.status {
        303 => !stays,
        301 | 302 => sent.method == Method::Post,
        _ => false,
    };
    if becomes_get {
        next.method = Method::Get;
        next.body = None;
        next.without(&["content-type".to_owned()]);
    }
    if next.url.origin() != sent.url.origin() {
        next.without(&sent.private);
        if next.body.is_some() && caller.secrets.body == Body::Secret {
            let from = named(sent.method, sent.url.as_str());
            let to = next.url.origin().ascii_serialization();
            return Err(HttpError::configuration(format!(
                "{from} was redirected to {to}, another origin, and the body has secrets: it was not sent \
                 there; write that address as the `endpoint` if it is to have them"
            )));
        }
    }
    Ok(Some(next))
}
