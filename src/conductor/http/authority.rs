//! Authorities that give tokens: where they are asked, and what they answer (RFC 6749, OpenID Connect
//! Discovery 1.0).

use std::time::{Duration, Instant};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::{
    client::{HttpClient, HttpResponse, Outgoing},
    error::{HttpError, named},
    output::refusal,
    redaction::Redactor,
};
use crate::score::http::{
    ClientAuthentication, Grant, Method, TokenEncoding, TokenProtocol, TokenRequest, uri,
};

/// The path of an authority's configuration.
const CONFIGURATION: &str = "/.well-known/openid-configuration";

/// What the path of any configuration has in it.
const WELL_KNOWN: &str = "/.well-known/";

/// The path of the endpoint that gives tokens, unless the score has one.
const TOKEN_ENDPOINT: &str = "/oauth2/token";

/// The longest time for which a token is kept, if it does not say how long it lasts.
const MAX_UNSAID: Duration = Duration::from_secs(3600);

/// The longest time for which any token is kept.
const MAX_LASTS: Duration = Duration::from_secs(24 * 3600);

/// A token.
pub(super) struct Granted {
    pub token: String,
    /// For how long.
    pub lasts: Duration,
}

/// Asks an authority for a token.
pub(super) fn granted(
    client: &HttpClient,
    request: &TokenRequest,
    redactor: &mut Redactor,
    deadline: Instant,
) -> Result<Granted, HttpError> {
    for secret in [&request.client.secret, &request.password]
        .into_iter()
        .flatten()
    {
        redactor.hide(secret);
    }
    let endpoint = endpoint(client, request, deadline)?;
    let outgoing = outgoing(request, endpoint);
    let answer = client.send(&outgoing, deadline)?;
    let what = named(Method::Post, outgoing.url.as_str());
    let data: Value = serde_json::from_slice(&answer.content).unwrap_or_default();
    let text = |key: &str| data.get(key).and_then(Value::as_str);
    for key in ["access_token", "refresh_token", "id_token"] {
        if let Some(token) = text(key) {
            redactor.hide(token);
        }
    }
    if !(200..=299).contains(&answer.status) {
        return Err(refused(&what, &answer, &data));
    }
    let Some(token) = text("access_token").filter(|token| is_token(token)) else {
        let detail = format!("{what} was answered without a usable `access_token`");
        return Err(HttpError::communication(detail));
    };
    if let Some(kind) = text("token_type")
        && !kind.eq_ignore_ascii_case("bearer")
    {
        let detail =
            format!("{what} gave a token of another type than Bearer, which cannot be used");
        return Err(HttpError::authentication(detail));
    }
    if let Some(issuer) = issuer(token) {
        check_issuer(request, &issuer, &what)?;
    }
    let seconds = data.get("expires_in").and_then(|lasts| match lasts {
        Value::String(text) => text.parse().ok(),
        lasts => lasts.as_u64(),
    });
    Ok(Granted {
        token: token.to_owned(),
        lasts: seconds.map_or(MAX_UNSAID, |seconds| {
            Duration::from_secs(seconds).min(MAX_LASTS)
        }),
    })
}

/// The address that gives tokens.
fn endpoint(
    client: &HttpClient,
    request: &TokenRequest,
    deadline: Instant,
) -> Result<Url, HttpError> {
    let authority = request.authority.trim_end_matches('/');
    let authority = checked(authority, "the authority")?;
    let is_configuration = authority.path().contains(WELL_KNOWN);
    let discovers = match request.protocol {
        TokenProtocol::Oidc => true,
        TokenProtocol::OAuth2 => is_configuration && request.token_endpoint.is_none(),
    };
    if !discovers {
        let path = request.token_endpoint.as_deref().unwrap_or(TOKEN_ENDPOINT);
        return match path.contains("://") {
            true => checked(path, "`endpoints.token`"),
            false => Ok(below(&authority, path)),
        };
    }
    let configuration = match is_configuration {
        true => authority.clone(),
        false => below(&authority, CONFIGURATION),
    };
    let outgoing = Outgoing {
        method: Method::Get,
        url: configuration,
        headers: vec![("Accept".into(), "application/json".into())],
        body: None,
        private: Vec::new(),
    };
    let answer = client.send(&outgoing, deadline)?;
    let what = named(Method::Get, outgoing.url.as_str());
    let data: Value = serde_json::from_slice(&answer.content).unwrap_or_default();
    let text = |key: &str| data.get(key).and_then(Value::as_str);
    if !(200..=299).contains(&answer.status) {
        let detail = format!(
            "{what}, the configuration of the authority, was answered {}",
            answer.status
        );
        return Err(HttpError::status(
            answer.status,
            detail,
            refusal(&what, &answer),
        ));
    }
    if let Some(issuer) = text("issuer") {
        check_issuer(request, issuer, &what)?;
    }
    let Some(found) = text("token_endpoint") else {
        let detail = format!("{what} names no `token_endpoint`: check the `authority`");
        return Err(HttpError::configuration(detail));
    };
    let found = checked(found, "the `token_endpoint` of the authority")?;
    if outgoing.url.scheme() == "https" && found.scheme() != "https" {
        let detail =
            format!("{what} leads to a `token_endpoint` without https: nothing was sent there");
        return Err(HttpError::configuration(detail));
    }
    Ok(found)
}

fn checked(address: &str, what: &str) -> Result<Url, HttpError> {
    let wrong = |why: String| HttpError::configuration(format!("{what}: {why}"));
    let address = uri(address).map_err(|error| wrong(error.message))?;
    Url::parse(&address).map_err(|error| wrong(error.to_string()))
}

/// A path below an address.
fn below(authority: &Url, path: &str) -> Url {
    let mut url = authority.clone();
    let base = authority.path().trim_end_matches('/');
    url.set_path(&format!("{base}/{}", path.trim_start_matches('/')));
    url.set_query(None);
    url
}

/// The request for a token.
fn outgoing(request: &TokenRequest, url: Url) -> Outgoing {
    let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
    let mut fields = vec![(
        "grant_type",
        match request.grant {
            Grant::ClientCredentials => "client_credentials".to_owned(),
            Grant::Password => "password".to_owned(),
        },
    )];
    if request.grant == Grant::Password {
        fields.extend(request.username.clone().map(|name| ("username", name)));
        fields.extend(request.password.clone().map(|word| ("password", word)));
    }
    let id = request.client.id.clone();
    let secret = request.client.secret.clone();
    match request.client.authentication {
        ClientAuthentication::ClientSecretBasic => {
            let encoded = |text: Option<String>| -> String {
                form_urlencoded::byte_serialize(text.unwrap_or_default().as_bytes()).collect()
            };
            let both = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
            headers.push(("Authorization".into(), format!("Basic {both}")));
        }
        ClientAuthentication::ClientSecretPost => {
            fields.extend(id.map(|id| ("client_id", id)));
            fields.extend(secret.map(|secret| ("client_secret", secret)));
        }
        ClientAuthentication::None => fields.extend(id.map(|id| ("client_id", id))),
    }
    for (name, list) in [("scope", &request.scopes), ("audience", &request.audiences)] {
        if !list.is_empty() {
            fields.push((name, list.join(" ")));
        }
    }
    let (kind, body) = match request.encoding {
        TokenEncoding::Form => (
            "application/x-www-form-urlencoded",
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields)
                .finish(),
        ),
        TokenEncoding::Json => {
            let fields = fields.into_iter();
            let map: Map<String, Value> = fields
                .map(|(name, text)| (name.to_owned(), text.into()))
                .collect();
            ("application/json", Value::Object(map).to_string())
        }
    };
    headers.push(("Content-Type".into(), kind.into()));
    Outgoing {
        method: Method::Post,
        url,
        headers,
        body: Some(body.into_bytes()),
        private: Vec::new(),
    }
}

/// An authority refuses the caller with a status of 4xx; anything else is trouble of its own.
fn refused(what: &str, answer: &HttpResponse, data: &Value) -> HttpError {
    const MAX_CHARS: usize = 200;
    let said = ["error", "error_description"].map(|key| data.get(key).and_then(Value::as_str));
    let said: Vec<&str> = said.into_iter().flatten().collect();
    let said: String = said.join(": ").chars().take(MAX_CHARS).collect();
    let detail = format!(
        "the authority gave no token: {what} was answered {} {said}",
        answer.status
    );
    let detail = detail.trim_end().to_owned();
    let response = refusal(what, answer);
    match answer.status {
        400..=499 if answer.status != 408 && answer.status != 429 => {
            HttpError::authentication(detail).with_response(response)
        }
        status => HttpError::status(status, detail, response),
    }
}

fn check_issuer(request: &TokenRequest, issuer: &str, what: &str) -> Result<(), HttpError> {
    let same = |known: &String| known.trim_end_matches('/') == issuer.trim_end_matches('/');
    if request.issuers.is_empty() || request.issuers.iter().any(same) {
        return Ok(());
    }
    Err(HttpError::authentication(format!(
        "{what} answered for an issuer that is not in the list `issuers`"
    )))
}

/// The issuer that a token names, if it is a JWT.
fn issuer(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("iss")?.as_str()?.to_owned())
}

/// Whether a text can be sent as a token.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
